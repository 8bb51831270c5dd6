"""The regions between `# TODO START` and `# TODO END` and the checks that give their points."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from .base import Part, Text, duplicates, misplaced

Visibility = Literal["public", "hidden"]


class Check(Part):
    """One check of a region. Public ones come with the kit; hidden ones are known to students by name."""

    id: str
    title: Text
    visibility: Visibility
    points: float = Field(ge=0)


class Region(Part):
    """A TODO region of the starter."""

    id: str
    file: str
    number: int = Field(ge=1)  # of the region within its file, as in summary.txt: VAE.py:1
    title: Text
    points: float = Field(ge=0)
    optional: bool = False  # belongs to an optional question of the report; gives no points of its own
    task: Text  # what the student is to do, one or two sentences for the handout
    checks: list[Check] = []

    @property
    def label(self) -> str:
        """File and number, e.g. `VAE.py:2`."""
        return f"{self.file}:{self.number}"

    @model_validator(mode="after")
    def _points_add_up(self) -> Region:
        if self.optional and self.points:
            raise misplaced(
                ("points",),
                f"found {self.points:g} points, expected 0: the bonus stands at the report question",
            )
        repeated = duplicates([check.id for check in self.checks])
        if repeated:
            raise misplaced(("checks",), f"found the check id {repeated[0]} twice, expected each once")
        total = sum(check.points for check in self.checks)
        if self.checks and abs(total - self.points) > 1e-9:
            raise misplaced(
                ("points",), f"found {self.points:g} points, expected the sum of its checks, {total:g}"
            )
        return self
