"""One misreading in several regions: it counts once.

A form that a more common one has the outline of is another reading of a quantity, one with another number in
it. Where two share such forms in several regions that use the same parameter of the starter, the strongest is
the evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.fingerprints import FLOW, Print
from code_analyze.similarity.index import Matrix, Rows


class Readings:
    """The forms of all regions that are readings, and what was counted for them so far."""

    def __init__(self, parts: Sequence[str], prints: Sequence[Print], counted: NDArray[np.bool_]) -> None:
        self._which: dict[str, NDArray[np.intp]] = {}  # by part: the reading of each submission, -1 for none
        self._linked = _linked(parts, prints)
        self._best: dict[str, NDArray[np.float32]] = {}
        self._shape = (2, sum(p.code.submission.role == "class" for p in prints), len(prints))
        for part in parts:
            found = [p.parts.get(part) for p in prints]
            forms = [f.forms.get(FLOW, 0) if f is not None else 0 for f in found]
            holders = Counter(form for form, counts in zip(forms, counted, strict=True) if form and counts)
            most: dict[int, int] = {}
            for each, form in zip(found, forms, strict=True):
                if each is not None:
                    most[each.outline.digest] = max(most.get(each.outline.digest, 0), holders[form])
            readings = {
                form
                for each, form in zip(found, forms, strict=True)
                if each is not None and 1 < holders[form] < most[each.outline.digest]
            }
            if readings:
                numbers = {form: index for index, form in enumerate(sorted(readings))}
                self._which[part] = np.array([numbers.get(form, -1) for form in forms])

    def once(self, part: str, evidence: Matrix, rows: Rows, first: int) -> Matrix:
        """The evidence of a region, [2, R, N - first], without what a reading of the same counted before."""
        which = self._which.get(part)
        if which is None:
            return evidence
        shared = (which[rows][:, None] == which[None, first:]) & (which[rows][:, None] >= 0)
        best = self._best.setdefault(self._linked[part], np.zeros(self._shape, np.float32))
        before = best[:, rows, first:]
        best[:, rows, first:] = np.where(shared, np.maximum(before, evidence), before)
        return np.where(shared & (evidence > 0), np.maximum(evidence - before, 0.0), evidence)


def _linked(parts: Sequence[str], prints: Sequence[Print]) -> dict[str, str]:
    """A name for each part, the same for those in which most use the same parameter of the starter."""
    names = {part: part for part in parts}
    users: dict[str, str] = {}
    for part in parts:
        found = [p.parts[part].outline.inputs for p in prints if part in p.parts]
        used = Counter(name for inputs in found for name in inputs)
        for name in sorted(name for name, times in used.items() if 2 * times > len(found)):
            other = names[users.setdefault(name, part)]
            names = {each: names[part] if known == other else known for each, known in names.items()}
    return names
