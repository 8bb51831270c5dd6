"""Finding the submissions in a folder: zips or folders, named after student numbers or by an LMS."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from grader.results import RESULT
from hwlib.assignment import Assignment
from hwlib.errors import HomeworkError
from hwlib.files import sha256_of, walk

ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")
NOT_STUDENTS = (".csv", ".md", ".txt", ".yaml", ".json", ".html", ".log")


@dataclass(frozen=True)
class Submission:
    """One hand-in.

    Attributes:
        student: number, or the file's name where it holds none (the key of the results' folder).
        path: zip or folder.
        sha256: of the zip's bytes, or of all names and contents in the folder.
        others: further files of the same student, older than this one.
    """

    student: str
    path: Path
    sha256: str
    others: tuple[str, ...] = ()


def student_numbers(name: str, pattern: str) -> list[str]:
    """The student numbers in a name, also those in full-width digits (an input method's)."""
    plain = unicodedata.normalize("NFKC", name)
    return re.findall(rf"(?<![0-9A-Za-z])(?:{pattern})(?![0-9A-Za-z])", plain)


def student_of(name: str, pattern: str) -> str:
    """The student number in a file's name, else the name itself, safe as a folder's name."""
    numbers = student_numbers(name, pattern)
    if numbers:
        return numbers[0]
    safe = re.sub(r"[^\w.-]+", "_", name, flags=re.UNICODE).strip("._")
    if safe == name and len(safe.encode()) <= 100:
        return safe
    return (
        f"{safe[:40] or 'unnamed'}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    )


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's relative names and contents; links count by their target's name."""
    if not path.is_dir():
        return sha256_of(path)
    total = hashlib.sha256()
    for folder, folders, files in walk(path):
        folders.sort()
        for name in sorted(files):
            file = Path(folder) / name
            total.update(os.fsencode(file.relative_to(path)) + b"\0")
            if file.is_symlink():
                total.update(b"link:" + os.fsencode(os.readlink(file)))
            elif file.is_file():
                total.update(sha256_of(file).encode())
    return total.hexdigest()


def _entries(folder: Path) -> list[Path]:
    entries = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in IGNORED:
            continue
        if entry.is_dir() and not entry.is_symlink():
            archives = [
                file for file in entry.iterdir() if file.suffix.lower() in ARCHIVES and file.is_file()
            ]
            others = [file for file in entry.iterdir() if file.is_dir()]
            entries.append(archives[0] if len(archives) == 1 and not others else entry)
        elif entry.is_file() and entry.suffix.lower() not in NOT_STUDENTS:
            entries.append(entry)
    return entries


def find_submissions(
    path: Path, assignments: dict[str, Assignment], student: str | None = None
) -> list[Submission]:
    """The submissions at `path`: a folder of them, one zip, or one student's folder (it holds `codes/`).

    A folder that holds one archive and no folder stands for that archive. Of several files of one student the
    newest counts; the others are named in `Submission.others`. With `student` all of `path` is that student's
    submission.

    Raises:
        HomeworkError: there is nothing at `path`.
    """
    if not path.exists():
        raise HomeworkError(
            f"{path} does not exist. Name a folder of zips, one zip, or one student's folder."
        )
    if student is not None:
        return [Submission(student_of(student, r"[0-9]{6,12}"), path.resolve(), digest(path))]
    pattern = (
        "|".join(dict.fromkeys(a.submission.student_number for a in assignments.values())) or r"[0-9]{6,12}"
    )
    single = (
        path.is_file() or (path / "codes").is_dir() or any((path / track).is_dir() for track in assignments)
    )
    files = [path.resolve()] if single else _entries(path)
    if not files:
        raise HomeworkError(
            f"{path} holds no submissions: expected zips or folders named after student numbers."
        )
    if any((file / RESULT).is_file() for file in files):
        raise HomeworkError(
            f"{path} holds results of the grader, expected submissions. Name the folder of what came in; "
            "that of the results is for --out."
        )
    by_student: dict[str, list[Path]] = {}
    known: dict[str, str] = {}  # a number in other case is the same student's, and the same folder on Windows
    for file in files:
        # A zip in an LMS's folder per student: either name may hold the number.
        stem = file.stem if file.is_file() else file.name
        student = student_of(stem, pattern)
        if file.parent != path and not single and not re.fullmatch(pattern, student):
            student = student_of(file.parent.name, pattern)
        by_student.setdefault(known.setdefault(student.casefold(), student), []).append(file)
    found = []
    for student, candidates in sorted(by_student.items()):
        candidates.sort(key=lambda file: (file.stat().st_mtime, file.name))
        newest = candidates[-1]
        found.append(
            Submission(student, newest, digest(newest), tuple(file.name for file in candidates[:-1]))
        )
    return found
