"""Every command of docs/running-a-course.md, in its order, on a course of three students."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from results_tools import ASSIGNMENTS

from grader.report_notebook import ROOT, notebook_text

PAGE = ROOT / "docs" / "running-a-course.md"


def commands() -> list[str]:
    """The lines after `$` of all console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_the_page_tells_the_whole_story() -> None:
    text = "\n".join(commands())
    for step in (
        "grader grade",
        "code_analyze.similarity",
        "grader gradebook",
        "grader collect",
        "autograde",
        "regrade",
        "feedback",
        "export",
    ):
        assert step in text


def test_options_in_the_text_exist() -> None:
    """Options that stand outside the commands, e.g. in the table."""
    help_text = subprocess.run(
        [sys.executable, "-m", "grader", "grade", "--help"], capture_output=True, text=True, check=True,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    ).stdout  # fmt: skip
    table = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    options = set(re.findall(r"--[a-z-]+", "\n".join(table)))
    assert len(options) >= 7
    for option in options:
        assert option in help_text


def prepare(folder: Path) -> None:
    """Submissions (reference, starter, a broken zip), lists and the LMS's files."""
    (folder / "submissions").mkdir()
    for number, source in (("2026000001", "solutions"), ("2026000002", "codes")):
        with zipfile.ZipFile(folder / "submissions" / f"{number}.zip", "w") as archive:
            for file in sorted((ROOT / source).glob("VAE/*.py")):
                archive.write(file, f"codes/VAE/{file.name}")
            archive.writestr("report.ipynb", notebook_text(ASSIGNMENTS["VAE"]))
            archive.writestr("summary.txt", "")
    (folder / "submissions" / "2026000003.zip").write_bytes(b"Rar!\x1a\x07")
    (folder / "roster.csv").write_text("number,name,email,section\n2026000001,Wang Wei,w@example.org,A\n")
    (folder / "times.csv").write_text(
        "number,time\n2026000001,2026-12-20 20:00\n2026000002,2026-12-22 20:00\n"
    )
    (folder / "canvas.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,VAE (12)\n    Points Possible,,,,,60\n"
        '"Wang, Wei",1,2026000001,w,A,\n"Li, Lei",2,2026000002,l,A,\n'
    )
    (folder / "moodle.csv").write_text(
        "Identifier,Full name,ID number,Grade,Maximum grade,Grade can be changed,Last modified (grade)\n"
        "Participant 1,Wang Wei,2026000001,,60.00,Yes,-\nParticipant 2,Li Lei,2026000002,,60.00,Yes,-\n"
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_command_works(tmp_path: Path) -> None:
    if shutil.which("bwrap") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("bubblewrap is not installed")
    prepare(tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    wrapper = programs / "grader"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m grader "$@"\n')
    wrapper.chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "GRADER_SECRET": "of this test, long enough", "CI": "1"}
    for command in commands():
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
    for file in ("results/report.html", "marks.csv", "marks.json", "canvas-new.csv", "moodle-new.csv",
                 "autograder.zip", "checks.yml", "junit/2026000001.xml", "ctrf/2026000001.json",
                 "gradescope/2026000001.json", "results/2026000001/feedback.html",
                 "similarity/index.html"):  # fmt: skip
        assert (tmp_path / file).stat().st_size > 50, file
    assert ",60\n" in (tmp_path / "canvas-new.csv").read_text(encoding="utf-8-sig").replace("\r\n", "\n")
