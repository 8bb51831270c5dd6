"""Parameters, buffers, gradients and optimizers, read and set from outside."""

from __future__ import annotations

from typing import Any

import torch

from hwlib.checking.operations.base import Base, EngineError


class State(Base):
    """Operations on what a module and an optimizer hold."""

    def op_describe(self, target: str) -> dict[str, Any]:
        """A module's parts, by name.

        Replies {"parameters": [{name, shape, dtype, requires_grad}], "buffers": [the same], "modules":
        [{name, type}], "training": bool}.
        """
        module = self._module(target)
        return {
            "parameters": [_describe(name, tensor) for name, tensor in module.named_parameters()],
            "buffers": [_describe(name, tensor) for name, tensor in module.named_buffers()],
            "modules": [
                {"name": name, "type": type(part).__name__} for name, part in module.named_modules() if name
            ],
            "training": bool(module.training),
        }

    def op_get_state(self, target: str) -> dict[str, Any]:
        """The parameters and buffers of a module by name: {"state": {name: array}}."""
        module = self._module(target)
        return {"state": {**dict(module.named_parameters()), **dict(module.named_buffers())}}

    def op_set_state(self, target: str, state: dict[str, Any]) -> dict[str, Any]:
        """Copies arrays into parameters and buffers, in place. Names and shapes must be the module's own."""
        module = self._module(target)
        named = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        with torch.no_grad():
            for name, value in state.items():
                if name not in named or named[name].shape != value.shape:
                    found = list(named[name].shape) if name in named else "nothing"
                    raise EngineError(
                        f"set_state: {target} has {found} under {name}, not {list(value.shape)}"
                    )
                named[name].copy_(value)
        return {}

    def op_fill(self, target: str, value: float) -> dict[str, Any]:
        """Sets every parameter of a module to `value`; replies {"parameters": how many tensors}."""
        parameters = list(self._module(target).parameters())
        with torch.no_grad():
            for parameter in parameters:
                parameter.fill_(value)
        return {"parameters": len(parameters)}

    def op_get_gradients(self, target: str) -> dict[str, Any]:
        """The .grad of each parameter as it stands: {"gradients": {name: array or None}}."""
        return {"gradients": {name: tensor.grad for name, tensor in self._module(target).named_parameters()}}

    def op_optimizer_state(self, target: str, of: list[str]) -> dict[str, Any]:
        """An optimizer's settings and state, the latter by the names of the parameters of the objects `of`.

        Replies {"groups": [{lr, ...}], "state": {"model.fc.weight": {key: array or number}}}.
        """
        optimizer = self.resolve(target)
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise EngineError(f"{target!r} is no optimizer")
        groups = [
            {key: value for key, value in group.items() if key != "params"}
            for group in optimizer.param_groups
        ]
        state = {
            name: dict(optimizer.state[p]) for name, p in self._named(of).items() if p in optimizer.state
        }
        return {"groups": groups, "state": state}


def _describe(name: str, tensor: torch.Tensor) -> dict[str, Any]:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return {"name": name, "shape": list(tensor.shape), "dtype": dtype, "requires_grad": tensor.requires_grad}
