"""TODO regions: where they are in the starter, and what a student's region is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from code_analyze.summary.markers import END, START, marker
from code_analyze.summary.references import Reference


class Region(NamedTuple):
    """One TODO region. Line numbers count from 1; ranges are those of the TODO lines themselves.

    `target_range` is (first, last) line between the TODO lines in the student's file, empty as
    (n, n - 1), or None where the region can't be found. `added_lines` are (line number, text) of what
    stands there and is not the starter's. `title` is the name in the starter's NotImplementedError.
    """

    number: int
    title: str
    origin_range: tuple[int, int]
    target_range: tuple[int, int] | None
    added_lines: list[tuple[int, str]]
    references: list[Reference]

    @property
    def filled(self) -> bool:
        """Whether there is a line of code, not only comments."""
        return any(text.strip() and not text.lstrip().startswith("#") for _, text in self.added_lines)


_TITLE = re.compile(r"NotImplementedError\(.*?TODO\s*\d+\s*\((.*?)\)")


def origin_regions(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Indices of the TODO START and TODO END lines of each region of a starter file."""
    regions, start = [], -1
    for index, line in enumerate(lines):
        mark = marker(line)
        if mark == START and start < 0:
            start = index
        elif mark == END and start >= 0:
            regions.append((start, index))
            start = -1
    return regions


def title_of(lines: Sequence[str], start: int, end: int) -> str:
    for line in lines[start:end]:
        found = _TITLE.search(line)
        if found:
            return found.group(1)
    return ""
