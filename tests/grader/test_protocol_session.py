"""The engine: operations, errors, ends; without a sandbox, as students' public checks use it, and within."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.sandbox.bubblewrap import Bubblewrap
from hwlib.checking.protocol import FrameError
from hwlib.checking.session import (
    GraderError,
    Opaque,
    Ref,
    StudentError,
    StudentLine,
    Todo,
    WorkerSession,
    read_replies,
)
from hwlib.checking.subprocess_transport import SubprocessTransport

MODEL = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        convolution = nn.Conv2d(1, 2, 3, padding=1)
        self.body = nn.Sequential(convolution, nn.BatchNorm2d(2), nn.ReLU(inplace=True), nn.Flatten())
        self.head = nn.Linear(32, classes)
        self.unused = nn.Linear(3, 3)

    def forward(self, x, scale=1.0):
        return self.head(self.body(x)) * scale

    def noise(self, mu):
        return mu + torch.randn(*mu.shape)

    def good_noise(self, mu):
        return mu + torch.randn_like(mu)

    def reads_values(self, mu):
        return mu * mu.max().item()

    def made_on_the_cpu(self, mu):
        return torch.zeros(3)

    def two(self, a, b, n):
        return a * b, (a + b).sum(), n

    def blank(self):
        raise NotImplementedError("Net.py, TODO 2 (reparameterize): not filled in yet")

    def other_blank(self):
        raise NotImplementedError("later")

    def fails(self, x):
        return inner(x)

    def prints(self):
        print("printed by the student")

    def long(self, x):
        for _ in range(6000):
            x = x + 1
        return x

    def changes(self, x):
        x.add_(1)

def inner(x):
    return x @ x.T @ torch.ones(77)
"""

TRAINER = """
class Trainer:
    def __init__(self, model, optimizer, data, writer):
        self.model, self.optimizer, self.data, self.writer = model, optimizer, data, writer

    def train_step(self):
        loss = (self.model(self.data.batch()) ** 2).sum()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.writer.add_scalar("loss", float(loss.detach()), 7)
        return loss
"""

