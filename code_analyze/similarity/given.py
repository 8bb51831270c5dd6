"""The names that the starter fixes: what a student could not have called otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d]\w*")
_ATTRIBUTE = re.compile(r"(?<=[\w\])])\.([^\W\d]\w*)")


@dataclass(frozen=True)
class Given:
    """words: all names in the starter's code; attributes: those behind a dot, comments included (the
    comments name the attributes that a region must set)."""

    words: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, lines: Iterable[str]) -> Given:
        words: set[str] = set()
        attributes: set[str] = set()
        for line in lines:
            words.update(_WORD.findall(line.split("#")[0]))
            attributes.update(_ATTRIBUTE.findall(line))
        return cls(frozenset(words), frozenset(attributes))
