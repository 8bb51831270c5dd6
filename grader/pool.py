"""Worker processes that grade, all with sessions of one warm sandbox; none outlives the parent."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from grader import open_walls
from grader.options import GradeOptions
from grader.results import SubmissionResult, TrackResult
from hwlib.errors import HomeworkError, os_error_sentence

Grade = Callable[[Path, GradeOptions], SubmissionResult]
Work = tuple[str, Path, GradeOptions]

ATTEMPTS = 2
"""A submission whose worker died is tried once more, alone; then it stands as ungraded."""


def _engine(path: Path, options: GradeOptions) -> SubmissionResult:
    from grader.grade import grade_submission  # torch is imported here, if it was not before the fork

    return grade_submission(path, options)


def _guarded(grade: Grade, path: Path, options: GradeOptions) -> SubmissionResult:
    """One submission; whatever breaks in us leaves it ungraded, with the reason for the TA.

    What the TA can mend (no sandbox, a wrong assignment.yaml) stops the run: it would fail for everybody.
    """
    try:
        return grade(path, options)
    except HomeworkError:
        raise
    except OSError as error:
        if error.errno is None:
            return trouble(path, options, f"{type(error).__name__}: {error}")
        return trouble(path, options, os_error_sentence(error))
    except Exception as error:
        logging.getLogger(__name__).debug("grading %s failed", path, exc_info=True)
        last = traceback.extract_tb(error.__traceback__)[-1]
        return trouble(
            path, options, f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
        )


def trouble(path: Path, options: GradeOptions, reason: str) -> SubmissionResult:
    """A result that says that the grader failed: unknown marks, not zero."""
    tracks = {track: TrackResult(track=track, trouble=reason) for track in options.tracks}
    return SubmissionResult(student=options.student or path.stem, archive=path.name, tracks=tracks)


def _start_worker(sandbox: socket.socket | None) -> None:
    """Leaves Ctrl-C to the parent, and ends this worker when the parent is gone, also after kill -9.

    `sandbox` is what the parent lends of its own.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    open_walls.borrow(sandbox)
    # Functions of atexit are not run in such processes.
    multiprocessing.util.Finalize(None, open_walls.close, exitpriority=0)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait_for_end() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait_for_end, daemon=True).start()


def _pool(jobs: int, options: GradeOptions | None) -> ProcessPoolExecutor:
    """Processes for `jobs`; with options they have the engine and share the sandbox that these ask for."""
    # Not fork: the parent may have threads (progress display, torch), and forked threads hang.
    way = "forkserver" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(way)
    sandbox = None
    if options is not None:
        open_walls.begin(options)
        if way == "forkserver":
            # One process imports torch and is forked for every job; the sandbox's server does so beside it.
            from multiprocessing import forkserver  # Windows has none

            context.set_forkserver_preload(["grader.preload"])
            forkserver.ensure_running()
        sandbox = open_walls.lend(options)
    return ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(sandbox,))


def grade_all(
    work: list[Work], jobs: int, started: Callable[[str], None], grade: Grade | None = None
) -> Iterator[tuple[str, SubmissionResult]]:
    """Grades `work`, yields (student, result) as each is done; at most 2 x `jobs` results are in memory.

    With one job everything happens in this process.
    """
    options = work[0][2] if work and grade is None else None
    grade = grade or _engine
    jobs = min(jobs, len(work))
    if jobs <= 1:
        if options is not None:
            open_walls.begin(options)
        for student, path, options in work:
            started(student)
            yield student, _guarded(grade, path, options)
        return
    waiting = [(item, 1) for item in reversed(work)]
    running: dict[Future[SubmissionResult], tuple[Work, int]] = {}
    pool = _pool(jobs, options)
    try:
        while waiting or running:
            # After a crash one at a time, so that the next crash names its cause.
            room = 1 if any(attempt > 1 for _, attempt in [*waiting, *running.values()]) else 2 * jobs
            died = False
            while waiting and len(running) < room and not died:
                item, attempt = waiting.pop()
                started(item[0])
                try:
                    running[pool.submit(_guarded, grade, item[1], item[2])] = (item, attempt)
                except BrokenProcessPool:  # since the last look; this one never began, and is not to blame
                    waiting.append((item, attempt))
                    died = True
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            broken = []
            for future in done:
                item, attempt = running.pop(future)
                try:
                    yield item[0], future.result()
                except BrokenProcessPool:
                    broken.append((item, attempt))
            if broken or died:
                broken += running.values()
                running.clear()
                pool.shutdown(wait=False, cancel_futures=True)
                pool = _pool(jobs, options)
                for item, attempt in broken:
                    if attempt < ATTEMPTS:
                        waiting.append((item, attempt + 1))
                    else:
                        yield (
                            item[0],
                            trouble(item[1], item[2], "the grading process died twice on this submission"),
                        )
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        if running:  # interrupted: what is under way is graded again by the next run
            for child in multiprocessing.active_children():
                child.terminate()
