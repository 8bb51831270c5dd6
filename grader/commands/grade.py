"""`grader grade`: from a folder of submissions to results, feedback pages and the cohort's report."""

from __future__ import annotations

import json as json_module
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from grader.cohort import TRAININGS, Cohort, default_jobs, locked
from grader.commands import common
from grader.course_total import load_policy
from grader.display import Display
from grader.feedback.markdown import feedback_markdown
from grader.feedback.view import view_page
from grader.options import GradeOptions, Sandbox, course_secret
from grader.pages import feedback_is_old, gather, manual_marks, write_cohort_pages, write_feedback
from grader.results import SubmissionResult
from grader.submissions import find_submissions
from hwlib.checking.verdict import Language
from hwlib.errors import HomeworkError


def grade(
    path: Annotated[Path, typer.Argument(help="Folder of submissions, or one zip or folder of a student.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the results; default: results/.")
    ] = None,
    track: common.Tracks = None,
    only: common.Only = None,
    jobs: common.Jobs = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only new or changed files, even if checks have changed.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Everything again.")] = False,
    run: Annotated[bool, typer.Option("--run/--no-run", help="The run of main.py in its quick mode.")] = True,
    fid: Annotated[
        bool, typer.Option("--fid", help="Train, sample and measure FID: minutes for each submission.")
    ] = False,
    allow_checkpoint: Annotated[
        bool,
        typer.Option(
            "--allow-checkpoint",
            help="With --fid: score the best checkpoint that was handed in, and train where there is none.",
        ),
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="With --fid: folder of the data sets, the one that holds MNIST/raw; default: data/ of the "
            "repository, or $GRADER_DATA.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    sandbox: Annotated[
        Sandbox, typer.Option(help="auto, bubblewrap, docker or podman; none only for a copy that you trust.")
    ] = "auto",
    student: Annotated[
        str | None, typer.Option(help="The path is this student's submission, whatever its name.")
    ] = None,
    roster: common.Roster = None,
    times: common.Times = None,
    variant: common.Variant = None,
    language: common.LanguageOption = "en",
    gradebook: Annotated[
        Path | None,
        typer.Option("--gradebook", help="Write each result into this nbgrader database as it comes."),
    ] = None,
    json: common.Json = False,
    quiet: common.Quiet = False,
) -> None:
    """Grade submissions. The same command goes on after an interruption; nothing is graded twice.

    Exit code 0: every submission was graded, whatever the marks. 1: some could not be graded (our error).
    """
    stdout, stderr = common.consoles()
    single = path.is_file() or (path / "codes").is_dir() or student is not None
    with tempfile.TemporaryDirectory() as scratch:
        folder = out or (Path(scratch) if single else Path("results"))
        cohort = common.open_cohort(folder, track, variant, times)
        options = GradeOptions(
            only=common.check_ids(only, cohort.assignments),
            sandbox=sandbox,
            run=run,
            fid=fid,
            allow_checkpoint=allow_checkpoint,
            variant=variant,
            secret=course_secret(folder if out or not Path("results").is_dir() else Path("results")),
            data=data_dir,
            keep=folder / TRAININGS if fid else None,
        )
        cohort = Cohort(folder, cohort.assignments, options, cohort.times)
        people = common.people_of(roster)
        submissions = find_submissions(path, cohort.assignments, student)
        with locked(folder):
            if force:
                shutil.rmtree(folder / TRAININGS, ignore_errors=True)
            for number in {*cohort.students(), *(submission.student for submission in submissions)}:
                manual_marks(cohort, number)  # what a TA wrote wrong is said now, not amid the run
            plan = cohort.plan(submissions, changed, force)
            cohort.refresh_late(plan.kept)
            book = _open_book(gradebook, cohort)
            mode = common.display_mode(json, quiet)

            def done(result: SubmissionResult) -> None:
                if result.student in people:
                    result = result.model_copy(update={"display_name": people[result.student].name})
                manual = manual_marks(cohort, result.student)
                write_feedback(cohort, result, language, manual)
                if book is not None:
                    book.write(result, manual)
                display.done(result)

            with Display(mode, len(plan.tasks), cohort.assignments, stderr, options.keep) as display:
                cohort.run(plan.tasks, jobs or default_jobs(), done, display.started)
            for student in plan.kept:
                if feedback_is_old(cohort, student):
                    kept = cohort.stored(student)
                    assert kept is not None
                    write_feedback(cohort, kept, language)
                if book is not None:
                    kept = cohort.stored(student)
                    assert kept is not None
                    book.write(kept, manual_marks(cohort, student))
            if book is not None:
                book.close()
            numbers = gather(cohort, people)
            report = write_cohort_pages(cohort, numbers, datetime.now())
        ungraded = [row.student for row in numbers.rows if row.outcome == "ungraded"]
        if single and not json and not quiet:
            _print_feedback(cohort, submissions[0].student, language, stdout)
        if json:
            facts = {
                "graded_now": len(plan.tasks),
                "kept": len(plan.kept),
                "ungraded": ungraded,
                "report": str(report) if out or not single else None,
            }
            print(json_module.dumps(facts, ensure_ascii=False))
        elif not quiet and (out is not None or not single):
            _print_summary(stdout, cohort, len(plan.tasks), len(plan.kept), ungraded, report, bool(times))
    if ungraded:
        raise typer.Exit(1)


class _Book:
    """The gradebook while grading goes on."""

    def __init__(self, path: Path, cohort: Cohort) -> None:
        from grader.gradebook.book import Book  # nbgrader takes a second to import

        self._book = Book(path)
        self._book.set_up(cohort.assignments)

    def write(self, result: SubmissionResult, manual: object) -> None:
        self._book.write(result)
        self._book.commit()

    def close(self) -> None:
        self._book.close()


def _open_book(path: Path | None, cohort: Cohort) -> _Book | None:
    return _Book(path, cohort) if path else None


def _print_feedback(cohort: Cohort, student: str, language: Language, console: Console) -> None:
    result = cohort.stored(student)
    if result is None:
        raise HomeworkError(f"{student} was not graded.")
    page = view_page(result, cohort.assignments, manual_marks(cohort, student), language, load_policy())
    console.print(Markdown(feedback_markdown(page)))


def _print_summary(
    console: Console, cohort: Cohort, graded: int, kept: int, ungraded: list[str], report: Path, times: bool
) -> None:
    words = f"{graded} graded now" + (f", {kept} kept from before" if kept else "")
    console.print(f"{words}. Report: {report}", highlight=False)
    if not times and any(a.late.penalty_percent_per_day for a in cohort.assignments.values()):
        stored = cohort.students()
        if stored and (cohort.stored(stored[0]) or SubmissionResult(student="")).submitted_at is None:
            console.print(
                "No times of hand-in: the late policy was not applied. Give them with --times times.csv.",
                highlight=False,
            )
    if ungraded:
        shown = ", ".join(ungraded[:8]) + (" ..." if len(ungraded) > 8 else "")
        console.print(
            f"[bold]{len(ungraded)} ungraded[/] through errors of ours: {shown}. "
            "Their marks are unknown, not zero; the report says why. The same command tries them again.",
            highlight=False,
        )
