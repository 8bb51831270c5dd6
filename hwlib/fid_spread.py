"""How far a FID can be trusted: its bootstrap spread, and its bias when there are few images."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from hwlib.features.extractor import Features
from hwlib.frechet import Gaussian, distance

MIN_IMAGES = 1000  # below this number the bias of FID is larger than most differences between models


def bootstrap_spread(reference: Gaussian, features: Features, *, repeats: int, seed: int) -> float:
    """Standard deviation of the distance when the generated images are drawn again.

    The bootstrap (Efron, 1979) draws rows of the features [N, D] with replacement. The real images are
    given by the protocol and stay as they are. NaN for fewer than 2 repeats.
    """
    if repeats < 2:
        return float("nan")
    random = np.random.default_rng(seed)
    size = len(features)
    # Counts, not copies of rows: with as few distinct images as usual, the distance is then found faster.
    distances = [
        distance(
            reference, Gaussian.fit(features, np.bincount(random.integers(size, size=size), minlength=size))
        )
        for _ in tqdm(
            range(repeats), desc="spread of the FID", unit="draw", delay=2, leave=False, disable=None
        )
    ]
    return float(np.std(distances, ddof=1))


def bias_warning(real: Features, generated: Features, fid: float) -> list[str]:
    """A sentence on the bias if the images are few, else nothing.

    FID falls towards its limit like b / N (Chong and Forsyth, "Effectively unbiased FID and Inception
    score and where to find them", 2020), so half as many images show about twice the bias: their
    difference estimates b / N.
    """
    count = min(len(real), len(generated))
    dimensions = real.shape[1]
    if count >= MIN_IMAGES and count > dimensions:
        return []
    why = (
        f"a covariance of {dimensions} features has no full rank with them"
        if count <= dimensions
        else f"at least {max(MIN_IMAGES, dimensions + 1)} are recommended"
    )
    warning = f"only {count} images: {why}, and the FID comes out too high"
    if count >= 8:
        halves = [distance(Gaussian.fit(real[i::2]), Gaussian.fit(generated[i::2])) for i in (0, 1)]
        bias = float(f"{max(np.mean(halves) - fid, 0.0):.2g}")
        warning += f" (its bias, estimated from half the images: about {bias:g})"
    return [warning + ". Compare it only with FIDs of the same numbers of images."]
