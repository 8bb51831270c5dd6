"""The feature networks by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from hwlib.errors import HomeworkError
from hwlib.features.extractor import Extractor
from hwlib.features.lenet import LeNetExtractor

NETWORKS = ("lenet", "inception")


def make_extractor(
    network: str,
    *,
    device: torch.device | str | None = None,
    weights: str | Path | None = None,
    precision: str = "fp32",
) -> Extractor:
    """The feature network called `network`.

    Args:
        network: `lenet` or `inception`.
        device: where Inception runs (default: CUDA if there is one, else the CPU); LeNet runs on the CPU.
        weights: Inception's weights file; downloaded into the user's cache by default.
        precision: of Inception, `fp32` or `bf16`; LeNet always computes in double precision.

    Raises:
        HomeworkError: unknown network, or weights that are missing, damaged or not needed.
    """
    if network == "lenet":
        if weights is not None:
            raise HomeworkError(
                f"The weights file {weights} was given, but the weights of the network lenet are built in. "
                "Leave the file out, or add: --fid_network inception"
            )
        return _lenet()
    if network == "inception":
        # Not at the top: torchvision's models take as long to import as PyTorch itself.
        from hwlib.features.inception import load_inception

        return load_inception(weights, device=device, precision=precision)
    raise HomeworkError(f"--fid_network {network} is unknown; choose one of: {', '.join(NETWORKS)}.")


@cache
def _lenet() -> LeNetExtractor:
    return LeNetExtractor()
