"""The `grader` command."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import Annotated

import typer

from grader.cohort import default_jobs
from grader.commands import common
from grader.commands.course import collect, course
from grader.commands.export import app as export_app
from grader.commands.grade import grade
from grader.commands.gradebook import gradebook
from grader.commands.pages import feedback, report
from grader.commands.regrade import regrade
from hwlib import __version__
from hwlib.errors import cli_errors

app = typer.Typer(
    name="grader",
    help="Grades submissions that nobody trusts, and brings the marks to where the course keeps them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def matrix(
    track: common.Tracks = None,
    jobs: common.Jobs = None,
) -> None:
    """Grade the reference, the blank starter, all mutants and equivalents: is the grader right?"""
    from grader.matrix import run_matrix

    stdout, _ = common.consoles()
    assignments = common.load_assignments(tuple(track or ()))
    code = run_matrix(tuple(assignments), jobs or default_jobs(), stdout)
    if code:
        raise typer.Exit(code)


for command in (grade, regrade, feedback, report, gradebook, course, collect, matrix):
    app.command()(cli_errors()(command))
app.add_typer(export_app, name="export")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True),
]


@app.callback()
def _root(version: Version = False) -> None:
    pass


def _interrupt(*_: object) -> None:
    """The first Ctrl-C ends the run; what is under way is then put away, whatever is typed meanwhile."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _open_streams() -> None:
    """Streams that are closed (`2>&-`) lead nowhere, and what an encoding lacks is spelled out."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # or a file of ours would be opened in their place
    os.close(number)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main() -> None:
    """Runs the command line: exit code 2 and one sentence for what the user can mend, 130 for Ctrl-C."""
    _open_streams()
    signal.signal(signal.SIGINT, _interrupt)
    with cli_errors():
        app()
