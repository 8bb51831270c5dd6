"""From checks, a TA's marks and the late policy to one mark: the one place where points are added up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from grader.results import TrackResult
from hwlib.assignment import Assignment

State = Literal["graded", "ungraded", "missing", "refused"]


@dataclass(frozen=True)
class ManualMarks:
    """What a TA entered for one track of one student; it wins over everything automatic.

    Attributes:
        regions: region id -> points in place of the automatic sum.
        questions: report question id -> points.
        extra_credit: points on top.
        comments: what the student reads, by region or question id ('' for the whole).
    """

    regions: dict[str, float] = field(default_factory=dict)
    questions: dict[str, float] = field(default_factory=dict)
    extra_credit: float = 0.0
    comments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TrackMark:
    """The mark of one track. `None` always means "not known", never zero.

    Attributes:
        code: points of the TODO regions.
        regions: region id -> (points, maximum).
        questions: question id -> (points, maximum); points None until a TA marked it.
        bonus: optional questions that count, and extra credit.
        raw: code, marked questions and bonus, before the late policy.
        penalty: share taken off for lateness.
        final: the mark as it stands now.
        pending: required questions that a TA has not marked.
        not_run: checks with points that were left out (`--only`, `--no-run`); their points are not in `code`.
    """

    track: str
    state: State
    code: float | None
    code_max: float
    regions: dict[str, tuple[float | None, float]]
    questions: dict[str, tuple[float | None, float]]
    bonus: float
    raw: float | None
    penalty: float
    final: float | None
    maximum: float
    pending: tuple[str, ...]
    not_run: tuple[str, ...] = ()


def checks_not_run(result: TrackResult, assignment: Assignment) -> tuple[str, ...]:
    """Checks with points that the result says nothing about, e.g. the run when it was left out."""
    found = {check.id.rpartition("/")[2] for check in result.checks}
    return tuple(key for key, (_, check) in assignment.checks.items() if check.points and key not in found)


def region_points(result: TrackResult, assignment: Assignment) -> dict[str, tuple[float | None, float]]:
    """Region id -> (automatic points, maximum); points are None where a grader error leaves them unknown."""
    groups = result.by_region()
    points: dict[str, tuple[float | None, float]] = {}
    for region in assignment.regions:
        found = [check.points for check in groups.get(region.id, [])]
        known = not result.trouble and None not in found
        total = round(sum(value for value in found if value is not None), 6) if known else None
        points[region.id] = (total, region.points)
    return points


def question_points(
    result: TrackResult | None, assignment: Assignment, manual: ManualMarks
) -> dict[str, tuple[float | None, float]]:
    """Question id -> (points, maximum): the TA's mark, else the automatic one, else None."""
    points: dict[str, tuple[float | None, float]] = {}
    for question in assignment.report.questions:
        value = manual.questions.get(question.id)
        if value is None and question.automatic == "fid" and result is not None and result.fid is not None:
            value = question.points if result.fid.passed and not result.fid.memorised else 0.0
        points[question.id] = (value, question.points)
    return points


def mark_track(
    assignment: Assignment,
    result: TrackResult | None,
    manual: ManualMarks | None = None,
    refused: bool = False,
) -> TrackMark:
    """Adds up one track.

    A track that was not handed in, or whose checks could not be run, has no mark (`final` is None) until
    a TA enters one for every region.
    """
    manual = manual or ManualMarks()
    if result is None or result.missing:
        automatic: dict[str, tuple[float | None, float]] = {
            r.id: (None, r.points) for r in assignment.regions
        }
        state: State = "refused" if refused else "missing"
    else:
        automatic = region_points(result, assignment)
        state = "ungraded" if result.outcome == "ungraded" else "graded"
    regions = {key: (manual.regions.get(key, value), top) for key, (value, top) in automatic.items()}
    questions = question_points(result, assignment, manual)
    known = [value for value, _ in regions.values() if value is not None]
    complete = len(known) == len(regions)
    if complete:
        state = "graded"
    code = round(sum(known), 6) if complete else None
    optional = sorted((questions[q.id][0] or 0.0 for q in assignment.report.optional), reverse=True)
    bonus = round(sum(optional[: assignment.report.optional_cap]) + manual.extra_credit, 6)
    required = [questions[q.id][0] for q in assignment.report.required]
    raw = None if code is None else round(code + sum(value or 0.0 for value in required) + bonus, 6)
    late = result.late if result is not None else None
    penalty = 0.0 if late is None else 1.0 if late.refused else late.penalty
    return TrackMark(
        track=assignment.track,
        state=state,
        code=code,
        code_max=assignment.code_points,
        regions=regions,
        questions=questions,
        bonus=bonus,
        raw=raw,
        penalty=penalty,
        final=None if raw is None else round(raw * (1 - penalty), 6),
        maximum=assignment.total_points,
        pending=tuple(q.id for q in assignment.report.required if questions[q.id][0] is None),
        not_run=checks_not_run(result, assignment) if result is not None and not result.missing else (),
    )
