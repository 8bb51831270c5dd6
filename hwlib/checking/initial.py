"""Whether initial weights were drawn from the distributions that the handout asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwlib.checking.compare import Replies, as_array, describe, look, number
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.noise import fourth_moment
from hwlib.checking.words import Words, say

SIGMAS = 6.0
"""As many standard errors may a mean or a standard deviation be off; a right solution fails once in 10^8
runs.
"""


@dataclass(frozen=True)
class Drawn:
    """An array of weights from N(mean, std^2); std 0 means that all are equal to the mean.

    Attributes:
        mistakes: what else it may come from: (mistake, mean, std); a std of 0 stands for constants.
        untouched: the mistake to name for anything else.
    """

    of: str
    what: Words
    mean: float
    std: float
    mistakes: tuple[tuple[Mistake, float, float], ...] = ()
    otherwise: Mistake | None = None

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        array = as_array(value)
        expected = say(
            "{what}: mean {mean}, standard deviation {std}",
            "{what}：均值 {mean}，标准差 {std}",
            what=self.what,
            mean=number(self.mean),
            std=number(self.std),
        )
        if array is None or array.size < 2 or not np.isfinite(array).all():
            return Problem(expected, describe(value))
        if _fits(array, self.mean, self.std):
            return None
        found = say(
            "mean {mean}, standard deviation {std}",
            "均值 {mean}，标准差 {std}",
            mean=number(array.mean()),
            std=number(array.std()),
        )
        if _has_moments(array, self.mean, self.std):
            found = say("{found}, but not a normal distribution", "{found}，但不是正态分布", found=found)
        for mistake, mean, std in self.mistakes:
            if _fits(array, mean, std):
                return Problem(expected, found, mistake)
        return Problem(expected, found, self.otherwise)


def _fits(array: np.ndarray, mean: float, std: float) -> bool:
    if std == 0:
        return bool(np.abs(array - mean).max() < 1e-6)
    # The fourth moment tells a normal distribution (3) from a uniform one (1.8).
    fourth = fourth_moment((array - array.mean()) / (array.std() + 1e-12))
    return _has_moments(array, mean, std) and abs(fourth - 3) < SIGMAS * np.sqrt(96 / array.size)


def _has_moments(array: np.ndarray, mean: float, std: float) -> bool:
    """Whether mean and standard deviation are right, for a distribution of that spread."""
    off_mean = abs(float(array.mean()) - mean) > SIGMAS * std / np.sqrt(array.size)
    off_std = abs(float(array.std()) - std) > SIGMAS * std / np.sqrt(2 * array.size)
    return std > 0 and not off_mean and not off_std
