"""A running bubblewrap with the server inside it, as the grader holds it: its own, or a borrowed one."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Callable

from hwlib.checking.errors import GraderError

START_SECONDS = 180


class ServerProcess:
    """A bubblewrap with the server (inside/server.py) in it.

    It starts at once and imports its libraries by itself; `wait_until_ready` before the first session.

    Raises GraderError where bubblewrap can't be started.
    """

    def __init__(self, command: Callable[[int, int], list[str]]) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.lock = threading.Lock()
        self._complaints = b""
        self._ready = False
        passwd = os.memfd_create("passwd")
        os.write(passwd, b"nobody:x:65534:65534:nobody:/tmp:/bin/false\n")
        os.lseek(passwd, 0, os.SEEK_SET)
        words = command(passwd, theirs.fileno())
        started: list[subprocess.Popen[bytes]] = []
        ready = threading.Event()

        def run() -> None:
            # --die-with-parent means the thread that starts it: this one lives exactly as long as the server.
            try:
                started.append(
                    subprocess.Popen(
                        words,
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                        env={}, pass_fds=(theirs.fileno(), passwd), start_new_session=True,
                    )
                )  # fmt: skip
            except OSError as error:
                self._complaints = str(error).encode()
                return
            finally:
                ready.set()
            assert started[0].stderr is not None
            while data := os.read(started[0].stderr.fileno(), 65536):
                self._complaints = (self._complaints + data)[-4096:]
            started[0].wait()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        ready.wait()
        theirs.close()
        os.close(passwd)
        if not started:
            raise GraderError(f"bubblewrap could not be started: {self.complaint()}")
        self.process = started[0]
        self.control.settimeout(START_SECONDS)

    def wait_until_ready(self) -> None:
        """Returns once sessions can be asked for.

        Raises GraderError, and ends bubblewrap, where that fails.
        """
        if self._ready:
            return
        try:
            message = json.loads(self.control.recv(4096) or b"{}")
        except (TimeoutError, ValueError, ConnectionError):
            message = {}
        if not message.get("ready"):
            self.stop()
            raise GraderError(f"the sandbox did not start: {self.complaint()}")
        self._ready = True

    @property
    def alive(self) -> bool:
        """Whether bubblewrap still runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Ends bubblewrap and everything inside it."""
        self.control.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self._thread.join(timeout=10)

    def complaint(self) -> str:
        """What bubblewrap or the server inside it wrote on standard error, for a message."""
        return self._complaints.decode("utf-8", "replace").strip() or "It said nothing."


class BorrowedServer:
    """The server of another process of the grader's, which has waited until it was ready and will end it.

    Whoever holds a copy of the control socket can ask for sessions: requests are whole messages, and what
    concerns a session goes over sockets of its own.
    """

    def __init__(self, control: socket.socket) -> None:
        self.control = control.dup()
        self.control.settimeout(START_SECONDS)
        self.lock = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether the server still holds its end."""
        poll = select.poll()
        poll.register(self.control, 0)  # a hang-up is told unasked
        return not poll.poll(0)

    def wait_until_ready(self) -> None:
        """It is ready."""

    def stop(self) -> None:
        """Gives the server back; it goes on."""
        self.control.close()
