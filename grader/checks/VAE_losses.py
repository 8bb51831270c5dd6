"""What a submission's loss_fn is held against beyond single values: averages, gradients, its convention."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from grader.checks import VAE_loss_cases as cases
from grader.checks import VAE_mistakes as M
from grader.checks import tolerances
from grader.checks.inputs import latent_dim_of
from grader.checks.submission import Submission, look
from hwlib.checking.compare import as_array
from hwlib.checking.expect import NOT_FINITE, Items, Scalar
from hwlib.checking.expect_numbers import Close
from hwlib.checking.session import StudentError
from hwlib.checking.steps import Step
from hwlib.checking.words import Words, say

LOSSES = (cases.RECONSTRUCTION_LOSS, cases.KL_DIVERGENCE)


def uses_log_variance(submission: Submission) -> bool:
    """Whether the year allows log variance and this submission's loss reads it so."""
    latent = submission.assignment.latent
    if latent is None or "log_variance" not in latent.accepted:
        return False
    if latent.accepted == ["log_variance"]:
        return True
    if "log_variance" not in submission.notes:
        submission.notes["log_variance"] = _reads_log_variance(submission)
    return bool(submission.notes["log_variance"])


def _reads_log_variance(submission: Submission) -> bool:
    half = np.full((2, 1, 32, 32), 0.5, dtype=np.float32)
    mu, spread = np.zeros((2, 3), dtype=np.float32), np.ones((2, 3), dtype=np.float32)
    try:
        make_trainer(submission, 3)
        reply = submission.call("call", target="trainer", method="loss_fn", args=[half, half, mu, spread])
    except StudentError:
        return False
    found = as_array(look(reply, "result/1"))
    right = cases.reference_losses(half, half, mu, spread, log_variance=True)[1]
    return found is not None and found.size == 1 and abs(float(found.reshape(())) - right) < 1e-3


def make_trainer(submission: Submission, latent_dim: int) -> None:
    """Makes the student's Trainer in the worker, without its __init__ where that fails."""
    submission.run(cases.trainer_steps(latent_dim))


def require_numbers(submission: Submission, reply: Any) -> None:
    """The reply to a call of loss_fn has two numbers for a result; otherwise the check ends as wrong."""
    submission.require(Items("result", 2, cases.LOSSES_RETURNED).judge(reply))
    for position, name in enumerate(LOSSES):
        submission.require(Scalar(f"result/{position}", name).judge(reply))


def require_averages(submission: Submission, rng: np.random.Generator) -> None:
    """The same images twice change nothing; twice as many pixels or latent dimensions double a loss.

    A reconstruction loss that is right for images of 1,024 pixels is summed over them: the handout's formula
    has this number, and so may the student's.
    """
    latent_dim = latent_dim_of(rng, submission.assignment, low=cases.MIN_LATENT_DIM)
    single, seven, many = (cases.loss_inputs(rng, batch, latent_dim) for batch in (1, 7, 64))
    asked = {
        "single": single,
        "7": seven,
        "7 twice": tuple(np.concatenate([array, array]) for array in seven),
        **{f"7 at {i}": tuple(array[i : i + 1] for array in seven) for i in range(7)},
        "7 wide": tuple(np.concatenate([array, array], 1) for array in seven),
        "64": many,
        "64 twice": tuple(np.concatenate([array, array]) for array in many),
    }
    ask = {"target": "trainer", "method": "loss_fn"}
    replies = submission.run(
        [
            *cases.trainer_steps(latent_dim),
            *(
                Step("call", {**ask, "args": list(arrays)}, which, may_fail=True)
                for which, arrays in asked.items()
            ),
        ]
    )

    def losses(which: str) -> list[np.ndarray]:
        reply = replies[which]
        if isinstance(reply.get("error"), StudentError):
            raise reply["error"]
        require_numbers(submission, reply)
        found = [as_array(look(reply, f"result/{position}")) for position in (0, 1)]
        return [value for value in found if value is not None]

    def compare(found: np.ndarray, right: np.ndarray, what: Words, mistakes: tuple = ()) -> None:
        submission.require(Close("found", right, what, tolerances.LOSS, mistakes).judge({"found": found}))

    # What the check of the values has named is what it is here, too.
    named = submission.results["loss_values"].misconception if "loss_values" in submission.results else None
    fixed = named is not None and named.id == M.FIXED_BATCH_SIZE.id
    summed = M.FIXED_BATCH_SIZE if fixed else M.SUMMED_OVER_BATCH
    right = cases.reference_losses(*seven)[0]
    if not np.isfinite(losses("single")).all():
        submission.wrong(say("finite losses of a single image", "单幅图像的损失为有限值"), NOT_FINITE)
    for batch in (7, 64):
        plain, twice = losses(f"{batch}"), losses(f"{batch} twice")
        for position, name in enumerate(LOSSES):
            compare(
                twice[position],
                plain[position],
                say(
                    "{loss} of a batch of {batch}, and of the same images twice",
                    "批大小为 {batch} 时的 {loss}，以及同样的图像重复一遍时的 {loss}",
                    loss=name,
                    batch=batch,
                ),
                ((summed, 2 * plain[position]),),
            )
        if batch == 7:
            apart = np.mean([losses(f"7 at {i}") for i in range(batch)], 0)
            for position, name in enumerate(LOSSES):
                compare(
                    plain[position], apart[position],
                    say("{loss} of a batch: the average over its images", "一个批的 {loss}：各图像的平均",
                        loss=name),
                    ((summed, batch * apart[position]),),
                )  # fmt: skip
            wide = losses("7 wide")
            for position, (name, mistake) in enumerate(
                (
                    (
                        say("reconstruction loss, summed over all pixels", "对所有像素求和的重构损失"),
                        M.PIXEL_MEAN,
                    ),
                    (
                        say("KL divergence, summed over all latent dimensions", "对隐变量各维求和的 KL 散度"),
                        M.DIMENSION_MEAN,
                    ),
                )
            ):
                if position == 0 and np.isclose(plain[0], right, rtol=tolerances.LOSS):
                    continue
                compare(wide[position], 2 * plain[position], name, ((mistake, plain[position]),))


