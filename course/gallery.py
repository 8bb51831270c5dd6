"""Puts the reference's pictures where the handouts and the README show them.

python -m course.gallery RUN [RUN ...]        folders of finished runs of solutions/, as in their ./runs

Of each run: reconstructions, samples, an interpolation; of each track: originals and the curves of all
its runs. The overview of the README is made of the first VAE run.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image

from hwlib.errors import HomeworkError, cli_errors
from hwlib.figures import RunFiles, curves_figure, read_run
from hwlib.files import atomic_write_bytes

ROOT = Path(__file__).resolve().parents[1]
_WANTED = ("reconstructions", "samples", "interpolation")
_ROWS = 5  # of the ten in a run's pictures: enough to see, half the bytes


def png(image: Image.Image) -> bytes:
    """The image as PNG; greys need one channel only."""
    buffer = io.BytesIO()
    image.convert("L").save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def top_rows(image: Image.Image, rows: int = _ROWS) -> Image.Image:
    """The first rows of a picture of ten."""
    return image.crop((0, 0, image.width, round(image.height * rows / 10)))


def handout_images(runs: list[RunFiles]) -> dict[str, bytes]:
    """File name in `handouts/<TRACK>/images` -> content, for the runs of one track."""
    images = {"1_originals.png": png(top_rows(runs[0].pictures["originals"]))}
    for number, run in enumerate(runs, start=2):
        label = f"latent_dim-{run.record['settings']['latent_dim']}"
        for order, name in enumerate(_WANTED):
            if name in run.pictures:
                images[f"{number}{order}_{name}_{label}.png"] = png(top_rows(run.pictures[name]))
    buffer = io.BytesIO()
    curves_figure(runs).savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    images["90_curves.png"] = buffer.getvalue()
    return images


def overview(run: RunFiles) -> bytes:
    """Originals, reconstructions, samples and an interpolation side by side, three rows of each."""
    parts = [top_rows(run.pictures[name], 3) for name in ("originals", *_WANTED)]
    gap = 12
    width, height = parts[0].size
    sheet = Image.new("RGB", (2 * width + gap, 2 * height + gap), "white")
    for index, part in enumerate(parts):
        sheet.paste(part, ((index % 2) * (width + gap), (index // 2) * (height + gap)))
    return png(sheet)


@cli_errors()
def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m course.gallery",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository [this one]")
    args = parser.parse_args(argv)
    runs = [read_run(folder) for folder in args.runs]
    for run in runs:
        missing = {"originals", "samples", "interpolation"} - set(run.pictures)
        if missing:
            raise HomeworkError(
                f"{run.folder} lacks {', '.join(sorted(missing))}; run main.py there to its end."
            )
    written = 0
    for track in sorted({run.record["track"] for run in runs}):
        of_track = [run for run in runs if run.record["track"] == track]
        folder = args.root / "handouts" / track / "images"
        for old in folder.glob("*.png"):
            old.unlink()
        for name, content in handout_images(of_track).items():
            atomic_write_bytes(folder / name, content)
            written += 1
    with_reconstructions = [run for run in runs if "reconstructions" in run.pictures]
    if with_reconstructions:
        atomic_write_bytes(args.root / "docs" / "images" / "overview.png", overview(with_reconstructions[0]))
        written += 1
    print(f"{written} pictures of {len(runs)} runs in handouts/ and docs/images/")


if __name__ == "__main__":
    main()
