"""Report notebooks are executed in the sandbox: hostile ones reach nothing and end in the right place."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.converters.autograde import Autograde
from results_tools import ASSIGNMENTS
from traitlets.config.loader import PyFileConfigLoader
from traitlets.utils.importstring import import_item

from grader.gradebook import sandboxed_execute
from grader.gradebook.course import make_course
from grader.gradebook.report_run import STOPS, Budget, read_run, run_report
from grader.gradebook.sandboxed_execute import MARKER, SUMMARY, SandboxedExecute, shared_wall
from grader.sandbox.bubblewrap import Bubblewrap
from hwlib.checking.errors import StudentError
from hwlib.errors import HomeworkError

slow = pytest.mark.slow
BUDGET = Budget(seconds=60, cell_seconds=20, cell_bytes=20_000)


def notebook(*cells: str, handed_in: tuple[str, ...] = ()) -> Any:
    """A notebook of code cells, the first ones with printed outputs as handed in."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    for cell, text in zip(made.cells, handed_in, strict=False):
        cell.outputs = [nbformat.v4.new_output("stream", text=text)]
    return made


def text_of(outputs: list[dict[str, Any]]) -> str:
    return json.dumps(outputs)


@slow
def test_a_hostile_notebook_reaches_nothing(wall: Bubblewrap, tmp_path: Path) -> None:
    secret = tmp_path / "gradebook.db"
    secret.write_text("all the marks")
    home = Path.home()
    cells = {
        "read": f"open({str(secret)!r}).read()",
        "home": f"import os; os.listdir({str(home / '.config')!r})",
        "answers": "import grader",
        "environment": "print('HOMEWORK_TEST_SECRET' in os.environ, os.environ['HOME'])",
        "network": "import socket; socket.create_connection(('127.0.0.1', 80), 2)",
        "write": f"open({str(tmp_path / 'written.txt')!r}, 'w')",
        "beside": "open('beside.txt', 'w').write('x'); print(os.listdir('.'))",
        "html": (
            "from IPython.display import HTML, Javascript, display\n"
            "display(HTML('<img src=x onerror=alert(1)>'), Javascript('alert(2)'))\n"
            "display({'text/markdown': '<script>alert(3)</script>'}, raw=True)"
        ),
        "flood": "for i in range(300): print('x' * 1000)",
        "bomb": "import subprocess\nfor i in range(500): subprocess.Popen(['sleep', '60'])",
        "leave": "os._exit(0)",
        "never": "print('never')",
    }
    run = run_report(wall, nbformat.writes(notebook(*cells.values())), BUDGET)
    found = {name: text_of(run.outputs.get(index, [])) for index, name in enumerate(cells)}
    assert "FileNotFoundError" in found["read"]
    assert "FileNotFoundError" in found["home"] or "PermissionError" in found["home"]
    assert "ModuleNotFoundError" in found["answers"]
    assert "False /tmp" in found["environment"]
    assert "OSError" in found["network"] or "Connection" in found["network"]
    assert "Error" in found["write"]
    assert not (tmp_path / "written.txt").exists()
    assert "['beside.txt']" in found["beside"]
    assert "<img" not in found["html"]
    assert "alert(2)" not in found["html"]
    assert "<script" not in found["html"]
    assert "20000 bytes of output" in found["flood"]
    assert len(found["flood"]) < 25_000
    assert "Error" in found["bomb"]
    assert len(run.outputs) == len(cells) - 1
    assert run.trouble == "code cell 11 ended the kernel; those after it did not run"


@slow
def test_what_never_ends_is_ended(wall: Bubblewrap) -> None:
    stubborn = (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('begun', flush=True)\n"
        "while True: pass"
    )
    run = run_report(wall, nbformat.writes(notebook("print(1)", stubborn, "print(2)")), Budget(60, 3))
    assert "begun" in text_of(run.outputs[1])
    assert run.trouble.startswith("code cell 2 took longer than 3 seconds")
    assert 2 not in run.outputs


@slow
def test_a_cell_that_says_too_much_takes_nothing_from_the_next(wall: Bubblewrap) -> None:
    loud = [f"for i in range({times}): print('x' * 1000)" for times in (20, 100, 500, 1000, 1500)]
    cells = [cell for pair in zip(loud, ["print('heard')"] * len(loud), strict=True) for cell in pair]
    run = run_report(wall, nbformat.writes(notebook(*cells)), BUDGET)
    assert run.trouble == ""
    assert ["heard" in text_of(run.outputs[index]) for index in range(1, 2 * len(loud), 2)] == [True] * 5
    assert all("20000 bytes of output" in text_of(run.outputs[index]) for index in range(0, 2 * len(loud), 2))


@slow
def test_a_flood_without_end_is_ended(wall: Bubblewrap) -> None:
    flood = "while True: print('x' * 1000)"
    run = run_report(wall, nbformat.writes(notebook("print('before')", flood, "print(2)")), BUDGET)
    assert run.trouble == STOPS["flood"].format(cell=2)
    assert "before" in text_of(run.outputs[0])
    assert "20000 bytes of output" in text_of(run.outputs[1])
    assert 2 not in run.outputs


@slow
def test_a_pipe_in_the_place_of_the_results_is_not_waited_for(wall: Bubblewrap) -> None:
    cells = notebook("import os; os.mkfifo('/submission/executed.json')", "print('after')")
    run = run_report(wall, nbformat.writes(cells), BUDGET)
    assert "after" in text_of(run.outputs[1])
    assert run.trouble == ""


