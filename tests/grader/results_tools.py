"""A stand-in for the engine and small builders for the tests of results, pages and exports."""

from __future__ import annotations

import os
import signal
import time
import zipfile
from pathlib import Path

from grader.cohort import Cohort
from grader.late import late_for
from grader.options import GradeOptions
from grader.results import RESULT, SubmissionResult, TrackResult, write_result
from grader.sample import sample_assignments, sample_result
from hwlib.checking.verdict import CheckResult, Outcome

ASSIGNMENTS = sample_assignments()


def all_passed(
    student: str, tracks: tuple[str, ...] = (), wrong: str = "", error: str = ""
) -> SubmissionResult:
    """A result with full marks but for the checks `wrong` (0 points) and `error` (a grader error)."""
    parts = {}
    for track, assignment in ASSIGNMENTS.items():
        if tracks and track not in tracks:
            continue
        checks = []
        for region in assignment.regions:
            for check in region.checks:
                name = f"{track}/{check.id}"
                outcome = (
                    Outcome.WRONG
                    if name == wrong
                    else Outcome.GRADER_ERROR
                    if name == error
                    else Outcome.PASSED
                )
                points = {Outcome.WRONG: 0.0, Outcome.GRADER_ERROR: None, Outcome.PASSED: check.points}[
                    outcome
                ]
                checks.append(
                    CheckResult(
                        id=name,
                        title=check.title.en,
                        track=track,
                        region=region.id,
                        points=None if name == error else points,
                        max_points=check.points,
                        visibility=check.visibility,
                        outcome=Outcome.GRADER_ERROR if name == error else outcome,
                    )
                )
        parts[track] = TrackResult(track=track, checks=tuple(checks), max_points=assignment.code_points)
    return SubmissionResult(student=student, tracks=parts)


def fake_engine(path: Path, options: GradeOptions) -> SubmissionResult:
    """Grades by the words in a zip's `says.txt`; appends to `graded.log` beside the zips."""
    with open(path.parent / "graded.log", "a") as log:
        log.write(f"{options.student} {','.join(options.tracks)} {','.join(options.only)}\n")
    says = zipfile.ZipFile(path).read("says.txt").decode().split() if zipfile.is_zipfile(path) else ["pass"]
    if says[0] == "slow":
        time.sleep(float(says[1]))
    if says[0] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if says[0] == "raise":
        raise RuntimeError("the grader tripped")
    if says[0] == "refuse":
        return SubmissionResult(student=options.student or "", refused="a renamed rar file")
    wrong = says[1] if says[0] == "wrong" else ""
    result = all_passed(options.student or "", options.tracks, wrong, says[1] if says[0] == "error" else "")
    if options.only:
        parts = {
            track: part.model_copy(update={"checks": tuple(c for c in part.checks if c.id in options.only)})
            for track, part in result.tracks.items()
        }
        result = result.model_copy(update={"tracks": parts})
    return result


def make_zip(folder: Path, name: str, says: str = "pass") -> Path:
    """A submission for `fake_engine`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("says.txt", says)
    return path


def make_results(out: Path, count: int, with_run: bool = False, seed: int = 0) -> Cohort:
    """A cohort of made-up results on the disk."""
    for number in range(count):
        result = sample_result(ASSIGNMENTS, number, seed, with_run)
        parts = {
            track: part.model_copy(
                update={"late": late_for(ASSIGNMENTS[track], result.student, result.submitted_at)}
            )
            for track, part in result.tracks.items()
        }
        write_result(out / result.student / RESULT, result.model_copy(update={"tracks": parts}))
    return Cohort(out, ASSIGNMENTS, GradeOptions())
