"""Runs every solution of the cohort and says where it differs from the reference solution.

    python -m benchmarks.similarity.check_cohort
    python -m benchmarks.similarity.check_cohort --level 4       # the disguised copies of all of them

Compared are the losses on fixed inputs, scaling, shapes and ranges of outputs, the number of parameters,
and one training step of each track. Solutions are code of this repository, so they are run in this process.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Annotated

import torch
import typer

from benchmarks.similarity.cohort import ROOT, files_of, read_cohort
from benchmarks.similarity.plagiarist import disguise

FILES = ("VAE", "GAN", "dataset", "trainer", "main")


def load(folder: Path, names: tuple[str, ...]) -> list[ModuleType]:
    """The modules of one track, freshly imported."""
    for name in FILES:
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        sys.path.pop(0)


def bare_trainer(module: ModuleType, **attributes: object) -> SimpleNamespace:
    """A Trainer without the files and folders that its __init__ wants."""
    trainer = module.Trainer.__new__(module.Trainer)
    trainer.__dict__.update(attributes)
    return trainer  # type: ignore[no-any-return]


def check_vae(folder: Path) -> list[float]:
    vae, trainer, dataset, main = load(folder, ("VAE", "trainer", "dataset", "main"))
    torch.manual_seed(0)
    model = vae.VAE(1, 4)
    images = torch.rand(6, 1, 32, 32)
    recon, mu, log_std = model(images)
    shapes = (recon.shape, mu.shape, log_std.shape)
    assert shapes == ((6, 1, 32, 32), (6, 4), (6, 4)), shapes
    drawn = main.sample_images(model, 5, 4, "cpu")
    assert drawn.shape == (5, 1, 32, 32), drawn.shape
    assert 0 <= float(drawn.min()) <= float(drawn.max()) <= 1
    one = bare_trainer(trainer, model=model, optimizer=torch.optim.Adam(model.parameters()), device="cpu")
    generator = torch.Generator().manual_seed(1)
    fixed = [torch.rand(3, 1, 32, 32, generator=generator).clamp(0.01, 0.99) for _ in range(2)]
    latent = [torch.randn(3, 4, generator=generator) for _ in range(2)]
    losses = [float(value) for value in one.loss_fn(*fixed, *latent)]
    assert len(one.train_step(images)) == 3
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    scaled = dataset.Dataset.scale(SimpleNamespace(), pixels)
    return [*losses, float(scaled.min()), float(scaled.max()), float(scaled.float().mean()), _size(model)]


def check_gan(folder: Path) -> list[float]:
    gan, trainer, dataset, main = load(folder, ("GAN", "trainer", "dataset", "main"))
    torch.manual_seed(0)
    generator, discriminator = gan.get_generator(1, 8, 4, "cpu"), gan.get_discriminator(1, 4, "cpu")
    deviation = torch.cat([p.flatten() for p in generator.parameters() if p.dim() == 4]).std()
    assert 0.018 < float(deviation) < 0.022, f"weights with standard deviation {float(deviation)}"
    images = generator(torch.randn(6, 8, 1, 1))
    assert images.shape == (6, 1, 32, 32)
    drawn = main.sample_images(generator, 5, 8, "cpu")
    assert 0 <= float(drawn.min()) <= float(drawn.max()) <= 1
    adam = [torch.optim.Adam(n.parameters(), lr=2e-4) for n in (discriminator, generator)]
    one = bare_trainer(
        trainer, netG=generator.train(), netD=discriminator, optimD=adam[0], optimG=adam[1], device="cpu"
    )
    fake = generator(torch.randn(6, 8, 1, 1))
    found = one.train_step(torch.rand(6, 1, 32, 32) * 2 - 1, fake, torch.nn.BCELoss())
    assert len(found) == 5
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    scaled = dataset.Dataset.scale(SimpleNamespace(), pixels)
    return [float(scaled.min()), float(scaled.max()), float(scaled.float().mean()), _size(generator)]


def _size(model: torch.nn.Module) -> float:
    return float(sum(p.numel() for p in model.parameters()))


def main(
    level: Annotated[int, typer.Option(help="copies of this level instead; 0: the solutions themselves")] = 0,
    seed: Annotated[int, typer.Option(help="of the copies")] = 0,
) -> None:
    torch.set_num_threads(1)
    expected = check_vae(ROOT / "solutions" / "VAE"), check_gan(ROOT / "solutions" / "GAN")
    wrong = 0
    solutions = [*read_cohort("tuning"), *read_cohort("held_out")]
    if level:
        solutions = [
            disguise(level, f"copy of {one.name}", one, other, seed)
            for one, other in zip(solutions, solutions[1:] + solutions[:1], strict=True)
        ]
    for solution in solutions:
        with tempfile.TemporaryDirectory() as temporary:
            for path, text in files_of(solution).items():
                target = Path(temporary, path)
                target.parent.mkdir(exist_ok=True)
                target.write_text(text, encoding="utf-8")
            for track, check, values in zip(("VAE", "GAN"), (check_vae, check_gan), expected, strict=True):
                try:
                    found = check(Path(temporary, track))
                except Exception as error:
                    wrong += 1
                    print(f"{solution.name} {track}: {type(error).__name__}: {error}")
                    continue
                if any(abs(a - b) > 1e-3 * max(1.0, abs(b)) for a, b in zip(found, values, strict=True)):
                    wrong += 1
                    print(f"{solution.name} {track}: {found}, the reference has {values}")
    print(f"{len(solutions)} solutions, {wrong} tracks that differ from the reference")


if __name__ == "__main__":
    typer.run(main)
