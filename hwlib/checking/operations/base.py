"""What all operations share: the objects that a worker keeps, and whose error an error is."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
import torch


class EngineError(Exception):
    """A request that makes no sense: a fault of the parent's, never of the student's."""


class StudentCodeError(Exception):
    """Carries an exception that came out of the student's code (`__cause__`)."""


@contextmanager
def student_code() -> Iterator[None]:
    """Marks the lines in which the student's code runs: what comes out of them is the student's error."""
    try:
        yield
    except BaseException as error:
        raise StudentCodeError from error


class Base:
    """The objects of one student's folder, kept by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects: dict[str, Any] = {}

    def resolve(self, name: str) -> Any:
        """The object kept under `name`, or an attribute of one ("trainer.model")."""
        first, *rest = name.split(".")
        if first not in self.objects:
            raise EngineError(f"nothing is kept under the name {first!r}")
        value = self.objects[first]
        with student_code():
            for attribute in rest:
                value = getattr(value, attribute)
        return value

    def _function(self, target: str | None, method: str | None, file: str | None, mode: str | None) -> Any:
        if target is None:
            if file is None or method is None:
                raise EngineError("a call needs a target, or a file and a method")
            with student_code():
                return getattr(importlib.import_module(str(file)), str(method))
        value = self.resolve(target)
        if mode is not None:
            with student_code():
                value.train(mode == "train")
        with student_code():
            return getattr(value, method) if method else value

    def _module(self, target: str) -> torch.nn.Module:
        value = self.resolve(target)
        with student_code():
            if not isinstance(value, torch.nn.Module):
                raise TypeError(f"{target} is a {type(value).__name__}, not a torch.nn.Module")
        return value

    def _named(self, targets: list[str]) -> dict[str, torch.nn.Parameter]:
        return {
            f"{target}.{name}": parameter
            for target in targets
            for name, parameter in self._module(target).named_parameters()
        }

    def _keep(self, value: Any, keep: dict[str, str]) -> None:
        if "as" in keep:
            self.objects[keep["as"]] = value


def use_compiled_convolutions(wanted: bool) -> None:
    """Switches oneDNN on or off. It compiles code for every new shape of a convolution: that pays in a
    training run, not in checks, where hardly a shape comes up twice.
    """
    torch.backends.mkldnn.enabled = wanted  # type: ignore[assignment]


def seed_all(seed: int | None) -> None:
    """Seeds everything that the checks draw from: torch's CPU generator, Python's and numpy's."""
    if seed is not None:
        # Not torch.manual_seed: that notes down a stack trace for each kind of GPU that may come up later.
        torch.default_generator.manual_seed(seed)
        random.seed(seed)
        numpy.random.seed(seed)
