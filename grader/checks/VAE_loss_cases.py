"""The case of the VAE's losses, and what known mistakes make of them, by the formulas of the handout."""

from __future__ import annotations

import numpy as np
import torch

from grader.checks import VAE_mistakes as M
from grader.checks import tolerances
from grader.checks.inputs import images, normal, uniform
from grader.checks.reference import trainer
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case
from hwlib.checking.expect import Items, Scalar
from hwlib.checking.expect_numbers import Close
from hwlib.checking.mistakes import Mistake
from hwlib.checking.steps import Step
from hwlib.checking.values import Ref
from hwlib.checking.words import say

Rng = np.random.Generator
PIXELS = 32 * 32
MIN_LATENT_DIM = 8
"""More than the images of the smaller batches: an average over the wrong dimension is then never right."""
DATA_BATCH = 4
"""The batch size of the stand-in for the data set; no batch that loss_fn gets has it."""
RECONSTRUCTION_LOSS, KL_DIVERGENCE = say("reconstruction loss", "重构损失"), say("KL divergence", "KL 散度")
LOSSES_RETURNED = say("loss_fn returns (recon_loss, kl_loss)", "loss_fn 返回 (recon_loss, kl_loss)")


def trainer_steps(latent_dim: int) -> tuple[Step, ...]:
    """Makes the student's Trainer, under the name "trainer", with stand-ins for all that it is given."""
    outputs = [[[1, 32, 32], "sigmoid"], [[latent_dim], ""], [[latent_dim], ""]]
    model = {
        "file": "hwlib.checking.standins",
        "callable": "Maps",
        "args": [PIXELS, outputs],
        "kwargs": {"attributes": {"latent_dim": latent_dim, "num_channels": 1}},
        "as_": "standin",
    }
    given = ["cpu", Ref("standin"), Ref("optimizer"), Ref("data"), "results", Ref("writer")]
    names = ("device", "model", "optimizer", "dataset", "ckpt_dir", "tb_writer")
    around = {"file": "hwlib.checking.standins", "callable": "bare", "as_": "trainer",
              "args": ["trainer", "Trainer", dict(zip(names, given, strict=True))]}  # fmt: skip
    return (
        Step("construct", model),
        Step(
            "optimizer",
            {"name": "SGD", "of": ["standin"], "kwargs": {"lr": 1e-4, "momentum": 0.9}, "as_": "optimizer"},
        ),
        Step("stub", {"attributes": {"batch_size": DATA_BATCH, "name": "mnist"}, "as_": "data"}),
        Step("stub", {"as_": "writer"}),
        Step(
            "construct",
            {"file": "trainer", "callable": "Trainer", "args": given, "as_": "trainer"},
            otherwise=(Step("construct", around),),
        ),
    )


