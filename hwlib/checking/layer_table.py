"""The layers that ran against the handout's layer table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from hwlib.assignment import Network
from hwlib.checking.compare import NOTHING, Replies, look
from hwlib.checking.layer_differences import COLUMNS, Difference, kind_words
from hwlib.checking.layer_mistakes import mistake_of
from hwlib.checking.layers import Row, TraceError, layers_of
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.verdict import LayerTable, TableCell, TableRow
from hwlib.checking.words import Words, joined, say


@dataclass(frozen=True)
class Wanted:
    """One row of the handout's table, with numbers for the settings of the run."""

    id: str
    type: str
    output: tuple[int, ...]
    kernel: int | None
    stride: int | None
    padding: int | None
    output_padding: int | None
    bias: bool | None
    normalisation: str
    activation: str
    slope: float | None
    settings: str = ""
    """Where the output depends on settings of the run: "2*latent_dim, latent_dim = 7"."""


def wanted_rows(network: Network, settings: dict[str, int]) -> tuple[Wanted, ...]:
    """The rows of a network of `assignment.yaml` for these settings."""
    return tuple(
        Wanted(
            layer.id, layer.type, layer.output_shape(settings), layer.kernel, layer.stride, layer.padding,
            (layer.output_padding or 0) if layer.type == "transposed_conv" else None,
            layer.bias, layer.normalisation, layer.activation, layer.negative_slope,
            _settings_text([dim for dim in layer.output if isinstance(dim, str)], settings),
        )
        for layer in network.layers
    )  # fmt: skip


def _settings_text(dims: Sequence[str], settings: dict[str, int]) -> str:
    named = [f"{name} = {value}" for name, value in settings.items() if any(name in dim for dim in dims)]
    return ", ".join([*(dim for dim in dims if dim not in settings), *named])


@dataclass(frozen=True)
class Layers:
    """The trace under the path `of` shows these layers in this order.

    Attributes:
        whole: path of a trace of the whole model, in which the network is looked for too (it may consist of
            several submodules), and `outputs`, those of its results that the network gives.
        unless: path of a trace; where that one shows these layers, and nothing but their output comes out of
            it, the whole model is not looked at.
        parameters: path of the whole model's `describe` reply: parameters that nothing uses are then found.
    """

    of: str
    title: Words
    rows: tuple[Wanted, ...]
    whole: str = ""
    outputs: tuple[int, ...] = ()
    parameters: str = ""
    unless: str = ""

    def judge(self, replies: Replies) -> Problem | None:
        first = self._judge(look(replies, self.of), replies)
        if first is None or not self.whole or (self.unless and self._alone(look(replies, self.unless))):
            return first
        second = self._judge(only_results(look(replies, self.whole), self.outputs), replies)
        if second is None or look(replies, self.of) is NOTHING:
            return second
        return first

    def _alone(self, trace: Any) -> bool:
        results = trace.get("results") if isinstance(trace, dict) else None
        if not isinstance(results, (list, tuple)) or len(results) != 1:
            return False
        try:
            return compare_layers(layers_of(trace), self.rows, self.title) is None
        except TraceError:
            return False

    def _judge(self, trace: Any, replies: Replies) -> Problem | None:
        try:
            found = layers_of(trace)
        except TraceError as error:
            wanted = say("the layers of the {network}'s table", "{network}结构表中的各层", network=self.title)
            return Problem(wanted, error.words)
        if compare_layers(found, self.rows, self.title) is None:
            return None  # and the whole model need not be traced
        return compare_layers(found, self.rows, self.title, self._unused(replies))

    def _unused(self, replies: Replies) -> list[str]:
        described = look(replies, f"{self.parameters}/parameters") if self.parameters else []
        values = look(replies, f"{self.whole}/values")
        if not isinstance(described, (list, tuple)) or not isinstance(values, (list, tuple)):
            return []
        used = {value.get("name") for value in values if isinstance(value, dict)}
        names = [item.get("name") for item in described if isinstance(item, dict)]
        return [str(name) for name in names if name not in used]


def only_results(trace: Any, outputs: Sequence[int]) -> Any:
    """A trace with the results at these positions only; NOTHING where it has none there."""
    results = trace.get("results") if isinstance(trace, dict) else None
    if not isinstance(results, (list, tuple)) or len(results) <= max(outputs, default=0):
        return NOTHING
    return {**trace, "results": [results[position] for position in outputs]}


