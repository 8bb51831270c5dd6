"""The pipe to a worker: both ways to wait for it keep their deadlines and never hang."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from hwlib.checking.channel import Channel, PolledChannel, ThreadedChannel, TooLateError, open_channel

Ends = tuple[Channel, BinaryIO, BinaryIO]


@pytest.fixture(params=[PolledChannel, ThreadedChannel])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """A channel, and the worker's ends of it: what reads its requests and what writes its replies."""
    request_in, request_out = os.pipe()
    reply_in, reply_out = os.pipe()
    requests, replies = os.fdopen(request_out, "wb", buffering=0), os.fdopen(reply_in, "rb", buffering=0)
    reads, writes = os.fdopen(request_in, "rb", buffering=0), os.fdopen(reply_out, "wb", buffering=0)
    channel = request.param(requests, replies)
    yield channel, reads, writes
    reads.close()
    writes.close()
    channel.close()
    requests.close()
    replies.close()


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


def test_bytes_cross_in_order_and_in_pieces(ends: Ends) -> None:
    channel, reads, writes = ends
    channel.send(b"one", soon())
    channel.send(memoryview(b"two"), soon())
    assert reads.read(6) == b"onetwo"
    writes.write(b"abcdef")
    assert channel.receive(4, soon()) == b"abcd"
    assert channel.receive(4, soon()) == b"ef"


def test_more_than_the_pipe_holds_is_sent_while_it_is_read(ends: Ends) -> None:
    channel, reads, _ = ends
    size = 200_000
    with pytest.raises(TooLateError):
        channel.send(b"x" * size, soon(0.05))  # nobody reads
    assert len(reads.read(size)) >= 4096


def test_a_reply_that_does_not_come_is_too_late(ends: Ends) -> None:
    channel, _, writes = ends
    with pytest.raises(TooLateError):
        channel.receive(1, soon(0.02))
    with pytest.raises(TooLateError):
        channel.receive(1, soon(-1))
    writes.write(b"later")
    assert channel.receive(5, soon()) == b"later"


def test_the_end_is_the_end(ends: Ends) -> None:
    channel, _, writes = ends
    writes.write(b"last")
    writes.close()
    assert channel.receive(9, soon()) == b"last"
    assert channel.receive(9, soon()) == b""
    assert channel.receive(9, soon()) == b""


def test_a_worker_that_is_gone_takes_nothing(ends: Ends) -> None:
    channel, reads, _ = ends
    reads.close()
    if isinstance(channel, PolledChannel):
        with pytest.raises(BrokenPipeError):
            channel.send(b"x", soon())
    else:
        channel.send(b"x", soon())  # its replies will say so


def test_systems_without_poll_get_threads(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    with os.fdopen(write, "wb", buffering=0) as out, os.fdopen(read, "rb", buffering=0) as into:
        assert isinstance(open_channel(out, into), PolledChannel)
        monkeypatch.delattr("select.poll")
        made = open_channel(out, into)
        assert isinstance(made, ThreadedChannel)
        out.close()
        made.close()
