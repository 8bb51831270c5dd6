"""Frames between the parent and the worker: a JSON header and raw array bytes, never a pickle.

A frame is

    4 bytes  b"HWK1"
    4 bytes  length of the header, big endian
    header   UTF-8 JSON: {"body": <value>, "arrays": [{"dtype": "float32", "shape": [2, 3]}, ...]}
    bytes    the arrays one after the other, C order, little endian

What arrives is data whatever it claims to be: kinds, shapes and sizes are checked before anything is
allocated, and nothing in a frame can make the reader run code. Both sides use this file; it needs neither
torch nor numpy, so arrays are `RawArray` here and become tensors in the worker, numpy arrays in the parent.

The body is a value as `hwlib.checking.values` packs it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

MAGIC = b"HWK1"
ITEM_SIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
MAX_HEADER = 8 << 20
MAX_FRAME = 256 << 20
MAX_ARRAYS = 20_000
MAX_DIMENSIONS = 8
SMALL = 1 << 18  # frames up to this size are copied together and sent at once


class FrameError(Exception):
    """What arrived is not a frame of this protocol, or breaks one of its limits."""


@dataclass(frozen=True)
class RawArray:
    """An array as it crosses: its kind, its shape and its bytes (C order, little endian)."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes | bytearray | memoryview

    def __post_init__(self) -> None:
        expected = array_size(self.dtype, self.shape)
        if len(self.data) != expected:
            raise FrameError(
                f"an array of {self.dtype}{list(self.shape)} needs {expected} bytes, got {len(self.data)}"
            )


class Writer(Protocol):
    def write(self, data: Any, /) -> Any: ...
    def flush(self) -> Any: ...


def array_size(dtype: object, shape: object, limit: int = MAX_FRAME) -> int:
    """The number of bytes of an array of this kind and shape.

    Raises FrameError for unknown kinds, shapes that are no lists of plain non-negative integers, and
    arrays larger than `limit` bytes.
    """
    if not isinstance(dtype, str) or dtype not in ITEM_SIZES:
        raise FrameError(f"unknown array type {str(dtype)[:40]!r}")
    if not isinstance(shape, (list, tuple)) or len(shape) > MAX_DIMENSIONS:
        raise FrameError(f"an array has a shape that is no list of at most {MAX_DIMENSIONS} numbers")
    size = ITEM_SIZES[dtype]
    for length in shape:
        if type(length) is not int or not 0 <= length <= MAX_FRAME:
            raise FrameError("an array has a length that is no number from 0 to the limit")
        size *= length
        if size > limit:
            raise FrameError(
                f"an array of {dtype}{list(shape)[:MAX_DIMENSIONS]} is over the limit of {limit} bytes"
            )
    return size


def encode_frame(body: Any, arrays: list[RawArray]) -> list[bytes | bytearray | memoryview]:
    """One frame in pieces to be sent one after the other; `body` is as `values.pack` gives it.

    Raises FrameError where the frame is over the limits.
    """
    described = [{"dtype": array.dtype, "shape": list(array.shape)} for array in arrays]
    header = json.dumps({"body": body, "arrays": described}).encode("utf-8")
    if len(header) > MAX_HEADER or len(arrays) > MAX_ARRAYS:
        raise FrameError(
            f"a frame header of {len(header)} bytes with {len(arrays)} arrays is over the limits"
        )
    if sum(len(array.data) for array in arrays) > MAX_FRAME:
        raise FrameError(f"the arrays of one frame are over the limit of {MAX_FRAME} bytes")
    pieces = [MAGIC + struct.pack(">I", len(header)) + header, *(array.data for array in arrays)]
    small = sum(len(piece) for piece in pieces) <= SMALL
    return [b"".join(pieces)] if small else pieces


def write_frame(stream: Writer, body: Any, arrays: list[RawArray]) -> None:
    """Writes one frame; see `encode_frame`."""
    for piece in encode_frame(body, arrays):
        stream.write(piece)
    stream.flush()


def read_frame(read: Callable[[int], bytes], limit: int = MAX_FRAME) -> tuple[Any, list[RawArray]] | None:
    """Reads one frame; None where the stream ends before one begins.

    Args:
        read: returns up to n bytes, b"" at the end of the stream (a raw or buffered stream's `read`).
        limit: bytes that all arrays of the frame may have together.

    Raises FrameError for everything else that is not a whole frame within the limits.
    """
    start = _read_exactly(read, 8, may_end=True)
    if start is None:
        return None
    if start[:4] != MAGIC:
        raise FrameError("the bytes that arrived do not begin a frame")
    (length,) = struct.unpack(">I", start[4:])
    if length > MAX_HEADER:
        raise FrameError(f"a header of {length} bytes is over the limit of {MAX_HEADER}")
    try:
        header = json.loads(bytes(_read_exactly(read, length) or b""))
    except (ValueError, RecursionError) as error:
        raise FrameError(f"the header is not JSON ({type(error).__name__})") from None
    if not isinstance(header, dict) or not isinstance(header.get("arrays"), list) or "body" not in header:
        raise FrameError("the header lacks its body or its list of arrays")
    if len(header["arrays"]) > MAX_ARRAYS:
        raise FrameError(f"a frame of {len(header['arrays'])} arrays is over the limit of {MAX_ARRAYS}")
    sizes: list[tuple[str, tuple[int, ...], int]] = []
    left = limit
    for described in header["arrays"]:
        if not isinstance(described, dict):
            raise FrameError("an array is not described by its dtype and shape")
        size = array_size(described.get("dtype"), described.get("shape"), left)
        left -= size
        sizes.append((described["dtype"], tuple(described["shape"]), size))
    content = memoryview(_read_exactly(read, limit - left) or b"")
    arrays, place = [], 0
    for dtype, shape, size in sizes:
        arrays.append(RawArray(dtype, shape, content[place : place + size]))
        place += size
    return header["body"], arrays


def _read_exactly(read: Callable[[int], bytes], size: int, may_end: bool = False) -> bytearray | None:
    data = bytearray()
    while len(data) < size:
        # Piece by piece: what a header claims is not allocated before it has arrived.
        piece = read(min(size - len(data), 1 << 20))
        if not piece:
            if may_end and not data:
                return None
            raise FrameError(f"the stream ended after {len(data)} of {size} bytes")
        data += piece
    return data
