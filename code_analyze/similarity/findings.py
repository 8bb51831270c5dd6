"""From scores to findings: which pairs a person should read, and what to look at in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from code_analyze.similarity.declared import persons, same_sources, sources
from code_analyze.similarity.fingerprints import CHANNELS, FLOW, TOKENS, Print
from code_analyze.similarity.outliers import Distribution, fit
from code_analyze.similarity.pairs import Scores
from code_analyze.similarity.supporting import count_habits, shared_rarities

OUTLIER, USUAL, CANNOT_TELL, RESUBMISSION, TOO_SMALL = (
    "outlier",
    "usual",
    "cannot tell",
    "resubmission",
    "too small",
)
ALIKE = 0.9  # share of fragments in common from which two submissions are the same in substance
RARE = 0.2  # a fragment shown as evidence: at most so many of the others have it
MAX_BLOCKS = 40
MAX_PIECES = 80  # fragments of one region that blocks are made of, the weightiest first


@dataclass(frozen=True)
class Block:
    """A passage that two submissions share: file and lines in each, and how many others have it."""

    part: str
    channel: str
    file_a: str
    lines_a: tuple[int, int]
    file_b: str
    lines_b: tuple[int, int]
    others: int
    weight: float
    in_reference: bool


@dataclass
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
    pairs: list[Pair]  # of the class and with the archive, ranked
    references: list[Pair]  # with references, ranked
    resubmissions: list[Pair]


def find(prints: Sequence[Print], scores: Scores, num_detailed: int = 60) -> Result:
    """Ranks all pairs and explains the first ones and every outlier."""
    prints = list(prints)
    submissions = [p.code.submission for p in prints]
    num_class = sum(s.role == "class" for s in submissions)
    canonical, verbatim = scores.total["canonical"], scores.total["near-verbatim"]
    rows, columns = np.triu_indices(num_class, 1, len(prints))
    students: dict[str, int] = {}
    ids = np.array([students.setdefault(s.student, len(students)) for s in submissions])
    same = ids[rows] == ids[columns]
    inside = (columns < num_class) & ~same
    all_scores, all_verbatim = canonical[rows, columns], verbatim[rows, columns]
    line, line_verbatim = fit(all_scores[inside], num_class), fit(all_verbatim[inside], num_class)
    result = Result(prints, scores, line, line_verbatim, num_class, [], [], [])
    order = np.lexsort((columns, rows, -all_verbatim, -all_scores))
    for index in order.tolist():
        a, b = int(rows[index]), int(columns[index])
        value, second = float(all_scores[index]), float(all_verbatim[index])
        role = submissions[b].role
        if value <= 0.5 and second <= 0.5:
            continue
        pair = Pair(a, b, value, second, line.expected_false(value), USUAL)
        if same[index] and role != "reference":
            pair.kind = RESUBMISSION
            result.resubmissions.append(pair)
        elif role == "reference":
            pair.kind = _kind(value, second, line, line_verbatim)
            result.references.append(pair)
        else:
            pair.kind = _kind(value, second, line, line_verbatim)
            result.pairs.append(pair)
    habits = count_habits([p.habits for p in prints[:num_class]])
    detailed = [
        p
        for n, p in enumerate(result.pairs)
        if n < num_detailed or (p.kind == OUTLIER and n < 4 * num_detailed)
    ]
    detailed += [p for p in result.references if p.kind == OUTLIER][:num_detailed]
    for pair in detailed:
        one, other = prints[pair.a], prints[pair.b]
        pair.parts = {
            part: float(scores.by_part[part][pair.a, pair.b])
            for part in scores.parts
            if part in one.parts and part in other.parts
        }
        pair.blocks = _blocks(one, other, scores)
        pair.supporting = shared_rarities(one.habits, other.habits, habits, num_class)
        pair.declared = _declared(one, other)
        alone = any(b.others == 0 and b.channel == "canonical" for b in pair.blocks)
        if pair.kind == USUAL and not alone and _alike(one, other):
            pair.kind = CANNOT_TELL
        pair.reasons = _reasons(pair, result)
    return result


def _kind(value: float, second: float, line: Distribution, line_verbatim: Distribution) -> str:
    if line.line is None or line_verbatim.line is None:
        return TOO_SMALL
    return OUTLIER if value >= line.line or second >= line_verbatim.line else USUAL


def _alike(one: Print, other: Print) -> bool:
    """Two submissions that do the same nearly everywhere: only what is rare could tell them apart."""
    shared = total = 0
    for part in one.parts.keys() | other.parts.keys():
        a = one.parts[part].channels[FLOW].digests if part in one.parts else np.zeros(0, np.uint64)
        b = other.parts[part].channels[FLOW].digests if part in other.parts else np.zeros(0, np.uint64)
        shared += len(np.intersect1d(a, b, assume_unique=True))
        total += max(len(a), len(b))
    return total > 0 and shared >= ALIKE * total


def _blocks(one: Print, other: Print, scores: Scores) -> list[Block]:
    """The rare fragments that two submissions share, overlapping ones joined, the weightiest first."""
    found: list[Block] = []
    for part in scores.parts:
        if part not in one.parts or part not in other.parts:
            continue
        pieces = []
        for channel in CHANNELS:
            a, b = one.parts[part].channels[channel], other.parts[part].channels[channel]
            _, at_a, at_b = np.intersect1d(a.digests, b.digests, assume_unique=True, return_indices=True)
            words = scores.vocabularies[part, channel]
            at = np.searchsorted(words.digests, a.digests[at_a])
            others = np.maximum(words.holders[at] - 2, 0)
            rare = (others <= RARE * max(scores.population - 2, 1)) & (words.weight[at] > 0)
            for i, j, k, n in zip(at_a[rare], at_b[rare], at[rare], others[rare], strict=True):
                if a.first[i] and b.first[j]:
                    lines_a = (int(a.first[i]), int(a.last[i]))
                    lines_b = (int(b.first[j]), int(b.last[j]))
                    pieces.append(
                        (-float(words.weight[k]), channel, lines_a, lines_b, int(n), bool(words.explained[k]))
                    )
        joined: list[list[Any]] = []
        for weight, channel, lines_a, lines_b, n, known in sorted(pieces)[:MAX_PIECES]:
            for block in joined:
                if _touch(block[1], lines_a) and _touch(block[2], lines_b):
                    block[1], block[2] = _union(block[1], lines_a), _union(block[2], lines_b)
                    block[3], block[4] = min(block[3], n), block[4] - weight
                    block[5] = block[5] and known
                    block[6] = block[6] or channel == TOKENS
                    break
            else:
                joined.append([channel, lines_a, lines_b, n, -weight, known, channel == TOKENS])
        file_a, file_b = one.parts[part].file, other.parts[part].file
        found += [
            Block(
                part, "near-verbatim" if j[6] else "canonical", file_a, j[1], file_b, j[2], j[3], j[4], j[5]
            )
            for j in joined
        ]
    return sorted(found, key=lambda b: (-b.weight, b.part, b.lines_a, b.lines_b))[:MAX_BLOCKS]


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Ranges of lines that overlap and don't grow without end."""
    return one[0] <= other[1] and other[0] <= one[1] and max(one[1], other[1]) - min(one[0], other[0]) < 12


