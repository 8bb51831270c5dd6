"""From the marks of the assignments to the course's total: the one place where marks are dropped.

The policy stands in `handouts/course.yaml`: groups of assignments, and how many of each group's lowest marks
do not count. An assignment that was not handed in is the lowest of all; one whose mark is not known (a grader
error, a file that was not accepted) leaves the total unknown, because it might be the one to drop.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError

from grader.fingerprint import ROOT
from grader.totals import TrackMark
from hwlib.assignment.base import Part, Text, duplicates
from hwlib.assignment.located import read_yaml
from hwlib.errors import HomeworkError

FILE = ROOT / "handouts" / "course.yaml"


class Group(Part):
    """Assignments of which the lowest marks may be dropped."""

    title: Text
    assignments: list[str] = Field(min_length=1)
    drop_lowest: int = Field(default=0, ge=0)


class CoursePolicy(Part):
    """The content of `course.yaml`. Assignments in no group always count."""

    groups: list[Group] = []


@dataclass(frozen=True)
class CourseTotal:
    """The total of one student.

    Attributes:
        before: sum of the known marks, nothing dropped; None where one is not known.
        total: sum of the marks that count.
        maximum: of the assignments that count.
        dropped: track -> the group whose policy drops it.
    """

    before: float | None
    total: float | None
    maximum: float
    dropped: dict[str, Group]


@cache
def load_policy(path: Path = FILE) -> CoursePolicy:
    """The course's policy; without the file, nothing is ever dropped.

    Raises:
        HomeworkError: the file is not YAML of this form, or drops as many assignments as there are.
    """
    if not path.exists():
        return CoursePolicy()
    located = read_yaml(path)
    try:
        policy = CoursePolicy.model_validate(located.data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise HomeworkError(
            f"{located.place(first['loc'])}, {key or 'the file'}: {first['msg']}. Expected groups with "
            "title, assignments and drop_lowest; correct the line and try again."
        ) from None
    twice = duplicates([track for group in policy.groups for track in group.assignments])
    if twice:
        raise HomeworkError(f"{path}: found {twice[0]} in the groups twice, expected each assignment once.")
    for group in policy.groups:
        if group.drop_lowest >= len(group.assignments):
            raise HomeworkError(
                f"{path}: {group.title} drops {group.drop_lowest} of {len(group.assignments)} assignments; "
                "expected fewer, so that one counts. Lower drop_lowest or add assignments."
            )
    return policy


def course_total(marks: dict[str, TrackMark], policy: CoursePolicy) -> CourseTotal:
    """The total of one student's marks (track -> mark).

    A group drops nothing where one of its assignments is not among `marks`, e.g. with `--track VAE`.
    """
    known = {track: mark.final for track, mark in marks.items() if mark.final is not None}
    unknown = any(mark.state in ("ungraded", "refused") for mark in marks.values())
    dropped: dict[str, Group] = {}
    for group in policy.groups if not unknown else []:
        if set(group.assignments) <= set(marks):
            # Of equal shares the last in the list goes.
            last_first = group.assignments[::-1]
            order = sorted(last_first, key=lambda track: known.get(track, -1.0) / marks[track].maximum)
            dropped |= dict.fromkeys(order[: group.drop_lowest], group)
    counted = [value for track, value in known.items() if track not in dropped]
    return CourseTotal(
        before=round(sum(known.values()), 6) if known and not unknown else None,
        total=round(sum(counted), 6) if counted and not unknown else None,
        maximum=sum(mark.maximum for track, mark in marks.items() if track not in dropped),
        dropped=dropped,
    )
