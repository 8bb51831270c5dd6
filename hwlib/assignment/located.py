"""YAML read so that every value knows the file and line it stands in."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import HomeworkError

Key = tuple[str | int, ...]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, by libyaml where it is there


@dataclass(frozen=True)
class Place:
    """File and line (from 1) of a key."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


@dataclass
class Located:
    """Plain data of a YAML file and the place of each key in it."""

    data: Any
    places: dict[Key, Place] = field(default_factory=dict)

    def place(self, key: Key) -> Place:
        """The place of `key`, or of the nearest key above it that stands in a file."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places[key]


def read_yaml(path: Path) -> Located:
    """Reads a YAML file.

    Raises HomeworkError for files that are missing, not UTF-8, not YAML, not a mapping, or that
    repeat a key (which YAML libraries otherwise resolve silently by taking the last).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise HomeworkError(
            f"{path} does not exist; expected the description of an assignment there."
        ) from None
    except UnicodeDecodeError as error:
        raise HomeworkError(
            f"{path}: found bytes that are not UTF-8 ({error.reason}). Save it as UTF-8."
        ) from None
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise HomeworkError(
            f"{path}, line {line}: this is not YAML ({error.problem}). Check the indentation, and put "
            "quotes around texts that contain ': ' or start with a special character."
        ) from None
    except yaml.YAMLError as error:
        raise HomeworkError(f"{path}: this is not YAML ({error}). Remove the characters it names.") from None
    if not isinstance(node, yaml.MappingNode):
        raise HomeworkError(f"{path}, line 1: found no keys, expected lines like `track: VAE`.")
    located = Located(None, {(): Place(path, 1)})
    located.data = _plain(node, (), path, located.places)
    return located


def _plain(node: yaml.Node, key: Key, path: Path, places: dict[Key, Place]) -> Any:
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            name = _scalar(key_node, path)
            line = key_node.start_mark.line + 1
            if name in mapping:
                before = places[(*key, name)].line
                raise HomeworkError(
                    f"{path}, line {line}, {dotted((*key, name))}: found this key a second time (first in "
                    f"line {before}), expected it once. Remove one of them."
                )
            places[(*key, name)] = Place(path, line)
            mapping[name] = _plain(value_node, (*key, name), path, places)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            places[(*key, index)] = Place(path, item.start_mark.line + 1)
            items.append(_plain(item, (*key, index), path, places))
        return items
    return _scalar(node, path)


def _scalar(node: yaml.Node, path: Path) -> Any:
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, yaml.YAMLError):
        line, kind = node.start_mark.line + 1, node.tag.rpartition(":")[2]
        raise HomeworkError(
            f"{path}, line {line}: found {node.value!r} ({kind}), expected a value of that kind. "
            "Put quotes around it if it is a text."
        ) from None


def dotted(key: Key, data: Any = None) -> str:
    """`key` as people write it: names and, where `data` has them, the ids of list elements."""
    parts: list[str] = []
    for part in key:
        data = step(data, part)
        parts.append(_label(data, part))
    return ".".join(parts)


def has(data: Any, part: str | int) -> bool:
    """Whether something stands under `part` in a mapping or list."""
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def step(data: Any, part: str | int) -> Any:
    """What stands under `part` in a mapping or list, None if nothing does."""
    return data[part] if has(data, part) else None


def resolve(data: Any, path: str) -> Key | None:
    """The key that a dotted path names; list elements by id, name, tag or number. None if there is none."""
    key: Key = ()
    for part in path.split("."):
        names = children(data)
        if part not in names:
            return None
        key = (*key, names[part])
        data = data[names[part]]
    return key


def children(data: Any) -> dict[str, str | int]:
    """What can follow in a dotted path: spelled name -> key or index."""
    if isinstance(data, dict):
        return {str(name): name for name in data}
    if isinstance(data, list):
        return {_label(item, index): index for index, item in enumerate(data)}
    return {}


def _label(item: Any, part: str | int) -> str:
    """How a dotted path spells `part`: elements of lists by what identifies them."""
    if isinstance(part, int) and isinstance(item, dict):
        for name in ("id", "name", "tag", "network", "path"):
            if isinstance(item.get(name), str):
                return str(item[name])
    return str(part)


def nearest(name: str, known: list[str]) -> str | None:
    """The known name that looks most like `name`, None if none does."""
    matches = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return matches[0] if matches else None
