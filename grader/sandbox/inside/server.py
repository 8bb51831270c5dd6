"""The warm server: imports torch once, then forks one child per session.

It runs inside the outer wall and talks to the grader over one socket. For each session
the grader sends the session's limits and three descriptors: the channel, a pipe for what the student prints,
and a socket for news of the child. The server never runs student code and never a backward pass: autograd's
threads would not live on in a forked child, and its first backward pass would wait for them for ever.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from . import namespaces, seccomp

FOLDER = "/submission"
DESCRIPTORS = 3  # channel, output, news
_WARM = (
    "numpy",
    "torch",
    "torchvision",
    "torch.utils.tensorboard",
    "tqdm",
    "PIL.Image",
    "hwlib.checking.worker",
)


def main(mode: str, control_number: int) -> None:
    """Serves until the grader closes the control socket.

    mode "warm" forks children with namespaces of their own; "cold" serves a single session in this process,
    which the outer wall was put up for alone.
    """
    namespaces.leave_root()
    control = socket.socket(fileno=control_number)
    _import_libraries()
    control.send(json.dumps({"ready": True, "pid": os.getpid()}).encode())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 65536, DESCRIPTORS)
        if not message:
            return
        limits = json.loads(message)
        if mode == "cold":
            _serve_here(limits, descriptors, control)
        elif os.fork() == 0:
            control.close()
            _start_child(limits, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _import_libraries() -> None:
    import hwlib

    names = [*_WARM, *(f"hwlib.{module.name}" for module in pkgutil.iter_modules(hwlib.__path__))]
    for name in names:
        # What can't be imported here fails in the student's own import, with its own message.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # children would copy every page whose objects the collector touches


def _start_child(limits: dict[str, int], descriptors: list[int]) -> NoReturn:
    """Runs in the first fork: makes the namespaces, forks the child proper into them, and reports on it."""
    news = socket.socket(fileno=descriptors[2])
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        namespaces.enter_new_namespaces()
        report, child_report = os.pipe()
        child_go, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go)
            _become_worker(limits, descriptors, child_report, child_go)
        for descriptor in (*descriptors[:2], child_report, child_go):
            os.close(descriptor)
        handle = os.pidfd_open(child)
        trouble = os.read(report, 4096).decode()
        if trouble != "ready":
            raise PermissionError(errno.EPERM, trouble or "the child ended")
        socket.send_fds(news, [b'{"started": true}'], [handle])
        os.close(handle)
        if news.recv(16):  # the grader can kill the child now, and has put it into its control group
            os.write(go, b"g")
            _, wait_status = os.waitpid(child, 0)
            news.send(json.dumps({"exit": os.waitstatus_to_exitcode(wait_status)}).encode())
        status = 0
    except OSError as error:
        with contextlib.suppress(OSError):
            news.send(json.dumps({"failed": str(error), "errno": error.errno}).encode())
    finally:
        os._exit(status)


def _become_worker(limits: dict[str, int], descriptors: list[int], report: int, go: int) -> NoReturn:
    """Runs as the first process of its own pid namespace: walls first, then the student's code."""
    try:
        os.setsid()
        namespaces.mount_private(limits, FOLDER)
        namespaces.forbid_user_namespaces()
        os.write(report, b"ready")
        if os.read(go, 1):
            _serve(limits, descriptors)
    except BaseException as error:  # nobody is left to raise to
        with contextlib.suppress(OSError):
            os.write(report, str(error).encode())
    finally:
        os._exit(70)


def _serve_here(limits: dict[str, int], descriptors: list[int], control: socket.socket) -> NoReturn:
    news = socket.socket(fileno=descriptors[2])
    news.send(b'{"started": true}')
    news.recv(16)
    control.close()
    try:
        _serve(limits, descriptors)
    finally:
        os._exit(70)


def _serve(limits: dict[str, int], descriptors: list[int]) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    channel = os.dup2(descriptors[0], 10, inheritable=False)
    output = os.dup2(descriptors[1], 11, inheritable=False)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, 10)
    os.closerange(11, 1024)
    namespaces.drop_capabilities()
    seccomp.install()
    namespaces.set_limits(limits)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(name, signal.SIG_DFL)
    os.chdir(FOLDER)
    sys.argv = ["main.py"]
    from hwlib.checking.worker import serve

    stream = os.fdopen(channel, "rb", buffering=0)
    replies = os.fdopen(os.dup(channel), "wb")
    serve(Path(FOLDER), stream, replies)
    os._exit(0)
