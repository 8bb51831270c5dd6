"""Writing into nbgrader's database and reading TAs' marks back: nothing of a TA is ever overwritten."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from results_tools import ASSIGNMENTS, all_passed
from sqlalchemy import event

from grader.gradebook.book import Book
from grader.gradebook.database import open_gradebook
from grader.gradebook.marks import read_marks
from grader.gradebook.structure import expected_cells, set_up_assignment
from grader.late import late_for
from grader.report_notebook import NOTEBOOK
from grader.results import FIDScore, SubmissionResult, TrackResult
from grader.roster import Person
from grader.totals import ManualMarks, mark_track
from hwlib.errors import HomeworkError

pytestmark = pytest.mark.slow  # nbgrader itself takes seconds to make a database

VAE = ASSIGNMENTS["VAE"]


def write(path: Path, *results: SubmissionResult, people: dict[str, Person] | None = None) -> Book:
    book = Book(path)
    book.set_up(ASSIGNMENTS)
    book.add_people(people or {}, {result.student for result in results})
    for result in results:
        book.write(result)
    book.commit()
    return book


def grade(book: Gradebook, cell: str, student: str = "1", track: str = "VAE"):  # type: ignore[no-untyped-def]
    return book.find_grade(cell, NOTEBOOK, track, student)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook with the assignments and nobody in it, made once."""
    path = tmp_path_factory.mktemp("book") / "gradebook.db"
    write(path).close()
    return path


@pytest.fixture
def db(empty: Path, tmp_path: Path) -> Path:
    path = tmp_path / "gradebook.db"
    path.write_bytes(empty.read_bytes())
    return path


def test_assignment_has_a_cell_per_region_and_question(db: Path) -> None:
    with Gradebook(f"sqlite:///{db}") as book:
        assignment = book.find_assignment("VAE")
        assert assignment.duedate.isoformat() == "2026-12-20T15:59:00"
        assert assignment.max_score == VAE.total_points
        notebook = book.find_notebook(NOTEBOOK, "VAE")
        cells = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
        assert cells == expected_cells(VAE)
        assert {cell.name for cell in notebook.task_cells} >= {"code-loss", "code-networks"}
        assert "question-curves" in {cell.name for cell in notebook.solution_cells}


def test_scores_flags_and_comments(db: Path) -> None:
    write(db, all_passed("1", wrong="VAE/loss_values")).close()
    with Gradebook(f"sqlite:///{db}") as book:
        loss = grade(book, "code-loss")
        assert (loss.auto_score, loss.max_score, loss.needs_manual_grade) == (9, 14, False)
        question = grade(book, "question-curves")
        assert (question.auto_score, question.needs_manual_grade) == (None, True)
        comment = book.find_comment("code-loss", NOTEBOOK, "VAE", "1")
        assert comment.comment.startswith("2 of 3 checks passed.")
        submission = book.find_submission("VAE", "1")
        assert submission.score == 55


def test_zero_points_are_zero_points(db: Path) -> None:
    write(db, all_passed("1", wrong="VAE/scale")).close()
    with Gradebook(f"sqlite:///{db}") as book:
        scale = grade(book, "code-scale")
        assert (scale.auto_score, scale.score, scale.needs_manual_grade) == (0, 0, False)
        assert book.find_submission("VAE", "1").score == 57


def test_grader_errors_and_missing_submissions_are_not_zeros(db: Path) -> None:
    missing = all_passed("2", ("GAN",)).model_copy(
        update={"tracks": {**all_passed("2", ("GAN",)).tracks, "VAE": TrackResult(track="VAE", missing=True)}}
    )
    book = write(
        db, all_passed("1", error="VAE/loss_values"), missing, SubmissionResult(student="3", refused="rar")
    )
    assert book.summary.ungraded == [("1", "VAE")]
    assert ("2", "VAE") in book.summary.missing
    assert ("3", "VAE") in book.summary.missing
    book.close()
    with Gradebook(f"sqlite:///{db}") as check:
        loss = grade(check, "code-loss")
        assert (loss.auto_score, loss.needs_manual_grade) == (None, True)
        assert "not your mistake" in check.find_comment("code-loss", NOTEBOOK, "VAE", "1").comment
        assert [s.student_id for s in check.find_assignment("VAE").submissions] == ["1"]
        assert {s.student_id for s in check.find_assignment("GAN").submissions} == {"1", "2"}


