"""What a record is read into: rows, and the values that lie between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from hwlib.checking.words import NO_WORDS, Words


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
        after: what follows in order: "batch_norm" for any normalisation, and activations ("relu", ...).
        norms: the normalisations among them: "batch_norm", "batch_norm (eps 0.8)", "instance_norm", ...
        slope: of a leaky ReLU.
        weight, bias: as the layer used them; linear weights are [out, in].
        trained: whether the weight is made of a parameter of the model.
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
    norms: list[str] = field(default_factory=list)
    slope: float | None = None
    weight: Tensor | None = None
    trained: bool = True
    bias: Tensor | None = None
    norm: tuple[Tensor | None, Tensor | None, float] | None = None
    source: int = -1
    words: Words = NO_WORDS

    @property
    def normalisation(self) -> str:
        return ", ".join(self.norms) or "none"

    @property
    def activation(self) -> str:
        found = [step for step in self.after if step != "batch_norm"]
        return ", ".join(found) if found else "none"


@dataclass(frozen=True)
class Signal:
    """A value that depends on the input: a function of a row's output, applied to every number."""

    row: int
    function: Callable[[Tensor], Tensor]
    names: tuple[str, ...] = ()
    pad: tuple[int, str] = (0, "")


def identity(t: Tensor) -> Tensor:
    """Of a value that is its row's output as it stands."""
    return t


def merge_heads(rows: list[Row]) -> list[Row]:
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
        trained=first.trained and second.trained,
    )  # fmt: skip
    return [*rows[:-2], merged]
