"""Reading the layers that have weights: convolutions, linear layers, batch norms."""

from __future__ import annotations

from typing import Any

from hwlib.checking.layers.aten import Op
from hwlib.checking.layers.rows import Row, Signal, identity
from hwlib.checking.layers.walk import Walk, number_of

# Where each kind of product has its data and its weight.
PRODUCTS = {
    "addmm": ("mat1", "mat2"), "mm": ("self", "mat2"), "bmm": ("self", "mat2"),
    "matmul": ("self", "other"), "linear": ("input", "weight"),
}  # fmt: skip

LARGE_EPS = 1e-2
"""Of a batch norm; 1e-5 is PyTorch's, 1e-3 that of others. More is mostly a momentum in the place of eps."""


def read_convolution(walk: Walk, op: Op, args: dict[str, Any]) -> None:
    signal = walk.signal(args["input"])
    weight = walk.constant(args["weight"])
    transposed = bool(args["transposed"])
    row = Row(
        "transposed_conv" if transposed else "conv",
        [walk.shape(op)],
        kernel=single(list(weight.shape[2:])),
        stride=single(args["stride"]),
        padding=_padding(single(args["padding"]), signal.pad, transposed),
        output_padding=single(args["output_padding"]) if transposed else None,
        weight=weight,
        trained=walk.record.trained(number_of(args["weight"])),
        bias=walk.optional(args, "bias"),
        source=signal.row,
    )
    if single(args["dilation"]) != 1 or args["groups"] != 1:
        unusual = {"dilation": single(args["dilation"]), "groups": args["groups"]}
        shown = ", ".join(f"{name} {value}" for name, value in unusual.items() if value != 1)
        row.kind = f"{row.kind} ({shown})"
    walk.add(op, row, signal, args["input"])


def read_linear(walk: Walk, op: Op, args: dict[str, Any], name: str) -> None:
    data, other = PRODUCTS[name]
    if number_of(args[data]) not in walk.signals or number_of(args[other]) in walk.signals:
        walk.add_other(op, name)
        return
    signal = walk.signal(args[data])
    weight = walk.constant(args[other])
    bias = walk.constant(args["self"]) if name == "addmm" else None
    if name == "linear":
        bias = walk.optional(args, "bias")
    elif weight.dim() >= 2:
        weight = weight.reshape(weight.shape[-2:]).t()  # [out, in]
    shape = walk.shape(op)
    if name == "bmm" and walk.record.full_shape(op["outputs"][0])[0] == 1:
        shape = shape[1:]  # einsum puts a dimension of its own before the batch
    trained = walk.record.trained(number_of(args[other]))
    row = Row("linear", [shape], weight=weight, trained=trained, bias=bias, source=signal.row)
    walk.add(op, row, signal, args[data])


def read_batch_norm(walk: Walk, op: Op, args: dict[str, Any]) -> None:
    signal = walk.signal(args["input"])
    walk.finish(signal, None)
    if signal.row < 0:
        walk.add_other(op, "batch_norm")
        return
    if _by_image(walk, args["input"]):
        add_norm(walk, op, "instance_norm")
        return
    eps = float(args.get("eps") or args.get("epsilon") or 1e-5)
    walk.rows[signal.row].norm = (walk.optional(args, "weight"), walk.optional(args, "bias"), eps)
    notes = {
        f"eps {eps:.4g}": eps > LARGE_EPS,
        "affine False": args.get("weight") is None,
        "track_running_stats False": args.get("running_mean") is None,
    }
    found = ", ".join(note for note, applies in notes.items() if applies)
    add_norm(walk, op, f"batch_norm ({found})" if found else "batch_norm")


def add_norm(walk: Walk, op: Op, name: str) -> None:
    """A normalisation of what a layer gives; in front of all layers it is one of its own."""
    signal = walk.only_signal(op)
    walk.finish(signal, None)
    if signal.row < 0:
        walk.add_other(op, name)
        return
    row = walk.rows[signal.row]
    row.after.append("batch_norm")
    row.norms.append(name)
    walk.signals[op["outputs"][0]] = Signal(signal.row, identity)


def _by_image(walk: Walk, argument: Any) -> bool:
    """Whether a batch norm is an instance norm: that lays the images of a batch side by side as channels."""
    batch = walk.record.full_shape(walk.record.inputs[0])[0]
    return batch > 1 and walk.record.full_shape(number_of(argument))[0] == 1


def single(value: Any) -> Any:
    """3 for [3, 3]; a text for what differs by side."""
    items = [int(item) for item in value]
    return items[0] if len(set(items)) == 1 else " x ".join(str(item) for item in items)


def _padding(own: Any, before: tuple[int, str], transposed: bool) -> Any:
    """The padding of a convolution together with one that ran before it."""
    pad, mode = before
    if pad and not transposed and not mode:
        return own + pad if isinstance(own, int) else f"{own} + {pad}"
    if pad:
        return f"{pad} ({mode})" if mode else f"{own} (input + {pad})"
    return own
