"""Numbers that a check compares: with expected ones, with those of other replies, with what mistakes give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib.checking.compare import Replies, as_array, close, describe, difference_text, look, matching, number
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.words import Words, say


@dataclass(frozen=True)
class Sum:
    """A value made of other replies: `factor` times the sum of what the paths lead to."""

    paths: tuple[str, ...]
    factor: float = 1.0


def _value_of(value: Any, replies: Replies) -> np.ndarray | None:
    """The numbers that a value stands for: themselves, those of a path, or a sum of such."""
    if isinstance(value, Sum):
        parts = [as_array(look(replies, path)) for path in value.paths]
        numbers = [part for part in parts if part is not None]
        return np.asarray(value.factor * sum(numbers)) if len(numbers) == len(parts) else None
    return as_array(look(replies, value) if isinstance(value, str) else np.asarray(value))


@dataclass(frozen=True)
class Close:
    """Numbers within a tolerance of expected ones; otherwise matched against known mistakes.

    Attributes:
        value: expected: an array, the path of another reply, or a Sum of such.
        tolerance: relative to the largest expected magnitude.
        mistakes: with the values (or paths) that they would give.
        not_finite: the mistake to name for NaN or infinity.
        otherwise: the mistake to name for anything else.
        if_there: nothing is wrong where the path `value` leads nowhere.
        only_mistakes: nothing is wrong unless it is one of the mistakes.
        steady: two replies that are the same where seeds decide; if they are not (noise from a generator of
            the student's own), `value` means nothing and only the mistakes are looked for.
    """

    of: str
    value: Any
    what: Words
    tolerance: float
    mistakes: tuple[tuple[Mistake, Any], ...] = ()
    not_finite: Mistake | None = None
    otherwise: Mistake | None = None
    if_there: bool = False
    only_mistakes: bool = False
    steady: tuple[str, ...] = ()

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        if self.if_there and isinstance(self.value, str) and _value_of(self.value, replies) is None:
            return None
        expected = _value_of(self.value, replies)
        if expected is None:
            found_other = say(
                "nothing to compare it with ({other})",
                "没有可以比较的值（{other}）",
                other=describe(self.value),
            )
            return Problem(self.what, found_other)
        found = as_array(value)
        shown = self.what
        if expected.size == 1:
            right = number(expected.reshape(-1)[0])
            shown = say("{what}: {value}", "{what}：{value}", what=self.what, value=right)
        if found is None:
            return Problem(shown, describe(value))
        if close(found, expected, self.tolerance):
            return None
        if not np.isfinite(found).all() and self.not_finite is not None:
            return Problem(shown, difference_text(found, expected), self.not_finite)
        outcomes = [
            (mistake, resolved)
            for mistake, outcome in self.mistakes
            if (resolved := _value_of(outcome, replies)) is not None
        ]
        mistake = matching(found, outcomes, self.tolerance, expected) or self.otherwise
        if mistake is None and (self.only_mistakes or _differ(replies, self.steady)):
            return None
        return Problem(shown, difference_text(found, expected), mistake)


def _differ(replies: Replies, paths: Sequence[str]) -> bool:
    arrays = [as_array(look(replies, path)) for path in paths]
    return any(
        one is not None and two is not None and one.shape == two.shape and not close(one, two, 1e-7)
        for one, two in zip(arrays, arrays[1:], strict=False)
    )


@dataclass(frozen=True)
class Either:
    """Several expectations of which one must hold; otherwise it is the first one's problem."""

    ways: tuple[Any, ...]

    def judge(self, replies: Replies) -> Problem | None:
        problems: list[Problem] = []
        for way in self.ways:
            problem: Problem | None = way.judge(replies)
            if problem is None:
                return None
            problems.append(problem)
        return problems[0]


@dataclass(frozen=True)
class Differs:
    """Two replies that must not be the same (fresh noise at every call).

    `source` are two replies that they are made of: where these are the same already, nothing is said.
    """

    of: str
    other: str
    what: Words
    mistake: Mistake | None = None
    source: tuple[str, ...] = ()

    def judge(self, replies: Replies) -> Problem | None:
        sources = [as_array(look(replies, path)) for path in self.source]
        if len(sources) == 2 and sources[0] is not None and sources[1] is not None:  # noqa: SIM102
            if sources[0].shape == sources[1].shape and close(sources[0], sources[1], 1e-7):
                return None
        one, two = as_array(look(replies, self.of)), as_array(look(replies, self.other))
        if one is None or two is None:
            return Problem(self.what, describe(look(replies, self.of)))
        if one.shape == two.shape and close(one, two, 1e-7):
            return Problem(self.what, say("the same values both times", "两次得到相同的值"), self.mistake)
        return None
