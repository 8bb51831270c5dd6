"""The schema of results: what it refuses, what it cleans, what is reproducible."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError
from results_tools import ASSIGNMENTS, all_passed

from grader.options import course_secret
from grader.results import Picture, SubmissionResult, TrackResult, read_result, write_result
from grader.sample import sample_result
from hwlib.checking.verdict import CheckResult, LayerTable, Outcome, TableCell, TableRow, clean_text
from hwlib.errors import HomeworkError


def check(**values: object) -> CheckResult:
    base = {
        "id": "VAE/x",
        "title": "x",
        "track": "VAE",
        "region": "loss",
        "points": 0.0,
        "max_points": 2.0,
        "visibility": "public",
        "outcome": "wrong",
    }
    return CheckResult.model_validate({**base, **values})


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("\x00", "\\x00"),
        ("line\nand\ttab", "line\nand\ttab"),
        ("a\r\nb", "a\nb"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
        ("\U000f0000", "\\U000f0000"),
        ("汉字 é σ", "汉字 é σ"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_text_loses_what_acts_on_terminals(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean
    assert check(found=raw).found == clean


def test_long_text_keeps_head_and_tail() -> None:
    text = clean_text("a" * 50_000 + "end")
    assert text.startswith("aaa")
    assert text.endswith("end")
    assert len(text) < 4_100
    assert "46003 characters left out" in text


def test_points_and_outcome_agree() -> None:
    assert check(outcome="grader_error", points=None).points is None
    with pytest.raises(ValidationError, match="None exactly for grader errors"):
        check(outcome="grader_error", points=0.0)
    with pytest.raises(ValidationError, match="None exactly for grader errors"):
        check(points=None)
    with pytest.raises(ValidationError, match="3.0 points of 2.0"):
        check(points=3.0)
    with pytest.raises(ValidationError, match="passed with 1.0 of 2.0"):
        check(outcome="passed", points=1.0)
    with pytest.raises(ValidationError):
        check(points=float("nan"))


def test_layer_table_needs_a_cell_per_column() -> None:
    with pytest.raises(ValidationError, match="1 cells, expected 2"):
        LayerTable(columns=("a", "b"), rows=(TableRow(layer="Enc-1", cells=(TableCell(found="x"),)),))


def test_picture_must_be_png() -> None:
    with pytest.raises(ValidationError, match="PNG signature"):
        Picture(title="x", png=b"<svg onload=alert(1)>")


def test_outcomes_of_a_track_never_mix() -> None:
    graded = all_passed("1").tracks["VAE"]
    assert (graded.outcome, graded.points) == ("graded", 60)
    broken = all_passed("1", error="VAE/loss_values").tracks["VAE"]
    assert (broken.outcome, broken.points) == ("ungraded", None)
    assert TrackResult(track="VAE", missing=True).points is None
    assert TrackResult(track="VAE", trouble="no memory").outcome == "ungraded"
    assert SubmissionResult(student="1", refused="rar").outcome == "refused"
    assert all_passed("1", error="VAE/loss_values").outcome == "ungraded"


def test_result_survives_the_disk(tmp_path: Path) -> None:
    result = sample_result(ASSIGNMENTS, 7, with_run=True)
    write_result(tmp_path / "result.json", result)
    assert read_result(tmp_path / "result.json") == result
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["schema_version"] == 1


def test_marks_are_the_same_bytes_whatever_the_clock_says() -> None:
    result = sample_result(ASSIGNMENTS, 7)
    later = result.model_copy(
        update={
            "graded_at": datetime.now(timezone.utc),
            "versions": {"torch": "9"},
            "tracks": {
                name: part.model_copy(update={"seconds": 99.0, "wall": "docker"})
                for name, part in result.tracks.items()
            },
        }
    )
    assert later.marks_bytes() == result.marks_bytes()
    other = all_passed(result.student, wrong="VAE/loss_values")
    assert other.marks_bytes() != all_passed(result.student).marks_bytes()


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"student": 5}', '{"student": "1", "new_field": 1}', '{"schema_version": 2, "student": "1"}'],
)
def test_a_broken_result_says_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(text)
    with pytest.raises(HomeworkError, match="Delete it and run `grader grade` again"):
        read_result(path)


def test_secret_is_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADER_SECRET", raising=False)
    first = course_secret(tmp_path)
    assert len(first) == 32
    assert course_secret(tmp_path) == first
    assert (tmp_path / "course_secret.txt").stat().st_mode & 0o077 == 0
    (tmp_path / "course_secret.txt").write_text("short")
    with pytest.raises(HomeworkError, match="holds 5 characters"):
        course_secret(tmp_path)
    monkeypatch.setenv("GRADER_SECRET", "from outside")
    assert course_secret(tmp_path) == b"from outside"


def test_outcome_values_are_the_three_and_passed() -> None:
    assert {outcome.value for outcome in Outcome} == {"passed", "wrong", "not_reached", "grader_error"}
