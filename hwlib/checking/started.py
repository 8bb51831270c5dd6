"""Processes that start before they are needed, so that they import torch while their parent does.

Nothing here imports torch.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from hwlib.checking.errors import GraderError
from hwlib.checking.subprocess_transport import SubprocessConnection, SubprocessTransport
from hwlib.errors import HomeworkError

QUICK_RUN = "quick_run"


class StartedTransport:
    """A first worker that starts at once, before anybody asks for it; further ones are started as asked.

    Raises GraderError where it can't be started. A context manager that ends the first one.
    """

    wall = "none (child process)"

    def __init__(self, folder: Path) -> None:
        self._transport = SubprocessTransport()
        self._first = self._transport.connect(folder)
        self._taken = False

    def __enter__(self) -> StartedTransport:
        return self

    def __exit__(self, *exc: object) -> None:
        self._first.kill()

    def connect(self, folder: Path) -> SubprocessConnection:
        """The worker that was started, then others."""
        if self._taken:
            return self._transport.connect(folder)
        self._taken = True
        return self._first


class Started:
    """The processes that the chosen checks need, started before the engine is imported.

    Args:
        names: ids of the chosen checks.

    Raises HomeworkError where they can't be started.

    Attributes:
        checks: where the student's code is called; None where only the run was chosen.
        run: where main.py runs, in a copy of the folder; None where it was not chosen.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._stack = ExitStack()
        self.checks: StartedTransport | None = None
        self.run: StartedTransport | None = None
        self.copy = folder
        try:
            if set(names) - {QUICK_RUN}:
                self.checks = self._stack.enter_context(StartedTransport(folder))
            if QUICK_RUN in names:
                # The run's checkpoints and curves are nobody's business afterwards.
                scratch = tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True)
                self.copy = Path(self._stack.enter_context(scratch)) / folder.name
                ignored = shutil.ignore_patterns("results", "runs", "data", "__pycache__", ".*", "*.pt")
                shutil.copytree(folder, self.copy, ignore=ignored)
                self.run = self._stack.enter_context(StartedTransport(self.copy))
        except GraderError as error:
            self._stack.close()
            raise not_started(error) from None

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends what still runs of the first processes, and removes the copy."""
        self._stack.close()


def not_started(error: GraderError) -> HomeworkError:
    """What a student reads where no process could be started."""
    return HomeworkError(
        f"the checks could not start a process for your code: {error}. "
        "Try `python -c 'import torch, hwlib'`; if that fails, install the homework's packages again."
    )
