"""What a check says to replies that no honest worker gives, and to what is missing on our side."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from grader.checks import (
    GAN_standins,
    GAN_taken,
    VAE_losses,
    VAE_steps,
    public_cases,
    quality,
    rebuild,
    reference,
    training,
)
from grader.checks.conftest import _report
from grader.checks.reference import HANDOUTS, SOLUTIONS
from grader.checks.submission import Submission, WrongError
from grader.checks.test_GAN import TRAINED
from hwlib.assignment import load_assignment
from hwlib.checking.errors import StudentLine
from hwlib.checking.layer_table import wanted_rows
from hwlib.checking.layers import Row
from hwlib.checking.session import GraderError, StudentError
from hwlib.checking.standins import Maps
from hwlib.checking.steps import Step
from hwlib.checking.subprocess_transport import SubprocessTransport
from hwlib.checking.verdict import CheckResult, Outcome
from hwlib.errors import HomeworkError


class Forged(Submission):
    """A submission whose worker replies what it was told to, by operation; {} to all others."""

    def __init__(self, track: str, **replies: Any) -> None:
        super().__init__(load_assignment(HANDOUTS / track), SOLUTIONS / track, SubprocessTransport())
        self.replies = replies

    def call(self, op: str, /, **params: Any) -> Any:
        return self.replies.get(op, {})

    def run(self, steps: Sequence[Step]) -> dict[str, Any]:
        return {step.name: self.call(step.op) for step in steps}


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


# --- the GAN's step ---------------------------------------------------------------------------------------


def test_other_parameters_after_the_step_are_wrong() -> None:
    before = GAN_standins.standin_state(rng(), 5)
    for state in ({"w": np.zeros(2)}, {name: np.zeros(1) for name in before[0]}):
        forged = Forged("GAN", get_state={"state": state})
        with pytest.raises(WrongError, match="the same parameters after the step"):
            GAN_taken.take_step(forged, before, np.zeros((6, 1, 32, 32)), np.zeros((6, 5, 1, 1)))
    with pytest.raises(WrongError, match="the discriminator's parameters after the step"):
        GAN_taken.require_trusted(Forged("GAN"), "discriminator_values", {})


def test_stand_ins_that_answer_otherwise_were_changed() -> None:
    forged = Forged("GAN")
    drawn = forged.rng("discriminator_values")
    _, state = GAN_standins.standin_state(drawn, int(drawn.integers(5, 13)))
    replies = {"D": {"state": state}, "real_before": {"result": np.zeros(6)}}
    with pytest.raises(WrongError, match="stay as they are"):
        GAN_taken.require_trusted(forged, "discriminator_values", replies)


def test_an_error_before_the_discriminators_update_is_the_verdict() -> None:
    forged, state = Forged("GAN"), {"w": np.ones(2)}
    error = StudentError("exception", "boom")
    taken = GAN_taken.StepTaken(state, state, state, state, np.zeros(1), np.zeros(1), error)
    with pytest.raises(StudentError, match="boom"):
        GAN_taken.require_discriminator_step(forged, taken)
    taken.after_D = {"w": np.zeros(2)}
    GAN_taken.require_discriminator_step(forged, taken)  # later: the generator's part has to answer for it
    first = next(span for span in forged.bench.spans.values() if span.file == "trainer.py").first
    error.traceback = (StudentLine("trainer.py", first + 1, "train_step", ""),)
    with pytest.raises(StudentError, match="boom"):  # later, but in the discriminator's own region
        GAN_taken.require_discriminator_step(forged, taken)


# --- the VAE's losses and step ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "says"),
    [
        ([np.ones(3), np.ones(())], "one number .* found a tensor of shape \\[3\\]"),
        (["a", np.ones(())], "one number .* found 'a'"),
        ([np.array(np.nan), np.ones(())], "finite losses of a single image"),
    ],
)
def test_losses_that_are_no_numbers(losses: list[Any], says: str) -> None:
    with pytest.raises(WrongError, match=says):
        VAE_losses.require_averages(Forged("VAE", call={"result": losses}), rng())


def test_losses_without_gradients() -> None:
    forged = Forged("VAE", gradients={"result": [np.ones(()), np.ones(())], "args": [None] * 4})
    with pytest.raises(WrongError, match="a gradient of the losses with respect to x'"):
        VAE_losses.require_gradients(forged, rng())


def test_a_step_that_is_none() -> None:
    forged = Forged("VAE", gradients={"result": [np.ones(2), np.ones(2)]})
    with pytest.raises(WrongError, match="loss_fn returns .* found something else"):
        VAE_steps.require_steps(forged, rng())
    model = Maps(4, [((1, 2, 2), "sigmoid"), ((2,), ""), ((2,), "")])
    state = {name: value.numpy() for name, value in model.state_dict().items()}
    right = VAE_steps.gradients(model, rng().random((3, 1, 2, 2)).astype(np.float32))
    with pytest.raises(WrongError, match="the parameters of the model; found others"):
        VAE_steps._judge_update(forged, 1, right, None, state, {}, state, tuple)
    with pytest.raises(WrongError, match="updated by the optimizer; found no update of"):
        VAE_steps._momentum(forged, right, "forged")


# --- the trained model ------------------------------------------------------------------------------------


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Forged:
    """A submission whose sampling worker is forged, too."""
    forged = Forged("GAN")
    monkeypatch.setattr(quality, "_wall", lambda *given, **named: nullcontext())
    monkeypatch.setattr(quality, "WorkerSession", lambda *given, **named: nullcontext(forged))
    return forged


def test_samples_that_are_no_images(scored: Forged, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = training.Trained({}, {"latent_dim": 100, "hidden_dim": 16})
    real = torch.zeros(20, 1, 32, 32, dtype=torch.uint8)
    for images in (
        None,
        np.zeros((3, 1, 32, 32)),
        np.full((20, 1, 32, 32), np.nan),
        np.full((20, 1, 32, 32), 2.0),
    ):
        scored.replies["call"] = {"result": images}
        with pytest.raises(WrongError, match="20 finite images .* in \\[0, 1\\]"):
            quality.score(scored, TRAINED, trained, real, None)  # type: ignore[arg-type]

    def fails(*given: Any, **named: Any) -> None:
        raise HomeworkError("no weights")

    monkeypatch.setattr(quality, "evaluate_fid", fails)
    with pytest.raises(GraderError, match="no weights"):
        quality.score(scored, TRAINED, trained, real, None)  # type: ignore[arg-type]


def test_a_checkpoint_without_weights() -> None:
    settings = {"latent_dim": 100, "hidden_dim": 16}
    with pytest.raises(WrongError, match="a checkpoint with the weights of netG; found another content"):
        training.restored(Forged("GAN"), TRAINED, settings, "a/step-00000001.pt")  # type: ignore[arg-type]


def test_a_trace_without_the_tables_weights() -> None:
    settings = {"num_channels": 1, "latent_dim": 5, "hidden_dim": 4}
    first = wanted_rows(load_assignment(HANDOUTS / "GAN").network("generator"), settings)[0]
    z = torch.zeros(2, 5, 1, 1)
    row = Row("transposed_conv", [(16, 4, 4)], weight=torch.zeros(5, 16, 4, 4))
    with pytest.raises(rebuild.RebuildError) as caught:
        rebuild._layer(row, first, z)
    assert caught.value.problem.expected.en == "Gen-1: a BatchNorm"
    for weight in (None, torch.zeros(5, 16, 3, 3)):
        with pytest.raises(rebuild.RebuildError) as caught:
            rebuild._layer(Row("transposed_conv", [(16, 4, 4)], weight=weight), first, z)
        assert caught.value.problem.expected.en == "Gen-1: weights of shape [5, 16, 4, 4]"
    with pytest.raises(rebuild.RebuildError, match="0 layers"):
        rebuild.outputs_of([], [first], z.numpy())


# --- what is missing on our side --------------------------------------------------------------------------


def test_a_reference_that_is_missing() -> None:
    with pytest.raises(FileNotFoundError, match="none.py is missing: the checks of VAE need its reference"):
        reference.module("VAE", "none")


def test_a_public_check_that_is_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(name: str, *given: Any) -> None:
        raise KeyError(name)

    monkeypatch.setattr("grader.checks.VAE_cases.build", build)
    with pytest.raises(HomeworkError, match="encoder_layers is not in grader/checks/VAE_cases.py"):
        public_cases.cases_for(load_assignment(HANDOUTS / "VAE"))


def test_under_pytest_a_grader_error_is_an_error_and_no_failure() -> None:
    made = CheckResult(
        id="VAE/x", title="x", track="VAE", region="loss", points=None, max_points=1, visibility="hidden",
        outcome=Outcome.GRADER_ERROR, private="it broke",
    )  # fmt: skip
    item = SimpleNamespace(user_properties=[])
    with pytest.raises(RuntimeError, match="grader error: it broke"):
        _report(made, item)
    assert ("outcome", "grader_error") in item.user_properties
