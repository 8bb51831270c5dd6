"""The parent's side: one session per submission and track, over a transport that starts its worker."""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from hwlib.checking.arrays import from_numpy, to_numpy
from hwlib.checking.errors import GraderError, StudentError, StudentLine, Todo, read_error
from hwlib.checking.protocol import MAX_FRAME, FrameError, RawArray, read_frame, write_frame
from hwlib.checking.transport import Output, Transport
from hwlib.checking.values import Opaque, Ref, pack, unpack
from hwlib.checking.words import Words, say

# What a check needs to talk to a worker, in one place.
__all__ = [
    "GraderError", "Opaque", "Ref", "StudentError", "StudentLine", "Todo", "Transport", "WorkerSession",
]  # fmt: skip

MAX_OUTPUT = 64 << 20


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
        self._connection = transport.connect(Path(folder).resolve())
        self._frames: queue.Queue[Any] = queue.Queue(maxsize=1)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if self._connection.output is not None:
            threading.Thread(target=self._drain, args=(self._connection.output,), daemon=True).start()
        try:
            self.call("hello", timeout=start_timeout)
            for files in _portions(self._connection.files or {}):
                self.call("write_files", timeout=start_timeout, files=files)
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

    @property
    def timed_out(self) -> bool:
        """Whether the session ended because an answer did not come in time."""
        return self._ended is not None and self._ended.kind == "timeout"

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
        body = {"id": number, "op": op, "params": pack(params, arrays, from_numpy)}
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
        trouble = None if isinstance(frame, tuple) else self._connection.our_fault()
        if trouble:
            self._end("crashed", trouble)
            raise GraderError(trouble)
        if not isinstance(frame, tuple) and self.output.total > MAX_OUTPUT:
            raise self._end(
                "crashed",
                say(
                    "the program printed more than {limit} MiB and was ended",
                    "程序的输出超过 {limit} MiB，已被终止",
                    limit=MAX_OUTPUT >> 20,
                ),
            )
        if not isinstance(frame, tuple) and time.monotonic() >= deadline:
            seconds = self.timeout if timeout is None else timeout
            raise self._end(
                "timeout",
                say("no answer within {seconds:g} seconds", "{seconds:g} 秒内没有结果", seconds=seconds),
            )
        if frame is None:
            end = self._connection.describe_end()
            raise self._end(
                "crashed",
                say("the process ended without an answer: {end}", "进程没有给出结果就结束了：{end}", end=end),
            )
        if isinstance(frame, FrameError):
            raise self._end("bad_reply", no_answer(frame))
        return self._decode(frame, number, reply_limit)

    def close(self) -> None:
        """Ends the worker and all that it started."""
        if self._ended is None:
            self._ended = StudentError("crashed", "the session was closed")
        self._connection.kill()
        while self._reader.is_alive():  # it may hold frames that nobody asked for
            with contextlib.suppress(queue.Empty):
                self._frames.get(timeout=0.05)
        self._connection.close()

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
                return Reply(result)
            error = read_error(body["error"])
        except FrameError as fault:
            raise self._end("bad_reply", no_answer(fault)) from None
        if error.kind == "engine":
            raise GraderError(
                f"the worker could not do what was asked: {error.message} "
                "(a submission that changes its worker can forge this: look at its code)"
            )
        if error.kind == "bad_reply":
            self._ended = error
        raise error

    def _end(self, kind: str, message: str | Words) -> StudentError:
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
                if self.output.total > MAX_OUTPUT:
                    self._connection.kill()


class Reply(dict[str, Any]):
    """A worker's reply; asking for what it lacks is the worker's fault."""

    def __missing__(self, key: str) -> Any:
        raise StudentError("bad_reply", no_answer(f"it has no {key!r}"))


def no_answer(fault: object) -> Words:
    """What came back breaks the protocol; `fault` says how, for who looks into it."""
    return say("what came back is no answer: {fault}", "返回的内容不是有效的应答（{fault}）", fault=fault)


def _portions(files: dict[str, bytes]) -> Iterator[dict[str, bytes]]:
    """The files in portions that fit into a frame each; a file that doesn't is cut off (it is no source)."""
    portion: dict[str, bytes] = {}
    size = 0
    for path, data in files.items():
        data = data[: MAX_FRAME // 2]
        if size + len(data) > MAX_FRAME // 2 or len(portion) >= 1000:
            yield portion
            portion, size = {}, 0
        portion[path] = data
        size += len(data)
    if portion:
        yield portion
