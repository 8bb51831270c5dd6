"""Loss conventions: what is summed, what is averaged, what the network's outputs stand for."""

from __future__ import annotations

from typing import Literal

from .base import Part, Text

Spread = Literal["log_std", "log_variance"]


class Loss(Part):
    """One loss of the track."""

    id: str
    title: Text
    formula: str  # LaTeX
    sum_over: list[str] = []  # e.g. [channels, height, width]; empty: nothing is summed
    average_over: list[str] = ["batch"]
    at_zero: float | None = None  # value if all parameters are zero
    at_zero_formula: str | None = None  # LaTeX of that value


class Latent(Part):
    """What the second half of the encoder's output stands for."""

    spread: Spread = "log_std"  # as the handout puts it
    accepted: list[Spread] = ["log_std"]  # what the year's grading takes, if model and loss agree
