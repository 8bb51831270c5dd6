"""The Frechet distance at Inception's size, beside pytorch-fid's, from the same features.

    python benchmarks/frechet.py

Regular: more images than features. Singular: half as many images as features, where the distance has
to come from the features themselves. The programs take turns, and the shortest of `--runs` times counts.
pytorch-fid takes the square root of the product of the covariances (scipy.linalg.sqrtm), in minutes.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
from pytorch_fid.fid_score import calculate_frechet_distance
from scipy import linalg

from hwlib.frechet import Gaussian, distance, frechet_distance

Moments = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


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


def timed(function: Callable[[], float]) -> tuple[float, float]:
    """Seconds and value."""
    started = time.perf_counter()
    value = float(function())
    return time.perf_counter() - started, value


def compare(title: str, first: np.ndarray, second: np.ndarray, runs: int) -> None:
    moments = moments_of(first, second)
    programs: dict[str, Callable[[], float]] = {
        "hwlib, from covariances": lambda: frechet_distance(*moments),
        "hwlib, from features": lambda: fit_both(first, second),
        "pytorch-fid": lambda: calculate_frechet_distance(*moments),
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dimensions", type=int, default=2048)
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--runs", type=int, default=2)
    args = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)  # pytorch-fid's use of sqrtm(disp=...)
    first = make_features(args.images, args.dimensions, 0.00, seed=1)
    second = make_features(args.images, args.dimensions, 0.01, seed=2)
    compare("regular", first, second, args.runs)
    few = args.dimensions // 2
    compare("singular", first[:few], second[:few], args.runs)


if __name__ == "__main__":
    main()
