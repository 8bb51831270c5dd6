"""Small classes for the tests of the similarity report."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # for `benchmarks`, which isn't installed

from benchmarks.similarity.cohort import STARTER, Solution, files_of, read_cohort  # noqa: E402
from code_analyze import summary  # noqa: E402
from code_analyze.similarity.details import explain  # noqa: E402
from code_analyze.similarity.findings import Pair, Result, find  # noqa: E402
from code_analyze.similarity.fingerprints import fingerprint_all  # noqa: E402
from code_analyze.similarity.intake import Submission  # noqa: E402
from code_analyze.similarity.pairs import score  # noqa: E402
from code_analyze.similarity.regions import Starter  # noqa: E402


def submission(solution: Solution, name: str = "", role: str = "class") -> Submission:
    files = {path: summary.read_bytes(text.encode()) for path, text in files_of(solution).items()}
    return Submission(name or solution.name, files, (), role)


def compare(submissions: list[Submission], starter: Path | None = STARTER) -> Result:
    prints = fingerprint_all(submissions, Starter.read(starter), 1)
    result = find(prints, score(prints))
    explain(result)
    return result


def names(result: Result, pair: Pair) -> set[str]:
    return {result.prints[pair.a].code.submission.name, result.prints[pair.b].code.submission.name}


__all__ = ["ROOT", "STARTER", "compare", "files_of", "names", "read_cohort", "submission"]
