"""What the subcommands of `grader export` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cohort import Cohort
from grader.commands import common
from grader.feedback import statistics
from grader.pages import all_marks, gather
from hwlib.assignment import Assignment
from hwlib.errors import HomeworkError

Gradebook = Annotated[
    Path | None, typer.Option("--gradebook", help="Take TAs' marks from this nbgrader database.")
]


def numbers_of(cohort: Cohort, gradebook: Path | None, roster: Path | None) -> statistics.Cohort:
    common.need_results(cohort)
    cohort.refresh_late(cohort.students())
    return gather(cohort, common.people_of(roster), lambda student: all_marks(cohort, student, gradebook))


def single(assignments: dict[str, Assignment]) -> Assignment:
    if len(assignments) != 1:
        raise HomeworkError(f"name one track with --track, one of {', '.join(assignments)}.")
    return next(iter(assignments.values()))
