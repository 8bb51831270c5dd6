"""A student's folder, compared with the starter's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import NamedTuple

from code_analyze.summary.files import FileAnalysis, analyze_file
from code_analyze.summary.limits import MAX_ADDED, SKIPPED
from code_analyze.summary.parsing import parse_problem
from code_analyze.summary.references import Reference, parse_references
from code_analyze.summary.source import Source, read_source
from code_analyze.summary.walking import file_note, walk


class AddedFile(NamedTuple):
    """A file, link or folder that the starter does not have; `note` says what is odd about it, or ""."""

    path: str
    note: str
    source: Source | None  # of Python files, for references and for comparing


class TreeAnalysis(NamedTuple):
    """A student's folder compared with the starter's."""

    files: list[FileAnalysis]
    missing: list[tuple[str, str]]  # (path, note)
    added: list[AddedFile]
    starter_sha256: str

    @property
    def references(self) -> list[Reference]:
        """All of them, in order of appearance, each once."""
        seen: set[str] = set()
        found = []
        groups = [file.references for file in self.files]
        for file in self.added:
            if file.source is not None:
                groups.append(
                    [one for n, line in enumerate(file.source.lines, 1) for one in parse_references(n, line)]
                )
        for one in (reference for group in groups for reference in group):
            if one.key not in seen:
                seen.add(one.key)
                found.append(one)
        return found


def analyze_tree(
    origin_dir: str, target_dir: str, ignore: Iterable[str] = (), track: str = ""
) -> TreeAnalysis:
    """Compares a student's folder with the starter's.

    `ignore` are real paths that are no part of the submission (the summary itself). `track` restricts
    both to one folder, such as "VAE". Raises nothing for what a submission may hold.
    """
    prefix = track + "/" if track else ""
    skip = {os.path.realpath(path) for path in ignore}
    given = {path: entry for path, entry in walk(origin_dir).items() if path.startswith(prefix)}
    handed_in = {
        path: entry
        for path, entry in walk(target_dir).items()
        if path.startswith(prefix) and os.path.realpath(entry.full) not in skip
    }
    by_fold = {path.lower(): path for path in sorted(handed_in, reverse=True)}
    files: list[FileAnalysis] = []
    missing: list[tuple[str, str]] = []
    used: set[str] = set()
    digest = hashlib.sha256()
    for path in sorted(given):
        if given[path].note or any(part.lower() in SKIPPED for part in path.split("/")):
            continue
        origin = read_source(given[path].full)
        text = "\n".join(origin.lines) if origin.status == "text" else origin.sha256
        digest.update((f"{path}\0{text}\0").encode("utf-8", "backslashreplace"))
        actual = path if path in handed_in else by_fold.get(path.lower(), "")
        if not actual or actual in used:
            missing.append((path, ""))
            continue
        used.add(actual)
        if handed_in[actual].note:
            missing.append((path, handed_in[actual].note))
            continue
        result = analyze_file(origin, read_source(handed_in[actual].full), path)
        if actual != path:
            result.notes.insert(0, f"is named {actual}, expected {path}")
        files.append(result)
    added = []
    room = MAX_ADDED  # files still to be read
    for path in sorted(set(handed_in) - used):
        full, note = handed_in[path]
        source = None
        if not note and not os.path.isdir(full):
            if path.lower().endswith(".py") and room:
                room -= 1
                source = read_source(full)
                problem = parse_problem(source.lines) if source.status == "text" else None
                note = "; ".join(source.oddities + ([problem] if problem else []))
            else:
                note = file_note(full)
        added.append(AddedFile(path, note, source))
    return TreeAnalysis(files, missing, added, digest.hexdigest())
