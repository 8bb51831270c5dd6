"""How well copies made by hand are told from honest work.

    python -m benchmarks.similarity.unseen --cohort unseen --python tools/bin/python --dolos dolos/

Each class is the honest solutions of a cohort, `cohort/unseen`, and the copies of one level in the folder
beside it, `cohort/unseen_copies`, made by a person and not by the program of `plagiarist.py`. It was measured
once before any part of the tool was fitted to it, and built with later: what is to be unseen needs a new
cohort, a folder of solutions and one of copies with its `copies.yaml`. Printed by level: the measures of
`benchmarks.similarity.accuracy` for each tool, the rank of every true pair among all pairs of the class
(1 is the most alike; a tie counts as the last of its pairs), the honest pair that ranks highest, and in how
many regions each true pair computes the same.

All copies of a class come from one hand, and a person who rewrites the work of others writes all of it in one
manner. Two copies of different sources are therefore more alike than two honest solutions are, and a real
class has no such person in it: the measures are printed a second time without the pairs of two copies.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import yaml

from benchmarks.similarity.accuracy import OURS, compare, measures, ranked
from benchmarks.similarity.cohort import HAND_COPIED, HERE, STARTER, Solution, read_cohort, write_submission
from benchmarks.similarity.competitors import Pairs, Run, flatten, tools
from benchmarks.similarity.sources import Sources, is_true, of_one_source
from code_analyze.similarity.findings import OUTLIER, Result
from code_analyze.similarity.fingerprints import FLOW
from code_analyze.similarity.regions import OUTSIDE
from hwlib.errors import HomeworkError, cli_errors

LEVELS = (3, 4, 5)


def read_copies(cohort: str = "unseen") -> dict[str, dict[str, Any]]:
    """Copy -> {"sources": names, "level": 3, 4 or 5, "how": in words}.

    Raises HomeworkError where the cohort has no copies made by hand.
    """
    path = HERE / "cohort" / f"{cohort}_copies" / "copies.yaml"
    if not path.is_file():
        raise HomeworkError(
            f"the cohort {cohort!r} has no copies made by hand: {path} is not there; expected one of "
            f"{', '.join(HAND_COPIED)}. Give one of them with --cohort."
        )
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def rank(pair: frozenset[str], candidates: Sequence[frozenset[str]], pairs: Pairs) -> int:
    """How many of the candidates are at least as alike as the pair, itself included."""
    own = pairs.get(pair, 0.0)
    return sum(pairs.get(other, 0.0) >= own for other in candidates)


def show_measures(names: Sequence[str], sources: Sources, runs: dict[str, Run]) -> None:
    """Prints the measures of each tool, of all pairs and of those that are not of two copies."""
    print("                        ROC-AUC  avg. prec.  recall@0  recall@5")
    for name, run in runs.items():
        if run.absent:
            print(f"  {name:20s}  {run.absent}")
            continue
        for label, apart in ((name, False), ("  no two copies", True)):
            auc, precision, at_0, at_5 = measures(names, sources, run.pairs, apart)
            print(f"  {label:20s}  {auc:6.3f}  {precision:9.3f}  {at_0:8.2f}  {at_5:8.2f}")


def show_ranks(
    names: Sequence[str], sources: Sources, runs: dict[str, Run], above: set[frozenset[str]]
) -> None:
    """Prints the ranks of all true pairs, tool by tool, and each tool's highest honest pair."""
    candidates = [frozenset(pair) for pair in combinations(names, 2)]
    present = {name: run.pairs for name, run in runs.items() if not run.absent}
    print(f"  rank among {len(candidates)} pairs" + "".join(f"  {name:>20s}" for name in present))
    for copy, copied in sources.items():
        for source in sorted(copied):
            pair = frozenset((copy, source))
            ranks = "".join(f"  {rank(pair, candidates, pairs):20d}" for pairs in present.values())
            line = "  above our reporting line" if pair in above else ""
            print(f"    {copy} of {source:13s}{ranks}{line}")
    honest = [pair for pair in candidates if not is_true(pair, sources) and not of_one_source(pair, sources)]
    for name, pairs in present.items():
        top = max(honest, key=lambda pair: (pairs.get(pair, 0.0), sorted(pair)))
        line = ", above the reporting line" if name == OURS and top in above else ""
        print(
            f"  highest honest pair of {name}: {', '.join(sorted(top))}, "
            f"rank {rank(top, candidates, pairs)}{line}"
        )


