"""Each format against its vendor's documented fields; wrong input files are refused."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from results_tools import ASSIGNMENTS, all_passed

from grader.export.course_json import CourseMarks, course_json
from grader.export.gradescope import gradescope_results
from grader.export.lms import fill_canvas, fill_moodle
from grader.export.marks import ExportMark, export_marks
from grader.export.packages import autograder_zip, classroom_workflow
from grader.export.reports import ctrf, junit_xml
from grader.export.safe_csv import csv_text, safe_cell
from grader.feedback.statistics import Cohort
from grader.fingerprint import ROOT
from grader.results import SubmissionResult
from grader.sample import sample_result
from grader.totals import ManualMarks
from hwlib.errors import HomeworkError

VAE = ASSIGNMENTS["VAE"]
MARKED = {"VAE": ManualMarks(questions={question.id: question.points for question in VAE.report.required})}


def marks(**points: float | None) -> dict[str, ExportMark]:
    return {
        number.removeprefix("s"): ExportMark(
            number.removeprefix("s"), "", value, 100, "" if value is not None else "ungraded (grader error)"
        )
        for number, value in points.items()
    }


# ---- CSV ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "＝1+1", " =1"])
def test_formulas_are_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_numbers_and_ordinary_text_stay() -> None:
    assert [safe_cell(value) for value in ("-3.5", "王伟", 4.0, None, "a=b")] == [
        "-3.5",
        "王伟",
        4.0,
        "",
        "a=b",
    ]


def test_csv_opens_in_excel_and_in_python() -> None:
    text = csv_text(["名", "b"], [["a,b", 'say "x"'], ["line\nbreak", 1]])
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1:] == [
        ["a,b", 'say "x"'],
        ["line\nbreak", "1"],
    ]


# ---- which number is exported -----------------------------------------------------------------------


def test_only_finished_marks_are_exported() -> None:
    cohort = Cohort(ASSIGNMENTS)
    cohort.add(all_passed("1"), MARKED)
    cohort.add(all_passed("2"))
    cohort.add(all_passed("3", error="VAE/loss_values"), MARKED)
    cohort.add(SubmissionResult(student="4", refused="rar"))
    cohort.add(SubmissionResult(student="5"))
    total = export_marks(cohort, "VAE", "total")
    assert total["1"].points == 100
    reasons = {
        student: mark.reason.partition(":")[0] for student, mark in total.items() if mark.points is None
    }
    assert reasons == {
        "2": "report not marked",
        "3": "ungraded (grader error)",
        "4": "file not accepted",
        "5": "not handed in",
    }
    assert export_marks(cohort, "VAE", "code")["2"].points == 60
    with pytest.raises(HomeworkError, match="there is no track"):
        export_marks(cohort, "WGAN", "code")


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CANVAS, "lacks the column Identifier, Grade"),
        ("Identifier,Full name,Grade\nP 1,A,\n", "lacks the column ID number"),
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


# ---- Gradescope -------------------------------------------------------------------------------------

GRADESCOPE_TOP = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format",
    "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip
GRADESCOPE_TEST = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags",
    "visibility", "extra_data",
}  # fmt: skip
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBLE = {"visible", "hidden", "after_due_date", "after_published"}


@pytest.mark.parametrize("number", range(6))
def test_gradescope_has_the_documented_fields(number: int) -> None:
    result = sample_result(ASSIGNMENTS, number)
    part = result.tracks["VAE"]
    if part.outcome == "ungraded":
        pytest.fail("choose numbers whose sample has no grader error")
    data = gradescope_results(result, VAE)
    json.dumps(data)
    assert set(data) <= GRADESCOPE_TOP
    assert {data["visibility"], data["stdout_visibility"]} <= VISIBLE
    assert data["stdout_visibility"] == "hidden"
    assert sum(test["max_score"] for test in data["tests"]) == VAE.code_points
    assert sum(test["score"] for test in data["tests"]) == pytest.approx(part.points or 0)
    for test in data["tests"]:
        assert set(test) <= GRADESCOPE_TEST
        assert test["visibility"] in VISIBLE
        assert test["output_format"] in FORMATS
        assert test["status"] in ("passed", "failed")
        assert isinstance(test["score"], float)
    hidden = [test for test in data["tests"] if "hidden" in test["tags"]]
    assert {test["visibility"] for test in hidden} == {"after_published"}
    assert not any("Found:" in test["output"] or "Expected:" in test["output"] for test in hidden)


def test_gradescope_gets_no_zero_for_a_grader_error() -> None:
    with pytest.raises(HomeworkError, match="no results.json is written"):
        gradescope_results(all_passed("1", error="VAE/loss_values"), VAE)
    with pytest.raises(HomeworkError, match="found the visibility 'secret'"):
        gradescope_results(all_passed("1"), VAE, hidden="secret")


def test_gradescope_speaks_chinese() -> None:
    data = gradescope_results(all_passed("1", wrong="VAE/loss_values"), VAE, "zh")
    assert VAE.region("loss").title.zh in data["tests"][9]["name"]


def test_autograder_zip_has_its_scripts_at_the_root() -> None:
    archive = zipfile.ZipFile(io.BytesIO(autograder_zip(VAE, "zh", "hidden", b"secret of the course")))
    names = archive.namelist()
    assert {
        "setup.sh",
        "run_autograder",
        "pyproject.toml",
        "grader/cli.py",
        "handouts/VAE/assignment.yaml",
    } <= set(names)
    for name in ("setup.sh", "run_autograder"):
        assert archive.getinfo(name).external_attr >> 16 & stat.S_IXUSR
        text = archive.read(name).decode()
        assert text.startswith("#!")
        assert not re.search("@[A-Z]+@", text)
    assert '--track "VAE"' in archive.read("run_autograder").decode()
    assert not any(name.startswith(("results", "submissions", ".venv", "tests/")) for name in names)


# ---- JSON, CTRF, JUnit, GitHub ------------------------------------------------------------------------


def test_course_json_follows_its_schema() -> None:
    cohort = Cohort(ASSIGNMENTS)
    for number in range(12):
        cohort.add(sample_result(ASSIGNMENTS, number))
    data = json.loads(course_json(cohort, datetime(2026, 12, 25, tzinfo=timezone.utc)))
    jsonschema.validate(data, CourseMarks.model_json_schema())
    assert len(data["students"]) == 12
    unknown = [track for s in data["students"] for track in s["tracks"] if track["state"] == "missing"]
    assert all(track["mark"] is None for track in unknown)


CTRF_SCHEMA = {
    "type": "object",
    "required": ["reportFormat", "specVersion", "results"],
    "properties": {
        "reportFormat": {"const": "CTRF"},
        "specVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "results": {
            "type": "object",
            "required": ["tool", "summary", "tests"],
            "properties": {
                "tool": {"type": "object", "required": ["name"]},
                "summary": {
                    "type": "object",
                    "required": ["tests", "passed", "failed", "pending", "skipped", "other", "start", "stop"],
                    "additionalProperties": {"type": "integer", "minimum": 0},
                },
                "tests": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "status", "duration"],
                        "properties": {
                            "status": {"enum": ["passed", "failed", "skipped", "pending", "other"]},
                            "duration": {"type": "integer", "minimum": 0},
                            "suite": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                            "line": {"type": "integer"},
                            "extra": {"type": "object"},
                        },
                    },
                },
            },
        },
    },
}


def test_ctrf_and_junit_count_the_same() -> None:
    seen = set()
    for number in range(20):
        result = sample_result(ASSIGNMENTS, number)
        report = ctrf(result, "1.0")
        jsonschema.validate(report, CTRF_SCHEMA)
        summary = report["results"]["summary"]
        root = ElementTree.fromstring(junit_xml(result).encode())
        assert summary["tests"] == len(root.findall(".//testcase"))
        assert summary["failed"] == len(root.findall(".//failure"))
        assert summary["skipped"] == len(root.findall(".//skipped"))
        assert summary["other"] == len(root.findall(".//error"))
        seen |= {test["status"] for test in report["results"]["tests"]}
    assert seen == {"passed", "failed", "skipped", "other"}


def test_junit_survives_hostile_text() -> None:
    base = all_passed("1", wrong="VAE/loss_values")
    check = next(check for check in base.tracks["VAE"].checks if check.id == "VAE/loss_values")
    bad = check.model_copy(update={"found": ']]>\ufffe\x00<script>&"'})
    part = base.tracks["VAE"].model_copy(update={"checks": (bad,)})
    root = ElementTree.fromstring(junit_xml(base.model_copy(update={"tracks": {"VAE": part}})).encode())
    assert "<script>" in (root.find(".//failure").text or "")  # type: ignore[union-attr]


def test_github_workflow_runs_the_public_checks_of_every_track() -> None:
    workflow = yaml.safe_load(classroom_workflow(ASSIGNMENTS))
    job = workflow["jobs"]["checks"]
    assert sorted(job["strategy"]["matrix"]["track"]) == sorted(ASSIGNMENTS)
    assert job["steps"][-1]["run"] == "python -m hwlib.check"
    assert workflow["permissions"] == {"contents": "read"}
    assert "push" in workflow[True]  # YAML reads the key `on` as true


@pytest.mark.slow
def test_the_autograder_runs_as_gradescope_runs_it() -> None:
    # Not in the system's temporary folder: like Gradescope's /autograder, it must not lie under /tmp.
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        _run_autograder(Path(folder))


def _run_autograder(tmp_path: Path) -> None:
    with zipfile.ZipFile(
        io.BytesIO(autograder_zip(VAE, secret=b"secret of the course, long enough"))
    ) as archive:
        archive.extractall(tmp_path / "source")
    target = tmp_path / "submission" / "codes" / "VAE"
    shutil.copytree(ROOT / "solutions" / "VAE", target, ignore=shutil.ignore_patterns("__pycache__", "r*"))
    environment = {**os.environ, "AUTOGRADER_ROOT": str(tmp_path), "AUTOGRADER_PYTHON": sys.executable}
    environment.pop("GRADER_SECRET", None)
    done = subprocess.run(
        ["bash", tmp_path / "source" / "run_autograder"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    data = json.loads((tmp_path / "results" / "results.json").read_text())
    assert sum(test["score"] for test in data["tests"]) == VAE.code_points, done.stdout + done.stderr
