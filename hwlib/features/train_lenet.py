"""Train the embedded feature network on MNIST: python -m hwlib.features.train_lenet --data_dir ../data

Writes lenet.safetensors and lenet.json (the provenance) into --output. The weights in the repository
came from this program. Training again gives a network as good, but not the same one, and so another
scale of FID: the thresholds of the assignments belong to the shipped file.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path

import torch
import torchvision
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F
from torchvision.datasets import MNIST
from tqdm import tqdm

from hwlib.data import IMAGE_SIZE, load_images
from hwlib.errors import HomeworkError, cli_errors
from hwlib.features.lenet import LeNet
from hwlib.files import atomic_write_bytes, atomic_write_text, sha256_of

REQUIRED_ACCURACY = 0.99
MAX_SHIFT = 2  # pixels; a digit is the same digit a little further left


def load_digits(data_dir: Path, train: bool) -> tuple[Tensor, Tensor]:
    """MNIST as the homework sees it: images uint8 [N, 1, 32, 32] and labels int64 [N]."""
    images = load_images("mnist", data_dir, train)
    return images, MNIST(str(data_dir), train=train).targets


def shift_batch(images: Tensor, generator: torch.Generator) -> Tensor:
    """Move each image of [B, 1, 32, 32] by up to MAX_SHIFT pixels in both directions; zeros come in."""
    batch = images.shape[0]
    padded = F.pad(images, [MAX_SHIFT] * 4)  # [B, 1, 36, 36]
    top, left = torch.randint(0, 2 * MAX_SHIFT + 1, (2, batch), generator=generator)  # [B], [B]
    span = torch.arange(IMAGE_SIZE)
    rows = (top[:, None] + span)[:, :, None]  # [B, 32, 1]
    columns = (left[:, None] + span)[:, None, :]  # [B, 1, 32]
    return padded[torch.arange(batch)[:, None, None], 0, rows, columns][:, None]  # [B, 1, 32, 32]


@torch.inference_mode()
def accuracy(network: LeNet, images: Tensor, labels: Tensor) -> float:
    """Share of images [N, 1, 32, 32] (uint8) whose highest score is the right class."""
    network.eval()
    right = 0
    for x, y in zip(images.split(1000), labels.split(1000), strict=True):
        right += int((network(x / 255).argmax(dim=1) == y).sum())
    return right / len(labels)


def train(images: Tensor, labels: Tensor, *, epochs: int, batch_size: int, seed: int) -> LeNet:
    """Train on uint8 images [N, 1, 32, 32]: AdamW, one-cycle learning rate, random shifts."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = LeNet()
    steps = epochs * (len(images) // batch_size)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
    order = torch.empty(0, dtype=torch.long)
    network.train()
    for _ in tqdm(range(steps), desc="training LeNet", unit="step"):
        if len(order) < batch_size:
            order = torch.randperm(len(images), generator=generator)
        index, order = order[:batch_size], order[batch_size:]
        loss = F.cross_entropy(network(shift_batch(images[index] / 255, generator)), labels[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m hwlib.features.train_lenet", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--data_dir", type=Path, required=True, help="folder that holds (or receives) MNIST")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder for the two files")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    with cli_errors():
        run(args.data_dir, args.output, epochs=args.epochs, batch_size=args.batch_size, seed=args.seed)


def run(data_dir: Path, output: Path, *, epochs: int, batch_size: int, seed: int) -> None:
    """Train, measure and write the two files; weights below REQUIRED_ACCURACY are refused."""
    images, labels = load_digits(data_dir, train=True)
    test_images, test_labels = load_digits(data_dir, train=False)
    started = time.perf_counter()
    network = train(images, labels, epochs=epochs, batch_size=batch_size, seed=seed)
    seconds = time.perf_counter() - started
    result = accuracy(network, test_images, test_labels)
    print(f"test accuracy {result:.2%} after {epochs} epochs in {seconds:.0f} s")
    if result < REQUIRED_ACCURACY:
        raise HomeworkError(
            f"The network reached {result:.2%} test accuracy, the shipped one must have "
            f"{REQUIRED_ACCURACY:.0%}; nothing was written. Train longer: --epochs {2 * epochs}."
        )
    output.mkdir(parents=True, exist_ok=True)
    weights = output / "lenet.safetensors"
    record = {
        "network": "LeNet, 84 features (hwlib/features/lenet.py)",
        "data": "MNIST, 60,000 training images, resized from 28 to 32 pixels (bilinear), in [0, 1]",
        "command": f"python -m hwlib.features.train_lenet --data_dir DATA --epochs {epochs} "
        f"--batch_size {batch_size} --seed {seed}",
        "seed": seed,
        "test_accuracy": result,
        "test_images": len(test_labels),
        "training_seconds": round(seconds),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
        },
    }
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    atomic_write_bytes(weights, save(tensors, metadata={k: json.dumps(v) for k, v in record.items()}))
    record["sha256"] = sha256_of(weights)
    atomic_write_text(output / "lenet.json", json.dumps(record, indent=2) + "\n")
    print(f"wrote {weights} and {output / 'lenet.json'}")


if __name__ == "__main__":
    main()
