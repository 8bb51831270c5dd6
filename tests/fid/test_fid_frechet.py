"""The Frechet distance: against pytorch-fid where that is exact, against closed forms where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from pytorch_fid.fid_score import calculate_frechet_distance
from scipy import linalg

from hwlib.frechet import (
    Gaussian,
    distance,
    frechet_distance,
    overlap_of_covariances,
    overlap_of_factors,
    overlap_of_rows,
)


def rotation(dimensions: int, seed: int) -> np.ndarray:
    return linalg.qr(np.random.default_rng(seed).normal(size=(dimensions, dimensions)))[0]


def samples(images: int, dimensions: int, decay: float, seed: int) -> np.ndarray:
    """Normal features [N, D] whose standard deviations fall like k^-decay along random axes."""
    scale = np.arange(1.0, dimensions + 1) ** -decay
    return np.random.default_rng(seed).normal(size=(images, dimensions)) * scale @ rotation(dimensions, seed)


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
def test_agrees_with_pytorch_fid_on_regular_covariances(decay: float) -> None:
    a, b = samples(500, 100, decay, 1), samples(400, 100, decay, 2) * 1.2 + 0.1
    moments = [f for x in (a, b) for f in (x.mean(axis=0), np.cov(x, rowvar=False))]
    expected = calculate_frechet_distance(*moments)
    assert frechet_distance(*moments) == pytest.approx(expected, rel=1e-6)
    assert distance(Gaussian.fit(a), Gaussian.fit(b)) == pytest.approx(expected, rel=1e-6)


def test_closed_form_of_commuting_covariances() -> None:
    # Common axes: tr (S1 S2)^(1/2) is the sum of the products of standard deviations.
    axes, random = rotation(50, 0), np.random.default_rng(0)
    s1, s2, m1, m2 = (
        random.uniform(0.1, 3, 50),
        random.uniform(0.1, 3, 50),
        random.normal(size=50),
        np.zeros(50),
    )
    found = frechet_distance(m1, axes.T * s1**2 @ axes, m2, axes.T * s2**2 @ axes)
    assert found == pytest.approx(np.square(m1).sum() + np.square(s1 - s2).sum(), rel=1e-12)


def test_singular_covariances_match_the_closed_form() -> None:
    # As above, but only 10 of 50 axes carry variance in the first, and 20 (5 of them shared) in the second.
    axes, random = rotation(50, 3), np.random.default_rng(3)
    s1, s2 = np.zeros(50), np.zeros(50)
    s1[:10], s2[5:25] = random.uniform(0.1, 3, 10), random.uniform(0.1, 3, 20)
    expected = np.square(s1 - s2).sum()
    zero = np.zeros(50)
    found = frechet_distance(zero, axes.T * s1**2 @ axes, zero, axes.T * s2**2 @ axes)
    assert found == pytest.approx(expected, rel=1e-10)


def test_fewer_images_than_dimensions() -> None:
    # Features that are zero in all but 20 of 400 dimensions, turned into general position: the distance
    # is the one of the 20 dimensions, where everything is regular.
    a, b = samples(60, 20, 0.5, 1), samples(50, 20, 0.5, 2) + 0.3
    expected = calculate_frechet_distance(
        a.mean(axis=0), np.cov(a, rowvar=False), b.mean(axis=0), np.cov(b, rowvar=False)
    )
    axes = rotation(400, 5)[:20]
    first, second = Gaussian.fit(a @ axes), Gaussian.fit(b @ axes)
    assert first.cholesky is None
    assert distance(first, second) == pytest.approx(expected, rel=1e-9)


def test_fewer_images_than_dimensions_of_full_spread() -> None:
    # 2 images each: rank one, tr (S1 S2)^(1/2) = |u . v| for S1 = u u^T and S2 = v v^T.
    x, y = np.random.default_rng(0).normal(size=(2, 2, 64))
    u, v = (x[0] - x[1]) / np.sqrt(2), (y[0] - y[1]) / np.sqrt(2)
    expected = np.square(x.mean(0) - y.mean(0)).sum() + u @ u + v @ v - 2 * abs(u @ v)
    assert distance(Gaussian.fit(x), Gaussian.fit(y)) == pytest.approx(expected, rel=1e-12)


def test_constant_features() -> None:
    a, b = samples(300, 30, 0.5, 1), samples(300, 30, 0.5, 2)
    expected = distance(Gaussian.fit(a), Gaussian.fit(b))
    wide = [np.concatenate([x, np.full((300, 10), 7.0)], axis=1) for x in (a, b)]
    assert distance(Gaussian.fit(wide[0]), Gaussian.fit(wide[1])) == pytest.approx(expected, rel=1e-10)
    constant = Gaussian.fit(np.full((300, 30), 2.0))
    found = distance(Gaussian.fit(a), constant)
    assert found == pytest.approx(
        np.square(a.mean(axis=0) - 2).sum() + a.var(axis=0, ddof=1).sum(), rel=1e-12
    )
    assert distance(constant, constant) == 0


@pytest.mark.parametrize("images", [2, 5, 40, 200])
def test_of_equal_sets_is_zero_and_never_negative(images: int) -> None:
    x = samples(images, 40, 2.0, 0)
    value = distance(Gaussian.fit(x), Gaussian.fit(x.copy()))
    assert isinstance(value, float)
    assert 0 <= value < 1e-10


def test_is_symmetric() -> None:
    regular, singular = Gaussian.fit(samples(300, 40, 1.0, 1)), Gaussian.fit(samples(10, 40, 1.0, 2))
    assert distance(regular, singular) == pytest.approx(distance(singular, regular), rel=1e-12)


@pytest.mark.parametrize("decay", [0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize(("images", "others"), [(400, 300), (152, 151), (100, 90), (50, 400)])
def test_the_short_routes_are_exact_and_no_better_than_they_say(decay, images, others) -> None:
    first, second = (
        Gaussian.fit(samples(images, 150, decay, 1)),
        Gaussian.fit(samples(others, 150, decay, 2) * 1.1),
    )
    exact = overlap_of_factors(first.factor, second.factor)
    if images > 150:
        assert first.cholesky is not None
        short, doubt = overlap_of_covariances(first.cholesky, second.covariance)
    else:
        short, doubt = overlap_of_rows(first.factor, second.factor)
    apart = np.square(first.mean - second.mean).sum() + first.trace + second.trace
    assert apart - 2 * short == pytest.approx(apart - 2 * exact, rel=1e-8)
    assert abs(short - exact) <= max(doubt, 1e-14 * exact)


def test_eigenvalues_are_not_believed_where_the_second_covariance_has_no_full_rank() -> None:
    # 100 zeros among the eigenvalues of the product: as roots of rounding errors they cost about 8 digits.
    a, b = samples(450, 150, 0.0, 1), samples(51, 150, 0.0, 2)
    first = Gaussian.fit(a)
    moments = [f for x in (a, b) for f in (x.mean(axis=0), np.cov(x, rowvar=False))]
    assert first.cholesky is not None
    short, doubt = overlap_of_covariances(first.cholesky, moments[3])
    exact = distance(first, Gaussian.fit(b))
    assert abs(short - overlap_of_factors(first.factor, Gaussian.fit(b).factor)) > 1e-9 * exact
    assert 2 * doubt > 1e-6 * exact
    assert frechet_distance(*moments) == pytest.approx(exact, rel=1e-13)


def test_counts_stand_for_equal_rows() -> None:
    x = samples(60, 20, 0.5, 1)
    counts = np.random.default_rng(0).integers(0, 4, 60)
    counted, repeated = Gaussian.fit(x, counts), Gaussian.fit(np.repeat(x, counts, axis=0))
    assert len(Gaussian.fit(samples(19, 20, 0.5, 1), counts[:19]).factor) == (counts[:19] > 0).sum() - 1
    np.testing.assert_allclose(counted.mean, repeated.mean, rtol=0, atol=1e-14)
    np.testing.assert_allclose(counted.covariance, np.cov(x, rowvar=False, fweights=counts), atol=1e-14)
    assert distance(counted, repeated) < 1e-13


def test_a_covariance_without_full_rank_has_no_cholesky_factor() -> None:
    assert Gaussian.from_moments(np.zeros(3), np.diag([1.0, 0.0, 1.0])).cholesky is None
    regular = Gaussian.from_moments(np.zeros(2), np.array([[4.0, 2.0], [2.0, 3.0]]))
    assert regular.cholesky is not None
    np.testing.assert_allclose(regular.cholesky, [[2, 1], [0, np.sqrt(2)]], rtol=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Gaussian.fit(np.zeros((1, 3))), r"N >= 2, found shape \[1, 3\]"),
        (lambda: Gaussian.fit(np.zeros(3)), r"found shape \[3\]"),
        (lambda: Gaussian.fit(np.full((4, 3), np.nan)), "NaN or infinite"),
        (lambda: Gaussian.from_moments(np.zeros(3), np.eye(2)), r"found \[3\] and \[2, 2\]"),
        (lambda: Gaussian.from_moments(np.zeros(2), np.full((2, 2), np.inf)), "NaN or infinite"),
        (
            lambda: distance(Gaussian.fit(np.eye(3)), Gaussian.fit(np.eye(4))),
            "3 and 4 dimensions",
        ),
    ],
)
def test_refuses_what_has_no_distance(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