def shared_forms(result: Result, one: str, other: str) -> str:
    """In how many regions two compute the same, and how many others compute the rarest of these."""
    at = {p.code.submission.name: index for index, p in enumerate(result.prints)}
    a, b = at[one], at[other]
    both = [part for part in result.scores.parts if result.scores.both(part, np.array([a]), b)[0, 0]]
    others = [result.scores.forms[part, FLOW].others(a, b) for part in both if not part.endswith(OUTSIDE)]
    same = [count for count in others if count is not None]
    rarest = f"the rarest with {min(same)} others" if same else "none in common"
    return f"the same in {len(same)} of {len(others)} regions, {rarest}"


def show_shared(result: Result, sources: Sources) -> None:
    """Prints what the true pairs have in common at all, whatever the spelling."""
    print("  computing the same")
    for copy, copied in sources.items():
        for source in sorted(copied):
            print(f"    {copy} of {source}: {shared_forms(result, copy, source)}")


def reported(result: Result) -> set[frozenset[str]]:
    """The pairs above the reporting line, by name."""
    names = [p.code.submission.name for p in result.prints]
    return {frozenset((names[p.a], names[p.b])) for p in result.pairs if p.kind == OUTLIER}


def run_class(
    everybody: Sequence[Solution], references: Path | None, python: str | None, dolos: str | None
) -> tuple[dict[str, Run], Result]:
    """Every tool's scores for a class, and this project's result."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, flat = Path(temporary, "class"), Path(temporary, "flat")
        for solution in everybody:
            write_submission(solution, folder / solution.name)
        starter = flatten(folder, flat, STARTER)
        result = compare(folder, references)
        runs = {OURS: Run(ranked(result), 0.0)}
        runs |= {name: tool(folder, flat, starter) for name, tool in tools(python, dolos).items()}
    return runs, result


def main(
    cohort: Annotated[str, typer.Option(help=f"one of {', '.join(HAND_COPIED)}")] = "unseen",
    level: Annotated[int, typer.Option(help="one level alone; 0: all")] = 0,
    references: Annotated[Path | None, typer.Option(help="public sources that students worked from")] = None,
    without: Annotated[str, typer.Option(help="honest solutions to leave out, joined by +")] = "",
    python: Annotated[str | None, typer.Option(help="interpreter with copydetect and compare50")] = None,
    dolos: Annotated[str | None, typer.Option(help="folder with node_modules/@dodona/dolos-lib")] = None,
) -> None:
    about = read_copies(cohort)
    left_out = set(without.split("+"))
    honest = [s for s in read_cohort(cohort) if s.name not in left_out]
    copies = [s for s in read_cohort(f"{cohort}_copies") if not left_out & set(about[s.name]["sources"])]
    for chosen in [level] if level else LEVELS:
        made = [copy for copy in copies if about[copy.name]["level"] == chosen]
        sources = {copy.name: set(about[copy.name]["sources"]) for copy in made}
        names = sorted(s.name for s in [*honest, *made])
        runs, result = run_class([*honest, *made], references, python, dolos)
        print(f"\nlevel {chosen}: {len(honest)} honest solutions, {len(made)} copies made by hand")
        show_measures(names, sources, runs)
        show_ranks(names, sources, runs, reported(result))
        show_shared(result, sources)
    _, alone = run_class(honest, references, None, None)
    shown = "; ".join(sorted(", ".join(sorted(pair)) for pair in reported(alone))) or "none"
    print(f"\nthe {len(honest)} honest solutions alone, pairs above the reporting line: {shown}")


if __name__ == "__main__":
    with cli_errors():
        typer.run(main)
