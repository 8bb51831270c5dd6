"""How long the regions are that honest students have in common word for word, beside those of copies.

    python -m benchmarks.similarity.coincidences

Printed, over all cohorts: quantiles of the evidence of a region's tokens, of the honest pairs that have it
the same word for word (own names aside) and of copies at levels 1 and 3 with their sources.
`code_analyze.similarity.scores.COINCIDENCE` is the 99 % quantile of the honest ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import typer

from benchmarks.similarity.accuracy import compare_solutions, make_class
from benchmarks.similarity.cohort import COPIES, PARTS, read_cohort
from benchmarks.similarity.sources import is_true
from code_analyze.similarity.findings import Result
from code_analyze.similarity.fingerprints import TOKENS
from code_analyze.similarity.scores import COINCIDENCE

QUANTILES = (0.05, 0.5, 0.95, 0.99, 1.0)
LEVELS = (1, 3)


def same_words(result: Result) -> Iterator[tuple[frozenset[str], float]]:
    """Pairs of the class and regions that are the same word for word: names and evidence of the tokens."""
    names = [p.code.submission.name for p in result.prints[: result.num_class]]
    rows = np.arange(result.num_class)
    for part in result.scores.parts:
        same = result.scores.forms[part, TOKENS].same(rows, 0)[:, : len(names)]
        tokens = result.scores.fragments[part, TOKENS].evidence(rows, 0)
        for one, other in zip(*np.nonzero(np.triu(same, 1)), strict=True):
            yield frozenset((names[one], names[other])), float(tokens[one, other])


def main() -> None:
    honest: list[float] = []
    copied: dict[int, list[float]] = {level: [] for level in LEVELS}
    for cohort in (part for part in PARTS if not part.endswith(COPIES)):
        solutions = read_cohort(cohort)
        for level in LEVELS:
            copies, sources = make_class(solutions, level, 10, 0)
            for pair, tokens in same_words(compare_solutions([*solutions, *copies])):
                if is_true(pair, sources):
                    copied[level].append(tokens)
                elif level == LEVELS[-1] and not pair & sources.keys():
                    honest.append(tokens)
    print(f"{'regions the same word for word':32s}  number  " + "".join(f"{q:8.0%}" for q in QUANTILES))
    for label, values in (
        ("honest pairs", honest),
        *((f"copies at level {level}", copied[level]) for level in LEVELS),
    ):
        quantiles = "".join(f"{v:8.1f}" for v in np.quantile(values, QUANTILES))
        print(f"{label:32s}  {len(values):6d}  {quantiles}")
    print(f"COINCIDENCE is {COINCIDENCE:.1f}")


if __name__ == "__main__":
    typer.run(main)
