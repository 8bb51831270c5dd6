"""`grader course` and `grader collect`: an nbgrader course folder, and the reports in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands import common
from grader.submissions import find_submissions

Folder = Annotated[Path, typer.Option("--course", help="nbgrader's course folder.")]


def course(
    folder: Annotated[Path, typer.Argument(help="nbgrader's course folder, made if it is not there.")],
    track: common.Tracks = None,
    variant: common.Variant = None,
) -> None:
    """Make an nbgrader course: its configuration and the report notebooks to release."""
    from grader.gradebook.course import make_course  # nbgrader takes a second to import

    stdout, _ = common.consoles()
    assignments = common.load_assignments(tuple(track or ()), variant)
    written = make_course(folder, assignments)
    for file in written:
        stdout.print(str(file), highlight=False, markup=False)
    commands = " && ".join(f"nbgrader generate_assignment {name} --force" for name in assignments)
    stdout.print(f"Next: cd {folder} && {commands}", highlight=False, markup=False)


def collect(
    path: Annotated[Path, typer.Argument(help="The folder of submissions.")],
    folder: Folder = Path("course"),
    track: common.Tracks = None,
    times: common.Times = None,
    variant: common.Variant = None,
    quiet: common.Quiet = False,
) -> None:
    """Take the reports out of the submissions, checked, for `nbgrader zip_collect`."""
    from grader.gradebook.course import collect as collect_reports

    stdout, _ = common.consoles()
    cohort = common.open_cohort(Path("."), track, variant, times)
    common.need_course(folder)
    submissions = find_submissions(path, cohort.assignments)
    found = collect_reports(submissions, folder, cohort.assignments, cohort.times)
    if quiet:
        return
    stdout.print(
        f"{folder}/downloaded: {len(found.notebooks)} report notebooks, {len(found.documents)} documents",
        highlight=False,
    )
    if found.without:
        stdout.print(f"  no report: {', '.join(found.without)}", highlight=False, markup=False)
    for student, reason in found.refused.items():
        stdout.print(f"  not accepted: {student}: {reason}", highlight=False, markup=False)
    commands = " && ".join(
        f"nbgrader zip_collect {name} --force && nbgrader autograde {name} --force"
        for name in cohort.assignments
    )
    stdout.print(f"Next: cd {folder} && {commands}", highlight=False, markup=False)
