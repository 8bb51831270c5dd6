"""`grader feedback` and `grader report`: the pages again from stored results, nothing is graded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track as progress

from grader.commands import common
from grader.pages import all_marks, gather, write_cohort_pages, write_feedback

Book = Annotated[
    Path | None, typer.Option("--gradebook", help="Take TAs' marks and comments from this nbgrader database.")
]


def feedback(
    out: common.Out = Path("results"),
    gradebook: Book = None,
    roster: common.Roster = None,
    times: common.Times = None,
    track: common.Tracks = None,
    variant: common.Variant = None,
    language: common.LanguageOption = "en",
    quiet: common.Quiet = False,
) -> None:
    """Write every student's feedback pages again, with the TAs' marks and comments."""
    stdout, _ = common.consoles()
    cohort = common.open_cohort(out, track, variant, times)
    common.need_results(cohort)
    people = common.people_of(roster)
    students = cohort.students()
    cohort.refresh_late(students)
    for student in progress(students, "feedback", disable=quiet or not stdout.is_terminal):
        result = cohort.stored(student)
        assert result is not None
        if student in people:
            result = result.model_copy(update={"display_name": people[student].name})
        write_feedback(cohort, result, language, all_marks(cohort, student, gradebook))
    if not quiet:
        stdout.print(
            f"feedback.html and feedback.md of {len(students)} students are in {out}/<student>/.",
            highlight=False,
        )


def report(
    out: common.Out = Path("results"),
    gradebook: Book = None,
    roster: common.Roster = None,
    times: common.Times = None,
    track: common.Tracks = None,
    variant: common.Variant = None,
    quiet: common.Quiet = False,
) -> None:
    """Write report.html and grades.csv again."""
    stdout, _ = common.consoles()
    cohort = common.open_cohort(out, track, variant, times)
    common.need_results(cohort)
    cohort.refresh_late(cohort.students())
    numbers = gather(cohort, common.people_of(roster), lambda student: all_marks(cohort, student, gradebook))
    path = write_cohort_pages(cohort, numbers, datetime.now())
    if not quiet:
        stdout.print(f"{path} and {out / 'grades.csv'}", highlight=False)
