"""Layer tables, numbers of parameters, and loss conventions."""

from __future__ import annotations

from collections.abc import Sequence

from hwlib.assignment import Assignment, Language, Layer
from hwlib.assignment.networks import Dim

from .formulas import inline_math
from .html_table import table
from .words import SYMBOLS, word


def volume(dims: Sequence[Dim]) -> str:
    """A volume with the symbols of the handout, e.g. 4h × 4 × 4."""
    return " × ".join(_dim(dim) for dim in dims)


def _dim(dim: Dim) -> str:
    if isinstance(dim, int):
        return str(dim)
    factor, _, name = dim.replace(" ", "").rpartition("*")
    return f"{factor}<i>{SYMBOLS.get(name, name)}</i>"


class NetworkTables:
    """Tables of what is computed."""

    def __init__(self, assignment: Assignment, language: Language) -> None:
        self.a, self.language = assignment, language

    def w(self, key: str) -> str:
        """A word in the handout's language."""
        return word(key, self.language)

    def layer_table(self, network_id: str) -> str:
        """The table of a network; columns that none of its layers uses are left out."""
        network = self.a.network(network_id)
        keys = ["kernel", "stride", "padding", "output_padding", "normalisation", "activation"]
        keys = [
            key for key in keys if any(getattr(layer, key) not in (None, "none") for layer in network.layers)
        ]
        if any(layer.output_padding for layer in network.layers) is False and "output_padding" in keys:
            keys.remove("output_padding")
        head = [self.w(key) for key in ("layer", "type", "output", *keys)]
        first = [self.w("input"), "", volume(network.input), *[""] * len(keys)]
        rows = [first] + [
            [layer.id, self.w(layer.type), volume(layer.output), *[self._cell(layer, key) for key in keys]]
            for layer in network.layers
        ]
        ids = [f"input-{network.id}", *[f"layer-{layer.id}" for layer in network.layers]]
        return table(head, rows, "layers", ids)

    def _cell(self, layer: Layer, key: str) -> str:
        value = getattr(layer, key)
        if value is None:
            return "" if layer.type == "linear" or key != "output_padding" else "0"
        if key == "activation" and layer.negative_slope is not None:
            return f"{self.w(value)} {layer.negative_slope:g}"
        return self.w(value) if isinstance(value, str) else str(value)

    def layer_notes(self, network_id: str) -> str:
        """Remarks on single layers, as a Markdown list."""
        notes = [(layer.id, layer.note) for layer in self.a.network(network_id).layers if layer.note]
        return "\n".join(f"- **{layer}**: {note.get(self.language)}" for layer, note in notes)

    def parameter_table(self) -> str:
        """How many parameters the reference has."""
        rows = []
        for count in self.a.parameters:
            settings = ", ".join(
                f"{name} {value}" for name, value in count.settings.items() if name != "num_channels"
            )
            names = [self.a.network(name).title.get(self.language) for name in count.networks]
            rows.append([self.w("comma").join(names), settings, f"{count.count:,}"])
        return table(
            [self.w("network_column"), self.w("settings"), self.w("parameters")], rows, "plain right3"
        )

    def loss_table(self) -> str:
        """Loss conventions: what is summed, what is averaged."""
        summed = any(loss.sum_over for loss in self.a.losses)
        rows = []
        for loss in self.a.losses:
            over = [
                self.w("comma").join(self._name(name) for name in names)
                for names in ([loss.sum_over] if summed else []) + [loss.average_over]
            ]
            zero = inline_math(loss.at_zero_formula) if loss.at_zero_formula else ""
            if zero and loss.at_zero:
                zero += f" ≈ {loss.at_zero:.4g}"
            rows.append([loss.title.get(self.language), *over, zero])
        keys = ("loss", *(["summed"] if summed else []), "averaged", "at_zero")
        return table([self.w(key) for key in keys], rows, "plain")

    def _name(self, name: str) -> str:
        return f"<code>{name}</code>" if "_" in name else self.w(name)
