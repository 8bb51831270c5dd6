"""Canvas's and Moodle's files: round trips, and refusals of what is not theirs."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from grader.export.canvas import fill_canvas
from grader.export.marks import ExportMark
from grader.export.moodle import fill_moodle
from hwlib.errors import HomeworkError


def marks(**points: float | None) -> dict[str, ExportMark]:
    return {
        number.removeprefix("s"): ExportMark(
            number.removeprefix("s"), "", value, 100, "" if value is not None else "ungraded (grader error)"
        )
        for number, value in points.items()
    }


# ---- Canvas -----------------------------------------------------------------------------------------

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Warm-up (11),VAE (12),Final Score\n"
    "    Points Possible,,,,,5,100,(read only)\n"
    '"Wang, Wei",101,2026000001,ww,A,4,,80\n'
    '"Li, Lei",102,2026000002,ll,A,3,50,70\n'
    '"=HYPERLINK(""x"")",103,2026000003,x,A,,,\n'
    '"Student, Test",104,,,A,,,\n'
)


def test_canvas_round_trip_keeps_everything_else(tmp_path: Path) -> None:
    path = tmp_path / "canvas.csv"
    path.write_text(CANVAS, encoding="utf-8-sig")
    filled = fill_canvas(path, marks(s2026000001=87.5, s2026000002=None, s2026000009=3), "VAE", 100)
    before = list(csv.DictReader(io.StringIO(CANVAS)))
    after = list(csv.DictReader(io.StringIO(filled.text.removeprefix("\ufeff"))))
    assert list(after[0]) == list(before[0])
    assert [row["VAE (12)"] for row in after] == ["100", "87.5", "50", "", ""]
    assert [row["Warm-up (11)"] for row in after] == [row["Warm-up (11)"] for row in before]
    assert after[3]["Student"].startswith("'=HYPERLINK")
    assert (filled.written, list(filled.left), filled.unknown) == (
        ["2026000001"],
        ["2026000002"],
        ["2026000009"],
    )


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a,b\n1,2\n", "VAE", "lacks the column Student, ID, Section"),
        ("Student,ID,Section,VAE (12)\nA,1,B,\n", "VAE", "lacks the column SIS User ID"),
        (CANVAS, "GAN", "no column 'GAN'; expected one of: Warm-up \\(11\\), VAE \\(12\\)"),
        (CANVAS.replace("Warm-up", "VAE"), "VAE", "2 columns 'VAE'"),
        (CANVAS, "Final Score", "Canvas does not import such a column"),
        (CANVAS.replace("5,100,", "5,10,"), "VAE", "is worth 10 points, expected 100"),
        (CANVAS.replace("2026000002", "2026000001"), "VAE", "line 4: the student 2026000001 occurs twice"),
        (CANVAS.replace("20260", "19990"), "VAE", "Is it the file of another course"),
        ("", "VAE", "is empty"),
    ],
)
def test_canvas_refuses_wrong_files(tmp_path: Path, text: str, column: str, message: str) -> None:
    path = tmp_path / "canvas.csv"
    path.write_text(text)
    with pytest.raises(HomeworkError, match=message):
        fill_canvas(path, marks(s2026000001=1, s2026000002=2), column, 100)


def test_canvas_with_names_in_two_columns_and_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "canvas.csv"
    path.write_text(
        "LastName;FirstName;ID;SIS User ID;SIS Login ID;Section;VAE (12)\n"
        ";;;;;;Manual Posting\n"
        "    Points Possible;;;;;;100,00\n"
        "Wang;Wei;101;2026000001;ww;A;50,5\n"
    )
    filled = fill_canvas(path, marks(s2026000001=87.25), "VAE (12)", 100)
    rows = list(csv.reader(io.StringIO(filled.text.removeprefix("\ufeff"))))
    assert rows[3] == ["Wang", "Wei", "101", "2026000001", "ww", "A", "87.25"]
    assert rows[1][-1] == "Manual Posting"


# ---- Moodle -----------------------------------------------------------------------------------------

MOODLE = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 1,Wang Wei,2026000001,w@x.cn,Submitted,,100.00,Yes,"Sunday, 20 December",-,\n'
    "Participant 2,Li Lei,2026000002,l@x.cn,Submitted,50,100.00,No,-,-,old\n"
    "Participant 3,Nobody,,2026000003@x.cn,No submission,,100.00,Yes,-,-,\n"
)


def test_moodle_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "moodle.csv"
    path.write_text(MOODLE, encoding="utf-8-sig")
    given = marks(s2026000001=87.5, s2026000002=60, s2026000003=70)
    filled = fill_moodle(path, given, 100, {"2026000001": "=see the page"})
    rows = list(csv.DictReader(io.StringIO(filled.text.removeprefix("\ufeff"))))
    assert list(rows[0]) == MOODLE.split("\n")[0].split(",")
    assert [row["Grade"] for row in rows] == ["87.50", "50", "70.00"]
    assert [row["Feedback comments"] for row in rows] == ["'=see the page", "old", ""]
    assert filled.left == {"2026000002": "Moodle says that the grade can't be changed"}


def test_moodle_would_leave_out_grades_above_its_maximum(tmp_path: Path) -> None:
    path = tmp_path / "moodle.csv"
    path.write_text(MOODLE)
    filled = fill_moodle(path, marks(s2026000001=109, s2026000003=100), 100)
    rows = list(csv.DictReader(io.StringIO(filled.text.removeprefix("\ufeff"))))
    assert [row["Grade"] for row in rows] == ["100.00", "50", "100.00"]
    assert filled.capped == {"2026000001": 109}


def test_moodle_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "moodle.csv"
    path.write_text(
        "标识符,姓名,学号,状态,成绩,最高分,允许更改成绩,上次修改（评分）\n"
        "参与人1,王伟,2026000001,已提交,,100.00,是,-\n参与人2,李雷,2026000002,已提交,5,100.00,否,-\n"
    )
    filled = fill_moodle(path, marks(s2026000001=87.5, s2026000002=3), 100)
    rows = list(csv.DictReader(io.StringIO(filled.text.removeprefix("\ufeff"))))
    assert [row["成绩"] for row in rows] == ["87.50", "5"]
    assert list(filled.left) == ["2026000002"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CANVAS, "lacks the column Identifier, Grade, Last modified"),
        ("Identifier,Full name,Grade,Last modified (grade)\nP 1,A,,-\n", "lacks the column ID number"),
        (MOODLE.replace("Last modified (grade)", "Changed"), "lacks the column Last modified"),
        (MOODLE.replace("100.00", "10.00"), "the maximum grade is 10.00, expected 100"),
        (MOODLE.replace("Participant 2", "Participant 1"), "'Participant 1' occurs twice"),
        (MOODLE.replace("20260", "19990"), "another course"),
    ],
)
def test_moodle_refuses_wrong_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "moodle.csv"
    path.write_text(text)
    with pytest.raises(HomeworkError, match=message):
        fill_moodle(path, marks(s2026000001=1, s2026000002=2), 100)
