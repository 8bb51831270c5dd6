"""Forking a child into namespaces of its own, cheaply: what a fork costs is what it must copy.

The server holds a few hundred megabytes of imported libraries. Copying the page tables of that much memory
is the largest part of a session's start, and tearing them down of its end. So there is one fork for a
session, not one for the namespaces and another for the child in them, and the memory lies in large pages.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
from pathlib import Path

from .namespaces import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
)

CLONE_PIDFD, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID = 0x1000, 0x00200000, 0x01000000
PR_GET_TID_ADDRESS = 40
SYS_CLONE3 = 435  # on every architecture
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
HEAP, PIECE = 256 << 20, 32 << 20  # a piece is the most that malloc takes from its heap at once
_ANONYMOUS = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p 00000000 00:00 0\s*(\[heap\])?$")

_libc = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock: a fork must hold it
_libc.malloc.argtypes, _libc.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
_libc.free.argtypes, _libc.free.restype = [ctypes.c_void_p], None


class _CloneArguments(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            "flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls",
        )
    ]  # fmt: skip


def fork_into_namespaces() -> tuple[int, int]:
    """Forks this process (single-threaded); the child is process 1 of a pid namespace of its own.

    It has user, mount, network, ipc and uts namespaces of its own, too; the user namespace has no maps yet
    (see `namespaces.map_user`). Returns (pid, descriptor of the process), and (0, -1) in the child.

    Raises OSError where the kernel refuses.
    """
    pidfd = ctypes.c_int(-1)
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    arguments = _CloneArguments(
        flags=flags | CLONE_PIDFD, pidfd=ctypes.addressof(pidfd), exit_signal=signal.SIGCHLD
    )
    # The C library keeps the thread's number in memory of its own; fork() has the kernel bring it up to date.
    address = ctypes.c_uint64(0)
    if _libc.prctl(PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0) == 0 and address.value:
        arguments.flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID
        arguments.child_tid = address.value
    python = ctypes.pythonapi
    python.PyOS_BeforeFork()
    pid = _libc.syscall(SYS_CLONE3, ctypes.byref(arguments), ctypes.c_size_t(ctypes.sizeof(arguments)))
    number = ctypes.get_errno()
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0, -1
    python.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(number, f"clone3: {os.strerror(number)}")
    return pid, pidfd.value


def prepare_heap() -> None:
    """Makes room in malloc's heap for this process and its children, in pages of 2 MiB.

    Left to itself malloc maps tensors one by one, for which the kernel fetches each page of 4 KiB when it is
    written to, and gives them back when they go.
    """
    _libc.mallopt(M_MMAP_THRESHOLD, PIECE)
    _libc.mallopt(M_TRIM_THRESHOLD, 2 * HEAP)
    for piece in [_libc.malloc(PIECE // 2) for _ in range(2 * HEAP // PIECE)]:
        _libc.free(piece)
    _advise(MADV_HUGEPAGE, only_heap=True)


def use_large_pages() -> None:
    """Moves this process's private memory into pages of 2 MiB, where the kernel knows how (Linux 6.1)."""
    _advise(MADV_COLLAPSE)


def _advise(advice: int, only_heap: bool = False) -> None:
    for line in Path("/proc/self/maps").read_text().splitlines():
        found = _ANONYMOUS.match(line)
        if found and (found[3] or not only_heap):
            start, end = int(found[1], 16), int(found[2], 16)
            # What fails (a kernel without it, memory in pieces) stays in small pages.
            _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), advice)
