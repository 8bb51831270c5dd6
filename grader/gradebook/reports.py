"""The reports in a submission, found where intake would find them."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.intake.archives import open_inner, unpack
from hwlib.files import walk

SUFFIXES = (".ipynb", ".pdf", ".docx")
MAX_BYTES = 50_000_000
MAX_FILES = 12
WORDS = ("report", "\u62a5\u544a")  # report, in the handout's two languages


@dataclass(frozen=True)
class ReportFile:
    """One file that looks like a report: its path in the submission and its content."""

    path: str
    data: bytes

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.path).suffix.lower()


def _wanted(path: str) -> bool:
    parts = PurePosixPath(path).parts
    name = parts[-1].lower() if parts else ""
    hidden = any(part.startswith(".") or part in ("__MACOSX", "code_analyze") for part in parts)
    return name.endswith(SUFFIXES) and any(word in name for word in WORDS) and not hidden


def _from_folder(root: Path) -> list[ReportFile]:
    found: list[ReportFile] = []
    for folder, _, names in walk(root):
        for name in sorted(names):
            file = Path(folder) / name
            relative = file.relative_to(root).as_posix()
            if not _wanted(relative) or file.is_symlink() or not file.is_file():
                continue
            if file.stat().st_size <= MAX_BYTES and len(found) < MAX_FILES:
                found.append(ReportFile(relative, file.read_bytes()))
    return found


def find_reports(path: Path) -> list[ReportFile]:
    """Files called *report* or *报告* with a report's suffix, the shallowest first.

    Raises:
        RefusedError: the file is no zip, or one that is not taken in.
    """
    if path.is_dir():
        found = _from_folder(path)
    else:
        with tempfile.TemporaryDirectory(prefix="reports-") as name:
            root = Path(name) / "submission"
            root.mkdir()
            unpack(path, root)
            open_inner(root, Path(name))
            found = _from_folder(root)
    return sorted(found, key=lambda file: (file.path.count("/"), file.path))


def tracks_of(report: ReportFile, tracks: list[str]) -> list[str]:
    """The tracks that a report is for: by the notebook's metadata, else by words of its path, else all."""
    if report.suffix == ".ipynb":
        try:
            track = json.loads(report.data)["metadata"]["homework"]["track"]
        except (ValueError, KeyError, TypeError, RecursionError):
            track = None
        if track in tracks:
            return [track]
    text = report.path.lower()
    for sign in "/_-. ":
        text = text.replace(sign, " ")
    return [track for track in tracks if track.lower() in text.split()] or tracks
