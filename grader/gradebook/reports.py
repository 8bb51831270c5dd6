"""The reports in a submission: read into memory, checked, nothing unpacked to the disk."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hwlib.errors import HomeworkError

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


def _real_name(info: zipfile.ZipInfo) -> str:
    """The entry's name; Chinese Windows writes GBK without saying so, which zipfile reads as cp437."""
    name = info.filename.replace("\\", "/")
    if info.flag_bits & 0x800:
        return name
    try:
        return name.encode("cp437").decode("gbk")
    except UnicodeError:
        return name


def _from_zip(path: Path) -> list[ReportFile]:
    found: list[ReportFile] = []
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist()[:20_000]:
                name = _real_name(info)
                if info.is_dir() or not _wanted(name) or info.flag_bits & 0x1 or info.file_size > MAX_BYTES:
                    continue
                with archive.open(info) as file:
                    data = file.read(MAX_BYTES + 1)  # the size in the header may lie
                if len(data) <= MAX_BYTES:
                    found.append(ReportFile(name, data))
                if len(found) == MAX_FILES:
                    break
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise HomeworkError(f"{path.name} can't be read as a zip ({error}).") from None
    return found


def _from_folder(root: Path) -> list[ReportFile]:
    found: list[ReportFile] = []
    for folder, _, names in os.walk(root):
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
        HomeworkError: the file can't be read as a zip.
    """
    found = _from_folder(path) if path.is_dir() else _from_zip(path)
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
