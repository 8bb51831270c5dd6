"""What each pair of submissions shares: evidence added up over fragments, region by region.

Region k is compared with region k. Its evidence is the weight of the shared fragments less a part of the
weight of the expected ones that only one of the two has, divided by the root of the mean size; regions
are added up by a soft maximum with zero, so that half a copy (regions from two sources) still shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from code_analyze.similarity.fingerprints import CHANNELS, FLOW, SPELLING, TOKENS, Packed, Print
from code_analyze.similarity.rarity import lacking_weight, shared_weight

LACKING = 1.0  # how much a missing expected fragment counts against a shared one
OFFSET = 0.25  # evidence of a region that counts as none
FEW = 64  # holders up to which a fragment goes through the sparse index
CHANNEL_GROUPS = {"canonical": (SPELLING, FLOW), "near-verbatim": (TOKENS,)}

Matrix = NDArray[np.float32]


@dataclass
class Vocabulary:
    """The fragments of one part and channel over all submissions.

    digests [F] sorted; holders [F]: how many of the class and archive have each; weight [F]: see `rarity`.
    """

    digests: NDArray[np.uint64]
    holders: NDArray[np.float64]
    explained: NDArray[np.float64]
    weight: NDArray[np.float64]


@dataclass
class Scores:
    """Evidence of pairs: rows are the class, columns everybody (class, archive, references)."""

    parts: list[str]
    total: dict[str, Matrix]  # by channel group: [class, everybody]
    by_part: dict[str, NDArray[np.float16]]  # canonical, by part: [class, everybody]
    vocabularies: dict[tuple[str, str], Vocabulary]
    population: int


def score(prints: Sequence[Print]) -> Scores:
    """Evidence of every pair. The class comes first in `prints`, then the archive, then references."""
    roles = [p.code.submission.role for p in prints]
    num_class = roles.count("class")
    counted = np.array([role != "reference" for role in roles])
    population = int(counted.sum())
    parts = sorted({key for p in prints for key in p.parts})
    shape = (num_class, len(prints))
    total = {group: np.zeros(shape, np.float32) for group in CHANNEL_GROUPS}
    by_part: dict[str, NDArray[np.float16]] = {}
    vocabularies: dict[tuple[str, str], Vocabulary] = {}
    for part in parts:
        evidence = {}
        for channel in CHANNELS:
            packed = [p.parts[part].channels.get(channel) if part in p.parts else None for p in prints]
            vocabulary, evidence[channel] = _evidence(packed, counted, population, num_class)
            vocabularies[part, channel] = vocabulary
        present = np.array([part in p.parts and p.parts[part].num_lines > 0 for p in prints])
        both = np.outer(present[:num_class], present)
        for group, channels in CHANNEL_GROUPS.items():
            summed = sum((evidence[channel] for channel in channels), np.zeros(shape, np.float32))
            soft = np.where(both, np.logaddexp(0.0, summed - OFFSET), 0.0).astype(np.float32)
            total[group] += soft
            if group == "canonical":
                by_part[part] = soft.astype(np.float16)
    return Scores(parts, total, by_part, vocabularies, population)


def _evidence(
    packed: Sequence[Packed | None], counted: NDArray[np.bool_], population: int, num_class: int
) -> tuple[Vocabulary, Matrix]:
    """The fragments of one part and channel, and the evidence in them: [class, everybody]."""
    sizes = np.array([len(p.digests) if p is not None else 0 for p in packed])
    rows = np.repeat(np.arange(len(packed)), sizes)
    every = np.concatenate([p.digests for p in packed if p is not None] or [np.zeros(0, np.uint64)])
    digests, columns = np.unique(every, return_inverse=True)
    holders = _count(columns, counted[rows], len(digests))
    explained = _count(columns, ~counted[rows], len(digests))
    weight = shared_weight(holders, explained, population)
    lacking = lacking_weight(holders, population)
    vocabulary = Vocabulary(digests, holders, explained, weight)
    has = sparse.csr_matrix(
        (np.ones(len(rows), np.float32), (rows, columns)), shape=(len(packed), len(digests)), dtype=np.float32
    )
    both = holders + explained
    shared = np.zeros((num_class, len(packed)), np.float32)
    few = has[:, np.flatnonzero((both > 1) & (both <= FEW) & (weight > 0))]
    if few.shape[1]:
        w = weight[(both > 1) & (both <= FEW) & (weight > 0)].astype(np.float32)
        shared += (few[:num_class].multiply(w).tocsr() @ few.T).toarray()
    many = np.flatnonzero((both > FEW) & (weight > 0))
    if len(many):
        dense = has[:, many].toarray()
        shared += (dense[:num_class] * weight[many].astype(np.float32)) @ dense.T
    expected = np.flatnonzero(lacking > 0)
    against = np.zeros_like(shared)
    if len(expected):
        dense = has[:, expected].toarray()
        weighted = dense * lacking[expected].astype(np.float32)
        own = weighted.sum(axis=1)
        against = own[:num_class, None] + own[None, :] - 2 * (weighted[:num_class] @ dense.T)
    mean_size = np.sqrt(np.outer(sizes[:num_class], sizes)) + 5.0
    return vocabulary, ((shared - LACKING * against) / np.sqrt(mean_size)).astype(np.float32)


def _count(columns: NDArray[np.intp], chosen: NDArray[np.bool_], size: int) -> NDArray[np.float64]:
    """How many of the chosen entries stand in each column; [size]."""
    return np.bincount(columns, weights=chosen.astype(np.float64), minlength=size).astype(np.float64)
