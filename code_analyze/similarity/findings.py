"""From scores to findings: which pairs a person should read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.fingerprints import Print
from code_analyze.similarity.outliers import Distribution, fit
from code_analyze.similarity.passages import Block
from code_analyze.similarity.scores import Scores

OUTLIER, USUAL, CANNOT_TELL, RESUBMISSION, TOO_SMALL = (
    "outlier",
    "usual",
    "cannot tell",
    "resubmission",
    "too small",
)
STRONG = 2.0  # evidence of a region that two submissions share for good
MAX_PAIRS = 200_000  # pairs that are listed, the highest ones


@dataclass(slots=True)
class Pair:
    """One pair: `a` is of the class, `b` of the class, the archive or the references."""

    a: int
    b: int
    score: float
    near_verbatim: float
    expected_false: float | None
    kind: str
    declared: list[str] = field(default_factory=list)
    parts: dict[str, float] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)  # by part: the public source that both are like
    blocks: list[Block] = field(default_factory=list)
    supporting: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@dataclass
class Result:
    """Everything that a report says."""

    prints: list[Print]
    scores: Scores
    canonical: Distribution
    verbatim: Distribution
    num_class: int
    class_scores: NDArray[np.float32]  # canonical, of all pairs of the class
    num_in_common: int  # pairs with a region that both filled in, also those beyond MAX_PAIRS
    pairs: list[Pair] = field(default_factory=list)  # of the class and with the archive, ranked
    references: list[Pair] = field(default_factory=list)  # with references, ranked
    resubmissions: list[Pair] = field(default_factory=list)


def find(prints: Sequence[Print], scores: Scores) -> Result:
    """Ranks all pairs."""
    submissions = [p.code.submission for p in prints]
    num_class = sum(s.role == "class" for s in submissions)
    rows, columns = np.triu_indices(num_class, 1, len(prints))
    students: dict[str, int] = {}
    ids = np.array([students.setdefault(s.student, len(students)) for s in submissions])
    same = ids[rows] == ids[columns]
    inside = (columns < num_class) & ~same
    canonical, verbatim = (scores.total[group][rows, columns] for group in ("canonical", "near-verbatim"))
    # With a look at second sources most honest pairs are about 0, and tell nothing about the tail.
    line = fit(scores.alone[rows, columns][inside], num_class)
    line_verbatim = fit(verbatim[inside], num_class)
    listed = np.flatnonzero(scores.comparable()[rows, columns])
    result = Result(list(prints), scores, line, line_verbatim, num_class, canonical[inside], len(listed))
    order = listed[np.lexsort((columns[listed], rows[listed], -verbatim[listed], -canonical[listed]))]
    order = order[:MAX_PAIRS]
    for a, b, value, second, alike in zip(
        rows[order].tolist(), columns[order].tolist(), canonical[order].tolist(),
        verbatim[order].tolist(), same[order].tolist(), strict=True,
    ):  # fmt: skip
        kind = _kind(value, second, line, line_verbatim)
        pair = Pair(a, b, value, second, _expected_false(value, second, line, line_verbatim), kind)
        role = submissions[b].role
        if role == "reference":
            result.references.append(pair)
        elif alike:
            pair.kind = RESUBMISSION
            result.resubmissions.append(pair)
        else:
            result.pairs.append(pair)
    return result


def _expected_false(
    value: float, second: float, line: Distribution, line_verbatim: Distribution
) -> float | None:
    """Honest pairs as high in the channel in which this one stands out more."""
    found = line.expected_false(value), line_verbatim.expected_false(second)
    return min(found[0], found[1]) if found[0] is not None and found[1] is not None else None


def _kind(value: float, second: float, line: Distribution, line_verbatim: Distribution) -> str:
    if line.line is None or line_verbatim.line is None:
        return TOO_SMALL
    return OUTLIER if value >= line.line or second >= line_verbatim.line else USUAL
