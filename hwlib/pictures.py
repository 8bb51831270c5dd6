"""Pictures of images: grids for TensorBoard, PNG files, walks between latent vectors."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from hwlib.files import atomic_write_bytes

_BEYOND = 0.5  # how far an interpolation goes on past each end, as a share of the distance


def grid(images: Tensor, columns: int = 10) -> Tensor:
    """A grid of images `[N, C, H, W]` in [0, 1]: uint8 `[3, height, width]`."""
    from torchvision.utils import make_grid  # a second, which checks of code that draws nothing need not wait

    pixels = (images.detach().float().clamp(0, 1) * 255).round().to(torch.uint8).cpu()
    return make_grid(pixels, nrow=columns, padding=2, pad_value=64)


def save_png(picture: Tensor, path: str | Path, scale: int = 2) -> None:
    """Writes a picture `[3, height, width]` uint8 as PNG, each pixel `scale` x `scale`, all or nothing."""
    image = Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy())
    buffer = io.BytesIO()
    image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(
        buffer, format="PNG"
    )
    atomic_write_bytes(path, buffer.getvalue())


@torch.no_grad()
def interpolation(
    decode: Callable[[Tensor], Tensor],
    latent_shape: tuple[int, ...],
    num_pictures: int,
    device: torch.device,
    rows: int = 10,
    seed: int = 0,
) -> Tensor:
    """Images decoded along straight lines through pairs of latent vectors drawn from N(0, I).

    With z1 and z2 the ends, row by row: z1 + t (z2 - z1), t from -0.5 to 1.5, so that the line goes on
    beyond both ends by half their distance.

    Args:
        decode: latents `[n, *latent_shape]` to images `[n, C, H, W]` in [0, 1].
        latent_shape: of one latent vector.
        num_pictures: images in a row, at least 2.
        device: where the latents are made.
        rows: pairs of ends.
        seed: of the ends.

    Returns:
        images `[rows * num_pictures, C, H, W]`, row by row.
    """
    generator = torch.Generator().manual_seed(seed)
    ends = torch.randn(2, rows, 1, *latent_shape, generator=generator).to(device)  # [2, rows, 1, *latent]
    t = torch.linspace(-_BEYOND, 1 + _BEYOND, num_pictures, device=device)
    t = t.view(1, num_pictures, *[1] * len(latent_shape))
    line = ends[0] + t * (ends[1] - ends[0])  # [rows, num_pictures, *latent]
    return decode(line.flatten(0, 1))  # [rows * num_pictures, C, H, W]
