"""Moodle: the grading worksheet of an assignment with its grades filled in, everything else kept.

Moodle reads the worksheet in the language of whoever uploads it, and looks for three columns: Identifier,
Grade and Last modified (grade). The names here are those of its English and its simplified Chinese. Grades
above the maximum it leaves out without a word, so the maximum is written for them.
"""

from __future__ import annotations

from pathlib import Path

from grader.export.lms import Filled, lacks, match, number
from grader.export.marks import ExportMark
from grader.export.safe_csv import csv_text
from grader.roster import read_table
from hwlib.errors import HomeworkError

COLUMNS = {
    "Identifier": ("identifier", "标识符"),
    "Grade": ("grade", "成绩"),
    "Last modified (grade)": ("last modified (grade)", "上次修改（评分）"),
    "Maximum grade": ("maximum grade", "最高分"),
    "Grade can be changed": ("grade can be changed", "允许更改成绩"),
    "Feedback comments": ("feedback comments",),
}
REQUIRED = ("Identifier", "Grade", "Last modified (grade)")
NUMBERS = ("id number", "username", "email address", "学号", "用户名")
NO = ("no", "否")


def fill_moodle(
    path: Path, marks: dict[str, ExportMark], maximum: float, comments: dict[str, str] | None = None
) -> Filled:
    """Moodle's grading worksheet with Grade and, where given, Feedback comments filled in.

    Raises:
        HomeworkError: not a grading worksheet, another maximum grade, duplicate identifiers, or another
            course's file.
    """
    header, rows = read_table(path)
    lower = {name.lower(): name for name in header}
    found = {
        name: next((lower[word] for word in words if word in lower), "") for name, words in COLUMNS.items()
    }
    missing = [name for name in REQUIRED if not found[name]]
    if missing:
        raise lacks(path, header, missing, "a grading worksheet (Download grading worksheet)")
    columns = [lower[name] for name in NUMBERS if name in lower]
    if not columns:
        what = "the students' numbers (turn on 'ID number' in the site's settings)"
        raise lacks(path, header, ["ID number"], what)
    identifiers = [row[found["Identifier"]] for row in rows]
    twice = sorted({name for name in identifiers if identifiers.count(name) > 1})
    if twice:
        raise HomeworkError(
            f"{path}: the identifier {twice[0]!r} occurs twice. Download the worksheet again."
        )
    for line, row in enumerate(rows, start=2):
        text = row.get(found["Maximum grade"], "").strip()
        if text and number(text) != maximum:
            raise HomeworkError(
                f"{path}, line {line}: the maximum grade is {text}, expected {maximum:g}. "
                "Correct it in Moodle, or take the worksheet of the right assignment."
            )
    matched = match(path, rows, columns, marks)
    filled = Filled("")
    for index, student in matched.items():
        mark, row = marks[student], rows[index]
        if mark.points is None:
            filled.left[student] = mark.reason
        elif row.get(found["Grade can be changed"], "").strip().lower() in NO:
            filled.left[student] = "Moodle says that the grade can't be changed"
        else:
            if mark.points > maximum:
                filled.capped[student] = mark.points
            row[found["Grade"]] = f"{min(mark.points, maximum):.2f}"
            if comments and student in comments and found["Feedback comments"]:
                row[found["Feedback comments"]] = comments[student]
            filled.written.append(student)
    filled.unknown = sorted(set(marks) - set(matched.values()))
    filled.text = csv_text(header, [[row[name] for name in header] for row in rows])
    return filled
