"""The network of a layer table, with the weights that the trace of a submission shows.

Runs in the parent: what comes out is what the table says, so that only a network which is the table's gives
the same outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hwlib.checking.compare import shape_text
from hwlib.checking.layer_table import Wanted
from hwlib.checking.layers import Row
from hwlib.checking.mistakes import Problem
from hwlib.checking.words import Words, as_is, say

NONE = say("none", "没有")


class RebuildError(Exception):
    """The trace's weights do not fit into the table's layers."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.found.en)
        self.problem = problem


def outputs_of(found: Sequence[Row], wanted: Sequence[Wanted], x: np.ndarray) -> np.ndarray:
    """Outputs of the table's network in train mode (BatchNorm by the batch) for inputs [B, ...].

    Raises RebuildError where layers are missing or a weight has another shape.
    """
    if len(found) != len(wanted):
        raise RebuildError(Problem(_layers(wanted), _layers(found)))
    data = torch.from_numpy(x)
    with torch.no_grad():
        for row, line in zip(found, wanted, strict=True):
            data = _layer(row, line, data)
    result: np.ndarray = data.numpy()
    return result


def _layer(row: Row, line: Wanted, data: Tensor) -> Tensor:
    weight = _weight(row, line, data)
    bias = None if row.bias is None else row.bias.reshape(-1).to(weight.dtype)
    if line.type == "linear":
        data = F.linear(data.flatten(1), weight, bias)
    elif line.type == "conv":
        data = F.conv2d(data, weight, bias, line.stride or 1, line.padding or 0)
    else:
        data = F.conv_transpose2d(
            data, weight, bias, line.stride or 1, line.padding or 0, line.output_padding or 0
        )
    data = data.reshape(len(data), *line.output)
    if line.normalisation == "batch_norm":
        if row.norm is None:
            raise RebuildError(
                Problem(say("{layer}: a BatchNorm", "{layer}：有 BatchNorm", layer=line.id), NONE)
            )
        scale, shift, eps = row.norm
        data = F.batch_norm(data, None, None, scale, shift, True, 0.0, eps)
    if line.activation == "leaky_relu":
        return F.leaky_relu(data, line.slope or 0.01)
    known = {"none": lambda t: t, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}
    result: Tensor = known[line.activation](data)
    return result


def _weight(row: Row, line: Wanted, data: Tensor) -> Tensor:
    kernel = (line.kernel or 1, line.kernel or 1)
    channels = line.output[0]
    shape = {
        "linear": (int(np.prod(line.output)), data[0].numel()),
        "conv": (channels, data.shape[1], *kernel),
        "transposed_conv": (data.shape[1], channels, *kernel),
    }[line.type]
    if row.weight is None or tuple(row.weight.shape) != shape:
        wanted = say(
            "{layer}: weights of shape {shape}",
            "{layer}：权重的形状为 {shape}",
            layer=line.id,
            shape=shape_text(shape),
        )
        found = NONE if row.weight is None else as_is(shape_text(row.weight.shape))
        raise RebuildError(Problem(wanted, found))
    return row.weight


def _layers(rows: Sequence[object]) -> Words:
    return say("{count} layers", "{count} 层", count=len(rows))
