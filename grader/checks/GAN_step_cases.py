"""The cases of the GAN's training step: the five values that it returns, on stand-ins for both networks."""

from __future__ import annotations

import numpy as np

from grader.checks import GAN_mistakes as M
from grader.checks import GAN_steps as steps
from grader.checks import tolerances
from grader.checks.GAN_standins import BATCH, batch, standin_state, trainer_steps
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case
from hwlib.checking.expect import Items
from hwlib.checking.expect_numbers import Close, Either, Sum
from hwlib.checking.steps import Step
from hwlib.checking.values import Ref
from hwlib.checking.words import say

Rng = np.random.Generator


def _values(rng: Rng, latent_dim: int) -> tuple[tuple[Step, ...], steps.Nets, np.ndarray, np.ndarray]:
    """The steps, and what they start from: networks, real images, latents."""
    state_G, state_D = standin_state(rng, latent_dim)
    real, z = batch(rng, latent_dim)
    again = {"target": "D", "grad": False}
    asked = (
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
    return asked, steps.Nets.of(latent_dim, state_G, state_D), real, z


_FIVE = Items(
    "step/result",
    5,
    say(
        "train_step returns (loss_D, loss_G, D_x, D_G_z1, D_G_z2)",
        "train_step 返回 (loss_D, loss_G, D_x, D_G_z1, D_G_z2)",
    ),
)
_NOT = "times:-1/plus:1"


def _bce(probs: str, label: float) -> tuple[str, ...]:
    """The paths whose sum is the BCE of probabilities."""
    one, other = f"{probs}/log/mean/times:{-label}", f"{probs}/{_NOT}/log/mean/times:{label - 1}"
    return (one,) if label == 1 else (other,) if label == 0 else (one, other)


_LOSS_D = Sum(("real_before/result/log/mean/times:-1", f"fake_before/result/{_NOT}/log/mean/times:-1"))


def discriminator_values(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    asked, nets, images, z = _values(rng, latent_dim)
    between = steps.stepped_between(nets, images, z)
    swapped = Sum((f"real_before/result/{_NOT}/log/mean/times:-1", "fake_before/result/log/mean/times:-1"))
    after = Sum(("real_after/result/log/mean/times:-1", f"fake_after/result/{_NOT}/log/mean/times:-1"))
    tolerance = tolerances.PROBABILITY
    what = say(
        "loss_D, the sum of the losses of real and fake images", "loss_D，即真实图像与生成图像的损失之和"
    )
    d_g_z1 = say(
        "D_G_z1, the average of D over the fake images before its update",
        "D_G_z1，即更新之前 D 在生成图像上的平均值",
    )
    return Case(
        "discriminator_values",
        asked,
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
                            (M.SUMMED, Sum(_LOSS_D.paths, BATCH)),
                            (M.STEPPED_BETWEEN, between.loss),
                            *steps.wrong_losses(nets, images, z),
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
            Either(
                (
                    Close(
                        "step/result/3",
                        "fake_before/result/mean",
                        d_g_z1,
                        tolerance,
                        (
                            (M.AVERAGES_EXCHANGED, "real_before/result/mean"),
                            (M.AFTER_THE_STEP, "fake_after/result/mean"),
                            (M.STEPPED_BETWEEN, between.average),
                            (M.AVERAGE_IS_SUM, "fake_before/result/mean/times:6"),
                        ),
                    ),
                    Close("step/result/4", "fake_before/result/mean", d_g_z1, tolerance),
                )
            ),
        ),
    )


def generator_values(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    tolerance = tolerances.PROBABILITY
    asked, nets, images, z = _values(rng, latent_dim)
    once = steps.stepped_once(nets, images, z)
    fake = "fake_after/result"
    # As `old_discriminator` has it, with the fifth value in the fourth's place.
    exchanged = Sum(("fake_before/result/mean", "step/result/3", "fake_after/result/mean/times:-1"))
    return Case(
        "generator_values",
        asked,
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
                    (M.SUMMED, f"{fake}/log/mean/times:-{BATCH}"),
                    (M.SMOOTHED, Sum(_bce(fake, 0.9))),
                    (M.SIGMOID_TWICE, Sum(_bce(f"{fake}/sigmoid", 1))),
                    (M.REAL_IMAGES, "real_after/result/log/mean/times:-1"),
                    (M.WRONG_OPTIMIZER, once.loss),
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
                    (M.LAST_EXCHANGED, exchanged),
                    (M.OLD_DISCRIMINATOR, "fake_before/result/mean"),
                    (M.WRONG_OPTIMIZER, once.average),
                    (M.AVERAGE_IS_SUM, "fake_after/result/mean/times:6"),
                ),
            ),
        ),
    )
