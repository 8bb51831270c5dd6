"""Values inside frames: JSON, and marks for what JSON has no word for.

A marked value is an object with a single key:

    {"tensor": i}          array number i of the frame
    {"tuple": [...]}       a tuple
    {"dict": [[k, v],...]} a dictionary
    {"plain": value}       a value without marks in it, as it stands
    {"ref": "name"}        an object that the worker keeps under a name (parent to worker only)
    {"bytes": i}           array number i (uint8) read as bytes
    {"opaque": "type"}     a value that can't cross, by the name of its type (worker to parent only)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hwlib.checking.protocol import FrameError, RawArray


@dataclass(frozen=True)
class Ref:
    """Stands for an object that the worker keeps under `name`."""

    name: str


@dataclass(frozen=True)
class Opaque:
    """Stands for a value of the student's that can't cross; `type` is the name of its type."""

    type: str


@dataclass(frozen=True)
class Plain:
    """A large value of ours that is made of JSON's kinds alone; it crosses without being looked through."""

    value: Any


_SIMPLE = frozenset([type(None), bool, float, str])  # exact types: a subclass may lie about anything
_JSON = _SIMPLE | {int}  # what JSON gives as it stands


def pack(
    value: Any, arrays: list[RawArray], convert: Callable[[Any], RawArray | Opaque | None], depth: int = 0
) -> Any:
    """Turns a value into JSON with marked objects, appending its arrays to `arrays`.

    `convert` turns a tensor (or numpy array) into a RawArray; None means that it is neither, and the value
    crosses as opaque.
    """
    kind = type(value)
    if depth > 40:
        return {"opaque": "too deeply nested"}
    if kind in _SIMPLE:
        return value
    if kind is int:
        return value if abs(value) < 1 << 64 else {"opaque": "an integer of more than 64 bits"}
    if kind is list:
        return [item if type(item) in _SIMPLE else pack(item, arrays, convert, depth + 1) for item in value]
    if issubclass(kind, tuple):  # a named tuple, too; read as it is, whatever its class says
        return {"tuple": [pack(item, arrays, convert, depth + 1) for item in tuple.__iter__(value)]}
    if kind is dict:
        pairs = [
            [
                key if type(key) is str else pack(key, arrays, convert, depth + 1),
                item if type(item) in _SIMPLE else pack(item, arrays, convert, depth + 1),
            ]
            for key, item in value.items()
        ]
        return {"dict": pairs}
    if kind is Plain:
        return {"plain": value.value}
    if kind is bytes:
        arrays.append(RawArray("uint8", (len(value),), value))
        return {"bytes": len(arrays) - 1}
    if isinstance(value, RawArray):
        arrays.append(value)
        return {"tensor": len(arrays) - 1}
    if isinstance(value, Ref):
        return {"ref": value.name}
    if isinstance(value, Opaque):
        return {"opaque": value.type}
    converted = convert(value)
    if isinstance(converted, RawArray):
        arrays.append(converted)
        return {"tensor": len(arrays) - 1}
    return {"opaque": converted.type if converted else type(value).__name__[:80]}


def unpack(
    body: Any,
    arrays: list[RawArray],
    convert: Callable[[RawArray], Any],
    resolve: Callable[[str], Any] | None = None,
    depth: int = 0,
) -> Any:
    """The value of a body. `resolve` looks up {"ref": name}; None refuses references."""
    if type(body) in _JSON:
        return body
    if depth > 60:
        raise FrameError("a value is too deeply nested")
    if isinstance(body, list):
        return [
            item if type(item) in _JSON else unpack(item, arrays, convert, resolve, depth + 1)
            for item in body
        ]
    if len(body) != 1:
        raise FrameError("a value carries no single known mark")
    ((mark, content),) = body.items()
    if mark in ("tensor", "bytes"):
        if type(content) is not int or not 0 <= content < len(arrays):
            raise FrameError("a value refers to an array that is not in the frame")
        return convert(arrays[content]) if mark == "tensor" else bytes(arrays[content].data)
    if mark == "tuple" and isinstance(content, list):
        return tuple(unpack(item, arrays, convert, resolve, depth + 1) for item in content)
    if mark == "dict" and isinstance(content, list):
        return _unpack_dict(content, arrays, convert, resolve, depth)
    if mark == "ref" and isinstance(content, str) and resolve is not None:
        return resolve(content)
    if mark == "plain":
        return content
    if mark == "opaque" and isinstance(content, str):
        return Opaque(content[:80])
    raise FrameError("a value carries an unknown mark")


def _unpack_dict(
    content: list[Any],
    arrays: list[RawArray],
    convert: Callable[[RawArray], Any],
    resolve: Callable[[str], Any] | None,
    depth: int,
) -> dict[Any, Any]:
    result = {}
    for pair in content:
        if not isinstance(pair, list) or len(pair) != 2:
            raise FrameError("a dictionary is not made of pairs")
        key, item = pair
        if type(key) not in _JSON:
            raise FrameError("a dictionary has a key that is neither a text nor a number")
        result[key] = item if type(item) in _JSON else unpack(item, arrays, convert, resolve, depth + 1)
    return result
