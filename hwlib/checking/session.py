"""The parent's side: one session per submission and track, over a transport that starts its worker."""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from hwlib.checking.protocol import (
    MAX_FRAME,
    FrameError,
    Opaque,
    RawArray,
    pack,
    read_frame,
    unpack,
    write_frame,
)

KEPT_OUTPUT = 16 << 10
KINDS = ("exception", "not_filled_in", "bad_reply", "engine")


@dataclass(frozen=True)
class StudentLine:
    """A line of the student's in a traceback: the file relative to the folder, with forward slashes."""

    file: str
    line: int
    function: str
    code: str


@dataclass(frozen=True)
class Todo:
    """A region that is not filled in yet."""

    file: str
    number: int
    title: str


class StudentError(Exception):
    """The student's code did not give an answer.

    kind: "exception" | "not_filled_in" | "crashed" (the process is gone) | "timeout" | "bad_reply" (what came is
    no answer). After crashed, timeout and bad_reply the session is over.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        type: str = "",
        traceback: tuple[StudentLine, ...] = (),
        todo: Todo | None = None,
    ) -> None:
        super().__init__(f"{type}: {message}" if type else message)
        self.kind = kind
        self.message = message
        self.type = type
        self.traceback = traceback
        self.todo = todo


class GraderError(Exception):
    """Something of ours failed; it says nothing about the student's work."""


class Connection(Protocol):
    """A started worker, as a transport hands it over."""

    requests: BinaryIO
    replies: BinaryIO
    output: BinaryIO | None

    def kill(self) -> None:
        """Ends the worker and everything that it has started, at once. May be called twice."""

    def describe_end(self) -> str:
        """How the worker ended ("it exited with code 0"), for the message of a crash."""


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

    def text(self) -> str:
        """Head and tail as text, with the number of bytes between them that were dropped."""
        with self._lock:
            dropped = self.total - len(self.head) - len(self.tail)
            middle = f"\n... {dropped} bytes left out ...\n".encode() if dropped else b""
            return (self.head + middle + self.tail).decode("utf-8", "replace")


