"""The Frechet distance between two Gaussians, for covariances of any rank.

    d^2 = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)

Sources: Dowson and Landau, J. Multivariate Analysis 12 (1982), equation 6; Heusel et al., "GANs
trained by a two time-scale update rule converge to a local Nash equilibrium", 2017, equation 6.

S1 S2 is not symmetric, so its square root is slow (`scipy.linalg.sqrtm`: a complex Schur form) and
breaks down when a covariance has not full rank. But only the trace is needed. With factors S1 = A^T A
and S2 = B^T B, the eigenvalues of S1 S2 are the squared singular values of A B^T, so

    tr (S1 S2)^(1/2) = sum of the singular values of A B^T  (the nuclear norm)

for factors with any number of rows. Two routes compute it:

- both covariances regular: A by Cholesky, then the roots of the eigenvalues of the symmetric A S2 A^T.
  Fast, and within 1e-9 of the other route up to the limit of regularity (tests/fid measure it);
- otherwise the singular values of A B^T, with the centred features as factors. Zeros then come out as
  zeros to machine precision, not as the square roots of rounding errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

Array = NDArray[np.float64]
EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Gaussian:
    """A normal distribution: its mean [D] and a factor A [K, D] of its covariance A^T A, any K."""

    mean: Array
    factor: Array

    @classmethod
    def fit(cls, features: ArrayLike) -> Gaussian:
        """The Gaussian of feature rows [N, D], N >= 2; the covariance divides by N - 1, as FIDs do."""
        x = np.asarray(features, dtype=np.float64)  # [N, D]
        if x.ndim != 2 or len(x) < 2:
            raise ValueError(f"expected features [N, D] with N >= 2, found shape {list(x.shape)}")
        if not np.isfinite(x).all():
            raise ValueError("the features hold NaN or infinite values")
        mean = x.mean(axis=0)  # [D]
        return cls(mean, (x - mean) / np.sqrt(len(x) - 1))

    @classmethod
    def from_moments(cls, mean: ArrayLike, covariance: ArrayLike) -> Gaussian:
        """The Gaussian of a mean [D] and a symmetric positive semidefinite covariance [D, D].

        Eigenvalues below D * eps times the largest are rounding errors of zero and are taken as zero.
        """
        m = np.atleast_1d(np.asarray(mean, dtype=np.float64))  # [D]
        s = np.atleast_2d(np.asarray(covariance, dtype=np.float64))  # [D, D]
        if m.ndim != 1 or s.shape != (len(m), len(m)):
            raise ValueError(
                f"expected a mean [D] and a covariance [D, D], found {list(m.shape)} and {list(s.shape)}"
            )
        if not (np.isfinite(m).all() and np.isfinite(s).all()):
            raise ValueError("the mean or the covariance holds NaN or infinite values")
        s = (s + s.T) / 2
        root = _regular_root(s)
        factor = root
        if factor is None:
            values, vectors = linalg.eigh(s)
            keep = values > len(m) * EPSILON * max(values[-1], 0.0)
            factor = np.sqrt(values[keep])[:, None] * vectors[:, keep].T  # [rank, D]
        gaussian = cls(m, factor)
        gaussian.__dict__.update(covariance=s, cholesky=root)  # known already: fill the cached properties
        return gaussian

    @cached_property
    def covariance(self) -> Array:
        """The covariance matrix, [D, D]."""
        return self.factor.T @ self.factor

    @cached_property
    def cholesky(self) -> Array | None:
        """Upper triangular R [D, D] with R^T R = covariance; None if the covariance is not regular."""
        rows, columns = self.factor.shape
        return None if rows < columns else _regular_root(self.covariance)

    @property
    def trace(self) -> float:
        """Trace of the covariance."""
        return float(np.square(self.factor).sum())


def distance(first: Gaussian, second: Gaussian) -> float:
    """The squared Frechet distance of two Gaussians of the same dimension: real, finite, never negative."""
    if first.mean.shape != second.mean.shape:
        raise ValueError(f"the Gaussians have {len(first.mean)} and {len(second.mean)} dimensions")
    apart = float(np.square(first.mean - second.mean).sum()) + first.trace + second.trace
    if first.cholesky is not None and second.cholesky is not None:
        overlap = overlap_of_regular(first.cholesky, second.covariance)
    else:
        overlap = overlap_of_factors(first.factor, second.factor)
    # Two equal Gaussians: the difference of equal sums may round to -1e-16.
    return max(apart - 2 * overlap, 0.0)


def frechet_distance(mu1: ArrayLike, sigma1: ArrayLike, mu2: ArrayLike, sigma2: ArrayLike) -> float:
    """Squared Frechet distance from means [D] and covariances [D, D], as pytorch-fid's function."""
    return distance(Gaussian.from_moments(mu1, sigma1), Gaussian.from_moments(mu2, sigma2))


def overlap_of_regular(root: Array, covariance: Array) -> float:
    """tr (S1 S2)^(1/2) from the Cholesky factor R [D, D] of S1 = R^T R and from S2 [D, D]."""
    # By PyTorch, whose linear algebra is MKL's where SciPy's is OpenBLAS: half the time at 2,048 dimensions.
    r = torch.from_numpy(root)
    values = torch.linalg.eigvalsh(r @ torch.from_numpy(covariance) @ r.T)  # [D]
    # A zero eigenvalue comes out as plus or minus a rounding error.
    return float(values.clamp_min(0.0).sqrt().sum())


def overlap_of_factors(first: Array, second: Array) -> float:
    """tr (S1 S2)^(1/2) from factors A [K, D] and B [L, D] of S1 and S2: the nuclear norm of A B^T."""
    product = _reduced(first) @ _reduced(second).T  # [min(K, D), min(L, D)]
    return float(linalg.svdvals(product, check_finite=False, overwrite_a=True).sum())


def _regular_root(covariance: Array) -> Array | None:
    """The Cholesky factor of [D, D], or None if the reciprocal condition number is below D * eps."""
    upper, failed = torch.linalg.cholesky_ex(torch.from_numpy(covariance), upper=True)  # [D, D]
    if failed:
        return None
    root: Array = np.asfortranarray(upper.numpy())
    rcond, _ = linalg.lapack.dpocon(root, float(np.abs(covariance).sum(axis=0).max()))
    return root if rcond > len(covariance) * EPSILON else None


def _reduced(factor: Array) -> Array:
    """A factor of the same covariance with at most D rows: the R of a QR decomposition."""
    rows, columns = factor.shape
    if rows <= columns:
        return factor
    result: Any = linalg.qr(factor, mode="r", check_finite=False)
    return result[0][:columns]  # [D, D]
