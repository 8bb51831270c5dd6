"""Images handed to FID: what is taken, and the sentence for everything else."""

from __future__ import annotations

import pytest
import torch

from hwlib.errors import HomeworkError
from hwlib.fid_inputs import check_images, evenly_spaced


def test_takes_uint8_and_floats_and_clamps_rounding() -> None:
    grey = torch.zeros(3, 1, 32, 32, dtype=torch.uint8)
    assert check_images(grey, "x").dtype == torch.uint8
    colour = torch.rand(3, 3, 32, 32, dtype=torch.float64)
    assert torch.equal(check_images(colour, "x"), colour.float())
    near = check_images(torch.tensor([-0.003, 1.003]).reshape(2, 1, 1, 1), "x")
    assert near.flatten().tolist() == [0, 1]


def nan_images() -> torch.Tensor:
    images = torch.zeros(2, 1, 4, 4)
    images[1, 0, 2, 2] = torch.nan
    return images


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([1, 2], r"the samples must be a tensor \[N, C, H, W\], found list"),
        (torch.zeros(4, 32, 32), r"C = 1 or 3, found \[4, 32, 32\]"),
        (torch.zeros(4, 2, 8, 8), r"C = 1 or 3, found \[4, 2, 8, 8\]"),
        (torch.zeros(4, 1, 8, 8, dtype=torch.int64), "uint8 .* or float in .*, found torch.int64"),
        (torch.zeros(1, 1, 8, 8), "at least 2 images, the samples are 1"),
        (torch.full((2, 1, 8, 8), -1.0), r"from -1.00 to -1.00.* by \(x \+ 1\) / 2"),
        (torch.full((2, 1, 8, 8), 200.0), "from 200.00 to 200.00. Divide images from 0 to 255 by 255"),
        (torch.full((2, 1, 8, 8), -7.0), "from -7.00 to -7.00. The last layer of a generator"),
        (nan_images(), "1 NaN or infinite values of 32. The training has diverged"),
        (torch.full((2, 1, 8, 8), torch.inf), "128 NaN or infinite"),
    ],
)
def test_says_what_is_wrong(images, message) -> None:
    with pytest.raises(HomeworkError, match=message):
        check_images(images, "the samples")


def test_says_what_is_wrong_with_the_number_or_channels() -> None:
    images = torch.zeros(4, 1, 8, 8)
    with pytest.raises(HomeworkError, match="the samples must be 5, as many as were asked for, found 4"):
        check_images(images, "the samples", count=5)
    with pytest.raises(HomeworkError, match="have 1 channels, the real ones 3"):
        check_images(images, "the samples", channels=3)


def test_evenly_spaced() -> None:
    images = torch.arange(10)
    assert evenly_spaced(images, 5).tolist() == [0, 2, 4, 6, 8]
    assert evenly_spaced(images, 4).tolist() == [0, 2, 5, 7]
    assert torch.equal(evenly_spaced(images, 20), images)
