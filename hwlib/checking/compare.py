"""Numbers from a worker against expected ones. What comes from a worker is data of any kind until looked
at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hwlib.checking.mistakes import Mistake
from hwlib.checking.values import Opaque
from hwlib.checking.words import Words, as_is, say

Replies = Mapping[str, Any]
FLOOR = 1e-6
"""Differences below this are never looked at: gradients that should be zero come out as 1e-8."""


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()
"""Stands for what a path does not lead to."""


def look(replies: Replies, path: str) -> Any:
    """The value that a path leads to: "loss/result/0"; NOTHING where it leads nowhere.

    Parts are keys of dictionaries and numbers of sequences. On an array they are words: "first:3" and
    "from:3"
    take columns of [B, n, ...], "rows:3" the first rows; "log", "exp", "sigmoid", "mean", "clip" (to [0, 1]),
    "times:0.5" and "plus:1" compute; "into:tanh" is tanh of numbers that aren't all in [-1, 1] yet.
    """
    value: Any = replies
    for part in path.split("/"):
        if isinstance(value, np.ndarray):
            value = _word(value, *part.partition(":")[::2])
        elif isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, (list, tuple)) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return NOTHING
    return value


def _word(array: np.ndarray, word: str, number: str) -> Any:
    if word == "rows" and array.ndim >= 1:
        return array[: int(number)]
    if word in ("first", "from") and array.ndim >= 2:
        return array[:, : int(number)] if word == "first" else array[:, int(number) :]
    numbers = as_array(array)
    if numbers is None:
        return NOTHING
    if word in ("log", "exp"):
        with np.errstate(all="ignore"):
            return np.log(numbers) if word == "log" else np.exp(numbers)
    if word == "mean" and numbers.size:
        return np.asarray(numbers.mean())
    if word == "sigmoid":
        return np.exp(-np.logaddexp(0, -numbers))
    if word == "into":
        return np.tanh(numbers) if np.abs(numbers).max(initial=0.0) > 1 else numbers
    if word == "clip":
        return np.clip(numbers, 0, 1)
    if word in ("times", "plus"):
        return numbers * float(number) if word == "times" else numbers + float(number)
    return NOTHING


def as_array(value: Any) -> np.ndarray | None:
    """Numbers as float64; None for what is not numbers (also complex ones)."""
    if isinstance(value, (bool, int, float)):
        try:
            return np.asarray(float(value))
        except OverflowError:
            return None
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return value.astype(np.float64)
    return None


def close(found: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
    """Whether all differences are within `tolerance` times the largest expected magnitude.

    Single numbers compare with any array of one element.
    """
    if found.shape != expected.shape:
        if found.size != 1 or expected.size != 1:
            return False
        found, expected = found.reshape(()), expected.reshape(())
    if not np.isfinite(found).all():
        return False
    scale = float(np.abs(expected).max(initial=0.0))
    return float(np.abs(found - expected).max(initial=0.0)) <= tolerance * scale + FLOOR


def matching(
    found: np.ndarray, mistakes: Sequence[tuple[Mistake, Any]], tolerance: float, expected: np.ndarray
) -> Mistake | None:
    """The first mistake whose outcome is what was found, unless it coincides with what is right."""
    for mistake, value in mistakes:
        outcome = np.asarray(value, dtype=np.float64)
        if not close(outcome, expected, tolerance) and close(found, outcome, tolerance):
            return mistake
    return None


def describe(value: Any) -> Words:
    """What was found, in a few words, without its numbers if there are many."""
    if value is NOTHING:
        return say("nothing", "没有结果")
    if isinstance(value, Opaque):
        return say("an object of type {type}", "类型为 {type} 的对象", type=value.type)
    if isinstance(value, np.ndarray):
        if value.size == 1:
            return as_is(number(value.reshape(-1)[0]))
        return as_is(f"{value.dtype.name} {shape_text(value.shape)}")
    if isinstance(value, (tuple, list)):
        return say(
            "a {type} of {count}", "含 {count} 项的 {type}", type=type(value).__name__, count=len(value)
        )
    if value is None:
        return say("None (is a `return` missing?)", "None（是否漏了 return？）")
    if isinstance(value, (bool, str)):
        return as_is(repr(value)[:80])
    if isinstance(value, (int, float)):
        return as_is(number(value))
    return as_is(type(value).__name__)


def number(value: Any) -> str:
    """A number with six digits."""
    return (
        f"{float(value):.6g}" if not isinstance(value, (complex, np.complexfloating)) else "a complex number"
    )


def shape_text(shape: Sequence[int]) -> str:
    """A shape as it stands in the handout: [32, 1, 32, 32]."""
    return "[" + ", ".join(str(length) for length in shape) + "]"


def difference_text(found: np.ndarray, expected: np.ndarray) -> Words:
    """How a found array differs from the expected one, for a sentence after "found:"."""
    if found.shape != expected.shape and not (found.size == 1 and expected.size == 1):
        return say(
            "shape {found} in place of {expected}",
            "形状为 {found}，应为 {expected}",
            found=shape_text(found.shape),
            expected=shape_text(expected.shape),
        )
    if not np.isfinite(found).all():
        what = as_is("NaN") if np.isnan(found).any() else say("infinite values", "无穷大")
        if found.size == 1:
            return what
        return say(
            "{what} at {count} of {total} places",
            "{total} 个数中有 {count} 个为 {what}",
            what=what,
            count=int((~np.isfinite(found)).sum()),
            total=found.size,
        )
    if found.size == 1:
        value, right = float(found.reshape(-1)[0]), float(expected.reshape(-1)[0])
        if right and abs(value / right) > 1e-9:
            return say(
                "{value}, {ratio} times the expected value",
                "{value}，是期望值的 {ratio} 倍",
                value=number(value),
                ratio=number(value / right),
            )
        return as_is(number(value))
    off = np.abs(found - expected)
    scale = float(np.abs(expected).max(initial=0.0))
    ratio = _common_factor(found, expected)
    if ratio is not None:
        return say("{ratio} times the expected values", "是期望值的 {ratio} 倍", ratio=number(ratio))
    return say(
        "values that differ by up to {off}, where the expected ones reach {scale}",
        "数值最多相差 {off}，而期望值的最大绝对值为 {scale}",
        off=number(off.max()),
        scale=number(scale),
    )


def _common_factor(found: np.ndarray, expected: np.ndarray) -> float | None:
    denominator = float((expected * expected).sum())
    if denominator == 0:
        return None
    ratio = float((found * expected).sum()) / denominator
    return ratio if abs(ratio) > 1e-6 and close(found, ratio * expected, 1e-3) else None
