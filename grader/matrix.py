"""The proof that the grader is right: every version of the reference gets exactly the marks it should."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from grader.checks.reference import HANDOUTS, ROOT
from grader.grade import grade_track, wall_for
from grader.options import GradeOptions
from grader.results import TrackResult
from grader.variants import Variant, load_variants, write_variant
from hwlib.assignment import all_assignments
from hwlib.checking.verdict import CheckResult, Outcome

RUN = "quick_run"
SECRET = b"the matrix is graded on inputs of its own"


@dataclass(frozen=True)
class Line:
    """One line of the matrix: a version, its marks, and what is not as it should be."""

    track: str
    kind: str
    id: str
    region: str
    points: float
    most: float
    mistake: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A version to be graded; `variant` is None for the reference and the blank starter.

    `run`: also the check that runs main.py, which takes seconds where the others take milliseconds.
    """

    track: str
    kind: str
    id: str
    variant: Variant | None = None
    run: bool = False


def tasks_of(tracks: Sequence[str] = (), kinds: Sequence[str] = ()) -> list[Task]:
    """Everything there is to grade: reference, blank starter, mutants, equivalents of each track."""
    tasks = []
    for track in tracks or tuple(all_assignments(HANDOUTS)):
        tasks += [Task(track, "reference", "reference"), Task(track, "blank", "blank starter")]
        tasks += [
            Task(track, "reference", "reference, with its run", run=True),
            Task(track, "blank", "blank starter, with its run", run=True),
        ]
        tasks += [
            Task(track, "mutant", variant.id, variant, run=RUN in variant.fails)
            for variant in load_variants("mutants", track)
        ]
        tasks += [
            Task(track, "equivalent", variant.id, variant) for variant in load_variants("equivalents", track)
        ]
    return [task for task in tasks if not kinds or task.kind in kinds]


def grade_task(task: Task, options: GradeOptions) -> Line:
    """Grades one version and says what is not as it should be."""
    with tempfile.TemporaryDirectory(prefix="matrix-") as name:
        folder = Path(name) / task.track
        if task.kind == "blank":
            folder = ROOT / "codes" / task.track
        else:
            write_variant(task.variant, task.track, folder)
        options = dataclasses.replace(options, run=task.run)
        result = grade_track(task.track, folder, f"matrix-{task.id}", options, wall_for(options))
    found = ", ".join(dict.fromkeys(c.misconception.id for c in result.checks if c.misconception))
    region = task.variant.region if task.variant else ""
    points = sum(check.points or 0.0 for check in result.checks)
    return Line(
        task.track, task.kind, task.id, region, points, result.max_points, found, tuple(_faults(task, result))
    )


def _faults(task: Task, result: TrackResult) -> Iterator[str]:
    checks = {check.id.partition("/")[2]: check for check in result.checks}
    for name, check in checks.items():
        if check.outcome is Outcome.GRADER_ERROR:
            yield f"{name}: grader error, {check.private}"
    if task.kind == "blank":
        yield from _blank_faults(checks)
        return
    fails = set(task.variant.fails) if task.variant else set()
    unreached = set(task.variant.not_reached) if task.variant else set()
    for name, check in checks.items():
        expected = (
            Outcome.NOT_REACHED if name in unreached else Outcome.WRONG if name in fails else Outcome.PASSED
        )
        if check.outcome is not expected:
            found = check.found or "no fault found"
            yield f"{name}: {check.outcome.value} ({found}), expected {expected.value}"
    for name in sorted(fails - set(checks)):
        yield f"{name}: not among the checks"
    if task.kind == "mutant" and task.variant is not None:
        first = checks.get(task.variant.fails[0])
        if first is not None and task.variant.mistake:
            named = first.misconception.id if first.misconception else "no mistake"
            if named != task.variant.mistake:
                yield f"{task.variant.fails[0]} names {named}, expected {task.variant.mistake}"
        for name in fails - unreached:
            if name in checks and checks[name].region != task.variant.region:
                yield f"{name} is a check of {checks[name].region}, not of {task.variant.region}"


def _blank_faults(checks: dict[str, CheckResult]) -> Iterator[str]:
    for name, check in checks.items():
        if check.points:
            yield f"{name}: {check.points:g} points for a blank region"
        if not check.blank or "not filled in yet" not in check.found:
            yield f"{name}: {check.outcome.value} ({check.found}), expected 'not filled in yet'"


def run_tasks(tasks: Sequence[Task], jobs: int = 2, progress: Any = None) -> list[Line]:
    """Grades versions, `jobs` at a time in one process behind one warm wall."""
    options = GradeOptions(secret=SECRET)
    wall_for(options)
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        lines = []
        for line in pool.map(lambda task: grade_task(task, options), tasks):
            lines.append(line)
            if progress is not None:
                progress()
        return lines


def run_matrix(tracks: Sequence[str] = (), jobs: int = 2, console: Console | None = None) -> int:
    """Prints the matrix; returns 0 if every line is as it should be, else 1."""
    console = console or Console()
    tasks = tasks_of(tracks)
    with Progress(console=console, transient=True) as shown:
        bar = shown.add_task("grading", total=len(tasks))
        lines = run_tasks(tasks, jobs, lambda: shown.advance(bar))
    table = Table("track", "kind", "version", "region", "points", "mistake named", "as it should be")
    for line in lines:
        verdict = "yes" if not line.faults else "\n".join(line.faults)
        table.add_row(
            line.track,
            line.kind,
            line.id,
            line.region,
            f"{line.points:g} / {line.most:g}",
            line.mistake,
            verdict,
            style=None if not line.faults else "red",
        )
    console.print(table)
    wrong = [line for line in lines if line.faults]
    counts = {
        kind: sum(line.kind == kind for line in lines) for kind in dict.fromkeys(line.kind for line in lines)
    }
    console.print(
        ", ".join(f"{count} {kind}" for kind, count in counts.items())
        + f"; {len(wrong)} not as they should be"
    )
    return 1 if wrong else 0
