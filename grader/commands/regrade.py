"""`grader regrade`: what a changed check does to whose marks, shown before anything is changed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from grader.cohort import Cohort, Task, default_jobs, locked
from grader.commands import common
from grader.display import Display
from grader.feedback.check_view import show_points
from grader.options import GradeOptions, Sandbox, course_secret
from grader.pages import gather, manual_marks, write_cohort_pages, write_feedback
from grader.pool import grade_all
from grader.results import RESULT, SubmissionResult, read_result, write_result
from grader.submissions import find_submissions
from grader.totals import mark_track


@dataclass(frozen=True)
class Change:
    """One mark that would change."""

    student: str
    track: str
    check: str
    before: float | None
    after: float | None
    mark_before: float | None
    mark_after: float | None


def changes(cohort: Cohort, old: SubmissionResult, new: SubmissionResult) -> list[Change]:
    """Every check whose points differ between two results of one student."""
    found = []
    manual = manual_marks(cohort, old.student)
    for track, after in new.tracks.items():
        if track not in cohort.assignments:
            continue
        before = old.tracks.get(track)
        points = {check.id: check.points for check in before.checks} if before else {}
        marks = [
            mark_track(cohort.assignments[track], part, manual.get(track)).final for part in (before, after)
        ]
        for check in after.checks:
            if points.get(check.id) != check.points:
                found.append(
                    Change(
                        old.student, track, check.id, points.get(check.id), check.points, marks[0], marks[1]
                    )
                )
    return found


def regrade(
    path: Annotated[Path, typer.Argument(help="The folder of submissions that was graded.")],
    only: Annotated[list[str], typer.Option("--only", help="The check to run again; may be repeated.")],
    out: common.Out = Path("results"),
    track: common.Tracks = None,
    jobs: common.Jobs = None,
    sandbox: Annotated[Sandbox, typer.Option(help="As for `grader grade`.")] = "auto",
    variant: common.Variant = None,
    language: common.LanguageOption = "en",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Change the marks without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and stop.")] = False,
    quiet: common.Quiet = False,
) -> None:
    """Run fixed checks again, show whose marks change, then change them."""
    stdout, stderr = common.consoles()
    cohort = common.open_cohort(out, track, variant)
    common.need_results(cohort)
    names = common.check_ids(only, cohort.assignments)
    tracks = tuple(dict.fromkeys(name.partition("/")[0] for name in names))
    options = GradeOptions(
        only=names, run=True, sandbox=sandbox, variant=variant, secret=course_secret(out), tracks=tracks
    )
    cohort = Cohort(out, {key: cohort.assignments[key] for key in tracks}, options)
    staging = out / ".regrade"
    with locked(out):
        tasks = []
        for submission in find_submissions(path, cohort.assignments):
            old = cohort.stored(submission.student)
            if old is not None and old.archive_sha256 == submission.sha256 and not old.refused:
                mine = dataclasses.replace(options, student=submission.student)
                tasks.append(Task(submission, mine, old))
        by_student = {task.submission.student: task for task in tasks}
        work = [(student, task.submission.path, task.options) for student, task in by_student.items()]
        found: list[Change] = []
        mode = common.display_mode(False, quiet)
        with Display(mode, len(work), cohort.assignments, stderr) as display:
            for student, new in grade_all(work, jobs or default_jobs(), display.started):
                old = by_student[student].old
                assert old is not None
                merged = cohort.finish(by_student[student], new)
                found += changes(cohort, old, merged)
                write_result(staging / f"{student}.json", merged)
                display.done(merged)
        if not quiet:
            _show(stdout, found, len(work))
        if (
            found
            and not dry_run
            and (yes or typer.confirm(f"Change {len({c.student for c in found})} students' marks?"))
        ):
            _apply(cohort, staging, sorted({change.student for change in found}), language)
            if not quiet:
                stdout.print(
                    "Changed. Earlier marks are in the old pages that students may have saved.",
                    highlight=False,
                )
        _clear(staging)


def _show(console: object, found: list[Change], total: int) -> None:
    from rich.console import Console

    assert isinstance(console, Console)
    if not found:
        console.print(f"{total} submissions checked again: no mark changes.", highlight=False)
        return
    table = Table("student", "check", "points", "mark of the track")
    for change in sorted(found, key=lambda c: (c.student, c.check)):
        table.add_row(
            escape(change.student),
            escape(change.check),
            f"{show_points(change.before)} -> {show_points(change.after)}",
            f"{show_points(change.mark_before)} -> {show_points(change.mark_after)}",
        )
    console.print(table)
    students = len({change.student for change in found})
    console.print(f"{students} of {total} students' marks change.", highlight=False)


def _apply(cohort: Cohort, staging: Path, students: list[str], language: str) -> None:
    for student in students:
        result = read_result(staging / f"{student}.json")
        write_result(cohort.folder(student) / RESULT, result)
    everything = Cohort(cohort.out, common.load_assignments(variant=cohort.options.variant), cohort.options)
    for student in students:
        stored = everything.stored(student)
        assert stored is not None
        write_feedback(everything, stored, "zh" if language == "zh" else "en")
    write_cohort_pages(everything, gather(everything), datetime.now())


def _clear(staging: Path) -> None:
    for file in staging.glob("*.json"):
        file.unlink()
    if staging.is_dir():
        staging.rmdir()
