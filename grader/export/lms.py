"""Canvas and Moodle: marks written into the file that the LMS itself exported, everything else kept.

Canvas: the gradebook's CSV (columns Student, ID, SIS User ID, SIS Login ID, Section, one per assignment,
a row "Points Possible"). Moodle: the grading worksheet of an assignment (Identifier, Full name, ID number,
Email address, Status, Grade, Maximum Grade, Grade can be changed, ..., Feedback comments).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from grader.export.marks import ExportMark
from grader.export.safe_csv import csv_text
from grader.roster import read_table
from hwlib.errors import HomeworkError

CANVAS_REQUIRED = ("Student", "ID", "Section")
CANVAS_NUMBERS = ("SIS User ID", "SIS Login ID", "Integration ID")
MOODLE_REQUIRED = ("Identifier", "Grade")
MOODLE_NUMBERS = ("ID number", "Username", "Email address")


@dataclass
class Filled:
    """The file for the LMS and what did not get into it.

    Attributes:
        written: students whose mark was filled in.
        left: student -> why the cell was left as it was.
        unknown: students with marks whom the LMS's file does not hold.
    """

    text: str
    written: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def _require(path: Path, header: list[str], names: tuple[str, ...], what: str) -> None:
    missing = [name for name in names if name not in header]
    if missing:
        raise HomeworkError(
            f"{path} lacks the column {', '.join(missing)}, expected {what}. Found: {', '.join(header)}. "
            "Export the file again from the LMS and name that one."
        )


def _key(text: str) -> str:
    """A student number as spreadsheets may have left it: '="2026000001"' and 2026000001.0 are 2026000001."""
    text = text.strip().removeprefix("=").strip('"').lstrip("'").strip()
    return re.sub(r"\.0$", "", text)


def _numbers(row: dict[str, str], columns: list[str]) -> list[str]:
    numbers = []
    for column in columns:
        value = _key(row.get(column, ""))
        if value:
            numbers += [value, value.partition("@")[0]]
    return numbers


def _match(
    path: Path, rows: list[dict[str, str]], columns: list[str], marks: dict[str, ExportMark], first_line: int
) -> dict[int, str]:
    """Row -> student. Raises HomeworkError for duplicates, or when nobody is known."""
    found: dict[int, str] = {}
    for index, row in enumerate(rows):
        student = next((number for number in _numbers(row, columns) if number in marks), None)
        if student is None:
            continue
        if student in found.values():
            raise HomeworkError(
                f"{path}, line {index + first_line}: the student {student} occurs twice. Remove a line."
            )
        found[index] = student
    if not found:
        raise HomeworkError(
            f"{path} holds none of the {len(marks)} students with results (looked at {', '.join(columns)}). "
            "Is it the file of another course?"
        )
    return found


def _points(value: float) -> str:
    return f"{round(value, 2):g}"


def fill_canvas(path: Path, marks: dict[str, ExportMark], column: str, maximum: float) -> Filled:
    """Canvas's gradebook with `column` filled in.

    Args:
        column: full name ("VAE (12345)") or the assignment's name without Canvas's number.

    Raises:
        HomeworkError: not a Canvas gradebook, no such column, other points possible, duplicate students,
            or another course's file.
    """
    header, rows = read_table(path)
    _require(path, header, CANVAS_REQUIRED, "Canvas's gradebook (Grades, Export)")
    columns = [name for name in CANVAS_NUMBERS if name in header]
    if not columns:
        _require(path, header, CANVAS_NUMBERS[:1], "the students' numbers")
    names = [name for name in header if name == column or re.sub(r"\s*\(\d+\)$", "", name) == column]
    if len(names) != 1:
        others = [name for name in header if re.search(r"\(\d+\)$", name)]
        found = "no column" if not names else f"{len(names)} columns"
        raise HomeworkError(
            f"{path} has {found} {column!r}; expected one of: {', '.join(others) or 'none at all'}. "
            "Name it with --column."
        )
    target = names[0]
    possible = [row for row in rows if row["Student"].strip().lower().startswith("points possible")]
    if possible and possible[0][target].strip():
        try:
            worth = float(possible[0][target])
        except ValueError:
            worth = maximum  # "(read only)" and the like
        if abs(worth - maximum) > 1e-6:
            raise HomeworkError(
                f"{path}: {target!r} is worth {worth:g} points, expected {maximum:g}. "
                "Correct the points in Canvas, or name the right column with --column."
            )
    matched = _match(path, rows, columns, marks, 2)
    filled = Filled("")
    for index, student in matched.items():
        mark = marks[student]
        if mark.points is None:
            filled.left[student] = mark.reason
        else:
            rows[index][target] = _points(mark.points)
            filled.written.append(student)
    filled.unknown = sorted(set(marks) - set(matched.values()))
    # Canvas wants the identifying columns and those that change.
    filled.text = csv_text(header, [[row[name] for name in header] for row in rows])
    return filled


def fill_moodle(
    path: Path, marks: dict[str, ExportMark], maximum: float, comments: dict[str, str] | None = None
) -> Filled:
    """Moodle's grading worksheet with Grade and, where given, Feedback comments filled in.

    Raises:
        HomeworkError: not a grading worksheet, another maximum grade, duplicate identifiers, or another
            course's file.
    """
    header, rows = read_table(path)
    _require(path, header, MOODLE_REQUIRED, "a grading worksheet (Download grading worksheet)")
    columns = [name for name in MOODLE_NUMBERS if name in header]
    if not columns:
        _require(
            path,
            header,
            MOODLE_NUMBERS[:1],
            "the students' numbers (turn on 'ID number' in the site's settings)",
        )
    identifiers = [row["Identifier"] for row in rows]
    twice = sorted({name for name in identifiers if identifiers.count(name) > 1})
    if twice:
        raise HomeworkError(
            f"{path}: the identifier {twice[0]!r} occurs twice. Download the worksheet again."
        )
    for index, row in enumerate(rows, start=2):
        worth = row.get("Maximum Grade", "").replace(",", ".").strip()
        if worth and abs(float(worth) - maximum) > 1e-6:
            raise HomeworkError(
                f"{path}, line {index}: the maximum grade is {worth}, expected {maximum:g}. "
                "Correct it in Moodle, or take the worksheet of the right assignment."
            )
    matched = _match(path, rows, columns, marks, 2)
    filled = Filled("")
    for index, student in matched.items():
        mark, row = marks[student], rows[index]
        if mark.points is None:
            filled.left[student] = mark.reason
        elif row.get("Grade can be changed", "Yes").strip().lower() in ("no", "\u5426"):
            filled.left[student] = "Moodle says that the grade can't be changed"
        else:
            row["Grade"] = f"{mark.points:.2f}"
            if comments and student in comments and "Feedback comments" in header:
                row["Feedback comments"] = comments[student]
            filled.written.append(student)
    filled.unknown = sorted(set(marks) - set(matched.values()))
    filled.text = csv_text(header, [[row[name] for name in header] for row in rows])
    return filled
