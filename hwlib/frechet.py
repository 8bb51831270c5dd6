"""The Frechet distance between two Gaussians, for covariances of any rank.

    d^2 = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)

Sources: Dowson and Landau, J. Multivariate Analysis 12 (1982), equation 6; Heusel et al., "GANs
trained by a two time-scale update rule converge to a local Nash equilibrium", 2017, equation 6.

S1 S2 is not symmetric, so its square root is slow (`scipy.linalg.sqrtm`: a Schur form) and breaks down
when a covariance has not full rank. But only the trace is needed. With factors S1 = A^T A and
S2 = B^T B, the eigenvalues of S1 S2 are the squared singular values of A B^T, so

    tr (S1 S2)^(1/2) = sum of the singular values of A B^T  (the nuclear norm)

for factors with any number of rows. Two routes are short:

- `overlap_of_covariances`: A by Cholesky, then the roots of the eigenvalues of A S2 A^T;
- `overlap_of_rows`, for factors with few rows: the roots of the eigenvalues of A B^T (A B^T)^T.

Rounding errors of eigenvalues are of the size of the largest one, so the roots of small ones are
doubtful. Both routes estimate by how much, and `distance` takes their result only if that is below
`TOLERANCE`. The third route, `overlap_of_factors`, is exact at two to three times the price: the
singular values themselves, where zeros come out as zeros to machine precision.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

Array = NDArray[np.float64]
EPSILON = float(np.finfo(np.float64).eps)
# Estimated relative error of a distance up to which the short routes are taken. The estimate is cautious: the
# true error was 10 to 100,000 times smaller over the covariances of tests/fid.
TOLERANCE = 1e-7


class Gaussian:
    """A normal distribution: its mean [D] and covariance [D, D], held as a factor, as a matrix or as both."""

    def __init__(self, mean: Array, *, factor: Array | None = None, covariance: Array | None = None) -> None:
        """Takes a factor A [K, D] of the covariance A^T A, any K, or else the covariance [D, D]."""
        self.mean = mean
        self._factor = factor
        self._covariance = covariance

    @classmethod
    def fit(cls, features: ArrayLike, counts: ArrayLike | None = None) -> Gaussian:
        """The Gaussian of feature rows [N, D], N >= 2; the covariance divides by N - 1, as FIDs do.

        With `counts`, integers [N], row i stands for `counts[i]` equal ones.
        """
        x = np.asarray(features, dtype=np.float64)  # [N, D]
        if x.ndim != 2 or len(x) < 2:
            raise ValueError(f"expected features [N, D] with N >= 2, found shape {list(x.shape)}")
        if not np.isfinite(x).all():
            raise ValueError("the features hold NaN or infinite values")
        n: NDArray[np.float64]
        if counts is None:
            n = np.ones(len(x))  # [N]
        else:
            kept = np.asarray(counts) > 0
            x, n = x[kept], np.asarray(counts, dtype=np.float64)[kept]
        mean = n @ x / n.sum()  # [D]
        root = np.sqrt(n)  # [N]
        rows = (x - mean) * (root / np.sqrt(n.sum() - 1))[:, None]  # [N, D]
        # Deviations from a mean depend on each other: root @ rows = 0. A reflection that moves the unit
        # vector along `root` to the first axis makes the first row zero, and the others have full rank.
        mirror = root / np.sqrt(n.sum())  # [N]
        mirror[0] += 1
        rows -= np.outer(mirror / mirror[0], mirror @ rows)
        return cls(mean, factor=rows[1:])

    @classmethod
    def from_moments(cls, mean: ArrayLike, covariance: ArrayLike) -> Gaussian:
        """The Gaussian of a mean [D] and a symmetric positive semidefinite covariance [D, D].

        Of a covariance without full rank, eigenvalues below D * eps times the largest are rounding errors
        of zero and are taken as zero.
        """
        m = np.atleast_1d(np.asarray(mean, dtype=np.float64))  # [D]
        s = np.atleast_2d(np.asarray(covariance, dtype=np.float64))  # [D, D]
        if m.ndim != 1 or s.shape != (len(m), len(m)):
            raise ValueError(
                f"expected a mean [D] and a covariance [D, D], found {list(m.shape)} and {list(s.shape)}"
            )
        if not (np.isfinite(m).all() and np.isfinite(s).all()):
            raise ValueError("the mean or the covariance holds NaN or infinite values")
        return cls(m, covariance=s)

    @cached_property
    def covariance(self) -> Array:
        """The covariance matrix, [D, D]."""
        return self.factor.T @ self.factor if self._covariance is None else self._covariance

    @cached_property
    def factor(self) -> Array:
        """A factor [K, D] of the covariance with at most D rows."""
        if self._factor is None:
            values, vectors = linalg.eigh(self.covariance, check_finite=False)
            keep = values > len(self.mean) * EPSILON * max(values[-1], 0.0)
            return np.sqrt(values[keep])[:, None] * vectors[:, keep].T  # [rank, D]
        if len(self._factor) <= len(self.mean):
            return self._factor
        # By a QR decomposition, which keeps small values that a covariance, a sum of squares, has lost.
        result: Any = linalg.qr(self._factor, mode="r", check_finite=False)
        return result[0][: len(self.mean)]  # [D, D]

    @cached_property
    def cholesky(self) -> Array | None:
        """Upper triangular R [D, D] with R^T R = covariance; None if there is none, below full rank."""
        if self.has_few_rows:
            return None
        upper, failed = torch.linalg.cholesky_ex(torch.from_numpy(self.covariance), upper=True)  # [D, D]
        return None if failed else np.asfortranarray(upper.numpy())

    @property
    def has_few_rows(self) -> bool:
        """Whether a factor with fewer rows than dimensions was given: no covariance of full rank."""
        return self._factor is not None and len(self._factor) < len(self.mean)

    @property
    def trace(self) -> float:
        """Trace of the covariance."""
        if self._factor is None:
            return float(np.trace(self.covariance))
        return float(np.square(self._factor).sum())


def distance(first: Gaussian, second: Gaussian) -> float:
    """The squared Frechet distance of two Gaussians of the same dimension: real, finite, never negative."""
    if first.mean.shape != second.mean.shape:
        raise ValueError(f"the Gaussians have {len(first.mean)} and {len(second.mean)} dimensions")
    apart = float(np.square(first.mean - second.mean).sum()) + first.trace + second.trace
    if first.has_few_rows or second.has_few_rows:
        overlap, doubt = overlap_of_rows(first.factor, second.factor)
    elif first.cholesky is not None:
        overlap, doubt = overlap_of_covariances(first.cholesky, second.covariance)
    else:
        overlap, doubt = 0.0, np.inf
    if 2 * doubt > TOLERANCE * (apart - 2 * overlap):
        overlap = overlap_of_factors(first.factor, second.factor)
    # Two equal Gaussians: the difference of equal sums may round to -1e-16.
    return max(apart - 2 * overlap, 0.0)


def frechet_distance(mu1: ArrayLike, sigma1: ArrayLike, mu2: ArrayLike, sigma2: ArrayLike) -> float:
    """Squared Frechet distance from means [D] and covariances [D, D], as pytorch-fid's function."""
    return distance(Gaussian.from_moments(mu1, sigma1), Gaussian.from_moments(mu2, sigma2))


