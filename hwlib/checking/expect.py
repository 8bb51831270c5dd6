"""What a check expects of the replies of a worker. Each kind can be stored (see cases) and judged
anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from hwlib.checking.compare import (
    NOTHING,
    Replies,
    as_array,
    describe,
    look,
    number,
    shape_text,
)
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.words import Words, as_is, say


class Expectation(Protocol):
    """Anything that can look at the replies of a case's steps."""

    def judge(self, replies: Replies) -> Problem | None:
        """What is wrong; None if nothing is."""


NOT_FINITE = say("NaN or infinite values", "NaN 或无穷大")


def of_shape(what: Words, shape: Sequence[int]) -> Words:
    """`what` with its shape, for an expectation."""
    return say("{what} of shape {shape}", "{what}，形状 {shape}", what=what, shape=shape_text(shape))


def with_dtype(what: Words, dtype: str) -> Words:
    """`what` with its number format, for an expectation."""
    return say("{what}, {dtype}", "{what}，{dtype}", what=what, dtype=dtype)


@dataclass(frozen=True)
class Items:
    """A tuple or list of that many values, e.g. the three that `forward` returns.

    `single` is the mistake to name for an array in their place.
    """

    of: str
    count: int
    what: Words
    single: Mistake | None = None

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        if isinstance(value, (tuple, list)) and len(value) == self.count:
            return None
        mistake = self.single if isinstance(value, np.ndarray) else None
        wanted = say("{what}: {count} values", "{what}：{count} 个值", what=self.what, count=self.count)
        return Problem(wanted, describe(value), mistake)


@dataclass(frozen=True)
class Array:
    """A finite array of that shape, kind and range.

    Attributes:
        shape: None allows any.
        low, high: bounds of the values, with `slack` for rounding.
        wrong_range, wrong_shape: the mistakes to name where the values lie outside, or the shape is another.
        wrong_count: the mistake to name where only the first length is another.
        wrong_rank: in place of wrong_shape where the number of dimensions is another.
        made_of: path of what the array was made of; where that has its shape, no wrong shape is named.
    """

    of: str
    what: Words
    shape: tuple[int, ...] | None = None
    dtype: str | None = "float32"
    low: float | None = None
    high: float | None = None
    slack: float = 1e-6
    wrong_range: Mistake | None = None
    wrong_shape: Mistake | None = None
    wrong_count: Mistake | None = None
    wrong_rank: Mistake | None = None
    made_of: str = ""

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        wanted = self.what
        if self.shape is not None:
            wanted = of_shape(wanted, self.shape)
        if not isinstance(value, np.ndarray) or (array := as_array(value)) is None:
            return Problem(wanted, describe(value))
        if self.shape is not None and value.shape != tuple(self.shape):
            found = say("shape {shape}", "形状 {shape}", shape=shape_text(value.shape))
            return Problem(wanted, found, self._shape_mistake(value, replies))
        if self.dtype is not None and value.dtype.name != self.dtype:
            return Problem(with_dtype(wanted, self.dtype), as_is(value.dtype.name))
        if not np.isfinite(array).all():
            return Problem(say("{what}, finite numbers", "{what}，且为有限值", what=wanted), NOT_FINITE)
        low, high = float(array.min(initial=np.inf)), float(array.max(initial=-np.inf))
        if (self.low is not None and low < self.low - self.slack) or (
            self.high is not None and high > self.high + self.slack
        ):
            bounded = say(
                "{what}, values in [{low}, {high}]",
                "{what}，取值范围 [{low}, {high}]",
                what=wanted,
                low=number(self.low or 0),
                high=number(self.high or 0),
            )
            found = say(
                "values from {low} to {high}", "数值从 {low} 到 {high}", low=number(low), high=number(high)
            )
            return Problem(bounded, found, self.wrong_range)
        return None

    def _shape_mistake(self, value: np.ndarray, replies: Replies) -> Mistake | None:
        source = look(replies, self.made_of) if self.made_of else None
        if isinstance(source, np.ndarray) and source.shape == value.shape:
            return None
        if self.wrong_count is not None and value.shape[1:] == tuple(self.shape or ())[1:]:
            return self.wrong_count
        ranks = value.ndim == len(self.shape or ())
        return self.wrong_shape if ranks or self.wrong_rank is None else self.wrong_rank


@dataclass(frozen=True)
class Scalar:
    """One number: a 0-d tensor or a plain number."""

    of: str
    what: Words

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        array = as_array(value)
        if array is not None and array.ndim == 0:
            return None
        found = describe(value)
        if array is not None:
            found = say("a tensor of shape {shape}", "形状为 {shape} 的张量", shape=shape_text(array.shape))
        return Problem(
            say("{what}: one number (a 0-d tensor)", "{what}：一个数（0 维张量）", what=self.what), found
        )


@dataclass(frozen=True)
class Flows:
    """A gradient that is there. It may be zero: all units of a small layer can be dead by chance.

    `source` is the path of another gradient that it comes through: where that is missing, nothing is said.
    """

    of: str
    what: Words
    mistake: Mistake
    source: str = ""

    def judge(self, replies: Replies) -> Problem | None:
        if self.source and as_array(look(replies, self.source)) is None:
            return None
        if as_array(look(replies, self.of)) is not None:
            return None
        return Problem(self.what, say("no gradient", "没有梯度"), self.mistake)


@dataclass(frozen=True)
class Trainable:
    """At least one of the gradients in a dictionary, if it has any, is there."""

    of: str
    what: Words
    mistake: Mistake | None = None

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        if not isinstance(value, dict):
            return Problem(self.what, describe(value), self.mistake)
        if not value or any(isinstance(gradient, np.ndarray) for gradient in value.values()):
            return None
        return Problem(self.what, say("no gradient", "没有梯度"), self.mistake)


@dataclass(frozen=True)
class Says:
    """A reply's word (the verdict of an operation) that must be none of the `wrong` ones.

    Those stand with what was found and the mistake behind it, if it has a name.
    """

    of: str
    expected: Words
    wrong: tuple[tuple[Any, Words, Mistake | None], ...]

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        if value is NOTHING:
            return Problem(self.expected, describe(value))
        for word, found, mistake in self.wrong:
            if value == word:
                return Problem(self.expected, found, mistake)
        return None
