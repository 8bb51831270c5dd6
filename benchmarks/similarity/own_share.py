"""The own share against the cohort: of honest students, and of those whose code was copied or is a copy.

    python -m benchmarks.similarity.own_share

Each class is that of `benchmarks.similarity.accuracy`: all honest solutions and copies of some of them at one
level. Printed by level: the smallest and the median share of honest students and of those involved, and how
many of each are below the rule.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.similarity.accuracy import SOLUTION, make_class
from benchmarks.similarity.cohort import STARTER, read_cohort, write_submission
from benchmarks.similarity.plagiarist import LEVELS
from code_analyze.similarity.fingerprints import fingerprint_all
from code_analyze.similarity.intake import read_submission, read_submissions, solution_entries
from code_analyze.similarity.own_share import own_shares
from code_analyze.similarity.regions import Starter
from code_analyze.summary.limits import OWN_SHARE_RULE


def main(
    cohort: Annotated[str, typer.Option(help="tuning, held_out or both, joined by +")] = "tuning+held_out",
    copies: Annotated[int, typer.Option(help="copies in each class")] = 8,
    seeds: Annotated[int, typer.Option(help="classes for each level")] = 3,
) -> None:
    honest = [s for part in cohort.split("+") for s in read_cohort(part)]
    solution = [read_submission(each) for each in solution_entries(SOLUTION)]
    print(
        f"{len(honest)} honest solutions ({cohort}), {copies} copies in each class, {seeds} classes per level"
    )
    print(f"{'':9s}{'honest':>40s}{'copies and their sources':>44s}")
    columns = f"{'smallest':>12s}{'median':>10s}{f'below {OWN_SHARE_RULE} %':>18s}"
    print(f"{'':9s}{columns:>40s}{columns:>44s}")
    for level in (0, *LEVELS):
        apart: tuple[list[int], list[int]] = ([], [])
        for seed in range(seeds if level else 1):
            made, sources = make_class(honest, level, copies, seed) if level else ([], {})
            involved = {*sources, *(name for names in sources.values() for name in names)}
            with tempfile.TemporaryDirectory() as folder:
                for each in [*honest, *made]:
                    write_submission(each, Path(folder, each.name))
                everybody = [*read_submissions(folder), *solution]
            for share in own_shares(fingerprint_all(everybody, Starter.read(STARTER), 2)):
                apart[everybody[share.index].name in involved].append(share.total.percent)
        print(
            f"{f'level {level}' if level else 'no copies':9s}{_row(apart[0]):>40s}{_row(apart[1]):>44s}",
            flush=True,
        )


def _row(percent: Sequence[int]) -> str:
    if not percent:
        return ""
    values = np.array(percent)
    below = f"{(values < OWN_SHARE_RULE).sum()} of {len(values)}"
    return f"{values.min():10d} %{np.median(values):8.0f} %{below:>18s}"


if __name__ == "__main__":
    typer.run(main)
