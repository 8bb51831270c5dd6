"""The record of a forward pass, as it came from a worker: its values and operations, looked at with care."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hwlib.checking.layers.aten import (
    DROPPING,
    FACTORIES,
    PIECES,
    POINTWISE,
    RANDOM,
    SHAPING,
    Op,
    base_name,
    numbers_in,
    run,
)
from hwlib.checking.layers.rows import TraceError
from hwlib.checking.words import say


class Record:
    """A `trace` reply (see `hwlib.checking.trace.Recorder`).

    Attributes:
        ops: in the order in which they ran.
        inputs, results: the numbers of those values.
        uniform: number -> the one number that fills a value which has a tensor's shape, not its content.

    Raises TraceError where nothing leads to a result.
    """

    def __init__(self, trace: Any) -> None:
        self.ops: list[Op] = list(trace["ops"])
        self.inputs: list[int] = list(trace["inputs"])
        self.results = [number for number in trace["results"] if type(number) is int]
        self.uniform: dict[int, Tensor] = {}
        self._values: list[dict[str, Any]] = list(trace["values"])
        self._arrays: dict[int, Any] = dict(trace["arrays"])
        if not self.results:
            raise TraceError(
                say(
                    "the result was not computed from the input by operations that can be followed",
                    "结果不是由输入经可追踪的运算得到的",
                )
            )
        self._producer = {number: index for index, op in enumerate(self.ops) for number in op["outputs"]}

    def needed(self) -> list[Op]:
        """The operations that the results are made by, in order."""
        needed: set[int] = set()
        waiting = list(self.results)
        while waiting:
            index = self._producer.get(waiting.pop())
            if index is not None and index not in needed:
                needed.add(index)
                waiting += numbers_in(self.ops[index]["args"])
        return [self.ops[index] for index in sorted(needed)]

    def shape(self, number: int) -> tuple[int, ...]:
        """Of a value, without the batch."""
        return tuple(int(length) for length in self._values[number]["shape"][1:])

    def full_shape(self, number: int) -> list[int]:
        """Of a value, with the batch."""
        return list(self._values[number]["shape"])

    def trained(self, number: int) -> bool:
        """Whether a value is made of a parameter that an optimizer of the model would change."""
        leaves = [n for n in self._sources(number) if n not in self._producer]
        return any(self._values[leaf]["kind"] == "parameter" for leaf in leaves)

    def noise_in(self, number: int) -> str:
        """The random numbers that a value is made of: "dropout", "noise", or "" for none."""
        sources = [self._producer[n] for n in self._sources(number) if n in self._producer]
        names = {base_name(self.ops[index]["name"]) for index in sources}
        return "dropout" if names & DROPPING else "noise" if names & RANDOM else ""

    def _sources(self, number: int) -> set[int]:
        """A value and all values that it is made of."""
        found: set[int] = set()
        waiting = [number]
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                if number in self._producer:
                    waiting += numbers_in(self.ops[self._producer[number]]["args"])
        return found

    def constant(self, number: int, moving: Container[int]) -> Tensor:
        """The content of a value that does not depend on the input, as those in `moving` do.

        Raises TraceError where it does, or is not in the record and can't be made from what is.
        """
        if number in moving:
            raise TraceError(say("weights are computed from the input", "权重是由输入计算出来的"))
        if number in self.uniform:
            return self.uniform[number]
        array = self._arrays.get(number)
        if isinstance(array, np.ndarray):
            return torch.from_numpy(array)
        index = self._producer.get(number)
        if index is None:
            raise TraceError(say("a weight is missing from the record", "记录中缺少某个权重"))
        op = self.ops[index]
        if base_name(op["name"]) not in POINTWISE | SHAPING | FACTORIES | PIECES:
            raise TraceError(
                say(
                    "a weight is made by {operation}, which can't be followed",
                    "某个权重由 {operation} 运算产生，无法追踪",
                    operation=op["name"],
                )
            )
        inside = {n: self.constant(n, moving) for n in numbers_in(op["args"])}
        result = run(op, inside)
        outputs = list(result) if isinstance(result, (tuple, list)) else [result]
        tensor: Tensor = outputs[op["outputs"].index(number)]
        return tensor