def loss_inputs(
    rng: Rng, batch: int, latent_dim: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(target, recon, mu, log_std) as the model gives them."""
    target = images(rng, batch)
    recon = np.clip(target + normal(rng, *target.shape, scale=0.15), 0.03, 0.97).astype(np.float32)
    return target, recon, normal(rng, batch, latent_dim), uniform(rng, batch, latent_dim, low=-1, high=0.6)


def reference_losses(
    target: np.ndarray, recon: np.ndarray, mu: np.ndarray, log_std: np.ndarray, log_variance: bool = False
) -> tuple[float, float]:
    """What the reference gives, computed in float64."""
    tensors = [torch.from_numpy(array.astype(np.float64)) for array in (target, recon, mu, log_std)]
    if log_variance:
        tensors[3] = tensors[3] / 2
    recon_loss, kl_loss = trainer("VAE").loss_fn(*tensors)
    return float(recon_loss), float(kl_loss)


def wrong_reconstruction(target: np.ndarray, recon: np.ndarray) -> tuple[tuple[Mistake, float], ...]:
    """What the known mistakes make of the reconstruction loss."""
    t, r, batch = target.astype(np.float64), recon.astype(np.float64), len(target)

    def bce(x: np.ndarray, y: np.ndarray) -> float:
        return float(-(x * np.log(y) + (1 - x) * np.log(1 - y)).sum() / batch)

    right, pixels = bce(t, r), t[0].size
    logits = float((np.logaddexp(0, r) - t * r).sum() / batch)
    squared = float(((t - r) ** 2).sum() / batch)
    return (
        (M.SUMMED_OVER_BATCH, right * batch),
        (M.PIXEL_MEAN, right / pixels),
        (M.PIXEL_MEAN, right / pixels / batch),
        (M.PIXEL_MEAN, right / pixels * batch),
        (M.PIXEL_MEAN, right / t.shape[-1]),
        (M.FIXED_PIXELS, right / pixels * 28**2),
        *_fixed_batch_sizes(right, batch),
        (M.WRONG_SIGN, -right),
        (M.SWAPPED_ARGUMENTS, bce(r, t)),
        (M.WITH_LOGITS, logits),
        (M.WITH_LOGITS, logits * batch),
        (M.WITH_LOGITS, logits / pixels),
        (M.SQUARED_ERROR, squared),
        (M.SQUARED_ERROR, squared / 2),
        (M.SQUARED_ERROR, squared / pixels),
        (M.SQUARED_ERROR, squared * batch),
        (M.HALF_OF_BCE, float(-(t * np.log(r)).sum() / batch)),
    )


def _fixed_batch_sizes(right: float, batch: int) -> tuple[tuple[Mistake, float], ...]:
    """Divided by a batch size that is written down, or by the data set's, in place of the batch's own."""
    return tuple((M.FIXED_BATCH_SIZE, right * batch / size) for size in (DATA_BATCH, 16, 32, 64, 100, 128))


def wrong_kl(
    mu: np.ndarray, log_std: np.ndarray, log_variance: bool = False
) -> tuple[tuple[Mistake, float], ...]:
    """What the known mistakes make of the KL divergence."""
    m, s, batch = mu.astype(np.float64), log_std.astype(np.float64), len(mu)
    s = s / 2 if log_variance else s
    var = np.exp(2 * s)

    def mean(terms: np.ndarray) -> float:
        return float(terms.sum() / batch)

    right = mean(0.5 * (m**2 + var - 2 * s - 1))
    return (
        (M.SUMMED_OVER_BATCH, right * batch),
        (M.DIMENSION_MEAN, right / m.shape[1]),
        (M.DIMENSION_MEAN, right / m.shape[1] / batch),
        (M.DIMENSION_MEAN, right / m.shape[1] * batch),
        *_fixed_batch_sizes(right, batch),
        (M.WRONG_SIGN, -right),
        (M.MISSING_HALF, 2 * right),
        (M.KL_LOG_VARIANCE, mean(0.5 * (m**2 + np.exp(s) - s - 1))),
        (M.KL_LOG_VARIANCE, mean(0.5 * (m**2 + np.exp(4 * s) - 4 * s - 1))),
        (M.MISSING_MINUS_ONE, mean(0.5 * (m**2 + var - 2 * s))),
        (M.MISSING_MU, mean(0.5 * (var - 2 * s - 1))),
        (M.MU_NOT_SQUARED, mean(0.5 * (m + var - 2 * s - 1))),
        (M.SIGMA_NOT_SQUARED, mean(0.5 * (m**2 + np.exp(s) - 2 * s - 1))),
        (M.SIGMA_NOT_SQUARED, mean(0.5 * (m**2 + 2 * np.exp(s) - 2 * s - 1))),
        (M.NOT_TWICE_LOG, mean(0.5 * (m**2 + var - s - 1))),
        (M.SIGN_OF_TERM, mean(0.5 * (m**2 + var + 2 * s - 1))),
        (M.SIGN_OF_TERM, mean(0.5 * (m**2 + var - 2 * s + 1))),
        (M.SIGN_OF_TERM, mean(0.5 * (m**2 - var - 2 * s - 1))),
        (M.SIGN_OF_TERM, mean(0.5 * (var - m**2 - 2 * s - 1))),
        (M.OTHER_DIRECTION, mean(0.5 * ((1 + m**2) / var + 2 * s - 1))),
    )


def loss_values(rng: Rng, assignment: Assignment, latent_dim: int, log_variance: bool = False) -> Case:
    target, recon, mu, log_std = loss_inputs(rng, 7, latent_dim)
    right = reference_losses(target, recon, mu, log_std, log_variance)
    swapped = ((M.SWAPPED_RESULTS, right[1]), (M.SUM_OF_BOTH, sum(right)))
    return Case(
        "loss_values",
        (
            *trainer_steps(latent_dim),
            Step(
                "call",
                {"target": "trainer", "method": "loss_fn", "args": [target, recon, mu, log_std]},
                "losses",
            ),
        ),
        (
            Items("losses/result", 2, LOSSES_RETURNED),
            Scalar("losses/result/0", RECONSTRUCTION_LOSS),
            Scalar("losses/result/1", KL_DIVERGENCE),
            Close(
                "losses/result/0",
                right[0],
                RECONSTRUCTION_LOSS,
                tolerances.LOSS,
                (*swapped, *wrong_reconstruction(target, recon)),
                M.LOG_OF_ZERO,
            ),
            Close(
                "losses/result/1",
                right[1],
                KL_DIVERGENCE,
                tolerances.LOSS,
                ((M.SUM_OF_BOTH, sum(right)), *wrong_kl(mu, log_std, log_variance)),
            ),
        ),
    )
