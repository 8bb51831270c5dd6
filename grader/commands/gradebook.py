"""`grader gradebook`: the course's results into nbgrader's own database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track as progress

from grader.cohort import locked
from grader.commands import common

if TYPE_CHECKING:
    from grader.gradebook.book import Summary

BATCH = 50


def gradebook(
    out: common.Out = Path("results"),
    db: common.Database = Path("gradebook.db"),
    roster: common.Roster = None,
    times: common.Times = None,
    track: common.Tracks = None,
    variant: common.Variant = None,
    course: Annotated[
        Path | None, typer.Option(help="nbgrader course folder; links reports that are documents.")
    ] = None,
    quiet: common.Quiet = False,
) -> None:
    """Write results into nbgrader's gradebook. Marks, extra credit and comments of TAs are never touched."""
    # nbgrader takes a second to import
    from grader.gradebook.book import Book
    from grader.gradebook.course import report_addresses

    stdout, _ = common.consoles()
    cohort = common.open_cohort(out, track, variant, times)
    people = common.people_of(roster)
    if course is not None:
        common.need_course(course)
    if not people:
        common.need_results(cohort)
    with locked(out):
        students = cohort.students()
        cohort.refresh_late(students)
        with Book(db) as book:
            book.set_up(cohort.assignments)
            book.add_people(people, set(students))
            silent = quiet or not stdout.is_terminal
            for number, student in enumerate(progress(students, "gradebook", disable=silent), start=1):
                result = cohort.stored(student)
                assert result is not None
                book.write(result, report_addresses(course, student))
                if number % BATCH == 0:
                    book.commit()
            summary = book.summary
    if not quiet:
        _print(stdout, summary, db)


def _print(console: Console, summary: Summary, db: Path) -> None:
    def listed(title: str, names: list[str]) -> None:
        if names:
            shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
            console.print(f"  {title}: {shown}", highlight=False, markup=False)

    console.print(f"{db}: {len(summary.written)} submissions", highlight=False, markup=False)
    listed("without points, a human has to look (grader errors)", [f"{s} {t}" for s, t in summary.ungraded])
    listed("not handed in, no entry (not a zero)", [f"{s} {t}" for s, t in summary.missing])
    listed("not in the roster, written all the same", summary.unknown)
    listed("in the roster, no results", summary.absent)
    listed(
        "more optional questions with points than count; the entry bonus-cap takes off the rest",
        [f"{s} {t}" for s, t in summary.over_cap],
    )
