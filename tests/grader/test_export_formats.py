"""CSV, JSON, JUnit XML, CTRF and the GitHub workflow against their documented fields."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timezone
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from results_tools import ASSIGNMENTS, all_passed

from grader.export.course_json import CourseMarks, course_json
from grader.export.marks import export_marks
from grader.export.packages import classroom_workflow
from grader.export.reports import ctrf, junit_xml
from grader.export.safe_csv import csv_text, safe_cell
from grader.feedback.statistics import Cohort
from grader.results import SubmissionResult
from grader.sample import sample_result
from grader.totals import ManualMarks
from hwlib.errors import HomeworkError

VAE = ASSIGNMENTS["VAE"]
MARKED = {"VAE": ManualMarks(questions={question.id: question.points for question in VAE.report.required})}


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


WORDS = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
COUNTS = ("tests", "passed", "failed", "pending", "skipped", "other", "start", "stop")
CTRF_SCHEMA = {
    "type": "object",
    "required": ["reportFormat", "specVersion", "results"],
    "additionalProperties": False,
    "properties": {
        "reportFormat": {"const": "CTRF"},
        "specVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "results": {
            "type": "object",
            "required": ["tool", "summary", "tests"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["name"],
                    "additionalProperties": False,
                    "properties": {"name": {**WORDS, "minLength": 1}, "version": WORDS},
                },
                "summary": {
                    "type": "object",
                    "required": list(COUNTS),
                    "additionalProperties": False,
                    "properties": dict.fromkeys(COUNTS, COUNT),
                },
                "extra": {"type": "object"},
                "tests": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "status", "duration"],
                        "additionalProperties": False,
                        "properties": {
                            "name": {**WORDS, "minLength": 1},
                            "status": {"enum": ["passed", "failed", "skipped", "pending", "other"]},
                            "duration": COUNT,
                            "suite": {"type": "array", "minItems": 1, "items": WORDS},
                            "tags": {"type": "array", "items": WORDS},
                            "message": WORDS,
                            "trace": WORDS,
                            "filePath": WORDS,
                            "line": {"type": "integer"},
                            "extra": {"type": "object"},
                        },
                    },
                },
            },
        },
    },
}
"""The part of ctrf-io's published schema (draft 7, closed objects) that these reports use."""


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
