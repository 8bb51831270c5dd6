"""The cases of the GAN's training step: the five values that it returns, on stand-ins for both networks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from grader.checks import GAN_mistakes as M
from grader.checks import tolerances
from grader.checks.inputs import images, normal, weights
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case
from hwlib.checking.expect import Close, Either, Items, Sum
from hwlib.checking.standins import Maps
from hwlib.checking.steps import Step
from hwlib.checking.values import Ref
from hwlib.checking.words import say

Rng = np.random.Generator
PIXELS = 32 * 32
HIDDEN = 4
RATE = 0.1
State = dict[str, np.ndarray]
Shapes = dict[str, tuple[int, ...]]


def standins(latent_dim: int) -> tuple[Maps, Maps]:
    """(generator, discriminator) as the worker builds them."""
    (inputs_G, outputs_G), (inputs_D, outputs_D) = _arguments(latent_dim)
    return Maps(inputs_G, outputs_G), Maps(inputs_D, outputs_D, norm=True)


def _arguments(latent_dim: int) -> tuple[list[Any], list[Any]]:
    return [latent_dim, [[[1, 32, 32], "tanh"]]], [PIXELS, [[[], "sigmoid"]]]


def standin_state(rng: Rng, latent_dim: int) -> tuple[State, State]:
    """Weights for both stand-ins."""
    shapes_G, shapes_D = _shapes(latent_dim)
    return weights(rng, shapes_G), weights(rng, shapes_D)


@cache
def _shapes(latent_dim: int) -> tuple[Shapes, Shapes]:
    """Of the parameters of both stand-ins, by name."""
    found = [
        {name: tuple(tensor.shape) for name, tensor in network.named_parameters()}
        for network in standins(latent_dim)
    ]
    return found[0], found[1]


def trainer_steps(latent_dim: int, state_G: State, state_D: State, momentum: float = 0.0) -> tuple[Step, ...]:
    """Makes the student's Trainer, under the name "trainer", with stand-ins for all that it is given."""
    names = ("device", "netG", "netD", "optimG", "optimD", "dataset", "ckpt_dir", "tb_writer")
    given = ["cpu", Ref("G"), Ref("D"), Ref("optimG"), Ref("optimD"), Ref("data"), "results", Ref("writer")]
    arguments_G, arguments_D = _arguments(latent_dim)
    make = {"file": "hwlib.checking.standins", "callable": "Maps"}
    sgd = {"name": "SGD", "kwargs": {"lr": RATE, "momentum": momentum}}
    around = {"file": "hwlib.checking.standins", "callable": "bare", "as_": "trainer",
              "args": ["trainer", "Trainer", dict(zip(names, given, strict=True))]}  # fmt: skip
    attributes = {"latent_dim": latent_dim, "num_channels": 1, "hidden_dim": HIDDEN}
    return (
        Step("construct", {**make, "args": arguments_G, "kwargs": {"attributes": attributes}, "as_": "G"}),
        Step("construct", {**make, "args": arguments_D, "kwargs": {"norm": True}, "as_": "D"}),
        Step("set_state", {"target": "G", "state": state_G}),
        Step("set_state", {"target": "D", "state": state_D}),
        Step("optimizer", {**sgd, "of": ["G"], "as_": "optimG"}),
        Step("optimizer", {**sgd, "of": ["D"], "as_": "optimD"}),
        Step("stub", {"attributes": {"batch_size": 4, "name": "mnist"}, "as_": "data"}),
        Step("stub", {"as_": "writer"}),
        Step("construct", {"file": "torch.nn", "callable": "BCELoss", "as_": "bce"}),
        Step(
            "construct",
            {"file": "trainer", "callable": "Trainer", "args": given, "as_": "trainer"},
            otherwise=(Step("construct", around),),
        ),
    )


def _values(rng: Rng, latent_dim: int) -> tuple[Step, ...]:
    state_G, state_D = standin_state(rng, latent_dim)
    real, z = 2 * images(rng, 6) - 1, normal(rng, 6, latent_dim, 1, 1)
    again = {"target": "D", "grad": False}
    return (
        *trainer_steps(latent_dim, state_G, state_D),
        Step("call", {"target": "G", "args": [z], "as_": "fake"}, "fake"),
        Step("call", {**again, "args": [real]}, "real_before"),
        Step("call", {**again, "args": [Ref("fake")]}, "fake_before"),
        Step(
            "call",
            {"target": "trainer", "method": "train_step", "args": [real, Ref("fake"), Ref("bce")]},
            "step",
        ),
        Step("call", {**again, "args": [real]}, "real_after"),
        Step("call", {**again, "args": [Ref("fake")]}, "fake_after"),
        Step("get_state", {"target": "D"}, "D"),
    )


