"""A starter file and a student's file, lined up."""

from __future__ import annotations

from collections.abc import Iterable

from code_analyze.summary.limits import MAX_COMPARISONS
from code_analyze.summary.lines import plain, width_of
from code_analyze.summary.lining_up import heaviest, likeness, line_up, line_up_range
from code_analyze.summary.markers import block_end, keys, keys_once
from code_analyze.summary.regions import origin_regions


class Pairing:
    """A starter file and a student's file, lined up.

    Lines are counted from 0. `pairs[i]` is the student's line for the starter's line i, or -1; `inside[i]` is
    the region that the starter's line i stands in, or -1; `moved` are lines of the starter whose pair is out
    of order; `unit` is the student's indentation per level, in spaces.
    """

    def __init__(self, old: list[str], new: list[str]) -> None:
        self.old, self.new = old, new
        self.regions = origin_regions(old)
        self.old_keys, old_scoped = keys_once(tuple(old))
        self.new_keys, new_scoped = keys(new)
        self.pairs = line_up(old_scoped, new_scoped)
        for gap in list(self._gaps()):
            line_up_range(self.old_keys, self.new_keys, self.pairs, gap)
        self.inside = [-1] * len(old)  # the TODO lines themselves are outside
        for k, (start, end) in enumerate(self.regions):
            for index in range(start + 1, end):
                self.inside[index] = k
        self.moved: set[int] = set()
        self.unit = self._indent_unit()
        self._pair_changed_lines()
        self._find_moved_definitions()

    def _indent_unit(self) -> int:
        """Spaces per level in the student's file, 4 unless the whole file was re-indented."""
        counts: dict[int, int] = {}
        total = 0
        for index, other in enumerate(self.pairs):
            if other < 0 or not self.old_keys[index]:
                continue
            width = width_of(self.old[index])
            if not width or width % 4:
                continue
            total += 1
            for unit in (1, 2, 3, 4, 8):
                if width_of(self.new[other]) == width // 4 * unit:
                    counts[unit] = counts.get(unit, 0) + 1
        best = max(counts, key=lambda unit: (counts[unit], unit == 4), default=4)
        return best if total >= 5 and counts.get(best, 0) * 10 >= total * 9 else 4

    def comparable(self, index: int) -> str:
        """A line of the student's file as it is compared with the starter's."""
        line = plain(self.new[index])
        if self.unit == 4:
            return line
        body = line.lstrip(" ")
        return " " * ((len(line) - len(body)) * 4 // self.unit) + body

    def same(self, index: int) -> bool:
        """Whether the starter's line stands unchanged in the student's file."""
        other = self.pairs[index]
        return other >= 0 and plain(self.old[index]) == self.comparable(other)

    def _gaps(self) -> Iterable[tuple[int, int, int, int]]:
        """Ranges of lines without a pair on both sides."""
        last_a = last_b = 0
        for a, b in enumerate(self.pairs + [len(self.new)]):
            if b < 0:
                continue
            if a > last_a and b > last_b:
                yield last_a, a, last_b, b
            last_a, last_b = a + 1, b + 1

    def _pair_changed_lines(self) -> None:
        """Pairs lines that changed a little, outside the regions."""
        budget = MAX_COMPARISONS
        for a0, a1, b0, b1 in list(self._gaps()):
            rows = [a for a in range(a0, a1) if self.inside[a] < 0 and self.old_keys[a]]
            columns = [b for b in range(b0, b1) if self.new_keys[b]]
            if not rows or not columns or len(rows) * len(columns) > budget:
                continue
            budget -= len(rows) * len(columns)
            scores = []
            for a in rows:
                values = []
                for b in columns:
                    old, new = self.old[a].strip(), self.new[b].strip()
                    alike = likeness(old.lower(), new.lower())
                    # A TODO line can become another comment, but no code, and no TODO line of the other kind.
                    if self.old_keys[a][0] == "\1" and (new[0] != "#" or self.new_keys[b][0] == "\1"):
                        alike = 0
                    values.append(alike if alike >= 60 else 0)
                scores.append(values)
            for i, j in heaviest(scores):
                self.pairs[rows[i]] = columns[j]

    def _find_moved_definitions(self) -> None:
        """Pairs the lines of functions that stand at another place than in the starter."""
        taken = set(self.pairs)
        places: dict[str, list[int]] = {}
        for b, key in enumerate(self.new_keys):
            if key[:1] == "\2" and b not in taken:
                places.setdefault(key, []).append(b)
        for a, key in enumerate(self.old_keys):
            if key[:1] != "\2" or self.pairs[a] >= 0 or len(places.get(key, [])) != 1:
                continue
            b = places[key][0]
            rows = [i for i in range(a, block_end(self.old, a)) if self.pairs[i] < 0]
            columns = [j for j in range(b, block_end(self.new, b)) if j not in taken]
            found = line_up([self.old_keys[i] for i in rows], [self.new_keys[j] for j in columns])
            for i, j in enumerate(found):
                if j >= 0:
                    self.pairs[rows[i]] = columns[j]
                    self.moved.add(rows[i])
                    taken.add(columns[j])
