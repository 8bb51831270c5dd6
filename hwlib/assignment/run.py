"""The run: flags of `main.py`, its quick mode, and what must appear in TensorBoard."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from .base import Part, Text, duplicates, misplaced

Value = bool | int | float | str | None


class Flag(Part):
    """A command-line flag of `main.py`."""

    name: str  # without dashes: latent_dim
    aliases: list[str] = []
    type: Literal["switch", "int", "float", "str"]
    default: Value
    choices: list[str] = []
    help: Text

    @model_validator(mode="after")
    def _default_has_type(self) -> Flag:
        types: dict[str, tuple[type, ...]] = {
            "switch": (bool,),
            "int": (int,),
            "float": (float, int),
            "str": (str,),
        }
        fits = isinstance(self.default, types[self.type]) and (self.type == "switch") == isinstance(
            self.default, bool
        )
        if self.default is not None and not fits:
            raise ValueError(f"found the default {self.default!r}, expected a value of type {self.type}")
        if self.choices and self.default is not None and self.default not in self.choices:
            raise ValueError(f"found the default {self.default!r}, expected one of {', '.join(self.choices)}")
        return self


class Curve(Part):
    """A scalar in TensorBoard."""

    tag: str
    meaning: Text


class ImageGroup(Part):
    """A group of pictures in TensorBoard."""

    tag: str
    meaning: Text


class Duration(Part):
    """Time to expect, for the handout."""

    what: Text
    laptop: Text
    gpu: Text | None = None


class Run(Part):
    """How the program is run."""

    flags: list[Flag] = Field(min_length=1)
    quick: dict[str, Value]  # settings that --quick changes; flags given explicitly win
    optimizer: Literal["adam"] = "adam"
    betas: list[float] = Field(min_length=2, max_length=2)
    models: list[dict[str, int]] = Field(min_length=1)  # settings of the models to train for the report
    curves: list[Curve] = Field(min_length=1)
    images: list[ImageGroup] = Field(min_length=1)
    durations: list[Duration] = []

    @model_validator(mode="after")
    def _names_are_unique_and_known(self) -> Run:
        names = [name for flag in self.flags for name in [flag.name, *flag.aliases]]
        curves, groups = [curve.tag for curve in self.curves], [group.tag for group in self.images]
        for section, found in (("flags", names), ("curves", curves), ("images", groups)):
            if duplicates(found):
                raise misplaced((section,), f"found {duplicates(found)[0]!r} twice, expected each once")
        used: list[tuple[tuple[str | int, ...], str]] = [(("quick", name), name) for name in self.quick]
        for index, settings in enumerate(self.models):
            used += [(("models", index, name), name) for name in settings]
        for place, name in used:
            if name not in names:
                raise misplaced(place, f"found the setting {name!r}, expected the name of a flag")
        return self

    def flag(self, name: str) -> Flag:
        """The flag of that name or alias. Raises KeyError if there is none."""
        return {key: flag for flag in self.flags for key in [flag.name, *flag.aliases]}[name]

    @property
    def defaults(self) -> dict[str, Value]:
        """Flag names with their defaults."""
        return {flag.name: flag.default for flag in self.flags}
