"""The index: who has which fragment of a region, and what two submissions have in common of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from code_analyze.similarity.fingerprints import Packed
from code_analyze.similarity.rarity import (
    KEPT,
    lacking_weight,
    other_form_weight,
    other_manner_weight,
    same_form_weight,
    same_manner_weight,
    share_of_honest,
    shared_weight,
)

FEW = 64  # holders up to which a fragment goes through the sparse index
Matrix = NDArray[np.float32]
Rows = NDArray[np.intp]


@dataclass
class Population:
    """Who is compared: counted [N] says of each submission whether it is one of the class or the archive
    (and not a reference), size as how many they count when rarity is weighed."""

    counted: NDArray[np.bool_]
    size: int

    @classmethod
    def of_part(cls, counted: NDArray[np.bool_], present: NDArray[np.bool_]) -> Population:
        """The population of a part that not all have, an optional region or code outside the regions.

        What few have there is not rare for it, but common neither: nobody knows what the others would have
        written. So the size is between the two, their geometric mean.

        present: who has the part, [N]
        """
        return cls(counted, round(float(np.sqrt(counted.sum() * (counted & present).sum()))))


class Incidence:
    """Who of N submissions has which of F fragments.

    digests [F] sorted; sizes [N]: how many each has
    """

    def __init__(self, packed: Sequence[Packed | None]) -> None:
        self.sizes = np.array([len(p.digests) if p is not None else 0 for p in packed])
        self._rows = np.repeat(np.arange(len(packed)), self.sizes)
        every = np.concatenate([p.digests for p in packed if p is not None] or [np.zeros(0, np.uint64)])
        self.digests, self._columns = np.unique(every, return_inverse=True)

    def holders(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How many of the chosen submissions, of [N], have each fragment; [F]."""
        return _count(self._columns, chosen[self._rows], len(self.digests))

    def matrix(self) -> sparse.csr_matrix:
        """1 where a submission has a fragment, [N, F]."""
        ones = np.ones(len(self._rows), np.float32)
        shape = len(self.sizes), len(self.digests)
        return sparse.csr_matrix((ones, (self._rows, self._columns)), shape, np.float32)


class Fragments:
    """The fragments of one region and channel over all N submissions.

    digests [F] sorted; holders [F]: how many of the class and the archive have each; explained [F]: how many
    references; weight [F]: see `rarity`. A fragment that one alone has takes part in no product, one that
    few have only in the products of those few: the work grows with the number of pairs that share something
    rare. Those that are shown and never compared as a whole (`compared` is False) need none.
    """

    def __init__(
        self, packed: Sequence[Packed | None], population: Population, compared: bool = True
    ) -> None:
        incidence = Incidence(packed)
        self.digests = incidence.digests
        self.holders = incidence.holders(population.counted)
        self.explained = incidence.holders(~population.counted)
        self.weight = shared_weight(self.holders, self.explained, population.size)
        if not compared:
            return
        self._sizes = incidence.sizes
        has = incidence.matrix()
        both = self.holders + self.explained
        shared = (both > 1) & (self.weight > 0)
        rare = np.flatnonzero(shared & (both <= FEW))
        self._rare = has[:, rare]
        self._rare_weighted = self._rare.multiply(self.weight[rare].astype(np.float32)).tocsr()
        # Lacking counts once for each of two, less twice where neither lacks it: one product does both.
        weight = np.where(shared & (both > FEW), self.weight, 0.0)
        lacking = lacking_weight(self.holders, population.size)
        common = np.flatnonzero((weight > 0) | (lacking > 0))
        self._common = has[:, common].toarray()
        self._common_weight = (weight + 2.0 * lacking)[common].astype(np.float32)
        self._own = self._common @ lacking[common].astype(np.float32)

    def evidence(self, rows: Rows, first: int) -> Matrix:
        """What the submissions `rows` share with each from `first` on; [R, N - first].

        The weight of the shared fragments less that of the expected ones that only one of the two has,
        divided by the root of the mean size: fragments overlap, and are no independent evidence.
        """
        shared = np.zeros((len(rows), len(self._sizes) - first), np.float32)
        if self._rare.shape[1]:
            shared += (self._rare_weighted[rows] @ self._rare[first:].T).toarray()
        if len(self._common_weight):
            shared += (self._common[rows] * self._common_weight) @ self._common[first:].T
            shared -= self._own[rows][:, None] + self._own[None, first:]
        mean = np.sqrt(np.outer(self._sizes[rows], self._sizes[first:])) + 5.0
        return (shared / np.sqrt(mean)).astype(np.float32)


