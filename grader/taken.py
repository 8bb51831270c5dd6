"""A submission as the grader needs it: intake's result, or the reason of its refusal, for as long as a
block.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grader import intake
from grader.results import Finding
from grader.submissions import digest


@dataclass
class TakenIn:
    """The result of intake.

    Attributes:
        tracks: track -> folder with its files.
        refused: why the submission was not taken in; "" if it was.
    """

    student: str
    sha256: str = ""
    tracks: dict[str, Path] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    refused: str = ""
    refused_zh: str = ""
    report_files: tuple[str, ...] = ()


@contextmanager
def take_in(path: Path, student: str | None) -> Iterator[TakenIn]:
    """Takes a folder or zip in; its unpacked files live as long as the block."""
    name = student or (path.stem if path.is_file() else path.name)
    sha256 = digest(path) if path.exists() else ""
    with tempfile.TemporaryDirectory(prefix="submission-") as scratch:
        try:
            found = intake.take_in(path, Path(scratch))
        except intake.RefusedError as error:
            yield TakenIn(name, sha256, refused=str(error), refused_zh=error.zh)
            return
        yield TakenIn(name, sha256, found.tracks, found.findings, report_files=found.reports)
