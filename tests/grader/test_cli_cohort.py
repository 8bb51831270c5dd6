"""Nothing is lost: resume after kill -9, regrading just what changed, crashes that cost nobody points."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from results_tools import ASSIGNMENTS, fake_engine, make_zip

import grader.pool
from grader.cohort import Cohort, load_assignments, locked
from grader.fingerprint import fingerprint
from grader.options import GradeOptions
from grader.pool import grade_all
from grader.results import SubmissionResult
from grader.submissions import find_submissions
from hwlib.errors import HomeworkError


def run(cohort: Cohort, folder: Path, jobs: int = 1, **choices: bool) -> list[SubmissionResult]:
    done: list[SubmissionResult] = []
    plan = cohort.plan(find_submissions(folder, cohort.assignments), **choices)
    cohort.run(plan.tasks, jobs, done.append, grade=fake_engine)
    return done


def log(folder: Path) -> list[str]:
    path = folder / "graded.log"
    return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    return Cohort(tmp_path / "results", ASSIGNMENTS, GradeOptions(secret=b"s"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (1, 2, 3):
        make_zip(tmp_path / "in", f"202600000{number}")
    return tmp_path / "in"


def test_second_run_grades_nothing(cohort: Cohort, folder: Path) -> None:
    assert len(run(cohort, folder)) == 3
    assert run(cohort, folder) == []
    assert len(log(folder)) == 3


def test_changed_zip_regrades_one(cohort: Cohort, folder: Path) -> None:
    run(cohort, folder)
    make_zip(folder, "2026000002", "wrong VAE/loss_values")
    assert [result.student for result in run(cohort, folder)] == ["2026000002"]
    stored = cohort.stored("2026000002")
    assert stored is not None
    assert stored.tracks["VAE"].points == 55


def test_changed_check_regrades_one_track(cohort: Cohort, folder: Path) -> None:
    run(cohort, folder)
    later = dataclasses.replace(cohort)
    later.__dict__["fingerprints"] = {**cohort.fingerprints, "GAN": "other"}
    assert len(run(later, folder)) == 3
    assert {line.split()[1] for line in log(folder)[3:]} == {"GAN"}


def test_changed_only_leaves_other_marks_alone(cohort: Cohort, folder: Path) -> None:
    run(cohort, folder)
    make_zip(folder, "2026000003", "wrong VAE/loss_values")
    later = dataclasses.replace(cohort)
    later.__dict__["fingerprints"] = dict.fromkeys(ASSIGNMENTS, "other")
    assert [result.student for result in run(later, folder, changed_only=True)] == ["2026000003"]
    assert len(run(later, folder, force=True)) == 3


def test_only_one_check_is_merged_into_the_old_result(cohort: Cohort, folder: Path) -> None:
    run(cohort, folder)
    for number in (1, 2, 3):
        before = cohort.stored(f"202600000{number}")
        assert before is not None
    one = Cohort(cohort.out, ASSIGNMENTS, GradeOptions(secret=b"s", only=("VAE/loss_values",)))
    results = run(one, folder)
    assert len(results) == 3
    assert all(len(result.tracks["VAE"].checks) == len(ASSIGNMENTS["VAE"].checks) for result in results)
    assert all(result.tracks["VAE"].fingerprint == cohort.fingerprints["VAE"] for result in results)


def test_grader_errors_are_tried_again_and_are_not_zero(cohort: Cohort, folder: Path) -> None:
    make_zip(folder, "2026000001", "error VAE/loss_values")
    make_zip(folder, "2026000002", "raise")
    by_student = {result.student: result for result in run(cohort, folder)}
    assert by_student["2026000001"].outcome == "ungraded"
    assert by_student["2026000001"].tracks["VAE"].points is None
    assert "the grader tripped" in by_student["2026000002"].tracks["GAN"].trouble
    assert by_student["2026000003"].outcome == "graded"
    assert {result.student for result in run(cohort, folder)} == {"2026000001", "2026000002"}
    assert log(folder)[3].split()[1] == "VAE"


def test_refused_files_are_not_tried_again_until_they_change(cohort: Cohort, folder: Path) -> None:
    make_zip(folder, "2026000001", "refuse")
    assert run(cohort, folder)[0].outcome == "refused"
    assert run(cohort, folder) == []


@pytest.mark.slow
def test_a_worker_that_dies_costs_nobody_points(tmp_path: Path, cohort: Cohort) -> None:
    folder = tmp_path / "in"
    for number in range(1, 6):
        make_zip(folder, f"202600000{number}", "die" if number == 2 else "pass")
    results = {result.student: result for result in run(cohort, folder, jobs=2)}
    assert len(results) == 5
    assert "died twice" in results["2026000002"].tracks["VAE"].trouble
    assert [s for s, result in results.items() if result.outcome != "graded"] == ["2026000002"]


@pytest.mark.slow
def test_a_worker_that_dies_while_work_is_handed_out_costs_nobody_points(
    tmp_path: Path, cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        make_zip(tmp_path / "in", f"202600000{number}", "die" if number == 1 else "pass")
    pools: list[ProcessPoolExecutor] = []
    make_pool = grader.pool._pool

    def kept(jobs: int, options: GradeOptions | None) -> ProcessPoolExecutor:
        pools.append(make_pool(jobs, options))
        return pools[-1]

    def started(student: str) -> None:
        if student == "2026000002" and len(pools) == 1:
            deadline = time.monotonic() + 60
            while not pools[0]._broken and time.monotonic() < deadline:
                time.sleep(0.01)

    monkeypatch.setattr(grader.pool, "_pool", kept)
    work = [
        (path.stem, path, GradeOptions(secret=b"s", tracks=("VAE",), student=path.stem))
        for path in sorted((tmp_path / "in").glob("*.zip"))
    ]
    results = dict(grade_all(work, 2, started, fake_engine))
    assert sorted(results) == [student for student, _, _ in work]
    assert "died twice" in results["2026000001"].tracks["VAE"].trouble
    assert [s for s, result in results.items() if result.outcome != "graded"] == ["2026000001"]


DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from results_tools import ASSIGNMENTS, fake_engine
from grader.cohort import Cohort, locked
from grader.options import GradeOptions
from grader.submissions import find_submissions

if __name__ == "__main__":
    cohort = Cohort(Path({out!r}), ASSIGNMENTS, GradeOptions(secret=b"s"))
    with locked(cohort.out):
        plan = cohort.plan(find_submissions(Path({folder!r}), ASSIGNMENTS))
        cohort.run(plan.tasks, {jobs}, lambda result: print(result.student, flush=True), grade=fake_engine)
"""


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_kill_9_loses_nothing_and_grades_nothing_twice(tmp_path: Path, jobs: int) -> None:
    folder, out = tmp_path / "in", tmp_path / "results"
    for number in range(8):
        make_zip(folder, f"202600000{number}", "slow 0.3")
    script = tmp_path / "driver.py"
    tests = str(Path(__file__).parent)
    script.write_text(DRIVER.format(tests=tests, out=str(out), folder=str(folder), jobs=jobs))
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    finished = [process.stdout.readline().strip() for _ in range(3)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    stored = {path.parent.name for path in out.glob("*/result.json")}
    assert set(finished) <= stored
    assert len(stored) < 8
    time.sleep(0.5)  # workers notice that their parent is gone
    lines = len(log(folder))
    time.sleep(0.8)
    assert len(log(folder)) == lines
    second = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert sorted(second.stdout.split()) == sorted({f"202600000{n}" for n in range(8)} - stored)
    assert len({path.parent.name for path in out.glob("*/result.json")}) == 8
    assert not list(out.rglob("*.part")) or all(".result" in path.name for path in out.rglob("*.part"))


def test_two_graders_do_not_share_a_folder(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom grader.cohort import locked\n"
        f"with locked(Path({str(tmp_path)!r})):\n    print('in', flush=True)\n    time.sleep(30)\n"
    )
    first = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "in\n"
    with pytest.raises(HomeworkError, match="another grader is at work"), locked(tmp_path):
        pass
    first.kill()
    first.wait()
    with locked(tmp_path):
        pass


def test_results_do_not_pile_up_in_memory(tmp_path: Path) -> None:
    alive = []

    def grade(path: Path, options: GradeOptions) -> SubmissionResult:
        alive.append(path)
        return SubmissionResult(student=path.name)

    work = [(str(number), Path(str(number)), GradeOptions()) for number in range(50)]
    results = grade_all(work, 1, lambda student: None, grade)
    next(results)
    assert len(alive) == 1


def test_what_the_ta_can_mend_stops_the_run() -> None:
    def grade(path: Path, options: GradeOptions) -> SubmissionResult:
        raise HomeworkError("bubblewrap is not installed")

    with pytest.raises(HomeworkError, match="bubblewrap"):
        list(grade_all([("1", Path("1"), GradeOptions())], 1, lambda student: None, grade))


def test_fingerprint_follows_its_own_track(tmp_path: Path) -> None:
    for name in (
        "grader/checks/test_VAE.py",
        "grader/checks/test_GAN.py",
        "solutions/VAE/VAE.py",
        "solutions/GAN/GAN.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    (tmp_path / "hwlib/checking").mkdir(parents=True)

    def prints(**options: object) -> tuple[str, str]:
        chosen = GradeOptions(**options)  # type: ignore[arg-type]
        one, two = (fingerprint(track, ["VAE", "GAN"], chosen, tmp_path) for track in ("VAE", "GAN"))
        return one, two

    base = prints()
    (tmp_path / "grader/checks/test_GAN.py").write_text("2")
    changed = prints()
    assert changed[0] == base[0]
    assert changed[1] != base[1]
    (tmp_path / "hwlib/checking/worker.py").write_text("1")
    assert prints()[0] != changed[0]
    assert (
        len({prints(), prints(fid=True), prints(run=True), prints(secret=b"x"), prints(variant="2025")}) == 5
    )
    assert prints(only=("x",)) == prints()


def test_unknown_track() -> None:
    with pytest.raises(HomeworkError, match="there is no track 'WGAN'"):
        load_assignments(("WGAN",))


def test_zip_tools_make_what_they_say(tmp_path: Path) -> None:
    assert zipfile.ZipFile(make_zip(tmp_path, "1", "refuse")).read("says.txt") == b"refuse"
