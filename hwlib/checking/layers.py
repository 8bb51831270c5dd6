"""From the record of a forward pass to the layers that it went through.

`trace.Recorder` gives ATen operations; here they become rows (type, volume, kernel, ..., normalisation,
activation) that don't depend on how the network was written: `nn.Sequential`, functional calls, a loop over
modules, `clamp(min=0)` for ReLU, `matmul` for a linear layer, `ZeroPad2d` before a convolution. What stands
between two layers is classified by what it does to numbers, not by its name.

The record comes from a worker: everything in it is checked before use, and only operations on the lists below
are ever run here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hwlib.checking.words import NO_WORDS, Words, as_is, say

POINTWISE = frozenset(
    [
        "relu",
        "clamp",
        "clamp_min",
        "clamp_max",
        "leaky_relu",
        "sigmoid",
        "tanh",
        "exp",
        "neg",
        "add",
        "sub",
        "rsub",
        "mul",
        "div",
        "reciprocal",
        "abs",
        "maximum",
        "minimum",
        "where",
        "gt",
        "lt",
        "ge",
        "le",
        "pow",
        "sqrt",
        "rsqrt",
        "log",
        "log1p",
        "square",
        "elu",
        "gelu",
        "silu",
        "hardtanh",
        "hardsigmoid",
        "hardswish",
        "threshold",
        "softplus",
        "sign",
        "log_sigmoid_forward",
        "mish",
        "relu6",
    ]
)
SHAPING = frozenset(
    [
        "view",
        "_unsafe_view",
        "reshape",
        "flatten",
        "unsqueeze",
        "squeeze",
        "clone",
        "contiguous",
        "permute",
        "transpose",
        "t",
        "alias",
        "detach",
        "_reshape_alias",
        "lift_fresh",
        "_to_copy",
        "movedim",
        "numpy_T",
        "expand",
        "unflatten",
        "copy",
    ]
)
PIECES = frozenset(
    [
        "split",
        "chunk",
        "split_with_sizes",
        "slice",
        "select",
        "unbind",
        "narrow",
        "tensor_split",
        "unsafe_chunk",
        "unsafe_split",
    ]
)
FACTORIES = frozenset(
    [
        "zeros",
        "ones",
        "full",
        "scalar_tensor",
        "zeros_like",
        "ones_like",
        "full_like",
        "new_zeros",
        "new_ones",
    ]
)
UNIFORM = {"zeros_like": 0.0, "ones_like": 1.0, "full_like": 0.0}  # of a tensor's shape, not of its content
RANDOM = frozenset(
    [
        "bernoulli",
        "native_dropout",
        "rand_like",
        "randn_like",
        "rand",
        "randn",
        "normal",
        "uniform",
        "dropout",
        "_fused_dropout",
    ]
)
PADDING = {"reflection_pad2d": "reflect", "replication_pad2d": "replicate"}
BATCH_NORMS = frozenset(
    [
        "native_batch_norm",
        "_native_batch_norm_legit",
        "_native_batch_norm_legit_no_training",
        "cudnn_batch_norm",
        "_batch_norm_with_update",
        "_batch_norm_no_update",
        "batch_norm",
    ]
)
_GRID = torch.linspace(-6, 6, 241, dtype=torch.float64)


class TraceError(Exception):
    """The record makes no sense (it is made by the student's process)."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass
class Row:
    """One layer as it ran.

    Attributes:
        kind: "conv", "transposed_conv", "linear", or the name of an operation that no layer table has.
        shapes: output without the batch: of the operation itself, then as the next layer takes it.
        padding: a number, or a text such as "1 (reflect)" for other than zeros.
        after: what follows in order: "batch_norm" and activations ("relu", "relu, sigmoid", ...).
        slope: of a leaky ReLU.
        weight, bias: as the layer used them; linear weights are [out, in].
        norm: (weight, bias, eps) of the batch norm.
        source: index of the row that it reads, -1 for the network's input.
        words: what it is, for a sentence, where `kind` is no kind of layer.
    """

    kind: str
    shapes: list[tuple[int, ...]]
    kernel: Any = None
    stride: Any = None
    padding: Any = None
    output_padding: Any = None
    after: list[str] = field(default_factory=list)
    slope: float | None = None
    weight: Tensor | None = None
    bias: Tensor | None = None
    norm: tuple[Tensor | None, Tensor | None, float] | None = None
    source: int = -1
    words: Words = NO_WORDS

    @property
    def normalisation(self) -> str:
        return "batch_norm" if "batch_norm" in self.after else "none"

    @property
    def activation(self) -> str:
        found = [step for step in self.after if step != "batch_norm"]
        return ", ".join(found) if found else "none"


@dataclass(frozen=True)
class _Signal:
    """A value that depends on the input: a function of a row's output, applied to every number."""

    row: int
    function: Callable[[Tensor], Tensor]
    names: tuple[str, ...] = ()
    pad: tuple[int, str] = (0, "")


def _identity(t: Tensor) -> Tensor:
    return t


def layers_of(trace: Any) -> list[Row]:
    """The layers between the input and the results of a `trace` reply, in order.

    Raises TraceError for records that make no sense.
    """
    try:
        return _Reader(trace).read()
    except TraceError:
        raise
    except Exception as error:
        unread = say(
            "the record of the forward pass can't be read ({type})",
            "无法读取前向传播的记录（{type}）",
            type=type(error).__name__,
        )
        raise TraceError(unread) from error


def classify(function: Callable[[Tensor], Tensor], names: Sequence[str]) -> tuple[str, float | None]:
    """The activation that a function of single numbers is, and the slope of a leaky ReLU."""
    t = _GRID
    y = function(t.clone())
    if y.shape != t.shape or y.dtype != t.dtype:
        return ", ".join(names) or "unknown", None

    def same(other: Tensor) -> bool:
        return bool(torch.allclose(y, other, rtol=1e-5, atol=1e-6))

    if same(t):
        return "none", None
    for name, known in (("relu", torch.relu(t)), ("sigmoid", torch.sigmoid(t)), ("tanh", torch.tanh(t))):
        if same(known):
            return name, None
    slope = float(-function(torch.tensor([-1.0], dtype=t.dtype))[0])
    if same(torch.where(t > 0, t, slope * t)):
        return "leaky_relu", slope
    return ", ".join(names) or "unknown", None


class _Reader:
    def __init__(self, trace: Any) -> None:
        self.values: list[dict[str, Any]] = list(trace["values"])
        self.ops: list[dict[str, Any]] = list(trace["ops"])
        self.results = [number for number in trace["results"] if type(number) is int]
        if not self.results:
            raise TraceError(
                say(
                    "the result was not computed from the input by operations that can be followed",
                    "结果不是由输入经可追踪的运算得到的",
                )
            )
        self.producer = {number: index for index, op in enumerate(self.ops) for number in op["outputs"]}
        self.signals: dict[int, _Signal] = {number: _Signal(-1, _identity) for number in trace["inputs"]}
        self.uniform: dict[int, Tensor] = {}
        self.rows: list[Row] = []

    def read(self) -> list[Row]:
        for index in sorted(self._needed()):
            op = self.ops[index]
            if any(number in self.signals for number in _numbers(op["args"])):
                self._follow(op)
            elif _base(op["name"]) in RANDOM:
                continue  # noise reaches the data by an operation that is seen there
        ends = [self.signals[number] for number in self.results if number in self.signals]
        if not ends:
            raise TraceError(say("the result does not depend on the input", "结果与输入无关"))
        for end in {(signal.row, signal.names): signal for signal in ends}.values():
            self._finish(end, None)
        return _merge_heads(self.rows)

    def _needed(self) -> set[int]:
        needed: set[int] = set()
        waiting = list(self.results)
        while waiting:
            index = self.producer.get(waiting.pop())
            if index is not None and index not in needed:
                needed.add(index)
                waiting += _numbers(self.ops[index]["args"])
        return needed

    def _follow(self, op: dict[str, Any]) -> None:
        name, args = _base(op["name"]), op["args"]
        if name in UNIFORM:
            value = UNIFORM[name] if name in ("zeros_like", "ones_like") else float(args.get("fill_value", 0))
            self.uniform[op["outputs"][0]] = torch.tensor(value, dtype=torch.float64)
        elif name == "convolution":
            self._convolution(op, args)
        elif name in ("addmm", "mm", "bmm", "matmul", "linear"):
            self._linear(op, args, name)
        elif name in BATCH_NORMS:
            self._batch_norm(op, args)
        elif name in SHAPING or name in PIECES:
            signal = self._only_signal(op)
            if name == "slice" and self._crops(op) and op["outputs"][0] not in self.results:
                self._other(op, "crop", say("a crop", "裁剪"))
            else:
                self._pass(op, signal)
        elif name == "constant_pad_nd" and not args.get("value"):
            signal, pad = self._only_signal(op), args["pad"]
            if len(pad) == 4 and len(set(pad)) == 1 and pad[0] >= 0:
                self._pass(op, _Signal(signal.row, signal.function, signal.names, (pad[0], "")))
            else:
                self._other(op, "padding", say("a padding", "填充"))
        elif name in PADDING:
            signal, pad = self._only_signal(op), args["padding"]
            self._pass(op, _Signal(signal.row, signal.function, signal.names, (pad[0], PADDING[name])))
        elif name in POINTWISE:
            self._pointwise(op, name, args)
        else:
            self._other(op, name)

    # --- the kinds of operations ------------------------------------------------------------------

    def _convolution(self, op: dict[str, Any], args: dict[str, Any]) -> None:
        signal = self._signal(args["input"])
        weight = self._constant(args["weight"])
        transposed = bool(args["transposed"])
        bias = None if args.get("bias") is None else self._constant(args["bias"])
        padding: Any = _single(args["padding"])
        pad, mode = signal.pad
        if pad and not transposed and not mode:
            padding = padding + pad if isinstance(padding, int) else f"{padding} + {pad}"
        elif pad:
            padding = f"{pad} ({mode})" if mode else f"{padding} (input + {pad})"
        row = Row(
            "transposed_conv" if transposed else "conv",
            [self._shape(op)],
            kernel=_single(list(weight.shape[2:])),
            stride=_single(args["stride"]),
            padding=padding,
            output_padding=_single(args["output_padding"]) if transposed else None,
            weight=weight,
            bias=bias,
            source=signal.row,
        )
        if _single(args["dilation"]) != 1 or args["groups"] != 1:
            row.kind = f"{row.kind} (dilation {_single(args['dilation'])}, groups {args['groups']})"
        self._add(op, row, signal, args["input"])

    def _linear(self, op: dict[str, Any], args: dict[str, Any], name: str) -> None:
        data, other = {
            "addmm": ("mat1", "mat2"), "mm": ("self", "mat2"), "bmm": ("self", "mat2"),
            "matmul": ("self", "other"), "linear": ("input", "weight"),
        }[name]  # fmt: skip
        if self._number(args[data]) not in self.signals or self._number(args[other]) in self.signals:
            self._other(op, name)
            return
        signal = self._signal(args[data])
        weight = self._constant(args[other])
        bias = self._constant(args["self"]) if name == "addmm" else None
        if name == "linear":
            bias = None if args.get("bias") is None else self._constant(args["bias"])
        else:
            weight = weight.reshape(weight.shape[-2:]).t() if weight.dim() >= 2 else weight
        row = Row("linear", [self._shape(op)], weight=weight, bias=bias, source=signal.row)
        self._add(op, row, signal, args[data])

    def _batch_norm(self, op: dict[str, Any], args: dict[str, Any]) -> None:
        signal = self._signal(args["input"])
        self._finish(signal, None)
        if signal.row < 0:
            self._other(op, "batch_norm")
            return
        row = self.rows[signal.row]
        row.after.append("batch_norm")
        weight, bias = (
            None if args.get(key) is None else self._constant(args[key]) for key in ("weight", "bias")
        )
        row.norm = (weight, bias, float(args.get("eps") or args.get("epsilon") or 1e-5))
        self.signals[op["outputs"][0]] = _Signal(signal.row, _identity)

    def _pointwise(self, op: dict[str, Any], name: str, args: dict[str, Any]) -> None:
        numbers = _numbers(args)
        involved = [self.signals[number] for number in numbers if number in self.signals]
        if len({signal.row for signal in involved}) != 1:
            self._other(
                op,
                f"{name} of two branches",
                say("{name} of two branches", "两个分支的 {name} 运算", name=name),
            )
            return
        row = involved[0].row
        constants = {n: self._constant({"value": n}) for n in numbers if n not in self.signals}
        wide = [tensor for tensor in constants.values() if tensor.numel() != 1]
        if wide:
            if (
                name == "add"
                and len(wide) == 1
                and row >= 0
                and not involved[0].names
                and not self.rows[row].after
            ):
                self._add_bias(self.rows[row], wide[0])
                self._pass(op, involved[0])
            else:
                self._other(
                    op,
                    f"{name} with a tensor",
                    say("{name} with a tensor", "与张量的 {name} 运算", name=name),
                )
            return

        def function(t: Tensor) -> Tensor:
            inside = {
                number: self.signals[number].function(t) for number in numbers if number in self.signals
            }
            inside.update({number: tensor.reshape(()).to(t.dtype) for number, tensor in constants.items()})
            result = _run(op, inside)
            return (
                result.to(t.dtype) if isinstance(result, Tensor) and result.dtype == torch.float32 else result
            )

        names = max((signal.names for signal in involved), key=len)
        self.signals[op["outputs"][0]] = _Signal(row, function, (*names, name))

    def _other(self, op: dict[str, Any], name: str, words: Words = NO_WORDS) -> None:
        signals = [self.signals[number] for number in _numbers(op["args"]) if number in self.signals]
        for signal in signals:
            self._finish(signal, None)
        row = Row(name, [self._shape(op)], source=signals[0].row, words=words or as_is(name))
        self.rows.append(row)
        for number in op["outputs"]:
            self.signals[number] = _Signal(len(self.rows) - 1, _identity)

    # --- helpers ------------------------------------------------------------------------------------

    def _add(self, op: dict[str, Any], row: Row, signal: _Signal, argument: Any) -> None:
        self._finish(signal, tuple(self.values[self._number(argument)]["shape"][1:]))
        self.rows.append(row)
        self.signals[op["outputs"][0]] = _Signal(len(self.rows) - 1, _identity)

    def _finish(self, signal: _Signal, taken: tuple[int, ...] | None) -> None:
        """Writes down what came after the row of a signal, now that something reads it."""
        if signal.row < 0:
            return
        row = self.rows[signal.row]
        if taken is not None and not signal.pad[0]:
            row.shapes.append(taken)
        if signal.names:
            name, slope = classify(signal.function, signal.names)
            if name != "none" and (not row.after or row.after[-1] != name):
                row.after.append(name)
                row.slope = slope

    def _add_bias(self, row: Row, bias: Tensor) -> None:
        bias = bias.reshape(-1)
        row.bias = bias if row.bias is None else row.bias + bias

    def _pass(self, op: dict[str, Any], signal: _Signal) -> None:
        for number in op["outputs"]:
            self.signals[number] = signal
            if signal.row >= 0 and number in self.results:
                self.rows[signal.row].shapes.append(tuple(self.values[number]["shape"][1:]))

    def _crops(self, op: dict[str, Any]) -> bool:
        before = self.values[self._number(op["args"]["self"])]["shape"]
        return list(self.values[op["outputs"][0]]["shape"]) != list(before)

    def _only_signal(self, op: dict[str, Any]) -> _Signal:
        return next(self.signals[number] for number in _numbers(op["args"]) if number in self.signals)

    def _signal(self, argument: Any) -> _Signal:
        number = self._number(argument)
        if number not in self.signals:
            raise TraceError(
                say("a layer does not read what the layer before it gives", "某一层没有使用上一层的输出")
            )
        return self.signals[number]

    def _number(self, argument: Any) -> int:
        return int(argument["value"])

    def _shape(self, op: dict[str, Any]) -> tuple[int, ...]:
        return tuple(int(length) for length in self.values[op["outputs"][0]]["shape"][1:])

    def _constant(self, argument: Any) -> Tensor:
        """The content of a value that does not depend on the input."""
        number = self._number(argument)
        if number in self.signals:
            raise TraceError(say("weights are computed from the input", "权重是由输入计算出来的"))
        if number in self.uniform:
            return self.uniform[number]
        array = self.values[number].get("array")
        if isinstance(array, np.ndarray):
            return torch.from_numpy(array)
        index = self.producer.get(number)
        if index is None:
            raise TraceError(say("a weight is missing from the record", "记录中缺少某个权重"))
        op = self.ops[index]
        if _base(op["name"]) not in POINTWISE | SHAPING | FACTORIES | PIECES:
            raise TraceError(
                say(
                    "a weight is made by {operation}, which can't be followed",
                    "某个权重由 {operation} 运算产生，无法追踪",
                    operation=op["name"],
                )
            )
        inside = {n: self._constant({"value": n}) for n in _numbers(op["args"])}
        result = _run(op, inside)
        outputs = list(result) if isinstance(result, (tuple, list)) else [result]
        tensor: Tensor = outputs[op["outputs"].index(number)]
        return tensor


def _merge_heads(rows: list[Row]) -> list[Row]:
    """Two linear layers side by side at the end (one for mu, one for log sigma) are one of double width."""
    if len(rows) < 2:
        return rows
    first, second = rows[-2:]
    heads = (
        first.kind == second.kind == "linear"
        and first.source == second.source
        and first.after == second.after
    )
    if not heads or first.weight is None or second.weight is None:
        return rows
    width = first.shapes[0][-1] + second.shapes[0][-1]
    biases = [row.bias if row.bias is not None else torch.zeros(row.shapes[0][-1]) for row in (first, second)]
    merged = Row(
        "linear", [(width,)], after=first.after, slope=first.slope, source=first.source,
        weight=torch.cat([first.weight, second.weight]), bias=torch.cat(biases),
    )  # fmt: skip
    return [*rows[:-2], merged]


def _base(name: str) -> str:
    return name[:-1] if name.endswith("_") and not name.endswith("__") else name


def _numbers(value: Any) -> list[int]:
    """The values that arguments refer to, in order."""
    if isinstance(value, dict):
        if set(value) == {"value"} and type(value["value"]) is int:
            return [value["value"]]
        return [number for item in value.values() for number in _numbers(item)]
    if isinstance(value, (list, tuple)):
        return [number for item in value for number in _numbers(item)]
    return []


def _single(value: Any) -> Any:
    """3 for [3, 3]; a text for what differs by side."""
    items = [int(item) for item in value]
    return items[0] if len(set(items)) == 1 else " x ".join(str(item) for item in items)


def _run(op: dict[str, Any], tensors: dict[int, Tensor]) -> Any:
    """Runs one harmless operation on numbers of our own."""
    packet = getattr(torch.ops.aten, op["name"])
    overload = getattr(packet, op["overload"])

    def value(item: Any) -> Any:
        if isinstance(item, dict) and set(item) == {"value"}:
            return tensors[item["value"]]
        if isinstance(item, (list, tuple)):
            return [value(part) for part in item]
        return item

    positional, keywords = [], {}
    for argument in overload._schema.arguments:
        content = value(op["args"].get(argument.name))
        if str(argument.type) in ("Optional[int]", "int") and isinstance(content, str):
            content = None  # dtypes, layouts and devices cross as text
        if argument.kwarg_only:
            keywords[argument.name] = content
        else:
            positional.append(content)
    if op["name"].endswith("_") and isinstance(positional[0], Tensor):
        positional[0] = positional[0].clone()
    return overload(*positional, **{key: item for key, item in keywords.items() if item is not None})
