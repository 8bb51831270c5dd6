"""The pipe to a worker, with a deadline for everything that is sent and received."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import threading
import time
from typing import BinaryIO, Protocol

PIECE = 1 << 16


class TooLateError(Exception):
    """The deadline is over before the worker has taken, or given, the next byte."""


class Channel(Protocol):
    """Bytes to and from a worker. `deadline` is a time of `time.monotonic`."""

    def send(self, data: bytes | bytearray | memoryview, deadline: float) -> None:
        """Raises TooLateError, and OSError where the worker's end is closed."""

    def receive(self, size: int, deadline: float) -> bytes:
        """1 to `size` bytes, b"" at the end of the stream. Raises TooLateError and OSError."""

    def close(self) -> None:
        """Ends what reads in the background, once the worker is gone."""


def open_channel(requests: BinaryIO, replies: BinaryIO) -> Channel:
    """A channel over two unbuffered streams, which may be the two directions of one socket."""
    kind = PolledChannel if hasattr(select, "poll") else ThreadedChannel
    return kind(requests, replies)


class PolledChannel:
    """Waits for the descriptors themselves."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests, self._replies = requests.fileno(), replies.fileno()
        os.set_blocking(self._requests, False)
        os.set_blocking(self._replies, False)
        self._writable, self._readable = select.poll(), select.poll()
        self._writable.register(self._requests, select.POLLOUT)
        self._readable.register(self._replies, select.POLLIN)
        self._kept = b""

    def send(self, data: bytes | bytearray | memoryview, deadline: float) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._requests, left) :]
            except BlockingIOError:
                _wait(self._writable, deadline)

    def receive(self, size: int, deadline: float) -> bytes:
        while not self._kept:
            _wait(self._readable, deadline)
            with contextlib.suppress(BlockingIOError):
                self._kept = os.read(self._replies, max(size, PIECE))
                if not self._kept:
                    return b""
        piece, self._kept = self._kept[:size], self._kept[size:]
        return piece

    def close(self) -> None:
        """Nothing reads in the background."""


def _wait(poll: select.poll, deadline: float) -> None:
    # Rounded up: a poll of 0 ms just before the deadline would spin.
    if not poll.poll(max(0, int((deadline - time.monotonic()) * 1000) + 1)):
        raise TooLateError


class ThreadedChannel:
    """For systems that can't wait for a pipe (Windows): threads read and write, and are waited for."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests, self._replies = requests, replies
        self._pieces: queue.Queue[bytes] = queue.Queue(maxsize=1)
        self._kept = b""
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, data: bytes | bytearray | memoryview, deadline: float) -> None:
        writer = threading.Thread(target=self._write, args=(data,), daemon=True)
        writer.start()
        writer.join(max(0.0, deadline - time.monotonic()))
        if writer.is_alive():
            raise TooLateError

    def receive(self, size: int, deadline: float) -> bytes:
        if not self._kept and not self._over:
            try:
                self._kept = self._pieces.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TooLateError from None
            self._over = not self._kept
        piece, self._kept = self._kept[:size], self._kept[size:]
        return piece

    def close(self) -> None:
        """Lets go of the reader, which may hold bytes that nobody asked for."""
        while self._reader.is_alive():
            with contextlib.suppress(queue.Empty):
                self._pieces.get(timeout=0.05)

    def _read(self) -> None:
        piece = b"more"
        while piece:
            try:
                piece = self._replies.read(PIECE)
            except (OSError, ValueError):
                piece = b""
            self._pieces.put(piece)  # blocks: a flood of replies fills the pipe, not our memory

    def _write(self, data: bytes | bytearray | memoryview) -> None:
        with contextlib.suppress(OSError, ValueError):  # a worker that is gone shows in what it replies
            left = memoryview(data)
            while left:
                left = left[self._requests.write(left) :]
