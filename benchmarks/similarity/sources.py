"""Who copied from whom in a class: what a pair is, a copy with its source or two copies of one."""

from __future__ import annotations

Sources = dict[str, set[str]]  # name of a copy -> the names of those it was copied from


def is_true(pair: frozenset[str], sources: Sources) -> bool:
    """Whether one of the pair was copied from the other."""
    return any(sources.get(name, set()) & pair for name in pair)


def of_one_source(pair: frozenset[str], sources: Sources) -> bool:
    """Whether the pair are two copies of the same source: neither a hit nor honest."""
    one, other = pair
    return bool(sources.get(one, set()) & sources.get(other, set()))
