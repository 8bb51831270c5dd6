"""Public sources: what of a region stands in code that everybody can read.

A tutorial or a repository has a layout of its own, so nothing in it is a region. Its text as a whole is
compared with each region instead, by runs of tokens in which everything that a student may name is masked,
the starter's names too: who adapts a source to the starter calls its things by the starter's names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.fingerprints import Packed, Print
from code_analyze.similarity.given import Given
from code_analyze.similarity.index import Incidence, Matrix, Rows
from code_analyze.similarity.rarity import EXPECTED, shared_weight
from code_analyze.similarity.regions import ADDED, Lines
from code_analyze.similarity.tokens import RUN_LENGTHS, runs, tokenize
from code_analyze.similarity.usual import USUAL

LENGTHS = (RUN_LENGTHS[-1],)  # the short ones stand in any large source by chance
DOUBT = 10.0  # evidence, in nats: two that share little more than that are not explained by a source
EXPLAINED_MOSTLY = 0.5  # of what two share in a region: from there on the source is named
_SELF = Given(frozenset(["self"]))


def loose_tokens(lines: Lines) -> list[tuple[str, int]]:
    """(token, line), the same whoever names things: `self.netD(x)` and `critic(batch)` are one."""
    tokens: list[tuple[str, int]] = []
    for token, line in tokenize(lines, _SELF):
        if [before for before, _ in tokens[-2:]] == ["self", "."]:
            del tokens[-2:]
        tokens.append((token, line))
    return tokens


def loose_runs(lines: Lines) -> Packed:
    """Runs of `loose_tokens` with their lines."""
    return Packed.of(runs(loose_tokens(lines), LENGTHS))


@dataclass(frozen=True)
class SourceFile:
    """One file of a public source."""

    path: str
    runs: Packed


class _Region:
    """One region beside all public sources: who of N has which run, and in which of S sources it stands."""

    def __init__(
        self,
        found: Sequence[Packed | None],
        counted: NDArray[np.bool_],
        sources: Sequence[NDArray[np.uint64]],
    ) -> None:
        incidence = Incidence(found)
        sizes, self._digests = incidence.sizes, incidence.digests
        self._holders = holders = incidence.holders(counted)
        size = int(counted.sum())
        nobody = np.zeros(len(self._digests))
        rare = np.maximum(holders - 2, 0) <= EXPECTED * max(size - 2, 1)
        weight = np.where(rare, shared_weight(holders, nobody, size), 0.0).astype(np.float32)
        self._has = incidence.matrix()
        self._weighted = self._has.multiply(weight).tocsr()
        self._inside = [np.isin(self._digests, source).astype(np.float32) for source in sources]
        # One alone has it beside the source, where of two there would be one more.
        single = np.where(rare, shared_weight(holders + 1, nobody, size), 0.0).astype(np.float32)
        taken = [self._has @ (single * inside) / np.sqrt(sizes + 5.0) for inside in self._inside]
        self.evidence = np.stack(taken, axis=1)  # [N, S]
        if len(present := np.flatnonzero(counted & (sizes > 0))):
            self.evidence = self.evidence - np.quantile(self.evidence[present], USUAL, axis=0)
        self.evidence = np.maximum(self.evidence, 0.0).astype(np.float32)

    def holders(self, digests: NDArray[np.uint64]) -> NDArray[np.float64]:
        """How many of the class and the archive have each of some runs of theirs."""
        return self._holders[np.searchsorted(self._digests, digests)]

    def explained(self, rows: Rows, first: int) -> NDArray[np.float32]:
        """Which share of what two have in common stands in each source as well, [S, R, N - first]."""
        theirs = self._has[first:].T.tocsc()
        total = (self._weighted[rows] @ theirs).toarray() + DOUBT
        return np.stack(
            [(self._weighted[rows].multiply(inside) @ theirs).toarray() / total for inside in self._inside]
        ).astype(np.float32)


class PublicSources:
    """The references that are not laid out as the starter is, S of them.

    columns: their places among all submissions, [S]
    """

    def __init__(self, prints: Sequence[Print], counted: NDArray[np.bool_]) -> None:
        self._size = len(prints)
        self.names: list[str] = []
        self.files: dict[int, list[SourceFile]] = {}
        for index, each in enumerate(prints):
            if each.code.submission.role == "reference":
                texts = [(f.path, p.lines) for f in each.code.files for p in f.parts if p.key in ADDED]
                if texts:
                    self.names.append(each.code.submission.name)
                    self.files[index] = [SourceFile(path, loose_runs(lines)) for path, lines in texts]
        self.columns = np.array(list(self.files), np.intp)
        self._regions: dict[str, _Region] = {}
        self._runs: dict[tuple[int, str], Packed] = {}
        if self.files:
            self._read_regions(prints, counted)

    def _read_regions(self, prints: Sequence[Print], counted: NDArray[np.bool_]) -> None:
        for index in np.flatnonzero(counted).tolist():
            for file in prints[index].code.files:
                for part in file.parts:
                    if part.key not in ADDED:
                        self._runs[index, part.key] = loose_runs(part.lines)
        sources = [np.concatenate([f.runs.digests for f in files]) for files in self.files.values()]
        for key in sorted({key for _, key in self._runs}):
            found = [self._runs.get((index, key)) for index in range(len(prints))]
            self._regions[key] = _Region(found, counted, sources)

    def runs_of(self, index: int, part: str) -> Packed | None:
        """The runs of one submission's region."""
        return self._runs.get((index, part))

    def holders(self, part: str, digests: NDArray[np.uint64]) -> NDArray[np.float64]:
        """How many of the class and the archive have each of some runs of a region."""
        return self._regions[part].holders(digests)

    def share_in(self, evidence: Matrix, part: str, rows: Rows, first: int) -> Matrix:
        """Evidence of a region, [..., R, N - first], as `less` leaves it; with a source what stands in it."""
        region = self._regions.get(part)
        if region is None:
            return evidence
        left = self.less(evidence, part, rows, first)
        for source, column in enumerate(self.columns):
            if column >= first:
                left[..., column - first] = region.evidence[rows, source]
        return left

    def less(self, evidence: Matrix, part: str, rows: Rows, first: int) -> Matrix:
        """Evidence of a region, [..., R, N - first], less what a source explains of what two share."""
        region = self._regions.get(part)
        if region is None:
            return evidence
        kept = 1.0 - region.explained(rows, first).max(axis=0)
        return np.where(evidence > 0, evidence * kept, evidence).astype(np.float32)

    def touched(self, rows: Rows) -> NDArray[np.bool_]:
        """Which pairs of a submission and a source have something in common, [R, N]."""
        found = np.zeros((len(rows), self._size), np.bool_)
        for region in self._regions.values():
            found[:, self.columns] |= region.evidence[rows] > 0
        return found

    def explaining(self, part: str, one: int, other: int) -> str | None:
        """The source in which most of what two have in common of a region stands, if there is one."""
        region = self._regions.get(part)
        if region is None:
            return None
        shares = region.explained(np.array([one]), other)[:, 0, 0]
        best = int(np.argmax(shares))
        return self.names[best] if shares[best] >= EXPLAINED_MOSTLY else None
