"""The command: python -m code_analyze.similarity submissions/ [--archive last_years/] --out report/"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from code_analyze.similarity.details import explain
from code_analyze.similarity.findings import OUTLIER, find
from code_analyze.similarity.fingerprints import fingerprint_all
from code_analyze.similarity.intake import entries, solution_entries
from code_analyze.similarity.outliers import MIN_CLASS
from code_analyze.similarity.pairs import score
from code_analyze.similarity.regions import Starter
from code_analyze.similarity.report import write_report
from hwlib.errors import HomeworkError, cli_errors

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "code_analyze" / "_codes"
SOLUTION = ROOT / "solutions"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def compare(
    submissions: Annotated[Path, typer.Argument(help="folder with one folder, zip or .py file per student")],
    out: Annotated[
        Path, typer.Option(help="folder for index.html, pairs.csv, own_share.csv and clusters.json")
    ] = Path("report"),
    archive: Annotated[Path | None, typer.Option(help="earlier years' submissions, laid out alike")] = None,
    references: Annotated[
        Path | None, typer.Option(help="public sources: a folder of folders or .py files")
    ] = None,
    starter: Annotated[Path, typer.Option(help="the pristine starter, which never counts")] = STARTER,
    solution: Annotated[
        Path, typer.Option(help="the reference solution; left out where there is none")
    ] = SOLUTION,
    workers: Annotated[int, typer.Option(min=0, help="processes; 0: one per core, at most 8")] = 0,
    details: Annotated[
        int, typer.Option(min=1, help="pairs that get a side-by-side view besides the outliers")
    ] = 60,
) -> None:
    """Ranks pairs of submissions by what they share and few others have, for a person to read."""
    if not starter.is_dir():
        raise HomeworkError(
            f"the starter {starter} is not a folder. Give the pristine starter with --starter."
        )
    gc.disable()  # looking for cycles takes a tenth of the time, and there are none that matter
    everybody = entries(submissions)
    count = len(everybody)
    if archive is not None:
        everybody += entries(archive, "archive")
    if references is not None:
        everybody += entries(references, "reference")
    everybody += solution_entries(solution)
    base = Starter.read(starter)
    print(f"reading {count} submissions and {len(everybody) - count} others ...", file=sys.stderr, flush=True)
    prints = fingerprint_all(everybody, base, workers or min(8, os.cpu_count() or 1))
    print("comparing ...", file=sys.stderr, flush=True)
    result = find(prints, score(prints))
    explain(result, details)
    found = write_report(result, out, _titles(starter))
    outliers = [pair for pair in result.pairs if pair.kind == OUTLIER]
    if result.canonical.line is None:
        print(
            f"A class of {count} is too small to tell what is usual in it "
            f"(a reporting line needs {MIN_CLASS} submissions)."
        )
    else:
        print(f"{len(outliers)} of {result.canonical.num_pairs} pairs stand out, in {len(found)} clusters.")
    print(f"Open {out / 'index.html'}. It ranks pairs for a person to read and accuses nobody.")


def _titles(starter: Path) -> dict[str, str]:
    """ "VAE/VAE.py:1" -> the title of the region, from the starter's own markers."""
    from code_analyze import summary

    titles = {}
    for path, source in Starter.read(starter).files.items():
        for region in summary.analyze_file(source, source, path).regions:
            titles[f"{path}:{region.number}"] = region.title
    return titles


@cli_errors()
def main() -> None:
    app(prog_name="python -m code_analyze.similarity")


if __name__ == "__main__":
    main()
