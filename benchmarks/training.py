"""Training steps per second, beside the same networks trained the way the old starter did.

python benchmarks/training.py --data_dir DIR [--rounds 8] [--steps 100] [--device cpu]

Old way: torchvision transforms per sample in a DataLoader with 2 workers, eager float32, contiguous
layout, unfused Adam. Each way has a process of its own; they take turns, round by round, so that all
meet the same machine. The figure of a way is that of its fastest round, the ratios are against the old way.
`resident` repeats one batch that lies on the device: what the data path costs. bf16 is left out, and said to
be, where the device has none. --compile adds torch.compile, which needs a C++ compiler on CPUs.
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
CLOCK = time.perf_counter


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
        fake = netG(trainer.noise(len(real)))
        if fast:
            return trainer.train_step(real, fake, criterion)
        return old_gan_step(netG, netD, *optimizers, real, fake, criterion)

    return step


def old_gan_step(
    netG: nn.Module,  # noqa: N803
    netD: nn.Module,  # noqa: N803
    optimG: torch.optim.Optimizer,  # noqa: N803
    optimD: torch.optim.Optimizer,  # noqa: N803
    real: Tensor,
    fake: Tensor,
    criterion: nn.Module,
) -> object:
    """The same step, but the generator's backward pass also fills in gradients of D that nobody uses."""
    optimD.zero_grad()
    real_probs, fake_probs = netD(real), netD(fake.detach())
    loss_D = criterion(real_probs, torch.ones_like(real_probs))  # noqa: N806
    loss_D.backward()
    loss_fake = criterion(fake_probs, torch.zeros_like(fake_probs))
    loss_fake.backward()
    optimD.step()
    optimG.zero_grad()
    probs = netD(fake)
    loss_G = criterion(probs, torch.ones_like(probs))  # noqa: N806
    loss_G.backward()
    optimG.step()
    return loss_D + loss_fake, loss_G, real_probs.mean(), fake_probs.mean(), probs.mean()


def make_step(way: str, args: argparse.Namespace) -> Step:
    """One way of training, ready to take steps."""
    sys.path.insert(0, str(ROOT / "solutions" / args.track))
    from hwlib.device import pick_device

    device = pick_device(args.device)
    batch_size, low, make = (32, 0, vae_step) if args.track == "VAE" else (64, -1, gan_step)
    if way == "old way":
        old = old_batches(args.data_dir, batch_size, low, workers=2)
        return make(device, lambda: next(old).to(device), False, "fp32", False)
    from dataset import Dataset

    dataset, counter = Dataset(batch_size, args.data_dir, device), itertools.count(1)
    one = dataset.training_batch(1)
    resident = "resident" in way
    return make(
        device,
        lambda: one if resident else dataset.training_batch(next(counter)),
        True,
        "bf16" if "bf16" in way else "fp32",
        "compiled" in way,
    )


def ways_of(args: argparse.Namespace) -> list[str]:
    from hwlib.device import pick_device
    from hwlib.speed import has_bf16

    bf16 = has_bf16(pick_device(args.device))
    ways = ["old way", "fp32", "fp32, resident batch"] + ["bf16"] * bf16
    if args.compile:
        ways += ["fp32, compiled"] + ["bf16, compiled"] * bf16
    return ways


def work(way: str, args: argparse.Namespace) -> None:
    """The process of one way: a round for each line on standard input, seconds a step as the answer."""
    from hwlib.device import pick_device

    device = pick_device(args.device)
    if args.cpu_time:
        global CLOCK
        CLOCK = time.process_time
        torch.set_num_threads(1)
    step = make_step(way, args)
    seconds_per_step(step, args.warmup, device)
    for _ in sys.stdin:
        print(seconds_per_step(step, args.steps, device), flush=True)


def measure(args: argparse.Namespace) -> None:
    """All ways of a track, round by round, each in a process of its own as its users would run it."""
    from hwlib.data import load_images
    from hwlib.device import pick_device
    from hwlib.runs import device_name
    from hwlib.speed import has_bf16

    load_images("mnist", args.data_dir, train=True)  # the old way waits for nobody who is unpacking
    ways = ways_of(args)
    processes = {
        way: subprocess.Popen(
            [sys.executable, __file__, *sys.argv[1:], "--track", args.track, "--way", way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for way in ways
    }
    best = dict.fromkeys(ways, float("inf"))
    for number in range(args.rounds + 1):
        for way, process in processes.items():
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            seconds = float(process.stdout.readline())
            if number:  # the first round is for warming up
                best[way] = min(best[way], seconds)
    for process in processes.values():
        process.communicate()
    device = pick_device(args.device)
    clock = "CPU time of one thread" if args.cpu_time else "wall time"
    print(f"{args.track}, {device_name(device)}, torch {torch.__version__}, {clock}")
    for way, seconds in best.items():
        print(f"  {way:22s} {1 / seconds:8.1f} steps/s   {best['old way'] / seconds:5.2f} x the old way")
    if not has_bf16(device):
        print(f"  bf16: not measured, the {device.type} of this machine has none")


def seconds_per_step(step: Step, steps: int, device: torch.device) -> float:
    synchronize(device)
    start = CLOCK()
    for _ in range(steps):
        step()
    synchronize(device)
    return (CLOCK() - start) / steps


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
    parser.add_argument("--track", choices=["VAE", "GAN"], help="[both in turn]")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument(
        "--cpu_time",
        action="store_true",
        help="CPU seconds of one thread, without the old way's workers; for machines with other work",
    )
    parser.add_argument("--way", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        work(args.way, args)
        return
    for track in [args.track] if args.track else ["VAE", "GAN"]:
        args.track = track
        measure(args)


if __name__ == "__main__":
    main()
