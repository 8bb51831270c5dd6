"""A submission as the checks need it: the folders of its tracks, and what intake found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grader.results import Finding
from hwlib.files import sha256_of


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
    name = student or path.stem
    if path.is_dir():
        roots = [path / "codes", path]
        tracks = {
            folder.name: folder
            for root in roots
            if root.is_dir()
            for folder in sorted(root.iterdir())
            if folder.is_dir() and (folder / "main.py").is_file()
        }
        yield TakenIn(name, tracks=tracks)
    else:
        yield TakenIn(name, sha256=sha256_of(path), refused="zips are not taken in yet")
