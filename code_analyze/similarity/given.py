"""The names that the starter fixes: what a student could not have called otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d]\w*")
_TRAINED = re.compile(r"(\w+) = [\w.]+\((\w+)\.parameters\(\)")
_FORWARD = re.compile(r"def forward\(self, ([^)]*)\)")
_ATTRIBUTE = re.compile(r"(?<=[\w\])])\.([^\W\d]\w*)")


@dataclass(frozen=True)
class Given:
    """words: all names in the starter's code; attributes: those behind a dot, comments included (the
    comments name the attributes that a region must set).

    trained: (optimiser, its network) by the names that the starter gives them; forwards: the parameters of
    each network.
    """

    words: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    trained: tuple[tuple[str, str], ...] = ()
    forwards: tuple[tuple[str, ...], ...] = ()

    def network(self, optimiser: str) -> str | None:
        """The network that an optimiser trains."""
        return dict(self.trained).get(optimiser)

    def place_of(self, name: str) -> int | None:
        """Where a network takes an argument of this name, if there is no doubt."""
        places = {each.index(name) for each in self.forwards if name in each}
        return places.pop() if len(places) == 1 else None

    def name_at(self, place: int) -> str | None:
        """The name of a network's argument at a place, if there is no doubt."""
        names = {each[place] for each in self.forwards if place < len(each)}
        return names.pop() if len(names) == 1 else None

    @classmethod
    def of(cls, lines: Iterable[str]) -> Given:
        words: set[str] = set()
        attributes: set[str] = set()
        trained: dict[str, str] = {}
        forwards: set[tuple[str, ...]] = set()
        for line in lines:
            trained.update(_TRAINED.findall(line))
            forwards.update(
                tuple(each.split("=")[0].split(":")[0].strip() for each in found.split(","))
                for found in _FORWARD.findall(line)
            )
            words.update(_WORD.findall(line.split("#")[0]))
            attributes.update(_ATTRIBUTE.findall(line))
        return cls(
            frozenset(words), frozenset(attributes), tuple(sorted(trained.items())), tuple(sorted(forwards))
        )
