"""Yearly variants: a small file that overrides single keys of `assignment.yaml`.

    # handouts/VAE/variants/2025.yaml
    year: 2025
    set:
      late.penalty_percent_per_day: 20
      networks.encoder.layers.Enc-3.activation: leaky_relu

Elements of lists are named by their id (flags by their name, curves by their tag). Last year's file
stays in the folder, so last year's submissions can be graded again with `--variant 2025`.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from ..errors import HomeworkError
from .located import Key, Located, Place, children, nearest, read_yaml, resolve

FOLDER = "variants"


def variant_names(folder: Path) -> list[str]:
    """Names of the variants in a track's handout folder, sorted."""
    return sorted(path.stem for path in (folder / FOLDER).glob("*.yaml"))


def apply_variant(base: Located, folder: Path, name: str) -> Located:
    """`base` with the keys of variant `name` put in; `base` itself stays as it is.

    Raises HomeworkError if there is no such variant or if it sets a key that the base does not have.
    """
    path = folder / FOLDER / f"{name}.yaml"
    if name not in variant_names(folder):
        known = ", ".join(variant_names(folder)) or "none"
        raise HomeworkError(
            f"found no variant {name!r} of {folder} (there are: {known}). Use one of them, or write {path}."
        )
    variant = read_yaml(path)
    unknown = [key for key in variant.data if key not in ("year", "set")]
    if unknown:
        raise HomeworkError(
            f"{variant.place((unknown[0],))}: found the key {unknown[0]!r}, expected `year` and `set`. "
            "Put overridden keys under `set:` with their full path, e.g. late.grace_minutes: 30."
        )
    changes = variant.data.get("set") or {}
    if not isinstance(changes, dict):
        raise HomeworkError(
            f"{variant.place(('set',))}, set: found {changes!r}, expected keys with their values. "
            "Write for example `late.grace_minutes: 30` below it."
        )
    merged = Located(copy.deepcopy(base.data), dict(base.places))
    if "year" in variant.data:
        merged.data["year"] = variant.data["year"]
        merged.places[("year",)] = variant.place(("year",))
    for dotted_path, value in changes.items():
        place = variant.place(("set", dotted_path))
        _override(merged, str(dotted_path), value, place)
        _move_places(merged, variant, dotted_path, resolve(merged.data, str(dotted_path)) or ())
    return merged


def _override(merged: Located, path: str, value: Any, place: Place) -> None:
    key = resolve(merged.data, path)
    if key is None:
        raise HomeworkError(f"{place}, {path}: {_what_is_missing(merged.data, path)}")
    target = merged.data
    for part in key[:-1]:
        target = target[part]
    # An element of a list keeps its id, which the path has named already.
    target[key[-1]] = copy.deepcopy(value)
    for old in [known for known in merged.places if known[: len(key)] == key]:
        del merged.places[old]
    merged.places[key] = place


def _move_places(merged: Located, variant: Located, name: str, key: Key) -> None:
    start: Key = ("set", name)
    for known, place in variant.places.items():
        if known[:2] == start:
            merged.places[(*key, *known[2:])] = place


def _what_is_missing(data: Any, path: str) -> str:
    parts = path.split(".")
    for index in range(len(parts)):
        if resolve(data, ".".join(parts[: index + 1])) is None:
            above = resolve(data, ".".join(parts[:index])) if index else ()
            for part in above or ():
                data = data[part]
            names = list(children(data))
            match = nearest(parts[index], names)
            hint = (
                f"Did you mean {match!r}?"
                if match
                else "A variant changes keys that assignment.yaml already has."
            )
            expected = f"one of {', '.join(names)}" if names else "nothing below this value"
            return f"found the key {parts[index]!r}, expected {expected}. {hint}"
    raise AssertionError(path)
