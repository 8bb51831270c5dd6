"""What a session needs of the thing that runs its worker, and what it keeps of the worker's printing."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from hwlib.checking.errors import printable
from hwlib.checking.words import Words, say

KEPT_OUTPUT = 16 << 10


class Connection(Protocol):
    """A started worker, as a transport hands it over."""

    requests: BinaryIO
    replies: BinaryIO
    output: BinaryIO | None
    files: (
        dict[str, bytes] | None
    )  # what the worker's folder must be filled with; None: it reads the real one

    def kill(self) -> None:
        """Ends the worker and everything that it has started, at once. May be called twice."""

    def close(self) -> None:
        """Kills, and gives back what the connection holds (after the session has stopped reading)."""

    def our_fault(self) -> str | None:
        """Why the worker's end says nothing about the student's code; None where it does."""

    def cpu_seconds(self) -> float | None:
        """What the worker has computed so far, while it runs; None where that is not known."""

    def describe_end(self) -> Words:
        """How the worker ended ("it exited with code 0"), for the message of a crash."""


OUT_OF_MEMORY = say("it used more memory than it may use", "占用的内存超过了上限")


def ended(code: int | None) -> Words:
    """How a process ended, by its exit code: negative for a signal, None where there is none to be had."""
    if code is None:
        return say("it closed its end of the channel", "它关闭了通信管道")
    if code >= 0:
        return say("it exited with code {code}", "退出代码为 {code}", code=code)
    known = {item.value: f" ({item.name})" for item in signal.Signals}
    name = known.get(-code, "")
    return say("it was ended by signal {number}{name}", "被信号 {number}{name} 终止", number=-code, name=name)


def cpu_seconds_of(pid: int) -> float | None:
    """The CPU time of a process, on systems that have /proc; None elsewhere, and for one that has ended."""
    try:
        # The fields after the name, which may hold anything: utime and stime are the 14th and 15th of all.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


class Transport(Protocol):
    """A way to run a worker on a student's folder."""

    wall: str  # the wall in force, as it stands in the results: "bubblewrap", "none", ...

    def connect(self, folder: Path) -> Connection:
        """Starts a worker. Raises GraderError where the wall can't be put up."""


@dataclass
class Output:
    """What the student's code printed: the head and the tail of it."""

    head: bytes = b""
    tail: bytes = b""
    total: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, data: bytes) -> None:
        with self._lock:
            self.total += len(data)
            room = KEPT_OUTPUT - len(self.head)
            self.head += data[:room]
            self.tail = (self.tail + data[room:])[-KEPT_OUTPUT:] if len(data) > room else self.tail

    def settled(self) -> str:
        """`text`, when nothing more has come for a moment: what is printed arrives beside the replies."""
        quiet, before = 0, -1
        for _ in range(60):
            quiet = quiet + 1 if self.total == before else 0
            if quiet >= 5:
                break
            before = self.total
            time.sleep(0.05)
        return self.text()

    def text(self) -> str:
        """Head and tail as text, with the number of bytes between them that were dropped."""
        with self._lock:
            dropped = self.total - len(self.head) - len(self.tail)
            middle = f"\n... {dropped} bytes left out ...\n".encode() if dropped else b""
            return printable((self.head + middle + self.tail).decode("utf-8", "replace"))
