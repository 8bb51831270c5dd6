"""The own share: how much of a student's code stands in nobody else's, beyond what much of the class has.

A line is compared with its own names masked, and counts as shared with another student where it stands in
the same region there, next to the same neighbour, or is long enough to be no coincidence on its own. How
much it counts falls with the number of others who have it: a line that none of them has counts whole, one
that a fifth of the class have counts nothing. The handout dictates much, so most honest lines are such.

The share is taken against the one other student with whom most is shared. Taken against all at once, chance
adds up: with forty classmates every second line of honest work stands somewhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.declared import declared
from code_analyze.similarity.fingerprints import Print
from code_analyze.similarity.intake import REFERENCE_SOLUTION
from code_analyze.similarity.line_marks import line_marks, loose_marks
from code_analyze.similarity.rarity import EXPECTED
from code_analyze.similarity.regions import ADDED
from code_analyze.similarity.shares import Share, StudentShare

SOLUTION_HOLDERS = 2.0  # standing in the reference solution counts as so many others
Weights = NDArray[np.float64]
Flags = NDArray[np.bool_]


class _Columns:
    """Who can hold a line: students of class and archive, and given public sources, one column each."""

    def __init__(self, prints: Sequence[Print]) -> None:
        self.of: list[int] = []  # column of each submission, -1 for the reference solution
        self.public: list[int] = []  # the submissions that are public sources with a layout of their own
        self.submission: list[int] = []  # the first submission of each column
        known: dict[tuple[bool, str], int] = {}
        cohort: list[bool] = []
        for index, each in enumerate(prints):
            one = each.code.submission
            public = one.role == "reference"
            if public and any(key in each.parts for key in ADDED):
                self.public.append(index)
            if public and one.name == REFERENCE_SOLUTION:
                self.of.append(-1)
                continue
            column = known.setdefault((public, one.name if public else one.student), len(known))
            if column == len(cohort):
                cohort.append(not public)
                self.submission.append(index)
            self.of.append(column)
        self.cohort = np.array(cohort, dtype=bool)


def own_shares(prints: Sequence[Print]) -> list[StudentShare]:
    """The share of every submission of the class, in their order.

    A student's other submissions (another year's, a second hand-in) are the student's own. Submissions of
    the archive count as those of other students, given public sources as one more each.
    """
    columns = _Columns(prints)
    parts = sorted({key for each in prints for key in each.parts})
    found: dict[int, dict[str, tuple[Flags, Weights]]] = {}
    for part in parts:
        for index, lines in _part(prints, part, columns).items():
            found.setdefault(index, {})[part] = lines
    shares = []
    for index, each in enumerate(prints):
        if each.code.submission.role != "class":
            continue
        mine = found.get(index, {})
        named = _named(prints, index, columns)
        empty = np.zeros((0, len(named)), dtype=bool), np.zeros(0)
        held, weight = (np.concatenate(rows) for rows in zip(empty, *mine.values(), strict=True))
        total = _share(held, weight, named, columns.submission)
        by_part = {part: _share(*mine[part], named, columns.submission) for part in sorted(mine)}
        shares.append(StudentShare(index, total, by_part))
    return shares


def _named(prints: Sequence[Print], index: int, columns: _Columns) -> Flags:
    """[columns]: with whom a student shares by declaration, the student's or the other's."""
    code, own = prints[index].code, columns.of[index]
    named = np.zeros(len(columns.cohort), dtype=bool)
    for column, other in enumerate(columns.submission):
        # Most declare nothing, and asking for each pair takes long in a large class.
        if column != own and (code.references or prints[other].code.references):
            named[column] = declared(code, prints[other].code)
    return named


def _part(prints: Sequence[Print], part: str, columns: _Columns) -> dict[int, tuple[Flags, Weights]]:
    """For each submission of the class with lines in this part: held [L, columns], who else has each counted
    line, and weight [L], how much each counts."""
    marks = [line_marks(each.parts[part].digests) if part in each.parts else [] for each in prints]
    public = {index: list(loose_marks(prints[index], ADDED).values()) for index in columns.public}
    rows: dict[int, int] = {}
    entries = [
        (rows.setdefault(mark, len(rows)), columns.of[index])
        for index, lines in [*enumerate(marks), *public.items()]
        for line in lines
        for mark in line
    ]
    # Row 0 of `has` stays empty, for marks that a line lacks; the last column is the reference solution.
    has = np.zeros((len(rows) + 1, len(columns.cohort) + 1), dtype=bool)
    if entries:
        at, who = np.array(entries).T
        has[at + 1, who] = True
    found = {}
    for index, lines in enumerate(marks):
        if not lines or prints[index].code.submission.role != "class":
            continue
        if public:
            loose = loose_marks(prints[index], (part,))
            numbers = [number for number, _, _ in prints[index].parts[part].digests]
            lines = [line + loose.get(number, []) for number, line in zip(numbers, lines, strict=True)]
        width = max(map(len, lines))
        known = [[rows[mark] + 1 for mark in line if mark in rows] for line in lines]
        wanted = np.array([line + [0] * (width - len(line)) for line in known], np.intp)  # [L, marks]
        held: Flags = np.any(has[wanted], axis=1, keepdims=True)[:, 0]  # [L, columns + 1]
        held[:, columns.of[index]] = False
        others = max(int(columns.cohort.sum()) - 1, 1)
        besides = held[:, :-1][:, columns.cohort].sum(axis=1) - 1 + SOLUTION_HOLDERS * held[:, -1]
        weight = np.clip(1 - np.maximum(besides, 0) / (EXPECTED * others), 0.0, 1.0)
        found[index] = held[:, :-1], weight
    return found


def _share(held: Flags, weight: Weights, named: Flags, submission: Sequence[int]) -> Share:
    """The share of L lines: held [L, columns], weight [L], named [columns]: see `_named`."""
    if not held.any():
        return Share(len(weight))
    ours = held & named
    partner = int(np.argmax(weight @ ours))
    from_partner = float(weight @ ours[:, partner])
    blamed = held & ~named & ~ours.any(axis=1, keepdims=True)
    closest = int(np.argmax(weight @ blamed))
    shared = float(weight @ blamed[:, closest])
    return Share(
        len(weight),
        shared,
        from_partner,
        submission[closest] if shared else None,
        submission[partner] if from_partner else None,
    )
