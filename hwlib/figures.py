"""The curves and pictures of runs as PNG and PDF, captioned with their settings, ready for the report.

python -m hwlib.figures runs/*                  one panel per curve, all runs in it; every picture
python -m hwlib.figures runs/VAE_... --out figures
"""

from __future__ import annotations

import argparse
import glob
import io
import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from hwlib.curves import read_events
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import RUN_RECORD, atomic_write_bytes

_CAPTIONED = ("latent_dim", "batch_size", "num_train_steps")
_CAPTION_WIDTH = 72  # characters: the width of a picture's figure
_SMOOTH = 0.98  # of the exponential moving average drawn over a training curve, at 2,500 points


@dataclass
class RunFiles:
    """What a run left behind: settings, curves (steps `[n]`, values `[n]`), last picture of each group."""

    folder: Path
    record: dict[str, Any]
    curves: dict[str, tuple[np.ndarray, np.ndarray]]
    pictures: dict[str, Image.Image]
    place: str = ""  # the folder above, where runs of the same name are to be told apart

    @property
    def caption(self) -> str:
        """The track, the settings that a report must state, and those in which runs may differ."""
        settings, name = self.record["settings"], str(self.record.get("name", ""))
        # A run's name holds what is not at its default; hidden_dim is stated by every report on a GAN.
        others = [key for key in sorted(settings) if key == "hidden_dim" or f"_{key}-{settings[key]}" in name]
        parts = [f"{key}={settings[key]}" for key in dict.fromkeys([*_CAPTIONED, *others])]
        if settings.get("dataset") != "mnist":
            parts.append(f"dataset={settings.get('dataset')}")
        if self.place:
            parts.append(f"in {self.place}")
        return f"{self.record['track']}: " + ", ".join(parts)


def read_run(folder: Path) -> RunFiles:
    """Reads a run's record, event files and pictures.

    Raises:
        HomeworkError: the folder holds no run record or no events.
    """
    try:
        record = json.loads((folder / RUN_RECORD).read_text(encoding="utf-8"))
        missing = [key for key in _CAPTIONED if key not in record["settings"]] + [
            key for key in ("track",) if key not in record
        ]
    except FileNotFoundError:
        raise HomeworkError(
            f"{folder} holds no {RUN_RECORD}; name the folder of a run: python -m hwlib.figures runs/*"
        ) from None
    except (ValueError, KeyError, TypeError):
        missing = ["a readable record"]
    if missing:
        raise HomeworkError(
            f"{folder / RUN_RECORD} lacks {', '.join(missing)}. Run main.py again to write it anew."
        )
    # All points: the default of the reader keeps a sample of 10,000 of a curve.
    events = read_events(folder, {"scalars": 0, "images": 1})
    tags = events.Tags()
    curves = {}
    for tag in sorted(tags["scalars"]):
        points = events.Scalars(tag)
        if points:  # a curve that a resumed run has purged is still listed
            curves[tag] = np.array([p.step for p in points]), np.array([p.value for p in points])
    pictures = {
        tag: Image.open(io.BytesIO(images[-1].encoded_image_string)).convert("RGB")
        for tag in sorted(tags["images"])
        if (images := events.Images(tag))
    }
    for path in sorted((folder / "pictures").glob("*.png")):
        pictures[path.stem] = Image.open(path).convert("RGB")
    if not curves:
        raise HomeworkError(f"{folder} holds no curves yet. Train first: python main.py --do_train")
    return RunFiles(folder, record, curves, pictures)


