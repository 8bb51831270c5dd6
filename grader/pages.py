"""Writing what people read: feedback per student, `report.html` and `grades.csv` for the cohort."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from grader.cohort import Cohort
from grader.course_total import load_policy
from grader.export.safe_csv import csv_text
from grader.feedback import statistics
from grader.feedback.cohort_page import report_html
from grader.feedback.markdown import feedback_markdown
from grader.feedback.page import feedback_html
from grader.feedback.view import view_page
from grader.manual import FILE_NAME as MANUAL
from grader.manual import read_manual
from grader.results import RESULT, SubmissionResult
from grader.roster import Person
from grader.totals import ManualMarks
from hwlib.checking.verdict import Language

Manual = Callable[[str], dict[str, ManualMarks]]


def write_page(path: Path, text: str) -> None:
    """Writes a page, all or nothing for readers.

    Unlike results it is not forced to the disk: what a power cut takes, the next run makes again, and waiting
    for the disk twice per student would be most of the time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.write_text(text, encoding="utf-8", newline="")
        os.replace(aside, path)
    except BaseException as error:
        aside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = os.fspath(path)  # a full disk does not say of which file
        raise


def manual_marks(cohort: Cohort, student: str) -> dict[str, ManualMarks]:
    """Track -> what a TA wrote into the student's `manual.yaml`."""
    return read_manual(cohort.folder(student), cohort.assignments)


def all_marks(cohort: Cohort, student: str, gradebook: Path | None) -> dict[str, ManualMarks]:
    """Track -> a TA's marks from `manual.yaml` and, over them, from nbgrader's database."""
    marks = manual_marks(cohort, student)
    if gradebook is None:
        return marks
    from grader.gradebook.marks import read_marks  # nbgrader takes a second to import

    return read_marks(gradebook, cohort.assignments, student, marks)


def write_feedback(
    cohort: Cohort, result: SubmissionResult, language: Language, manual: dict[str, ManualMarks] | None = None
) -> None:
    """Writes `feedback.md` and `feedback.html` of one student."""
    if manual is None:
        manual = manual_marks(cohort, result.student)
    page = view_page(result, cohort.assignments, manual, language, load_policy())
    folder = cohort.folder(result.student)
    write_page(folder / "feedback.md", feedback_markdown(page))
    write_page(folder / "feedback.html", feedback_html(page))


def feedback_is_old(cohort: Cohort, student: str) -> bool:
    """Whether the pages are missing or older than the result or the TA's marks."""
    folder = cohort.folder(student)
    pages = [folder / "feedback.md", folder / "feedback.html"]
    if not all(page.exists() for page in pages):
        return True
    sources = [file for file in (folder / RESULT, folder / MANUAL) if file.exists()]
    newest = max(file.stat().st_mtime_ns for file in sources)
    return min(page.stat().st_mtime_ns for page in pages) < newest


def gather(
    cohort: Cohort, people: dict[str, Person] | None = None, manual: Manual | None = None
) -> statistics.Cohort:
    """Reads every stored result, one at a time; people of the roster without one count as not handed in."""
    numbers = statistics.Cohort(cohort.assignments, load_policy())
    people = people or {}
    for student in sorted({*cohort.students(), *people}):
        result = cohort.stored(student) or SubmissionResult(student=student)
        if student in people and people[student].name:
            result = result.model_copy(update={"display_name": people[student].name})
        section = people[student].section if student in people else ""
        numbers.add(result, manual(student) if manual else manual_marks(cohort, student), section)
    return numbers


def grades_csv(numbers: statistics.Cohort) -> str:
    """The cohort's marks as CSV: one line per student, empty cells for what is not known."""
    columns = ("code", "report_and_bonus", "before_late", "late_penalty_percent", "mark", "state", "fid")
    header = ["student", "name", "section"]
    header += [f"{track}_{column}" for track in numbers.assignments for column in columns]
    header += ["total", "total_before_drops", "dropped", "days_late", "flags"]
    rows = []
    for row in numbers.rows:
        cells: list[object] = [row.student, row.name, row.section]
        for part in row.tracks.values():
            mark = part.mark
            other = None if mark.raw is None or mark.code is None else round(mark.raw - mark.code, 6)
            cells += [
                mark.code,
                other,
                mark.raw,
                round(100 * mark.penalty, 4),
                mark.final,
                mark.state,
                part.fid,
            ]
        total = [row.total, row.before_drops, " ".join(row.dropped)]
        rows.append([*cells, *total, row.days_late, "; ".join(row.flags)])
    return csv_text(header, rows)


def write_cohort_pages(cohort: Cohort, numbers: statistics.Cohort, made: datetime | None = None) -> Path:
    """Writes `grades.csv` and `report.html`; returns the report's path."""
    write_page(cohort.out / "grades.csv", grades_csv(numbers))
    links = {student: f"{student}/feedback.html" for student in cohort.students()}
    first = next(iter(cohort.assignments.values()))
    title = f"{first.course.en}, {first.year}: {', '.join(cohort.assignments)}"
    path = cohort.out / "report.html"
    write_page(path, report_html(numbers, links, title, made))
    return path
