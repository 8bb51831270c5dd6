"""What Canvas and Moodle share: marks are written into the file that the LMS itself exported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from grader.export.marks import ExportMark
from hwlib.errors import HomeworkError


@dataclass
class Filled:
    """The file for the LMS and what did not get into it.

    Attributes:
        written: students whose mark was filled in.
        left: student -> why the cell was left as it was.
        capped: student -> a mark above what the LMS takes, for which its maximum was written.
        unknown: students with marks whom the LMS's file does not hold.
    """

    text: str
    written: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    capped: dict[str, float] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def lacks(path: Path, header: list[str], names: Iterable[str], what: str) -> HomeworkError:
    """The refusal of a file without the columns `names`."""
    return HomeworkError(
        f"{path} lacks the column {', '.join(names)}, expected {what}. Found: {', '.join(header)}. "
        "Export the file again from the LMS and name that one."
    )


def number(text: str) -> float | None:
    """A number as the LMS writes it, with a point or a comma; None for what is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def match(
    path: Path, rows: list[dict[str, str]], columns: list[str], marks: dict[str, ExportMark]
) -> dict[int, str]:
    """Row -> student, by the columns that may hold a student number or an e-mail address.

    Raises:
        HomeworkError: a student occurs twice, or nobody is known.
    """
    found: dict[int, str] = {}
    for index, row in enumerate(rows):
        student = next((name for name in _numbers(row, columns) if name in marks), None)
        if student is None:
            continue
        if student in found.values():
            raise HomeworkError(
                f"{path}, line {index + 2}: the student {student} occurs twice. Remove a line."
            )
        found[index] = student
    if not found:
        raise HomeworkError(
            f"{path} holds none of the {len(marks)} students with results (looked at {', '.join(columns)}). "
            "Is it the file of another course?"
        )
    return found


def _numbers(row: dict[str, str], columns: list[str]) -> list[str]:
    numbers = []
    for column in columns:
        value = _key(row.get(column, ""))
        if value:
            numbers += [value, value.partition("@")[0]]
    return numbers


def _key(text: str) -> str:
    """A student number as spreadsheets may have left it: '="2026000001"' and 2026000001.0 are 2026000001."""
    text = text.strip().removeprefix("=").strip('"').lstrip("'").strip()
    return re.sub(r"\.0$", "", text)
