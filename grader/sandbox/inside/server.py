"""The warm server: imports torch and rehearses once, then forks one child per session.

It runs inside the outer wall and talks to the grader over one socket. For each session
the grader sends the session's limits and three descriptors: the channel, a pipe for what the student prints,
and a socket for news of the child. The server never runs student code and never a backward pass: autograd's
threads would not live on in a forked child, and its first backward pass would wait for them for ever.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from . import forking, namespaces, seccomp

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
_COLD = {"figures"}  # no training program imports it; matplotlib looks through all fonts first


def main(mode: str, control_number: int) -> None:
    """Serves until the grader closes the control socket.

    mode "warm" forks children with namespaces of their own; "cold" serves a single session in this process,
    which the outer wall was put up for alone.
    """
    namespaces.leave_root()
    control = socket.socket(fileno=control_number)
    gc.disable()  # next to nothing of an import is garbage; looking for it takes a fifth of the time
    if mode == "warm":
        forking.prepare_heap()
    _import_libraries()
    if mode == "warm":
        _rehearse()
        # Children would copy every page whose objects the collector touches. The little garbage stays: in the
        # holes that it leaves, what a child makes would be spread over many pages of which it needs copies.
        gc.freeze()
        forking.use_large_pages()
    gc.enable()
    control.send(json.dumps({"ready": True, "pid": os.getpid()}).encode())
    children = Children()
    while True:
        message, descriptors = _next_request(control, children)
        if not message:
            return
        limits = json.loads(message)
        if mode == "cold":
            _serve_here(limits, descriptors, control)
        children.start(limits, descriptors, control)
        for descriptor in descriptors[:2]:
            os.close(descriptor)


def _next_request(control: socket.socket, children: Children) -> tuple[bytes, list[int]]:
    """Waits for the grader; tells it meanwhile about children that end."""
    while True:
        ready = children.wait(control)
        if ready:
            message, descriptors, _, _ = socket.recv_fds(control, 65536, DESCRIPTORS)
            return message, descriptors


def _import_libraries() -> None:
    import hwlib

    modules = {module.name for module in pkgutil.iter_modules(hwlib.__path__)} - _COLD
    names = [*_WARM, *(f"hwlib.{name}" for name in sorted(modules))]
    for name in names:
        # What can't be imported here fails in the student's own import, with its own message.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _rehearse() -> None:
    with contextlib.suppress(Exception):  # sessions are slower then; a test sees it
        from . import rehearsal

        rehearsal.rehearse()


class Children:
    """The sessions under way: a child each, and the socket on which its end is told.

    A grading process that goes without a word (kill -9) hangs that socket up, and its child is killed: the
    server and the sessions of other grading processes go on.
    """

    def __init__(self) -> None:
        self._poll = select.poll()
        self._running: dict[int, tuple[int, socket.socket]] = {}
        self._handles: dict[int, int] = {}  # by the number of the socket

    def start(self, limits: dict[str, int], descriptors: list[int], control: socket.socket) -> None:
        """Forks the child of a session; sends its handle, with which the grader can kill it."""
        news = socket.socket(fileno=descriptors[2])
        uid, gid = os.getuid(), os.getgid()
        try:
            pid, handle = forking.fork_into_namespaces()
        except OSError as error:
            _tell(news, {"failed": str(error), "errno": error.errno})
            news.close()
            return
        if pid == 0:
            control.close()
            _become_worker(limits, descriptors, news, uid, gid)
        with contextlib.suppress(OSError):  # the grader has given the session up already
            socket.send_fds(news, [b'{"handle": true}'], [handle])
        self._running[handle] = pid, news
        self._handles[news.fileno()] = handle
        self._poll.register(handle, select.POLLIN)
        self._poll.register(news.fileno(), 0)  # a hang-up is told unasked

    def wait(self, control: socket.socket) -> bool:
        """Waits until a request has come (True) or a child has ended, which is then told."""
        self._poll.register(control.fileno(), select.POLLIN)
        ready = [descriptor for descriptor, _ in self._poll.poll()]
        for number in set(ready) & set(self._handles):
            self._poll.unregister(number)
            signal.pidfd_send_signal(self._handles.pop(number), signal.SIGKILL)
        for handle in set(ready) & set(self._running):
            pid, news = self._running.pop(handle)
            self._poll.unregister(handle)
            if self._handles.pop(news.fileno(), None) is not None:
                self._poll.unregister(news.fileno())
            _, status = os.waitpid(pid, 0)
            _tell(news, {"exit": os.waitstatus_to_exitcode(status)})
            news.close()
            os.close(handle)
        return control.fileno() in ready


def _tell(news: socket.socket, message: dict[str, object]) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        news.send(json.dumps(message).encode())


def _become_worker(
    limits: dict[str, int], descriptors: list[int], news: socket.socket, uid: int, gid: int
) -> NoReturn:
    """Runs as the first process of its own pid namespace: walls first, then the student's code."""
    try:
        namespaces.map_user(uid, gid)
        os.setsid()
        namespaces.mount_private(limits, FOLDER)
        namespaces.forbid_user_namespaces()
        _tell(news, {"started": True})
        if news.recv(16):  # the grader can kill this process now, and has put it into its control group
            _serve(limits, descriptors)
    except OSError as error:
        _tell(news, {"failed": str(error), "errno": error.errno})
    except BaseException as error:  # nobody is left to raise to
        _tell(news, {"failed": str(error), "errno": None})
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
