"""FID: the Frechet distance between Gaussians fitted to the features of real and of generated images.

Source: Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash
equilibrium", 2017. Two feature networks, never mixed: results of `lenet` (embedded, runs anywhere) do
not compare with results of `inception` (the network of the published figures).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hwlib.errors import HomeworkError
from hwlib.features.cache import cached_features, default_cache_dir
from hwlib.features.extractor import Extractor, extract
from hwlib.features.networks import make_extractor
from hwlib.fid_inputs import check_images, evenly_spaced
from hwlib.fid_spread import bias_warning, bootstrap_spread
from hwlib.frechet import Gaussian, distance

SAMPLE_BATCH = 500  # generated images are asked for in calls of this size, to bound the memory


@dataclass(frozen=True)
class FIDResult:
    """A distance together with everything that it depends on.

    Attributes:
        fid: the distance (0: equal statistics); the mean over `runs` if there are several.
        network: feature network, `lenet` or `inception`.
        num_real, num_generated: numbers of images; FIDs of other numbers do not compare.
        split: where the real images come from.
        seconds: time for features and distances, and for the sampling in `evaluate_fid`.
        spread: bootstrap standard deviation of one run, over resampled generated images.
        runs: the distance of each sampling.
        warnings: sentences on what makes the figure doubtful.
    """

    fid: float
    network: str
    num_real: int
    num_generated: int
    split: str
    seconds: float
    spread: float
    runs: tuple[float, ...]
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        several = f"mean of {len(self.runs)} runs, " if len(self.runs) > 1 else ""
        split = "training" if self.split == "train" else self.split
        return (
            f"FID {self.fid:.2f} +- {self.spread:.2f} "
            f"({several}{self.network}, {self.num_real} {split} images against "
            f"{self.num_generated} samples, {self.seconds:.1f} s)"
        )

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON."""
        return {**asdict(self), "runs": list(self.runs), "warnings": list(self.warnings)}


def compute_fid(
    real: Tensor,
    generated: Tensor,
    *,
    network: str = "lenet",
    split: str = "train",
    device: torch.device | str | None = None,
    weights: str | Path | None = None,
    precision: str = "fp32",
    cache_dir: str | Path | None = None,
    bootstrap: int = 20,
    seed: int = 0,
) -> FIDResult:
    """FID between two sets of images, uint8 or float in [0, 1], [N, C, H, W] and [M, C, H, W].

    Args:
        real, generated: the images; grey ones are repeated to 3 channels for Inception.
        network: `lenet` or `inception`.
        split: label of the real images for the result.
        device: where Inception runs; LeNet always runs on the CPU.
        weights: Inception's weights file, instead of the download.
        precision: of Inception, `fp32`, or `bf16` where the processor has it (several times faster).
        cache_dir: where features of the real images are kept; the user's cache by default.
        bootstrap: number of resamplings behind the spread; below 2 the spread is not computed (NaN).
        seed: seed of the resampling.

    Raises:
        HomeworkError: images of a wrong shape, type or range, or with NaN; an unknown network; missing
            weights.
    """
    started = time.perf_counter()
    extractor = make_extractor(network, device=device, weights=weights, precision=precision)
    return _evaluate(
        extractor, real, lambda: generated, runs=1, split=split, cache_dir=cache_dir,
        bootstrap=bootstrap, seed=seed, started=started,
    )  # fmt: skip


def evaluate_fid(
    real: Tensor,
    sample: Callable[[int], Tensor],
    *,
    num_images: int = 3000,
    runs: int = 1,
    network: str = "lenet",
    split: str = "train",
    device: torch.device | str | None = None,
    weights: str | Path | None = None,
    precision: str = "fp32",
    cache_dir: str | Path | None = None,
    bootstrap: int = 20,
    seed: int = 0,
) -> FIDResult:
    """FID of a model: `num_images` real images against as many samples, `runs` times with new samples.

    Of a larger real set, images at even distances are taken, always the same ones; a smaller one is used
    whole. `sample(n)` returns images [n, C, H, W] in [0, 1] and is called with at most 500.
    The other arguments and the errors: see `compute_fid`.
    """
    if num_images < 2 or runs < 1:
        raise HomeworkError(
            f"FID needs at least 2 images and 1 run, found num_images = {num_images} and runs = {runs}."
        )
    started = time.perf_counter()
    extractor = make_extractor(network, device=device, weights=weights, precision=precision)

    def draw() -> Tensor:
        sizes = [min(SAMPLE_BATCH, num_images - done) for done in range(0, num_images, SAMPLE_BATCH)]
        with torch.inference_mode():
            parts = [check_images(sample(size), "the samples", count=size).cpu() for size in sizes]
        return torch.cat(parts)  # [num_images, C, H, W]

    return _evaluate(
        extractor, evenly_spaced(real, num_images), draw, runs=runs, split=split, cache_dir=cache_dir,
        bootstrap=bootstrap, seed=seed, started=started,
    )  # fmt: skip


def _evaluate(
    extractor: Extractor,
    real: Tensor,
    draw: Callable[[], Tensor],
    *,
    runs: int,
    split: str,
    cache_dir: str | Path | None,
    bootstrap: int,
    seed: int,
    started: float,
) -> FIDResult:
    real = check_images(real, "the real images")
    folder = default_cache_dir() if cache_dir is None else Path(cache_dir)
    real_features = cached_features(extractor, real, folder, description="features of real images")
    reference = Gaussian.fit(real_features)
    distances: list[float] = []
    spreads: list[float] = []
    warnings: list[str] = []
    num_generated = 0
    for run in range(runs):
        generated = check_images(draw(), "the generated images", channels=real.shape[1])
        features = extract(extractor, generated, description="features of generated images")
        num_generated = len(features)
        distances.append(distance(reference, Gaussian.fit(features)))
        spreads.append(bootstrap_spread(reference, features, repeats=bootstrap, seed=seed + run))
        if run == 0:
            warnings += bias_warning(real_features, features, distances[0])
    return FIDResult(
        fid=float(np.mean(distances)),
        network=extractor.name,
        num_real=len(real),
        num_generated=num_generated,
        split=split,
        seconds=time.perf_counter() - started,
        spread=float(np.mean(spreads)),
        runs=tuple(distances),
        warnings=tuple(warnings),
    )
