"""One training step of the VAE as the parent knows it, on stand-ins whose weights both sides know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from grader.checks import VAE_mistakes as M
from grader.checks.reference import trainer
from hwlib.checking.mistakes import Mistake

State = dict[str, np.ndarray]
Losses = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
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
        (M.ASCENT, {name: -value for name, value in right.items()}),
    ]  # fmt: skip
    if left_over is not None:
        known.append((M.LEFT_OVER_GRADIENTS, {name: right[name] + left_over[name] for name in right}))
    return tuple(known)


def flat(state: State) -> np.ndarray:
    """All numbers of a state in one row, in the order of their names."""
    return np.concatenate([state[name].reshape(-1).astype(np.float64) for name in sorted(state)])
