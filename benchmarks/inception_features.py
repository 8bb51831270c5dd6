"""Inception features per second on this CPU, beside pytorch-fid's own loop with the same weights.

    python benchmarks/inception_features.py --dataset mnist --data_dir DATA

The weights are the published ones (see `hwlib.features.weights.find`); --random takes a random network in
their place: orthogonal convolutions, batch norms calibrated on the images. Such a network passes rounding
errors on without damping them, so the differences of its FIDs say little. pytorch-fid reads PNG files with
its own data loader, as it does for its users. The programs take turns on parts of the images; the fastest
part of each counts, the FID is that of all images. "Generated" images are blurred real ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytorch_fid.inception
import torch
from pytorch_fid.fid_score import get_activations
from torch import Tensor, nn
from torchvision.transforms.v2.functional import gaussian_blur
from torchvision.utils import save_image
from tqdm import tqdm

from hwlib.data import DATASETS, load_images
from hwlib.features.inception import InceptionExtractor, resize
from hwlib.features.inception_network import FIDInception
from hwlib.features.weights import find, load
from hwlib.frechet import Gaussian, distance
from hwlib.speed import has_bf16, processor

Program = Callable[[Tensor, list[Path]], np.ndarray]


def random_state(images: Tensor) -> dict[str, Tensor]:
    """A random network whose features vary with the image [N, C, H, W]."""
    torch.manual_seed(0)
    network = FIDInception()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.orthogonal_(module.weight.data.view(len(module.weight), -1))
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # plain averages over the batches
    network.train()
    network.dropout.eval()
    with torch.no_grad():
        for batch in images.split(40):
            network(resize(batch))
    return network.state_dict()


def pytorch_fid_program(state: dict[str, Tensor]) -> Program:
    pytorch_fid.inception.load_state_dict_from_url = lambda *_, **__: state
    model = pytorch_fid.inception.InceptionV3().eval()

    def run(_: Tensor, files: list[Path]) -> np.ndarray:
        return get_activations(files, model, num_workers=min(8, torch.get_num_threads()))

    return run


def our_program(state: dict[str, Tensor], backend: str, precision: str) -> Program:
    extractor = InceptionExtractor(state, device="cpu", backend=backend, precision=precision)

    def run(images: Tensor, _: list[Path]) -> np.ndarray:
        return torch.cat([extractor(batch) for batch in images.split(extractor.batch_size)]).numpy()

    return run


def programs(state: dict[str, Tensor]) -> dict[str, Program]:
    result = {"pytorch-fid": pytorch_fid_program(state)}
    for backend in ("torch", "openvino"):
        if backend == "torch" or find_spec(backend):
            result[f"hwlib {backend} fp32"] = our_program(state, backend, "fp32")
            if has_bf16(torch.device("cpu")):
                result[f"hwlib {backend} bf16"] = our_program(state, backend, "bf16")
    return result


def save_png(images: Tensor, folder: Path) -> list[Path]:
    folder.mkdir()
    files = [folder / f"{index:05}.png" for index in range(len(images))]
    for image, file in zip(images, files, strict=True):
        save_image(image / 255, file)
    return files


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, help="the published weights; default: where they are found")
    parser.add_argument("--random", action="store_true", help="a random network in place of the published")
    parser.add_argument("--dataset", choices=DATASETS, default="digits")
    parser.add_argument("--data_dir", type=Path, default=Path("data"))
    parser.add_argument("--images", type=int, default=1000, help="real and generated images each")
    parser.add_argument("--part", type=int, default=100, help="images of a turn")
    args = parser.parse_args()
    real = load_images(args.dataset, args.data_dir, train=True)[: args.images]
    generated = gaussian_blur(real.flip(0), [9, 9], [0.8, 0.8])  # [N, 1, 32, 32]
    state = random_state(real[:80]) if args.random else load(args.weights or find())
    candidates = programs(state)
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    features: dict[str, list[np.ndarray]] = {name: [] for name in candidates}
    with tempfile.TemporaryDirectory() as folder:
        both = torch.cat([real, generated])
        files = save_png(both, Path(folder, "images"))
        for start in tqdm(range(0, len(both), args.part), desc="parts"):
            part = slice(start, start + args.part)
            for name, program in candidates.items():
                started = time.perf_counter()
                features[name].append(program(both[part], files[part]))
                seconds[name].append((time.perf_counter() - started) / len(both[part]))
    slow = min(seconds["pytorch-fid"])
    reference = 0.0
    weights = "random weights" if args.random else "published weights"
    print(f"{processor()}; {args.images} + {args.images} images, {weights}")
    for name, parts in features.items():
        rows = np.concatenate(parts)
        fid = distance(Gaussian.fit(rows[: len(real)]), Gaussian.fit(rows[len(real) :]))
        reference = reference or fid
        fastest = min(seconds[name])
        print(
            f"{name:22} {1 / fastest:7.1f} images/s {slow / fastest:6.2f} x   "
            f"FID {fid:.5f} ({fid - reference:+.5f}, {fid / reference - 1:+.4%})"
        )


if __name__ == "__main__":
    main()
