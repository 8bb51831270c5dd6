"""Inception features as FID is published with them, as fast as the machine computes them.

The preprocessing is pytorch-fid's: bilinear to 299 x 299 without aligned corners, then [-1, 1]. Grey
images are resized in one channel and then repeated: a third of the work, and the same pixels up to the
last bit of a float32.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from hwlib.errors import HomeworkError
from hwlib.features import weights as weights_file
from hwlib.features.extractor import to_unit_range
from hwlib.features.inception_network import IMAGE_SIZE, FIDInception, fold_batch_norms
from hwlib.speed import PRECISIONS, has_bf16

BACKENDS = ("auto", "torch", "openvino")
# Measured on CPUs: the activations of 10 images stay in the caches, those of 50 do not.
CPU_BATCH, GPU_BATCH = 10, 250


def resize(images: Tensor) -> Tensor:
    """Images [B, 1 or 3, H, W] in [0, 1] or uint8 to Inception's input [B, 3, 299, 299] in [-1, 1]."""
    x = to_unit_range(images, torch.float32)
    x = F.interpolate(x, (IMAGE_SIZE, IMAGE_SIZE), mode="bilinear", align_corners=False)
    return (2 * x - 1).expand(-1, 3, -1, -1)  # [B, 3, 299, 299]


class InceptionExtractor:
    """The Inception network with folded batch normalisations, in PyTorch or, on CPUs, in OpenVINO.

    Features [B, 2048] of any images [B, 1 or 3, H, W]. `fp32` computes without TF32.
    """

    name = "inception"

    def __init__(
        self,
        state: Mapping[str, Tensor],
        *,
        device: torch.device | str | None = None,
        precision: str = "fp32",
        backend: str = "auto",
    ) -> None:
        """Builds the network from a state dict.

        Args:
            state: parameters by name, as in the published weights file.
            device: default CUDA if there is one, else the CPU.
            precision: `fp32` or `bf16`.
            backend: `torch`, `openvino`, or `auto`: OpenVINO if it is installed and the device is a CPU.

        Raises:
            HomeworkError: a state dict of another network; unknown or unsupported precision or backend.
        """
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._precision = precision
        _check_choice(self._device, precision, backend)
        if backend == "auto":
            usable = self._device.type == "cpu" and find_spec("openvino") is not None
            backend = "openvino" if usable else "torch"
        network = FIDInception()
        try:
            network.load_state_dict(dict(state))
        except RuntimeError as error:
            raise HomeworkError(
                "These are not the weights of the FID Inception network. "
                f"Expected is the file {weights_file.URL}"
            ) from error
        network.requires_grad_(False)
        fold_batch_norms(network)
        self.batch_size = CPU_BATCH if self._device.type == "cpu" else GPU_BATCH
        self.fingerprint = f"inception:{_digest(state)}:{precision}:{backend}:{self._device.type}"
        self._run: Callable[[Tensor], Tensor]
        if backend == "openvino":
            self._run = _compile_openvino(network, precision)
        else:
            self._network = network.to(self._device, memory_format=torch.channels_last)
            self._run = self._run_torch

    def __call__(self, images: Tensor) -> Tensor:
        """Features [B, 2048], float32 on the CPU, of images [B, 1 or 3, H, W]."""
        return self._run(resize(images.to(self._device)))

    def _run_torch(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=self._precision == "bf16"),
            torch.backends.cudnn.flags(enabled=True, allow_tf32=False),
        ):
            features: Tensor = self._network(x)  # [B, 2048]
        return features.float().cpu()


def load_inception(
    path: str | Path | None, *, device: torch.device | str | None = None, precision: str = "fp32"
) -> InceptionExtractor:
    """The extractor with the published weights: from a file, else from where `weights.find` finds them.

    Raises:
        HomeworkError: no such file, no network, a wrong checksum.
    """
    file = weights_file.find() if path is None else Path(path)
    return InceptionExtractor(weights_file.load(file), device=device, precision=precision)


def _check_choice(device: torch.device, precision: str, backend: str) -> None:
    if precision not in PRECISIONS:
        raise HomeworkError(f"precision {precision} is unknown; choose one of: {', '.join(PRECISIONS)}.")
    if precision == "bf16" and not has_bf16(device):
        raise HomeworkError(f"This machine's {device.type} has no bfloat16; use the precision fp32.")
    if backend not in BACKENDS:
        raise HomeworkError(f"backend {backend} is unknown; choose one of: {', '.join(BACKENDS)}.")
    if backend == "openvino" and find_spec("openvino") is None:
        raise HomeworkError(
            'OpenVINO is not installed. Run: pip install "image-generation-homework[fast]", '
            "or use the backend torch."
        )
    if backend == "openvino" and device.type != "cpu":
        raise HomeworkError(f"OpenVINO runs on the CPU here, not on {device.type}; use the backend torch.")


def _compile_openvino(network: FIDInception, precision: str) -> Callable[[Tensor], Tensor]:
    import openvino

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of torchvision's checks of its own shapes
        model = openvino.convert_model(
            network,
            example_input=torch.zeros(2, 3, IMAGE_SIZE, IMAGE_SIZE),
            input=[-1, 3, IMAGE_SIZE, IMAGE_SIZE],
        )
    options = {
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    compiled = openvino.Core().compile_model(model, "CPU", options)

    def run(x: Tensor) -> Tensor:
        return torch.from_numpy(compiled(x.contiguous().numpy())[0].copy())  # [B, 2048]

    return run


def _digest(state: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode())
        digest.update(state[name].detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
