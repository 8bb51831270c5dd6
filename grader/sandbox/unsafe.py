"""No wall at all, for submissions that one trusts: a plain child process in a copy of the folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hwlib.checking.subprocess_transport import SubprocessConnection, SubprocessTransport


class NoWall(SubprocessTransport):
    """A transport without protection: the code can do all that the person grading can do.

    Each session works in a copy, so that what the code writes does not end up in the submission. Where
    $GRADER_USER names an account, the worker runs as that one (Gradescope's container, where everything is
    root and bubblewrap can't work): it then reads and writes what that account may.
    """

    wall = "none"

    def __init__(self) -> None:
        super().__init__(user=os.environ.get("GRADER_USER") or None)
        self._copies = tempfile.mkdtemp(prefix="grader-")
        if self.user is not None:
            os.chmod(self._copies, 0o711)

    def __enter__(self) -> NoWall:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes the copies."""
        shutil.rmtree(self._copies, ignore_errors=True)

    def connect(self, folder: Path) -> SubprocessConnection:
        """A worker in a copy of the folder."""
        place = Path(tempfile.mkdtemp(dir=self._copies))
        copy = place / folder.name
        shutil.copytree(folder, copy, symlinks=True)
        if self.user is not None:
            for path in (place, copy, *copy.rglob("*")):
                shutil.chown(path, user=self.user)
        return super().connect(copy)
