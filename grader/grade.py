"""Grades one submission: takes it in, runs the checks of each track behind a wall, adds up nothing by
itself.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

from grader.checks import reference
from grader.checks.runner import CheckFunction, checks_of, run_checks
from grader.checks.submission import Submission
from grader.open_walls import close, wall_for, walls
from grader.options import GradeOptions
from grader.pictures import clean_png
from grader.results import Curve, FIDScore, Picture, SubmissionResult, TrackResult
from grader.taken import TakenIn, take_in
from hwlib.assignment import Assignment, all_assignments, load_assignment
from hwlib.checking.events import Events, finite
from hwlib.checking.transport import Transport
from hwlib.checking.verdict import CheckResult


def grade_submission(path: Path, options: GradeOptions) -> SubmissionResult:
    """Grades one zip or folder.

    Whatever the submission does ends in its verdicts; what is wrong with us ends as grader errors.

    Raises:
        HomeworkError: the wall can't be put up, or the course's own files are wrong.
    """
    wall = wall_for(options)
    with take_in(path, options.student) as taken:
        if taken.refused:
            return SubmissionResult(
                student=taken.student, archive=path.name, archive_sha256=taken.sha256, refused=taken.refused,
                refused_zh=taken.refused_zh, findings=taken.findings,
            )  # fmt: skip
        tracks = {
            track: grade_track(track, taken.tracks.get(track), taken.student, options, wall)
            for track in options.tracks or tuple(all_assignments(reference.HANDOUTS))
        }
        return SubmissionResult(
            student=taken.student, archive=path.name, archive_sha256=taken.sha256, tracks=tracks,
            findings=taken.findings, report_files=taken.report_files,
        )  # fmt: skip


def grade_track(
    track: str, folder: Path | None, student: str, options: GradeOptions, wall: Transport
) -> TrackResult:
    """The verdicts on one track of one submission."""
    reference.single_threaded()
    started = time.monotonic()
    assignment, checks = _checks(track, options.variant)
    parts = tuple(name for name, wanted in (("run", options.run), ("fid", options.fid)) if wanted)
    chosen = [check for check in checks if not check.part or check.part in parts]
    most = sum(check.about.points for check in chosen if not check.about.bonus)
    if folder is None:
        return TrackResult(track=track, missing=True, max_points=most)
    with Submission(assignment, folder, wall, secret=options.secret, student=student) as submission:
        submission.notes["options"] = options
        results = run_checks(submission, chosen, only=options.only, parts=parts)
        return TrackResult(
            track=track, checks=_in_order(assignment, results), max_points=most, wall=wall.wall,
            fid=_fid(submission), curves=_curves(submission), pictures=_pictures(submission),
            flags=tuple(submission.notes.get("flags", ())),
            seconds=round(time.monotonic() - started, 3),
        )  # fmt: skip


@cache
def _checks(track: str, variant: str | None) -> tuple[Assignment, list[CheckFunction]]:
    assignment = load_assignment(reference.HANDOUTS / track, variant)
    return assignment, checks_of(assignment)


def _in_order(assignment: Assignment, results: list[CheckResult]) -> tuple[CheckResult, ...]:
    order = {f"{assignment.track}/{name}": position for position, name in enumerate(assignment.checks)}
    return tuple(sorted(results, key=lambda result: order.get(result.id, len(order))))


def _curves(submission: Submission) -> tuple[Curve, ...]:
    events = submission.notes.get("events")
    if not isinstance(events, Events):
        return ()
    wanted = [curve.tag for curve in submission.assignment.run.curves]
    return tuple(
        Curve(
            name=tag,
            steps=tuple(step for step, _ in events.curves[tag]),
            values=tuple(value for _, value in events.curves[tag]),
        )
        for tag in wanted
        if events.curves.get(tag) and finite(events.curves[tag])
    )


def _pictures(submission: Submission) -> tuple[Picture, ...]:
    events = submission.notes.get("events")
    if not isinstance(events, Events):
        return ()
    tags = [group.tag for group in submission.assignment.run.images]
    found = {tag: clean_png(events.encoded[tag]) for tag in tags if tag in events.encoded}
    return tuple(Picture(title=tag, png=png) for tag, png in found.items() if png is not None)


def _fid(submission: Submission) -> FIDScore | None:
    score = submission.notes.get("fid")
    return score if isinstance(score, FIDScore) else None


__all__ = ["TakenIn", "close", "grade_submission", "grade_track", "wall_for", "walls"]