def _union(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return min(one[0], other[0]), max(one[1], other[1])


def _declared(one: Print, other: Print) -> list[str]:
    """What either declared that has to do with the other: the person, or the same source."""
    found = []
    for mine, theirs in ((one.code, other.code), (other.code, one.code)):
        for reference in persons(mine, theirs.submission):
            found.append(f"{mine.submission.name} declares: {reference.text.strip()}")
    found += [f"both declare: {same.text.strip()}" for same in same_sources(one.code, other.code)]
    if other.code.submission.role == "reference":
        for reference in sources(one.code, other.code.submission):
            found.append(f"{one.code.submission.name} declares: {reference.text.strip()}")
    return found


def _reasons(pair: Pair, result: Result) -> list[str]:
    """Why a pair is where it is, in sentences."""
    others = max(result.scores.population - 2, 0)
    reasons = []
    strong = [
        f"{part} ({value:.1f})"
        for part, value in sorted(pair.parts.items(), key=lambda p: (-p[1], p[0]))
        if value > 2
    ]
    if strong:
        reasons.append("Most of the evidence is in " + ", ".join(strong[:5]) + ".")
    alone = [b for b in pair.blocks if b.others == 0]
    if alone:
        reasons.append(f"{len(alone)} shared passages that none of the {others} others have.")
    odd = [b for b in alone if not b.in_reference and b.channel == "canonical"]
    if odd:
        places = ", ".join(f"{b.part} line {b.lines_a[0]}/{b.lines_b[0]}" for b in odd[:4])
        reasons.append(
            f"Unusual in substance, not only in spelling: {places}. "
            "See whether it is a mistake that both share."
        )
    if pair.kind == CANNOT_TELL:
        reasons.append(
            "Cannot tell: the two do the same nearly everywhere, and what they share is common in the class, "
            "so it says nothing about copying."
        )
    elif pair.kind == OUTLIER and pair.expected_false is not None:
        reasons.append(
            f"Honest pairs this high expected in a class like this one: {pair.expected_false:.2g}."
        )
    if not pair.blocks and pair.kind != CANNOT_TELL:
        reasons.append(f"Nothing that they share is rarer than one in {round(1 / RARE)} of the class.")
    if pair.declared:
        reasons.append("Declared: see below. What was declared is not an accusation.")
    return reasons
