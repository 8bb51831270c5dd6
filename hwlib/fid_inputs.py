"""Images that a model has made: checked before they are drawn and before FID spends time on them."""

from __future__ import annotations

import torch
from torch import Tensor

from hwlib.errors import HomeworkError

# Bilinear resizing and bfloat16 decoders leave values a little outside [0, 1]; 1/255 is one grey level.
TOLERANCE = 1 / 255


def check_shape(images: Tensor, what: str, *, count: int | None = None) -> None:
    """Lets images [N, C, H, W] pass, C of 1 or 3; `what` and `count` as in `check_images`.

    Raises:
        HomeworkError: not a tensor, a wrong shape or number.
    """
    if not isinstance(images, Tensor):
        raise HomeworkError(f"{what} must be a tensor [N, C, H, W], found {type(images).__name__}.")
    shape = list(images.shape)
    if images.ndim != 4 or shape[1] not in (1, 3):
        raise HomeworkError(f"{what} must have the shape [N, C, H, W] with C = 1 or 3, found {shape}.")
    if count is not None and shape[0] != count:
        raise HomeworkError(f"{what} must be {count}, as many as were asked for, found {shape[0]}.")


def check_images(
    images: Tensor, what: str, *, count: int | None = None, channels: int | None = None
) -> Tensor:
    """The images [N, C, H, W], C of 1 or 3, uint8 or float32 in [0, 1], or an error that says what they are.

    Floats up to one grey level outside of [0, 1] are clamped.

    Args:
        images: what was handed in.
        what: their name in the message.
        count, channels: the N and C that they must have, if given.

    Raises:
        HomeworkError: not a tensor, a wrong shape, type, number or range, or NaN.
    """
    check_shape(images, what, count=count)
    shape = list(images.shape)
    if shape[0] < 2:
        raise HomeworkError(f"FID needs at least 2 images, {what} are {shape[0]}.")
    if channels is not None and shape[1] != channels:
        raise HomeworkError(
            f"FID: {what} have {shape[1]} channels, the real ones {channels}. Both must have the same number."
        )
    if images.dtype == torch.uint8:
        return images.detach()
    if not images.is_floating_point():
        raise HomeworkError(f"FID: {what} must be uint8 (0 to 255) or float in [0, 1], found {images.dtype}.")
    images = images.detach().float()
    low, high = float(images.amin()), float(images.amax())  # NaN, if there is one
    if not (low >= -TOLERANCE and high <= 1 + TOLERANCE):
        raise HomeworkError(f"FID: {what} must lie in [0, 1], found {_range(images, low, high)}")
    return images.clamp(0, 1)


def _range(images: Tensor, low: float, high: float) -> str:
    broken = int((~torch.isfinite(images)).sum())
    if broken:
        return (
            f"{broken:,} NaN or infinite values of {images.numel():,}. The training has diverged: "
            "look at the loss curves, and train again with a lower --learning_rate."
        )
    found = f"values from {low:.2f} to {high:.2f}."
    if low >= -1 - TOLERANCE and high <= 1 + TOLERANCE:
        return found + " Images in [-1, 1] (tanh) become images in [0, 1] by (x + 1) / 2."
    if low >= 0 and high <= 255:
        return found + " Divide images from 0 to 255 by 255."
    return found + " The last layer of a generator ends with a sigmoid, or a tanh followed by (x + 1) / 2."


def evenly_spaced(images: Tensor, count: int) -> Tensor:
    """`count` of the images [N, ...] at even distances, all of them if there are not more than that.

    Even distances, because data sets are often sorted by class, and the same images on every machine.
    """
    if len(images) <= count:
        return images
    return images[torch.arange(count) * len(images) // count]
