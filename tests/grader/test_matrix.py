"""The proof that the grader is right, on a part of the matrix always and on all of it among the slow
tests.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import grade, matrix
from grader.checks.reference import HANDOUTS, SOLUTIONS
from grader.grade import grade_submission, grade_track, wall_for
from grader.matrix import Line, run_matrix, run_tasks, tasks_of
from grader.options import GradeOptions
from grader.variants import load_variants, write_variant
from hwlib.assignment import all_assignments, load_assignment
from hwlib.checking.mistakes import Mistake
from hwlib.checking.verdict import Outcome

TRACKS = tuple(all_assignments(HANDOUTS))
FAST = {
    "reference",
    "blank starter",
    "losses_summed_over_batch",
    "two_heads",
    "zero_grad_missing_in_d",
    "labels_filled",
}


@pytest.fixture(scope="module", autouse=True)
def _walls() -> Iterator[None]:
    yield
    grade.close()


def faults(lines: list[Line]) -> list[str]:
    return [f"{line.track} {line.kind} {line.id}: {fault}" for line in lines for fault in line.faults]


@pytest.mark.slow
def test_a_part_of_the_matrix_is_as_it_should_be() -> None:
    lines = run_tasks([task for task in tasks_of() if task.id in FAST])
    assert faults(lines) == []
    marks = {(line.track, line.id): (line.points, line.most) for line in lines}
    for track in TRACKS:
        points, most = marks[track, "reference"]
        assert points == most > 0
        assert marks[track, "blank starter"] == (0, most)


@pytest.mark.slow
def test_the_whole_matrix_is_as_it_should_be() -> None:
    assert faults(run_tasks([task for task in tasks_of() if task.id not in FAST])) == []


def test_there_are_enough_variants_and_each_check_has_wrong_work_to_catch() -> None:
    mutants = {track: load_variants("mutants", track) for track in TRACKS}
    assert sum(len(found) for found in mutants.values()) >= 60
    assert sum(len(load_variants("equivalents", track)) for track in TRACKS) >= 25
    for track, found in mutants.items():
        assignment = load_assignment(HANDOUTS / track)
        caught = {name for variant in found for name in variant.fails if name not in variant.not_reached}
        assert set(assignment.checks) == caught
        assert all(variant.mistake and variant.region for variant in found)


def test_each_mistake_that_has_a_name_is_named_for_some_mutant() -> None:
    shared = {"hwlib.checking.noise", "hwlib.checking.initial", "hwlib.checking.quick_run"}
    shared |= {"grader.checks.equivalence"}
    named = {track: {variant.mistake for variant in load_variants("mutants", track)} for track in TRACKS}
    for module in {*shared, *(f"grader.checks.{track}_mistakes" for track in TRACKS)}:
        mine = [named[track] for track in TRACKS if track in module] or list(named.values())
        known = {value.id for value in vars(importlib.import_module(module)).values() if is_mistake(value)}
        assert known - set().union(*mine) == set(), module


def is_mistake(value: object) -> bool:
    return isinstance(value, Mistake)


LOG_VARIANCE = (
    ("VAE.py", "mu + log_std.exp() * eps", "mu + (0.5 * log_std).exp() * eps"),
    (
        "trainer.py",
        "(mu**2 + (2 * log_std).exp() - 2 * log_std - 1)",
        "(mu**2 + log_std.exp() - log_std - 1)",
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "changes", "right"), [("2025", 2, True), ("2025", 1, False), (None, 2, False)]
)
def test_log_variance_is_right_where_the_year_allows_it_and_model_and_loss_agree(
    tmp_path: Path, variant: str | None, changes: int, right: bool
) -> None:
    folder = tmp_path / "VAE"
    write_variant(None, "VAE", folder)
    for file, old, new in LOG_VARIANCE[:changes]:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    options = GradeOptions(secret=matrix.SECRET, variant=variant)
    result = grade_track("VAE", folder, "1", options, wall_for(options))
    wrong = {check.id for check in result.checks if check.outcome is not Outcome.PASSED}
    assert (wrong == set()) == right, wrong


def test_a_line_that_is_not_as_it_should_be_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = next(task for task in tasks_of(("VAE",), ("mutant",)) if task.id == "not_scaled")
    assert mutant.variant is not None
    wrong = mutant.variant.model_copy(update={"fails": ("loss_values",), "mistake": "no_such_mistake"})
    (line,) = run_tasks([matrix.Task("VAE", "mutant", "not_scaled", wrong)])
    text = " / ".join(line.faults)
    assert "scale: wrong" in text
    assert "loss_values: passed" in text
    assert "expected no_such_mistake" in text
    (line,) = run_tasks(
        [matrix.Task("VAE", "mutant", "x", mutant.variant.model_copy(update={"fails": ("none",)}))]
    )
    assert "none: not among the checks" in line.faults


def test_the_matrix_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(matrix, "tasks_of", lambda tracks: [matrix.Task("VAE", "reference", "reference")])
    assert run_matrix(("VAE",)) == 0
    assert "0 not as they should be" in capsys.readouterr().out


def test_the_same_submission_graded_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "2026000001" / "codes"
    folder.mkdir(parents=True)
    shutil.copytree(SOLUTIONS / "VAE", folder / "VAE", ignore=shutil.ignore_patterns("__pycache__"))
    options = GradeOptions(tracks=("VAE",), secret=b"secret of the course")
    first, second = (grade_submission(folder.parent, options) for _ in range(2))
    assert first.marks_bytes() == second.marks_bytes()
    assert first.tracks["VAE"].points == first.tracks["VAE"].max_points
