"""The ATen operations of a record: what each kind does, and running the harmless ones.

Only operations on these lists are ever run in the parent.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

Op = dict[str, Any]  # as `hwlib.checking.trace.Recorder` describes it

POINTWISE = frozenset([
    "relu", "clamp", "clamp_min", "clamp_max", "leaky_relu", "sigmoid", "tanh", "exp", "neg", "add",
    "sub", "rsub", "mul", "div", "reciprocal", "abs", "maximum", "minimum", "where", "gt", "lt", "ge",
    "le", "pow", "sqrt", "rsqrt", "log", "log1p", "square", "elu", "gelu", "silu", "hardtanh",
    "hardsigmoid", "hardswish", "threshold", "softplus", "sign", "log_sigmoid_forward", "mish", "relu6",
    "masked_fill", "logical_not", "heaviside",
])  # fmt: skip
SHAPING = frozenset([
    "view", "_unsafe_view", "reshape", "flatten", "unsqueeze", "squeeze", "clone", "contiguous",
    "permute", "transpose", "t", "alias", "detach", "_reshape_alias", "lift_fresh", "_to_copy", "movedim",
    "numpy_T", "expand", "unflatten", "copy",
])  # fmt: skip
PIECES = frozenset([
    "split", "chunk", "split_with_sizes", "slice", "select", "unbind", "narrow", "tensor_split",
    "unsafe_chunk", "unsafe_split",
])  # fmt: skip
FACTORIES = frozenset([
    "zeros", "ones", "full", "scalar_tensor", "zeros_like", "ones_like", "full_like", "new_zeros",
    "new_ones",
])  # fmt: skip
UNIFORM = {"zeros_like": 0.0, "ones_like": 1.0, "full_like": 0.0}  # of a tensor's shape, not of its content
EMPTY = frozenset(["empty_like", "new_empty", "rand_like", "randn_like", "randint_like"])
"""Of a tensor's shape, not of its content; filled later, or with random numbers."""
DROPPING = frozenset(["bernoulli", "native_dropout"])
RANDOM = DROPPING | {
    "rand",
    "randn",
    "randint",
    "rand_like",
    "randn_like",
    "randint_like",
    "normal",
    "uniform",
    "exponential",
}
PADDING = {"reflection_pad2d": "reflect", "replication_pad2d": "replicate"}
BATCH_NORMS = frozenset([
    "native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training",
    "cudnn_batch_norm", "_batch_norm_with_update", "_batch_norm_no_update", "batch_norm",
])  # fmt: skip
OTHER_NORMS = {"native_group_norm": "group_norm", "native_layer_norm": "layer_norm"}


def base_name(name: str) -> str:
    return name[:-1] if name.endswith("_") and not name.endswith("__") else name


def numbers_in(value: Any) -> list[int]:
    """The values that arguments refer to, in order."""
    if isinstance(value, dict):
        if set(value) == {"value"} and type(value["value"]) is int:
            return [value["value"]]
        return [number for item in value.values() for number in numbers_in(item)]
    if isinstance(value, (list, tuple)):
        return [number for item in value for number in numbers_in(item)]
    return []


def run(op: dict[str, Any], tensors: dict[int, Tensor]) -> Any:
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
