"""One session inside a running sandbox: its channel, its output, and its end."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import socket
import threading
from pathlib import Path
from typing import BinaryIO, Protocol

from grader.sandbox.cgroup import Cgroup
from grader.sandbox.limits import Limits
from hwlib.checking.errors import GraderError
from hwlib.checking.transport import OUT_OF_MEMORY, cpu_seconds_of, ended
from hwlib.checking.words import Words

START_SECONDS = 60
_REFUSED = (errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSPC, errno.ENOSYS)  # by the kernel, for good
MAX_SUBMISSION = 200 << 20


class Server(Protocol):
    """The server process that a session's child comes from."""

    control: socket.socket
    lock: threading.Lock

    @property
    def alive(self) -> bool: ...
    def stop(self) -> None: ...


class SandboxConnection:
    """A child of the server, as a session sees it (`hwlib.checking.transport.Connection`).

    Args:
        alone: the server serves this session only and ends with it.

    Attributes:
        files: the submission's files, sent over the channel: nothing of theirs is mounted.

    Raises ConnectionError where the server has gone and PermissionError where it may not make namespaces.
    """

    def __init__(self, server: Server, limits: Limits, *, alone: bool = False) -> None:
        self.files: dict[str, bytes] | None = None
        self._server = server
        self._alone = alone
        self._handle: int | None = None
        self._cgroup: Cgroup | None = None
        self._channel, theirs = socket.socketpair()
        output, their_output = os.pipe()
        self._news, their_news = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.requests: BinaryIO = self._channel.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.replies: BinaryIO = self._channel.makefile("rb", buffering=0)  # type: ignore[assignment]
        self.output: BinaryIO | None = os.fdopen(output, "rb", buffering=0)
        sent = [theirs.fileno(), their_output, their_news.fileno()]
        try:
            with server.lock:
                socket.send_fds(server.control, [json.dumps(limits.as_dict()).encode()], sent)
            theirs.close()
            os.close(their_output)
            their_news.close()
            self._take_over(limits)
        except OSError:
            self.close()
            raise

    def _take_over(self, limits: Limits) -> None:
        self._news.settimeout(START_SECONDS)
        started = False
        # The server sends the child's handle, the child that it has started: in whichever order.
        while not started or (self._handle is None and not self._alone):
            message, handles, _, _ = socket.recv_fds(self._news, 4096, 1)
            if not message:
                raise ConnectionError("the sandbox's server ended")
            news = json.loads(message)
            if handles:
                self._handle = handles[0]
                # Which takes the kernel 10 ms; the child puts up its walls meanwhile.
                self._put_into_group(handles[0], limits)
            if "failed" in news:
                if news.get("errno") in _REFUSED:
                    raise PermissionError(f"the sandbox can't make namespaces: {news['failed']}")
                raise ConnectionError(f"the sandbox could not start a process: {news['failed']}")
            if "exit" in news:
                raise ConnectionError("the sandbox's process ended before it had started")
            started = started or "started" in news
        self._news.send(b"go")

    def _put_into_group(self, handle: int, limits: Limits) -> None:
        self._cgroup = Cgroup.create(limits)
        if self._cgroup is not None:
            try:
                self._cgroup.add(_pid_of(handle))
            except OSError:  # we may make groups but not move processes between them
                self._cgroup.remove()
                self._cgroup = None

    def kill(self) -> None:
        """SIGKILL to the first process of the session's pid namespace: the kernel ends all others with it."""
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        if self._alone:
            self._server.stop()
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    @property
    def alive(self) -> bool:
        """Whether the session's first process still runs."""
        if self._handle is None:
            return self._server.alive
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)  # readable once the process has ended
        return not poll.poll(0)

    def our_fault(self) -> str | None:
        """The server is what other sessions live from: if it has gone, no student has done that."""
        if self._alone or self._server.alive:
            return None
        return "the sandbox's server ended (did the computer run out of memory?)"

    def cpu_seconds(self) -> float | None:
        """The CPU time of the session's first process."""
        with contextlib.suppress(OSError):
            return cpu_seconds_of(_pid_of(self._handle)) if self._handle is not None else None
        return None

    def describe_end(self) -> Words:
        """How the worker ended, in words."""
        self._news.settimeout(5)
        try:
            code = json.loads(self._news.recv(4096) or b"{}").get("exit")
        except (OSError, ValueError):
            code = None
        if self._cgroup is not None and self._cgroup.out_of_memory():
            return OUT_OF_MEMORY
        return ended(code if isinstance(code, int) else None)

    def close(self) -> None:
        """Kills what still runs and gives everything back."""
        self.kill()
        with contextlib.suppress(OSError):
            self.requests.close()
        self.replies.close()
        self._channel.close()
        self._news.close()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self._cgroup is not None:
            self._cgroup.remove()
            self._cgroup = None


def submission_files(folder: Path) -> dict[str, bytes]:
    """The regular files below a folder by their paths; links are left out, so is what Python compiled.

    Of more than the limit, the sources come first and then the smaller files: somebody's weights must not
    keep their code from being graded. Raises GraderError for a folder that is not there, and for sources
    over the limit.
    """
    if not folder.is_dir():
        raise GraderError(f"{folder} is not a folder")
    paths = [
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
    ]
    sizes = {path: path.stat().st_size for path in paths}
    files: dict[str, bytes] = {}
    left = MAX_SUBMISSION
    for path in sorted(paths, key=lambda path: (path.suffix != ".py", sizes[path], path)):
        left -= sizes[path]
        if left < 0 and path.suffix == ".py":
            raise GraderError(f"{folder} holds more than {MAX_SUBMISSION >> 20} MiB of source files")
        if left < 0:
            break
        files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def _pid_of(handle: int) -> int:
    for line in Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    raise ProcessLookupError("the process has ended")
