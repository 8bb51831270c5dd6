"""Comparison of numbers, paths into replies, matching of mistakes."""

from dataclasses import replace

import numpy as np
import pytest

from hwlib.checking.compare import NOTHING, as_array, close, describe, difference_text, look, matching
from hwlib.checking.expect import Array, Flows, Items, Says, Scalar, Trainable
from hwlib.checking.expect_numbers import Close, Differs, Either, Sum
from hwlib.checking.initial import Drawn
from hwlib.checking.mistakes import Mistake
from hwlib.checking.values import Opaque
from hwlib.checking.words import NO_WORDS, as_is

HALF = Mistake("half", as_is("half of it"), NO_WORDS)
TWICE = Mistake("twice", as_is("twice as much"), NO_WORDS)
WHAT = as_is("x")
MISSING = "None (is a `return` missing?)"
REPLIES = {"a": {"result": (np.arange(6.0).reshape(2, 3), None)}, "b": {"result": np.asarray([0.5, 0.25])}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/result/0/first:1", [[0.0], [3.0]]),
        ("a/result/0/from:2", [[2.0], [5.0]]),
        ("a/result/0/rows:1", [[0.0, 1.0, 2.0]]),
        ("b/result/mean", 0.375),
        ("b/result/times:-1/plus:1/mean", 0.625),
        ("b/result/log/exp", [0.5, 0.25]),
        ("b/result/times:8/clip", [1.0, 1.0]),
        ("b/result/times:0/sigmoid", [0.5, 0.5]),
        ("b/result/into:tanh", [0.5, 0.25]),
        ("b/result/times:8/into:tanh", np.tanh([4.0, 2.0])),
    ],
)
def test_a_path_leads_to_numbers(path: str, expected: object) -> None:
    np.testing.assert_allclose(look(REPLIES, path), expected)


@pytest.mark.parametrize(
    "path", ["c", "a/result/7", "a/result/1/x", "a/result/0/nonsense", "b/result/first:1"]
)
def test_a_path_that_leads_nowhere_gives_nothing(path: str) -> None:
    assert look(REPLIES, path) is NOTHING


def test_only_real_numbers_are_numbers() -> None:
    assert as_array(np.ones(2, dtype=np.complex64)) is None
    assert as_array("1") is None
    assert as_array(10**400) is None
    assert as_array(True) == 1.0


def test_close_is_relative_to_the_largest_value_and_refuses_nan_and_other_shapes() -> None:
    right = np.asarray([1000.0, 1.0])
    assert close(right + 0.005, right, 1e-5)
    assert not close(right + 0.05, right, 1e-5)
    assert not close(np.asarray([1000.0, np.nan]), right, 1e-5)
    assert not close(right[:, None], right, 1e-5)
    assert close(np.asarray([2.0]), np.asarray(2.0), 1e-5)


def test_a_mistake_that_coincides_with_the_right_answer_is_never_named() -> None:
    assert matching(np.asarray(1.0), [(HALF, 1.0), (TWICE, 2.0)], 1e-5, np.asarray(1.0)) is None
    assert matching(np.asarray(2.0), [(HALF, 1.0), (TWICE, 2.0)], 1e-5, np.asarray(1.0)) is TWICE


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (np.asarray(2.0), "2, 2 times the expected value"),
        (np.asarray([np.nan]), "NaN"),
        (np.asarray([np.inf, 1, 1]), "infinite values at 1 of 3 places"),
    ],
)
def test_a_difference_is_put_into_words(found: np.ndarray, text: str) -> None:
    assert difference_text(found, np.ones(found.shape)).en == text


def test_a_common_factor_is_found() -> None:
    right = np.asarray([1.0, -2.0, 3.0])
    assert difference_text(7 * right, right).en == "7 times the expected values"
    assert "shape [2] in place of [3]" in difference_text(right[:2], right).en
    assert "differ by up to" in difference_text(right[::-1].copy(), right).en


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, MISSING),
        (Opaque("Weird"), "type Weird"),
        ((1, 2), "tuple of 2"),
        (np.ones((2, 3)), "[2, 3]"),
        (3, "3"),
    ],
)
def test_what_was_found_is_described(value: object, text: str) -> None:
    assert text in describe(value).en


def judged(expectation: object, replies: object = REPLIES) -> str:
    problem = expectation.judge(replies)  # type: ignore[attr-defined]
    if problem is None:
        return ""
    return problem.mistake.id if problem.mistake else problem.found.en


