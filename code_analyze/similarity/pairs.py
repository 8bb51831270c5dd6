"""What each pair of submissions shares: evidence added up over fragments and forms, region by region.

Region k is compared with region k. Its evidence is that of its fragments (see `index.Fragments`) and that of
its form (see `index.Forms`). Two things are added up over the regions:

- the evidence of the better half of them: a submission mixed from two sources has about half of its regions
  from either, and what the other half looks like says nothing about this source
- twice the log likelihood ratio of the forms alone, all regions together, for a copy of which either nearly
  every region or every second one was copied. It is the strongest evidence there is
  of a copy that was rewritten throughout: it computes the same everywhere, down to what few others compute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.fingerprints import CHANNELS, FLOW, SPELLING, TOKENS, Print
from code_analyze.similarity.index import Forms, Fragments, Matrix, Population, Rows

OFFSET = 0.25  # evidence of a region that counts as none
PART_OF_A_MIX = 0.5  # share of the regions that a submission mixed from two sources has from each
COPIED = (0.97, 0.5)  # share of the regions that are copied: of one source, of each of two
FORMS_TOGETHER = 2.0  # weight of the forms of all regions together
BLOCK = 128  # submissions that are compared with all others at a time
CHANNEL_GROUPS = {"canonical": (SPELLING, FLOW), "near-verbatim": (TOKENS,)}


@dataclass
class Scores:
    """Evidence of pairs: rows are the class, columns everybody (class, archive, references).

    total: by channel group, [class, everybody]; of two of the class the upper triangle alone is filled
    """

    parts: list[str]
    total: dict[str, Matrix]
    fragments: dict[tuple[str, str], Fragments]
    forms: dict[tuple[str, str], Forms]
    present: dict[str, NDArray[np.bool_]]  # by part: who has it; [everybody]
    population: int

    def by_part(self, rows: Rows) -> NDArray[np.float32]:
        """Canonical evidence of some submissions with everybody, never negative; [parts, R, everybody]."""
        return np.maximum(np.stack([soft for soft, _ in self.canonical(rows, 0)]), 0.0)

    def canonical(self, rows: Rows, first: int) -> Iterator[tuple[Matrix, Matrix]]:
        """By part: the soft evidence of fragments and form, and the form's own; [R, N - first] each."""
        for part in self.parts:
            form = self.forms[part, FLOW].evidence(rows, first)
            summed = form.copy()
            for channel in CHANNEL_GROUPS["canonical"]:
                summed += self.fragments[part, channel].evidence(rows, first)
            yield self.soft(part, summed, rows, first), form

    def soft(self, part: str, evidence: Matrix, rows: Rows, first: int) -> Matrix:
        """A soft maximum of evidence and none; exactly 0 where one of the two lacks the part."""
        present = self.present[part]
        both = present[rows][:, None] & present[None, first:]
        return np.where(both, np.logaddexp(0.0, evidence - np.float32(OFFSET)), 0.0).astype(np.float32)


def score(prints: Sequence[Print]) -> Scores:
    """Evidence of every pair. The class comes first in `prints`, then the archive, then references."""
    roles = [p.code.submission.role for p in prints]
    num_class, num_all = roles.count("class"), len(prints)
    counted = np.array([role != "reference" for role in roles])
    population = Population(counted, int(counted.sum()))
    parts = sorted({key for p in prints for key in p.parts})
    total = {group: np.zeros((num_class, num_all), np.float32) for group in CHANNEL_GROUPS}
    scores = Scores(parts, total, {}, {}, {}, population.size)
    for part in parts:
        found = [p.parts.get(part) for p in prints]
        scores.present[part] = np.array([f is not None and f.num_lines > 0 for f in found])
        for channel in (FLOW, TOKENS):
            forms = [f.forms.get(channel, 0) if f is not None else 0 for f in found]
            scores.forms[part, channel] = Forms(forms, population)
        for channel in CHANNELS:
            packed = [f.channels.get(channel) if f is not None else None for f in found]
            scores.fragments[part, channel] = Fragments(packed, population)
    if not parts:
        return scores
    for start in range(0, num_class, BLOCK):
        rows = np.arange(start, min(start + BLOCK, num_class))
        total["canonical"][rows, start:] = _canonical(scores, rows, start)
        total["near-verbatim"][rows, start:] = _near_verbatim(scores, rows, start)
    return scores


def _canonical(scores: Scores, rows: Rows, first: int) -> Matrix:
    """The evidence of the better half of the regions, and of all forms together; [R, N - first]."""
    soft, forms = [], []
    for each, form in scores.canonical(rows, first):
        soft.append(each)
        forms.append(form)
    present = np.stack([scores.present[part] for part in scores.parts]).astype(np.float32)
    num_both = present[:, rows].T @ present[:, first:]
    ranked = np.sort(np.stack(soft), axis=0)[::-1]
    counts = np.arange(len(ranked))[:, None, None] < PART_OF_A_MIX * num_both
    return (ranked * counts).sum(axis=0) + FORMS_TOGETHER * together(np.stack(forms))


def _near_verbatim(scores: Scores, rows: Rows, first: int) -> Matrix:
    """The evidence of the tokens, and of the regions that are the same word for word; [R, N - first]."""
    soft, forms = [], []
    for part in scores.parts:
        evidence = scores.fragments[part, TOKENS].evidence(rows, first)
        soft.append(scores.soft(part, evidence, rows, first))
        forms.append(scores.forms[part, TOKENS].evidence(rows, first))
    return np.stack(soft).sum(axis=0) + FORMS_TOGETHER * together(np.stack(forms))


def together(forms: NDArray[np.float32]) -> Matrix:
    """The log likelihood ratio of a copy by the forms of all regions, [parts, R, N], each share of copied
    regions as likely as the other; an uncopied region's own ratio is 1."""
    by_share = [
        np.logaddexp(np.float32(np.log(share)) + forms, np.float32(np.log1p(-share))).sum(axis=0)
        for share in COPIED
    ]
    return (np.logaddexp(*by_share) - np.float32(np.log(len(COPIED)))).astype(np.float32)