_FIVE = Items(
    "step/result",
    5,
    say(
        "train_step returns (loss_D, loss_G, D_x, D_G_z1, D_G_z2)",
        "train_step 返回 (loss_D, loss_G, D_x, D_G_z1, D_G_z2)",
    ),
)
_NOT = "times:-1/plus:1"
_LOSS_D = Sum(("real_before/result/log/mean/times:-1", f"fake_before/result/{_NOT}/log/mean/times:-1"))


def discriminator_values(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    steps = _values(rng, latent_dim)
    swapped = Sum((f"real_before/result/{_NOT}/log/mean/times:-1", "fake_before/result/log/mean/times:-1"))
    after = Sum(("real_after/result/log/mean/times:-1", f"fake_after/result/{_NOT}/log/mean/times:-1"))
    tolerance = tolerances.PROBABILITY
    what = say(
        "loss_D, the sum of the losses of real and fake images", "loss_D，即真实图像与生成图像的损失之和"
    )
    return Case(
        "discriminator_values",
        steps,
        (
            _FIVE,
            Either(
                (
                    Close(
                        "step/result/0",
                        _LOSS_D,
                        what,
                        tolerance,
                        (
                            (M.LABELS_SWAPPED, swapped),
                            (M.HALVED, Sum(_LOSS_D.paths, 0.5)),
                            (M.ONLY_REAL, Sum(_LOSS_D.paths[:1])),
                            (M.ONLY_FAKE, Sum(_LOSS_D.paths[1:])),
                            (M.AFTER_THE_STEP, after),
                            (M.ASCENT, Sum(_LOSS_D.paths, -1.0)),
                            (M.HALVED, Sum(swapped.paths, 0.5)),
                        ),
                    ),
                    # The line that returns it is the generator's, and so is a wrong order in it.
                    Close("step/result/1", _LOSS_D, what, tolerance),
                )
            ),
            Close(
                "step/result/2",
                "real_before/result/mean",
                say(
                    "D_x, the average of D over the real images before its update",
                    "D_x，即更新之前 D 在真实图像上的平均值",
                ),
                tolerance,
                (
                    (M.AVERAGES_EXCHANGED, "fake_before/result/mean"),
                    (M.AFTER_THE_STEP, "real_after/result/mean"),
                    (M.AVERAGE_IS_SUM, "real_before/result/mean/times:6"),
                ),
            ),
            Close(
                "step/result/3",
                "fake_before/result/mean",
                say(
                    "D_G_z1, the average of D over the fake images before its update",
                    "D_G_z1，即更新之前 D 在生成图像上的平均值",
                ),
                tolerance,
                (
                    (M.AVERAGES_EXCHANGED, "real_before/result/mean"),
                    (M.AFTER_THE_STEP, "fake_after/result/mean"),
                    (M.AVERAGE_IS_SUM, "fake_before/result/mean/times:6"),
                ),
            ),
        ),
    )


def generator_values(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    tolerance = tolerances.PROBABILITY
    return Case(
        "generator_values",
        _values(rng, latent_dim),
        (
            _FIVE,
            Close(
                "step/result/1",
                "fake_after/result/log/mean/times:-1",
                say(
                    "loss_G, the average of -log D(G(z)) after the update of D",
                    "loss_G，即更新 D 之后 -log D(G(z)) 的平均值",
                ),
                tolerance,
                (
                    (M.LOSSES_EXCHANGED, _LOSS_D),
                    (M.OLD_DISCRIMINATOR, "fake_before/result/log/mean/times:-1"),
                    (M.SATURATING, f"fake_after/result/{_NOT}/log/mean"),
                    (M.FAKE_LABEL, f"fake_after/result/{_NOT}/log/mean/times:-1"),
                    (M.SATURATING, f"fake_before/result/{_NOT}/log/mean"),
                ),
            ),
            Close(
                "step/result/4",
                "fake_after/result/mean",
                say(
                    "D_G_z2, the average of D over the fake images after its update",
                    "D_G_z2，即更新之后 D 在生成图像上的平均值",
                ),
                tolerance,
                (
                    (M.OLD_DISCRIMINATOR, "fake_before/result/mean"),
                    (M.AVERAGE_IS_SUM, "fake_after/result/mean/times:6"),
                ),
            ),
        ),
    )
