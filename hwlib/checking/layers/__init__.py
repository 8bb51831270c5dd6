"""From the record of a forward pass to the layers that it went through.

`trace.Recorder` gives ATen operations; here they become rows (type, volume, kernel, ..., normalisation,
activation) that don't depend on how the network was written: `nn.Sequential`, functional calls, a loop over
modules, `clamp(min=0)` for ReLU, `matmul` for a linear layer, `ZeroPad2d` before a convolution. What stands
between two layers is classified by what it does to numbers, not by its name.

The record comes from a worker: everything in it is checked before use, and only operations of the lists in
`aten` are ever run here.
"""

from __future__ import annotations

from typing import Any

from hwlib.checking.layers.activations import classify
from hwlib.checking.layers.aten import (
    BATCH_NORMS,
    EMPTY,
    OTHER_NORMS,
    PADDING,
    PIECES,
    POINTWISE,
    SHAPING,
    UNIFORM,
    Op,
    base_name,
    numbers_in,
)
from hwlib.checking.layers.between import (
    read_empty,
    read_heads,
    read_padding,
    read_pointwise,
    read_shaping,
    read_uniform,
)
from hwlib.checking.layers.record import Record
from hwlib.checking.layers.rows import Row, TraceError, merge_heads
from hwlib.checking.layers.walk import Walk
from hwlib.checking.layers.weighted import PRODUCTS, add_norm, read_batch_norm, read_convolution, read_linear
from hwlib.checking.words import say

__all__ = ["Row", "TraceError", "classify", "layers_of"]


def layers_of(trace: Any) -> list[Row]:
    """The layers between the input and the results of a `trace` reply, in order.

    Raises TraceError for records that make no sense.
    """
    try:
        return _read(Record(trace))
    except TraceError:
        raise
    except Exception as error:
        unread = say(
            "the record of the forward pass can't be read ({type})",
            "无法读取前向传播的记录（{type}）",
            type=type(error).__name__,
        )
        raise TraceError(unread) from error


def _read(record: Record) -> list[Row]:
    walk = Walk(record)
    for op in record.needed():
        # What does not read the data makes constants and noise: seen where the data meets them.
        if any(number in walk.signals for number in numbers_in(op["args"])):
            _follow(walk, op)
    ends = [walk.signals[number] for number in record.results if number in walk.signals]
    if not ends:
        raise TraceError(say("the result does not depend on the input", "结果与输入无关"))
    for end in {(signal.row, signal.names): signal for signal in ends}.values():
        walk.finish(end, None)
    return merge_heads(walk.rows)


def _follow(walk: Walk, op: Op) -> None:
    name, args = base_name(op["name"]), op["args"]
    if name in UNIFORM:
        read_uniform(walk, op, args, name)
    elif name in EMPTY:
        read_empty(walk, op)
    elif name == "convolution":
        read_convolution(walk, op, args)
    elif name in PRODUCTS:
        read_linear(walk, op, args, name)
    elif name in BATCH_NORMS:
        read_batch_norm(walk, op, args)
    elif name in OTHER_NORMS:
        add_norm(walk, op, OTHER_NORMS[name])
    elif name == "cat":
        read_heads(walk, op, args)
    elif name in SHAPING or name in PIECES:
        read_shaping(walk, op, name)
    elif name in PADDING or (name == "constant_pad_nd" and not args.get("value")):
        read_padding(walk, op, args, name)
    elif name in POINTWISE:
        read_pointwise(walk, op, args, name)
    else:
        walk.add_other(op, name)
