"""Passages: the places in two submissions where what they share stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.fingerprints import CHANNELS, TOKENS, Packed, Print
from code_analyze.similarity.rarity import shared_weight
from code_analyze.similarity.scores import Scores

RARE = 0.2  # a fragment shown as evidence: at most so many of the others have it
MAX_BLOCKS = 40
MAX_PIECES = 48  # fragments of one region that blocks are made of, the weightiest first


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


def shared_passages(one: Print, other: Print, scores: Scores) -> list[Block]:
    """The rare fragments that two submissions share, overlapping ones joined, the weightiest first."""
    found: list[Block] = []
    for part in scores.parts:
        if part not in one.parts or part not in other.parts:
            continue
        pieces: list[Any] = []
        for channel in CHANNELS:
            a, b = one.parts[part].channels[channel], other.parts[part].channels[channel]
            words = scores.fragments[part, channel]
            at_a, at_b = _in_common(a, b)
            at = np.searchsorted(words.digests, a.digests[at_a])
            others = np.maximum(words.holders[at] - 2, 0)
            rare = (others <= RARE * max(scores.population - 2, 1)) & (words.weight[at] > 0)
            rare &= (a.first[at_a] > 0) & (b.first[at_b] > 0)
            i, j, k = at_a[rare], at_b[rare], at[rare]
            first = np.lexsort((b.last[j], b.first[j], a.last[i], a.first[i], -words.weight[k]))[:MAX_PIECES]
            i, j, k = i[first], j[first], k[first]
            known = words.explained[k] > 0
            pieces += _pieces(channel, a, i, b, j, words.weight[k], others[rare][first], known)
        found += _joined(pieces, part, one.parts[part].file, other.parts[part].file)
    return _weightiest(found)


def passages_from(source: int, one: int, prints: Sequence[Print], scores: Scores) -> list[Block]:
    """What of a submission's regions stands in a public source, told as `shared_passages` tells it."""
    found: list[Block] = []
    for part in scores.parts:
        mine = scores.public.runs_of(one, part)
        if mine is None:
            continue
        holders = scores.public.holders(part, mine.digests)
        weight = shared_weight(holders + 1, np.zeros(len(holders)), scores.population)
        for file in scores.public.files[source]:
            at_a, at_b = _in_common(mine, file.runs)
            rare = holders[at_a] - 1 <= RARE * max(scores.population - 1, 1)
            i, j = at_a[rare], at_b[rare]
            known = np.ones(len(i), np.bool_)
            pieces = _pieces(TOKENS, mine, i, file.runs, j, weight[i], holders[i] - 1, known)
            found += _joined(pieces, part, prints[one].parts[part].file, file.path)
    return _weightiest(found)


def _in_common(a: Packed, b: Packed) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the fragments that two have in common stand in each."""
    _, at_a, at_b = np.intersect1d(a.digests, b.digests, assume_unique=True, return_indices=True)
    return at_a, at_b


def _pieces(
    channel: str,
    a: Packed,
    at_a: NDArray[np.intp],
    b: Packed,
    at_b: NDArray[np.intp],
    weight: NDArray[np.float64],
    others: NDArray[np.float64],
    known: NDArray[np.bool_],
) -> list[Any]:
    """Shared fragments as the pieces that `_joined` takes. The arrays have an entry for each fragment."""
    lines_a = zip(a.first[at_a].tolist(), a.last[at_a].tolist(), strict=True)
    lines_b = zip(b.first[at_b].tolist(), b.last[at_b].tolist(), strict=True)
    counts = others.astype(int).tolist()
    each = zip(weight.tolist(), lines_a, lines_b, counts, known.tolist(), strict=True)
    return [(-one, channel, *rest) for one, *rest in each]


def _weightiest(found: list[Block]) -> list[Block]:
    return sorted(found, key=lambda b: (-b.weight, b.part, b.lines_a, b.lines_b))[:MAX_BLOCKS]


def _joined(pieces: list[Any], part: str, file_a: str, file_b: str) -> list[Block]:
    """The passages that overlapping pieces make up; a piece is (-weight, channel, lines in the one, lines in
    the other, how many others have it, whether a reference has it)."""
    joined: list[list[Any]] = []
    for weight, channel, at_one, at_other, n, in_reference in sorted(pieces)[:MAX_PIECES]:
        for block in joined:
            if _touch(block[1], at_one) and _touch(block[2], at_other):
                block[1], block[2] = _union(block[1], at_one), _union(block[2], at_other)
                block[3], block[4] = min(block[3], n), block[4] - weight
                block[5] = block[5] and in_reference
                block[6] = block[6] or channel == TOKENS
                break
        else:
            joined.append([channel, at_one, at_other, n, -weight, in_reference, channel == TOKENS])
    return [
        Block(part, "near-verbatim" if j[6] else "canonical", file_a, j[1], file_b, j[2], j[3], j[4], j[5])
        for j in joined
    ]


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Ranges of lines that overlap and don't grow without end."""
    return one[0] <= other[1] and other[0] <= one[1] and max(one[1], other[1]) - min(one[0], other[0]) < 12


def _union(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return min(one[0], other[0]), max(one[1], other[1])
