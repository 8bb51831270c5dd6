"""The commands as a TA types them, with a stand-in for the engine."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from results_tools import ASSIGNMENTS, fake_engine, make_results, make_zip

import grader.pool
from grader import cli
from grader.cohort import Cohort
from grader.fingerprint import ROOT
from grader.options import GradeOptions
from hwlib.checking.verdict import Outcome


class Done:
    """What a command printed and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


class Run:
    """Runs `grader ARGUMENTS` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capfd = monkeypatch, capfd

    def __call__(self, *arguments: object) -> Done:
        self._monkeypatch.setattr("sys.argv", ["grader", *map(str, arguments)])
        self._capfd.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        out, err = self._capfd.readouterr()
        return Done(code, out, err)


def grades() -> dict[str, dict[str, str]]:
    """Student -> line of grades.csv."""
    with open("results/grades.csv", encoding="utf-8-sig") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.setattr(grader.pool, "_engine", fake_engine)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADER_SECRET", raising=False)
    return Run(monkeypatch, capfd)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_zip(tmp_path / "in", "2026000001")
    make_zip(tmp_path / "in", "2026000002", "wrong VAE/loss_values")
    return tmp_path / "in"


def test_grade_writes_everything(run: Run, folder: Path) -> None:
    done = run("grade", folder, "--out", "results", "--jobs", 1)
    assert (done.code, done.err.count("\n")) == (0, 2)
    assert "2 graded now" in done.out
    assert "late policy was not applied" in done.out
    for student in ("2026000001", "2026000002"):
        for name in ("result.json", "feedback.md", "feedback.html"):
            assert Path("results", student, name).stat().st_size > 100
    assert [row["VAE_code"] for row in grades().values()] == ["60.0", "55.0"]
    assert "2026000002" in Path("results/report.html").read_text()
    again = run("grade", folder, "--out", "results", "--jobs", 1)
    assert "0 graded now, 2 kept" in again.out
    assert len(Path(folder, "graded.log").read_text().splitlines()) == 2


def test_deleted_pages_come_back_without_grading(run: Run, folder: Path) -> None:
    run("grade", folder, "--jobs", 1, "--quiet")
    Path("results/2026000001/feedback.html").unlink()
    run("grade", folder, "--jobs", 1, "--quiet")
    assert Path("results/2026000001/feedback.html").exists()
    assert len(Path(folder, "graded.log").read_text().splitlines()) == 2


def test_json_and_quiet(run: Run, folder: Path) -> None:
    lines = [json.loads(line) for line in run("grade", folder, "--json", "--jobs", 1).out.splitlines()]
    assert [line["student"] for line in lines[:2]] == ["2026000001", "2026000002"]
    assert lines[1]["tracks"]["VAE"] == {"state": "graded", "code": 55.0, "of": 60.0}
    assert lines[0]["total"] == 2
    assert lines[-1]["graded_now"] == 2
    assert Path(lines[-1]["report"]).exists()
    quiet = run("grade", folder, "--quiet", "--force", "--jobs", 1)
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_one_zip_prints_its_feedback_and_writes_nothing(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("grade", folder / "2026000002.zip")
    assert done.code == 0
    assert "55" in done.out
    assert "not right yet" in done.out
    assert not Path("results").exists()
    chinese = run("grade", folder / "2026000002.zip", "--language", "zh", "--track", "VAE")
    assert "尚不正确" in chinese.out


def test_a_named_students_folder_is_one_submission(run: Run, tmp_path: Path) -> None:
    (tmp_path / "submission" / "deep" / "codes" / "VAE").mkdir(parents=True)
    done = run("grade", "submission", "--student", "2026000005", "--out", "results", "--jobs", 1, "--quiet")
    assert done.code == 0
    assert Path("results/2026000005/result.json").exists()


def test_exit_code_1_when_something_stays_ungraded(run: Run, folder: Path) -> None:
    make_zip(folder, "2026000003", "error GAN/quick_run")
    done = run("grade", folder, "--jobs", 1)
    assert done.code == 1
    assert "1 ungraded" in done.out
    assert "2026000003" in done.out
    rows = grades()
    assert (rows["2026000003"]["GAN_code"], rows["2026000003"]["GAN_state"]) == ("", "ungraded")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade", "nowhere"], "nowhere does not exist"),
        (["grade", "in", "--track", "WGAN"], "there is no track 'WGAN'"),
        (["grade", "in", "--only", "loss_value"], "did you mean"),
        (["grade", "in", "--only", "GAN/fit"], "did you mean GAN/fid"),
        (["grade", "in", "--only", "zzzzzz"], "expected one of"),
        (["grade", "in", "--roster", "no.csv"], "no.csv does not exist"),
        (["feedback", "--out", "none"], "holds no results"),
        (["report", "--out", "none"], "holds no results"),
        (["export", "csv", "--out", "none"], "holds no results"),
        (["export", "moodle", "x.csv", "--to", "y.csv"], "name one track with --track"),
        (["regrade", "in", "--only", "loss_values", "--out", "none"], "holds no results"),
        (["gradebook", "--out", "none"], "holds no results"),
    ],
)
def test_trouble_is_one_sentence(run: Run, folder: Path, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_version_and_help(run: Run) -> None:
    assert run("--version").out.strip()
    help_text = run("--help").out
    for command in ("grade", "regrade", "gradebook", "export", "feedback", "report", "matrix"):
        assert command in help_text


def test_late_policy_from_times_and_from_a_second_run(run: Run, folder: Path) -> None:
    deadline = ASSIGNMENTS["VAE"].deadline
    Path("times.csv").write_text(
        f"number,time\n2026000001,{deadline.replace(day=deadline.day + 2).isoformat()}\n"
    )
    run("grade", folder, "--jobs", 1, "--quiet")
    run("grade", folder, "--jobs", 1, "--quiet", "--times", "times.csv")
    rows = grades()
    percent = 2 * ASSIGNMENTS["VAE"].late.penalty_percent_per_day
    assert float(rows["2026000001"]["VAE_late_penalty_percent"]) == percent
    assert float(rows["2026000001"]["VAE_before_late"]) == 60
    assert float(rows["2026000001"]["VAE_mark"]) == pytest.approx(60 * (1 - percent / 100))
    assert rows["2026000002"]["days_late"] == "0"
    assert "days late" in Path("results/2026000001/feedback.html").read_text()
    assert len(Path(folder, "graded.log").read_text().splitlines()) == 2


def test_manual_marks_survive_and_show(run: Run, folder: Path) -> None:
    run("grade", folder, "--jobs", 1, "--quiet")
    manual = Path("results/2026000002/manual.yaml")
    manual.write_text("VAE: {regions: {loss: 13.5}, questions: {curves: 8}, comments: ['Fixed by hand.']}\n")
    make_zip(folder, "2026000002", "wrong VAE/scale")
    run("grade", folder, "--jobs", 1, "--quiet")
    assert "13.5" in manual.read_text()
    page = Path("results/2026000002/feedback.html").read_text()
    assert "13.5 / 14" in page
    assert "Fixed by hand." in page
    rows = grades()
    assert float(rows["2026000002"]["VAE_mark"]) == 60 - 3 - 0.5 + 8


def test_roster_names_absent_students(run: Run, folder: Path) -> None:
    Path("roster.csv").write_text("number,name,section\n2026000001,Ada,B2\n2026000009,Absent One,A1\n")
    run("grade", folder, "--jobs", 1, "--quiet", "--roster", "roster.csv")
    rows = grades()
    assert (rows["2026000009"]["VAE_state"], rows["2026000009"]["VAE_mark"]) == ("missing", "")
    assert (rows["2026000001"]["name"], rows["2026000001"]["section"]) == ("Ada", "B2")
    assert "Ada" in Path("results/2026000001/feedback.html").read_text()
    assert "<td>B2</td>" in Path("results/report.html").read_text()


def test_regrade_shows_before_it_changes(run: Run, folder: Path) -> None:
    run("grade", folder, "--jobs", 1, "--quiet")
    make = run("regrade", folder, "--only", "VAE/loss_values", "--jobs", 1, "--quiet", "--yes")
    assert make.code == 0
    # The check is "fixed": the stand-in now passes everybody.
    before = Path("results/2026000002/result.json").read_text()
    zipped = (folder / "2026000002.zip").read_bytes()
    cohort = Cohort(Path("results"), ASSIGNMENTS, GradeOptions())
    old = cohort.stored("2026000002")
    assert old is not None

    def fixed(path: Path, options: GradeOptions) -> object:
        result = fake_engine(path, options)
        checks = tuple(
            check.model_copy(update={"outcome": Outcome.PASSED, "points": check.max_points})
            for check in result.tracks["VAE"].checks
        )
        part = result.tracks["VAE"].model_copy(update={"checks": checks})
        return result.model_copy(update={"tracks": {"VAE": part}})

    run._monkeypatch.setattr(grader.pool, "_engine", fixed)
    shown = run("regrade", folder, "--only", "loss_values", "--jobs", 1, "--dry-run")
    assert "1 of 2 students' marks change" in shown.out
    assert "0 -> 5" in shown.out
    assert "55 -> 60" in shown.out
    assert Path("results/2026000002/result.json").read_text() == before
    assert not Path("results/.regrade").exists()
    changed = run("regrade", folder, "--only", "loss_values", "--jobs", 1, "--yes")
    assert "Changed" in changed.out
    new = cohort.stored("2026000002")
    assert new is not None
    assert new.tracks["VAE"].points == 60
    assert new.tracks["GAN"] == old.tracks["GAN"]
    assert (folder / "2026000002.zip").read_bytes() == zipped
    assert "no mark changes" in run("regrade", folder, "--only", "loss_values", "--jobs", 1, "--yes").out


def test_feedback_and_report_again(run: Run, tmp_path: Path) -> None:
    make_results(tmp_path / "results", 5)
    assert run("feedback", "--language", "zh").code == 0
    assert len(list(Path("results").glob("*/feedback.html"))) == 5
    assert 'lang="zh-CN"' in next(Path("results").glob("*/feedback.html")).read_text()
    done = run("report")
    assert "report.html" in done.out
    assert Path("results/grades.csv").exists()


def test_a_full_disk_is_one_sentence(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "results/2026000001/result.json")

    monkeypatch.setattr("grader.cohort.write_result", full)
    done = run("grade", folder, "--jobs", 1)
    assert done.code == 2
    assert "the disk is full" in done.err
    assert "Traceback" not in done.err


def test_ctrl_c_keeps_what_is_done(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def interrupted(path: Path, options: GradeOptions) -> object:
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return fake_engine(path, options)

    monkeypatch.setattr(grader.pool, "_engine", interrupted)
    done = run("grade", folder, "--jobs", 1)
    assert done.code == 130
    assert "interrupted" in done.err
    assert len(list(Path("results").glob("*/result.json"))) == 1
    assert "1 graded now, 1 kept" in run("grade", folder, "--jobs", 1).out


def test_a_mark_by_hand_that_is_wrong_is_said_before_the_run(run: Run, folder: Path) -> None:
    Path("results/2026000002").mkdir(parents=True)
    Path("results/2026000002/manual.yaml").write_text("VAE: {regions: {loss: 140}}")
    done = run("grade", folder, "--jobs", 1)
    assert done.code == 2
    assert "expected 0 to 14" in done.err
    assert not list(Path("results").glob("*/result.json"))


@pytest.mark.parametrize("command", [("collect", "submissions"), ("gradebook", "--out", "results")])
def test_a_course_that_is_none(run: Run, folder: Path, command: tuple[str, ...]) -> None:
    run("grade", folder, "--jobs", 1)
    words = [folder if word == "submissions" else word for word in command]
    done = run(*words, "--course", "cuorse")
    assert done.code == 2
    assert "cuorse is no nbgrader course" in done.err
    assert not Path("cuorse").exists()


def test_a_second_ctrl_c_is_not_heard() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt):
            cli._interrupt()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.parametrize("redirection", ["2>&-", "<&- >&- 2>&-", ">/dev/null"])
def test_closed_and_narrow_streams(tmp_path: Path, redirection: str) -> None:
    """Under cron a stream may be closed; elsewhere it may know no more than ASCII."""
    (tmp_path / "2026000006.zip").write_bytes(b"")
    command = f'exec "{sys.executable}" -m grader grade 2026000006.zip --no-run --language zh {redirection}'
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, timeout=120, check=False)
    assert done.returncode == 0
