"""No wall at all, for submissions that one trusts: a plain child process in a copy of the folder."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hwlib.checking.subprocess_transport import SubprocessConnection, SubprocessTransport


class NoWall(SubprocessTransport):
    """A transport without protection: the code can do all that the person grading can do.

    Each session works in a copy, so that what the code writes does not end up in the submission.
    """

    wall = "none"

    def __init__(self) -> None:
        super().__init__()
        self._copies = tempfile.mkdtemp(prefix="grader-")

    def __enter__(self) -> NoWall:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes the copies."""
        shutil.rmtree(self._copies, ignore_errors=True)

    def connect(self, folder: Path) -> SubprocessConnection:
        """A worker in a copy of the folder."""
        copy = Path(tempfile.mkdtemp(dir=self._copies)) / folder.name
        shutil.copytree(folder, copy, symlinks=True)
        return super().connect(copy)
