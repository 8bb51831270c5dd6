"""What the parent can ask of a worker. Each operation is a method `op_<name>`; its docstring is its manual.

Nothing here knows a track, an expected answer or a check: these are the few things that one does with Python
objects and tensors. Values keep their names ("as") in the worker, so that later requests can refer to them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from hwlib.checking.operations.base import EngineError, StudentCodeError
from hwlib.checking.operations.calling import Calling
from hwlib.checking.operations.making import Making
from hwlib.checking.operations.running import Running
from hwlib.checking.operations.state import State

__all__ = ["EngineError", "Operations", "StudentCodeError"]


class Operations(Making, Calling, State, Running):
    """All operations on one student's folder."""

    def run(self, op: str, params: dict[str, Any]) -> dict[str, Any]:
        """Runs one operation and returns its reply. Raises StudentCodeError or EngineError."""
        method: Callable[..., dict[str, Any]] | None = getattr(self, f"op_{op}", None)
        if method is None:
            raise EngineError(f"unknown operation {op!r}")
        unknown = params.keys() - _parameters(f"op_{op}")
        if unknown:
            raise EngineError(f"{op} has no parameter {', '.join(sorted(unknown))}")
        try:
            return method(**params)
        except TypeError as error:
            raise EngineError(f"{op}: {error}") from error


@cache
def _parameters(method: str) -> frozenset[str]:
    return frozenset(inspect.signature(getattr(Operations, method)).parameters) - {"self", "keep"} | {"as"}
