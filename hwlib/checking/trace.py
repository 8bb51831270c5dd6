"""Records the ATen operations of a forward pass, with the weights they use.

`nn.Sequential`, functional calls, loops over a ModuleList: below autograd they are all the same few
operations, and this is where the recorder sits (a `TorchDispatchMode`). The record is in single-assignment
form: every tensor that an operation reads or makes is a *value* with a number; an in-place operation makes a
new value. The parent follows the numbers from the result back to the input, and so leaves out what does not
contribute.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

MAX_OPS = 5_000
MAX_WEIGHT_BYTES = 64 << 20


class Recorder(TorchDispatchMode):
    """Records what runs under it.

    Args:
        named: parameters and buffers by name; values that share their memory get their name.
        inputs: the tensors of the call, in order.

    Attributes:
        values: [{kind, name, shape}], kind "input", "parameter", "frozen" (a parameter without gradients),
            "buffer", "constant" or "op".
        arrays: number of a parameter, buffer or constant -> its content before the operation ran.
        ops: [{name, overload, args, outputs}], args by their names in the operator's schema with defaults
            filled in; tensors in them are {"value": number}.
    """

    def __init__(self, named: dict[str, tuple[str, torch.Tensor]], inputs: list[torch.Tensor]) -> None:
        super().__init__()
        self.values: list[dict[str, Any]] = []
        self.arrays: dict[int, torch.Tensor] = {}
        self.ops: list[dict[str, Any]] = []
        self._numbers: dict[int, int] = {}
        self._alive: list[torch.Tensor] = []  # ids of tensors are only unique while they live
        self._names = {_address(tensor): (name, kind) for name, (kind, tensor) in named.items()}
        self._bytes = 0
        self.inputs = [self._new_value(tensor, "input") for tensor in inputs]

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if len(self.ops) >= MAX_OPS:
            raise RuntimeError(f"the forward pass runs more than {MAX_OPS} operations")
        kwargs = kwargs or {}
        name, overload, arguments = _schema(func)
        described: dict[str, Any] = {}
        for position, (argument, default) in enumerate(arguments):
            value = args[position] if position < len(args) else kwargs.get(argument, default)
            described[argument] = self._describe(value)
        result = func(*args, **kwargs)
        outputs = [self._new_value(item, "op") for item in _tensors(result)]
        self.ops.append({"name": name, "overload": overload, "args": described, "outputs": outputs})
        return result

    def number_of(self, tensor: torch.Tensor) -> int | None:
        """The number of the value that a tensor holds now, None for tensors that were not seen."""
        return self._numbers.get(id(tensor))

    def _describe(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            number = self._numbers.get(id(value))
            return {"value": self._new_leaf(value) if number is None else number}
        if isinstance(value, (list, tuple)):
            return [self._describe(item) for item in value]
        if value is None or type(value) in (bool, int, float, str):
            return value
        return str(value)  # dtypes, devices, layouts

    def _new_leaf(self, tensor: torch.Tensor) -> int:
        name, kind = self._names.get(_address(tensor), (None, "constant"))
        number = self._new_value(tensor, kind, name)
        size = tensor.numel() * tensor.element_size()
        if self._bytes + size <= MAX_WEIGHT_BYTES and tensor.device.type != "meta":
            self._bytes += size
            self.arrays[number] = tensor.detach().clone()
        return number

    def _new_value(self, tensor: torch.Tensor, kind: str, name: str | None = None) -> int:
        number = len(self.values)
        self._alive.append(tensor)
        self._numbers[id(tensor)] = number
        self.values.append({"kind": kind, "name": name, "shape": [int(length) for length in tensor.shape]})
        return number


@lru_cache(maxsize=1_000)
def _schema(func: Any) -> tuple[str, str, list[tuple[str, Any]]]:
    """An operator's name, its overload, and its arguments with their defaults."""
    name, _, overload = func.name().partition("::")[2].partition(".")
    arguments = [(argument.name, argument.default_value) for argument in func._schema.arguments]
    return name, overload or "default", arguments


def _address(tensor: torch.Tensor) -> tuple[int, int]:
    # A view of a whole parameter (a reshape, a transposition) has its storage and its offset.
    return tensor.untyped_storage().data_ptr(), int(tensor.storage_offset())


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in _tensors(item)]
    return []
