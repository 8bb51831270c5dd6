"""nbgrader's real commands on a course of five students, and formgrader's page in Chromium."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from results_tools import ASSIGNMENTS, all_passed

from grader.gradebook.sandboxed_execute import MARKER
from grader.report_cells import STUB, question_cell
from grader.report_notebook import NOTEBOOK, build_notebook
from grader.results import RESULT, SubmissionResult, write_result

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BIN = Path(sys.executable).parent
VAE = ASSIGNMENTS["VAE"]
STUDENTS = [f"202600000{number}" for number in range(1, 6)]
HOSTILE = "<script>document.title = 'taken over'</script>"


def tool(folder: Path, *command: object) -> str:
    """Runs a command in the course as a TA would, with the environment's programs on the path."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "JUPYTER_NO_CONFIG": "0"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def grader(folder: Path, *arguments: object) -> str:
    return tool(folder, sys.executable, "-m", "grader", *arguments)


def answered(student: str) -> str:
    """A filled-in report. Its code cell would write a file beside the course if nbgrader executed it."""
    notebook = build_notebook(VAE)
    for cell in notebook["cells"]:
        if cell["source"] == STUB:
            cell["source"] = f"Answer of {student}. {HOSTILE}"
    trap = f"open({str(Path.cwd() / 'executed.txt')!r}, 'w')"
    notebook["cells"].append(
        {
            "cell_type": "code",
            "id": "trap",
            "metadata": {},
            "source": trap,
            "execution_count": None,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "kept output"}],
        }
    )
    return json.dumps(notebook)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole term, once: students 1 and 2 with notebooks, 3 an empty one, 4 a PDF, 5 without a report."""
    base = tmp_path_factory.mktemp("term")
    (base / "submissions").mkdir()
    for student in STUDENTS:
        with zipfile.ZipFile(base / "submissions" / f"{student}.zip", "w") as archive:
            archive.writestr("codes/VAE/VAE.py", "")
            if student in STUDENTS[:2]:
                archive.writestr("report.ipynb", answered(student))
            elif student == STUDENTS[2]:
                archive.writestr("report.ipynb", json.dumps(build_notebook(VAE)))
            elif student == STUDENTS[3]:
                archive.writestr("report.pdf", b"%PDF-1.4")
        result = all_passed(student, ("VAE",), wrong="VAE/loss_values" if student == STUDENTS[1] else "")
        write_result(base / "results" / student / RESULT, result)
    grader(base, "course", "course", "--track", "VAE")
    folder = base / "course"
    tool(folder, BIN / "nbgrader", "generate_assignment", "VAE", "--force")
    grader(base, "gradebook", "--db", "course/gradebook.db", "--track", "VAE")
    (base / "times.csv").write_text(f"number,time\n{STUDENTS[0]},2026-12-20T20:00:00+08:00\n")
    times = ("--times", "times.csv")
    grader(base, "collect", "submissions", "--course", "course", "--track", "VAE", *times)
    tool(folder, BIN / "nbgrader", "zip_collect", "VAE", "--force")
    tool(folder, BIN / "nbgrader", "autograde", "VAE", "--force")
    out = grader(base, "gradebook", "--db", "course/gradebook.db", "--track", "VAE", "--course", "course")
    assert "5 submissions" in out
    return folder


def test_release_holds_the_notebook(course: Path) -> None:
    released = json.loads((course / "release" / "VAE" / "report.ipynb").read_text())
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in released["cells"]]
    assert [question_cell(question) for question in VAE.report.questions] == [
        name for name in names if name and name.startswith("question-")
    ]


def test_zip_collect_found_everybody_with_a_report(course: Path) -> None:
    assert (
        sorted(path.parent.parent.name for path in course.glob("submitted/*/VAE/report.ipynb"))
        == STUDENTS[:4]
    )
    assert (course / "submitted" / STUDENTS[3] / "VAE" / "report.pdf").exists()
    stamps = {path.parts[-3]: path.read_text() for path in course.glob("submitted/*/VAE/timestamp.txt")}
    assert list(stamps) == STUDENTS[:1]  # a file's own date is nobody's time of hand-in
    assert stamps[STUDENTS[0]].startswith("2026-12-20 12:00")


def test_autograde_executed_in_the_sandbox_and_touched_no_points(course: Path) -> None:
    assert not Path("executed.txt").exists()
    graded = (course / "autograded" / STUDENTS[0] / "VAE" / "report.ipynb").read_text()
    assert "1 of 1 code cells of the student's own ran again in the sandbox" in graded
    handed_in, _, again = graded.partition(MARKER.strip())
    assert "kept output" in handed_in
    assert "Error: [Errno" in again  # the folder is not there, or not writable
    empty_report = (course / "autograded" / STUDENTS[2] / "VAE" / "report.ipynb").read_text()
    assert "sandbox" not in empty_report
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        points = {s.student_id: s.score for s in book.find_assignment("VAE").submissions}
        assert points == dict(zip(STUDENTS, [60, 55, 60, 60, 60], strict=True))
        answers = {s: book.find_grade("question-curves", NOTEBOOK, "VAE", s) for s in STUDENTS}
        assert answers[STUDENTS[0]].needs_manual_grade
        empty = answers[STUDENTS[2]]
        assert (empty.auto_score, empty.needs_manual_grade) == (0, False)
        comment = book.find_comment("question-curves", NOTEBOOK, "VAE", STUDENTS[3])
        assert f"documents/{STUDENTS[3]}/VAE/report.pdf" in comment.comment


def test_generating_again_with_submissions_works(course: Path) -> None:
    tool(course, BIN / "nbgrader", "generate_assignment", "VAE", "--force")


def test_export_adds_up(course: Path) -> None:
    tool(course, BIN / "nbgrader", "export", "--to", "grades.csv")
    rows = {
        row["student_id"]: row for row in csv.DictReader((course / "grades.csv").read_text().splitlines())
    }
    assert float(rows[STUDENTS[1]]["score"]) >= 55
    assert float(rows[STUDENTS[0]]["max_score"]) == VAE.total_points


@pytest.fixture(scope="module")
def formgrader(course: Path) -> Iterator[str]:
    """formgrader's address, from a Jupyter server of our own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [BIN / "jupyter", "server", "--no-browser", f"--port={port}", "--IdentityProvider.token=secret",
               f"--ServerApp.root_dir={course}", "--allow-root", "--ServerApp.port_retries=0"]  # fmt: skip
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    with open(course / "server.log", "w") as log:
        server = subprocess.Popen(
            [str(c) for c in command], cwd=course, env=environment, stdout=log, stderr=log
        )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{base}/api?token=secret", timeout=5).read()
                break
            except OSError:
                assert server.poll() is None, (course / "server.log").read_text()
                time.sleep(0.5)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_a_mark_given_in_formgraders_page_is_in_the_database(course: Path, formgrader: str) -> None:
    if shutil.which("chromedriver") is None:
        pytest.skip("chromedriver is not installed (Debian: chromium-driver)")
    from pages_browser import browser
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    database = f"sqlite:///{course / 'gradebook.db'}"
    with Gradebook(database) as book:
        submission = book.find_submission_notebook(NOTEBOOK, "VAE", STUDENTS[0]).id

    def stored() -> tuple[float | None, str | None]:
        with Gradebook(database) as book:
            note = book.find_comment("question-curves", NOTEBOOK, "VAE", STUDENTS[0]).manual_comment
            return book.find_grade("question-curves", NOTEBOOK, "VAE", STUDENTS[0]).manual_score, note

    with browser() as driver:
        driver.get(f"{formgrader}/login?next=%2Fapi%2Fstatus&token=secret")  # leaves the session's cookie
        driver.get(f"{formgrader}/formgrader/submissions/{submission}/")
        wait = WebDriverWait(driver, 60)
        field = wait.until(lambda d: d.find_element(By.ID, "question-curves"))
        wait.until(lambda d: field.is_displayed() and field.is_enabled())
        time.sleep(1)  # the page's models arrive after its fields
        field.send_keys("6.5", Keys.TAB)
        note = driver.find_element(By.ID, "question-curves-comment")
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", note)
        note.send_keys("Nice curves.")
        driver.execute_script("arguments[0].blur()", note)  # as a click elsewhere does: the page saves
        wait.until(lambda d: stored()[0] == 6.5 and stored()[1])
        assert "taken over" not in driver.title
        code = driver.find_element(By.ID, "code-loss")
        assert code.get_attribute("placeholder") == "14"
    assert stored() == (6.5, "Nice curves.")
    base = course.parent
    grader(base, "gradebook", "--db", "course/gradebook.db", "--track", "VAE")
    assert stored() == (6.5, "Nice curves.")
    grader(base, "feedback", "--gradebook", "course/gradebook.db", "--track", "VAE")
    page = (base / "results" / STUDENTS[0] / "feedback.html").read_text()
    assert "6.5 / 8" in page
    assert "Nice curves." in page
    tool(course, BIN / "nbgrader", "generate_feedback", "VAE", "--force")
    html = (course / "feedback" / STUDENTS[0] / "VAE" / "report.html").read_text()
    assert "Nice curves." in html
    assert HOSTILE not in html


def test_results_type_is_the_one_we_wrote(course: Path) -> None:
    text = (course.parent / "results" / STUDENTS[0] / RESULT).read_text()
    assert SubmissionResult.model_validate_json(text).student == STUDENTS[0]
