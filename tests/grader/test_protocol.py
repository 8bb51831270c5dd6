"""Frames and values: what crosses comes out as it went in, and what breaks the rules is refused."""

from __future__ import annotations

import io
import json
import struct
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
import torch

from hwlib.checking import protocol
from hwlib.checking.arrays import from_numpy, to_numpy
from hwlib.checking.errors import StudentError, printable, read_error
from hwlib.checking.protocol import FrameError, RawArray, array_size, read_frame, write_frame
from hwlib.checking.tensors import DTYPES, TooLargeError, from_raw, to_raw
from hwlib.checking.values import Opaque, Ref, pack, unpack


def round_trip(value: Any) -> Any:
    """From the parent's side to the worker's and back."""
    arrays: list[RawArray] = []
    body = pack(value, arrays, from_numpy)
    there = unpack(*_through(body, arrays), from_raw, lambda name: Ref(name))
    back: list[RawArray] = []
    return unpack(*_through(pack(there, back, to_raw), back), to_numpy, lambda name: Ref(name))


def _through(body: Any, arrays: list[RawArray]) -> tuple[Any, list[RawArray]]:
    stream = io.BytesIO()
    write_frame(stream, body, arrays)
    stream.seek(0)
    frame = read_frame(stream.read)
    assert frame is not None
    assert read_frame(stream.read) is None
    return frame


def frame_of(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return b"HWK1" + struct.pack(">I", len(text)) + text + data


def read(data: bytes, **options: Any) -> Any:
    return read_frame(io.BytesIO(data).read, **options)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -(2**60), 1.5, float("inf"), "text \u2713", b"bytes", [1, [2, []]], (1, (2.0, "x")),
     {"a": 1, 2: [None]}, {"tensor": 0}, {"ref": "x", "y": 1}, Ref("model")],
)  # fmt: skip
def test_values_come_back(value: Any) -> None:
    assert round_trip(value) == value
    assert type(round_trip(value)) is type(value)


def test_not_a_number_comes_back() -> None:
    assert np.isnan(round_trip(float("nan")))


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "bfloat16"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_arrays_come_back(dtype: str, shape: tuple[int, ...]) -> None:
    value = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    back = round_trip(value)
    assert back.dtype == value.dtype
    assert back.shape == shape
    np.testing.assert_array_equal(back, value)


def test_bfloat16_arrives_as_float32() -> None:
    value = torch.randn(5).bfloat16()
    raw = to_raw(value)
    assert isinstance(raw, RawArray)
    np.testing.assert_array_equal(to_numpy(raw), value.float().numpy())


def test_tensors_cross_by_content_not_by_layout() -> None:
    base = torch.arange(12.0).reshape(3, 4)
    for tensor in (
        base.t(),
        base[:, ::2],
        base[0].expand(5, 4),
        base.requires_grad_() * 2,
        torch.nn.Parameter(base),
    ):
        raw = to_raw(tensor)
        assert isinstance(raw, RawArray)
        np.testing.assert_array_equal(to_numpy(raw), tensor.detach().numpy())


def test_tensors_that_cannot_cross() -> None:
    assert to_raw(torch.ones(2).to_sparse()) == Opaque(
        "tensor with layout torch.sparse_coo and dtype torch.float32"
    )
    assert to_raw(torch.ones(2, 3, device="meta")) == Opaque("meta float32[2, 3]")
    assert to_raw(object()) is None
    with pytest.raises(TooLargeError, match="over the limit"):
        to_raw(torch.ones(1).expand(1 << 40))


def test_numbers_of_other_classes_cross_by_value() -> None:
    class Lie(float):
        def __float__(self) -> float:
            return 0.0

    for value, expected in ((Lie(2.5), 2.5), (np.float32(1.5), 1.5), (np.arange(2), [0, 1])):
        raw = to_raw(value)
        assert isinstance(raw, RawArray)
        np.testing.assert_array_equal(to_numpy(raw), expected)


def test_named_tuples_cross_as_tuples_whatever_they_say() -> None:
    class Lie(tuple):
        def __iter__(self) -> Any:
            raise RuntimeError

        def __len__(self) -> int:
            return 7

    pair = namedtuple("pair", "one two")
    assert pack([pair(1, 2.5), Lie((1, 2))], [], to_raw) == [{"tuple": [1, 2.5]}, {"tuple": [1, 2]}]


