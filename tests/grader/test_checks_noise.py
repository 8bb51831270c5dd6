"""Samples of the reparameterization: what is normal, and which mistake it is otherwise."""

import numpy as np
import pytest

from hwlib.checking.noise import Gaussian
from hwlib.checking.words import as_is

CALLS, BATCH, DIMS = 8, 128, 10


@pytest.fixture
def numbers() -> np.random.Generator:
    return np.random.default_rng(3)


def judged(z: np.ndarray, mu: np.ndarray, log_std: np.ndarray, **more: bool) -> str | None:
    calls = [part.astype(np.float32) for part in z]
    problem = Gaussian("z", as_is("z"), mu, log_std, **more).judge({"z": calls})
    if problem is None:
        return None
    return problem.mistake.id if problem.mistake else problem.found.en


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda rng, mu, s: mu + np.exp(s) * rng.normal(size=(CALLS, BATCH, DIMS)), None),
        (lambda rng, mu, s: mu + np.exp(s / 2) * rng.normal(size=(CALLS, BATCH, DIMS)), "log_variance"),
        (lambda rng, mu, s: mu + np.exp(2 * s) * rng.normal(size=(CALLS, BATCH, DIMS)), "variance_as_sigma"),
        (lambda rng, mu, s: mu + s * rng.normal(size=(CALLS, BATCH, DIMS)), "log_std_as_std"),
        (lambda rng, mu, s: mu + rng.normal(size=(CALLS, BATCH, DIMS)), "unit_spread"),
        (lambda rng, mu, s: np.exp(s) * rng.normal(size=(CALLS, BATCH, DIMS)), "mu_ignored"),
        (lambda rng, mu, s: mu + np.exp(-s) * rng.normal(size=(CALLS, BATCH, DIMS)), "inverse_sigma"),
        (lambda rng, mu, s: np.tile(mu, (CALLS, 1, 1)), "no_noise"),
        (
            lambda rng, mu, s: mu + np.exp(s) * rng.normal(size=(1, BATCH, DIMS)).repeat(CALLS, 0),
            "same_noise_every_call",
        ),
        (lambda rng, mu, s: mu + np.exp(s) * rng.normal(size=(CALLS, BATCH, 1)), "shared_over_dimensions"),
        (lambda rng, mu, s: mu + np.exp(s) * rng.normal(size=(CALLS, 1, DIMS)), "shared_over_batch"),
        (lambda rng, mu, s: mu + np.exp(s) * rng.uniform(size=(CALLS, BATCH, DIMS)), "uniform_noise"),
    ],
)
def test_each_mistake_is_named(numbers: np.random.Generator, make: object, expected: str | None) -> None:
    mu, log_std = numbers.normal(0, 2, (BATCH, DIMS)), numbers.uniform(-1.2, 1.2, (BATCH, DIMS))
    assert judged(make(numbers, mu, log_std), mu, log_std) == expected  # type: ignore[operator]


def test_partly_shared_noise_and_other_distributions_are_found(numbers: np.random.Generator) -> None:
    zero = np.zeros((BATCH, DIMS))
    shape = (CALLS, BATCH, DIMS)
    mixed = (numbers.normal(size=shape) + numbers.normal(size=(CALLS, BATCH, 1))) / np.sqrt(2)
    assert judged(mixed, zero, zero, prior=True) == "shared_over_dimensions"
    mixed = (numbers.normal(size=shape) + numbers.normal(size=(CALLS, 1, DIMS))) / np.sqrt(2)
    assert judged(mixed, zero, zero, prior=True) is not None
    assert "not normally distributed" in str(
        judged(numbers.choice([-1.0, 1.0], shape), zero, zero, prior=True)
    )
    clipped = np.clip(numbers.normal(size=(8, *shape[1:])), -2.4, 2.4)
    assert "without large numbers" in str(judged(clipped, zero, zero, prior=True))
    assert "a latent dimension" in str(
        judged(numbers.normal(size=shape) * np.linspace(0.6, 1.28, DIMS), zero, zero, prior=True)
    )


def test_latents_that_are_not_random_are_described() -> None:
    zero = np.zeros((BATCH, DIMS), dtype=np.float32)
    asked = Gaussian("z", as_is("z"), zero, zero, prior=True)
    for z, found in (([zero, zero], "the same number everywhere"), ([], "none: the model was not called")):
        problem = asked.judge({"z": z})
        assert problem is not None
        assert problem.found.en == found


@pytest.mark.parametrize(
    "z", [None, [], [np.zeros((2, 3))], [np.full((BATCH, DIMS), np.nan, dtype=np.float32)]]
)
def test_other_things_than_samples_are_wrong(z: object) -> None:
    zero = np.zeros((BATCH, DIMS))
    assert Gaussian("z", as_is("z"), zero, zero).judge({"z": z}) is not None


def test_the_other_convention_is_right_where_it_is_asked_for(numbers: np.random.Generator) -> None:
    mu, spread = numbers.normal(0, 2, (BATCH, DIMS)), numbers.uniform(-1.2, 1.2, (BATCH, DIMS))
    z = mu + np.exp(spread / 2) * numbers.normal(size=(CALLS, BATCH, DIMS))
    assert judged(z, mu, spread, log_variance=True) is None
    assert judged(z, mu, spread) == "log_variance"
