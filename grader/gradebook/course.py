"""An nbgrader course folder around the gradebook: configuration, source notebooks, collected reports."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from grader.gradebook.book import utc
from grader.report_notebook import NOTEBOOK, notebook_text, question_cell
from grader.submissions import Submission
from hwlib.assignment import Assignment
from hwlib.errors import HomeworkError
from hwlib.files import atomic_write_bytes, atomic_write_text

REPORT_SUFFIXES = (".ipynb", ".pdf", ".docx")
MAX_REPORT_BYTES = 50_000_000

CONFIG = '''\
"""nbgrader's configuration of this course; see docs/running-a-course.md of the homework."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "default_course"

# Nothing of a student's notebook is ever executed: outputs are shown as handed in. Code is graded by
# `grader grade` in its sandbox alone.
c.Execute.enabled = False
c.ClearOutput.enabled = False

# What students hand in is shown without scripts, in formgrader and in the feedback.
c.HTMLExporter.sanitize_html = True

# zip_collect applies its pattern to absolute paths.
c.FileNameCollectorPlugin.named_regexp = (
    r".*/extracted/(?P<student_id>[^/]+)__(?P<timestamp>[0-9TZ]+)/(?P<file_id>[^/]+\\.(?:ipynb|pdf|docx))$"
)
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".pdf", ".docx"]
'''


@dataclass
class Collected:
    """What `collect` found."""

    notebooks: list[tuple[str, str]] = field(default_factory=list)
    documents: list[tuple[str, str]] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def make_course(folder: Path, assignments: dict[str, Assignment]) -> list[Path]:
    """Makes `nbgrader_config.py` and `source/<TRACK>/report.ipynb`; an existing configuration stays.

    Returns the files that were written.
    """
    written = []
    config = folder / "nbgrader_config.py"
    if not config.exists():
        atomic_write_text(config, CONFIG.format(root=str(folder.resolve())))
        written.append(config)
    for track, assignment in assignments.items():
        target = folder / "source" / track / f"{NOTEBOOK}.ipynb"
        text = notebook_text(assignment)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            atomic_write_text(target, text)
            written.append(target)
    return written


def documents_folder(course: Path, student: str) -> Path:
    """Where reports that are no notebooks are kept for the TA."""
    return course / "documents" / student


def report_addresses(course: Path | None, student: str) -> dict[str, str]:
    """Track -> file names of the student's PDF or DOCX reports that `grader collect` found."""
    if course is None:
        return {}
    addresses: dict[str, str] = {}
    for file in sorted(documents_folder(course, student).glob("*/*")):
        track, name = file.parent.name, file.relative_to(course).as_posix()
        addresses[track] = f"{addresses[track]}, {name}" if track in addresses else name
    return addresses


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """A folder with the submission's files, taken in safely.

    Raises:
        HomeworkError: intake refuses the file.
    """
    from grader.intake import take_in

    with TemporaryDirectory() as scratch:
        yield take_in(path, Path(scratch)).root


def track_of(file: Path, root: Path, tracks: list[str]) -> list[str]:
    """The tracks that a report is for: by the notebook's metadata, else by its path, else all of them."""
    if file.suffix == ".ipynb":
        try:
            metadata = json.loads(file.read_text(encoding="utf-8"))["metadata"]["homework"]["track"]
        except (ValueError, KeyError, TypeError, OSError):
            metadata = None
        if metadata in tracks:
            return [metadata]
    name = file.relative_to(root).as_posix().lower()
    named = [
        track
        for track in tracks
        if track.lower() in name.replace("/", " ").replace("_", " ").split(" ")
        or f"_{track.lower()}" in name
        or f"{track.lower()}_" in name
        or f"/{track.lower()}/" in f"/{name}"
    ]
    return named or tracks


def find_reports(root: Path) -> list[Path]:
    """Notebooks and documents called report.* in a submission, the shallowest first."""
    found = [
        file
        for file in root.rglob("*")
        if file.is_file()
        and not file.is_symlink()
        and file.suffix.lower() in REPORT_SUFFIXES
        and file.stat().st_size <= MAX_REPORT_BYTES
        and ("report" in file.name.lower() or "\u62a5\u544a" in file.name)
        and not any(part.startswith(".") or part == "code_analyze" for part in file.relative_to(root).parts)
    ]
    return sorted(found, key=lambda file: (len(file.relative_to(root).parts), file.name))


def stand_in(assignment: Assignment, documents: list[str]) -> str:
    """A report notebook that says, at every question, which document holds the answers; for formgrader."""
    notebook = json.loads(notebook_text(assignment))
    names = {question_cell(question) for question in assignment.report.questions}
    links = ", ".join(f"[{name}]({name})" for name in documents)
    for cell in notebook["cells"]:
        if cell["metadata"]["nbgrader"]["grade_id"] in names:
            cell["source"] = f"The report was handed in as a document: {links}"
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def collect(
    submissions: list[Submission],
    course: Path,
    assignments: dict[str, Assignment],
    times: dict[str, datetime] | None = None,
    seen: Callable[[str], None] = lambda student: None,
) -> Collected:
    """Takes the reports out of the submissions and lays them where `nbgrader zip_collect` looks for them.

    Each becomes `downloaded/<TRACK>/archive/<student>__<time>.zip` with a checked `report.ipynb` in it and,
    beside it, the documents; nbgrader never sees a zip that a student made.
    """
    outcome = Collected()
    for submission in submissions:
        seen(submission.student)
        time = (times or {}).get(submission.student)
        stamp = utc(time or datetime.fromtimestamp(submission.path.stat().st_mtime).astimezone())
        try:
            with opened(submission.path) as root:
                reports = find_reports(root)
                if not reports:
                    outcome.without.append(submission.student)
                for track, assignment in assignments.items():
                    mine = [file for file in reports if track in track_of(file, root, list(assignments))]
                    _collect_track(submission.student, mine, course, assignment, stamp, outcome)
        except HomeworkError as error:
            outcome.refused[submission.student] = str(error)
    return outcome


def _collect_track(
    student: str,
    reports: list[Path],
    course: Path,
    assignment: Assignment,
    stamp: datetime,
    outcome: Collected,
) -> None:
    track = assignment.track
    notebooks = [
        text for file in reports if file.suffix == ".ipynb" and (text := _clean_notebook(file)) is not None
    ]
    documents = [file for file in reports if file.suffix.lower() != ".ipynb"]
    if not notebooks and not documents:
        return
    kept = {}
    for file in documents:
        name = f"report{file.suffix.lower()}" if len(documents) == 1 else file.name
        kept[name] = file
        target = documents_folder(course, student) / track / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    text = notebooks[0] if notebooks else stand_in(assignment, list(kept))
    (outcome.notebooks if notebooks else outcome.documents).append((student, track))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{NOTEBOOK}.ipynb", text)
        for name, file in kept.items():
            archive.write(file, name)
    folder = course / "downloaded" / track / "archive"
    for old in folder.glob(f"{student}__*.zip"):
        old.unlink()
    atomic_write_bytes(folder / f"{student}__{stamp:%Y%m%dT%H%M%SZ}.zip", buffer.getvalue())


def _clean_notebook(file: Path) -> str | None:
    """The notebook in today's format, None if it is not one."""
    try:
        notebook = nbformat.reads(file.read_text(encoding="utf-8"), as_version=nbformat.current_nbformat)
        nbformat.validate(notebook)
    except Exception:  # a hostile or broken file fails in many ways; all mean the same
        return None
    text: str = nbformat.writes(notebook)
    return text
