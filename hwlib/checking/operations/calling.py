"""Calling the student's functions: values, gradients, traces, devices."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from hwlib.checking import student
from hwlib.checking.operations.base import Base, StudentCodeError, seed_all, student_code
from hwlib.checking.trace import Recorder
from hwlib.checking.values import Plain


class Calling(Base):
    """Operations that call."""

    def op_call(
        self,
        target: str | None = None,
        method: str | None = None,
        args: list[Any] | None = None,
        kwargs: dict[str, Any] | None = None,
        file: str | None = None,
        mode: str | None = None,
        grad: bool = True,
        seed: int | None = None,
        times: int = 1,
        after: bool = False,
        reply: bool = True,
        **keep: str,
    ) -> dict[str, Any]:
        """Calls `target.method(*args, **kwargs)`, the object itself without a method.

        Without a target it is the function `method` of the module `file`.

        Args:
            mode: "train" or "eval" is set on the target first.
            grad: False runs without autograd.
            times: calls that often, each time with fresh copies of the tensors; "result" is then the list of
                results.
            after: also replies "args": the arguments as they are after the call (to see changes in place).
            reply: False leaves out "result": of the values the last one stays, under `as`.

        Replies {"result": value, "type": name of the (last) value's type} and keeps the (last) value under
        `as` where it is given.
        """
        function = self._function(target, method, file, mode)
        seed_all(seed)
        arguments, keywords = args or [], kwargs or {}
        with torch.set_grad_enabled(grad), student_code():
            results: list[Any] = []
            for _ in range(times):
                if not reply:
                    results.clear()  # their memory is the next one's: fresh memory costs more than a call
                given = _copied(arguments) if times > 1 else arguments
                results.append(function(*given, **keywords))
        self._keep(results[-1], keep)
        found: dict[str, Any] = {"result": results if times > 1 else results[0]} if reply else {}
        found["type"] = student.type_name(results[-1])
        return {**found, "args": arguments} if after else found

    def op_gradients(
        self,
        args: list[Any],
        weights: list[Any],
        target: str | None = None,
        method: str | None = None,
        file: str | None = None,
        mode: str | None = None,
        seed: int | None = None,
        wrt: list[str] | None = None,
    ) -> dict[str, Any]:
        """Calls as `call` does, then differentiates sum_i <weights[i], output i>.

        `weights` has an entry for each output (one output: one entry): None leaves it out, a number
        multiplies the output's sum, a tensor its elements. All floating tensors among `args` get gradients,
        and the parameters of the objects in `wrt`.

        Replies {"result": value, "args": [gradient or None, ...], "parameters": {"model.fc.weight": gradient
        or None}}; None where the result does not depend on it.
        """
        arguments = [
            arg.detach().clone().requires_grad_()
            if isinstance(arg, torch.Tensor) and arg.is_floating_point()
            else arg
            for arg in args
        ]
        named = self._named(wrt or [])
        function = self._function(target, method, file, mode)
        seed_all(seed)
        with torch.enable_grad(), student_code():
            result = function(*arguments)
            outputs = list(result) if isinstance(result, (tuple, list)) else [result]
            total = torch.zeros(())
            for weight, output in zip(weights, outputs, strict=False):
                if weight is not None and isinstance(output, torch.Tensor):
                    total = total + (weight * output).sum()
            leaves = [a for a in arguments if isinstance(a, torch.Tensor) and a.requires_grad] + list(
                named.values()
            )
            found: list[torch.Tensor | None] = [None] * len(leaves)
            if total.requires_grad and leaves:
                found = list(torch.autograd.grad(total, leaves, allow_unused=True))
        by_id = {id(leaf): gradient for leaf, gradient in zip(leaves, found, strict=True)}
        return {
            "result": result,
            "args": [by_id.get(id(argument)) for argument in arguments],
            "parameters": {name: by_id.get(id(parameter)) for name, parameter in named.items()},
        }

    def op_trace(
        self,
        target: str,
        args: list[Any],
        method: str | None = None,
        kwargs: dict[str, Any] | None = None,
        mode: str | None = None,
        seed: int | None = None,
    ) -> dict[str, Any]:
        """Calls without autograd and records the ATen operations; see `hwlib.checking.trace.Recorder`.

        Replies {"result", "values", "arrays", "ops", "inputs": [numbers], "results": [numbers or None]}.
        """
        module = self.resolve(target)
        named: dict[str, tuple[str, torch.Tensor]] = {}
        if isinstance(module, torch.nn.Module):
            for name, tensor in module.named_parameters():
                named[name] = ("parameter" if tensor.requires_grad else "frozen", tensor)
            named.update({name: ("buffer", tensor) for name, tensor in module.named_buffers()})
        function = self._function(target, method, None, mode)
        keywords = kwargs or {}
        inputs = [item for item in [*args, *keywords.values()] if isinstance(item, torch.Tensor)]
        seed_all(seed)
        recorder = Recorder(named, inputs)
        with torch.no_grad(), student_code(), recorder:
            result = function(*args, **keywords)
        outputs = result if isinstance(result, (tuple, list)) else [result]
        numbers = [recorder.number_of(item) if isinstance(item, torch.Tensor) else None for item in outputs]
        return {
            "result": result, "values": Plain(recorder.values), "arrays": recorder.arrays,
            "ops": Plain(recorder.ops), "inputs": recorder.inputs, "results": numbers,
        }  # fmt: skip

    def op_device_check(
        self,
        args: list[Any],
        target: str | None = None,
        method: str | None = None,
        file: str | None = None,
    ) -> dict[str, Any]:
        """Calls with the target and all tensors on PyTorch's meta device, which refuses to mix with the CPU.

        Noise or constants made on the CPU regardless of the inputs' device are found without a GPU.
        Replies {"verdict": "ok" | "mixed" | "inconclusive", "error": description or None, "result": value};
        "inconclusive" is code that a meta tensor can't run (it reads values): it says nothing about devices.
        """
        moved = [arg.to("meta") if isinstance(arg, torch.Tensor) else arg for arg in args]
        owner = self.resolve(target) if target else None
        try:
            with student_code(), _on_meta(owner):
                function = getattr(owner, method) if owner is not None and method else owner
                if function is None:
                    function = getattr(importlib.import_module(str(file)), str(method))
                result = function(*moved)
        except StudentCodeError as error:
            cause = error.__cause__
            assert cause is not None
            description = student.describe_error(cause, self.folder)
            mixed = isinstance(cause, RuntimeError) and "device" in description["message"] and (
                "meta" in description["message"] and "cpu" in description["message"].lower()
            )  # fmt: skip
            return {"verdict": "mixed" if mixed else "inconclusive", "error": description, "result": None}
        outputs = result if isinstance(result, (tuple, list)) else [result]
        stayed = all(item.device.type == "meta" for item in outputs if isinstance(item, torch.Tensor))
        return {"verdict": "ok" if stayed else "mixed", "error": None, "result": result}


def _copied(arguments: list[Any]) -> list[Any]:
    # What one call changes in place must not be the next one's input.
    return [item.clone() if type(item) is torch.Tensor else item for item in arguments]


@contextmanager
def _on_meta(owner: Any) -> Iterator[None]:
    """Moves a module's weights to the meta device for a while; they are set aside, not copied."""
    if not isinstance(owner, torch.nn.Module):
        yield
        return
    kept = [(part, dict(part._parameters), dict(part._buffers)) for part in owner.modules()]
    try:
        owner.to("meta")
        yield
    finally:
        for part, parameters, buffers in kept:
            part._parameters.update(parameters)
            part._buffers.update(buffers)
