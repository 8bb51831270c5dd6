"""Runs every solution of the cohort and says where it differs from the reference solution.

    python -m benchmarks.similarity.check_cohort             every solution against the reference
    python -m benchmarks.similarity.check_cohort --public    also the public checks, some 20 s each
    python -m benchmarks.similarity.check_cohort --part tuning+held_out --level 4    disguised copies of them

Compared are the losses on fixed inputs, scaling, shapes and ranges of outputs, the number of weights,
and one training step of each track. Solutions are code of this repository, so they are run in this process.
Mistakes that a solution makes on purpose, as students do, stand in `mistakes.yaml` of its folder with the
public checks that they fail; these checks, and no others, must fail.
"""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Annotated, Any

import torch
import typer
import yaml

from benchmarks.similarity.cohort import (
    HERE,
    PARTS,
    REGIONS,
    ROOT,
    Solution,
    files_of,
    read_cohort,
    write_submission,
)
from benchmarks.similarity.plagiarist import disguise
from hwlib.check import QUICK_RUN, check_folder
from hwlib.checking.verdict import Outcome

TRACKS = ("VAE", "GAN")
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
    drawn = main.sample_images(model, 5, 4, "cpu").detach()
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
    return [*losses, float(scaled.min()), float(scaled.max()), float(scaled.float().mean()), _weights(model)]


def check_gan(folder: Path) -> list[float]:
    gan, trainer, dataset, main = load(folder, ("GAN", "trainer", "dataset", "main"))
    torch.manual_seed(0)
    generator, discriminator = gan.get_generator(1, 8, 4, "cpu"), gan.get_discriminator(1, 4, "cpu")
    deviation = torch.cat([p.detach().flatten() for p in generator.parameters() if p.dim() == 4]).std()
    images = generator(torch.randn(6, 8, 1, 1))
    assert images.shape == (6, 1, 32, 32)
    drawn = main.sample_images(generator, 5, 8, "cpu").detach()
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
    values = [float(scaled.min()), float(scaled.max()), float(scaled.float().mean()), _weights(generator)]
    return [*values, float(deviation)]  # 0.02, within 0.001 if it was initialised so


def _weights(model: torch.nn.Module) -> float:
    # Without biases: in the generator's convolutions both is right.
    return float(sum(p.numel() for p in model.parameters() if p.dim() > 1))


def read_mistakes(part: str) -> dict[str, dict[str, Any]]:
    """Solution -> {"what": the mistake in words, <track>: the public checks that it fails}."""
    path = HERE / "cohort" / part / "mistakes.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}


def blank_regions(solution: Solution) -> list[str]:
    """The regions that the solution leaves blank, the optional one aside."""
    return sorted(set(REGIONS) - set(solution.regions) - {"variants"})


def compare(folder: Path, track: str, expected: list[float], may_differ: bool) -> str:
    """Where a track differs from the reference, or why it does not run; empty if neither."""
    try:
        found = (check_vae if track == "VAE" else check_gan)(folder)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    differs = any(abs(a - b) > 1e-3 * max(1.0, abs(b)) for a, b in zip(found, expected, strict=True))
    return f"{found}, the reference has {expected}" if differs and not may_differ else ""


def compare_checks(folder: Path, with_run: bool, expected: list[str]) -> str:
    """Which public checks fail other than expected; empty if none does."""
    results = check_folder(folder, with_run=with_run)
    failed = [r.id.partition("/")[2] for r in results if r.outcome is not Outcome.PASSED]
    known = [check for check in expected if with_run or check != QUICK_RUN]
    return "" if sorted(failed) == sorted(known) else f"failed checks {failed}, expected {known}"


def check_solution(
    solution: Solution,
    mistakes: dict[str, Any],
    expected: dict[str, list[float]],
    public: bool,
    with_run: bool,
) -> list[str]:
    """Everything that is wrong with a solution, one line each."""
    faults = [f"{solution.name}: {name} is blank" for name in blank_regions(solution)]
    with tempfile.TemporaryDirectory() as temporary:
        write_submission(solution, Path(temporary))
        shutil.copytree(ROOT / "handouts", Path(temporary, "handouts"))  # the checks look for it above
        for track in TRACKS:
            folder = Path(temporary, "codes", track)
            for path, text in files_of(solution).items():
                if path.startswith(track):
                    compile(text, path, "exec")
            found = [compare(folder, track, expected[track], track in mistakes)]
            if public:
                found.append(compare_checks(folder, with_run, mistakes.get(track, [])))
            faults += [f"{solution.name} {track}: {fault}" for fault in found if fault]
    return faults


def main(
    part: Annotated[str, typer.Option(help="parts of the cohort, joined by +")] = "+".join(PARTS),
    public: Annotated[bool, typer.Option(help="also the homework's public checks")] = False,
    run: Annotated[bool, typer.Option(help="among them the run of main.py in its seconds-long mode")] = True,
    level: Annotated[int, typer.Option(help="copies of this level instead; 0: the solutions themselves")] = 0,
    seed: Annotated[int, typer.Option(help="of the copies")] = 0,
) -> None:
    torch.set_num_threads(1)
    expected = {
        "VAE": check_vae(ROOT / "solutions" / "VAE"),
        "GAN": check_gan(ROOT / "solutions" / "GAN"),
    }
    number, wrong, mistaken = 0, 0, 0
    for name in part.split("+"):
        mistakes = read_mistakes(name)
        mistaken += len(mistakes)
        solutions = read_cohort(name)
        for solution, next_one in zip(solutions, solutions[1:] + solutions[:1], strict=True):
            known = mistakes.get(solution.name, {})
            if level:
                if level == 5:
                    known = known | mistakes.get(next_one.name, {})  # it may have taken over either's
                solution = disguise(level, f"copy of {solution.name}", solution, next_one, seed)
            faults = check_solution(solution, known, expected, public, run)
            for fault in faults:
                print(fault, flush=True)
            number += 1
            wrong += bool(faults)
    print(f"{number} solutions, {mistaken} with listed mistakes; {wrong} are not as they should be")
    raise typer.Exit(1 if wrong else 0)


if __name__ == "__main__":
    typer.run(main)
