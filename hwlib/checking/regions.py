"""Where the TODO regions stand in a student's files: read as text, never imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hwlib.assignment import Assignment, Region

_START = re.compile(r"^\s*#+\s*TODO\s*:?\s*START\b", re.IGNORECASE)
_END = re.compile(r"^\s*#+\s*TODO\s*:?\s*END\b", re.IGNORECASE)
MAX_SOURCE = 2 << 20


@dataclass(frozen=True)
class Span:
    """Lines of a region, from its START to its END line, counted from 1."""

    file: str
    first: int
    last: int

    def holds(self, file: str, line: int) -> bool:
        return self.file == file and self.first <= line <= self.last


def find_spans(folder: Path, assignment: Assignment) -> dict[str, Span]:
    """Region id -> lines. Regions of a file whose TODO lines are incomplete are left out."""
    spans: dict[str, Span] = {}
    for file in assignment.files:
        regions = sorted((r for r in assignment.regions if r.file == file), key=lambda region: region.number)
        found = _pairs(read_source(folder / file))
        if len(found) == len(regions):
            for region, (first, last) in zip(regions, found, strict=True):
                spans[region.id] = Span(file, first, last)
    return spans


def region_at(spans: dict[str, Span], assignment: Assignment, file: str, line: int) -> Region | None:
    """The region that a line belongs to, None for lines of the given code."""
    for name, span in spans.items():
        if span.holds(file, line):
            return assignment.region(name)
    return None


def numbered(assignment: Assignment, file: str, number: int) -> Region | None:
    """The region of that number in that file."""
    return next((r for r in assignment.regions if r.file == file and r.number == number), None)


def _pairs(lines: list[str]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    start: int | None = None
    for number, line in enumerate(lines, 1):
        if _START.match(line):
            if start is not None:
                return []
            start = number
        elif _END.match(line):
            if start is None:
                return []
            pairs.append((start, number))
            start = None
    return pairs if start is None else []


def read_source(path: Path) -> list[str]:
    """The lines of a student's file; none where it can't be read or is no source (over MAX_SOURCE bytes)."""
    try:
        if not path.is_file() or path.is_symlink() or path.stat().st_size > MAX_SOURCE:
            return []
        data = path.read_bytes()
    except OSError:
        return []
    return re.split(r"\r\n|\r|\n", data.decode("utf-8", "replace"))
