"""One training step of the VAE as the parent knows it, on stand-ins whose weights both sides know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
import torch
from torch import Tensor, nn

from grader.checks import VAE_loss_cases as cases
from grader.checks import VAE_mistakes as M
from grader.checks import tolerances
from grader.checks.inputs import images, latent_dim_of, weights
from grader.checks.reference import trainer
from grader.checks.submission import Submission, look
from grader.checks.VAE_losses import uses_log_variance
from hwlib.checking.compare import as_array, close
from hwlib.checking.compare import number as number_text
from hwlib.checking.expect import Items
from hwlib.checking.expect_numbers import Close
from hwlib.checking.mistakes import Mistake
from hwlib.checking.standins import Maps
from hwlib.checking.steps import Step
from hwlib.checking.words import say

State = dict[str, np.ndarray]
Losses = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
STEP_RETURNED = say(
    "train_step returns (loss, recon_loss, kl_loss)", "train_step 返回 (loss, recon_loss, kl_loss)"
)
LEARNING_RATE, MOMENTUM = 1e-4, 0.9


@dataclass
class Gradients:
    """Values of one step and the gradients of its two terms, by parameter."""

    recon_loss: float
    kl_loss: float
    recon: State
    kl: State

    @property
    def total(self) -> State:
        return {name: self.recon[name] + self.kl[name] for name in self.recon}


def gradients(model: nn.Module, imgs: np.ndarray, losses: Losses | None = None) -> Gradients:
    """Both losses on images [B, 1, 32, 32] and their gradients; `losses` stands in for the reference's."""
    losses = losses or trainer("VAE").loss_fn
    x = torch.from_numpy(imgs)
    recon, mu, log_std = model(x)
    recon_loss, kl_loss = losses(x, recon, mu, log_std)
    named = dict(model.named_parameters())
    found = []
    for loss in (recon_loss, kl_loss):
        grads = torch.autograd.grad(loss, list(named.values()), retain_graph=True, allow_unused=True)
        found.append(
            {
                name: np.zeros(tuple(parameter.shape)) if grad is None else grad.numpy().astype(np.float64)
                for (name, parameter), grad in zip(named.items(), grads, strict=True)
            }
        )
    return Gradients(float(recon_loss.detach()), float(kl_loss.detach()), *found)


