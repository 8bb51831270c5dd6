"""Reading submissions: folders, zip archives or single files, as text and without unpacking to disk."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from code_analyze import summary
from hwlib.errors import HomeworkError

MAX_FILES = 300  # .py files of one submission
ARCHIVES = (".zip",)
REFERENCE_SOLUTION = "reference solution"  # the name of the course's own among the references


@dataclass(frozen=True)
class Submission:
    """One hand-in: path -> content of its Python files, and what could not be read."""

    name: str
    files: dict[str, summary.Source]
    notes: tuple[str, ...] = ()
    role: str = "class"  # "class", "archive" or "reference"
    student: str = field(default="")

    def __post_init__(self) -> None:
        if not self.student:
            object.__setattr__(self, "student", student_of(self.name))


def student_of(name: str) -> str:
    """Who handed it in: the student number in the name if there is one, else the name."""
    numbers = re.findall(r"\d{6,}", name)
    return max(numbers, key=len) if numbers else re.sub(r"[\s_\-]+", " ", name).strip().casefold()


@dataclass(frozen=True)
class Entry:
    """A hand-in that is not read yet."""

    path: Path
    role: str = "class"
    name: str = ""  # that of the file or folder if empty


def read_submissions(folder: str | os.PathLike[str], role: str = "class") -> list[Submission]:
    """Every submission of a folder, sorted by name. Raises HomeworkError as `entries` does."""
    return [read_submission(entry) for entry in entries(folder, role)]


def entries(folder: str | os.PathLike[str], role: str = "class") -> list[Entry]:
    """What a folder holds, sorted by name: a subfolder, a zip or a .py file is a submission each.

    Raises HomeworkError when the folder isn't there or holds none.
    """
    root = Path(folder)
    if not root.is_dir():
        raise HomeworkError(
            f"{root} is not a folder. Name the folder that holds one folder, zip or .py file per student, "
            "e.g. python -m code_analyze.similarity submissions/ --out report/"
        )
    found = [
        Entry(path, role)
        for path in sorted(root.iterdir(), key=lambda p: p.name)
        if not path.name.startswith(".")
        and path.name.lower() not in summary.SKIPPED
        and (path.is_dir() or path.suffix.lower() in (*ARCHIVES, ".py"))
    ]
    if not found:
        raise HomeworkError(
            f"{root} holds no submission: expected folders, zip archives or .py files in it, one per student."
        )
    return found


def solution_entries(folder: Path) -> list[Entry]:
    """The reference solution, or nothing where there is none."""
    return [Entry(folder, "reference", REFERENCE_SOLUTION)] if any(folder.rglob("*.py")) else []


def read_submission(entry: Entry) -> Submission:
    """One entry of a folder, read."""
    path = entry.path
    if path.is_dir():
        files, notes = _read_folder(path)
        return Submission(entry.name or path.name, files, tuple(notes), entry.role)
    if path.suffix.lower() in ARCHIVES:
        files, notes = _read_zip(path)
        return Submission(entry.name or path.stem, files, tuple(notes), entry.role)
    return Submission(entry.name or path.stem, {path.name: summary.read_source(str(path))}, (), entry.role)


def _read_folder(root: Path) -> tuple[dict[str, summary.Source], list[str]]:
    files: dict[str, summary.Source] = {}
    notes: list[str] = []
    for folder, folders, names in os.walk(root, followlinks=False):
        folders[:] = sorted(f for f in folders if f.lower() not in summary.SKIPPED and not f.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if name.lower().endswith(".zip") and not files and folder == str(root):
                inside, more = _read_zip(path)
                files.update(inside)
                notes.extend(more)
            elif name.lower().endswith(".py") and not path.is_symlink():
                if len(files) >= MAX_FILES:
                    return files, [*notes, f"more than {MAX_FILES} Python files: the rest was not read"]
                files[relative] = summary.read_source(str(path))
    return files, notes


def _read_zip(path: Path) -> tuple[dict[str, summary.Source], list[str]]:
    files: dict[str, summary.Source] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for info in sorted(archive.infolist(), key=lambda i: i.filename):
                parts = info.filename.replace("\\", "/").split("/")
                if not parts[-1].lower().endswith(".py") or any(p.lower() in summary.SKIPPED for p in parts):
                    continue
                if len(files) >= MAX_FILES:
                    return files, [f"more than {MAX_FILES} Python files: the rest was not read"]
                if info.file_size > summary.MAX_BYTES:
                    continue
                with archive.open(info) as member:
                    data = member.read(summary.MAX_BYTES + 1)
                files["/".join(parts)] = summary.read_bytes(data)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        return files, [f"the archive could not be read to its end ({error})"]
    return files, []
