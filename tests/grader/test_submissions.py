"""A folder of everything becomes one submission per student: names, the newest file, digests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from results_tools import ASSIGNMENTS, fake_engine, make_zip

from grader.cohort import Cohort
from grader.options import GradeOptions
from grader.submissions import digest, find_submissions, student_of
from hwlib.errors import HomeworkError


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("2026012345", "2026012345"),
        ("Wang Wei_2026012345_assignsubmission_file", "2026012345"),
        ("2026012345 (1)", "2026012345"),
        ("王伟-2026012345-hw2", "2026012345"),
        ("２０２６０１２３４５_王伟", "2026012345"),
        ("alice", "alice"),
    ],
)
def test_student_number_in_a_name(name: str, student: str) -> None:
    assert student_of(name, "[0-9]{6,12}") == student


def test_numbers_in_other_case_are_one_student(tmp_path: Path) -> None:
    """On Windows and macOS their results would be one folder."""
    for age, name in enumerate(("f2026000009.zip", "F2026000009.zip")):
        (tmp_path / name).write_bytes(b"PK")
        os.utime(tmp_path / name, (age, age))
    (found,) = find_submissions(tmp_path, ASSIGNMENTS)
    assert (found.path.name, found.others) == ("F2026000009.zip", ("f2026000009.zip",))


def test_results_are_no_submissions(tmp_path: Path) -> None:
    (tmp_path / "2026000001").mkdir()
    (tmp_path / "2026000001" / "result.json").write_text("{}")
    with pytest.raises(HomeworkError, match="holds results of the grader, expected submissions"):
        find_submissions(tmp_path, ASSIGNMENTS)


def test_hostile_names_become_safe_folders() -> None:
    names = ["../../etc", "..", "a/b", "<script>alert(1)</script>", "", "x" * 300, "con\u202e"]
    safe = [student_of(name, "[0-9]{10}") for name in names]
    assert len(set(safe)) == len(names)
    for name in safe:
        assert "/" not in name
        assert ".." not in name
        assert len(name.encode()) <= 110


def test_find_submissions_in_a_folder_of_everything(tmp_path: Path) -> None:
    make_zip(tmp_path, "2026000001")
    make_zip(tmp_path / "Li Lei_2026000002_file", "homework")
    (tmp_path / "2026000003" / "codes" / "VAE").mkdir(parents=True)
    (tmp_path / "2026000004.rar").write_bytes(b"Rar!")
    (tmp_path / "roster.csv").write_text("x")
    (tmp_path / ".DS_Store").write_text("x")
    (tmp_path / "__MACOSX").mkdir()
    found = {submission.student: submission.path for submission in find_submissions(tmp_path, ASSIGNMENTS)}
    assert sorted(found) == [f"202600000{n}" for n in (1, 2, 3, 4)]
    assert found["2026000002"].name == "homework.zip"


def test_newest_of_several_files_counts(tmp_path: Path) -> None:
    old = make_zip(tmp_path, "2026000001", "wrong VAE/loss_values")
    os.utime(old, (1, 1))
    make_zip(tmp_path, "2026000001 (1)")
    (submission,) = find_submissions(tmp_path, ASSIGNMENTS)
    assert submission.path.name == "2026000001 (1).zip"
    assert submission.others == ("2026000001.zip",)
    cohort = Cohort(tmp_path / "out", ASSIGNMENTS, GradeOptions())
    cohort.run(cohort.plan([submission]).tasks, 1, lambda result: None, grade=fake_engine)
    result = cohort.stored("2026000001")
    assert result is not None
    assert "not 2026000001.zip" in result.tracks["VAE"].flags[0]


def test_nothing_to_grade(tmp_path: Path) -> None:
    with pytest.raises(HomeworkError, match="does not exist"):
        find_submissions(tmp_path / "no", ASSIGNMENTS)
    with pytest.raises(HomeworkError, match="holds no submissions"):
        find_submissions(tmp_path, ASSIGNMENTS)


def test_digest_of_a_folder_sees_names_contents_and_links(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    seen = {digest(folder)}
    (folder / "x.py").write_text("1")
    seen.add(digest(folder))
    (folder / "x.py").write_text("2")
    seen.add(digest(folder))
    (folder / "link").symlink_to("/etc/passwd")
    seen.add(digest(folder))
    assert len(seen) == 4
