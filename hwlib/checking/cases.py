"""A check as data: what to ask a worker, what to expect of its replies. Can be stored without any source.

The public checks of the kit are stored cases (numbers that the reference gave on fixed inputs); the grader
builds the same cases anew for every student, with hidden inputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from hwlib.checking.expect import Array, Expectation, Flows, Items, Says, Scalar, Trainable
from hwlib.checking.expect_numbers import Close, Differs, Either, Sum
from hwlib.checking.initial import Drawn
from hwlib.checking.layer_table import Layers, Wanted
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.noise import Gaussian
from hwlib.checking.steps import Reply, Step
from hwlib.checking.values import Ref
from hwlib.checking.words import NO_WORDS, Words
from hwlib.errors import HomeworkError
from hwlib.files import atomic_write_bytes


@dataclass(frozen=True)
class Case:
    """One check: its steps, and what to expect in the order in which it is judged."""

    check: str
    steps: tuple[Step, ...]
    expect: tuple[Expectation, ...]
    hint: Words = NO_WORDS
    handout: str = ""
    needs: tuple[str, ...] = field(default=())

    def judge(self, replies: dict[str, Any]) -> Problem | None:
        """The first thing that is wrong with the replies, None if nothing is."""
        for expectation in self.expect:
            problem = expectation.judge(replies)
            if problem is not None:
                return problem
        return None


_KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Array,
        Case,
        Close,
        Differs,
        Drawn,
        Either,
        Flows,
        Gaussian,
        Items,
        Layers,
        Mistake,
        Ref,
        Reply,
        Says,
        Scalar,
        Step,
        Sum,
        Trainable,
        Wanted,
        Words,
    )
}
_FORMAT = 1


def save_cases(path: Path, cases: Iterable[Case]) -> None:
    """Writes cases to one safetensors file: JSON in its metadata, the arrays beside it."""
    atomic_write_bytes(path, dump_cases(cases))


def dump_cases(cases: Iterable[Case]) -> bytes:
    """The bytes of `save_cases`."""
    arrays: dict[str, np.ndarray] = {}
    body = json.dumps({"format": _FORMAT, "cases": [_encode(case, arrays) for case in cases]})
    arrays["cases.json"] = np.frombuffer(body.encode("utf-8"), dtype=np.uint8)
    return bytes(save_arrays(arrays))


def load_cases(path: Path) -> list[Case]:
    """Reads what `save_cases` wrote.

    Raises:
        HomeworkError: no such file, or not one of this version.
    """
    try:
        return parse_cases(path.read_bytes())
    except FileNotFoundError:
        raise HomeworkError(
            f"{path} is missing: the public checks of this track are not here. Unpack the kit once more."
        ) from None
    except Exception as error:
        raise HomeworkError(
            f"{path} can't be read as the public checks ({type(error).__name__}: {error}). "
            "Unpack the kit once more."
        ) from error


def parse_cases(data: bytes) -> list[Case]:
    """The cases in the bytes of a file. Raises ValueError, KeyError or TypeError for anything else."""
    arrays = load_arrays(data)
    body = json.loads(arrays.pop("cases.json").tobytes())
    if body["format"] != _FORMAT:
        raise ValueError(f"format {body['format']}, expected {_FORMAT}")
    return [_decode(case, arrays) for case in body["cases"]]


def _encode(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        name = f"a{len(arrays):04d}"
        arrays[name] = np.ascontiguousarray(value)
        return {"array": name}
    if is_dataclass(value) and not isinstance(value, type):
        inside = {item.name: _encode(getattr(value, item.name), arrays) for item in fields(value)}
        return {"is": type(value).__name__, **inside}
    if isinstance(value, dict):
        return {"map": {key: _encode(item, arrays) for key, item in value.items()}}
    if isinstance(value, (tuple, list)):
        return [_encode(item, arrays) for item in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{type(value).__name__} can't be stored in a case")


def _decode(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item, arrays) for item in value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "map" in value:
        return {key: _decode(item, arrays) for key, item in value["map"].items()}
    kind = _KINDS[value["is"]]
    return kind(**{name: _decode(item, arrays) for name, item in value.items() if name != "is"})
