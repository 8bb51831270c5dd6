"""Loading the student's modules, making objects and the stand-ins that they are given."""

from __future__ import annotations

import importlib
from typing import Any

import torch

from hwlib.checking.operations.base import Base, EngineError, seed_all, student_code
from hwlib.checking.stubs import Stub


class Making(Base):
    """Operations that load and make."""

    def op_hello(self) -> dict[str, Any]:
        """The worker's versions: {"torch": "2.x"}."""
        return {"torch": torch.__version__}

    def op_import(self, modules: list[str]) -> dict[str, Any]:
        """Imports modules of the folder; replies {"modules": {name: [public names]}}."""
        names = {}
        for module in modules:
            with student_code():
                loaded = importlib.import_module(module)
            names[module] = sorted(name for name in vars(loaded) if type(name) is str and name[:1] != "_")[
                :500
            ]
        return {"modules": names}

    def op_construct(
        self,
        file: str,
        callable: str,
        args: list[Any] | None = None,
        kwargs: dict[str, Any] | None = None,
        seed: int | None = None,
        **keep: str,
    ) -> dict[str, Any]:
        """Calls `callable` of a module ("VAE", or "torch.optim") and keeps the result under `as`.

        Replies {"type": name}. Arguments may hold tensors and Ref("name").
        """
        with student_code():
            function = getattr(importlib.import_module(file), callable)
            seed_all(seed)
            value = function(*(args or []), **(kwargs or {}))
        self._keep(value, keep)
        return {"type": type(value).__name__}

    def op_optimizer(
        self, name: str, of: list[str], kwargs: dict[str, Any] | None = None, **keep: str
    ) -> dict[str, Any]:
        """Makes torch.optim.<name> over the parameters of the objects `of`, kept under `as`."""
        parameters = [parameter for target in of for parameter in self._module(target).parameters()]
        try:
            self._keep(getattr(torch.optim, name)(parameters, **(kwargs or {})), keep)
        except ValueError:  # no parameters
            return {"parameters": 0}
        return {"parameters": len(parameters)}

    def op_stub(
        self,
        attributes: dict[str, Any] | None = None,
        methods: dict[str, list[Any]] | None = None,
        **keep: str,
    ) -> dict[str, Any]:
        """Keeps an object with these attributes and methods (a data set, a TensorBoard writer) under `as`.

        Each method returns the values of its list in turn, from the start again at its end; every other
        method returns None. All calls are recorded (see stub_calls).
        """
        self._keep(Stub(attributes or {}, methods or {}), keep)
        return {}

    def op_stub_calls(self, target: str) -> dict[str, Any]:
        """The calls that a stub has got: {"calls": [[method, args, kwargs], ...]} (the first 1,000)."""
        stub = self.objects.get(target)
        if not isinstance(stub, Stub):
            raise EngineError(f"{target!r} is no stub")
        return {"calls": [list(call) for call in Stub.calls_of(stub)[:1000]]}

    def op_get(self, target: str) -> dict[str, Any]:
        """A kept value or an attribute of one: {"value": value, "type": name}."""
        value = self.resolve(target)
        return {"value": value, "type": type(value).__name__}
