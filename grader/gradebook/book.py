"""Writing results into nbgrader's gradebook: what changed and nothing else, a TA's entries never."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Assignment as Row
from nbgrader.api import (
    Comment,
    Grade,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)

from grader.gradebook.database import open_gradebook, utc
from grader.gradebook.neutral import neutral
from grader.gradebook.scores import Scored, cap_bonus, score_cells, score_of, set_score
from grader.gradebook.structure import set_up_assignment
from grader.report_cells import BONUS_CELL, question_cell
from grader.report_notebook import NOTEBOOK
from grader.results import SubmissionResult, TrackResult
from grader.roster import Person
from hwlib.assignment import Assignment


@dataclass
class Summary:
    """What a run of `grader gradebook` did.

    Attributes:
        written: (student, track) pairs that have a submission in the book.
        ungraded: pairs with a grader error: flagged for a human, without points.
        missing: pairs without a hand-in: no submission in the book.
        unknown: students with results who are not in the roster; written all the same.
        absent: students of the roster without any result.
        over_cap: pairs in which more optional questions have points than count; the rest is taken off.
    """

    written: list[tuple[str, str]] = field(default_factory=list)
    ungraded: list[tuple[str, str]] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    over_cap: list[tuple[str, str]] = field(default_factory=list)


class Book:
    """The gradebook, open for writing. Commit, then close."""

    def __init__(self, path: Path) -> None:
        self.book = open_gradebook(path)
        self.db = self.book.db
        self.summary = Summary()
        self._assignments: dict[str, Assignment] = {}
        self._rows: dict[str, Row] = {}
        self._notebooks: dict[str, Notebook] = {}
        self._grade_cells: dict[str, dict[str, str]] = {}
        self._comment_cells: dict[str, dict[str, str]] = {}

    def set_up(self, assignments: dict[str, Assignment]) -> None:
        """Makes the assignments and their cells, or brings them up to date."""
        for track, assignment in assignments.items():
            set_up_assignment(self.book, assignment)
            self._assignments[track] = assignment
            self._rows[track] = self.book.find_assignment(track)
            notebook = self.book.find_notebook(NOTEBOOK, track)
            self._notebooks[track] = notebook
            # A question is two cells of the same name, the grade's and the comment's; a task cell is both.
            tasks = {cell.name: cell.id for cell in notebook.task_cells}
            self._grade_cells[track] = {cell.name: cell.id for cell in notebook.grade_cells} | tasks
            self._comment_cells[track] = {cell.name: cell.id for cell in notebook.solution_cells} | tasks

    def add_people(self, people: dict[str, Person], results: set[str]) -> None:
        """Adds the roster and notes who is unknown or absent."""
        for person in people.values():
            self._student(person.student, person)
        if people:
            self.summary.unknown = sorted(results - set(people))
            self.summary.absent = sorted(set(people) - results)

    def write(self, result: SubmissionResult, reports: dict[str, str] | None = None) -> None:
        """Writes one result; call `commit` when a batch is in.

        Args:
            reports: track -> address of a report that is not a notebook, for the TA.
        """
        for track, assignment in self._assignments.items():
            part = result.tracks.get(track)
            if part is None or part.missing:
                self.summary.missing.append((result.student, track))
                continue
            name = result.display_name
            self._student(result.student, Person(result.student, name) if name else None)
            self._write_track(result, part, assignment, (reports or {}).get(track))

    def commit(self) -> None:
        self.db.commit()

    def close(self) -> None:
        self.db.commit()
        self.book.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self.db.commit()
        self.book.close()

    def _student(self, number: str, person: Person | None) -> Student:
        student = self.db.get(Student, number)
        if student is None:
            student = Student(id=number)
            self.db.add(student)
            self.db.flush()
        if person is not None:
            first, last = person.first_name, person.last_name
            if not (first or last) and person.name:
                first, _, last = person.name.rpartition(" ")
            for attribute, value in (("first_name", first), ("last_name", last), ("email", person.email)):
                if value and getattr(student, attribute) != value:
                    setattr(student, attribute, value)
        return student

    def _submission(
        self, result: SubmissionResult, part: TrackResult, assignment: Assignment
    ) -> SubmittedNotebook:
        row = self._rows[assignment.track]
        found = (
            self.db.query(SubmittedAssignment)
            .filter_by(assignment_id=row.id, student_id=result.student)
            .one_or_none()
        )
        if found is None:
            found = SubmittedAssignment(assignment_id=row.id, student_id=result.student)
            self.db.add(found)
            self.db.flush()
        if result.submitted_at is not None and found.timestamp != utc(result.submitted_at):
            found.timestamp = utc(result.submitted_at)
        if part.late is not None:
            extension = utc(part.late.due) - utc(assignment.deadline)
            if (found.extension or extension * 0) != extension:
                found.extension = extension
        notebook_id = self._notebooks[assignment.track].id
        notebook = (
            self.db.query(SubmittedNotebook)
            .filter_by(assignment_id=found.id, notebook_id=notebook_id)
            .one_or_none()
        )
        if notebook is None:
            notebook = SubmittedNotebook(assignment_id=found.id, notebook_id=notebook_id)
            self.db.add(notebook)
            self.db.flush()
        return notebook

    def _write_track(
        self, result: SubmissionResult, part: TrackResult, assignment: Assignment, report: str | None
    ) -> None:
        notebook = self._submission(result, part, assignment)
        scores = score_cells(part, assignment, report)
        grades = {grade.cell_id: grade for grade in self.db.query(Grade).filter_by(notebook_id=notebook.id)}
        optional = {question_cell(question) for question in assignment.report.optional}
        by_name: dict[str, Grade] = {}
        for name, cell_id in self._grade_cells[assignment.track].items():
            grade = grades.get(cell_id)
            if grade is None:
                needs = name not in optional
                grade = Grade(cell_id=cell_id, notebook_id=notebook.id, needs_manual_grade=needs)
                self.db.add(grade)
            if name in optional and grade.auto_score is None:
                grade.auto_score = 0.0  # nbgrader ignores extra credit on a cell without any score
            by_name[name] = grade
            if name in scores:
                set_score(grade, scores[name])
        if BONUS_CELL in by_name:
            stands = {name: score_of(grade) for name, grade in by_name.items()}
            scores[BONUS_CELL] = cap_bonus(assignment, stands)
            set_score(by_name[BONUS_CELL], scores[BONUS_CELL])
            if scores[BONUS_CELL].points:
                self.summary.over_cap.append((result.student, assignment.track))
        self._comment(notebook, assignment.track, scores)
        late = part.late
        share = 0.0 if late is None else 1.0 if late.refused else late.penalty
        # From what the book holds now, manual marks included.
        points = round(share * sum(score_of(grade) for grade in by_name.values()), 6) or None
        if notebook.late_submission_penalty != points:
            notebook.late_submission_penalty = points
        pair = (result.student, assignment.track)
        self.summary.written.append(pair)
        if part.outcome == "ungraded":
            self.summary.ungraded.append(pair)

    def _comment(self, notebook: SubmittedNotebook, track: str, scores: dict[str, Scored]) -> None:
        comments = {note.cell_id: note for note in self.db.query(Comment).filter_by(notebook_id=notebook.id)}
        for name, cell_id in self._comment_cells[track].items():
            comment = comments.get(cell_id)
            if comment is None:
                comment = Comment(cell_id=cell_id, notebook_id=notebook.id)
                self.db.add(comment)
            text = neutral(scores[name].comment) if name in scores else ""
            if (text or name == BONUS_CELL) and comment.auto_comment != text:
                comment.auto_comment = text
