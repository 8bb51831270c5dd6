"""Which lines of a student's file belong to which TODO region."""

from __future__ import annotations

from code_analyze.summary.limits import FAR
from code_analyze.summary.lines import plain, width_of
from code_analyze.summary.markers import BEGINS, END, ENDS, START, block_end
from code_analyze.summary.pairing import Pairing


class Spans:
    """Which of a student's lines belong to which region.

    `spans[k]` are the indices [first, last + 1) of region k in the student's file, without TODO lines, or
    None where it can't be found; `owner[j]` is the region of the student's line j, or -1. A TODO line that
    became another comment is paired with it, and so is a pair of TODO lines that stands elsewhere.
    """

    def __init__(self, pairing: Pairing) -> None:
        self.pairing = pairing
        self.spans: list[tuple[int, int] | None] = []
        self.owner = [-1] * len(pairing.new)
        self._find_spans()
        self._find_moved_regions()

    def _find_spans(self) -> None:
        pairing = self.pairing
        for k, (start, end) in enumerate(pairing.regions):
            moved = any(index in pairing.moved for index in range(start, end + 1))
            first, above = self._edge(start, -1, moved)
            last, below = self._edge(end, 1, moved)
            scope = self._scope(start)
            if pairing.pairs[end] < 0 and scope >= 0 and 0 <= pairing.pairs[scope] < first:
                # Without its TODO END a region does not reach beyond its function.
                last = min(last, block_end(pairing.new, pairing.pairs[scope]))
            inner = any(pairing.pairs[index] >= 0 for index in range(start + 1, end))
            if (min(above, below) > FAR and not inner) or last < first:
                self.spans.append(None)
                continue
            while first < last and self.owner[first] >= 0:
                first += 1
            stop = first
            while stop < last and self.owner[stop] < 0:
                stop += 1
            self.spans.append(None)
            self._claim(k, first, stop)

    def _scope(self, index: int) -> int:
        """The starter's definition that a line stands in, or -1."""
        pairing = self.pairing
        width = width_of(pairing.old[index])
        for at in range(index - 1, -1, -1):
            if pairing.old_keys[at][:1] == "\2" and width_of(pairing.old[at]) < width:
                return at
        return -1

    def _edge(self, index: int, step: int, moved: bool) -> tuple[int, int]:
        """Where a region begins (step -1) or ends (step 1) in the student's file, and how many lines of the
        starter lie between the region and the line that says so."""
        pairing = self.pairing
        side = 1 if step < 0 else 0
        if pairing.pairs[index] >= 0:
            return pairing.pairs[index] + side, 0
        distance = 0
        for at in range(index + step, -1 if step < 0 else len(pairing.old), step):
            if pairing.pairs[at] >= 0 and (at in pairing.moved) == moved:
                return pairing.pairs[at] + side, distance
            if moved and pairing.old_keys[at][:1] == "\2":
                break
            distance += bool(pairing.old_keys[at])
        return (0 if step < 0 else len(pairing.new)), FAR + 1

    def _claim(self, k: int, first: int, last: int) -> None:
        """Makes the student's lines [first, last) those of region k."""
        pairing = self.pairing
        start, end = pairing.regions[k]
        if pairing.pairs[start] < 0 and pairing.pairs[end] < 0:
            blank = not any(line.strip() for line in pairing.new[first:last])
            if blank and any(pairing.old[index].strip() for index in range(start + 1, end)):
                return  # the whole region was deleted
        for pair, at in ((start, first), (end, last - 1)):
            # A TODO line that became another comment, such as "# my code starts here".
            if pairing.pairs[pair] >= 0:
                continue
            step = 1 if pair == start else -1
            while first <= at < last and not pairing.new[at].strip():
                at += step
            words = BEGINS if pair == start else ENDS
            if first <= at < last and words.match(pairing.new[at]) and at not in pairing.pairs:
                pairing.pairs[pair] = at
                first, last = (at + 1, last) if pair == start else (first, at)
        for index in range(first, last):
            if self.owner[index] < 0:
                self.owner[index] = k
        self.spans[k] = (first, last)

    def _find_moved_regions(self) -> None:
        """Gives pairs of TODO lines that stand elsewhere to the regions that were not found."""
        pairing = self.pairing
        lost = [k for k, span in enumerate(self.spans) if span is None]
        if not lost:
            return
        taken = set(pairing.pairs)
        free: list[tuple[int, int]] = []
        start = -1
        for b, key in enumerate(pairing.new_keys):
            if b in taken or self.owner[b] >= 0:
                continue
            if key == START:
                start = b
            elif key == END and start >= 0:
                free.append((start, b))
                start = -1
        for k in lost:
            start, end = pairing.regions[k]
            inner = {pairing.old_keys[i] for i in range(start + 1, end)} - {""}
            scores = [len(inner.intersection(pairing.new_keys[a + 1 : b])) for a, b in free]
            if not scores or (max(scores) == 0 and not len(free) == len(lost) == 1):
                continue
            first, last = free.pop(scores.index(max(scores)))
            pairing.pairs[start], pairing.pairs[end] = first, last
            pairing.moved.update((start, end))
            self._claim(k, first + 1, last)

    def added(self, k: int) -> list[tuple[int, str]]:
        """Lines of region k that are not the starter's, without empty lines at both ends."""
        pairing = self.pairing
        span = self.spans[k]
        if span is None:
            return []
        start, end = pairing.regions[k]
        left: dict[str, int] = {}
        for index in range(start + 1, end):
            left[pairing.old_keys[index]] = left.get(pairing.old_keys[index], 0) + 1
        lines = []
        for index in range(*span):
            if self.owner[index] != k:
                continue
            key = pairing.new_keys[index]
            if key and left.get(key):
                left[key] -= 1
                continue
            lines.append((index + 1, plain(pairing.new[index])))
        while lines and not lines[0][1]:
            lines.pop(0)
        while lines and not lines[-1][1]:
            lines.pop()
        return lines
