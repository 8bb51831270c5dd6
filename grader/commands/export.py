"""`grader export ...`: marks and checks for Gradescope, Canvas, Moodle, spreadsheets and test reports."""

from __future__ import annotations

import json as json_module
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from grader.cohort import Cohort
from grader.commands import common
from grader.export.canvas import fill_canvas
from grader.export.course_json import CourseMarks, course_json
from grader.export.gradescope import gradescope_results
from grader.export.lms import Filled
from grader.export.marks import ExportMark, Part, export_marks
from grader.export.moodle import fill_moodle
from grader.export.packages import autograder_zip, classroom_workflow
from grader.export.reports import ctrf, junit_xml
from grader.feedback import statistics
from grader.options import course_secret
from grader.pages import all_marks, gather, grades_csv
from hwlib import __version__
from hwlib.assignment import Assignment
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_bytes, atomic_write_text

app = typer.Typer(no_args_is_help=True, help="Marks and checks for other systems.")

To = Annotated[Path | None, typer.Option("--to", help="File to write; default: standard output.")]
Folder = Annotated[Path, typer.Option("--to", help="Folder to write into, a file per student.")]
Gradebook = Annotated[
    Path | None, typer.Option("--gradebook", help="Take TAs' marks from this nbgrader database.")
]
PartOption = Annotated[
    Part, typer.Option("--part", help="total: with the report; code: the TODO regions alone.")
]
Input = Annotated[Path, typer.Argument(help="The file that the LMS exported.")]


def _numbers(cohort: Cohort, gradebook: Path | None, roster: Path | None) -> statistics.Cohort:
    common.need_results(cohort)
    cohort.refresh_late(cohort.students())
    return gather(cohort, common.people_of(roster), lambda student: all_marks(cohort, student, gradebook))


def _write(to: Path | None, text: str) -> None:
    if to is None:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    else:
        atomic_write_text(to, text)


def _single(assignments: dict[str, Assignment]) -> Assignment:
    if len(assignments) != 1:
        raise HomeworkError(f"name one track with --track, one of {', '.join(assignments)}.")
    return next(iter(assignments.values()))


def _column(cohort: Cohort, gradebook: Path | None, part: Part) -> tuple[dict[str, ExportMark], float]:
    """The marks of the cohort's one track, and the maximum that they are of."""
    assignment = _single(cohort.assignments)
    marks = export_marks(_numbers(cohort, gradebook, None), assignment.track, part)
    return marks, assignment.total_points if part == "total" else assignment.code_points


def _tell(filled: Filled, to: Path) -> None:
    _, stderr = common.consoles()
    stderr.print(f"{to}: {len(filled.written)} marks", highlight=False, markup=False)
    for student, reason in filled.left.items():
        stderr.print(f"  left as it was: {student}: {reason}", highlight=False, markup=False)
    for student, points in filled.capped.items():
        stderr.print(
            f"  above the maximum, which was written: {student}: {points:g}", highlight=False, markup=False
        )
    if filled.unknown:
        stderr.print(f"  not in the LMS's file: {', '.join(filled.unknown)}", highlight=False, markup=False)


@cli_errors()
def csv(
    out: common.Out = Path("results"),
    to: To = None,
    gradebook: Gradebook = None,
    roster: common.Roster = None,
    times: common.Times = None,
    variant: common.Variant = None,
) -> None:
    """A table for spreadsheets: one line per student, UTF-8 with BOM, no formulas."""
    cohort = common.open_cohort(out, None, variant, times)
    _write(to, grades_csv(_numbers(cohort, gradebook, roster)))


@cli_errors()
def json(
    out: common.Out = Path("results"),
    to: To = None,
    gradebook: Gradebook = None,
    roster: common.Roster = None,
    times: common.Times = None,
    variant: common.Variant = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of this format and stop.")
    ] = False,
) -> None:
    """Everything about everybody's marks as JSON with a schema."""
    if schema:
        _write(to, json_module.dumps(CourseMarks.model_json_schema(), indent=1) + "\n")
        return
    cohort = common.open_cohort(out, None, variant, times)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    _write(to, course_json(_numbers(cohort, gradebook, roster), now))