MAIN = """
import sys
import Net, trainer, helper, random
open("written.txt", "w").write(helper.WORD + str(random.random() < 2) + " ".join(sys.argv))
print("the program ran")
if __name__ != "__main__": raise RuntimeError("not as a program")
if "--fail" in sys.argv: sys.exit(3)
if "--say" in sys.argv: sys.exit("said")
if "--raise" in sys.argv: raise ValueError("raised")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    files = {
        "Net.py": MODEL, "trainer.py": TRAINER, "main.py": MAIN, "helper.py": "WORD = 'helped'\n",
        "random.py": "raise SystemExit(0)\n", "torch.py": "raise SystemExit(0)\n",
        "broken.py": "x = 1\ndef f(:\n    pass\n", "dies.py": "import os; os._exit(0)\n",
        "sleeps.py": "import time; time.sleep(60)\n",
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "hwlib").mkdir()
    (folder / "hwlib" / "__init__.py").write_text("raise SystemExit(0)\n")
    return folder


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[WorkerSession]:
    with WorkerSession(SubprocessTransport(), folder) as session:
        session.call("import", modules=["Net", "trainer"])
        yield session


@pytest.fixture
def model(session: WorkerSession) -> WorkerSession:
    session.call("construct", file="Net", callable="Net", args=[4], as_="model", seed=3)
    return session


IMAGES = np.random.default_rng(0).random((2, 1, 4, 4)).astype(np.float32)


def test_libraries_win_over_the_student_s_files(session: WorkerSession) -> None:
    reply = session.call("import", modules=["random", "hwlib.files", "helper"])
    assert "randint" in reply["modules"]["random"]
    assert reply["modules"]["helper"] == ["WORD"]


def test_construct_call_and_seeds(model: WorkerSession) -> None:
    first = model.call("call", target="model", args=[IMAGES], kwargs={"scale": 2.0}, mode="eval", grad=False)[
        "result"
    ]
    model.call("construct", file="Net", callable="Net", args=[4], as_="model", seed=3)
    again = model.call("call", target="model", args=[IMAGES], mode="eval")["result"]
    assert first.shape == (2, 4)
    np.testing.assert_allclose(first, 2 * again, rtol=1e-6)
    calls = [
        model.call("call", target="model", method="noise", args=[IMAGES], seed=5)["result"] for _ in range(2)
    ]
    np.testing.assert_array_equal(*calls)
    fresh = model.call("call", target="model", method="noise", args=[IMAGES], times=2)["result"]
    assert len(fresh) == 2
    assert (fresh[0] != fresh[1]).all()


def test_functions_of_modules_kept_values_and_arguments(model: WorkerSession) -> None:
    model.call("call", file="torch", method="ones", args=[3], as_="ones")
    np.testing.assert_array_equal(model.call("get", target="ones")["value"], np.ones(3))
    assert model.call("get", target="model.head.out_features") == {"value": 4, "type": "int"}
    assert model.call("get", target="model")["value"] == Opaque("Net")
    after = model.call("call", target="model", method="changes", args=[IMAGES], after=True)["args"]
    np.testing.assert_allclose(after[0], IMAGES + 1)


def test_state(model: WorkerSession) -> None:
    description = model.call("describe", target="model")
    assert {
        "name": "head.weight",
        "shape": [4, 32],
        "dtype": "float32",
        "requires_grad": True,
    } in description["parameters"]
    assert {"name": "body.1", "type": "BatchNorm2d"} in description["modules"]
    assert description["training"] is True
    weight = np.full((4, 32), 0.5, np.float32)
    model.call(
        "set_state",
        target="model",
        state={"head.weight": weight, "body.1.running_mean": np.ones(2, np.float32)},
    )
    state = model.call("get_state", target="model")["state"]
    np.testing.assert_array_equal(state["head.weight"], weight)
    np.testing.assert_array_equal(state["body.1.running_mean"], np.ones(2))
    assert model.call("fill", target="model", value=0.0)["parameters"] == 8
    assert not model.call("call", target="model", args=[IMAGES])["result"].any()
    for bad in ({"nothing": weight}, {"head.weight": weight[:2]}):
        with pytest.raises(GraderError, match="set_state"):
            model.call("set_state", target="model", state=bad)


def test_gradients(model: WorkerSession) -> None:
    a, b = np.array([1.0, 2.0], np.float32), np.array([3.0, 5.0], np.float32)
    reply = model.call(
        "gradients",
        target="model",
        method="two",
        args=[a, b, 7],
        weights=[np.array([1.0, 10.0], np.float32), 2.0, None],
    )
    np.testing.assert_allclose(reply["args"][0], [3 + 2, 50 + 2])
    np.testing.assert_allclose(reply["args"][1], [1 + 2, 20 + 2])
    assert reply["args"][2] is None
    assert reply["result"][2] == 7
    reply = model.call("gradients", target="model", args=[IMAGES], weights=[1.0], wrt=["model"], mode="eval")
    np.testing.assert_allclose(reply["parameters"]["model.head.bias"], [2, 2, 2, 2])
    assert reply["parameters"]["model.unused.weight"] is None


def test_a_training_step_with_stubs(model: WorkerSession) -> None:
    model.call(
        "optimizer", name="Adam", of=["model"], as_="optimizer", kwargs={"lr": 0.1, "betas": (0.5, 0.999)}
    )
    model.call("stub", as_="data", attributes={"batch_size": 2}, methods={"batch": [IMAGES, IMAGES * 0]})
    model.call("stub", as_="writer")
    references = [Ref("model"), Ref("optimizer"), Ref("data"), Ref("writer")]
    model.call("construct", file="trainer", callable="Trainer", args=references, as_="trainer")
    before = model.call("get_state", target="model")["state"]["head.bias"]
    loss = model.call("call", target="trainer", method="train_step")["result"]
    after = model.call("get_state", target="model")["state"]["head.bias"]
    np.testing.assert_allclose(
        np.abs(after - before), 0.1, rtol=1e-3
    )  # Adam's first step is the learning rate
    assert model.call("stub_calls", target="writer")["calls"] == [
        ["add_scalar", ["loss", float(loss), 7], {}]
    ]
    assert model.call("get_gradients", target="model")["gradients"]["unused.bias"] is None
    state = model.call("optimizer_state", target="optimizer", of=["model"])
    assert state["groups"][0]["betas"] == (0.5, 0.999)
    assert state["state"]["model.head.bias"]["exp_avg"].shape == (4,)
    assert "model.unused.bias" not in state["state"]
    model.call("call", target="trainer", method="train_step")
    assert model.call("stub_calls", target="data")["calls"] == [["batch", [], {}]] * 2


def test_the_trace_leads_from_the_result_to_the_input(model: WorkerSession) -> None:
    trace = model.call("trace", target="model", args=[IMAGES], mode="train")
    makers = {number: op for op in trace["ops"] for number in op["outputs"]}
    names, number, weights = [], trace["results"][0], []
    while number in makers:
        op = makers[number]
        names.append(op["name"])
        inputs = [arg["value"] for arg in op["args"].values() if isinstance(arg, dict)]
        for place in inputs:
            if op["name"] != "t" and trace["values"][place]["kind"] == "parameter":
                weights.append(trace["values"][place]["name"])
        moving = [place for place in inputs if place in makers or place in trace["inputs"]]
        number = moving[0]
    assert names == ["mul", "addmm", "view", "relu_", "native_batch_norm", "convolution"]
    assert number == trace["inputs"][0]
    assert weights == ["head.bias", "body.1.weight", "body.1.bias", "body.0.weight", "body.0.bias"]
    convolution = makers[next(op["outputs"][0] for op in trace["ops"] if op["name"] == "convolution")]
    assert convolution["args"]["padding"] == [1, 1]
    assert convolution["args"]["transposed"] is False
    names = [value["name"] for value in trace["values"]]
    running = trace["arrays"][names.index("body.1.running_mean")]
    np.testing.assert_array_equal(running, [0, 0])  # as it was before the pass


def test_traces_end(model: WorkerSession) -> None:
    with pytest.raises(StudentError, match="more than 5000 operations"):
        model.call("trace", target="model", method="long", args=[IMAGES])


@pytest.mark.parametrize(
    ("method", "verdict"),
    [
        ("noise", "mixed"),
        ("good_noise", "ok"),
        ("reads_values", "inconclusive"),
        ("made_on_the_cpu", "mixed"),
    ],
)
def test_noise_on_the_cpu_is_found_without_a_gpu(model: WorkerSession, method: str, verdict: str) -> None:
    reply = model.call("device_check", target="model", method=method, args=[np.ones((3,), np.float32)])
    assert reply["verdict"] == verdict


def test_errors_hold_the_student_s_lines_only(model: WorkerSession) -> None:
    with pytest.raises(StudentError) as caught:
        model.call("call", target="model", method="fails", args=[np.ones((3, 3), np.float32)])
    error = caught.value
    assert error.kind == "exception"
    assert error.type == "RuntimeError"
    assert [line.function for line in error.traceback] == ["fails", "inner"]
    expected = next(n for n, text in enumerate(MODEL.splitlines(), 1) if "ones(77)" in text)
    assert error.traceback[-1] == StudentLine("Net.py", expected, "inner", "return x @ x.T @ torch.ones(77)")
    assert model.alive


def test_regions_that_are_not_filled_in(model: WorkerSession) -> None:
    with pytest.raises(StudentError) as caught:
        model.call("call", target="model", method="blank")
    assert caught.value.kind == "not_filled_in"
    assert caught.value.todo == Todo("Net.py", 2, "reparameterize")
    with pytest.raises(StudentError) as caught:
        model.call("call", target="model", method="other_blank")
    assert caught.value.kind == "exception"


def test_syntax_errors_have_a_place(session: WorkerSession) -> None:
    with pytest.raises(StudentError) as caught:
        session.call("import", modules=["broken"])
    assert caught.value.type == "SyntaxError"
    assert caught.value.traceback[-1].file == "broken.py"
    assert caught.value.traceback[-1].line == 2


def test_output_is_kept(model: WorkerSession) -> None:
    model.call("call", target="model", method="prints")
    for _ in range(200):
        if "printed by the student" in model.output.text():
            break
        model.call("hello")
    assert "printed by the student" in model.output.text()


@pytest.mark.parametrize(
    ("op", "params", "message"),
    [
        ("nonsense", {}, "unknown operation"),
        ("call", {"target": "nobody"}, "nothing is kept under the name 'nobody'"),
        ("call", {"nonsense": 1}, "no parameter nonsense"),
        ("call", {}, "needs a target"),
        ("construct", {}, "missing"),
        ("construct", {"file": "Net", "callable": "Net", "args": [1], "at": "x"}, "no parameter at"),
        ("stub_calls", {"target": "model"}, "no stub"),
        ("optimizer_state", {"target": "model", "of": []}, "no optimizer"),
        ("list_files", {"path": "../.."}, "outside the student's folder"),
        ("write_files", {"files": {"../evil": b""}}, "outside the student's folder"),
    ],
)
def test_requests_that_make_no_sense_are_our_fault(
    model: WorkerSession, op: str, params: dict, message: str
) -> None:
    with pytest.raises(GraderError, match=message):
        model.call(op, **params)
    assert model.alive


def test_what_is_no_module_is_the_student_s_fault(model: WorkerSession) -> None:
    model.call("call", file="torch", method="ones", args=[3], as_="ones")
    with pytest.raises(StudentError, match="not a torch.nn.Module"):
        model.call("describe", target="ones")


def test_a_reply_without_what_was_asked_for(model: WorkerSession) -> None:
    with pytest.raises(StudentError, match="has no 'points'"):
        model.call("hello")["points"]


def test_several_operations_at_once_end_with_the_first_failure(model: WorkerSession) -> None:
    get = ("get", {"target": "model.head.out_features"})
    results, error = model.call_many([get, ("stub", {"as_": "kept"}), ("stub_calls", {"target": "kept"})])
    assert error is None
    assert results == [{"value": 4, "type": "int"}, {}, {"calls": []}]
    blank = ("call", {"target": "model", "method": "blank"})
    results, error = model.call_many([get, blank, ("call", {"target": "model", "method": "prints"})])
    assert [result["value"] for result in results] == [4]
    assert error is not None
    assert error.kind == "not_filled_in"
    with pytest.raises(GraderError, match="unknown operation"):
        model.call_many([get, ("nonsense", {})])
    assert model.alive


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        (None, "not as many parts"),
        ([], "not as many parts"),
        ([{"result": {"dict": []}}], "not as many parts"),
        ([{"result": {"dict": []}}] * 3, "not as many parts"),
        ([None, None], "no dictionary"),
        ([{"result": 1}], "no dictionary"),
        ([{"error": {"kind": "exception"}}, {"result": {"dict": []}}], "no dictionary"),
    ],
)
def test_parts_of_a_reply_that_were_not_asked_for(replies: object, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        read_replies(replies, [], 2)


@pytest.mark.slow
def test_replies_over_their_limit(wall: Bubblewrap, folder: Path) -> None:
    with WorkerSession(wall, folder) as session:
        with pytest.raises(StudentError, match="over the limit of 100 bytes") as caught:
            session.call("call", file="torch", method="ones", args=[100], reply_limit=100)
        assert caught.value.kind == "bad_reply"
        assert not session.alive


def test_main(wall: Bubblewrap, folder: Path) -> None:
    with WorkerSession(wall, folder) as session:
        ended = session.call("main", argv=["--do_train"])
        assert ended == {"exit": 0, "error": None, "interrupted": False}
        assert session.call("read_file", path="written.txt")["data"] == b"helpedTruemain.py --do_train"
        assert "written.txt" in [file["path"] for file in session.call("list_files")["files"]]
        assert session.call("read_file", path="nothing.txt") == {"data": None, "size": 0}
        assert session.call("main", argv=["--fail"])["exit"] == 3
        assert session.call("main", argv=["--say"])["exit"] == 1
        reply = session.call("main", argv=["--raise"])
        assert reply["exit"] == 1
        assert reply["error"]["type"] == "ValueError"
        assert reply["error"]["traceback"][0]["file"] == "main.py"
        with pytest.raises(StudentError):
            session.call("load_checkpoint", path="main.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "kind", "message"),
    [("dies", "crashed", "exited with code 0"), ("sleeps", "timeout", "no answer within 0.5 seconds")],
)
def test_ends(folder: Path, module: str, kind: str, message: str) -> None:
    with WorkerSession(SubprocessTransport(), folder) as session:
        with pytest.raises(StudentError, match=message) as caught:
            session.call("import", modules=[module], timeout=0.5 if kind == "timeout" else 20)
        assert caught.value.kind == kind
        assert not session.alive
        with pytest.raises(StudentError, match=message):
            session.call("hello")
    with pytest.raises(StudentError):
        session.call("hello")


def test_a_python_that_is_not_there(folder: Path) -> None:
    with pytest.raises(GraderError, match="could not be started"):
        WorkerSession(SubprocessTransport("/nowhere/python"), folder)


def test_a_worker_that_does_not_start(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'no torch here' >&2\nexit 1\n")
    script.chmod(0o755)
    with pytest.raises(GraderError, match="the worker did not start.*exited with code 1"):
        WorkerSession(SubprocessTransport(str(script)), folder)


def test_a_closed_session(wall: Bubblewrap, folder: Path) -> None:
    with WorkerSession(wall, folder) as session:
        pass
    assert not session.alive
    with pytest.raises(StudentError, match="was closed"):
        session.call("hello")


@pytest.mark.slow
def test_output_that_never_ends(wall: Bubblewrap, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwlib.checking.session.MAX_OUTPUT", 1 << 20)
    (folder / "floods.py").write_text("while True: print('x' * 10_000)\n")
    with (
        WorkerSession(wall, folder) as session,
        pytest.raises(StudentError, match="printed more than 1 MiB"),
    ):
        session.call("import", modules=["floods"])
    assert len(session.output.text()) < 40_000
    assert "bytes left out" in session.output.text()
