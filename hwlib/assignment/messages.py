"""Validation errors as sentences: place, key, what was found, what was expected, what to do."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from .located import Located, dotted, has, nearest, step
from .model import Assignment

_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text (put quotes around it)",
    "list": "a list",
    "dict": "keys with values",
    "model": "keys with values",
    "datetime": "a date and time such as 2026-12-20T23:59:00+08:00",
}


def explain(error: ValidationError, located: Located) -> str:
    """One line per error, in the order of the file's lines."""
    lines: dict[str, tuple[str, int]] = {}
    for item in error.errors():
        key = _key_of((*item["loc"], *item.get("ctx", {}).get("at", [])), located.data)
        place = located.place(key)
        name = dotted(key, located.data)
        prefix = f"{place}, {name}: " if name else f"{place}: "
        lines.setdefault(prefix + _sentence(dict(item), key, located.data), (str(place.file), place.line))
    return "\n".join(sorted(lines, key=lambda line: lines[line]))


def _key_of(loc: tuple[int | str, ...], data: Any) -> tuple[int | str, ...]:
    """The part of pydantic's location that exists in the data (it also names alternatives of a union)."""
    key: list[int | str] = []
    for part in loc:
        if has(data, part):
            data = step(data, part)
            key.append(part)
    return tuple(key)


def _sentence(item: dict[str, Any], key: tuple[int | str, ...], data: Any) -> str:
    kind, context = str(item["type"]), item.get("ctx", {})
    found = _show(item["input"])
    if kind == "missing":
        return f"found no {item['loc'][-1]!r}, expected it here. Add a line `{item['loc'][-1]}: ...`."
    if kind == "extra_forbidden":
        known = _fields(item["loc"][:-1])
        match = nearest(str(item["loc"][-1]), known)
        hint = f"Did you mean {match!r}?" if match else "Remove it."
        return f"found a key that is not known here, expected one of {', '.join(known)}. {hint}"
    if kind == "literal_error":
        return f"found {found}, expected {context['expected']}. Choose one of them."
    if kind == "value_error":
        return f"{context['error']}. Change it."
    if kind == "misplaced":
        return f"{context['message']}. Change one of the two."
    if kind == "timezone_aware":
        return f"found {found} without a time zone, expected one. Add it at the end, e.g. +08:00."
    if kind == "string_pattern_mismatch":
        return f"found {found}, expected a text of the form {context['pattern']}. Change it."
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        words = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
        bound = next((f"{words[name]} {value:g}" for name, value in context.items() if name in words), "")
        return f"found {found}, expected {bound}. Change it."
    if kind in ("too_short", "too_long", "string_too_short"):
        return f"found {found}, expected {_length(context)}. Fill it in."
    for prefix, expected in _TYPES.items():
        if kind.startswith(prefix + "_") or kind == prefix + "_type":
            return f"found {found}, expected {expected}. Change it."
    return f"found {found}; {item['msg'][:1].lower()}{item['msg'][1:]}. Change it."


def _length(context: dict[str, Any]) -> str:
    if "min_length" in context:
        return f"at least {context['min_length']} of them" if context["min_length"] > 1 else "something here"
    return f"at most {context['max_length']} of them"


def _fields(loc: tuple[int | str, ...]) -> list[str]:
    """Names of the keys allowed at `loc`, from the schema."""
    model: Any = Assignment
    for part in loc:
        if isinstance(part, int):
            continue
        model = _part_of(model.model_fields[part].annotation) if part in model.model_fields else None
        if model is None:
            return []
    return list(model.model_fields)


def _part_of(annotation: Any) -> Any:
    arguments = get_args(annotation)
    if arguments:  # asked first: before Python 3.11, list[int] counts as a class
        return next(filter(None, map(_part_of, arguments)), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _show(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
