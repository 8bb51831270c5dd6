"""What several subcommands share: options with their help, and what they mean."""

from __future__ import annotations

import difflib
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cohort import Cohort, load_assignments
from grader.display import Mode
from grader.options import GradeOptions
from grader.roster import Person, read_roster, read_times
from hwlib.assignment import Assignment
from hwlib.checking.verdict import Language
from hwlib.errors import HomeworkError

NARROW = 60  # columns: bar, counts, time left and a student number
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")]
Tracks = Annotated[list[str] | None, typer.Option("--track", "-t", help="Only this track; may be repeated.")]
Only = Annotated[
    list[str] | None, typer.Option("--only", help="Only this check, e.g. VAE/loss_values; may be repeated.")
]
Roster = Annotated[
    Path | None, typer.Option(help="CSV with number, name, e-mail and section of everybody in the course.")
]
Times = Annotated[
    Path | None, typer.Option(help="CSV with student number and time of hand-in, for the late policy.")
]
Variant = Annotated[str | None, typer.Option(help="The year's variant of assignment.yaml.")]
LanguageOption = Annotated[Language, typer.Option(help="Language of the feedback pages: en or zh.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON per student, for logs and programs.")]
Database = Annotated[Path, typer.Option("--db", help="nbgrader's gradebook.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Submissions at a time; default: one per core.")
]


def check_ids(names: list[str] | None, assignments: dict[str, Assignment]) -> tuple[str, ...]:
    """Full check ids for `VAE/loss_values` or just `loss_values`.

    Raises:
        HomeworkError: no check of that name, with the nearest names.
    """
    if not names:
        return ()
    from grader.checks.runner import checks_of  # imports torch, seconds that only this option needs

    # Of the check files, not of the assignments: checks may describe themselves by a marker.
    known = [
        f"{track}/{check.about.id}"
        for track, assignment in assignments.items()
        for check in checks_of(assignment)
    ]
    found: list[str] = []
    for name in names:
        matches = [full for full in known if name in (full, full.partition("/")[2])]
        if not matches:
            near = difflib.get_close_matches(
                name, [*known, *(k.partition("/")[2] for k in known)], n=3, cutoff=0.4
            )
            expected = f"did you mean {', '.join(near)}?" if near else f"expected one of {', '.join(known)}."
            raise HomeworkError(f"there is no check {name!r}; {expected}")
        found += matches
    return tuple(dict.fromkeys(found))


def open_cohort(
    out: Path,
    tracks: list[str] | None = None,
    variant: str | None = None,
    times: Path | None = None,
    options: GradeOptions | None = None,
) -> Cohort:
    """The cohort whose results are in `out`.

    Raises:
        HomeworkError: unknown track or variant, or a CSV that can't be read.
    """
    assignments = load_assignments(tuple(tracks or ()), variant)
    return Cohort(out, assignments, options or GradeOptions(), read_times(times) if times else {})


def need_results(cohort: Cohort) -> None:
    """Raises:
    HomeworkError: there are no results yet.
    """
    if not cohort.students():
        raise HomeworkError(
            f"{cohort.out} holds no results: expected <student>/result.json. "
            f"Run `grader grade submissions/ --out {cohort.out}` first."
        )


def need_course(folder: Path) -> None:
    """Raises:
    HomeworkError: the folder is no nbgrader course.
    """
    if not (folder / "nbgrader_config.py").is_file():
        raise HomeworkError(
            f"{folder} is no nbgrader course: expected nbgrader_config.py in it. "
            f"Make it with `grader course {folder}`, or name another one with --course."
        )


def people_of(roster: Path | None) -> dict[str, Person]:
    """The roster, empty when none was given."""
    return read_roster(roster) if roster else {}


def display_mode(json: bool, quiet: bool) -> Mode:
    """A bar on a terminal, a line per student in a log and where a bar has no room."""
    if json:
        return "json"
    if quiet:
        return "quiet"
    return "bar" if sys.stderr.isatty() and shutil.get_terminal_size().columns >= NARROW else "lines"


def consoles() -> tuple[Console, Console]:
    """Standard output and standard error."""
    return Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)
