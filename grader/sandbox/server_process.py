"""A running bubblewrap with the server inside it, as the grader holds it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable

from hwlib.checking.errors import GraderError

START_SECONDS = 180


class ServerProcess:
    """A running bubblewrap with the server (inside/server.py) in it."""

    def __init__(self, command: Callable[[int, int], list[str]]) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.lock = threading.Lock()
        self._complaints = b""
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
        try:
            message = json.loads(self.control.recv(4096) or b"{}")
        except (TimeoutError, ValueError, ConnectionError):
            message = {}
        if not message.get("ready"):
            self.stop()
            raise GraderError(f"the sandbox did not start: {self.complaint()}")

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