def of_log_variance(target: Tensor, recon: Tensor, mu: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
    """The reference's losses where the network gives log variance, in the years that allow it."""
    recon_loss, kl_loss = trainer("VAE").loss_fn(target, recon, mu, log_variance / 2)
    return recon_loss, kl_loss


def given_losses(values: tuple[float, float], cotangents: list[list[np.ndarray | None]]) -> Losses:
    """The losses that have these values and these gradients with respect to (recon, mu, log_std), to first
    order.
    """

    def losses(target: Tensor, recon: Tensor, mu: Tensor, log_std: Tensor) -> tuple[Tensor, Tensor]:
        results = []
        for value, slopes in zip(values, cotangents, strict=True):
            total = torch.tensor(value) + 0 * recon.sum()
            for tensor, slope in zip((recon, mu, log_std), slopes, strict=True):
                if slope is not None:
                    total = total + ((tensor - tensor.detach()) * torch.from_numpy(slope)).sum()
            results.append(total)
        return results[0], results[1]

    return losses


def wrong_gradients(now: Gradients, left_over: State | None) -> tuple[tuple[Mistake, State], ...]:
    """What the known mistakes would use in place of the gradient of the loss."""
    right = now.total
    zero = {name: np.zeros_like(value) for name, value in right.items()}
    known: list[tuple[Mistake, State]] = [
        (M.NO_UPDATE, zero), (M.ONLY_RECONSTRUCTION, now.recon), (M.ONLY_KL, now.kl),
        (M.KL_SUBTRACTED, {name: now.recon[name] - now.kl[name] for name in right}),
        (M.ASCENT, {name: -value for name, value in right.items()}),
    ]  # fmt: skip
    if left_over is not None:
        known.append((M.LEFT_OVER_GRADIENTS, {name: right[name] + left_over[name] for name in right}))
    return tuple(known)


def flat(state: State) -> np.ndarray:
    """All numbers of a state in one row, in the order of their names."""
    return np.concatenate([state[name].reshape(-1).astype(np.float64) for name in sorted(state)])


def require_steps(submission: Submission, rng: np.random.Generator) -> None:
    """Three steps from equal weights change the model and return the values as the reference's do."""
    convention = of_log_variance if uses_log_variance(submission) else None
    latent_dim = latent_dim_of(rng, submission.assignment, high=9)
    outputs = [((1, 32, 32), "sigmoid"), ((latent_dim,), ""), ((latent_dim,), "")]
    model = Maps(cases.PIXELS, outputs)
    own_loss = not submission.passed("loss_values", "loss_average", "loss_gradients")
    state = weights(rng, {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()})
    setting = Step("set_state", {"target": "standin", "state": state})
    submission.run([*cases.trainer_steps(latent_dim), setting])
    momentum = {name: np.zeros(value.shape) for name, value in state.items()}
    left_over: State | None = None
    for number in range(1, 4):
        imgs = images(rng, 4)
        model.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
        losses = _own_losses(submission, model, imgs) if own_loss else convention
        right = gradients(model, imgs, losses)
        done = submission.run(
            [
                Step("call", {"target": "trainer", "method": "train_step", "args": [imgs]}, "step"),
                Step("get_state", {"target": "standin"}, "model"),
                Step("optimizer_state", {"target": "optimizer", "of": ["standin"]}, "optimizer"),
            ]
        )
        reply, kept = done["step"], look(done, "optimizer/state")
        after = submission.as_state(done["model"], "standin")
        exchanged = _exchanged(model, imgs, convention) if not own_loss else tuple
        _judge_update(submission, number, right, left_over, state, after, momentum, exchanged)
        values = (right.recon_loss + right.kl_loss, right.recon_loss, right.kl_loss)
        submission.require(Items("result", 3, STEP_RETURNED).judge(reply))
        returned = [as_array(look(reply, f"result/{position}")) for position in range(3)]
        in_other_order = any(
            all(
                value is not None and close(value, np.asarray(right_one), tolerances.LOSS)
                for value, right_one in zip(returned, order, strict=True)
            )
            for order in permutations(values)
        )
        for position, name in enumerate(("loss", "recon_loss", "kl_loss")):
            others = tuple(
                (M.STEP_RETURN_ORDER if position or in_other_order else M.LOSS_IS_PART, value)
                for i, value in enumerate(values)
                if i != position
            )
            submission.require(
                Close(
                    f"result/{position}",
                    values[position],
                    say(
                        "{name} returned in step {number}",
                        "第 {number} 步返回的 {name}",
                        name=name,
                        number=number,
                    ),
                    tolerances.LOSS,
                    others,
                ).judge(reply)
            )
        momentum = _momentum(submission, right, kept)
        left_over = {n: right.total[n] + (left_over[n] if left_over else 0) for n in right.total}
        state = after


def _momentum(submission: Submission, right: Gradients, kept: object) -> State:
    """The optimizer's state after a step; parameters without a gradient have none."""
    found = {}
    for name, gradient in right.total.items():
        value = as_array(look({"kept": kept}, f"kept/standin.{name}/momentum_buffer"))
        if value is None and np.abs(gradient).max() > 0:
            submission.wrong(
                say("every parameter is updated by the optimizer", "优化器更新了所有参数"),
                say("no update of {name}", "{name} 没有更新", name=name),
                M.NO_UPDATE,
            )
        found[name] = np.zeros(gradient.shape) if value is None else value
    return found


def _judge_update(
    submission: Submission, number: int, right: Gradients, left_over: State | None,
    before: State, after: State, momentum: State, more: Callable[[], tuple[tuple[Mistake, State], ...]],
) -> None:  # fmt: skip
    rate, keep = LEARNING_RATE, MOMENTUM
    if set(after) != set(before) or any(after[name].shape != before[name].shape for name in before):
        submission.wrong(say("the parameters of the model", "模型原有的参数"), say("others", "其他参数"))

    def change(gradient: State) -> np.ndarray:
        return flat({name: -rate * (keep * momentum[name] + gradient[name]) for name in gradient})

    found = flat(after) - flat(before)
    plain = Close(
        "found",
        change(right.total),
        say("change of the weights in step {number}", "第 {number} 步权重的变化", number=number),
        tolerances.STEP,
    )
    if plain.judge({"found": found}) is None:
        return  # what mistakes would give takes gradients of its own
    still = np.zeros_like(found)
    known = tuple(
        (mistake, change(wrong)) for mistake, wrong in (*wrong_gradients(right, left_over), *more())
    )
    gradient = flat(right.total)
    used = -found / rate - keep * flat(momentum)
    factor = float(used @ gradient / max(float(gradient @ gradient), 1e-30))
    scaled = (_scaled(factor), -rate * (keep * flat(momentum) + factor * gradient))
    twice = -rate * ((1 + keep) * (keep * flat(momentum) + gradient) + gradient)
    mistakes = ((M.NO_UPDATE, still), *known, (M.DOUBLE_STEP, twice), scaled)
    submission.require(replace(plain, mistakes=mistakes).judge({"found": found}))


def _scaled(factor: float) -> Mistake:
    return Mistake(
        "scaled_gradient",
        say("the gradient is {factor} times that of recon_loss + kl_loss",
            "梯度是 recon_loss + kl_loss 的梯度的 {factor} 倍", factor=number_text(factor)),
        say("loss = recon_loss + kl_loss without another factor, and no clipping of gradients.",
            "loss = recon_loss + kl_loss，不乘其他系数，也不裁剪梯度。"),
    )  # fmt: skip


def _exchanged(
    model: nn.Module, imgs: np.ndarray, losses: Losses | None
) -> Callable[[], tuple[tuple[Mistake, State], ...]]:
    """The gradients where arguments of loss_fn are exchanged; made when somebody asks for them."""
    right = losses or trainer("VAE").loss_fn

    def others() -> tuple[tuple[Mistake, State], ...]:
        swapped = gradients(model, imgs, lambda target, recon, mu, log_std: right(recon, target, mu, log_std))
        halves = gradients(model, imgs, lambda target, recon, mu, log_std: right(target, recon, log_std, mu))
        return (M.LOSS_ARGUMENTS, swapped.total), (M.LOSS_ARGUMENTS, halves.total)

    return others


def _own_losses(submission: Submission, model: Maps, imgs: np.ndarray) -> Losses:
    """The submission's own losses: what is wrong with them is judged elsewhere."""
    with torch.no_grad():
        recon, mu, log_std = (tensor.numpy() for tensor in model(torch.from_numpy(imgs)))
    values: list[float] = []
    slopes: list[list[np.ndarray | None]] = []
    for chosen in ([1.0, None], [None, 1.0]):
        reply = submission.call(
            "gradients", target="trainer", method="loss_fn", args=[imgs, recon, mu, log_std], weights=chosen
        )
        position = len(values)
        value = as_array(look(reply, f"result/{position}"))
        if value is None or value.size != 1:
            submission.wrong(cases.LOSSES_RETURNED, say("something else", "其他内容"))
        values.append(float(value.reshape(())))  # type: ignore[union-attr]
        slopes.append([look(reply, f"args/{i}") for i in (1, 2, 3)])
    return given_losses((values[0], values[1]), slopes)
