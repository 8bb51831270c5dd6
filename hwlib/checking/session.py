"""The parent's side: one session per submission and track, over a transport that starts its worker."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from hwlib.checking.arrays import from_numpy, to_numpy
from hwlib.checking.channel import TooLateError, open_channel
from hwlib.checking.errors import GraderError, StudentError, StudentLine, Todo, read_error
from hwlib.checking.protocol import MAX_FRAME, FrameError, RawArray, encode_frame, read_frame
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
        self.waited = 0.0  # seconds, for all answers together
        self.cpu_seconds_at_end: float | None = None  # at a timeout
        self._ended: StudentError | None = None
        self._connection = transport.connect(Path(folder).resolve())
        self._channel = open_channel(self._connection.requests, self._connection.replies)
        if self._connection.output is not None:
            threading.Thread(target=self._drain, args=(self._connection.output,), daemon=True).start()
        try:
            writing = [("write_files", {"files": files}) for files in _portions(self._connection.files or {})]
            for requests in ([("hello", {}), *writing[:1]], *([request] for request in writing[1:])):
                _, error = self.call_many(requests, timeout=start_timeout)
                if error is not None:
                    raise error
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

    def cpu_seconds(self) -> float | None:
        """What the worker has computed so far, where this computer can tell."""
        return self._connection.cpu_seconds()

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
        results, error = self.call_many([(op, params)], timeout=timeout, reply_limit=reply_limit)
        if error is not None:
            raise error
        return results[0]

    def call_many(
        self,
        requests: Sequence[tuple[str, dict[str, Any]]],
        *,
        timeout: float | None = None,
        reply_limit: int = MAX_FRAME,
    ) -> tuple[list[Any], StudentError | None]:
        """Asks for several operations at once, with one deadline and one limit for all of them.

        The worker runs them in order, up to the first in which the student's code fails: returned are the
        results before it and its error.

        Raises StudentError where no answer comes (the session is over) and GraderError where our own code
        fails.
        """
        if self._ended is not None:
            raise self._ended
        number = secrets.token_hex(8)
        arrays: list[RawArray] = []
        asked = []
        for op, params in requests:
            named = {name.removesuffix("_"): value for name, value in params.items()}
            asked.append({"op": op, "params": pack(named, arrays, from_numpy)})
        body = {"id": number, "requests": asked}
        began = time.monotonic()
        deadline = began + (self.timeout if timeout is None else timeout)
        pieces = encode_frame(body, arrays)
        try:
            frame = self._exchange(pieces, deadline)
        except (TooLateError, FrameError, OSError) as error:
            raise self._failed(error, self.timeout if timeout is None else timeout) from None
        finally:
            self.waited += time.monotonic() - began
        return self._decode(frame, number, len(asked), reply_limit)

    def _exchange(
        self, pieces: list[bytes | bytearray | memoryview], deadline: float
    ) -> tuple[Any, list[RawArray]]:
        with contextlib.suppress(OSError):  # a worker that is gone shows in what it replies
            for piece in pieces:
                self._channel.send(piece, deadline)
        frame = read_frame(lambda size: self._channel.receive(size, deadline))
        if frame is None:
            raise ConnectionError("the worker's end is closed")
        return frame

    def _failed(self, error: Exception, seconds: float) -> StudentError:
        """Ends the session: no answer came. Raises GraderError where that is ours."""
        trouble = self._connection.our_fault()
        if trouble:
            self._end("crashed", trouble)
            raise GraderError(trouble)
        if self.output.total > MAX_OUTPUT:
            return self._end(
                "crashed",
                say(
                    "the program printed more than {limit} MiB and was ended",
                    "程序的输出超过 {limit} MiB，已被终止",
                    limit=MAX_OUTPUT >> 20,
                ),
            )
        if isinstance(error, TooLateError):
            self.cpu_seconds_at_end = self.cpu_seconds()
            return self._end(
                "timeout",
                say("no answer within {seconds:g} seconds", "{seconds:g} 秒内没有结果", seconds=seconds),
            )
        if isinstance(error, FrameError):
            return self._end("bad_reply", no_answer(error))
        end = self._connection.describe_end()
        return self._end(
            "crashed",
            say("the process ended without an answer: {end}", "进程没有给出结果就结束了：{end}", end=end),
        )

    def close(self) -> None:
        """Ends the worker and all that it started."""
        if self._ended is None:
            self._ended = StudentError("crashed", "the session was closed")
        self._connection.kill()
        self._channel.close()
        self._connection.close()

    def _decode(
        self, frame: tuple[Any, list[RawArray]], number: str, count: int, reply_limit: int
    ) -> tuple[list[Any], StudentError | None]:
        body, arrays = frame
        try:
            if not isinstance(body, dict) or body.get("id") != number:
                raise FrameError("it answers no question that was asked")
            if sum(len(array.data) for array in arrays) > reply_limit:
                raise FrameError(f"its arrays are over the limit of {reply_limit} bytes")
            results, error = read_replies(body.get("replies"), arrays, count)
        except FrameError as fault:
            raise self._end("bad_reply", no_answer(fault)) from None
        if error is None:
            return results, None
        if error.kind == "engine":
            raise GraderError(
                f"the worker could not do what was asked: {error.message} "
                "(a submission that changes its worker can forge this: look at its code)"
            )
        if error.kind == "bad_reply":
            self._ended = error
        return results, error

    def _end(self, kind: str, message: str | Words) -> StudentError:
        self._connection.kill()
        self._ended = StudentError(kind, message)
        return self._ended

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


def read_replies(replies: Any, arrays: list[RawArray], count: int) -> tuple[list[Any], StudentError | None]:
    if not isinstance(replies, list) or not 0 < len(replies) <= count:
        raise FrameError("it has not as many parts as were asked for")
    results: list[Any] = []
    for place, reply in enumerate(replies):
        if not isinstance(reply, dict):
            raise FrameError("it is no dictionary")
        if "error" in reply and place == len(replies) - 1:
            return results, read_error(reply["error"])
        result = unpack(reply.get("result"), arrays, to_numpy)
        if not isinstance(result, dict):
            raise FrameError("it is no dictionary")
        results.append(Reply(result))
    if len(replies) < count:
        raise FrameError("it has not as many parts as were asked for")
    return results, None


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
