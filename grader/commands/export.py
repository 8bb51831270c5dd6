"""`grader export ...`: marks and checks for other systems; here `csv`, `json` and the list of all."""

from __future__ import annotations

import json as json_module
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from grader.commands import common
from grader.commands.export_common import Gradebook, numbers_of
from grader.commands.export_lms import canvas, moodle
from grader.commands.export_tests import ctrf, github, gradescope, junit
from grader.export.course_json import CourseMarks, course_json
from grader.pages import grades_csv
from hwlib.errors import cli_errors
from hwlib.files import atomic_write_text

app = typer.Typer(no_args_is_help=True, help="Marks and checks for other systems.")

To = Annotated[Path | None, typer.Option("--to", help="File to write; default: standard output.")]


def _write(to: Path | None, text: str) -> None:
    if to is None:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    else:
        atomic_write_text(to, text)


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
    _write(to, grades_csv(numbers_of(cohort, gradebook, roster)))


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
    _write(to, course_json(numbers_of(cohort, gradebook, roster), now))


for _name, _command in {
    "csv": csv,
    "json": json,
    "canvas": canvas,
    "moodle": moodle,
    "gradescope": gradescope,
    "junit": junit,
    "ctrf": ctrf,
    "github": github,
}.items():
    app.command(_name)(_command)  # type: ignore[type-var]
