"""Files that can't be imported: found once, tried twice where that is fair, not waited for again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.checks.submission import Submission
from hwlib.assignment import Assignment, load_assignment
from hwlib.checking import workers as module
from hwlib.checking.about import About
from hwlib.checking.errors import NotImportedError, StudentError
from hwlib.checking.judge import Bench
from hwlib.checking.steps import Step
from hwlib.checking.subprocess_transport import SubprocessTransport
from hwlib.checking.transport import cpu_seconds_of
from hwlib.checking.verdict import Outcome
from hwlib.checking.words import NO_WORDS, as_is
from hwlib.checking.workers import SECOND_TIMEOUT, Workers

FILES = ("main.py", "VAE.py", "trainer.py", "dataset.py")
Ends = Callable[[str], StudentError | None]


def timeout(name: str) -> StudentError:
    return StudentError("timeout", f"{name}: no answer within 20 seconds")


class Worker:
    """Stands for a session; `ends` says of each import how it ends the worker, None that it does not."""

    made: list[Worker] = []
    ends: Ends = staticmethod(lambda name: None)
    computed = 0.0  # CPU seconds in each import

    def __init__(self, *_: object, timeout: float) -> None:
        self.timeout, self.alive, self.timed_out, self.asked = timeout, True, False, []
        self.waited = 0.0
        self.cpu_seconds_at_end: float | None = None
        Worker.made.append(self)

    def cpu_seconds(self) -> float:
        return 1.0

    def call(self, op: str, *, timeout: float | None = None, **params: object) -> dict:
        self.asked.append((op, timeout))
        if op == "import":
            error = Worker.ends(params["modules"][0])  # type: ignore[index]
            if error is not None:
                if error.kind != "exception":
                    self.alive, self.timed_out = False, error.kind == "timeout"
                    self.cpu_seconds_at_end = 1.0 + Worker.computed
                raise error
        return {}

    def close(self) -> None:
        self.alive = False


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Workers:
    monkeypatch.setattr(module, "WorkerSession", Worker)
    monkeypatch.setattr(Worker, "made", [])
    (tmp_path / "main.py").write_text("import torch\nfrom VAE import VAE\n")
    (tmp_path / "trainer.py").write_text("def f():\n    import VAE\n")
    workers = Workers(SubprocessTransport(), tmp_path, FILES, 20.0)
    workers.check = "encoder_layers"
    return workers


def construct(workers: Workers, file: str) -> None:
    workers.call("construct", file=file, callable="X")


def test_each_file_is_imported_once_before_it_is_needed(made: Workers) -> None:
    construct(made, "VAE")
    construct(made, "VAE")
    made.call("construct", file="hwlib.checking.standins", callable="bare", args=["dataset", "Dataset", {}])
    made.call("import", modules=["main"])
    made.call("get", target="model")
    (worker,) = Worker.made
    ops = [op for op, _ in worker.asked]
    assert ops == ["import", "construct", "construct", "import", "construct", "import", "import", "get"]


def test_a_loop_costs_its_deadline_once(made: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "ends", lambda name: timeout(name) if name == "VAE" else None)
    monkeypatch.setattr(Worker, "computed", 15.0)
    with pytest.raises(StudentError) as first:
        construct(made, "VAE")
    assert first.value.kind == "timeout"
    assert len(Worker.made) == 1
    made.check = "forward_modes"
    for file in ("VAE", "main"):  # main.py imports it at its first level
        with pytest.raises(NotImportedError) as later:
            construct(made, file)
        assert later.value.check == "encoder_layers"
        assert str(later.value) == "VAE.py can't be imported: VAE: no answer within 20 seconds"
    with pytest.raises(NotImportedError):
        made.fresh_session()
    construct(made, "trainer")
    assert len(Worker.made) == 2
    assert Worker.made[1].timeout == SECOND_TIMEOUT
    assert Worker.made[1].asked == [("import", 20.0), ("construct", None)]


@pytest.mark.parametrize("kind", ["timeout", "crashed"])
def test_what_did_not_keep_the_computer_busy_is_tried_again(
    made: Workers, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    left = [StudentError(kind, "gone")]
    monkeypatch.setattr(Worker, "ends", lambda name: left.pop() if left else None)
    construct(made, "VAE")
    assert len(Worker.made) == 2
    left[:] = [StudentError(kind, "gone"), StudentError(kind, "gone")]
    with pytest.raises(StudentError, match="gone"):
        construct(made, "dataset")
    with pytest.raises(NotImportedError):
        construct(made, "dataset")
    assert not left


def test_patience_with_answers_that_are_just_in_time_ends(made: Workers) -> None:
    construct(made, "VAE")
    Worker.made[0].waited = 80.0
    construct(made, "VAE")
    assert made.timeout == Worker.made[0].timeout == 20.0
    Worker.made[0].alive = False  # what its answers took is not forgotten with it
    construct(made, "VAE")
    Worker.made[1].waited = 50.0
    construct(made, "VAE")
    assert made.timeout == Worker.made[1].timeout == SECOND_TIMEOUT


def test_an_exception_is_for_whoever_needs_the_file(made: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "ends", lambda name: StudentError("exception", "no", type="SyntaxError"))
    construct(made, "VAE")  # the operation itself would fail: this stand-in does not
    assert [op for op, _ in Worker.made[0].asked] == ["import", "construct"]


def test_steps_import_too(made: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ask_steps", lambda session, steps: {"asked": session.asked})
    assert made.run([Step("construct", {"file": "VAE", "callable": "VAE"})]) == {"asked": [("import", 20.0)]}


def test_what_needs_the_file_is_not_reached(tmp_path: Path) -> None:
    assignment = load_assignment(Path(__file__).parents[2] / "handouts" / "VAE")
    bench = Bench(assignment, tmp_path)
    about = About("VAE", "scale", as_is("x"), "data", 2.0, "public", (), NO_WORDS)
    result = bench.failed_with(about, NotImportedError("VAE.py", timeout("VAE"), "encoder_layers"))
    assert result.outcome is Outcome.NOT_REACHED
    assert result.needs == ("VAE/encoder_layers",)
    assert result.found.startswith("VAE.py can't be imported")


@pytest.mark.slow
def test_a_real_loop_ends_a_real_worker_once(tmp_path: Path) -> None:
    (tmp_path / "VAE.py").write_text("while True: pass\n")
    assignment: Assignment = load_assignment(Path(__file__).parents[2] / "handouts" / "VAE")
    with Submission(assignment, tmp_path, SubprocessTransport(), timeout=1.5) as submission:
        for kind in ("timeout", "not_imported"):
            with pytest.raises(StudentError) as caught:
                submission.call("import", modules=["VAE"])
            assert caught.value.kind == kind
        assert submission.session.alive


def test_cpu_seconds_of_what_is_not_there() -> None:
    assert cpu_seconds_of(-1) is None
