"""The number that another system gets for a student, or the reason why it gets none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.feedback.statistics import Cohort
from grader.totals import TrackMark
from hwlib.errors import HomeworkError

Part = Literal["total", "code"]


@dataclass(frozen=True)
class ExportMark:
    """One student's number for one column of another system.

    Attributes:
        points: None where nothing may be exported; `reason` then says why.
    """

    student: str
    name: str
    points: float | None
    maximum: float
    reason: str = ""


def export_mark(student: str, name: str, mark: TrackMark, part: Part) -> ExportMark:
    """The number for one track: code and report together, or the code alone; after the late policy."""
    maximum = mark.maximum if part == "total" else mark.code_max
    reason = ""
    if mark.state == "ungraded":
        reason = "ungraded (grader error)"
    elif mark.state == "missing":
        reason = "not handed in"
    elif mark.state == "refused":
        reason = "file not accepted"
    elif mark.not_run:
        reason = f"checks not run: {', '.join(mark.not_run)}"
    elif part == "total" and mark.pending:
        reason = f"report not marked: {', '.join(mark.pending)}"
    if reason:
        return ExportMark(student, name, None, maximum, reason)
    value = mark.final if part == "total" else None if mark.code is None else mark.code * (1 - mark.penalty)
    return ExportMark(student, name, None if value is None else round(value, 4), maximum)


def export_marks(numbers: Cohort, track: str, part: Part) -> dict[str, ExportMark]:
    """Student -> number, for one track.

    Raises:
        HomeworkError: no such track.
    """
    if track not in numbers.assignments:
        raise HomeworkError(f"there is no track {track!r}; expected one of {', '.join(numbers.assignments)}.")
    return {
        row.student: export_mark(row.student, row.name, row.tracks[track].mark, part) for row in numbers.rows
    }
