"""The layer tables: what each layer of a network is, and whether the table can be built at all."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from .base import Part, Text, duplicates, misplaced

LayerType = Literal["conv", "transposed_conv", "linear"]
Activation = Literal["none", "relu", "leaky_relu", "sigmoid", "tanh"]
Normalisation = Literal["none", "batch_norm"]
Dim = int | str  # a number, or a setting that stands for one: latent_dim, 2*latent_dim, num_channels

_EXPRESSION = re.compile(r"(?:(\d+)\s*\*\s*)?([a-z][a-z_]*)")


def evaluate(dim: Dim, settings: dict[str, int]) -> int:
    """The number that `dim` stands for, e.g. `2*latent_dim` with `{"latent_dim": 10}` is 20.

    Raises KeyError if `settings` lacks the name.
    """
    if isinstance(dim, int):
        return dim
    match = _EXPRESSION.fullmatch(dim)
    assert match is not None, dim  # the schema has made sure of it
    return int(match.group(1) or 1) * settings[match.group(2)]


def _check_dims(dims: list[Dim]) -> list[Dim]:
    if not 1 <= len(dims) <= 3:
        raise ValueError(
            f"found {len(dims)} numbers, expected a vector [n] or a volume [channels, height, width]"
        )
    for dim in dims:
        if isinstance(dim, int) and dim < 1:
            raise ValueError(f"found {dim}, expected sizes of at least 1")
        if isinstance(dim, str) and not _EXPRESSION.fullmatch(dim):
            raise ValueError(f"found {dim!r}, expected a number, a setting or a product such as 2*latent_dim")
    return dims


class Layer(Part):
    """One row of a layer table. Normalisation and activation come after the layer, in this order."""

    id: str
    type: LayerType
    output: list[Dim]
    kernel: int | None = Field(default=None, ge=1)
    stride: int | None = Field(default=None, ge=1)
    padding: int | None = Field(default=None, ge=0)
    output_padding: int | None = Field(default=None, ge=0)
    bias: bool | None = None  # None: the handout is silent, both are right
    normalisation: Normalisation = "none"
    activation: Activation = "none"
    negative_slope: float | None = None
    note: Text | None = None

    _dims = field_validator("output")(_check_dims)

    @model_validator(mode="after")
    def _geometry_fits_type(self) -> Layer:
        geometry = {"kernel": self.kernel, "stride": self.stride, "padding": self.padding}
        if self.type == "linear":
            given = [name for name, value in geometry.items() if value is not None]
            if given or self.output_padding is not None:
                raise ValueError(
                    f"found {', '.join(given) or 'output_padding'}, expected none for a linear layer"
                )
            return self
        missing = [name for name, value in geometry.items() if value is None]
        if missing:
            raise ValueError(
                f"found no {', '.join(missing)}, expected kernel, stride and padding for a convolution"
            )
        if len(self.output) != 3:
            raise ValueError(
                f"found the output {self.output}, expected [channels, height, width] for a convolution"
            )
        if self.type == "conv" and self.output_padding is not None:
            raise ValueError("found output_padding, expected it only for a transposed_conv")
        if (self.activation == "leaky_relu") != (self.negative_slope is not None):
            raise ValueError(
                "found activation and negative_slope apart, expected negative_slope with leaky_relu only"
            )
        return self

    def output_shape(self, settings: dict[str, int]) -> tuple[int, ...]:
        """The output volume without the batch, (n,) or (channels, height, width), for these settings."""
        return tuple(evaluate(dim, settings) for dim in self.output)

    def side_from(self, side: int) -> int:
        """Height (= width) that a convolution makes of an input of height `side`."""
        kernel, stride, padding = self.kernel or 1, self.stride or 1, self.padding or 0
        if self.type == "transposed_conv":
            return (side - 1) * stride - 2 * padding + kernel + (self.output_padding or 0)
        return (side + 2 * padding - kernel) // stride + 1


class Network(Part):
    """A network's table, e.g. the encoder: layers in the order in which data passes them."""

    id: str
    title: Text
    file: str  # file of the homework that it stands in
    input: list[Dim]  # without the batch
    given: bool = False  # complete in the starter, nothing to fill in
    layers: list[Layer] = Field(min_length=1)

    _dims = field_validator("input")(_check_dims)

    @model_validator(mode="after")
    def _volumes_follow(self) -> Network:
        repeated = duplicates([layer.id for layer in self.layers])
        if repeated:
            raise misplaced(("layers",), f"found the layer id {repeated[0]} twice, expected each once")
        volume = self.input
        for index, layer in enumerate(self.layers):
            if layer.type != "linear":
                if len(volume) != 3:
                    place = ("layers", index, "type")
                    raise misplaced(
                        place, f"found a convolution on the vector {volume}, expected a volume before it"
                    )
                if isinstance(volume[1], int):
                    side = layer.side_from(volume[1])
                    if layer.output[1:] != [side, side]:
                        found = f"found the output {layer.output[1]} x {layer.output[2]}"
                        size = f"{volume[1]} x {volume[2]}"
                        expected = f"expected {side} x {side}: {size} by kernel, stride and padding"
                        raise misplaced(("layers", index, "output"), f"{found}, {expected}")
            volume = layer.output
        return self

    def layer(self, layer_id: str) -> Layer:
        """The layer of that id. Raises KeyError if there is none."""
        return {layer.id: layer for layer in self.layers}[layer_id]


class ParameterCount(Part):
    """How many parameters the reference has, so that students can compare."""

    settings: dict[str, int]
    networks: list[str]
    count: int = Field(ge=1)


class Initialisation(Part):
    """Normal distributions that the weights are drawn from before training."""

    conv_mean: float
    conv_std: float = Field(gt=0)
    batch_norm_mean: float
    batch_norm_std: float = Field(gt=0)
    batch_norm_bias: float