def curves_figure(runs: list[RunFiles]) -> Figure:
    """One panel per curve with all runs in it: training thin and smoothed, validation (`dev/`) with marks."""
    names = sorted({tag.removeprefix("dev/") for run in runs for tag in run.curves} - {"fid"})
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.0 * rows + 0.3 + 0.18 * len(runs)), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        for index, run in enumerate(runs):
            _draw(panel, run, name, f"C{index % 10}")
        panel.set(title=name, xlabel="step")
        panel.grid(alpha=0.3)
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    handles = [panels[0].plot([], [], color=f"C{i % 10}", label=run.caption)[0] for i, run in enumerate(runs)]
    if any(tag.startswith("dev/") for run in runs for tag in run.curves):
        handles += panels[0].plot([], [], "o--", color="0.4", markersize=3, label="validation")
    figure.legend(handles=handles, loc="outside lower center", frameon=False, fontsize="small")
    return figure


def _draw(panel: Any, run: RunFiles, name: str, color: str) -> None:
    if name in run.curves:
        steps, values = run.curves[name]
        panel.plot(steps, values, color=color, alpha=0.2, linewidth=0.6)
        panel.plot(steps, _smooth(values), color=color, linewidth=1.3)
    if f"dev/{name}" in run.curves:
        panel.plot(*run.curves[f"dev/{name}"], "o--", color=color, markersize=2.5, linewidth=0.8)


def _smooth(values: np.ndarray) -> np.ndarray:
    """Exponential moving average, corrected for its start, over the same share of every curve."""
    weight = _SMOOTH ** (2500 / max(len(values), 1))
    smoothed, total, norm = np.empty_like(values), 0.0, 0.0
    for index, value in enumerate(values):
        total, norm = weight * total + (1 - weight) * value, weight * norm + 1 - weight
        smoothed[index] = total / norm
    return smoothed


def picture_figure(run: RunFiles, name: str) -> Figure:
    """One picture of a run, with its caption."""
    picture = run.pictures[name]
    figure = Figure(figsize=(5, 5 * picture.height / picture.width + 0.5), layout="constrained")
    panel = figure.subplots()
    panel.imshow(np.asarray(picture), interpolation="nearest")
    panel.set_axis_off()
    panel.set_title(f"{name}\n{textwrap.fill(run.caption, _CAPTION_WIDTH)}", fontsize=9)
    return figure


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """Writes a figure as PNG and PDF, all or nothing; the same figure gives the same bytes."""
    paths = []
    for suffix, metadata in (("png", {"Software": None}), ("pdf", {"CreationDate": None})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix, dpi=200, metadata=metadata)
        paths.append(stem.with_name(f"{stem.name}.{suffix}"))
        atomic_write_bytes(paths[-1], buffer.getvalue())
    return paths


@cli_errors()
def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m hwlib.figures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="+", help="folders of runs, as main.py makes them below ./runs")
    parser.add_argument("--out", type=Path, default=Path("figures"), help="folder to write to [figures]")
    args = parser.parse_args(argv)
    # Shells on Windows leave the pattern to the program.
    named = [Path(path) for pattern in args.runs for path in (sorted(glob.glob(pattern)) or [pattern])]
    runs, unreadable = [], []
    for folder in named:
        if folder.is_dir() or not folder.exists():
            try:
                runs.append(read_run(folder))
            except HomeworkError as error:
                unreadable.append(error)
    if unreadable and not runs:
        raise unreadable[0]
    for reason in unreadable:  # a run that was cut off early is no reason to draw none
        print(f"left out: {reason}")
    if not runs:
        raise HomeworkError(
            f"no folder of a run in {' '.join(args.runs)}; try: python -m hwlib.figures runs/*"
        )
    names = [run.folder.name for run in runs]
    for run in runs:
        if names.count(run.folder.name) > 1:
            run.place = run.folder.resolve().parent.name
    written = []
    for track in sorted({run.record["track"] for run in runs}):
        of_track = [run for run in runs if run.record["track"] == track]
        written += save_figure(curves_figure(of_track), args.out / f"{track}_curves")
    for run in runs:
        for name in run.pictures:
            written += save_figure(picture_figure(run, name), args.out / run.place / run.folder.name / name)
    print(
        f"{len(written)} files in {args.out}/: curves and pictures of {len(runs)} runs, each as PNG and PDF"
    )


if __name__ == "__main__":
    main()
