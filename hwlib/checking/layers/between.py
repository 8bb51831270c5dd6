"""Reading what stands between layers: operations on single numbers, and those that only move numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hwlib.checking.layers.aten import PADDING, UNIFORM, Op, numbers_in, run
from hwlib.checking.layers.rows import Signal, identity, merge_heads
from hwlib.checking.layers.walk import Walk, number_of
from hwlib.checking.words import as_is, say


def read_uniform(walk: Walk, op: Op, args: dict[str, Any], name: str) -> None:
    """A tensor that has the data's shape, but one number everywhere."""
    value = UNIFORM[name] if name in ("zeros_like", "ones_like") else float(args.get("fill_value", 0))
    walk.record.uniform[op["outputs"][0]] = torch.tensor(value, dtype=torch.float64)


def read_empty(walk: Walk, op: Op) -> None:
    """A tensor made for its shape: nothing of the data is in it, unless it is room for circular padding."""
    signal = walk.only_signal(op)
    before, after = number_of(op["args"]["self"]), op["outputs"][0]
    grown = [b - a for a, b in zip(walk.record.shape(before), walk.record.shape(after), strict=False)]
    if len(grown) == 3 and grown[0] == 0 and grown[1] == grown[2] > 0 and grown[1] % 2 == 0:
        walk.pass_on(op, Signal(signal.row, signal.function, signal.names, (grown[1] // 2, "circular")))


def read_heads(walk: Walk, op: Op, args: dict[str, Any]) -> None:
    """Two linear layers side by side, put together again: they are one of double width."""
    signals = [walk.signals.get(number) for number in numbers_in(args["tensors"])]
    last = len(walk.rows) - 1
    if [signal.row for signal in signals if signal and not signal.names] == [last - 1, last] and (
        len(signals) == 2 and len(merged := merge_heads(walk.rows)) == last
    ):
        walk.rows[:] = merged
        walk.signals[op["outputs"][0]] = Signal(last - 1, identity)
    else:
        walk.add_other(op, "cat")


def read_shaping(walk: Walk, op: Op, name: str) -> None:
    """Views, copies and parts of the data."""
    if name == "slice" and op["outputs"][0] not in walk.record.results and _crops(walk, op):
        walk.add_other(op, "crop", say("a crop", "裁剪"))
    else:
        walk.pass_on(op, walk.only_signal(op))


def read_padding(walk: Walk, op: Op, args: dict[str, Any], name: str) -> None:
    """Padding of its own: the next convolution takes it as its padding."""
    signal, pad = walk.only_signal(op), args["padding"] if name in PADDING else args["pad"]
    if name in PADDING or (len(pad) == 4 and len(set(pad)) == 1 and pad[0] >= 0):
        padded = (pad[0], PADDING.get(name, ""))
        walk.pass_on(op, Signal(signal.row, signal.function, signal.names, padded))
    else:
        walk.add_other(op, "padding", say("a padding", "填充"))


def read_pointwise(walk: Walk, op: Op, args: dict[str, Any], name: str) -> None:
    """A function of each number: of one row's output and of single constants."""
    numbers = numbers_in(args)
    moving = {number: walk.signals[number] for number in numbers if number in walk.signals}
    if len({signal.row for signal in moving.values()}) != 1:
        branches = say("{name} of two branches", "两个分支的 {name} 运算", name=name)
        walk.add_other(op, f"{name} of two branches", branches)
        return
    first = next(iter(moving.values()))
    noise = {walk.record.noise_in(number) for number in numbers if number not in moving} - {""}
    if noise:
        words = say("noise", "噪声") if noise == {"noise"} else as_is("Dropout")
        walk.add_other(op, min(noise), words)
        return
    constants = {number: walk.constant({"value": number}) for number in numbers if number not in moving}
    wide = [tensor for tensor in constants.values() if tensor.numel() != 1]
    if wide:
        fresh = first.row >= 0 and not first.names and not walk.rows[first.row].after
        if name == "add" and len(wide) == 1 and fresh:
            bias, row = wide[0].reshape(-1), walk.rows[first.row]
            row.bias = bias if row.bias is None else row.bias + bias
            walk.pass_on(op, first)
        else:
            walk.add_other(
                op, f"{name} with a tensor", say("{name} with a tensor", "与张量的 {name} 运算", name=name)
            )
        return

    def function(t: Tensor) -> Tensor:
        inside = {number: signal.function(t) for number, signal in moving.items()}
        inside.update({number: tensor.reshape(()).to(t.dtype) for number, tensor in constants.items()})
        result: Tensor = run(op, inside)
        return result.to(t.dtype) if isinstance(result, Tensor) and result.dtype == torch.float32 else result

    names = max((signal.names for signal in moving.values()), key=len)
    walk.signals[op["outputs"][0]] = Signal(first.row, function, (*names, name))


def _crops(walk: Walk, op: Op) -> bool:
    before, after = number_of(op["args"]["self"]), op["outputs"][0]
    return walk.record.full_shape(after) != walk.record.full_shape(before)
