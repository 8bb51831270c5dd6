"""`grader export gradescope`, `junit`, `ctrf` and `github`: checks for what reads test results."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from grader.cohort import Cohort
from grader.commands import common
from grader.commands.export_common import single
from grader.export.gradescope import gradescope_results
from grader.export.packages import autograder_zip, classroom_workflow
from grader.export.reports import ctrf as ctrf_report
from grader.export.reports import junit_xml
from grader.options import course_secret
from hwlib import __version__
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_bytes, atomic_write_text

Folder = Annotated[Path, typer.Option("--to", help="Folder to write into, a file per student.")]


@cli_errors()
def gradescope(
    out: common.Out = Path("results"),
    to: Annotated[
        Path, typer.Option("--to", help="results.json of one student, or a folder for all.")
    ] = Path("gradescope"),
    track: common.Tracks = None,
    student: Annotated[str | None, typer.Option(help="Only this student.")] = None,
    hidden: Annotated[
        str, typer.Option(help="Visibility of hidden checks in Gradescope.")
    ] = "after_published",
    variant: common.Variant = None,
    language: common.LanguageOption = "en",
    autograder: Annotated[
        Path | None,
        typer.Option("--zip", help="Write the autograder (setup.sh, run_autograder, the grader) and stop."),
    ] = None,
) -> None:
    """Gradescope's results.json, or the zip of an autograder that makes it there."""
    _, stderr = common.consoles()
    cohort = common.open_cohort(out, track, variant)
    assignment = single(cohort.assignments)
    if autograder is not None:
        secret = course_secret(out)
        atomic_write_bytes(autograder, autograder_zip(assignment, language, hidden, secret))
        stderr.print(
            f"{autograder}: upload it under Configure Autograder. Keep it private: it holds the answers."
        )
        return
    common.need_results(cohort)
    left = []
    for name in [student] if student else cohort.students():
        result = cohort.stored(name)
        if result is None:
            raise HomeworkError(f"there is no result of {name!r} in {out}. Grade it first.")
        target = to if student else to / f"{name}.json"
        try:
            data = gradescope_results(result, assignment, language, hidden)
        except HomeworkError as error:
            if student:
                raise
            left.append(str(error))
            continue
        atomic_write_text(target, json_module.dumps(data, indent=1, ensure_ascii=False) + "\n")
    for reason in left:
        stderr.print(reason, highlight=False, markup=False)


def _each(cohort: Cohort, to: Path, suffix: str, kind: str) -> None:
    common.need_results(cohort)
    for name in cohort.students():
        result = cohort.stored(name)
        assert result is not None
        if kind == "junit":
            text = junit_xml(result)
        else:
            text = json_module.dumps(ctrf_report(result, __version__), indent=1, ensure_ascii=False) + "\n"
        atomic_write_text(to / f"{name}{suffix}", text)


@cli_errors()
def junit(out: common.Out = Path("results"), to: Folder = Path("junit")) -> None:
    """The checks as JUnit XML, a file per student. For TAs: it holds hidden checks in full."""
    _each(common.open_cohort(out), to, ".xml", "junit")


@cli_errors()
def ctrf(out: common.Out = Path("results"), to: Folder = Path("ctrf")) -> None:
    """The checks in the Common Test Report Format. For TAs: it holds hidden checks in full."""
    _each(common.open_cohort(out), to, ".json", "ctrf")


@cli_errors()
def github(to: Annotated[Path, typer.Option("--to", help="File to write.")] = Path("checks.yml")) -> None:
    """The workflow for GitHub Classroom: public checks on every push."""
    atomic_write_text(to, classroom_workflow(common.load_assignments()))
