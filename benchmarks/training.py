"""Training steps per second, beside the same networks trained the way the old starter did.

python benchmarks/training.py --data_dir DIR [--rounds 8] [--steps 100] [--device cpu]

Old way: torchvision transforms per sample in a DataLoader with 2 workers, eager float32, contiguous
layout, unfused Adam. The ways take turns, round by round, so that all meet the same machine; the
figure of a way is that of its fastest round, and the ratios are against the old way.
`resident` repeats one batch that lies on the device: what the data path costs.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[1]
Step = Callable[[], object]


def old_batches(data_dir: str, batch_size: int, low: float, workers: int) -> Iterator[Tensor]:
    from torchvision import datasets, transforms

    chain = [transforms.Resize(32), transforms.ToTensor()]
    if low < 0:
        chain.append(transforms.Normalize((0.5,), (0.5,)))
    data = datasets.MNIST(data_dir, train=True, download=True, transform=transforms.Compose(chain))
    loader = torch.utils.data.DataLoader(
        data, batch_size, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=True
    )
    for imgs, _ in itertools.chain.from_iterable(itertools.repeat(loader)):
        yield imgs


def vae_step(
    device: torch.device, batch: Callable[[], Tensor], fast: bool, precision: str, compiled: bool
) -> Step:
    from trainer import Trainer
    from VAE import VAE

    from hwlib.speed import accelerate

    torch.manual_seed(0)
    model = VAE(1, 10).to(device)
    if fast:
        accelerate(model, device=device, precision=precision, compile_model=compiled)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True if fast else None)
    trainer = Trainer(device, model, optimizer, None, None, None)
    return lambda: trainer.train_step(batch())


def gan_step(
    device: torch.device, batch: Callable[[], Tensor], fast: bool, precision: str, compiled: bool
) -> Step:
    from GAN import get_discriminator, get_generator
    from trainer import Trainer

    from hwlib.speed import accelerate

    torch.manual_seed(0)
    netG, netD = get_generator(1, 100, 16, device), get_discriminator(1, 16, device)
    if fast:
        accelerate(netG, netD, device=device, precision=precision, compile_model=compiled)
    adam = {"lr": 2e-4, "betas": (0.5, 0.999), "fused": True if fast else None}
    optimizers = [torch.optim.Adam(net.parameters(), **adam) for net in (netG, netD)]
    trainer = Trainer(device, netG, netD, *optimizers, None, None, None)
    criterion = nn.BCELoss()

    def step() -> object:
        real = batch()
        return trainer.train_step(real, netG(trainer.noise(len(real))), criterion)

    return step


def measure(args: argparse.Namespace, track: str) -> None:
    sys.path.insert(0, str(ROOT / "solutions" / track))
    from dataset import Dataset

    from hwlib.device import pick_device
    from hwlib.runs import device_name
    from hwlib.speed import has_bf16

    device = pick_device(args.device)
    batch_size, low, make = (32, 0, vae_step) if track == "VAE" else (64, -1, gan_step)
    dataset = Dataset(batch_size, args.data_dir, device)
    counter = itertools.count(1)
    old = old_batches(args.data_dir, batch_size, low, workers=2)
    one = dataset.training_batch(1)
    ours = lambda: dataset.training_batch(next(counter))  # noqa: E731
    ways = {
        "old way": make(device, lambda: next(old).to(device), False, "fp32", False),
        "fp32": make(device, ours, True, "fp32", False),
        "fp32, resident batch": make(device, lambda: one, True, "fp32", False),
    }
    if has_bf16(device):
        ways["bf16"] = make(device, ours, True, "bf16", False)
    if args.compile:
        ways["fp32, compiled"] = make(device, ours, True, "fp32", True)
        if has_bf16(device):
            ways["bf16, compiled"] = make(device, ours, True, "bf16", True)
    best = dict.fromkeys(ways, float("inf"))
    for step in ways.values():
        for _ in range(args.warmup):
            step()
    for _ in range(args.rounds):
        for name, step in ways.items():
            best[name] = min(best[name], seconds_per_step(step, args.steps, device))
    print(f"{track}, batch {batch_size}, {device_name(device)}, torch {torch.__version__}")
    for name, seconds in best.items():
        print(f"  {name:22s} {1 / seconds:8.1f} steps/s   {best['old way'] / seconds:5.2f} x the old way")


def seconds_per_step(step: Step, steps: int, device: torch.device) -> float:
    synchronize(device)
    start = time.perf_counter()
    for _ in range(steps):
        step()
    synchronize(device)
    return (time.perf_counter() - start) / steps


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data_dir", default=str(ROOT / "data"))
    parser.add_argument(
        "--track", choices=["VAE", "GAN"], help="measure this one in this process [both in turn]"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    if args.track:
        measure(args, args.track)
        return
    for track in ("VAE", "GAN"):
        # The tracks' files have the same names: one process each.
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--track", track], check=True)


if __name__ == "__main__":
    main()
