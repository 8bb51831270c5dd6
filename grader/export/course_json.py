"""The documented JSON of a course's marks: the schema is the models below (`grader export json --schema`)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.feedback.statistics import Cohort
from grader.totals import TrackMark


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PartMark(_Model):
    """Points of one TODO region or report question."""

    id: str
    points: float | None = Field(description="null: not known yet (grader error, or not marked)")
    max_points: float


class TrackMarks(_Model):
    """One track of one student."""

    track: str
    state: Literal["graded", "ungraded", "missing", "refused"]
    regions: list[PartMark]
    questions: list[PartMark]
    bonus: float = Field(description="optional questions that count, and extra credit")
    raw: float | None = Field(description="before the late policy; null when not known")
    late_penalty: float = Field(ge=0, le=1, description="share of the points that is taken off")
    days_late: int
    mark: float | None = Field(description="after the late policy; null when not known, never 0 for unknown")
    max_points: float
    pending: list[str] = Field(description="report questions that nobody has marked yet")
    not_run: list[str] = Field(description="checks with points that were left out")
    fid: float | None


class StudentMarks(_Model):
    """One student."""

    student: str
    name: str
    tracks: list[TrackMarks]
    total: float | None = Field(description="of the tracks that count; null when not known")
    total_before_drops: float | None
    dropped: list[str] = Field(description="tracks that the course's policy drops as the lowest")
    flags: list[str] = Field(description="for TAs: what wants a human look")


class CourseMarks(_Model):
    """The whole file."""

    schema_version: Literal[1] = 1
    exported_at: datetime
    students: list[StudentMarks]


def _parts(values: dict[str, tuple[float | None, float]]) -> list[PartMark]:
    return [PartMark(id=key, points=points, max_points=top) for key, (points, top) in values.items()]


def _track(mark: TrackMark, days_late: int, fid: float | None) -> TrackMarks:
    return TrackMarks(
        track=mark.track,
        state=mark.state,
        regions=_parts(mark.regions),
        questions=_parts(mark.questions),
        bonus=mark.bonus,
        raw=mark.raw,
        late_penalty=mark.penalty,
        days_late=days_late,
        mark=mark.final,
        max_points=mark.maximum,
        pending=list(mark.pending),
        not_run=list(mark.not_run),
        fid=fid,
    )


def course_json(numbers: Cohort, exported_at: datetime) -> str:
    """The marks of everybody as JSON text."""
    students = [
        StudentMarks(
            student=row.student,
            name=row.name,
            tracks=[_track(part.mark, part.days_late, part.fid) for part in row.tracks.values()],
            total=row.total,
            total_before_drops=row.before_drops,
            dropped=list(row.dropped),
            flags=list(row.flags),
        )
        for row in numbers.rows
    ]
    return CourseMarks(exported_at=exported_at, students=students).model_dump_json(indent=1) + "\n"