def require_gradients(submission: Submission, rng: np.random.Generator) -> None:
    """Gradients with respect to recon, mu and log sigma as the reference's; finite at x' = 0 and x' = 1."""
    latent_dim, log_variance = (
        latent_dim_of(rng, submission.assignment, low=cases.MIN_LATENT_DIM),
        uses_log_variance(submission),
    )
    arrays = cases.loss_inputs(rng, 5, latent_dim)
    ask = {"target": "trainer", "method": "loss_fn", "weights": [1.0, 1.0]}
    asked = Step("gradients", {**ask, "args": list(arrays)}, "gradients")
    reply = submission.run([*cases.trainer_steps(latent_dim), asked])["gradients"]
    require_numbers(submission, reply)
    tensors = [torch.from_numpy(array.astype(np.float64)).requires_grad_() for array in arrays]
    target, recon, mu, log_std = tensors
    total = sum(cases.trainer("VAE").loss_fn(target, recon, mu, log_std / 2 if log_variance else log_std))
    right = torch.autograd.grad(total, tensors[1:])
    for position, (name, expected) in enumerate(zip(("x'", "mu", "log sigma"), right, strict=True), 1):
        found = look(reply, f"args/{position}")
        if found is None:
            wanted = say("a gradient of the losses with respect to {name}", "损失对 {name} 有梯度", name=name)
            submission.wrong(wanted, say("none", "没有"), M.DETACHED)
        batch = len(arrays[0])
        size = 1024 if position == 1 else latent_dim
        known = (
            (M.DETACHED, np.zeros(expected.shape)), (M.SUMMED_OVER_BATCH, batch * expected.numpy()),
            (M.PIXEL_MEAN if position == 1 else M.DIMENSION_MEAN, expected.numpy() / size),
            (M.WRONG_SIGN, -expected.numpy()),
        )  # fmt: skip
        submission.require(
            Close(
                "found",
                expected.numpy(),
                say("gradient of the losses with respect to {name}", "损失对 {name} 的梯度", name=name),
                tolerances.LOSS_GRADIENT,
                known,
            ).judge({"found": found})
        )
    target_array = (rng.random((5, 1, 32, 32)) < 0.5).astype(np.float32)
    edges = (rng.random((5, 1, 32, 32)) < 0.5).astype(np.float32)
    reply = submission.call("gradients", args=[target_array, edges, *arrays[2:]], **ask)
    for path, what in (
        (
            "result/0",
            say("a finite reconstruction loss where x' is 0 or 1", "x' 为 0 或 1 时重构损失为有限值"),
        ),
        (
            "args/1",
            say("a finite gradient of it where x' is 0 or 1", "x' 为 0 或 1 时重构损失的梯度为有限值"),
        ),
    ):
        found = as_array(look(reply, path))
        if found is None or not np.isfinite(found).all():
            submission.wrong(what, NOT_FINITE, M.LOG_OF_ZERO)
