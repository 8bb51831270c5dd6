"""What stands in TensorBoard's event files, read without trusting them.

The files come out of a student's process. Only the frame of each record and the protocol buffer in it are
read, with limits; pictures are kept as they are encoded, the last one of each tag, and not decoded.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

from tensorboard.compat.proto.event_pb2 import Event

MAX_RECORD = 4 << 20
MAX_VALUES = 100_000
"""Of all files of a run together, and so many records of a file; the quick run writes a few hundred."""
MAX_PICTURES = 20


@dataclass
class Events:
    """Curves (tag -> points (step, value) in order), the steps of pictures by tag, and the last of each.

    `values` counts what was read: over the limit, the rest is left.
    """

    curves: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    images: dict[str, list[int]] = field(default_factory=dict)
    encoded: dict[str, bytes] = field(default_factory=dict)
    values: int = 0


def read_events(data: bytes, into: Events | None = None) -> Events:
    """Adds the content of one event file; a damaged record ends the reading, as a cut-off file does."""
    events = into or Events()
    position = 0
    for _ in range(MAX_VALUES):
        if position + 12 > len(data):
            break
        (length,) = struct.unpack_from("<Q", data, position)
        start = position + 12
        if length > MAX_RECORD or start + length + 4 > len(data):
            break
        try:
            event = Event.FromString(data[start : start + length])
        except Exception:  # the library's own error type; the rest of the file makes no sense either
            break
        position = start + length + 4
        for value in event.summary.value:
            if events.values >= MAX_VALUES:
                return events
            events.values += 1
            _add(events, int(event.step), value)
    return events


def _add(events: Events, step: int, value: object) -> None:
    tag = str(value.tag)[:200]  # type: ignore[attr-defined]
    kind = value.WhichOneof("value")  # type: ignore[attr-defined]
    if kind == "simple_value":
        events.curves.setdefault(tag, []).append((step, float(value.simple_value)))  # type: ignore[attr-defined]
    elif kind == "image":
        events.images.setdefault(tag, []).append(step)
        if tag in events.encoded or len(events.encoded) < MAX_PICTURES:
            events.encoded[tag] = bytes(value.image.encoded_image_string)  # type: ignore[attr-defined]
    elif kind == "tensor":
        numbers = value.tensor  # type: ignore[attr-defined]
        if len(numbers.float_val) == 1:
            events.curves.setdefault(tag, []).append((step, float(numbers.float_val[0])))
        elif numbers.string_val:
            events.images.setdefault(tag, []).append(step)


def finite(points: list[tuple[int, float]]) -> bool:
    """Whether all values of a curve are finite."""
    return all(math.isfinite(value) for _, value in points)