class Forms:
    """The forms of one region and channel over all N submissions: each one's region as a whole."""

    def __init__(self, found: Sequence[int], population: Population, kept: float = KEPT) -> None:
        self._kept = kept
        forms = np.array(found, np.uint64)  # 0 for none
        self._has = forms != 0
        distinct, self._which = np.unique(forms, return_inverse=True)
        self._holders = holders = _count(self._which, population.counted, len(distinct))
        explained = _count(self._which, ~population.counted, len(distinct))
        self._same = same_form_weight(holders, explained, population.size, kept).astype(np.float32)
        self._share = share_of_honest(holders, population.size)

    def others(self, one: int, other: int) -> int | None:
        """How many others have the form that two submissions share; None where they share none."""
        if not self._has[one] or self._which[one] != self._which[other]:
            return None
        return max(int(self._holders[self._which[one]]) - 2, 0)

    def same(self, rows: Rows, first: int) -> NDArray[np.bool_]:
        """Which pairs have the same form; [R, N - first]."""
        has = self._has[rows][:, None] & self._has[None, first:]
        return has & (self._which[rows][:, None] == self._which[None, first:])

    def evidence(self, rows: Rows, first: int) -> Matrix:
        """The log likelihood ratio of a copy by whether two have the same form; [R, N - first]."""
        mine, theirs = self._which[rows][:, None], self._which[None, first:]
        differ = other_form_weight(self._share[mine], self._share[theirs], self._kept)
        found = np.where(mine == theirs, self._same[mine], differ)
        return np.where(self._has[rows][:, None] & self._has[None, first:], found, 0.0).astype(np.float32)


class Manners:
    """The manners of one region over all N submissions (see `dataflow.reader.Reader.mark`).

    regions: by submission and manner, in how many regions it has it. Who turns gradients off does so
    everywhere: however many regions a manner shows in, it counts once. Manners of one region come together,
    too: who sets weights through `.data` calls `zero_()` there. So they count like one that is as long as
    their vector: the root of the sum of squares.
    """

    def __init__(
        self, found: Sequence[frozenset[str]], regions: Sequence[Counter[str]], population: Population
    ) -> None:
        self.names = sorted({name for names in found for name in names})
        at = {name: index for index, name in enumerate(self.names)}
        rows = [row for row, names in enumerate(found) for _ in names]
        columns = np.array([at[name] for names in found for name in names], np.intp)
        times = np.array([regions[row][name] for row, names in enumerate(found) for name in names])
        counted = population.counted[rows] if rows else np.zeros(0, np.bool_)
        self.holders = _count(columns, counted, len(self.names))
        explained = _count(columns, ~counted, len(self.names))
        same = same_manner_weight(self.holders, explained, population.size)
        other = other_manner_weight(self.holders, population.size)
        # The squares of the weights, of which a pair that shares a manner has the product of two roots.
        self._has = np.zeros((len(found), len(self.names)), np.float32)
        self._shared, self._lone = self._has.copy(), self._has.copy()
        if rows:
            self._has[rows, columns] = 1.0
            self._shared[rows, columns] = same[columns] / times
            self._lone[rows, columns] = np.square(other[columns] / times)

    def evidence(self, rows: Rows, first: int) -> Matrix:
        """The log likelihood ratio of a copy by the manners that two share or one has; [R, N - first]."""
        shared = self._shared[rows] @ self._shared[first:].T
        lone = self._lone[rows] @ (1.0 - self._has[first:]).T
        lone += (1.0 - self._has[rows]) @ self._lone[first:].T
        return (np.sqrt(shared) - np.sqrt(lone)).astype(np.float32)

    def shared(self, one: int, other: int) -> list[tuple[int, str]]:
        """The manners that two share: (how many others have it, its name), the rarest first."""
        both = np.flatnonzero((self._has[one] > 0) & (self._has[other] > 0))
        return sorted((max(int(self.holders[i]) - 2, 0), self.names[i]) for i in both)


def _count(columns: NDArray[np.intp], chosen: NDArray[np.bool_], size: int) -> NDArray[np.float64]:
    """How many of the chosen entries stand in each column; [size]."""
    return np.bincount(columns, weights=chosen.astype(np.float64), minlength=size).astype(np.float64)
