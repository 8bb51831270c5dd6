"""The mistake behind differences from a layer table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hwlib.checking.mistakes import Mistake


@dataclass(frozen=True)
class Difference:
    """One property of one layer that is not as in the table. `layer` is "" for a layer that the table
    lacks.
    """

    layer: str
    column: str
    found: str
    expected: str
    last: bool = False

    @property
    def expected_text(self) -> str:
        if self.column == "layer":
            return f"{self.layer} ({self.expected})" if self.layer else "no further layer"
        return f"{self.layer}: {self.column} {self.expected or 'none'}"

    @property
    def found_text(self) -> str:
        if self.column == "layer":
            return f"no {self.layer}" if self.layer else f"a layer that the table does not have: {self.found}"
        return f"{self.layer}: {self.column} {self.found or 'none'}"


def mistake_of(differences: Sequence[Difference], unused: Sequence[str] = ()) -> Mistake | None:
    """The mistake that explains the differences, by the most telling of them; None if it has no name."""
    first = differences[0]
    missing = [d for d in differences if d.column == "layer" and d.layer]
    extra = [d for d in differences if d.column == "layer" and not d.layer]
    if missing:
        names = ", ".join(d.layer for d in missing)
        if unused:
            return Mistake(
                "unused_layers",
                f"{names} is defined but data does not pass through it",
                f"{len(unused)} parameters ({', '.join(unused[:3])}) do not take part in the forward pass.",
            )
        return Mistake(
            "layer_missing", f"{names} is missing", "Every row of the table is one layer, in this order."
        )
    if extra:
        return Mistake(
            "extra_layer", f"a layer that the table does not have: {extra[0].found}",
            "The network has exactly the layers of the table.",
        )  # fmt: skip
    for column in ("type", "output", "padding", "kernel", "stride", "output padding"):
        for difference in differences:
            if difference.column == column:
                return _geometry(difference, differences)
    for rule in (_normalisation, _activation):
        for difference in differences:
            mistake = rule(difference)
            if mistake is not None:
                return mistake
    if first.column == "bias":
        return Mistake(
            "wrong_bias", f"{first.layer} should have {'a' if first.expected == 'yes' else 'no'} bias"
        )
    return None


def _geometry(difference: Difference, differences: Sequence[Difference]) -> Mistake:
    layer = difference.layer
    columns = {d.column for d in differences if d.layer == layer}
    if difference.column == "type":
        return Mistake(
            "wrong_layer_type",
            f"{layer} is a {difference.found} in place of a {difference.expected}".replace("_", " "),
            "The table's column `type` says which kind of layer each row is.",
        )
    if difference.column == "output":
        same_side = difference.found.split(" x ")[1:] == difference.expected.split(" x ")[1:]
        if same_side:
            return Mistake(
                "wrong_channels",
                f"{layer} has {difference.found.split(' x ')[0]} output channels in place of "
                f"{difference.expected.split(' x ')[0]}",
                "The first number of the table's output volume is the number of channels.",
            )
        return Mistake(
            "wrong_volume", f"{layer} gives {difference.found} in place of {difference.expected}",
            "Kernel, stride and padding of the row make the table's output volume.",
        )  # fmt: skip
    if difference.column == "padding" and "(" in difference.found:
        return Mistake(
            "padding_mode",
            f"{layer} pads with other numbers than zeros",
            "The table's padding is zero padding.",
        )
    return Mistake(
        "geometry_keeps_shape",
        f"{layer} has another {' and '.join(sorted(columns - {'output', 'type'}))} that happens "
        "to give the same volume",
        "Kernel, stride and padding are those of the table, not others with the same output volume.",
    )


def _normalisation(difference: Difference) -> Mistake | None:
    if difference.column == "order":
        return Mistake(
            "batch_norm_after_activation", f"BatchNorm stands after the activation in {difference.layer}",
            "Within a row: the layer, then its normalisation, then its activation.",
        )  # fmt: skip
    if difference.column != "normalisation":
        return None
    if difference.expected == "batch_norm":
        return Mistake(
            "batch_norm_missing", f"{difference.layer} has no BatchNorm",
            "Rows with the normalisation batch_norm have a BatchNorm2d after the layer.",
            f"{difference.layer} 缺少 BatchNorm",
        )  # fmt: skip
    return Mistake(
        "batch_norm_extra", f"{difference.layer} has a BatchNorm that the table does not have",
        "Rows with the normalisation none have no BatchNorm.",
    )  # fmt: skip


def _activation(difference: Difference) -> Mistake | None:
    if difference.column != "activation":
        return None
    layer, found, expected = difference.layer, difference.found, difference.expected
    if expected == "none":
        if found == "relu" and difference.last:
            return Mistake(
                "relu_after_last_layer", f"ReLU after {layer}",
                f"{layer} has no activation: its output has both signs.", f"{layer} 之后多了 ReLU",
            )  # fmt: skip
        return Mistake(
            "extra_activation", f"an activation ({found}) after {layer}", f"{layer} has no activation."
        )
    if found == "none":
        return Mistake(
            "activation_missing", f"{expected} is missing after {layer}",
            f"The table's column `activation` asks for {expected}.", f"{layer} 之后缺少 {expected}",
        )  # fmt: skip
    if found == f"relu, {expected}":
        return Mistake(
            "relu_before_last_activation", f"ReLU before the {expected} of {layer}",
            f"{layer} has a single activation, {expected}: after a ReLU it can't reach half of its range.",
        )  # fmt: skip
    if found.startswith("leaky_relu") and expected == "relu":
        return Mistake(
            "leaky_relu_for_relu", f"LeakyReLU in place of ReLU in {layer}",
            "The table asks for ReLU here; LeakyReLU belongs to the discriminator.",
        )  # fmt: skip
    return Mistake(
        f"{found.split(' ')[0].strip(',')}_for_{expected.split(' ')[0]}",
        f"{found} in place of {expected} in {layer}",
        f"The table's column `activation` asks for {expected}.",
    )
