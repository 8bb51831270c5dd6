"""The embedded feature network: a LeNet trained by this project on MNIST and shipped with it.

It exists so that FID works anywhere, at once, with the same value on every machine. Its distances
compare with each other and never with those of the Inception network.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from hwlib.features.extractor import to_unit_range
from hwlib.files import sha256_of

WEIGHTS = Path(__file__).with_name("lenet.safetensors")
PROVENANCE = Path(__file__).with_name("lenet.json")
IMAGE_SIZE = 32


class LeNet(nn.Module):
    """LeNet-5 (LeCun et al., 1998, Proc. IEEE 86(11), section II.B) with ReLU, max pooling and dropout.

    Input: grey images [B, 1, 32, 32] in [0, 1], white digit on black. Output: class scores [B, 10].
    """

    num_features = 84

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.fc1 = nn.Linear(32 * 5 * 5, 128)
        self.fc2 = nn.Linear(128, self.num_features)
        self.fc3 = nn.Linear(self.num_features, 10)
        self.dropout = nn.Dropout(0.3)

    def features(self, images: Tensor) -> Tensor:
        """The last hidden layer before its ReLU, [B, 84].

        Before the ReLU no feature is constant, and a Gaussian, which FID fits, is nearer to the truth.
        """
        x = (images - 0.5) * 2  # [B, 1, 32, 32]
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)  # [B, 16, 14, 14]
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)  # [B, 32, 5, 5]
        x = self.dropout(torch.relu(self.fc1(x.flatten(1))))  # [B, 128]
        return cast(Tensor, self.fc2(x))  # [B, 84]

    def forward(self, images: Tensor) -> Tensor:
        return cast(Tensor, self.fc3(self.dropout(torch.relu(self.features(images)))))  # [B, 10]


def load_lenet(path: Path = WEIGHTS) -> LeNet:
    """The trained network in evaluation mode, in double precision on the CPU.

    Double precision because float32 convolutions differ between processors and libraries in the
    sixth digit (and far more where TF32 or bfloat16 is allowed). In double precision the features of
    the same image agree to about 1e-12, so every machine prints the same FID.
    """
    network = LeNet()
    network.load_state_dict(load_file(path))
    return network.double().eval().requires_grad_(False)


@cache
def provenance() -> dict[str, Any]:
    """How the shipped weights were made: data, seed, command, accuracy, versions."""
    record: dict[str, Any] = json.loads(PROVENANCE.read_text(encoding="utf-8"))
    return record


class LeNetExtractor:
    """Features of the embedded network, always on the CPU in double precision.

    Images of other sizes are resized to 32 x 32. The channels of colour images pass the network one by
    one, and their features are joined: [B, 84 * C].
    """

    name = "lenet"
    batch_size = 250

    def __init__(self) -> None:
        self._network = load_lenet()
        self.fingerprint = f"lenet:{sha256_of(WEIGHTS)}:float64"

    def __call__(self, images: Tensor) -> Tensor:
        x = to_unit_range(images.cpu(), torch.float64)  # [B, C, H, W]
        if x.shape[-2:] != (IMAGE_SIZE, IMAGE_SIZE):
            x = F.interpolate(x, (IMAGE_SIZE, IMAGE_SIZE), mode="bilinear", antialias=True)  # [B, C, 32, 32]
        batch, channels = x.shape[:2]
        features = self._network.features(x.flatten(0, 1)[:, None])  # [B * C, 84]
        return features.reshape(batch, channels * LeNet.num_features)  # [B, 84 * C]