class WorkerSession:
    """Asks one worker about one student's folder; a context manager.

    Args:
        transport: how the worker is started.
        folder: the student's track folder (main.py, dataset.py, ...).
        timeout: seconds for each request that names no other; the worker's start has `start_timeout`.
    """

    def __init__(
        self, transport: Transport, folder: str | Path, *, timeout: float = 20.0, start_timeout: float = 120.0
    ) -> None:
        self.timeout = timeout
        self.wall = transport.wall
        self.output = Output()
        self._ended: StudentError | None = None
        self._answered = False
        self._connection = transport.connect(Path(folder).resolve())
        self._frames: queue.Queue[Any] = queue.Queue(maxsize=1)
        threading.Thread(target=self._read, daemon=True).start()
        if self._connection.output is not None:
            threading.Thread(target=self._drain, args=(self._connection.output,), daemon=True).start()
        try:
            self.call("hello", timeout=start_timeout)
        except StudentError as error:
            self.close()
            raise GraderError(f"the worker did not start: {error}. {self.output.text()[-2000:]}") from None

    def __enter__(self) -> WorkerSession:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether the session can answer further requests."""
        return self._ended is None

    def call(
        self, op: str, /, *, timeout: float | None = None, reply_limit: int = MAX_FRAME, **params: Any
    ) -> Any:
        """Asks for one operation (see `hwlib.checking.operations`); numpy arrays in and out.

        A parameter whose name is a Python keyword is written with an underscore: `as_="model"`.

        Raises StudentError where the student's code fails and GraderError where our own does.
        """
        if self._ended is not None:
            raise self._ended
        number = secrets.token_hex(8)
        arrays: list[RawArray] = []
        params = {name.removesuffix("_"): value for name, value in params.items()}
        body = {"id": number, "op": op, "params": pack(params, arrays, _from_numpy)}
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        # Both a write that nobody reads and a reply that never comes end with the worker.
        watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), self._connection.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            with contextlib.suppress(OSError, ValueError):  # a worker that is gone shows in what it replies
                write_frame(self._connection.requests, body, arrays)
            frame = self._frames.get(timeout=max(0.05, deadline - time.monotonic()) + 2.0)
        except queue.Empty:
            frame = None
        finally:
            watchdog.cancel()
        if frame is None and time.monotonic() >= deadline:
            raise self._end(
                "timeout", f"no answer within {self.timeout if timeout is None else timeout:g} seconds"
            )
        if frame is None:
            raise self._end(
                "crashed", f"the process ended without an answer: {self._connection.describe_end()}"
            )
        if isinstance(frame, FrameError):
            raise self._end("bad_reply", f"what came back is no answer: {frame}")
        return self._decode(frame, number, reply_limit)

    def close(self) -> None:
        """Ends the worker and all that it started."""
        if self._ended is None:
            self._ended = StudentError("crashed", "the session was closed")
        self._connection.kill()
        with contextlib.suppress(queue.Empty):
            self._frames.get_nowait()  # lets a reader that holds a frame see the end

    def _decode(self, frame: tuple[Any, list[RawArray]], number: str, reply_limit: int) -> Any:
        body, arrays = frame
        try:
            if not isinstance(body, dict) or body.get("id") != number:
                raise FrameError("it answers no question that was asked")
            if sum(len(array.data) for array in arrays) > reply_limit:
                raise FrameError(f"its arrays are over the limit of {reply_limit} bytes")
            if "error" not in body:
                result = unpack(body.get("result"), arrays, to_numpy)
                if not isinstance(result, dict):
                    raise FrameError("it is no dictionary")
                return result
            error = _student_error(body["error"])
        except FrameError as fault:
            raise self._end("bad_reply", f"what came back is no answer: {fault}") from None
        if error.kind == "engine":
            raise GraderError(f"the worker could not do what was asked: {error.message}")
        if error.kind == "bad_reply":
            self._ended = error
        raise error

    def _end(self, kind: str, message: str) -> StudentError:
        self._connection.kill()
        self._ended = StudentError(kind, message)
        return self._ended

    def _read(self) -> None:
        while True:
            try:
                frame: Any = read_frame(self._connection.replies.read)
            except FrameError as error:
                frame = error
            except (OSError, ValueError):
                frame = None
            self._frames.put(frame)  # blocks while an answer waits: a flood of replies fills the pipe, not us
            if frame is None or isinstance(frame, FrameError):
                return

    def _drain(self, stream: BinaryIO) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := stream.read(65536):
                self.output.add(data)


def _student_error(error: Any) -> StudentError:
    """The error of a reply, with every part of it checked: it comes from the worker."""
    if not isinstance(error, dict) or error.get("kind") not in KINDS:
        raise FrameError("it is neither a result nor an error")
    lines = []
    for line in error["traceback"][:50] if isinstance(error.get("traceback"), list) else []:
        if isinstance(line, dict) and type(line.get("line")) is int:
            texts = [str(line.get(key, ""))[:200] for key in ("file", "function", "code")]
            lines.append(StudentLine(texts[0], line["line"], texts[1], texts[2]))
    todo = error.get("todo")
    region = None
    if isinstance(todo, dict) and type(todo.get("number")) is int:
        region = Todo(str(todo.get("file"))[:80], todo["number"], str(todo.get("title"))[:80])
    message, name = str(error.get("message", ""))[:500], str(error.get("type", ""))[:80]
    kind = error["kind"] if error["kind"] != "not_filled_in" or region else "exception"
    return StudentError(kind, message, type=name, traceback=tuple(lines), todo=region)


def _from_numpy(value: Any) -> RawArray | Opaque | None:
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return RawArray(value.dtype.name, value.shape, np.ascontiguousarray(value).tobytes())
    if isinstance(value, Mapping) or hasattr(value, "__fspath__"):
        raise TypeError(f"{type(value).__name__} can't be sent to a worker: pass a plain dict or str")
    raise TypeError(f"{type(value).__name__} can't be sent to a worker")


def to_numpy(array: RawArray) -> np.ndarray:
    """A numpy array of a raw one. bfloat16, which numpy lacks, becomes float32 with the same values."""
    if array.dtype == "bfloat16":
        widened = np.frombuffer(array.data, dtype="<u2").astype(np.uint32) << 16
        return widened.view(np.float32).reshape(array.shape)
    if array.dtype == "bool":
        return (np.frombuffer(array.data, dtype=np.uint8) != 0).reshape(array.shape)
    return (
        np.frombuffer(array.data, dtype=np.dtype(array.dtype).newbyteorder("<")).reshape(array.shape).copy()
    )
