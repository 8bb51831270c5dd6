"""The next session, started while the one before it is at work."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from grader.sandbox.connection import SandboxConnection
from hwlib.checking.errors import GraderError


class Ahead:
    """Keeps one session ready that nobody has asked for yet.

    Most of a session's start is waiting, for the kernel to move a process into its control group before all.
    The process has nothing of a submission in it until it is taken.
    """

    def __init__(self, start: Callable[[], SandboxConnection]) -> None:
        self._start = start
        self._thread = ThreadPoolExecutor(1)
        self._lock = threading.Lock()
        self._next: Future[SandboxConnection] | None = None

    def take(self) -> SandboxConnection:
        """A session, and the next one is begun. Raises GraderError where none can be started."""
        with self._lock:
            ready, self._next = self._next, None
        connection = _usable(ready) or self._start()
        with self._lock:
            if self._next is None:
                self._next = self._thread.submit(self._start)
        return connection

    def close(self) -> None:
        """Ends the session that nobody took."""
        with self._lock:
            left, self._next = self._next, None
        if left is not None:
            with contextlib.suppress(GraderError):
                left.result().close()
        self._thread.shutdown()


def _usable(ready: Future[SandboxConnection] | None) -> SandboxConnection | None:
    """What was begun, if it stands; why it does not is told to who starts one now."""
    if ready is None:
        return None
    try:
        connection = ready.result()
    except GraderError:
        return None
    if connection.alive:
        return connection
    connection.close()
    return None
