"""Whether generated images are copies of training images, also under noise, shifts and other brightness.

A generator that replays the data has an excellent FID. So images are brought into a common form (smoothed,
dark background, centred, of equal contrast), and the distance of a sample to its nearest training image is
taken in units of how far that training image is from its own nearest neighbour. New images, those of a good
generator as well as real ones that it has not seen, lie about as far as training images do from each other; a
copy lies much nearer. The unit makes crowded regions (all ones look alike) no nearer than others; Carlini et
al. (2023, section 4) normalise for the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from hwlib.checking.words import Words, say

CHUNK = 4_096
DARK = 0.2
"""What is below this share of an image's brightest pixel, after smoothing, is background."""
QUANTILE = 0.01
"""A sample counts as a copy if it is nearer, in these units, than all but 1 % of the held-out images."""
SHARE = 0.1
"""With more copies than this among its samples a generator counts as one that replays the data.

`python benchmarks/memorisation.py` prints the shares, on MNIST with 500 samples each. No copies: 1.6 % of
other held-out images, 0.0 and 0.4 % of samples of the reference VAE (latent_dim 3 after 10,000 steps, 10
after 6,000), 0.0 % of the GAN's after 1,000. Copies: 100 % as they are and at 0.7 of the brightness, 99.8 %
with noise of 0.05 per pixel, 96.6 % with noise of 0.1, 98.8 % moved by (2, -1) pixels, 94.0 % with noise of
0.1, a move and 0.8 of the brightness together.
"""


@dataclass(frozen=True)
class Memorisation:
    """Result of the test.

    Attributes:
        copies: share of the samples that are copies.
        nearest: median distance of a sample to its nearest training image, in that one's distance to its own
            nearest neighbour.
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
            "{share:.1f} % of the samples are copies of training images (median distance to the nearest "
            "one {nearest:.2f} of that between training images, where new images have {held_out:.2f})",
            "{share:.1f} % 的样本是训练图像的拷贝（以训练图像之间的距离为单位，到最近训练图像距离的中位数为 "
            "{nearest:.2f}，而未参与训练的图像为 {held_out:.2f}）",
            share=100 * self.copies,
            nearest=self.nearest,
            held_out=self.nearest_held_out,
        )


class CopyTest:
    """The test against one training set, whose images are brought into their common form once.

    Args:
        train: uint8 [M, C, H, W].
        held_out: uint8 [K, C, H, W], real images that are not in the training set.
    """

    def __init__(self, train: Tensor, held_out: Tensor) -> None:
        self.train = common_form(train)  # [M, d]
        real = self.distances(held_out)
        self.limit = float(torch.quantile(real, QUANTILE))
        self.real = float(real.median())

    def __call__(self, samples: Tensor) -> Memorisation:
        """Judges samples [N, C, H, W] in [0, 1]."""
        generated = self.distances(samples)
        copies = float((generated < self.limit).float().mean())
        return Memorisation(copies, float(generated.median()), self.real)

    def distances(self, images: Tensor) -> Tensor:
        """Distance [N] to the nearest training image, in that one's distance to its nearest neighbour."""
        distance, index = self._nearest(common_form(images))
        spacing, _ = self._nearest(self.train[index], besides=index)
        return distance / spacing.clamp(min=1e-3)

    def _nearest(self, points: Tensor, besides: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Distance and index [N] of the nearest training point to points [N, d], `besides` left out."""
        best = torch.full((len(points),), -2.0)
        index = torch.zeros(len(points), dtype=torch.long)
        for start in range(0, len(self.train), CHUNK):
            cosine = points @ self.train[start : start + CHUNK].T  # [N, chunk]
            if besides is not None:
                inside = ((besides >= start) & (besides < start + CHUNK)).nonzero().flatten()
                cosine[inside, besides[inside] - start] = -2.0
            value, position = cosine.max(1)
            nearer = value > best
            best[nearer], index[nearer] = value[nearer], position[nearer] + start
        return (2 - 2 * best).clamp(min=0).sqrt(), index  # of unit vectors


def common_form(images: Tensor) -> Tensor:
    """Images [N, C, H, W], uint8 or floats in [0, 1], as unit vectors [N, d]: no noise, place, contrast."""
    return torch.cat([_common_form(part) for part in images.split(CHUNK)])


def _common_form(images: Tensor) -> Tensor:
    x = images.float() / 255 if images.dtype == torch.uint8 else images.float()
    x = F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 3, stride=1)  # [N, C, H, W]
    x = (x - DARK * x.amax((1, 2, 3), keepdim=True)).clamp(min=0)
    # The centre of mass comes to the middle of the image.
    height, width = x.shape[2:]
    mass = x.sum((1, 2, 3)).clamp(min=1e-6)
    move = torch.zeros(len(x), 2, 3)
    move[:, 0, 0] = move[:, 1, 1] = 1
    move[:, 0, 2] = (x * torch.linspace(-1, 1, width)).sum((1, 2, 3)) / mass * (width - 1) / width
    move[:, 1, 2] = (x * torch.linspace(-1, 1, height)[:, None]).sum((1, 2, 3)) / mass * (height - 1) / height
    x = F.grid_sample(x, F.affine_grid(move, list(x.shape), align_corners=False), align_corners=False)
    return F.normalize(F.avg_pool2d(x, 2).flatten(1), dim=1)  # [N, C * H/2 * W/2]