def compare_layers(
    found: Sequence[Row], wanted: Sequence[Wanted], title: Words, unused: Sequence[str] = ()
) -> Problem | None:
    """The first difference between what ran and the table, with both tables side by side; None if there is
    none.
    """
    differences: list[Difference] = []
    untrained: list[str] = []
    rows: list[TableRow] = []
    for row, line in _aligned(found, wanted):
        cells = _cells(row, line)
        if row is None and line is not None:
            differences.append(
                Difference(line.id, "layer", "", "", what=_summary(kind_words(line.type), line.output))
            )
            rows.append(TableRow(layer=line.id, state="missing", cells=cells))
        elif row is not None and line is None:
            differences.append(
                Difference(
                    "", "layer", "", "", what=_summary(row.words or kind_words(row.kind), row.shapes[0])
                )
            )
            rows.append(TableRow(layer="", state="extra", cells=cells))
        elif row is not None and line is not None:
            off = [(column, cell) for column, cell in zip(COLUMNS, cells, strict=True) if cell.differs]
            last = line is wanted[-1]
            differences += [
                Difference(line.id, column, cell.found, cell.expected, last, settings=line.settings)
                for column, cell in off
            ]
            if (
                line.normalisation == row.normalisation == "batch_norm"
                and row.after[0] != "batch_norm"
                and not off
            ):
                differences.append(
                    Difference(line.id, "order", ", ".join(row.after), "batch_norm, then the activation")
                )
                off = [("order", cells[-1])]
            if line.bias is not None and line.bias != (row.bias is not None) and row.weight is not None:
                differences.append(Difference(line.id, "bias", _yes(row.bias is not None), _yes(line.bias)))
                off = [("bias", cells[0])]
            if row.weight is not None and not row.trained:
                untrained.append(line.id)
            rows.append(TableRow(layer=line.id, state="differs" if off else "same", cells=cells))
    if untrained:
        differences.append(Difference(", ".join(untrained), "weights", "unregistered", "registered"))
    if not differences:
        return None
    mistake: Mistake | None = mistake_of(differences, unused)
    table = LayerTable(title=title.en, columns=tuple(COLUMNS), rows=tuple(rows))
    expected = joined([difference.expected_text for difference in differences[:3]])
    shown = [difference.found_text for difference in differences[:3]]
    if len(differences) > 3:
        count = len(differences) - 3
        shown.append(say("and {count} more differences", "另有 {count} 处不同", count=count))
    return Problem(expected, joined(shown), mistake, table=table)


def _aligned(found: Sequence[Row], wanted: Sequence[Wanted]) -> list[tuple[Row | None, Wanted | None]]:
    if len(found) == len(wanted):
        return list(zip(found, wanted, strict=True))
    kinds = {line.type for line in wanted} | {"conv", "transposed_conv", "linear"}
    known = [row for row in found if row.kind in kinds]
    if len(known) == len(wanted):
        lines = dict(zip((id(row) for row in known), wanted, strict=True))
        return [(row, lines.get(id(row))) for row in found]
    # The output volumes tell best which layer is which.
    keys = [(line.type, line.output) for line in wanted]
    seen = [(row.kind, _shape(row, None)) for row in found]
    for index, row in enumerate(found):
        seen[index] = next(
            ((row.kind, shape) for shape in row.shapes if (row.kind, shape) in keys), seen[index]
        )
    pairs: list[tuple[Row | None, Wanted | None]] = []
    for tag, i, j, k, m in SequenceMatcher(None, seen, keys, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and j - i == m - k):
            pairs += list(zip(found[i:j], wanted[k:m], strict=True))
        else:
            pairs += [(row, None) for row in found[i:j]] + [(None, line) for line in wanted[k:m]]
    return pairs


def _shape(row: Row, line: Wanted | None) -> tuple[int, ...]:
    if line is not None and line.output in row.shapes:
        return line.output
    return row.shapes[0]


def _cells(row: Row | None, line: Wanted | None) -> tuple[TableCell, ...]:
    found = _properties(row, line) if row is not None else [""] * len(COLUMNS)
    expected = _wanted_properties(line) if line is not None else [""] * len(COLUMNS)
    both = row is not None and line is not None
    return tuple(
        TableCell(found=one, expected=other, differs=both and one != other)
        for one, other in zip(found, expected, strict=True)
    )


def _properties(row: Row, line: Wanted | None) -> list[str]:
    activation = row.activation
    if activation == "leaky_relu" and row.slope is not None:
        activation = f"leaky_relu {row.slope:.4g}"
    return [
        row.kind, _volume(_shape(row, line)), _text(row.kernel), _text(row.stride), _text(row.padding),
        _text(row.output_padding), row.normalisation, activation,
    ]  # fmt: skip


def _wanted_properties(line: Wanted) -> list[str]:
    activation = line.activation if line.slope is None else f"{line.activation} {line.slope:.4g}"
    return [
        line.type, _volume(line.output), _text(line.kernel), _text(line.stride), _text(line.padding),
        _text(line.output_padding), line.normalisation, activation,
    ]  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _volume(shape: Sequence[int]) -> str:
    return " x ".join(str(length) for length in shape)


def _summary(kind: Words, shape: Sequence[int]) -> Words:
    return say("{kind} to {volume}", "{kind}，输出 {volume}", kind=kind, volume=_volume(shape))
