"""How often the grader's test for copies takes new images for copies, and copies for new images.

    python benchmarks/memorisation.py --data_dir data --checkpoints solutions/*/results/*
    python benchmarks/memorisation.py --data_dir data --train 5000 --seeds 1 2 3

Prints the share of copies that the test finds among held-out images, among samples of the reference (of the
checkpoints that are named, or trained here with each seed), and among training images that were changed as a
generator might change them to hide what it does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor

from grader.checks.memorisation import SHARE, CopyTest
from grader.checks.quality import HELD_OUT, SAMPLES_FOR_COPIES
from grader.checks.reference import ROOT, module
from hwlib import checkpoint
from hwlib.data import load_images


def changed(images: Tensor) -> dict[str, Tensor]:
    """Training images [N, 1, 32, 32] in [0, 1] as they might be replayed."""
    random = torch.Generator().manual_seed(0)

    def noisy(images: Tensor, spread: float) -> Tensor:
        return (images + spread * torch.randn(images.shape, generator=random)).clamp(0, 1)

    def moved(images: Tensor, down: int, right: int) -> Tensor:
        around = torch.nn.functional.pad(images, (2, 2, 2, 2))
        return around.roll((down, right), (2, 3))[:, :, 2:-2, 2:-2]

    return {
        "as they are": images,
        "noise 0.02": noisy(images, 0.02),
        "noise 0.05": noisy(images, 0.05),
        "noise 0.1": noisy(images, 0.1),
        "noise 0.2": noisy(images, 0.2),
        "moved by (1, 0)": moved(images, 1, 0),
        "moved by (2, -1)": moved(images, 2, -1),
        "brightness x 0.7": 0.7 * images,
        "brightness x 1.3": (1.3 * images).clamp(max=1),
        "brightness + 0.1": (images + 0.1).clamp(max=1),
        "gamma 0.7": images**0.7,
        "smoothed": torch.nn.functional.avg_pool2d(images, 3, 1, 1),
        "noise 0.1, moved, x 0.8": noisy(0.8 * moved(images, 1, 1), 0.1),
        "a fifth of another": 0.8 * images + 0.2 * images.roll(1, 0),
    }


def samples_of(folder: Path) -> Tensor:
    """Samples [N, 1, 32, 32] in [0, 1] of the latest checkpoint of a run of the reference."""
    state = checkpoint.load_latest(folder)
    settings = state["settings"]
    torch.manual_seed(0)
    with torch.no_grad():
        if settings["track"] == "VAE":
            model = module("VAE", "VAE").VAE(1, settings["latent_dim"], settings["architecture"])
            model.load_state_dict(state["model"])
            return model.eval()(z=torch.randn(SAMPLES_FOR_COPIES, settings["latent_dim"]))
        sizes = 1, settings["latent_dim"], settings["hidden_dim"]
        generator = module("GAN", "GAN").get_generator(*sizes, torch.device("cpu"))
        generator.load_state_dict(state["netG"])
        return (generator.eval()(torch.randn(SAMPLES_FOR_COPIES, sizes[1], 1, 1)) + 1) / 2


def trained(into: Path, steps: int, seeds: list[int], args: argparse.Namespace) -> list[Path]:
    """Trains both references with each seed; the folders of their checkpoints."""
    for track in ("VAE", "GAN"):
        for seed in seeds:
            command = [sys.executable, "main.py", "--do_train", "--seed", str(seed), "--fid_images", "2"]
            command += ["--num_train_steps", str(steps), "--latent_dim", "100", "--dataset", args.dataset]
            command += ["--data_dir", str(args.data_dir.resolve())]
            command += ["--ckpt_dir", str(into / "results"), "--log_dir", str(into / "runs")]
            subprocess.run(command, cwd=ROOT / "solutions" / track, check=True, stdout=subprocess.DEVNULL)
    return sorted((into / "results").iterdir())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_dir", type=Path, default=ROOT / "data", help="folder of the data sets [data]")
    parser.add_argument("--dataset", default="mnist", help="data set of the checkpoints [mnist]")
    parser.add_argument("--checkpoints", type=Path, nargs="*", default=[], help="runs of the reference")
    parser.add_argument("--train", type=int, metavar="STEPS", help="train the reference for so many steps")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="seeds of --train [1 2 3]")
    args = parser.parse_args()
    train = load_images(args.dataset, args.data_dir, train=True)
    held_out = load_images(args.dataset, args.data_dir, train=False)
    every = max(1, len(held_out) // HELD_OUT)
    test = CopyTest(train, held_out[::every])
    print(f"share of copies among {SAMPLES_FOR_COPIES} images of {args.dataset}; flagged above {SHARE:.0%}")

    def show(what: str, images: Tensor) -> None:
        found = test(images)
        flagged = "flagged" if found.memorised else ""
        print(f"  {what:<64}{found.copies:>7.1%}  median {found.nearest:.2f}  {flagged}", flush=True)

    print("new images")
    others = held_out[1::every] if every > 1 else held_out
    show("held-out images, others than those that set the limit", others[:SAMPLES_FOR_COPIES])
    with tempfile.TemporaryDirectory() as scratch:
        folders = list(args.checkpoints)
        if args.train:
            folders += trained(Path(scratch), args.train, args.seeds, args)
        for folder in folders:
            show(f"{folder.name}, step {checkpoint.steps(folder)[-1]}", samples_of(folder))
    print("copies: training images")
    index = torch.randperm(len(train), generator=torch.Generator().manual_seed(1))[:SAMPLES_FOR_COPIES]
    for what, images in changed(train[index].float() / 255).items():
        show(what, images)


if __name__ == "__main__":
    main()
