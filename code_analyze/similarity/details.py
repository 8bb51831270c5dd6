"""What is said of a pair besides its scores: passages, reasons, declarations, supporting marks."""

from __future__ import annotations

import numpy as np

from code_analyze.similarity.findings import CANNOT_TELL, OUTLIER, STRONG, USUAL, Pair, Result
from code_analyze.similarity.fingerprints import FLOW, Print
from code_analyze.similarity.pairs import BLOCK
from code_analyze.similarity.passages import passages_from, shared_passages
from code_analyze.similarity.reasons import declared_by_either, reasons_of
from code_analyze.similarity.supporting import count_habits, shared_rarities

ALIKE = 0.9  # share of fragments in common from which two submissions are the same in substance
OUTLIERS_DETAILED = 4  # times as many outliers as other pairs get details


def explain(result: Result, num_detailed: int = 60) -> None:
    """Adds the details to the first pairs, to every outlier and to what is close to a reference."""
    habits = count_habits([p.habits for p in result.prints[: result.num_class]])
    chosen = [
        pair
        for n, pair in enumerate(result.pairs)
        if n < num_detailed or (pair.kind == OUTLIER and n < OUTLIERS_DETAILED * num_detailed)
    ]
    chosen += [pair for pair in result.references if pair.kind == OUTLIER][:num_detailed]
    by_row: dict[int, list[Pair]] = {}
    for pair in chosen:
        by_row.setdefault(pair.a, []).append(pair)
    rows = sorted(by_row)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        evidence = result.scores.by_part(np.array(block))  # [parts, R, everybody]
        for pair, place in [(pair, at) for at, row in enumerate(block) for pair in by_row[row]]:
            one, other = result.prints[pair.a], result.prints[pair.b]
            from_public = pair.b in result.scores.public.files
            pair.parts = {
                part: float(values[pair.b])
                for part, values in zip(result.scores.parts, evidence[:, place], strict=True)
                if part in one.parts and (part in other.parts or (from_public and values[pair.b] > 0))
            }
            if from_public:
                pair.blocks = passages_from(pair.b, pair.a, result.prints, result.scores)
            else:
                pair.blocks = shared_passages(one, other, result.scores)
                pair.public = {
                    part: name
                    for part in pair.parts
                    if (name := result.scores.public.explaining(part, pair.a, pair.b))
                }
            pair.supporting = shared_rarities(one.habits, other.habits, habits, result.num_class)
            pair.declared = declared_by_either(one, other)
            alone = any(b.others == 0 and b.channel == "canonical" for b in pair.blocks)
            telling = max(pair.parts.values(), default=0.0) > STRONG
            if pair.kind == USUAL and not alone and not telling and _alike(one, other):
                pair.kind = CANNOT_TELL
            pair.reasons = reasons_of(pair, result)


def _alike(one: Print, other: Print) -> bool:
    """Two submissions that do the same nearly everywhere: only what is rare could tell them apart."""
    shared = total = 0
    for part in one.parts.keys() | other.parts.keys():
        a = one.parts[part].channels[FLOW].digests if part in one.parts else np.zeros(0, np.uint64)
        b = other.parts[part].channels[FLOW].digests if part in other.parts else np.zeros(0, np.uint64)
        shared += len(np.intersect1d(a, b, assume_unique=True))
        total += max(len(a), len(b))
    return total > 0 and shared >= ALIKE * total
