"""What a student sees of a result: `feedback.html` and `feedback.md` show exactly this."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.course_total import CoursePolicy, course_total
from grader.feedback.check_view import show_points
from grader.feedback.texts import Texts
from grader.feedback.track_view import TrackView, view_track
from grader.results import SubmissionResult
from grader.totals import ManualMarks, mark_track
from hwlib.assignment import Assignment
from hwlib.checking.verdict import Language


@dataclass(frozen=True)
class TotalView:
    """The line about all tracks together: `notes` say what is missing in it or was dropped."""

    points: str
    maximum: str
    before: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PageView:
    """Everything on a student's page."""

    student: str
    name: str
    course: str
    refused: str
    archive: str
    sha: str
    tracks: tuple[TrackView, ...]
    findings: tuple[dict[str, str], ...]
    total: TotalView | None = None
    language: Language = field(default="en")


def view_page(
    result: SubmissionResult,
    assignments: dict[str, Assignment],
    manual: dict[str, ManualMarks] | None = None,
    language: Language = "en",
    policy: CoursePolicy | None = None,
) -> PageView:
    """What the student sees, in `language`.

    Args:
        policy: of the course, for the total over several tracks; None drops nothing.
    """
    t = Texts(language)
    manual = manual or {}
    first = next(iter(assignments.values()))
    return PageView(
        student=result.student,
        name=result.display_name,
        course=first.course.get(language),
        refused=t.pick(result.refused, result.refused_zh),
        archive=result.archive,
        sha=result.archive_sha256,
        tracks=tuple(
            view_track(
                assignment,
                result.tracks.get(track),
                manual.get(track, ManualMarks()),
                bool(result.refused),
                t,
            )
            for track, assignment in assignments.items()
        ),
        findings=tuple(
            {
                "severity": finding.severity,
                "message": t.pick(finding.message, finding.message_zh),
                "rule": t.pick(finding.rule, finding.rule_zh),
            }
            for finding in result.findings
        ),
        total=_total(result, assignments, manual, policy or CoursePolicy(), t),
        language=language,
    )


def _total(
    result: SubmissionResult,
    assignments: dict[str, Assignment],
    manual: dict[str, ManualMarks],
    policy: CoursePolicy,
    t: Texts,
) -> TotalView | None:
    if len(assignments) < 2:
        return None
    marks = {
        track: mark_track(assignment, result.tracks.get(track), manual.get(track), bool(result.refused))
        for track, assignment in assignments.items()
    }
    sum_of = course_total(marks, policy)
    notes = [
        t("dropped", track=track, group=group.title.get(t.language), points=show_points(marks[track].final))
        for track, group in sum_of.dropped.items()
    ]
    notes += [
        f"{track}: {t(mark.state)}"
        for track, mark in marks.items()
        if mark.final is None and track not in sum_of.dropped
    ]
    if any(mark.pending and mark.final is not None for mark in marks.values()):
        notes.append(t("so_far"))
    before = "" if sum_of.before == sum_of.total else show_points(sum_of.before)
    return TotalView(show_points(sum_of.total), show_points(sum_of.maximum), before, tuple(notes))