@slow
def test_a_budget_for_the_whole_notebook(wall: Bubblewrap) -> None:
    run = run_report(wall, nbformat.writes(notebook("1", "2")), Budget(seconds=0, cell_seconds=20))
    assert run.trouble == STOPS["time_up"].format(cell=1, seconds=0)
    assert run.outputs == {}


@slow
def test_a_notebook_that_attacks_the_program_around_it(wall: Bubblewrap) -> None:
    kill = "import os; os.kill(os.getppid(), 9); print('still here')"
    run = run_report(wall, nbformat.writes(notebook(kill)), Budget(20, 5))
    assert "still here" in text_of(run.outputs[0])  # the kernel spares the first process of a namespace
    block = "import os; os.mkdir('/submission/executed.json')"
    run = run_report(wall, nbformat.writes(notebook(block)), Budget(20, 5))
    assert run.outputs == {}
    assert run.trouble.startswith("the run ended without results")


class Answers:
    """A session whose worker says what a test wants it to say."""

    def __init__(self, data: object, reply: object = None, error: StudentError | None = None) -> None:
        self.data, self.reply, self.error = data, reply, error

    def __call__(self, *_: object) -> Answers:
        return self

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, op: str, **_: object) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        return {"error": self.reply} if op == "main" else {"data": self.data}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (Answers(None), "it wrote none"),
        (Answers(None, {"type": "ImportError", "message": "no nbclient"}), "ImportError: no nbclient"),
        (Answers(b"", error=StudentError("timeout", "no answer within 5 seconds")), "no answer within"),
        (Answers(b"not JSON"), "none of ours"),
        (Answers(b"[]"), "none of ours"),
        (Answers(b'{"outputs": {"x": []}, "stopped": "", "cell": null}'), "none of ours"),
        (Answers(b'{"outputs": {"0": 5}, "stopped": "", "cell": null}'), "none of ours"),
        (Answers(b"[" * 100_000), "none of ours"),
    ],
)
def test_what_comes_back_is_data(answers: Answers, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.gradebook.report_run.WorkerSession", answers)
    run = run_report(None, "{}")  # type: ignore[arg-type]
    assert run.outputs == {}
    assert reason in run.trouble


def test_claims_in_the_reply_are_not_repeated() -> None:
    said = {"outputs": {}, "stopped": "timeout", "cell": "<script>"}
    trouble = read_run(json.dumps(said).encode(), {"cell_seconds": 1.0, "seconds": 1.0}).trouble
    assert trouble.startswith("code cell ? took longer")
    assert read_run(json.dumps({**said, "stopped": "<b>"}).encode(), {}).trouble == ""


@slow
def test_outputs_are_added_and_never_replaced(wall: Bubblewrap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxed_execute, "shared_wall", lambda: wall)
    report = notebook("print('mine')", "print('other')", "x = 1", handed_in=("mine\n", "forged\n"))
    ours = nbformat.v4.new_code_cell("print('ours')")
    ours.metadata["nbgrader"] = {"locked": True, "grade_id": "setup"}
    report.cells.insert(0, ours)
    done, _ = SandboxedExecute().preprocess(report, {})
    top, setup, same, other, silent = done.cells
    assert top.id == SUMMARY
    assert "3 of 3 code cells" in top.source
    assert "1 with other outputs than handed in" in top.source
    assert setup.outputs == []
    assert [output.text for output in same.outputs] == ["mine\n"]
    assert [output.text for output in other.outputs] == ["forged\n", MARKER, "other\n"]
    assert silent.outputs == []
    nbformat.validate(done)


def test_without_a_sandbox_nothing_is_executed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("grader.sandbox.bubblewrap.shutil.which", lambda name: None)
    monkeypatch.setattr(sandboxed_execute, "_walls", [])
    trap = tmp_path / "executed.txt"
    report = notebook(f"open({str(trap)!r}, 'w')", handed_in=("as handed in\n",))
    step = SandboxedExecute()
    step.log = logging.getLogger("test")
    done, _ = step.preprocess(report, {})
    assert not trap.exists()
    assert "bubblewrap (the program bwrap) is not installed" in done.cells[0].source
    assert "The outputs are those that were handed in" in done.cells[0].source
    assert done.cells[1].outputs[0].text == "as handed in\n"
    assert "taken as handed in" in caplog.text
    monkeypatch.undo()
    monkeypatch.setattr(sandboxed_execute, "_walls", [HomeworkError("looked for once")])
    with pytest.raises(HomeworkError, match="looked for once"):
        shared_wall()


def test_a_report_without_code_of_its_own_is_left_alone() -> None:
    report = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("words")])
    done, _ = SandboxedExecute().preprocess(report, {})
    assert len(done.cells) == 1


def test_the_courses_configuration_replaces_nbgraders_execution(tmp_path: Path) -> None:
    make_course(tmp_path / "course", {"VAE": ASSIGNMENTS["VAE"]})
    config = PyFileConfigLoader("nbgrader_config.py", path=str(tmp_path / "course")).load_config()
    assert config.Execute.enabled is False
    ours = [import_item(name).__name__ for name in config.Autograde.autograde_preprocessors]
    theirs = [step.__name__ for step in Autograde().autograde_preprocessors]
    theirs[theirs.index("Execute")] = "SandboxedExecute"
    theirs.remove("AssignLatePenalties")  # `grader gradebook` enters them, this would take them away
    assert ours == theirs
