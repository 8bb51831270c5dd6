"""Stand-ins for the objects that a student's class is given: a data set, a TensorBoard writer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Stub:
    """An object with given attributes whose methods return given values in turn and record their calls.

    A method without values of its own returns None, so a writer needs none at all.
    """

    def __init__(self, attributes: dict[str, Any], methods: dict[str, list[Any]]) -> None:
        self.__dict__.update(attributes)
        self.__dict__["_stub"] = (methods, {}, [])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        methods, counts, calls = self.__dict__["_stub"]
        values = methods.get(name) or [None]

        def method(*args: Any, **kwargs: Any) -> Any:
            calls.append((name, list(args), kwargs))
            counts[name] = counts.get(name, -1) + 1
            return values[counts[name] % len(values)]

        return method

    def __len__(self) -> int:
        return int(self.__dict__.get("length", 0))

    @staticmethod
    def calls_of(stub: Stub) -> list[tuple[str, list[Any], dict[str, Any]]]:
        """The calls so far, in order: (method, args, kwargs)."""
        calls: list[tuple[str, list[Any], dict[str, Any]]] = stub.__dict__["_stub"][2]
        return calls
