"""Runs the public checks on a track's folder: stored cases, and a run of main.py at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from hwlib.assignment import Assignment
from hwlib.checking.about import About
from hwlib.checking.cases import load_cases
from hwlib.checking.errors import GraderError, StudentError
from hwlib.checking.judge import Bench
from hwlib.checking.mistakes import Problem
from hwlib.checking.quick_run import run_quickly
from hwlib.checking.session import WorkerSession
from hwlib.checking.started import QUICK_RUN, Started, StartedTransport, not_started
from hwlib.checking.verdict import CheckResult
from hwlib.checking.words import NO_WORDS
from hwlib.checking.workers import Workers

CASES = "public_cases.safetensors"
TIMEOUT = 60.0


def run_checks(
    assignment: Assignment, handout: Path, folder: Path, names: Sequence[str], started: Started
) -> Iterator[CheckResult]:
    """Runs the chosen checks; yields each verdict as it is there, that of the run last.

    Args:
        handout: the folder of assignment.yaml.

    Raises:
        HomeworkError: the stored cases can't be read, or no process could be started.
    """
    bench = Bench(assignment, folder)
    cases = {case.check: case for case in load_cases(handout / CASES)}
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        # Before the pool waits for its thread: whatever still runs by then is not wanted any more.
        stack.callback(started.close)
        run = started.run
        running = pool.submit(_quick_run, run, started.copy, assignment) if run is not None else None
        workers = None
        if started.checks is not None:
            workers = Workers(started.checks, folder, assignment.files, TIMEOUT)
            stack.callback(workers.close)
            _open(lambda: workers.session)
        for name in names:
            case = cases.get(name)
            region, check = assignment.checks[name]
            needs, hint = (case.needs, case.hint) if case else ((), NO_WORDS)
            about = About.of(assignment, check, region, needs=needs, hint=hint)

            def ask(name: str = name) -> Problem | None:
                case = cases.get(name)
                if name == QUICK_RUN and running is not None:
                    if workers is not None:
                        workers.require_imports()
                    return running.result()
                if case is None or workers is None:
                    raise GraderError(f"the public checks of this kit lack {name}")
                workers.check = name
                return case.judge(workers.run(case.steps))

            yield _judged(bench, about, ask)


def _judged(bench: Bench, about: About, ask: Callable[[], Problem | None]) -> CheckResult:
    started = time.monotonic()
    try:
        problem = ask()
        seconds = time.monotonic() - started
        result = bench.passed(about, seconds) if problem is None else bench.wrong(about, problem, seconds)
    except StudentError as error:
        result = bench.failed_with(about, error, time.monotonic() - started)
    except GraderError as error:
        result = bench.grader_error(about, str(error), time.monotonic() - started)
    bench.results[about.id] = result
    return result


def _quick_run(transport: StartedTransport, copy: Path, assignment: Assignment) -> Problem | None:
    session = _open(lambda: WorkerSession(transport, copy, timeout=TIMEOUT))
    try:
        return run_quickly(session, assignment)[0]
    finally:
        session.close()


def _open(start: Callable[[], WorkerSession]) -> WorkerSession:
    try:
        return start()
    except GraderError as error:
        raise not_started(error) from None
