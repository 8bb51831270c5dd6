"""What each pair of submissions shares: evidence added up region by region.

Region k is compared with region k. Its evidence is a log likelihood ratio: of what it computes
(`index.Forms`), of the manner in which it is written (`index.Manners`), and of how it is spelled
(`index.Fragments`). Spelling counts as far as two are more alike than either is to nine tenths of the others:
what both share with the class says nothing. Regions of one function, written together, count once, and
no function counts more than what honest pairs have in common by a tutorial or a habit.

Added up over the regions is the likelihood ratio of a copy, whichever sort of copy it is:

- left word for word; disguised, so that its manners are kept; or rewritten, so that it only computes the same
- of one source, so that nearly every region is copied, or mixed of two, so that every second one is; the
  second source may be among the others and explain what the first one doesn't (see `mixed`)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.fingerprints import CHANNELS, FLOW, SPELLING, TOKENS, Print, by_function
from code_analyze.similarity.index import Forms, Fragments, Manners, Matrix, Population, Rows
from code_analyze.similarity.mixed import mirrored, with_second_source
from code_analyze.similarity.public_sources import PublicSources
from code_analyze.similarity.rarity import KEPT, KEPT_WORD_FOR_WORD
from code_analyze.similarity.readings import Readings
from code_analyze.similarity.usual import usual_evidence

COPIED = (0.97, 0.5)  # share of the regions that are copied: of one source, of each of two
REWRITTEN = 0.25  # share of the copies that are rewritten from end to end: by people more, by programs fewer
UNCHANGED = 0.12  # share of those that are left word for word but for names, comments and spacing
SPELLED = 0.5  # evidence of one unit of spelling: its fragments overlap
MIXED = 0.5  # share of the copies with a second source in the class or the archive: one as likely as not
COMMON = 0.01  # share of the honest pairs that have one function from a common source, whatever it is
OFFSET = 0.25  # near-verbatim evidence of a region that counts as none
FORMS_TOGETHER = 2.0  # weight of the regions that are the same word for word
BLOCK = 128  # submissions that are compared with all others at a time
CHANNEL_GROUPS = {"canonical": (SPELLING, FLOW), "near-verbatim": (TOKENS,)}
COMPARED = (SPELLING, TOKENS)  # channels whose fragments are evidence; those of the data flow are shown alone


@dataclass
class Scores:
    """Evidence of pairs: rows are the class, columns everybody (class, archive, references).

    total: by channel group, [class, everybody]; of two of the class the upper triangle alone is filled
    alone: the canonical one without a look at a second source, which the reporting line is fitted to
    """

    parts: list[str]
    total: dict[str, Matrix]
    alone: Matrix
    fragments: dict[tuple[str, str], Fragments]
    forms: dict[tuple[str, str], Forms]
    manners: dict[str, Manners]
    usual: dict[str, NDArray[np.float32]]  # by part: spelling that each shares anyway; [everybody]
    present: dict[str, NDArray[np.bool_]]  # by part: who has it; [everybody]
    population: int
    public: PublicSources

    def by_part(self, rows: Rows) -> NDArray[np.float32]:
        """Canonical evidence of some submissions with everybody, never negative; [parts, R, everybody]."""
        return np.maximum(np.stack([self.region(part, rows, 0)[0] for part in self.parts]), 0.0)

    def comparable(self) -> NDArray[np.bool_]:
        """Which pairs have any part that both filled in; [class, everybody]."""
        rows = np.arange(len(self.total["canonical"]))
        found = np.zeros(self.total["canonical"].shape, np.bool_)
        for part in self.parts:
            found |= self.both(part, rows, 0)
        return found | self.public.touched(rows)

    def region(self, part: str, rows: Rows, first: int, spelled: Matrix | None = None) -> Matrix:
        """The evidence of one region for a disguised and for a rewritten copy; [2, R, N - first].

        A rewritten copy is like its source in what it computes and in nothing else.

        spelled: the evidence of its fragments, if that is known already
        """
        if spelled is None:
            spelled = self.fragments[part, SPELLING].evidence(rows, first)
        usual = self.usual[part]
        excess = SPELLED * np.maximum(spelled - np.maximum(usual[rows][:, None], usual[None, first:]), 0.0)
        form = self.forms[part, FLOW].evidence(rows, first)
        manner = self.manners[part].evidence(rows, first)
        # A rare manner is a rare spelling too: the stronger of the two counts.
        written = np.where(manner > 0, np.maximum(manner, excess), manner + excess)
        both = self.both(part, rows, first)
        found = np.where(both, np.stack([form + written, form]), 0.0).astype(np.float32)
        return self.public.share_in(found, part, rows, first)

    def both(self, part: str, rows: Rows, first: int) -> NDArray[np.bool_]:
        """Which pairs have a part, [R, N - first]."""
        present = self.present[part]
        return present[rows][:, None] & present[None, first:]

    def soft(self, part: str, evidence: Matrix, rows: Rows, first: int) -> Matrix:
        """A soft maximum of evidence and none; exactly 0 where one of the two lacks the part."""
        found = np.logaddexp(0.0, evidence - np.float32(OFFSET))
        return np.where(self.both(part, rows, first), found, 0.0).astype(np.float32)


def score(prints: Sequence[Print]) -> Scores:
    """Evidence of every pair. The class comes first in `prints`, then the archive, then references."""
    roles = [p.code.submission.role for p in prints]
    num_class, num_all = roles.count("class"), len(prints)
    counted = np.array([role != "reference" for role in roles])
    population = Population(counted, int(counted.sum()))
    parts = sorted({key for p in prints for key in p.parts})
    regions = [Counter(name for part in p.parts.values() for name in part.manners) for p in prints]
    total: dict[str, Matrix] = {group: np.zeros((num_class, num_all), np.float32) for group in CHANNEL_GROUPS}
    alone = np.zeros((num_class, num_all), np.float32)
    public = PublicSources(prints, counted)
    scores = Scores(parts, total, alone, {}, {}, {}, {}, {}, population.size, public)
    for part in parts:
        found = [p.parts.get(part) for p in prints]
        scores.present[part] = np.array([f is not None and f.num_lines > 0 for f in found])
        for channel, kept in ((FLOW, KEPT), (TOKENS, KEPT_WORD_FOR_WORD)):
            forms = [f.forms.get(channel, 0) if f is not None else 0 for f in found]
            scores.forms[part, channel] = Forms(forms, population, kept)
        manners = [f.manners if f is not None else frozenset() for f in found]
        scores.manners[part] = Manners(manners, regions, population)
        for channel in CHANNELS:
            packed = [f.channels.get(channel) if f is not None else None for f in found]
            scores.fragments[part, channel] = Fragments(packed, population, channel in COMPARED)
    if not parts:
        return scores
    by_pair, mixed = _canonical(scores, prints, counted, num_class)
    for start in range(0, num_class, BLOCK):
        rows = np.arange(start, min(start + BLOCK, num_class))
        word_for_word, tokens = _near_verbatim(scores, rows, start)
        total["near-verbatim"][rows, start:] = tokens + FORMS_TOGETHER * word_for_word
        unchanged = word_for_word + np.float32(np.log(UNCHANGED))
        scores.alone[rows, start:] = np.logaddexp(by_pair[rows, start:], unchanged)
    total["canonical"] += np.logaddexp(
        scores.alone + np.float32(np.log1p(-MIXED)), mixed + np.float32(np.log(MIXED))
    )
    return scores


def _canonical(
    scores: Scores, prints: Sequence[Print], counted: NDArray[np.bool_], num_class: int
) -> tuple[Matrix, Matrix]:
    """The log likelihood ratio of a copy by the pair alone, and with a second source; [class, everybody]."""
    blocks = [
        (start, np.arange(start, min(start + BLOCK, num_class))) for start in range(0, num_class, BLOCK)
    ]
    sums = np.zeros((2, len(COPIED), num_class, len(prints)), np.float32)
    readings = Readings(scores.parts, prints, counted)
    disguised = []  # by function, of all pairs; in half precision, for this is what takes the memory
    for group in by_function(scores.parts, prints):
        strongest: NDArray[np.float32] = np.zeros((2, num_class, len(prints)), np.float32)
        for part in group:
            fragments = scores.fragments[part, SPELLING]
            spelled = np.concatenate([fragments.evidence(rows, 0) for _, rows in blocks])
            scores.usual[part] = usual_evidence(spelled, scores.present[part], counted)
            for start, rows in blocks:
                found = scores.region(part, rows, start, spelled[rows, start:])
                found = readings.once(part, found, rows, start)
                known = strongest[:, rows, start:]
                strongest[:, rows, start:] = np.where(abs(found) > abs(known), found, known)
        strongest = -np.logaddexp(-strongest, np.float32(np.log(COMMON)))
        for index, share in enumerate(COPIED):
            copied = np.float32(np.log(share)) + strongest
            sums[:, index] += np.logaddexp(copied, np.float32(np.log1p(-share)))
        disguised.append(mirrored(strongest[0]).astype(np.float16))
    by_sort: Matrix = np.logaddexp.reduce(sums, axis=1, keepdims=True)[:, 0] - np.float32(np.log(len(COPIED)))
    prior = np.log(np.array([1 - REWRITTEN, REWRITTEN], np.float32))[:, None, None]
    alone: Matrix = np.logaddexp.reduce(by_sort + prior, axis=0, keepdims=True)[0].astype(np.float32)
    return alone, with_second_source(disguised, counted)


def _near_verbatim(scores: Scores, rows: Rows, first: int) -> tuple[Matrix, Matrix]:
    """The evidence of the regions that are the same word for word, and of the tokens; [R, N - first]."""
    soft, forms = [], []
    for part in scores.parts:
        evidence = scores.fragments[part, TOKENS].evidence(rows, first)
        spelled, same = (
            scores.soft(part, evidence, rows, first),
            scores.forms[part, TOKENS].evidence(rows, first),
        )
        spelled, same = scores.public.less(np.stack([spelled, same]), part, rows, first)
        soft.append(spelled)
        forms.append(same)
    return together(np.stack(forms)), np.stack(soft).sum(axis=0)


def together(forms: NDArray[np.float32]) -> Matrix:
    """The log likelihood ratio of a copy by the forms of all regions, [parts, R, N], each share of copied
    regions as likely as the other; an uncopied region's own ratio is 1."""
    by_share = [
        np.logaddexp(np.float32(np.log(share)) + forms, np.float32(np.log1p(-share))).sum(axis=0)
        for share in COPIED
    ]
    return (np.logaddexp(*by_share) - np.float32(np.log(len(COPIED)))).astype(np.float32)
