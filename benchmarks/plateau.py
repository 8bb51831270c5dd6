"""How long the KL divergence of the reference VAE stays near zero at the start, seed by seed.

    python benchmarks/plateau.py --data_dir DIR [--latent_dim 3] [--seeds 0 1 2 ...] [--steps 6000]

The decoder first learns the mean image, for which it needs no latent vector; the KL divergence then stays
near zero until both networks find a use for one. Printed for each seed (of `main.py --seed`, at the
handout's defaults): the step from which on the mean of every 100 steps was at least 0.5 nats, for 1,000
steps. With few latent dimensions it may stay near zero for good: Enc-5 has `2 * latent_dim` units, and
where all of them are 0 for every image (ReLU), no gradient reaches the encoder any more. A run in which
that is so twice, 500 steps apart, is given up.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, cast

import torch
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
WINDOW = 100  # steps
ENDED = 0.5  # nats
LASTING = 10  # windows
CHECKED = 5  # windows from one look at Enc-5 to the next
ENC_5 = slice(0, 11)  # of the reference's encoder, with its ReLU


def plateau(seed: int, latent_dim: int, steps: int, data_dir: str) -> str:
    """How the beginning of one training went, in words."""
    from dataset import Dataset
    from trainer import Trainer
    from VAE import VAE

    from hwlib.device import seed_everything
    from hwlib.speed import accelerate

    device = torch.device("cpu")
    seed_everything(seed)
    dataset = Dataset(32, data_dir, device, "mnist", seed)
    model = VAE(1, latent_dim)
    accelerate(model, device=device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    trainer = Trainer(device, model, optimizer, dataset, None, None)
    lasting, dead = 0, False
    for window in tqdm(range(1, steps // WINDOW + 1), leave=False, desc=f"seed {seed}"):
        first = (window - 1) * WINDOW + 1
        losses = [trainer.train_step(dataset.training_batch(first + k))[2].detach() for k in range(WINDOW)]
        lasting = lasting + 1 if torch.stack(losses).mean() >= ENDED else 0
        if lasting == LASTING:
            return f"left zero by step {(window - LASTING + 1) * WINDOW}"
        if window % CHECKED == 0:
            before, dead = dead, all_dead(model, dataset)
            if before and dead:
                return f"all units of Enc-5 are dead by step {(window - CHECKED) * WINDOW}"
    return f"near zero after {steps} steps"


@torch.no_grad()
def all_dead(model: torch.nn.Module, dataset: Any) -> bool:
    """Whether Enc-5 is 0 for each of 2,000 training images."""
    imgs = dataset.scale(dataset.train_images[:2000])  # [2000, 1, 32, 32]
    encoder = cast(torch.nn.Sequential, model.encoder)
    return not bool(encoder[ENC_5](imgs).any())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data_dir", default=str(ROOT / "data"))
    parser.add_argument("--latent_dim", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[*range(10), 42])
    parser.add_argument("--steps", type=int, default=6000)
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT / "solutions" / "VAE"))
    ends = []
    for seed in args.seeds:
        ends.append(plateau(seed, args.latent_dim, args.steps, args.data_dir))
        print(f"latent_dim {args.latent_dim}, seed {seed}: {ends[-1]}", flush=True)
    for what in ("left zero", "all units of Enc-5 are dead", "near zero"):
        number = sum(end.startswith(what) for end in ends)
        print(f"latent_dim {args.latent_dim}: {what} in {number} of {len(ends)} runs")


if __name__ == "__main__":
    main()
