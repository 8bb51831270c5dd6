"""One file of a student, compared with the starter's."""

from __future__ import annotations

from typing import NamedTuple

from code_analyze.summary.changes import Change, changes, describe
from code_analyze.summary.lines import plain
from code_analyze.summary.pairing import Pairing
from code_analyze.summary.parsing import parse_problem
from code_analyze.summary.references import Reference, parse_references
from code_analyze.summary.regions import Region, origin_regions, title_of
from code_analyze.summary.source import Source, read_bytes
from code_analyze.summary.spans import Spans


class FileAnalysis(NamedTuple):
    """A student's file compared with the starter's."""

    path: str  # in the folder, with forward slashes
    status: str  # see Source
    regions: list[Region]
    other_changes: list[Change]
    references: list[Reference]  # in the regions and outside, in order
    notes: list[str]
    sha256: str

    @property
    def added_outside(self) -> list[tuple[int, str]]:
        """(line number, text) of the student's lines outside the regions."""
        return [(change.line, change.text) for change in self.other_changes if change.kind == "+"]


def analyze_file(origin: Source, target: Source, path: str = "file.py") -> FileAnalysis:
    """Compares one file. Where the student's file is no text, its regions are there and empty."""
    old = [plain(line) for line in origin.lines]
    notes = [note for note in target.oddities if note not in origin.oddities]
    if origin.status != "text":
        notes += ["differs from the starter's"] if origin.sha256 != target.sha256 else []
        return FileAnalysis(path, target.status, [], [], [], notes, target.sha256)
    empty = not any(line.strip() for line in target.lines)
    if target.status != "text" or (empty and old):
        regions = [
            Region(k + 1, title_of(old, start, end), (start + 1, end + 1), None, [], [])
            for k, (start, end) in enumerate(origin_regions(old))
        ]
        return FileAnalysis(path, target.status, regions, [], [], notes, target.sha256)
    spans = Spans(Pairing(old, target.lines))
    regions, references = [], []
    for k, (start, end) in enumerate(spans.pairing.regions):
        added = spans.added(k)
        cited = [one for number, text in added for one in parse_references(number, text)]
        references += cited
        span = spans.spans[k]
        where = None if span is None else (span[0] + 1, span[1])
        regions.append(Region(k + 1, title_of(old, start, end), (start + 1, end + 1), where, added, cited))
    other = changes(spans)
    for change in other:
        if change.kind == "+":
            references += parse_references(change.line, change.text)
    references.sort(key=lambda one: one.line)
    notes += describe(spans)
    if path.endswith(".py"):
        problem = parse_problem(target.lines)
        notes += [problem] if problem else []
    return FileAnalysis(path, "text", regions, other, references, notes, target.sha256)


def analyze_text(origin: str, target: str, path: str = "file.py") -> FileAnalysis:
    """`analyze_file` for two strings."""
    return analyze_file(read_bytes(origin.encode("utf-8")), read_bytes(target.encode("utf-8")), path)
