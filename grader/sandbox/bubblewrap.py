"""The bubblewrap wall: one warm server inside it, one session per submission and track."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from pathlib import Path

from grader.sandbox.ahead import Ahead
from grader.sandbox.bwrap_command import bwrap_command
from grader.sandbox.cgroup import Cgroup
from grader.sandbox.connection import SandboxConnection, submission_files
from grader.sandbox.limits import Limits
from grader.sandbox.server_process import BorrowedServer, ServerProcess
from hwlib.checking.errors import GraderError
from hwlib.errors import HomeworkError

INSTALL = (
    "bubblewrap (the program bwrap) is not installed; submissions are graded behind it. Install it with "
    "`sudo apt-get install bubblewrap` (Fedora: `sudo dnf install bubblewrap`), or grade with "
    "`--sandbox docker` or `--sandbox podman`."
)


class Bubblewrap:
    """A transport for `WorkerSession`; a context manager that keeps one server for many sessions.

    Sessions may be opened from several threads. Where the kernel lets an unprivileged process make no
    namespaces inside bubblewrap's, each session gets a bubblewrap of its own instead (`warm` is False): the
    same walls, but a start of some seconds for each.

    Args:
        limits: of each session.
        data: a folder shown read-only as /data, for sessions that train.
        data_sets: False hides the data sets that scikit-learn installs, for sessions that sample.
        borrowed: the control socket of a server that another process has started with the same data. Should
            it end, this one starts its own.
        ahead: starts the next session while one is at work, for runs of many.

    Raises HomeworkError where bubblewrap is not installed.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        data: Path | None = None,
        data_sets: bool = True,
        borrowed: socket.socket | None = None,
        ahead: bool = False,
    ) -> None:
        program = shutil.which("bwrap")
        if program is None:
            raise HomeworkError(INSTALL)
        self.program = program
        self.limits = limits or Limits()
        self.data = data
        self.data_sets = data_sets
        self.warm = True
        self.wall = "bubblewrap"
        self._lock = threading.Lock()
        self._server: ServerProcess | BorrowedServer | None = None
        if borrowed is not None:
            self._server = BorrowedServer(borrowed)
        self._ahead = Ahead(self._open) if ahead else None

    def __enter__(self) -> Bubblewrap:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def launch(self) -> None:
        """Starts the server without waiting for it. Raises GraderError where bubblewrap can't be started."""
        with self._lock:
            if self._server is None:
                self._server = self._start("warm")

    def start(self) -> None:
        """Starts the server now (it would with the first session). Raises GraderError where that fails."""
        self._warm_server()

    def lend(self) -> socket.socket:
        """The control socket, for `borrowed` of other processes. Raises GraderError as start does."""
        return self._warm_server().control

    def close(self) -> None:
        """Ends the server, and with it every session that is still open."""
        if self._ahead is not None:
            self._ahead.close()
        self._end_server()

    def _end_server(self) -> None:
        with self._lock:
            if self._server is not None:
                self._server.stop()
                self._server = None
        Cgroup.sweep()

    def connect(self, folder: Path) -> SandboxConnection:
        """A worker for one submission's folder. Raises GraderError where the wall can't be put up."""
        files = submission_files(folder)
        connection = self._ahead.take() if self._ahead is not None else self._open()
        connection.files = files
        return connection

    def _open(self) -> SandboxConnection:
        if self.warm:
            for attempt in range(3):
                server = self._warm_server()
                try:
                    return SandboxConnection(server, self.limits)
                except PermissionError:
                    self.warm = False  # no namespaces for unprivileged processes here
                    self._end_server()
                    break
                except OSError as error:  # the server has gone, or the computer is short of something
                    if attempt == 2:
                        raise GraderError(f"the sandbox gave no process: {error}") from None
                    time.sleep(0.2)
        server = self._start("cold")
        server.wait_until_ready()
        try:
            return SandboxConnection(server, self.limits, alone=True)
        except OSError as error:
            server.stop()
            raise GraderError(f"the sandbox could not be put up: {error}. {server.complaint()}") from None

    def _warm_server(self) -> ServerProcess | BorrowedServer:
        with self._lock:
            if self._server is not None and not self._server.alive:
                self._server.stop()
                self._server = None
            if self._server is None:
                self._server = self._start("warm")
            self._server.wait_until_ready()
            return self._server

    def _start(self, mode: str) -> ServerProcess:
        return ServerProcess(
            lambda passwd, control: bwrap_command(
                self.program, mode, self.limits, passwd, control, data=self.data, data_sets=self.data_sets
            )
        )
