"""How well copies are told from honest work, level by level, beside other tools in one run.

    python -m benchmarks.similarity.accuracy --cohort held_out --python tools/bin/python --dolos dolos/

Each run is a class: all honest solutions of the chosen cohorts and copies of some of them, all of one
level. A pair (copy, source) is a hit; pairs of copies with a common source are left out; all other pairs
are honest. Printed by tool and level, as means over the seeds: ROC-AUC, average precision, recall at zero
and at five false positives.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.similarity.cohort import STARTER, Solution, read_cohort, write_submission
from benchmarks.similarity.competitors import Pairs, Run, flatten, tools
from benchmarks.similarity.plagiarist import LEVELS, disguise
from benchmarks.similarity.sources import Sources, is_true, of_one_source
from code_analyze.similarity.details import explain
from code_analyze.similarity.findings import OUTLIER, Result, find
from code_analyze.similarity.fingerprints import fingerprint_all
from code_analyze.similarity.intake import entries, solution_entries
from code_analyze.similarity.pairs import score
from code_analyze.similarity.regions import Starter

SOLUTION = STARTER.parent.parent / "solutions"
OURS = "this project"


def make_class(
    honest: Sequence[Solution], level: int, num_copies: int, seed: int
) -> tuple[list[Solution], Sources]:
    """Copies at a level, and each copy's sources by name."""
    rng = random.Random(f"class {seed} {level}")
    copies, sources = [], {}
    for index, source in enumerate(rng.sample(list(honest), num_copies)):
        second = rng.choice([s for s in honest if s is not source]) if level == 5 else None
        copy = disguise(level, f"copy{index:02d}", source, second, seed)
        copies.append(copy)
        sources[copy.name] = {s.name for s in (source, second) if s is not None}
    return copies, sources


def compare(folder: Path, references: Path | None = None, workers: int = 2) -> Result:
    """This project's result for a folder, as the command makes it."""
    everybody = [*entries(folder), *solution_entries(SOLUTION)]
    if references is not None:
        everybody += entries(references, "reference")
    prints = fingerprint_all(everybody, Starter.read(STARTER), workers)
    result = find(prints, score(prints))
    explain(result)
    return result


def compare_solutions(solutions: Sequence[Solution], references: Path | None = None) -> Result:
    """This project's result for a class of solutions."""
    with tempfile.TemporaryDirectory() as folder:
        for solution in solutions:
            write_submission(solution, Path(folder, solution.name))
        return compare(Path(folder), references)


def ranked(result: Result) -> Pairs:
    names = [p.code.submission.name for p in result.prints]
    return {frozenset((names[p.a], names[p.b])): p.score for p in result.pairs}


def measures(
    names: Sequence[str], sources: Sources, pairs: Pairs, without_two_copies: bool = False
) -> list[float]:
    """ROC-AUC, average precision, recall at 0 and at 5 false positives.

    Two copies of one source are left out, and with `without_two_copies` every pair of two copies.
    """
    truth, scores = [], []
    for pair in map(frozenset, combinations(names, 2)):
        if of_one_source(pair, sources) or (without_two_copies and pair <= sources.keys()):
            continue
        truth.append(is_true(pair, sources))
        scores.append(pairs.get(pair, 0.0))
    y, s = np.array(truth), np.array(scores)
    false = np.sort(s[~y])[::-1]
    return [
        float(roc_auc_score(y, s)),
        float(average_precision_score(y, s)),
        float((s[y] > false[0]).mean()),
        float((s[y] > false[5]).mean()),
    ]


def main(
    cohort: Annotated[
        str, typer.Option(help="tuning, held_out, unseen, or some joined by +")
    ] = "tuning+held_out",
    copies: Annotated[int, typer.Option(help="copies in each class")] = 10,
    seeds: Annotated[int, typer.Option(help="classes for each level")] = 3,
    level: Annotated[int, typer.Option(help="one level alone; 0: all")] = 0,
    references: Annotated[Path | None, typer.Option(help="public sources that students worked from")] = None,
    without: Annotated[str, typer.Option(help="honest solutions to leave out, joined by +")] = "",
    python: Annotated[str | None, typer.Option(help="interpreter with copydetect and compare50")] = None,
    dolos: Annotated[str | None, typer.Option(help="folder with node_modules/@dodona/dolos-lib")] = None,
) -> None:
    left_out = without.split("+")
    honest = [s for part in cohort.split("+") for s in read_cohort(part) if s.name not in left_out]
    print(
        f"{len(honest)} honest solutions ({cohort}), {copies} copies in each class, {seeds} classes per level"
    )
    others = tools(python, dolos)
    for chosen in [level] if level else LEVELS:
        rows: dict[str, list[list[float]]] = {}
        absent: dict[str, str] = {}
        above, honest_above = [], []
        for seed in range(seeds):
            made, sources = make_class(honest, chosen, copies, seed)
            with tempfile.TemporaryDirectory() as temporary:
                folder, flat = Path(temporary, "class"), Path(temporary, "flat")
                for solution in [*honest, *made]:
                    write_submission(solution, folder / solution.name)
                starter = flatten(folder, flat, STARTER)
                names = sorted(s.name for s in [*honest, *made])
                result = compare(folder, references)
                runs = {OURS: Run(ranked(result), 0.0)}
                runs |= {name: tool(folder, flat, starter) for name, tool in others.items()}
            for name, run in runs.items():
                if run.absent:
                    absent[name] = run.absent
                else:
                    rows.setdefault(name, []).append(measures(names, sources, run.pairs))
            hits, misses = _outliers(result, sources)
            above.append(hits)
            honest_above.append(misses)
        print(f"\nlevel {chosen}               ROC-AUC  avg. prec.  recall@0  recall@5")
        for name, values in rows.items():
            mean = np.mean(values, axis=0)
            print(f"  {name:20s}  {mean[0]:6.3f}  {mean[1]:9.3f}  {mean[2]:8.2f}  {mean[3]:8.2f}")
        for name, reason in absent.items():
            print(f"  {name:20s}  {reason}")
        print(f"  above the reporting line: {np.mean(above):.2f} of the copied pairs, "
              f"{np.mean(honest_above):.1f} honest pairs in a class", flush=True)  # fmt: skip
    _honest_alone(honest, references)


def _outliers(result: Result, sources: Sources) -> tuple[float, int]:
    names = [p.code.submission.name for p in result.prints]
    above = [frozenset((names[p.a], names[p.b])) for p in result.pairs if p.kind == OUTLIER]
    hits = sum(is_true(pair, sources) for pair in above)
    false = sum(not is_true(pair, sources) and not of_one_source(pair, sources) for pair in above)
    return hits / sum(map(len, sources.values())), false


def _honest_alone(honest: Sequence[Solution], references: Path | None) -> None:
    result = compare_solutions(honest, references)
    top = result.pairs[0]
    names = [p.code.submission.name for p in result.prints]
    line = result.canonical.line
    print(
        f"\nthe {len(honest)} honest solutions alone: "
        f"{sum(p.kind == OUTLIER for p in result.pairs)} pairs above the reporting line "
        f"(line {'none' if line is None else format(line, '.1f')}, "
        f"highest {top.score:.1f}: {names[top.a]}, {names[top.b]})"
    )


if __name__ == "__main__":
    typer.run(main)
