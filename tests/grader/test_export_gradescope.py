"""Gradescope: the documented fields of results.json, and the autograder as Gradescope runs it."""

from __future__ import annotations

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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ordinary_user import open_folders
from results_tools import ASSIGNMENTS, all_passed

from grader.export.gradescope import gradescope_results
from grader.export.packages import autograder_zip
from grader.fingerprint import ROOT
from grader.sample import sample_result
from hwlib.errors import HomeworkError

VAE = ASSIGNMENTS["VAE"]

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


@pytest.fixture
def autograder() -> Iterator[Path]:
    """/autograder as Gradescope lays it out, with the zip unpacked and the rights that setup.sh gives."""
    # Not in the system's temporary folder: like Gradescope's /autograder, it must not lie under /tmp.
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        root = Path(name)
        root.chmod(0o755)
        secret = b"secret of the course, long enough"
        with zipfile.ZipFile(io.BytesIO(autograder_zip(VAE, secret=secret))) as archive:
            archive.extractall(root / "source")
        shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
        (root / "run_autograder").chmod(0o755)
        setup = (root / "source" / "setup.sh").read_text().replace("/autograder", str(root))
        rights = [line for line in setup.splitlines() if line.startswith("chmod ")]
        assert len(rights) == 3
        for line in rights:
            subprocess.run(["bash", "-c", line], check=True)
        (root / "results").mkdir()
        (root / "submission_metadata.json").write_text('{"id": 1, "users": [{"sid": "2026000001"}]}')
        target = root / "submission" / "codes" / "VAE"
        shutil.copytree(
            ROOT / "solutions" / "VAE", target, ignore=shutil.ignore_patterns("__pycache__", "r*")
        )
        yield root


def run_autograder(root: Path, before: Sequence[str] = (), **variables: str) -> dict[str, Any]:
    """What Gradescope does at a submission, after the lines of bash `before`."""
    environment = {
        **os.environ,
        "AUTOGRADER_ROOT": str(root),
        "AUTOGRADER_PYTHON": sys.executable,
        **variables,
    }
    environment.pop("GRADER_SECRET", None)
    command = ["unshare", "-m", "bash", "-c", "\n".join([*before, f"cd {root}", "./run_autograder"])]
    if not before:
        command = [str(root / "run_autograder")]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=800)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_autograder_runs_as_gradescope_runs_it(autograder: Path) -> None:
    data = run_autograder(autograder)
    assert sum(test["score"] for test in data["tests"]) == VAE.code_points


SPY = """
import os, pathlib
SEEN, ROOT = [], pathlib.Path({root!r})
for place in ("source/course_secret.txt", "source/solutions/VAE/VAE.py", "source/grader/cli.py"):
    try:
        SEEN.append((ROOT / place).read_text()[:1])
    except PermissionError:
        pass
try:
    (ROOT / "results" / "results.json").write_text("{{}}")
    SEEN.append("written")
except PermissionError:
    pass
assert not SEEN and os.getuid() != 0 and "SPIED" not in os.environ, (SEEN, os.getuid())
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_without_bubblewrap_student_code_reads_no_answers(autograder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can run code as somebody else; in Gradescope's container everything is root")
    with open(autograder / "submission" / "codes" / "VAE" / "VAE.py", "a") as file:
        file.write(SPY.format(root=str(autograder)))
    programs = autograder / "programs"
    programs.mkdir()
    (programs / "bwrap").write_text("#!/bin/sh\nexit 1\n")  # as in a container without namespaces
    (programs / "bwrap").chmod(0o755)
    (autograder / "aside").mkdir()
    before = open_folders(autograder / "aside")
    data = run_autograder(autograder, before, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}", SPIED="yes")
    assert sum(test["score"] for test in data["tests"]) == VAE.code_points, data
