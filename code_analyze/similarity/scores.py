"""The evidence of one region: how much likelier a copy shares it than honest work does.

It is a log likelihood ratio: of what the region computes (`index.Forms`), of the manner in which it is
written (`index.Manners`), and of how it is spelled (`index.Fragments`). Spelling counts as far as two are
more alike than either is to nine tenths of the others: what both share with the class says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.fingerprints import FLOW, SPELLING, TOKENS
from code_analyze.similarity.index import Forms, Fragments, Manners, Matrix, Rows
from code_analyze.similarity.public_sources import PublicSources

SPELLED = 0.5  # evidence of one unit of spelling: its fragments overlap
MANNERS = 2.0  # manners of one region count at most so much: who works with care does so in many ways
UNTOUCHED = 0.5  # spelling and manners of a region that is the same word for word count at most so much
OFFSET = 0.25  # near-verbatim evidence of a region that counts as none
# Evidence of the tokens of a region. Of 4,805 that honest pairs have word for word in common, 99 % have less
# (`python -m benchmarks.similarity.coincidences`: median 0.8; of copies left word for word 12.3).
COINCIDENCE = 18.0
LONG = 0.2  # what each unit more of it counts in a region that is the same word for word


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
        """Evidence of each region, disguised or left as it was, never negative; [parts, R, everybody]."""
        found = []
        for part in self.parts:
            tokens = self.fragments[part, TOKENS].evidence(rows, 0)
            left = self.public.less(self.word_for_word(part, rows, 0, tokens), part, rows, 0)
            found.append(np.maximum(np.maximum(self.region(part, rows, 0)[0], left), 0.0))
        return np.stack(found)

    def comparable(self) -> NDArray[np.bool_]:
        """Which pairs have any part that both filled in; [class, everybody]."""
        rows = np.arange(len(self.total["canonical"]))
        found = np.zeros(self.total["canonical"].shape, np.bool_)
        for part in self.parts:
            found |= self.both(part, rows, 0)
        return found | self.public.touched(rows)

    def region(self, part: str, rows: Rows, first: int, spelled: Matrix | None = None) -> Matrix:
        """The evidence of one region for a disguised and for a rewritten copy; [2, R, N - first].

        A rewritten copy is like its source in what it computes and in nothing else. A disguised one has other
        words: a region that is the same word for word is evidence of a copy left as it was, and of this one
        hardly more than by what it computes.

        spelled: the evidence of its fragments, if that is known already
        """
        if spelled is None:
            spelled = self.fragments[part, SPELLING].evidence(rows, first)
        usual = self.usual[part]
        excess = SPELLED * np.maximum(spelled - np.maximum(usual[rows][:, None], usual[None, first:]), 0.0)
        form = self.forms[part, FLOW].evidence(rows, first)
        manner = np.minimum(self.manners[part].evidence(rows, first), MANNERS)
        # A rare manner is a rare spelling too: the stronger of the two counts.
        written = np.where(manner > 0, np.maximum(manner, excess), manner + excess)
        same_words = self.forms[part, TOKENS].same(rows, first)
        written = np.where(same_words, np.minimum(written, UNTOUCHED), written)
        both = self.both(part, rows, first)
        found = np.where(both, np.stack([form + written, form]), 0.0).astype(np.float32)
        return self.public.share_in(found, part, rows, first)

    def word_for_word(self, part: str, rows: Rows, first: int, tokens: Matrix) -> Matrix:
        """The evidence of one region by whether it is the same word for word, public sources or not;
        [R, N - first].

        How few others have it says little of a long one, which nobody writes twice by chance.

        tokens: the evidence of its tokens
        """
        forms = self.forms[part, TOKENS]
        long = np.where(forms.same(rows, first), LONG * np.maximum(tokens - COINCIDENCE, 0.0), 0.0)
        return forms.evidence(rows, first) + long

    def both(self, part: str, rows: Rows, first: int) -> NDArray[np.bool_]:
        """Which pairs have a part, [R, N - first]."""
        present = self.present[part]
        return present[rows][:, None] & present[None, first:]

    def soft(self, part: str, evidence: Matrix, rows: Rows, first: int) -> Matrix:
        """A soft maximum of evidence and none; exactly 0 where one of the two lacks the part."""
        found = np.logaddexp(0.0, evidence - np.float32(OFFSET))
        return np.where(self.both(part, rows, first), found, 0.0).astype(np.float32)
