"""What happens after training: pictures, FID, and the last lines that a run prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from hwlib import checkpoint
from hwlib.curves import read_events
from hwlib.device import fixed_random
from hwlib.fid import evaluate_fid
from hwlib.fid_inputs import check_shape
from hwlib.pictures import grid, interpolation, save_png
from hwlib.runs import Run


class Images(Protocol):
    """What an evaluation needs of a track's data set."""

    train_images: Tensor
    dev_images: Tensor

    def scale(self, images: Tensor) -> Tensor: ...


@torch.no_grad()
def evaluate(
    run: Run,
    model: nn.Module,
    dataset: Images,
    *,
    sample: Callable[[int], Tensor],
    decode: Callable[[Tensor], Tensor],
    latent_shape: tuple[int, ...],
    reconstruct: Callable[[Tensor], Tensor] | None = None,
) -> None:
    """Draws the pictures of a trained model, scores it by FID, and says both.

    Args:
        run: gets the pictures (`pictures/*.png`) and the FID (`run.json`, curve `fid`).
        model: put into eval mode.
        dataset: the images it was trained on.
        sample: n to n images `[n, C, H, W]` in [0, 1] drawn by the model.
        decode: latents `[n, *latent_shape]` to images `[n, C, H, W]` in [0, 1].
        latent_shape: of one latent vector.
        reconstruct: images as the model takes them to their reconstructions in [0, 1], if it has any.

    With `--interpolate K` only that picture is drawn.

    Raises:
        HomeworkError: `sample` gives something else than images.
    """
    model.eval()
    args = run.args
    step = checkpoint.steps(run.ckpt_dir)[-1]
    pictures = run.log_dir / "pictures"
    with fixed_random(args.seed, run.device):
        rows = args.interpolate or 10
        drawn = {"interpolation": grid(interpolation(decode, latent_shape, rows, run.device), columns=rows)}
        if args.interpolate is None:
            originals = dataset.dev_images[:100]
            drawn["originals"] = grid(originals / 255)
            if reconstruct is not None:
                drawn["reconstructions"] = grid(reconstruct(dataset.scale(originals)))
            samples = sample(100)
            check_shape(samples, "the images that sample_images returns", count=100)
            drawn["samples"] = grid(samples)
        for name, picture in drawn.items():
            save_png(picture, pictures / f"{name}.png")
        run.tb_writer.add_image("interpolation", drawn["interpolation"], step)
        run.add_results(steps=step)
        if args.interpolate is None:
            run.tb_writer.flush()
            values = last_values(run.log_dir)
            run.add_results(curves=values)
            listed = (f"{tag} {value:.4g}" for tag, value in values.items() if tag != "fid")
            print(f"step {step}: {', '.join(listed)}", flush=True)
            result = evaluate_fid(
                dataset.train_images,
                sample,
                num_images=min(args.fid_images, len(dataset.train_images)),
                runs=args.fid_runs,
                network=args.fid_network,
                weights=args.inception_weights,
                split="train",
                device=run.device,
                seed=args.seed,
            )
            run.tb_writer.add_scalar("fid", result.fid, step)
            run.add_results(fid=result.as_dict())
            print(result, *(f"warning: {sentence}" for sentence in result.warnings), sep="\n", flush=True)
    run.tb_writer.close()
    print(f"pictures: {pictures}/ ({', '.join(f'{name}.png' for name in drawn)})", flush=True)


def last_values(log_dir: Path) -> dict[str, float]:
    """The last value of every curve of a run, by its tag."""
    events = read_events(log_dir)
    # A curve whose points a resumed run has purged is still listed, without points.
    curves = {tag: events.Scalars(tag) for tag in sorted(events.Tags()["scalars"])}
    return {tag: points[-1].value for tag, points in curves.items() if points}
