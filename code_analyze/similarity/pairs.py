"""What each pair of submissions shares: evidence added up region by region.

Region k is compared with region k (see `scores`). Regions of one function, written together, count once, and
no function counts more than what honest pairs have in common by a tutorial or a habit.

Added up over the regions is the likelihood ratio of a copy, whichever sort of copy it is:

- left word for word; disguised, so that its manners are kept; or rewritten, so that it only computes the same
- of one source, so that nearly every region is copied, or mixed of two, so that every second one is; the
  second source may be among the others and explain what the first one doesn't (see `mixed`)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.fingerprints import CHANNELS, FLOW, SPELLING, TOKENS, Print, by_function
from code_analyze.similarity.index import Forms, Fragments, Manners, Matrix, Population, Rows
from code_analyze.similarity.mixed import mirrored, with_second_source
from code_analyze.similarity.public_sources import PublicSources
from code_analyze.similarity.rarity import KEPT, KEPT_WORD_FOR_WORD
from code_analyze.similarity.readings import Readings
from code_analyze.similarity.scores import Scores
from code_analyze.similarity.usual import usual_evidence

COPIED = (0.97, 0.5)  # share of the regions that are copied: of one source, of each of two
REWRITTEN = 0.25  # share of the copies that are rewritten from end to end: by people more, by programs fewer
UNCHANGED = 0.03  # share of those that are left word for word but for names, comments and spacing
# Share of the evidence of regions that are the same word for word that is taken off the whole: honest work
# that coincides in a few terse regions is alike in the others too, and who disguises a copy leaves few.
COINCIDING = 0.15
MIXED = 0.35  # share of the copies with a second source in the class or the archive
COMMON = 0.003  # share of the honest pairs that have one function from a common source, whatever it is
FORMS_TOGETHER = 2.0  # weight of the regions that are the same word for word
BLOCK = 128  # submissions that are compared with all others at a time
CHANNEL_GROUPS = {"canonical": (SPELLING, FLOW), "near-verbatim": (TOKENS,)}
COMPARED = (SPELLING, TOKENS)  # channels whose fragments are evidence; those of the data flow are shown alone


def score(prints: Sequence[Print]) -> Scores:
    """Evidence of every pair. The class comes first in `prints`, then the archive, then references."""
    roles = [p.code.submission.role for p in prints]
    num_class, num_all = roles.count("class"), len(prints)
    counted = np.array([role != "reference" for role in roles])
    parts = sorted({key for p in prints for key in p.parts})
    regions = [Counter(name for part in p.parts.values() for name in part.manners) for p in prints]
    total: dict[str, Matrix] = {group: np.zeros((num_class, num_all), np.float32) for group in CHANNEL_GROUPS}
    alone = np.zeros((num_class, num_all), np.float32)
    public = PublicSources(prints, counted)
    scores = Scores(parts, total, alone, {}, {}, {}, {}, {}, int(counted.sum()), public)
    for part in parts:
        found = [p.parts.get(part) for p in prints]
        scores.present[part] = np.array([f is not None and f.num_lines > 0 for f in found])
        population = Population.of_part(counted, scores.present[part])
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
        by_region, tokens = _near_verbatim(scores, rows, start)
        word_for_word = together(by_region)
        total["near-verbatim"][rows, start:] = tokens + FORMS_TOGETHER * word_for_word
        unchanged = word_for_word + np.float32(np.log(UNCHANGED))
        coinciding = COINCIDING * np.maximum(by_region, 0.0).sum(axis=0)
        scores.alone[rows, start:] = np.logaddexp(by_pair[rows, start:], unchanged) - coinciding
        mixed[rows, start:] -= coinciding
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


def _near_verbatim(scores: Scores, rows: Rows, first: int) -> tuple[NDArray[np.float32], Matrix]:
    """The evidence of each region by whether it is the same word for word, [parts, R, N - first], and of the
    tokens of them all, [R, N - first]."""
    same, soft = [], []
    for part in scores.parts:
        tokens = scores.fragments[part, TOKENS].evidence(rows, first)
        both = scores.word_for_word(part, rows, first, tokens), scores.soft(part, tokens, rows, first)
        words, spelled = scores.public.less(np.stack(both), part, rows, first)
        same.append(words)
        soft.append(spelled)
    return np.stack(same), np.stack(soft).sum(axis=0)


def together(forms: NDArray[np.float32]) -> Matrix:
    """The log likelihood ratio of a copy by the forms of all regions, [parts, R, N], each share of copied
    regions as likely as the other; an uncopied region's own ratio is 1."""
    by_share = [
        np.logaddexp(np.float32(np.log(share)) + forms, np.float32(np.log1p(-share))).sum(axis=0)
        for share in COPIED
    ]
    return (np.logaddexp(*by_share) - np.float32(np.log(len(COPIED)))).astype(np.float32)
