"""What every feature network offers, and the loop that runs one over a set of images."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

Features = NDArray[np.floating]


class Extractor(Protocol):
    """A feature network with its preprocessing."""

    @property
    def name(self) -> str:
        """Label of the results: distances of different names do not compare."""

    @property
    def fingerprint(self) -> str:
        """Names weights, preprocessing and precision: equal fingerprints and images, equal features."""

    @property
    def batch_size(self) -> int:
        """Images per call."""

    def __call__(self, images: Tensor) -> Tensor:
        """Features [B, D] on the CPU of images [B, C, H, W] in [0, 1] (float) or 0 to 255 (uint8)."""


def extract(extractor: Extractor, images: Tensor, *, description: str = "features") -> Features:
    """Features [N, D] of all images [N, C, H, W]; a progress bar appears if it takes more than 2 seconds."""
    rows: list[Tensor] = []
    # `disable=None`: no bar where the output is a file, which would keep every state of it.
    bar = tqdm(total=len(images), desc=description, unit="image", delay=2, leave=False, disable=None)
    with torch.inference_mode(), bar:
        for batch in images.split(extractor.batch_size):
            rows.append(extractor(batch))
            bar.update(len(batch))
    return torch.cat(rows).numpy()


def to_unit_range(images: Tensor, dtype: torch.dtype) -> Tensor:
    """Images [..., C, H, W] as floats in [0, 1]: uint8 is divided by 255, floats are taken as they are."""
    return images.to(dtype) / 255 if images.dtype == torch.uint8 else images.to(dtype)