def test_what_cannot_cross_is_named() -> None:
    arrays: list[RawArray] = []
    assert pack([object(), 2**70], arrays, to_raw) == [
        {"opaque": "object"},
        {"opaque": "an integer of more than 64 bits"},
    ]
    loop: list[Any] = []
    loop.append(loop)
    assert "too deeply nested" in json.dumps(pack(loop, arrays, to_raw))
    with pytest.raises(TypeError, match="can't be sent"):
        from_numpy(object())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GET / HTTP/1.1\r\n", "do not begin a frame"),
        (b"HWK", "ended after 3 of 8"),
        (b"HWK1" + struct.pack(">I", 1 << 31), "header of"),
        (frame_of(b"{"), "not JSON"),
        (frame_of(b"[" * 100_000), "not JSON"),
        (frame_of(b"9" * 5000), "not JSON|lacks"),
        (frame_of([]), "lacks its body"),
        (frame_of({"arrays": []}), "lacks its body"),
        (frame_of({"body": 1, "arrays": {}}), "lacks its body"),
        (frame_of({"body": 1, "arrays": [1]}), "not described"),
        (frame_of({"body": 1, "arrays": [{"dtype": "object", "shape": []}]}), "unknown array type"),
        (frame_of({"body": 1, "arrays": [{"dtype": ["float32"], "shape": []}]}), "unknown array type"),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [1.0]}]}), "no number"),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [True]}]}), "no number"),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [-1]}]}), "no number"),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": 3}]}), "no list"),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [1] * 9}]}), "no list"),
        (
            frame_of({"body": 1, "arrays": [{"dtype": "float64", "shape": [1 << 27, 1 << 27]}]}),
            "over the limit",
        ),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [0, 1 << 40]}]}), "no number"),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [200 << 20]}] * 2}), "over the limit"),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [0]}] * 20_001}), "20001 arrays"),
        (frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [4]}]}, b"abc"), "ended after 3 of 4"),
    ],
)
def test_frames_that_break_the_rules(data: bytes, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        read(data)


def test_a_claim_is_not_allocated_before_it_arrives() -> None:
    asked = []

    def trickle(size: int) -> bytes:
        asked.append(size)
        return stream.read(size)

    stream = io.BytesIO(frame_of({"body": 1, "arrays": [{"dtype": "uint8", "shape": [200 << 20]}]}, b"abc"))
    with pytest.raises(FrameError, match="ended"):
        read_frame(trickle)
    assert max(asked) <= 1 << 20


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"tensor": 1}, "not in the frame"),
        ({"tensor": -1}, "not in the frame"),
        ({"tensor": True}, "not in the frame"),
        ({"tensor": "0"}, "not in the frame"),
        ({"tuple": 1}, "unknown mark"),
        ({"pickle": "x"}, "unknown mark"),
        ({"ref": "model"}, "unknown mark"),
        ({}, "no single known mark"),
        ({"tensor": 0, "tuple": []}, "no single known mark"),
        ({"dict": [[1]]}, "not made of pairs"),
        ({"dict": [[[1], 2]]}, "a key that is neither"),
    ],
)
def test_values_that_break_the_rules(body: Any, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        unpack(body, [RawArray("uint8", (1,), b"a")], to_numpy)


def test_values_that_are_too_deep() -> None:
    body: Any = 1
    for _ in range(100):
        body = [body]
    with pytest.raises(FrameError, match="too deeply"):
        unpack(body, [], to_numpy)


def test_frames_that_are_too_large_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    array = RawArray("uint8", (11,), bytes(11))
    monkeypatch.setattr(protocol, "MAX_HEADER", 100)
    with pytest.raises(FrameError, match="header of"):
        write_frame(io.BytesIO(), "x" * 200, [])
    monkeypatch.setattr(protocol, "MAX_FRAME", 10)
    with pytest.raises(FrameError, match="over the limit of 10 bytes"):
        write_frame(io.BytesIO(), 1, [array])


def test_a_raw_array_has_the_bytes_of_its_shape() -> None:
    assert array_size("float32", [2, 3]) == 24
    with pytest.raises(FrameError, match="needs 24 bytes, got 23"):
        RawArray("float32", (2, 3), bytes(23))


def test_errors_are_read_as_data() -> None:
    error = read_error({
        "kind": "not_filled_in", "type": "T" * 500, "message": "a\x1b[31mb\r\nc" + "x" * 900,
        "traceback": [{"file": "VAE.py", "line": 3, "function": "f", "code": "x\x07"}, {"file": "x"}, 7] * 60,
        "todo": {"file": "VAE.py", "number": "2", "title": "x"},
    })  # fmt: skip
    assert isinstance(error, StudentError)
    assert error.kind == "exception"  # its region has no number
    assert error.todo is None
    assert len(error.type) == 80
    assert len(error.message) == 500
    assert error.message.startswith("a\ufffd[31mb\nc")
    assert 0 < len(error.traceback) <= 50
    for bad in (None, 1, {}, {"kind": "passed"}, {"kind": ["exception"]}):
        with pytest.raises(FrameError, match="neither a result nor an error"):
            read_error(bad)


def test_printable_keeps_text() -> None:
    assert printable("变分\t自编码\n\U0001f600") == "变分\t自编码\n\U0001f600"
    assert printable("a\x00b\x1b[2Jc\u202ed\ud800\x9b") == "a\ufffdb\ufffd[2Jc\ufffdd\ufffd\ufffd"
    assert printable(7) == "7"
