"""The assignment in nbgrader's database: due date, notebook, one cell per report question and TODO region.

The cells come from `report.ipynb` through nbgrader's own preprocessors, so that they are the same ones that
`nbgrader generate_assignment` makes, whichever of the two runs first.
"""

from __future__ import annotations

import logging
from datetime import timezone
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import CheckCellMetadata, ClearSolutions, ComputeChecksums, LockCells, SaveCells

from grader.report_cells import (
    BONUS_CELL,
    has_bonus_cell,
    question_cell,
    question_max,
    region_cell,
    scored_regions,
)
from grader.report_notebook import NOTEBOOK, notebook_text
from hwlib.assignment import Assignment
from hwlib.errors import HomeworkError


def expected_cells(assignment: Assignment) -> dict[str, float]:
    """Name -> maximum of every cell that bears points."""
    cells = {question_cell(question): question_max(question) for question in assignment.report.questions}
    cells |= {BONUS_CELL: 0.0} if has_bonus_cell(assignment) else {}
    return cells | {region_cell(region): region.points for region in scored_regions(assignment)}


def stored_cells(book: Gradebook, track: str) -> dict[str, float]:
    """Name -> maximum of the cells in the database; empty without the notebook."""
    try:
        notebook = book.find_notebook(NOTEBOOK, track)
    except MissingEntry:
        return {}
    return {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}


def set_up_assignment(book: Gradebook, assignment: Assignment) -> None:
    """Makes the assignment, or brings due date and maxima up to date.

    Raises:
        HomeworkError: regions or questions were added or removed while submissions are in the database.
    """
    track = assignment.track
    due = assignment.deadline.astimezone(timezone.utc).replace(tzinfo=None)
    try:
        stored = book.find_assignment(track)
        if stored.duedate != due:
            stored.duedate = due
            book.db.commit()
    except MissingEntry:
        stored = book.add_assignment(track, duedate=due)
    before, after = stored_cells(book, track), expected_cells(assignment)
    if before == after:
        return
    if stored.submissions and before and set(before) != set(after):
        changed = sorted(set(before) ^ set(after))
        raise HomeworkError(
            f"{track}: the cells {', '.join(changed)} differ between assignment.yaml and the gradebook, "
            "which holds submissions. Undo the change of regions or questions, or start a new gradebook "
            "with --db new.db."
        )
    _save_cells(str(book.engine.url), track, notebook_text(assignment))
    book.db.expire_all()


def _save_cells(url: str, track: str, text: str) -> None:
    resources: dict[str, Any] = {
        "nbgrader": {"notebook": NOTEBOOK, "assignment": track, "student": ".", "db_url": url}
    }
    notebook = nbformat.reads(text, as_version=nbformat.current_nbformat)
    for preprocessor in (LockCells, ClearSolutions, CheckCellMetadata, ComputeChecksums, SaveCells):
        step = preprocessor()
        step.log.setLevel(logging.ERROR)
        notebook, resources = step.preprocess(notebook, resources)
