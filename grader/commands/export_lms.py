"""`grader export canvas` and `moodle`: marks written into the file that the LMS exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cohort import Cohort
from grader.commands import common
from grader.commands.export_common import Gradebook, numbers_of, single
from grader.export.canvas import fill_canvas
from grader.export.lms import Filled
from grader.export.marks import ExportMark, Part, export_marks
from grader.export.moodle import fill_moodle
from hwlib.errors import cli_errors
from hwlib.files import atomic_write_text

PartOption = Annotated[
    Part, typer.Option("--part", help="total: with the report; code: the TODO regions alone.")
]
Input = Annotated[Path, typer.Argument(help="The file that the LMS exported.")]


def _column(cohort: Cohort, gradebook: Path | None, part: Part) -> tuple[dict[str, ExportMark], float]:
    """The marks of the cohort's one track, and the maximum that they are of."""
    assignment = single(cohort.assignments)
    marks = export_marks(numbers_of(cohort, gradebook, None), assignment.track, part)
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
