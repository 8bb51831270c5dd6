"""A limit on what all processes of a session use together, where this computer lets us set one."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from pathlib import Path

from grader.sandbox.limits import Limits

ROOT = Path("/sys/fs/cgroup")
PREFIX = "homework-grader"
_numbers = itertools.count()
_leaving: list[Path] = []  # groups whose last process was still going when they were given back
_lock = threading.Lock()


class Cgroup:
    """One session's control group: version 2, or the memory and pids controllers of version 1."""

    def __init__(self, folders: list[Path]) -> None:
        self.folders = folders

    @classmethod
    def create(cls, limits: Limits) -> Cgroup | None:
        """A new group with these limits; None where there are no control groups or we may not make one."""
        _tidy()
        name = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
        unified = (ROOT / "cgroup.controllers").exists()
        wanted = (
            {"memory": ROOT / name} if unified else {kind: ROOT / kind / name for kind in ("memory", "pids")}
        )
        made: list[Path] = []
        try:
            for folder in wanted.values():
                folder.mkdir()
                made.append(folder)
            if unified:
                _write(wanted["memory"], "memory.max", limits.memory)
                _write(wanted["memory"], "pids.max", limits.processes + 8)
                _write(wanted["memory"], "memory.swap.max", 0, needed=False)
            else:
                _write(wanted["memory"], "memory.limit_in_bytes", limits.memory)
                _write(wanted["memory"], "memory.memsw.limit_in_bytes", limits.memory, needed=False)
                _write(wanted["pids"], "pids.max", limits.processes + 8)
        except OSError:
            cls(made).remove()
            return None
        return cls(made)

    def add(self, pid: int) -> None:
        """Moves a process in; what it starts later is in as well. Raises OSError."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def out_of_memory(self) -> bool:
        """Whether the kernel has ended a process of the group for its memory."""
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError):
                words = (self.folders[0] / name).read_text().split()
                return "oom_kill" in words and words[words.index("oom_kill") + 1] != "0"
        return False

    def remove(self) -> None:
        """Gives the group back; nobody waits for its killed processes, which take a moment to go.

        What can't be removed yet goes with the next session, or at the end (`sweep`).
        """
        with _lock:
            _leaving.extend(self.folders)
        _tidy()

    @staticmethod
    def sweep() -> None:
        """Removes groups that are left: of processes that took long to go, of graders that were killed."""
        for _ in range(50):
            if not _tidy():
                break
            time.sleep(0.01)
        for folder in [*ROOT.glob(f"{PREFIX}-*"), *ROOT.glob(f"*/{PREFIX}-*")]:
            owner = int(folder.name.split("-")[-2])
            if owner == os.getpid() or not Path(f"/proc/{owner}").exists():
                _removed(folder)


def _tidy() -> int:
    """Removes what has become empty of the groups that were given back; returns how many are left."""
    with _lock:
        _leaving[:] = [folder for folder in _leaving if not _removed(folder)]
        return len(_leaving)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()  # refused as long as there are processes in it
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _write(folder: Path, name: str, value: int, needed: bool = True) -> None:
    try:
        (folder / name).write_text(str(value))
    except OSError:
        if needed:
            raise
