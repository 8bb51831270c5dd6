"""Hostile submissions through the whole grader: from the folder to the points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attack import Attack
from attack_cases import ATTACKS
from test_attacks import submission

from grader import grade
from grader.options import GradeOptions
from grader.results import SubmissionResult
from grader.sandbox.bubblewrap import Bubblewrap
from hwlib.checking.verdict import Outcome

pytestmark = pytest.mark.slow
BY_NAME = {attack.name: attack for attack in ATTACKS}


@pytest.fixture(scope="module", autouse=True)
def the_grader(wall: Bubblewrap) -> Iterator[None]:
    yield
    grade.close()


def graded(tmp_path: Path, attack: Attack) -> SubmissionResult:
    folder = tmp_path / "2026000001"
    (folder / "codes").mkdir(parents=True)
    submission(folder / "codes" / "VAE", attack)
    return grade.grade_submission(folder, GradeOptions(tracks=("VAE",), secret=b"a secret of the course"))


@pytest.mark.parametrize(
    "name", ["atexit", "frames_on_standard_output", "shadows_hwlib", "startup_files", "daemon"]
)
def test_attacks_without_effect_cost_nothing(tmp_path: Path, name: str) -> None:
    track = graded(tmp_path, BY_NAME[name]).tracks["VAE"]
    assert track.outcome == "graded"
    assert track.points == track.max_points
    assert track.wall == "bubblewrap"


@pytest.mark.parametrize(
    "name",
    ["exit_at_import", "sys_exit_at_import", "str_raises", "closes_descriptors", "patches_comparisons",
     "canned_answer", "tensor_subclass", "terabyte", "not_a_number", "answers_for_us", "output_bomb"],
)  # fmt: skip
def test_attacks_cost_points_and_stop_nothing(tmp_path: Path, name: str) -> None:
    attack = BY_NAME[name]
    track = graded(tmp_path, attack).tracks["VAE"]
    assert track.outcome == "graded", [
        check for check in track.checks if check.outcome is Outcome.GRADER_ERROR
    ]
    assert track.points is not None
    assert track.points < track.max_points
    lost = {check.id for check in track.checks if check.outcome is Outcome.WRONG}
    if attack.trainer:
        assert "VAE/loss_values" in lost


def test_a_claim_that_the_grader_failed_gives_no_points(tmp_path: Path) -> None:
    track = graded(tmp_path, BY_NAME["claims_a_grader_error"]).tracks["VAE"]
    assert track.outcome == "ungraded"
    assert track.points is None
