"""What TAs entered in nbgrader: manual scores, extra credit and comments win over automatic points."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from nbgrader.api import Assignment as Row
from nbgrader.api import BaseCell, Comment, Grade, SubmittedAssignment, SubmittedNotebook

from grader.gradebook.database import open_gradebook
from grader.report_cells import BONUS_CELL, question_cell, region_cell
from grader.totals import ManualMarks
from hwlib.assignment import Assignment
from hwlib.checking.verdict import clean_text
from hwlib.errors import HomeworkError

Entry = tuple[float | None, float | None, bool, float | None]
"""Manual score, extra credit, needs a human, automatic score."""


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> dict[tuple[str, str], tuple[dict[str, Entry], dict[str, str]]]:
    """(student, track) -> (cell -> entry, cell -> comment), everything in three queries."""
    book = open_gradebook(path)
    entries: dict[tuple[str, str], tuple[dict[str, Entry], dict[str, str]]] = {}
    try:
        grades = (
            book.db.query(
                SubmittedAssignment.student_id,
                Row.name,
                BaseCell.name,
                Grade.manual_score,
                Grade.extra_credit,
                Grade.needs_manual_grade,
                Grade.auto_score,
            )
            .select_from(Grade)
            .join(BaseCell, BaseCell.id == Grade.cell_id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Row, Row.id == SubmittedAssignment.assignment_id)
        )
        for student, track, cell, manual, extra, needs, auto in grades:
            entries.setdefault((student, track), ({}, {}))[0][cell] = (manual, extra, needs, auto)
        comments = (
            book.db.query(SubmittedAssignment.student_id, Row.name, BaseCell.name, Comment.manual_comment)
            .select_from(Comment)
            .join(BaseCell, BaseCell.id == Comment.cell_id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Row, Row.id == SubmittedAssignment.assignment_id)
            .filter(Comment.manual_comment.isnot(None))
        )
        for student, track, cell, text in comments:
            if text.strip():
                entries.setdefault((student, track), ({}, {}))[1][cell] = clean_text(text)
    finally:
        book.close()
    return entries


def read_marks(
    path: Path, assignments: dict[str, Assignment], student: str, files: dict[str, ManualMarks] | None = None
) -> dict[str, ManualMarks]:
    """Track -> the TAs' marks of one student, those of the gradebook over those of `manual.yaml` (`files`).

    An optional question's bonus is its cell's manual score and extra credit together.

    Raises:
        HomeworkError: no such gradebook.
    """
    if not path.exists():
        raise HomeworkError(f"{path} does not exist. Make it with `grader gradebook --db {path}`.")
    stored = _read(path.resolve(), path.stat().st_mtime_ns)
    marks = dict(files or {})
    for track, assignment in assignments.items():
        if (student, track) not in stored:
            continue
        cells, notes = stored[student, track]
        old = marks.get(track, ManualMarks())
        regions, questions, extra_credit = dict(old.regions), dict(old.questions), old.extra_credit
        comments = list(old.comments)
        for region in assignment.regions:
            manual, extra, _, _ = cells.get(region_cell(region), (None, None, True, None))
            if manual is not None:
                regions[region.id] = manual
            extra_credit += extra or 0.0
        for question in assignment.report.questions:
            manual, extra, needs, auto = cells.get(question_cell(question), (None, None, True, None))
            if question.optional:
                if manual or extra:
                    questions[question.id] = (manual or 0.0) + (extra or 0.0)
                continue
            if manual is not None:
                questions[question.id] = manual
            elif auto is not None and not needs and question.automatic is None:
                questions[question.id] = auto  # nbgrader's 0 for a cell that was left empty
            extra_credit += extra or 0.0
        manual, extra, _, auto = cells.get(BONUS_CELL, (None, None, True, None))
        # The cap is applied where marks are added up; a TA who changed it here gives or takes the difference.
        extra_credit += (extra or 0.0) + (0.0 if manual is None else manual - (auto or 0.0))
        for place, cell in [(r.id, region_cell(r)) for r in assignment.regions] + [
            (q.id, question_cell(q)) for q in assignment.report.questions
        ]:
            if cell in notes and (place, notes[cell]) not in comments:
                comments.append((place, notes[cell]))
        marks[track] = replace(
            old, regions=regions, questions=questions, extra_credit=extra_credit, comments=tuple(comments)
        )
    return marks
