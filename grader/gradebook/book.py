"""Writing results into nbgrader's gradebook: what changed and nothing else, a TA's entries never."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from nbgrader.api import Assignment as Row
from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.exc import DatabaseError

from grader.feedback.texts import Texts
from grader.feedback.view import check_kind, titles_of, view_check
from grader.gradebook.neutral import neutral
from grader.gradebook.structure import set_up_assignment
from grader.report_notebook import NOTEBOOK, question_cell, region_cell, scored_regions
from grader.results import SubmissionResult, TrackResult
from grader.roster import Person
from grader.totals import mark_track
from hwlib.assignment import Assignment
from hwlib.errors import HomeworkError


@dataclass
class Summary:
    """What a run of `grader gradebook` did.

    Attributes:
        written: (student, track) pairs that have a submission in the book.
        ungraded: pairs with a grader error: flagged for a human, without points.
        missing: pairs without a hand-in: no submission in the book.
        unknown: students with results who are not in the roster; written all the same.
        absent: students of the roster without any result.
        over_cap: pairs in which more optional questions have points than count.
    """

    written: list[tuple[str, str]] = field(default_factory=list)
    ungraded: list[tuple[str, str]] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    over_cap: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Scored:
    """What the grader says about one cell."""

    points: float | None
    needs_human: bool
    comment: str


def utc(time: datetime) -> datetime:
    """`time` the way nbgrader stores it: UTC without a zone."""
    return time.astimezone(timezone.utc).replace(tzinfo=None)


def open_gradebook(path: Path) -> Gradebook:
    """nbgrader's database at `path`, made if it is not there.

    Raises:
        HomeworkError: the file is not an SQLite database, or not one of nbgrader's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _own_programs():
            if not path.exists():
                # Made aside and renamed: an interrupted beginning leaves no half-made database.
                aside = path.with_name(f".{path.name}.new")
                aside.unlink(missing_ok=True)
                Gradebook(f"sqlite:///{aside.resolve()}").close()
                os.replace(aside, path)
            return Gradebook(f"sqlite:///{path.resolve()}")
    except DatabaseError as error:
        raise HomeworkError(
            f"{path} is not a gradebook of nbgrader ({error.orig}). Name another file with --db, or, "
            "if nbgrader was updated, run `nbgrader update` and `nbgrader db upgrade` first."
        ) from None


@contextmanager
def _own_programs() -> Iterator[None]:
    """Puts this Python's programs on the path: nbgrader starts `alembic` by name, also without activation."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


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
        comments = {note.cell_id: note for note in self.db.query(Comment).filter_by(notebook_id=notebook.id)}
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
                _set_score(grade, scores[name])
        for name, cell_id in self._comment_cells[assignment.track].items():
            comment = comments.get(cell_id)
            if comment is None:
                comment = Comment(cell_id=cell_id, notebook_id=notebook.id)
                self.db.add(comment)
            text = neutral(scores[name].comment) if name in scores else ""
            if text and comment.auto_comment != text:
                comment.auto_comment = text
        self._penalty(result.student, part, assignment, notebook, by_name)
        pair = (result.student, assignment.track)
        self.summary.written.append(pair)
        if part.outcome == "ungraded":
            self.summary.ungraded.append(pair)

    def _penalty(
        self,
        student: str,
        part: TrackResult,
        assignment: Assignment,
        notebook: SubmittedNotebook,
        grades: dict[str, Grade],
    ) -> None:
        """The late penalty in points, from what the book holds now, manual marks included."""
        optional = [grades[question_cell(question)] for question in assignment.report.optional]
        if sum(1 for grade in optional if _score(grade)) > assignment.report.optional_cap:
            self.summary.over_cap.append((student, assignment.track))
        late = part.late
        share = 0.0 if late is None else 1.0 if late.refused else late.penalty
        points = round(share * sum(_score(grade) for grade in grades.values()), 6) or None
        if notebook.late_submission_penalty != points:
            notebook.late_submission_penalty = points


def _score(grade: Grade) -> float:
    """The score as nbgrader adds it up: a manual one wins, zero is a score, extra credit comes on top."""
    base = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return float(0.0 if base is None else base + (grade.extra_credit or 0.0))


def _set_score(grade: Grade, score: Scored) -> None:
    changed = grade.auto_score != score.points
    if changed:
        grade.auto_score = score.points
    if grade.manual_score is not None:
        # The TA's mark stands; after a change in what it replaced, a human should look again.
        if changed and not grade.needs_manual_grade:
            grade.needs_manual_grade = True
    elif grade.needs_manual_grade != score.needs_human:
        grade.needs_manual_grade = score.needs_human


def score_cells(part: TrackResult, assignment: Assignment, report: str | None = None) -> dict[str, Scored]:
    """Cell -> what the grader writes there. Questions that only a human marks get at most a note."""
    mark = mark_track(assignment, part)
    texts = Texts("en")
    titles = titles_of(assignment, "en")
    not_run = set(mark.not_run)
    groups = part.by_region()
    scores = {}
    for region in scored_regions(assignment):
        points, _ = mark.regions[region.id]
        checks = groups.get(region.id, [])
        left_out = [titles[check.id] for check in region.checks if check.id in not_run]
        passed = sum(check_kind(check) == "passed" for check in checks)
        lines = [f"{passed} of {len(region.checks)} checks passed."]
        for check in checks:
            kind = check_kind(check)
            if kind == "grader_error":
                lines.append(texts("grader_error_text"))
            elif kind != "passed":
                view = view_check(check, titles, texts)
                reason = view.mistake or view.hint or view.look
                lines.append(f"{view.title}: {texts(kind)}" + (f" ({reason})" if reason else ""))
        lines += [f"{title}: not run" for title in left_out]
        if points is None and part.trouble:
            lines = [texts("grader_error_text")]
        scores[region_cell(region)] = Scored(points, points is None or bool(left_out), "\n".join(lines))
    for question in assignment.report.questions:
        value, _ = mark.questions[question.id]
        note = f"The report was handed in as a document: {report}" if report else ""
        if question.automatic is not None and value is not None and part.fid is not None:
            verdict = "at or below" if part.fid.passed else "above"
            value_text = f"FID {part.fid.fid:.2f} ({part.fid.network})"
            text = f"{value_text}, {verdict} the threshold {part.fid.threshold:g}."
            scores[question_cell(question)] = Scored(value, False, " ".join([text, note]).strip())
        elif note:
            scores[question_cell(question)] = Scored(None, True, note)
    return scores