def test_roster_people_and_numbers_that_do_not_match(db: Path) -> None:
    people = {
        "1": Person("1", "Ada Lovelace", "ada@x.org"),
        "9": Person("9", "", "b@x.org", "", "Bob", "Stone"),
    }
    book = write(db, all_passed("1"), all_passed("7"), people=people)
    assert (book.summary.unknown, book.summary.absent) == (["7"], ["9"])
    book.close()
    with Gradebook(f"sqlite:///{db}") as check:
        one, nine = check.find_student("1"), check.find_student("9")
        assert (one.first_name, one.last_name, one.email) == ("Ada", "Lovelace", "ada@x.org")
        assert (nine.first_name, nine.last_name) == ("Bob", "Stone")
        assert check.find_student("7").submissions


def test_what_a_ta_entered_stays(db: Path) -> None:
    write(db, all_passed("1")).close()
    with Gradebook(f"sqlite:///{db}") as book:
        loss, curves = grade(book, "code-loss"), grade(book, "question-curves")
        loss.manual_score, loss.extra_credit, loss.needs_manual_grade = 0.0, 2.0, False
        curves.manual_score, curves.needs_manual_grade = 7.0, False
        note = book.find_comment("question-curves", NOTEBOOK, "VAE", "1")
        note.manual_comment = "Good curves."
        other = book.find_comment("code-loss", NOTEBOOK, "VAE", "1")
        other.manual_comment = "Seen."
        book.db.commit()
    write(db, all_passed("1", wrong="VAE/loss_values")).close()
    with Gradebook(f"sqlite:///{db}") as book:
        loss, curves = grade(book, "code-loss"), grade(book, "question-curves")
        assert (loss.manual_score, loss.extra_credit, loss.auto_score) == (0, 2, 9)
        assert loss.needs_manual_grade  # what it replaced has changed: a human should look again
        assert (curves.manual_score, curves.needs_manual_grade) == (7, False)
        assert book.find_comment("question-curves", NOTEBOOK, "VAE", "1").comment == "Good curves."
        assert book.find_comment("code-loss", NOTEBOOK, "VAE", "1").comment == "Seen."


def test_second_run_writes_nothing(db: Path) -> None:
    results = [all_passed("1", wrong="VAE/loss_values"), all_passed("2")]
    write(db, *results).close()
    statements: list[str] = []
    book = Book(db)
    event.listen(
        book.book.engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, *rest: statements.append(statement.split()[0].upper()),
    )
    book.set_up(ASSIGNMENTS)
    for result in results:
        book.write(result)
    book.close()
    assert statements
    assert not {"INSERT", "UPDATE", "DELETE"} & set(statements)


def test_late_penalty_counts_manual_marks(db: Path) -> None:
    late = late_for(VAE, "1", VAE.deadline + timedelta(days=1, hours=1))
    assert late is not None
    base = all_passed("1", ("VAE",))
    part = base.tracks["VAE"].model_copy(update={"late": late})
    result = base.model_copy(update={"tracks": {"VAE": part}, "submitted_at": late.submitted})
    write(db, result).close()
    with Gradebook(f"sqlite:///{db}") as book:
        submission = book.find_submission("VAE", "1")
        assert submission.total_seconds_late == 25 * 3600
        assert submission.late_submission_penalty == pytest.approx(60 * late.penalty)
        grade(book, "question-curves").manual_score = 8.0
        book.db.commit()
    write(db, result).close()
    with Gradebook(f"sqlite:///{db}") as book:
        assert book.find_submission("VAE", "1").late_submission_penalty == pytest.approx(68 * late.penalty)


def test_fid_question_is_filled_in(db: Path) -> None:
    base = all_passed("1", ("VAE",))
    part = base.tracks["VAE"].model_copy(update={"fid": FIDScore(fid=35.5, threshold=40, network="lenet")})
    write(db, base.model_copy(update={"tracks": {"VAE": part}})).close()
    with Gradebook(f"sqlite:///{db}") as book:
        fid = grade(book, "question-fid")
        assert (fid.auto_score, fid.needs_manual_grade) == (VAE.question("fid").points, False)
        assert (
            "FID 35.50 (lenet), at or below"
            in book.find_comment("question-fid", NOTEBOOK, "VAE", "1").comment
        )