def overlap_of_covariances(root: Array, covariance: Array) -> tuple[float, float]:
    """tr (S1 S2)^(1/2) from the Cholesky factor R [D, D] of S1 = R^T R and from S2 [D, D]; its doubt."""
    # LAPACK's reduction to R S2 R^T needs a third of the time of the two products.
    product, _ = linalg.lapack.dsygst(covariance.T, root, itype=2)  # [D, D], the upper triangle
    scale = float(np.linalg.norm(root) ** 2 * np.linalg.norm(covariance))
    return _sum_of_roots(product, scale)


def overlap_of_rows(first: Array, second: Array) -> tuple[float, float]:
    """tr (S1 S2)^(1/2) from factors A [K, D] and B [L, D] of S1 and S2 by a Gram matrix; its doubt."""
    product = first @ second.T  # [K, L]
    if len(product) > product.shape[1]:
        product = product.T
    return _sum_of_roots(product @ product.T, float(np.linalg.norm(product) ** 2))


def overlap_of_factors(first: Array, second: Array) -> float:
    """tr (S1 S2)^(1/2) from factors A [K, D] and B [L, D] of S1 and S2: the nuclear norm of A B^T."""
    return float(linalg.svdvals(first @ second.T, check_finite=False, overwrite_a=True).sum())


def _sum_of_roots(matrix: Array, scale: float) -> tuple[float, float]:
    """Sum of the roots of the eigenvalues of a matrix [M, M], given by its upper triangle, and its error.

    The error is estimated for eigenvalues that are off by eps * scale: the root of an eigenvalue w is off
    by eps * scale / sqrt(w), the root of zero by sqrt(eps * scale).
    """
    # By PyTorch, whose linear algebra is MKL's where SciPy's is OpenBLAS: half the time at 2,048 dimensions.
    values = torch.linalg.eigvalsh(torch.from_numpy(matrix), UPLO="U").numpy()  # [M]
    off = max(EPSILON * scale, np.finfo(np.float64).tiny)
    return float(np.sqrt(values.clip(0)).sum()), float((off / np.sqrt(values.clip(off))).sum())