@cli_errors()
def canvas(
    file: Input,
    to: Annotated[Path, typer.Option("--to", help="File to upload to Canvas.")],
    column: Annotated[
        str, typer.Option(help="The assignment's column in Canvas, with or without its number.")
    ],
    out: common.Out = Path("results"),
    track: common.Tracks = None,
    part: PartOption = "total",
    gradebook: Gradebook = None,
    times: common.Times = None,
    variant: common.Variant = None,
) -> None:
    """Fill one column of the gradebook that Canvas exported."""
    cohort = common.open_cohort(out, track, variant, times)
    marks, maximum = _column(cohort, gradebook, part)
    filled = fill_canvas(file, marks, column, maximum)
    atomic_write_text(to, filled.text)
    _tell(filled, to)


@cli_errors()
def moodle(
    file: Input,
    to: Annotated[Path, typer.Option("--to", help="File to upload to Moodle.")],
    out: common.Out = Path("results"),
    track: common.Tracks = None,
    part: PartOption = "total",
    gradebook: Gradebook = None,
    times: common.Times = None,
    variant: common.Variant = None,
) -> None:
    """Fill the grading worksheet of a Moodle assignment."""
    cohort = common.open_cohort(out, track, variant, times)
    marks, maximum = _column(cohort, gradebook, part)
    filled = fill_moodle(file, marks, maximum)
    atomic_write_text(to, filled.text)
    _tell(filled, to)


@cli_errors()
def gradescope(
    out: common.Out = Path("results"),
    to: Annotated[
        Path, typer.Option("--to", help="results.json of one student, or a folder for all.")
    ] = Path("gradescope"),
    track: common.Tracks = None,
    student: Annotated[str | None, typer.Option(help="Only this student.")] = None,
    hidden: Annotated[
        str, typer.Option(help="Visibility of hidden checks in Gradescope.")
    ] = "after_published",
    variant: common.Variant = None,
    language: common.LanguageOption = "en",
    autograder: Annotated[
        Path | None,
        typer.Option("--zip", help="Write the autograder (setup.sh, run_autograder, the grader) and stop."),
    ] = None,
) -> None:
    """Gradescope's results.json, or the zip of an autograder that makes it there."""
    _, stderr = common.consoles()
    cohort = common.open_cohort(out, track, variant)
    assignment = _single(cohort.assignments)
    if autograder is not None:
        secret = course_secret(out)
        atomic_write_bytes(autograder, autograder_zip(assignment, language, hidden, secret))
        stderr.print(
            f"{autograder}: upload it under Configure Autograder. Keep it private: it holds the answers."
        )
        return
    common.need_results(cohort)
    left = []
    for name in [student] if student else cohort.students():
        result = cohort.stored(name)
        if result is None:
            raise HomeworkError(f"there is no result of {name!r} in {out}. Grade it first.")
        target = to if student else to / f"{name}.json"
        try:
            data = gradescope_results(result, assignment, language, hidden)
        except HomeworkError as error:
            if student:
                raise
            left.append(str(error))
            continue
        atomic_write_text(target, json_module.dumps(data, indent=1, ensure_ascii=False) + "\n")
    for reason in left:
        stderr.print(reason, highlight=False, markup=False)


def _each(cohort: Cohort, to: Path, suffix: str, kind: str) -> None:
    common.need_results(cohort)
    for name in cohort.students():
        result = cohort.stored(name)
        assert result is not None
        if kind == "junit":
            text = junit_xml(result)
        else:
            text = json_module.dumps(ctrf(result, __version__), indent=1, ensure_ascii=False) + "\n"
        atomic_write_text(to / f"{name}{suffix}", text)


@cli_errors()
def junit(out: common.Out = Path("results"), to: Folder = Path("junit")) -> None:
    """The checks as JUnit XML, a file per student. For TAs: it holds hidden checks in full."""
    _each(common.open_cohort(out), to, ".xml", "junit")


@cli_errors()
def ctrf_(out: common.Out = Path("results"), to: Folder = Path("ctrf")) -> None:
    """The checks in the Common Test Report Format. For TAs: it holds hidden checks in full."""
    _each(common.open_cohort(out), to, ".json", "ctrf")


@cli_errors()
def github(to: Annotated[Path, typer.Option("--to", help="File to write.")] = Path("checks.yml")) -> None:
    """The workflow for GitHub Classroom: public checks on every push."""
    atomic_write_text(to, classroom_workflow(common.load_assignments()))


for _name, _command in {
    "csv": csv,
    "json": json,
    "canvas": canvas,
    "moodle": moodle,
    "gradescope": gradescope,
    "junit": junit,
    "ctrf": ctrf_,
    "github": github,
}.items():
    app.command(_name)(_command)  # type: ignore[type-var]
