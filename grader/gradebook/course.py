"""An nbgrader course folder around the gradebook: configuration, source notebooks, collected reports."""

from __future__ import annotations

import glob
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grader.gradebook.database import utc
from grader.gradebook.neutral import clean_notebook
from grader.gradebook.reports import ReportFile, find_reports, tracks_of
from grader.report_cells import question_cell
from grader.report_notebook import NOTEBOOK, notebook_text
from grader.submissions import Submission
from hwlib.assignment import Assignment
from hwlib.errors import HomeworkError
from hwlib.files import atomic_write_bytes, atomic_write_text

CONFIG = '''\
"""nbgrader's configuration of this course; see docs/running-a-course.md of the homework."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "default_course"

# nbgrader would execute students' notebooks as you. Instead the grader executes them in its sandbox (without
# bubblewrap: not at all) and shows what came out below what was handed in. Late penalties are the grader's.
c.Execute.enabled = False
c.ClearOutput.enabled = False
c.Autograde.autograde_preprocessors = [
    "grader.gradebook.sandboxed_execute.SandboxedExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# c.SandboxedExecute.enabled = False      # execute nothing
# c.SandboxedExecute.seconds = 300.0      # for one notebook; cell_seconds = 60.0 for one cell

# zip_collect applies its pattern to absolute paths.
c.FileNameCollectorPlugin.named_regexp = (
    r".*/extracted/(?P<student_id>[^/]+)__(?P<timestamp>[0-9TZ]+)?/(?P<file_id>[^/]+\\.(?:ipynb|pdf|docx))$"
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
    """Reads the reports out of the submissions and lays them where `nbgrader zip_collect` looks for them.

    Each becomes `downloaded/<TRACK>/archive/<student>__<time, if known>.zip` with a checked `report.ipynb`
    in it and, beside it, the documents; nbgrader never sees a zip that a student made.
    """
    outcome = Collected()
    for submission in submissions:
        seen(submission.student)
        time = (times or {}).get(submission.student)  # a file's own date says when it was downloaded
        stamp = f"{utc(time):%Y%m%dT%H%M%SZ}" if time else ""
        try:
            reports = find_reports(submission.path)
        except HomeworkError as error:
            outcome.refused[submission.student] = str(error)
            continue
        if not reports:
            outcome.without.append(submission.student)
        for track, assignment in assignments.items():
            mine = [report for report in reports if track in tracks_of(report, list(assignments))]
            _collect_track(submission.student, mine, course, assignment, stamp, outcome)
    return outcome


def _collect_track(
    student: str,
    reports: list[ReportFile],
    course: Path,
    assignment: Assignment,
    stamp: str,
    outcome: Collected,
) -> None:
    track = assignment.track
    texts = (clean_notebook(report.data, assignment) for report in reports if report.suffix == ".ipynb")
    notebooks = [text for text in texts if text is not None]
    documents = [report for report in reports if report.suffix != ".ipynb"]
    if not notebooks and not documents:
        return
    kept = {f"report{i or ''}{document.suffix}": document.data for i, document in enumerate(documents)}
    for name, data in kept.items():
        atomic_write_bytes(documents_folder(course, student) / track / name, data)
    text = notebooks[0] if notebooks else stand_in(assignment, list(kept))
    (outcome.notebooks if notebooks else outcome.documents).append((student, track))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{NOTEBOOK}.ipynb", text)
        for name, data in kept.items():
            archive.writestr(name, data)
    folder = course / "downloaded" / track / "archive"
    for old in folder.glob(f"{glob.escape(student)}__*.zip"):
        old.unlink()
    atomic_write_bytes(folder / f"{student}__{stamp}.zip", buffer.getvalue())