def test_marks_read_back_win_and_bonus_is_capped(db: Path) -> None:
    write(db, all_passed("1")).close()
    with Gradebook(f"sqlite:///{db}") as book:
        grade(book, "code-loss").manual_score = 10.0
        grade(book, "question-curves").manual_score = 0.0
        grade(book, "code-scale").extra_credit = 1.5
        for question in VAE.report.optional:
            grade(book, f"question-{question.id}").extra_credit = 4.0
        empty_answer = grade(book, "question-images")
        empty_answer.auto_score, empty_answer.needs_manual_grade = 0.0, False
        book.find_comment("question-curves", NOTEBOOK, "VAE", "1").manual_comment = "No \x1b[31mlegend"
        book.db.commit()
    marks = read_marks(db, ASSIGNMENTS, "1", {"VAE": ManualMarks(regions={"loss": 3, "step": 1})})["VAE"]
    assert marks.regions == {"loss": 10, "step": 1}
    assert (marks.questions["curves"], marks.questions["images"]) == (0, 0)
    assert marks.extra_credit == 1.5
    assert marks.comments == (("curves", "No \\x1b[31mlegend"),)
    mark = mark_track(VAE, all_passed("1").tracks["VAE"], marks)
    assert mark.bonus == 1.5 + 2 * 4
    assert read_marks(db, ASSIGNMENTS, "2") == {}
    with pytest.raises(HomeworkError, match="grader gradebook --db"):
        read_marks(db.with_name("no.db"), ASSIGNMENTS, "1")


def test_the_bonus_cap_is_an_entry_of_the_book(db: Path) -> None:
    write(db, all_passed("1")).close()
    bonus = [f"question-{question.id}" for question in VAE.report.optional]
    with Gradebook(f"sqlite:///{db}") as book:
        assert (grade(book, "bonus-cap").auto_score, grade(book, "bonus-cap").needs_manual_grade) == (
            0,
            False,
        )
        for question in VAE.report.required:
            grade(book, f"question-{question.id}").manual_score = question.points
        for cell, points in zip(bonus, (5.0, 2.0, 4.0), strict=True):
            grade(book, cell).extra_credit = points
        book.db.commit()
    written = write(db, all_passed("1"))
    assert written.summary.over_cap == [("1", "VAE")]
    written.close()

    def standing() -> tuple[float, float, str | None]:
        with Gradebook(f"sqlite:///{db}") as book:
            note = book.find_comment("bonus-cap", NOTEBOOK, "VAE", "1").comment
            return book.find_submission("VAE", "1").score, grade(book, "bonus-cap").score, note

    def exported() -> float | None:
        return mark_track(VAE, all_passed("1").tracks["VAE"], read_marks(db, ASSIGNMENTS, "1")["VAE"]).raw

    assert standing() == (100 + 9, -2, "3 optional questions have points, the best 2 count.")
    assert exported() == 109
    with Gradebook(f"sqlite:///{db}") as check:
        assert [grade(check, cell).extra_credit for cell in bonus] == [5, 2, 4]
        grade(check, bonus[1]).extra_credit = None  # the TA takes one back
        check.db.commit()
    write(db, all_passed("1")).close()
    assert standing() == (109, 0, "")
    with Gradebook(f"sqlite:///{db}") as check:
        grade(check, bonus[1]).extra_credit = 3.0
        grade(check, "bonus-cap").manual_score = 0.0  # the TA lets all three count
        check.db.commit()
    write(db, all_passed("1")).close()
    assert standing()[:2] == (112, 0)
    assert exported() == 112


def test_changed_regions_are_refused_while_submissions_exist(db: Path) -> None:
    write(db, all_passed("1")).close()
    fewer = VAE.model_copy(update={"regions": VAE.regions[1:]})
    book = open_gradebook(db)
    with pytest.raises(HomeworkError, match="the cells code-networks differ"):
        set_up_assignment(book, fewer)
    moved = VAE.model_copy(update={"deadline": VAE.deadline + timedelta(days=1)})
    set_up_assignment(book, moved)
    assert book.find_assignment("VAE").duedate.isoformat() == "2026-12-21T15:59:00"
    book.close()


def test_a_file_that_is_no_gradebook(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("these are notes, not a database")
    with pytest.raises(HomeworkError, match="not a gradebook of nbgrader"):
        open_gradebook(tmp_path / "x.db")


def test_half_made_databases_do_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("nbgrader.api.get_alembic_version", stop)
    with pytest.raises(KeyboardInterrupt):
        open_gradebook(tmp_path / "gradebook.db")
    assert not (tmp_path / "gradebook.db").exists()
