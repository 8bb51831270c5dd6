"""Cutting submissions into parts: region k of a file, code changed outside the regions, added files.

The regions are found by `code_analyze.summary`, which aligns a student's file with the pristine one, so
deleted or renamed TODO lines do no harm. Only the student's own lines belong to a part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from code_analyze import summary
from code_analyze.similarity.given import Given
from code_analyze.similarity.intake import Submission

OUTSIDE = "outside"
ONLY_FILE, ADDED_FILES = "code", "added files"
ADDED = (ONLY_FILE, ADDED_FILES)  # the keys of parts that no file of the starter belongs to
# Share of the starter's lines from which a file of a reference is a version of it, perhaps an older one,
# and no mere namesake: programs that have nothing to do with it share 0.05 to 0.2 (imports, `def main():`).
VERSION = 0.3
Lines = list[tuple[int, str]]


@dataclass
class Part:
    """The student's lines of one region. `key` is what it is compared by: "VAE/VAE.py:1"."""

    key: str
    file: str
    lines: Lines


@dataclass
class CodeFile:
    """One file of a submission with its parts; part 0 means the starter's lines."""

    path: str  # as submitted
    lines: list[str]
    parts: list[Part] = field(default_factory=list)
    given: Given = field(default_factory=Given)

    def part_of_line(self) -> list[int]:
        """For each line (from 1; index 0 unused) the number of its part, from 1, or 0."""
        numbers = [0] * (len(self.lines) + 2)
        for index, part in enumerate(self.parts, 1):
            for line, _ in part.lines:
                if line < len(numbers):
                    numbers[line] = index
            # A comment or blank line inside the student's code belongs to it.
            if part.lines and not part.key.endswith(OUTSIDE):
                for line in range(part.lines[0][0], min(part.lines[-1][0] + 1, len(numbers))):
                    numbers[line] = numbers[line] or index
        return numbers


@dataclass
class Starter:
    """The pristine starter: its files and the names in them."""

    files: dict[str, summary.Source]
    _given: dict[str, Given] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path | None) -> Starter:
        files: dict[str, summary.Source] = {}
        if folder is not None:
            for path in sorted(folder.rglob("*.py")):
                files[path.relative_to(folder).as_posix()] = summary.read_source(str(path))
        return cls(files)

    def given(self, track: str) -> Given:
        """The names that the starter's files of a track fix."""
        if track not in self._given:
            self._given[track] = Given.of(
                line
                for path, source in self.files.items()
                if path.split("/")[0] == track or "/" not in path
                for line in source.lines
            )
        return self._given[track]

    def match(self, path: str, source: summary.Source) -> str | None:
        """The starter's file that a submitted file is a version of."""
        parts = PurePosixPath(path).parts
        lower = "/".join(parts).lower()
        candidates = [known for known in self.files if PurePosixPath(known).name.lower() == parts[-1].lower()]
        exact = [known for known in candidates if ("/" + lower).endswith("/" + known.lower())]
        if len(exact) == 1:
            return exact[0]
        if len(candidates) <= 1:
            return candidates[0] if candidates else None
        mine = {line.strip() for line in source.lines if len(line.strip()) > 8}
        return max(candidates, key=lambda k: (sum(line.strip() in mine for line in self.files[k].lines), k))

    def is_version(self, known: str, source: summary.Source) -> bool:
        """Whether a file was made from the starter's, rather than has its name by chance."""
        mine = {line.strip() for line in source.lines}
        lines = {line.strip() for line in self.files[known].lines} - {""}
        return len(lines & mine) >= VERSION * len(lines)


@dataclass
class Code:
    """A submission cut into parts."""

    submission: Submission
    files: list[CodeFile]
    references: list[summary.Reference]
    notes: list[str]


def cut(submission: Submission, starter: Starter) -> Code:
    """The parts of one submission."""
    files: list[CodeFile] = []
    references: list[summary.Reference] = []
    notes = list(submission.notes)
    taken: set[str] = set()
    for path in sorted(submission.files, key=lambda p: (p.count("/"), p)):
        source = submission.files[path]
        if source.status != "text":
            notes.append(f"{path}: {source.status}")
            continue
        known = starter.match(path, source)
        if known and submission.role == "reference" and not starter.is_version(known, source):
            known = None
        if known is None or known in taken:
            files.append(_added(path, source, len(submission.files) == 1))
            continue
        taken.add(known)
        # Without its ending the file isn't parsed there: it is parsed once, in `fingerprints`.
        analysis = summary.analyze_file(starter.files[known], source, known.removesuffix(".py"))
        references.extend(analysis.references)
        track = known.split("/")[0] if "/" in known else ""
        file = CodeFile(path, source.lines, [], starter.given(track))
        for region in analysis.regions:
            if region.added_lines:
                file.parts.append(Part(f"{known}:{region.number}", path, list(region.added_lines)))
        if analysis.added_outside:
            file.parts.append(Part(f"{known}:{OUTSIDE}", path, list(analysis.added_outside)))
        files.append(file)
    return Code(submission, files, references, notes)


def _added(path: str, source: summary.Source, only: bool) -> CodeFile:
    """A file that the starter doesn't have: one part as a whole."""
    lines = [(number, text) for number, text in enumerate(source.lines, 1)]
    key = ONLY_FILE if only else ADDED_FILES
    return CodeFile(path, source.lines, [Part(key, path, lines)])
