"""Canvas: one column of the gradebook that it exported, everything else kept.

Columns of the file: Student (or, by a setting, LastName and FirstName), ID, SIS User ID, SIS Login ID,
Section, one per assignment, and a row "Points Possible". Canvas finds students by ID, and leaves out columns
that are read-only.
"""

from __future__ import annotations

import re
from pathlib import Path

from grader.export.lms import Filled, lacks, match, number
from grader.export.marks import ExportMark
from grader.export.safe_csv import csv_text
from grader.roster import read_table
from hwlib.errors import HomeworkError

NAMES = ("Student", "LastName")
REQUIRED = ("ID", "Section")
NUMBERS = ("SIS User ID", "SIS Login ID", "Integration ID")


def fill_canvas(path: Path, marks: dict[str, ExportMark], column: str, maximum: float) -> Filled:
    """Canvas's gradebook with `column` filled in.

    Args:
        column: full name ("VAE (12345)") or the assignment's name without Canvas's number.

    Raises:
        HomeworkError: not a Canvas gradebook, no such column, one that can't be written, other points
            possible, duplicate students, or another course's file.
    """
    header, rows = read_table(path)
    names = [name for name in NAMES if name in header]
    missing = [*(NAMES[:1] if not names else ()), *(name for name in REQUIRED if name not in header)]
    if missing:
        raise lacks(path, header, missing, "Canvas's gradebook (Grades, Export)")
    columns = [name for name in NUMBERS if name in header]
    if not columns:
        raise lacks(path, header, NUMBERS[:1], "the students' numbers")
    target = _column(path, header, column)
    _check_points(path, rows, names[0], target, maximum)
    matched = match(path, rows, columns, marks)
    filled = Filled("")
    for index, student in matched.items():
        mark = marks[student]
        if mark.points is None:
            filled.left[student] = mark.reason
        else:
            rows[index][target] = f"{round(mark.points, 2):g}"
            filled.written.append(student)
    filled.unknown = sorted(set(marks) - set(matched.values()))
    filled.text = csv_text(header, [[row[name] for name in header] for row in rows])
    return filled


def _column(path: Path, header: list[str], column: str) -> str:
    found = [name for name in header if name == column or re.sub(r"\s*\(\d+\)$", "", name) == column]
    if len(found) == 1:
        return found[0]
    others = [name for name in header if re.search(r"\(\d+\)$", name)]
    how_many = "no column" if not found else f"{len(found)} columns"
    raise HomeworkError(
        f"{path} has {how_many} {column!r}; expected one of: {', '.join(others) or 'none at all'}. "
        "Name it with --column."
    )


def _check_points(path: Path, rows: list[dict[str, str]], name: str, target: str, maximum: float) -> None:
    possible = [row[target].strip() for row in rows if "points possible" in row[name].lower()]
    if not possible or not possible[0]:
        return
    worth = number(possible[0])
    if worth is None:
        raise HomeworkError(
            f"{path}: {target!r} says {possible[0]!r} where the points possible stand; Canvas does not "
            "import such a column. Name the assignment's column with --column."
        )
    if abs(worth - maximum) > 1e-6:
        raise HomeworkError(
            f"{path}: {target!r} is worth {worth:g} points, expected {maximum:g}. "
            "Correct the points in Canvas, or name the right column with --column."
        )