def test_expectations_say_what_is_wrong() -> None:
    assert judged(Items("a/result", 2, WHAT)) == ""
    assert judged(Items("a/result", 3, WHAT)) == "a tuple of 2"
    assert judged(Items("b/result", 2, WHAT, HALF)) == "half"
    assert judged(Array("b/result", WHAT, (2,), None)) == ""
    assert judged(Array("b/result", WHAT, (3,), None, wrong_shape=HALF)) == "half"
    counted = Array("b/result", WHAT, (3,), None, wrong_shape=HALF, wrong_count=TWICE)
    assert judged(counted) == "twice"
    assert judged(counted, {"b": {"result": np.zeros((3, 1))}}) == "half"
    assert judged(Array("b/result", WHAT, (3,), None, wrong_shape=HALF, wrong_rank=TWICE)) == "half"
    assert judged(Array("b/result", WHAT, (3, 1), None, wrong_shape=HALF, wrong_rank=TWICE)) == "twice"
    assert judged(Array("b/result", WHAT, (3,), None, wrong_shape=HALF, made_of="b/result")) == "shape [2]"
    assert judged(Array("b/result", WHAT, (2,))) == "float64"
    assert judged(Array("b/result", WHAT, (2,), None, low=0.3, high=1, wrong_range=TWICE)) == "twice"
    assert judged(Array("a/result/1", WHAT)) == MISSING
    assert judged(Array("n", WHAT, None, None), {"n": np.asarray([np.nan])}) == "NaN or infinite values"
    assert judged(Close("b/result/mean", 0.375, WHAT, 1e-6)) == ""
    assert judged(Close("b/result/mean", 0.75, WHAT, 1e-6, ((HALF, Sum(("b/result/mean",))),))) == "half"
    assert judged(Close("b/result", "missing", WHAT, 1e-6, if_there=True)) == ""
    assert "nothing to compare" in judged(Close("b/result", "missing", WHAT, 1e-6))
    assert judged(Close("b/result", np.ones(2), WHAT, 1e-6, only_mistakes=True)) == ""
    steady = Close("b/result", np.ones(2), WHAT, 1e-6, steady=("b/result/mean", "b/result/times:2/mean"))
    assert judged(steady) == ""
    assert judged(replace(steady, steady=("b/result", "b/result"))) != ""
    assert judged(Close("n", 1.0, WHAT, 1e-6, not_finite=TWICE), {"n": np.asarray(np.inf)}) == "twice"
    assert judged(Differs("b/result", "b/result", WHAT, HALF)) == "half"
    assert judged(Differs("b/result", "b/result", WHAT, HALF, ("a/result/0", "a/result/0"))) == ""
    assert judged(Says("v", WHAT, (("mixed", WHAT, HALF),)), {"v": "mixed"}) == "half"
    assert judged(Says("v", WHAT, ()), {}) == "nothing"
    assert judged(Scalar("n", WHAT), {"n": np.asarray(2.0)}) == judged(Scalar("n", WHAT), {"n": 2.0}) == ""
    assert judged(Scalar("b/result", WHAT)) == "a tensor of shape [2]"
    assert judged(Scalar("a/result/1", WHAT)) == MISSING
    assert judged(Flows("b/result", WHAT, HALF)) == ""
    assert judged(Flows("a/result/1", WHAT, HALF)) == judged(Flows("n", WHAT, HALF)) == "half"
    assert judged(Flows("n", WHAT, HALF, source="a/result/1")) == ""
    assert judged(Trainable("v", WHAT, HALF), {"v": {"a": None}}) == "half"
    assert judged(Trainable("v", WHAT, HALF), {"v": {"a": None, "b": np.zeros(2)}}) == ""
    assert judged(Trainable("v", WHAT, HALF), {"v": {}}) == ""  # nothing to learn: not this one's affair
    assert judged(Trainable("v", WHAT), {}) == "nothing"
    wrong = Close("b/result", np.ones(2), WHAT, 1e-6, otherwise=HALF)
    assert judged(Either((wrong, Items("a/result", 2, WHAT)))) == ""
    assert judged(Either((wrong, Items("a/result", 5, WHAT)))) == "half"


def test_initial_weights_are_told_from_other_distributions() -> None:
    rng = np.random.default_rng(0)
    drawn = Drawn("w", WHAT, 0.0, 0.02, ((HALF, 0.0, 0.01), (TWICE, 0.5, 0.0)))
    assert judged(drawn, {"w": rng.normal(0, 0.02, (64, 64))}) == ""
    assert judged(drawn, {"w": rng.normal(0, 0.01, (64, 64))}) == "half"
    assert judged(drawn, {"w": np.full((64, 64), 0.5)}) == "twice"
    bound = 0.02 * np.sqrt(3)
    assert "standard deviation" in judged(drawn, {"w": rng.uniform(-bound, bound, (64, 64))})
