"""A worker as a plain child process: for students checking their own work, on every system.

There is no wall: the student's code may do what the student may do. The grader does not use it except
where `--sandbox none` is spelled out.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

import hwlib
from hwlib.checking.errors import GraderError
from hwlib.checking.transport import cpu_seconds_of, ended
from hwlib.checking.words import Words

# -I leaves out PYTHONPATH and the user's own packages, which may be where torch is: they are named instead.
_BOOT = (
    "import os, sys; sys.path += [p for p in sys.argv[3].split(os.pathsep) if p and p not in sys.path]; "
    "sys.path.insert(0, sys.argv[1]); import hwlib; del sys.path[0]; "
    "from hwlib.checking.worker import main; main(sys.argv[2])"
)
_WINDOWS = sys.platform == "win32"
_NOBODY = 65534


def package_folders() -> list[str]:
    """The folders of installed packages that this interpreter uses."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]


class SubprocessConnection:
    """A child process, its standard streams and its process group."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self.files: dict[str, bytes] | None = None
        self.requests: BinaryIO = process.stdin  # type: ignore[assignment]
        self.replies: BinaryIO = process.stdout  # type: ignore[assignment]
        self.output: BinaryIO | None = process.stderr  # type: ignore[assignment]

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if not _WINDOWS and self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)

    def close(self) -> None:
        self.kill()
        for stream in (self.requests, self.replies):
            with contextlib.suppress(OSError):
                stream.close()

    def our_fault(self) -> str | None:
        return None

    def cpu_seconds(self) -> float | None:
        return cpu_seconds_of(self.process.pid)

    def describe_end(self) -> Words:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return ended(self.process.wait(timeout=5))
        return ended(None)


class SubprocessTransport:
    """Runs the worker as `python -I` in the student's folder.

    Args:
        user: an account (name or number) to run it as, which only root can do; None: as whoever asks.
    """

    wall = "none (child process)"

    def __init__(self, python: str = sys.executable, user: str | int | None = None) -> None:
        self.python = python
        self.user = user

    def connect(self, folder: Path) -> SubprocessConnection:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        account: dict[str, Any] = {}
        if self.user is not None:  # it shall not see the variables of whoever asks
            account = {"user": self.user, "group": _NOBODY, "extra_groups": []}
            kept = ("OMP_NUM_THREADS", "MPLBACKEND", "PYTHONDONTWRITEBYTECODE", "PATH", "LANG")
            environment = {name: environment[name] for name in kept if name in environment}
            environment |= {"HOME": str(folder), "TMPDIR": str(folder)}
        root = str(Path(hwlib.__file__).resolve().parent.parent)
        try:
            process = subprocess.Popen(
                [self.python, "-I", "-B", "-X", "utf8", "-c", _BOOT, root, str(folder),
                 os.pathsep.join(package_folders())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                bufsize=0, cwd=folder, env=environment, start_new_session=not _WINDOWS,
                **account,
            )  # fmt: skip
        except OSError as error:
            raise GraderError(f"{self.python} could not be started in {folder}: {error.strerror}") from None
        return SubprocessConnection(process)
