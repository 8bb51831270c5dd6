"""Lists from the registrar or the LMS: who is in the course, and when who handed in."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hwlib.checking.verdict import clean_text
from hwlib.errors import HomeworkError

COLUMNS = {
    "student": (
        "number",
        "student",
        "student number",
        "student id",
        "student_id",
        "id",
        "sis user id",
        "id number",
        "学号",
    ),
    "name": ("name", "full name", "student name", "姓名"),
    "first_name": ("first name", "first_name", "given name", "名"),
    "last_name": ("last name", "last_name", "surname", "family name", "姓"),
    "email": ("email", "e-mail", "email address", "mail", "邮箱", "电子邮箱"),
    "section": ("section", "class", "group", "班级", "组"),
    "time": (
        "time",
        "timestamp",
        "submitted",
        "submitted_at",
        "submission time",
        "last modified (submission)",
        "提交时间",
    ),
}


@dataclass(frozen=True)
class Person:
    """One line of the roster."""

    student: str
    name: str = ""
    email: str = ""
    section: str = ""
    first_name: str = ""
    last_name: str = ""


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows of a CSV file in UTF-8 (with or without BOM), UTF-16 or GBK; comma, semicolon or tab.

    Raises:
        HomeworkError: no such file, no known encoding, no header, or a column that occurs twice.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise HomeworkError(f"{path} does not exist. Check the spelling of the path.") from None
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise HomeworkError(f"{path} is neither UTF-8 nor GBK text. Save it as 'CSV UTF-8' and try again.")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise HomeworkError(f"{path} is empty, expected a header line and one line per student.")
    header = [cell.strip() for cell in rows[0]]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise HomeworkError(f"{path} has the column {twice[0]!r} twice. Remove one and try again.")
    return header, [dict(zip(header, [*row, *[""] * len(header)], strict=False)) for row in rows[1:]]


def find_column(header: list[str], kind: str) -> str | None:
    """The column that holds `kind` under any of its usual names, None if there is none."""
    by_name = {name.lower(): name for name in header}
    return next((by_name[name] for name in COLUMNS[kind] if name in by_name), None)


def _student_column(path: Path, header: list[str]) -> str:
    column = find_column(header, "student")
    if column is None:
        raise HomeworkError(
            f"{path} has the columns {', '.join(header)}; expected one with the student number, "
            "called 'number', 'student', 'student_id' or '学号'."
        )
    return column


def read_roster(path: Path) -> dict[str, Person]:
    """Student number -> person.

    Raises:
        HomeworkError: no column with numbers, a line without one, or the same number twice.
    """
    header, rows = read_table(path)
    number = _student_column(path, header)
    people: dict[str, Person] = {}

    def cell(row: dict[str, str], kind: str) -> str:
        column = find_column(header, kind)
        return clean_text(row[column].strip()) if column else ""

    for index, row in enumerate(rows, start=2):
        student = row[number].strip()
        if not student:
            raise HomeworkError(f"{path}, line {index}: no student number. Fill it in or remove the line.")
        if student in people:
            raise HomeworkError(
                f"{path}, line {index}: the student number {student} occurs twice. Remove one line."
            )
        first, last = cell(row, "first_name"), cell(row, "last_name")
        name = cell(row, "name") or f"{first} {last}".strip()
        people[student] = Person(student, name, cell(row, "email"), cell(row, "section"), first, last)
    return people


def read_times(path: Path) -> dict[str, datetime]:
    """Student number -> time of the hand-in; ISO 8601, e.g. 2026-12-20 23:10 or 2026-12-20T23:10:00+08:00.

    Raises:
        HomeworkError: a column is missing, a time can't be read, or a number occurs twice.
    """
    header, rows = read_table(path)
    number, column = _student_column(path, header), find_column(header, "time")
    if column is None:
        raise HomeworkError(
            f"{path} has the columns {', '.join(header)}; expected one called 'time' or 'timestamp'."
        )
    times: dict[str, datetime] = {}
    for index, row in enumerate(rows, start=2):
        student, text = row[number].strip(), row[column].strip()
        if not text:
            continue
        if student in times:
            raise HomeworkError(
                f"{path}, line {index}: the student number {student} occurs twice. Remove one line."
            )
        try:
            times[student] = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            raise HomeworkError(
                f"{path}, line {index}: {text!r} is not a time; expected e.g. 2026-12-20 23:10 or "
                "2026-12-20T23:10:00+08:00."
            ) from None
    return times
