"""How long the KL divergence of the reference VAE stays near zero at the start, seed by seed.

    python benchmarks/plateau.py --data_dir DIR [--latent_dim 3] [--seeds 0 1 2 ...] [--steps 6000]

The decoder first learns the mean image, for which it needs no latent vector; the KL divergence then stays
near zero until both networks find a use for one. Printed for each seed (of `main.py --seed`, at the
handout's defaults): the first 100 steps whose mean is at least 0.5 nats, or that there were none in
`--steps`. With few latent dimensions it may stay so for good: Enc-5 has `2 * latent_dim` units, and where
all of them have died (ReLU) no gradient brings them back.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
WINDOW = 100  # steps
ENDED = 0.5  # nats


def plateau(seed: int, latent_dim: int, steps: int, data_dir: str) -> int | None:
    """The end of the first window whose mean KL divergence reaches ENDED; None if there is none."""
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
    for first in tqdm(range(1, steps + 1, WINDOW), leave=False, desc=f"seed {seed}"):
        losses = [trainer.train_step(dataset.training_batch(first + k))[2].detach() for k in range(WINDOW)]
        if torch.stack(losses).mean() >= ENDED:
            return first + WINDOW - 1
    return None


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
    ends = {}
    for seed in args.seeds:
        ends[seed] = plateau(seed, args.latent_dim, args.steps, args.data_dir)
        print(f"seed {seed}: " + (f"ended by step {ends[seed]}" if ends[seed] else "did not end"), flush=True)
    ended = sorted(step for step in ends.values() if step)
    print(
        f"latent_dim {args.latent_dim}: ended in {len(ended)} of {len(ends)} runs of {args.steps} steps"
        + (f", by step {ended[len(ended) // 2]} in the middle, {ended[-1]} at the latest" if ended else "")
    )


if __name__ == "__main__":
    main()
