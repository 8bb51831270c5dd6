"""The Frechet distance at Inception's size, beside pytorch-fid's, from the same features.

    python benchmarks/frechet.py

Regular: more images than features. Singular: half as many images as features, where the distance has
to come from the features themselves. The programs take turns, and the shortest of `--runs` times counts.
pytorch-fid takes the square root of the product of the covariances (scipy.linalg.sqrtm). The steps of our
route from covariances follow; the eigenvalues need a reduction to tridiagonal form, which is the floor.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import scipy
import torch
from pytorch_fid.fid_score import calculate_frechet_distance
from scipy import linalg
from threadpoolctl import threadpool_limits

from hwlib.frechet import Gaussian, distance, frechet_distance
from hwlib.speed import processor

Moments = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Value = TypeVar("Value")
CLOCK = time.perf_counter


def make_features(images: int, dimensions: int, shift: float, seed: int) -> np.ndarray:
    """Correlated, non-negative features [N, D]; the variances fall like 1 / k along random axes."""
    scale = 1 / np.sqrt(np.arange(1, dimensions + 1))  # [D]
    axes = linalg.qr(np.random.default_rng(0).normal(size=(dimensions, dimensions)))[0]  # [D, D]
    normal = np.random.default_rng(seed).normal(size=(images, dimensions))  # [N, D]
    return np.maximum(normal * scale @ axes + shift, 0)


def moments_of(*sets: np.ndarray) -> Moments:
    (m1, s1), (m2, s2) = [(x.mean(axis=0), np.cov(x, rowvar=False)) for x in sets]
    return m1, s1, m2, s2


def fit_both(first: np.ndarray, second: np.ndarray) -> float:
    return distance(Gaussian.fit(first), Gaussian.fit(second))


def timed(function: Callable[[], Value]) -> tuple[float, Value]:
    """Seconds and value."""
    started = CLOCK()
    value = function()
    return CLOCK() - started, value


def compare(title: str, first: np.ndarray, second: np.ndarray, runs: int) -> None:
    moments = moments_of(first, second)
    programs: dict[str, Callable[[], float]] = {
        "hwlib, from covariances": lambda: frechet_distance(*moments),
        "hwlib, from features": lambda: fit_both(first, second),
        "pytorch-fid": lambda: float(calculate_frechet_distance(*moments)),
    }
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for _ in range(runs):
        for name, program in programs.items():
            results[name].append(timed(program))
    slow, reference = min(results["pytorch-fid"])
    print(f"{title}: {len(first)} images each, {first.shape[1]} features")
    for name, measured in results.items():
        seconds, value = min(measured)
        print(
            f"  {name:24} {value:16.9f}  {value / reference - 1:+9.1e} of pytorch-fid "
            f"{seconds:9.2f} s {slow / seconds:7.1f} x",
            flush=True,
        )


def steps(first: np.ndarray, second: np.ndarray, runs: int) -> None:
    """Where the time goes between two regular covariances."""
    _, s1, _, s2 = moments_of(first, second)
    root = Gaussian.from_moments(np.zeros(len(s1)), s1).cholesky
    assert root is not None
    product = root @ s2 @ root.T
    parts: dict[str, Callable[[], object]] = {
        "search for NaN": lambda: np.isfinite(s1).all() and np.isfinite(s2).all(),
        "Cholesky factor R of S1": lambda: Gaussian.from_moments(np.zeros(len(s1)), s1).cholesky,
        "R S2 R^T (dsygst)": lambda: linalg.lapack.dsygst(s2.T, root, itype=2),
        "the same by two products": lambda: torch.from_numpy(root) @ torch.from_numpy(s2 @ root.T),
        "eigenvalues of R S2 R^T": lambda: torch.linalg.eigvalsh(torch.from_numpy(product)),
    }
    print("steps of ours, from covariances")
    for name, part in parts.items():
        print(f"  {name:28} {min(timed(part)[0] for _ in range(runs)):9.3f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dimensions", type=int, default=2048)
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument(
        "--cpu_time",
        action="store_true",
        help="seconds of one thread on the CPU, for machines with other work",
    )
    args = parser.parse_args()
    if args.cpu_time:
        global CLOCK
        CLOCK = time.process_time
        torch.set_num_threads(1)
        threadpool_limits(1)
    warnings.simplefilter("ignore", DeprecationWarning)  # pytorch-fid's use of sqrtm(disp=...)
    first = make_features(args.images, args.dimensions, 0.00, seed=1)
    second = make_features(args.images, args.dimensions, 0.01, seed=2)
    print(f"{processor()}; SciPy {scipy.__version__}, NumPy {np.__version__}, PyTorch {torch.__version__}")
    print("CPU time" if args.cpu_time else "wall time")
    compare("regular", first, second, args.runs)
    few = args.dimensions // 2
    compare("singular", first[:few], second[:few], args.runs)
    steps(first, second, args.runs)


if __name__ == "__main__":
    main()
