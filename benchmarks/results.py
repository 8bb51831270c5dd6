"""The table of docs/results.md, read off the records and curves of finished runs.

python benchmarks/results.py RUN [RUN ...]     folders of runs, as in solutions/<TRACK>/runs

Losses are the last ones of the validation curves and, for training, the mean of the last 100 logged
values. FID: mean and spread over the samplings of the run. Below each track, mean and standard
deviation of the FID over the seeds of the same settings.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from hwlib.figures import RunFiles, read_run

COLUMNS = {
    "VAE": ["reconstruction_loss", "KL_divergence"],
    "GAN": ["discriminator_loss", "generator_loss", "D(x)", "D(G(z1))"],
}


def row(run: RunFiles) -> list[str]:
    settings, results = run.record["settings"], run.record["results"]
    cells = [str(settings["latent_dim"]), str(settings["seed"]), settings["precision"], str(results["steps"])]
    for name in COLUMNS[run.record["track"]]:
        cells.append(f"{run.curves[name][1][-100:].mean():.2f}")
        if f"dev/{name}" in run.curves:
            cells[-1] += f" / {run.curves[f'dev/{name}'][1][-1]:.2f}"
    fid = results["fid"]
    cells.append(f"{fid['fid']:.1f} ± {fid['spread']:.1f} ({len(fid['runs'])} samplings)")
    return cells


def table(track: str, runs: list[RunFiles]) -> str:
    heads = ["latent_dim", "seed", "precision", "steps"]
    heads += [f"{name}, training / validation" if track == "VAE" else name for name in COLUMNS[track]]
    heads.append("FID")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row(run)) + " |" for run in runs]
    return "\n".join(lines)


def spreads(runs: list[RunFiles]) -> list[str]:
    groups: dict[tuple[str, str, int, str], list[float]] = {}
    for run in runs:
        fid, settings = run.record["results"]["fid"], run.record["settings"]
        key = run.record["track"], fid["network"], settings["latent_dim"], settings["precision"]
        groups.setdefault(key, []).append(fid["fid"])
    return [
        f"{track}, latent_dim {latent_dim}, {precision}, {network}: FID {statistics.mean(values):.1f}, "
        f"standard deviation {statistics.stdev(values):.1f} over {len(values)} seeds"
        for (track, network, latent_dim, precision), values in groups.items()
        if len(values) > 1
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    runs = [read_run(folder) for folder in parser.parse_args().runs]
    for run in [run for run in runs if "fid" not in run.record.get("results", {})]:
        settings = run.record["settings"]
        print(
            f"left out, not finished: {run.record['track']}, latent_dim {settings['latent_dim']}, "
            f"seed {settings['seed']}",
            file=sys.stderr,
        )
        runs.remove(run)
    runs.sort(key=lambda run: (run.record["settings"]["latent_dim"], run.record["settings"]["seed"]))
    for track in COLUMNS:
        of_track = [run for run in runs if run.record["track"] == track]
        if of_track:
            first = of_track[0].record
            data, version = first["settings"]["dataset"], first["versions"]["torch"]
            print(f"\n{track} on {data}, {first['device']}, torch {version}\n")
            print(table(track, of_track))
            print("", *spreads(of_track), sep="\n")


if __name__ == "__main__":
    main()
