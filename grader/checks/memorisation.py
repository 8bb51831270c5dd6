"""Whether generated images are copies of training images.

The distance of a generated image to its nearest training image is compared with that of real images which the
model has not seen. A generator that has learnt gives distances like those; one that replays the data gives
distances near zero, with an excellent FID.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hwlib.checking.words import Words, say

CHUNK = 4_096
QUANTILE = 0.01
FACTOR = 0.5
"""A copy is an image nearer to the training set than half the distance of the nearest 1 % of held-out images.
On MNIST 0 of 400 held-out images are copies, and 97.5 % of training images with noise of 0.02 per pixel;
noise of 0.05 hides them all."""
SHARE = 0.05
"""So many copies among the samples and the generator counts as one that replays the data."""


@dataclass(frozen=True)
class Memorisation:
    """Result of the test.

    Attributes:
        copies: share of the samples that are copies.
        nearest: median distance of a sample to its nearest training image.
        nearest_held_out: the same for held-out images.
    """

    copies: float
    nearest: float
    nearest_held_out: float

    @property
    def memorised(self) -> bool:
        return self.copies > SHARE

    @property
    def words(self) -> Words:
        """The result in a sentence."""
        return say(
            "{share:.1f} % of the samples are copies of training images (median distance to the "
            "nearest one {nearest:.2f}, of held-out images {held_out:.2f})",
            "{share:.1f} % 的样本是训练图像的拷贝（到最近训练图像距离的中位数为 {nearest:.2f}，"
            "而未参与训练的图像为 {held_out:.2f}）",
            share=100 * self.copies,
            nearest=self.nearest,
            held_out=self.nearest_held_out,
        )


def memorisation(samples: Tensor, train: Tensor, held_out: Tensor) -> Memorisation:
    """Compares samples [N, ...] in [0, 1] with uint8 training [M, ...] and held-out images [K, ...]."""
    generated, real = nearest(samples.float(), train), nearest(held_out.float() / 255, train)
    limit = FACTOR * float(torch.quantile(real, QUANTILE))
    copies = float((generated < limit).float().mean())
    return Memorisation(copies, float(generated.median()), float(real.median()))


def nearest(images: Tensor, train: Tensor) -> Tensor:
    """Euclidean distance [N] of each image [N, ...] in [0, 1] to the nearest of the uint8 images [M, ...]."""
    flat = images.flatten(1)  # [N, pixels]
    best = torch.full((len(flat),), float("inf"))
    for part in train.split(CHUNK):
        other = part.flatten(1).float() / 255  # [chunk, pixels]
        best = torch.minimum(best, torch.cdist(flat, other).amin(1))
    return best
