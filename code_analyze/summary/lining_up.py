"""Lining up two texts: which line of one is which line of the other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from code_analyze.summary.limits import MAX_CELLS


def _weight(key: str) -> int:
    key = key[key.find("\n") + 1 :]
    if key[:1] in ("\1", "\2"):
        return 60
    return 1 if not key else 2 if len(key) < 4 else 4 + min(len(key), 48) // 4


def line_up(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """For each key of `old` the index in `new` that it corresponds to, or -1; increasing.

    Patience diff (Bram Cohen): lines that occur once on both sides are the posts, the gaps between them
    are filled in the same way, and small gaps without posts by the heaviest common subsequence. Time
    grows as n log n; gaps larger than MAX_CELLS without any post stay open.
    """
    pairs = [-1] * len(old)
    line_up_range(old, new, pairs, (0, len(old), 0, len(new)))
    return pairs


def line_up_range(
    old: Sequence[str], new: Sequence[str], pairs: list[int], span: tuple[int, int, int, int]
) -> None:
    work = [span]
    while work:
        a0, a1, b0, b1 = work.pop()
        while a0 < a1 and b0 < b1 and old[a0] == new[b0]:
            pairs[a0] = b0
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and old[a1 - 1] == new[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
            pairs[a1] = b1
        if a0 == a1 or b0 == b1:
            continue
        posts = _posts(old, new, a0, a1, b0, b1)
        if posts:
            last_a, last_b = a0, b0
            for a, b in posts:
                pairs[a] = b
                work.append((last_a, a, last_b, b))
                last_a, last_b = a + 1, b + 1
            work.append((last_a, a1, last_b, b1))
        elif (a1 - a0) * (b1 - b0) <= MAX_CELLS:
            scores = [[_weight(x) if x == y else 0 for y in new[b0:b1]] for x in old[a0:a1]]
            for i, j in heaviest(scores):
                pairs[a0 + i] = b0 + j


def _posts(
    old: Sequence[str], new: Sequence[str], a0: int, a1: int, b0: int, b1: int
) -> list[tuple[int, int]]:
    """The longest increasing run of lines that occur exactly once in both ranges."""
    where: dict[str, int] = {}
    for a in range(a0, a1):
        where[old[a]] = -1 if old[a] in where else a
    seen: dict[str, int] = {}
    for b in range(b0, b1):
        if new[b] in where:
            seen[new[b]] = -1 if new[b] in seen else b
    matches = sorted((where[key], b) for key, b in seen.items() if b >= 0 and where[key] >= 0 and key)
    tails: list[int] = []  # smallest last b of an increasing run of each length
    ends: list[int] = []  # its index in matches
    before: list[int] = []
    for index, (_, b) in enumerate(matches):
        place = bisect_left(tails, b)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(b)
            ends.append(index)
        else:
            tails[place], ends[place] = b, index
    run = []
    index = ends[-1] if ends else -1
    while index >= 0:
        run.append(matches[index])
        index = before[index]
    return run[::-1]


def heaviest(scores: list[list[int]]) -> list[tuple[int, int]]:
    """The increasing set of cells (i, j) with the largest sum of scores; cells of score 0 are never in it."""
    rows, columns = len(scores), len(scores[0])
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        below, here, row = best[i + 1], best[i], scores[i]
        for j in range(columns - 1, -1, -1):
            value = below[j] if below[j] > here[j + 1] else here[j + 1]
            if row[j] and row[j] + below[j + 1] > value:
                value = row[j] + below[j + 1]
            here[j] = value
    chosen, i, j = [], 0, 0
    while i < rows and j < columns:
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            chosen.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return chosen


def likeness(one: str, other: str) -> int:
    """Shared pairs of neighbouring characters (Dice), 0 to 100."""
    a = {one[i : i + 2] for i in range(min(len(one), 400) - 1)}
    b = {other[i : i + 2] for i in range(min(len(other), 400) - 1)}
    return 200 * len(a & b) // (len(a) + len(b)) if a and b else 0
