"""What the parent can ask of a worker. Each operation is a method `op_<name>`; its docstring is its manual.

Nothing here knows a track, an expected answer or a check: these are the few things that one does with Python
objects and tensors. Values keep their names ("as") in the worker, so that later requests can refer to them.
"""

from __future__ import annotations

import copy
import importlib
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from hwlib.checking import student
from hwlib.checking.protocol import RawArray
from hwlib.checking.stubs import Stub
from hwlib.checking.tensors import from_raw
from hwlib.checking.trace import Recorder

MAX_FILES = 2_000


class EngineError(Exception):
    """A request that makes no sense: a fault of the parent's, never of the student's."""


class StudentCode(Exception):
    """Carries an exception that came out of the student's code (`__cause__`)."""


@contextmanager
def student_code() -> Iterator[None]:
    """Marks the lines in which the student's code runs: what comes out of them is the student's error."""
    try:
        yield
    except BaseException as error:
        raise StudentCode from error


class Operations:
    """The operations on one student's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects: dict[str, Any] = {}

    def run(self, op: str, params: dict[str, Any]) -> dict[str, Any]:
        """Runs one operation and returns its reply. Raises StudentCode or EngineError."""
        method: Callable[..., dict[str, Any]] | None = getattr(self, f"op_{op}", None)
        if method is None:
            raise EngineError(f"unknown operation {op!r}")
        try:
            return method(**params)
        except TypeError as error:
            raise EngineError(f"{op}: {error}") from error

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

    # --- loading and making ---------------------------------------------------------------------

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
            _seed(seed)
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

    # --- calling --------------------------------------------------------------------------------

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
        **keep: str,
    ) -> dict[str, Any]:
        """Calls `target.method(*args, **kwargs)` (method None: the object itself; file: a function of a module).

        Args:
            mode: "train" or "eval" is set on the target first.
            grad: False runs without autograd.
            times: calls that often; "result" is then the list of results.
            after: also replies "args": the arguments as they are after the call (to see changes in place).

        Replies {"result": value} and keeps the (last) value under `as` where it is given.
        """
        function = self._function(target, method, file, mode)
        _seed(seed)
        arguments, keywords = args or [], kwargs or {}
        with torch.set_grad_enabled(grad), student_code():
            results = [function(*arguments, **keywords) for _ in range(times)]
        self._keep(results[-1], keep)
        reply = {"result": results if times > 1 else results[0]}
        return {**reply, "args": arguments} if after else reply

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

        `weights` has an entry for each output (one output: one entry): None leaves it out, a number multiplies
        the output's sum, a tensor its elements. All floating tensors among `args` get gradients, and the
        parameters of the objects in `wrt`.

        Replies {"result": value, "args": [gradient or None, ...], "parameters": {"model.encoder.0.weight": gradient
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
        _seed(seed)
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

        Replies {"result", "values", "ops", "inputs": [numbers], "results": [numbers or None]}.
        """
        module = self.resolve(target)
        named: dict[str, tuple[str, torch.Tensor]] = {}
        if isinstance(module, torch.nn.Module):
            named = {name: ("parameter", tensor) for name, tensor in module.named_parameters()}
            named.update({name: ("buffer", tensor) for name, tensor in module.named_buffers()})
        function = self._function(target, method, None, mode)
        keywords = kwargs or {}
        inputs = [item for item in [*args, *keywords.values()] if isinstance(item, torch.Tensor)]
        _seed(seed)
        recorder = Recorder(named, inputs)
        with torch.no_grad(), student_code(), recorder:
            result = function(*args, **keywords)
        outputs = result if isinstance(result, (tuple, list)) else [result]
        numbers = [recorder.number_of(item) if isinstance(item, torch.Tensor) else None for item in outputs]
        return {
            "result": result, "values": recorder.values, "ops": recorder.ops,
            "inputs": recorder.inputs, "results": numbers,
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
        Replies {"verdict": "ok" | "mixed" | "inconclusive", "error": description or None, "result": descriptions}.
        "inconclusive" is code that a meta tensor can't run (it reads values): it says nothing about devices.
        """
        moved = [arg.to("meta") if isinstance(arg, torch.Tensor) else arg for arg in args]
        owner = self.resolve(target) if target else None
        if isinstance(owner, torch.nn.Module):
            with student_code():
                owner = copy.deepcopy(owner).to("meta")
        try:
            with student_code():
                function = getattr(owner, method) if owner is not None and method else owner
                if function is None:
                    function = getattr(importlib.import_module(str(file)), str(method))
                result = function(*moved)
        except StudentCode as error:
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

    # --- parameters, buffers, optimizers ----------------------------------------------------------

    def op_describe(self, target: str) -> dict[str, Any]:
        """A module's parts: {"parameters": [{name, shape, dtype, requires_grad}], "buffers": [...], "modules": [...]}."""
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
        """An optimizer's state: {"groups": [{lr, ...}], "state": {"model.fc.weight": {key: array or number}}}."""
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

    # --- running the program, files -----------------------------------------------------------------

    def op_main(self, argv: list[str], file: str = "main.py", cwd: str = ".") -> dict[str, Any]:
        """Runs `python main.py *argv` in this process, with the folder's modules loaded afresh.

        Replies {"exit": code (0 where it just ended), "error": None or a description of the exception}.
        """
        import sys

        student.forget_modules(self.folder)
        saved = sys.argv, os.getcwd()
        sys.argv = [file, *argv]
        os.chdir(self.folder / cwd)
        try:
            student.run_as_main(self.folder / file)
        except SystemExit as error:
            code = error.code
            status = 0 if code is None else code if type(code) is int else 1
            return {
                "exit": status,
                "error": None if status == 0 else student.describe_error(error, self.folder),
            }
        except BaseException as error:
            return {"exit": 1, "error": student.describe_error(error, self.folder)}
        finally:
            sys.argv = saved[0]
            os.chdir(saved[1])
        return {"exit": 0, "error": None}

    def op_write_files(self, files: dict[str, Any]) -> dict[str, Any]:
        """Writes files (path inside the folder -> bytes)."""
        for path, data in files.items():
            target = self._path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        importlib.invalidate_caches()
        return {}

    def op_list_files(self, path: str = ".") -> dict[str, Any]:
        """The regular files below a folder: {"files": [{"path", "size"}]}, sorted, at most 2,000."""
        files = []
        for folder, _, names in os.walk(self._path(path)):
            for name in names:
                file = Path(folder, name)
                if file.is_file() and not file.is_symlink():
                    files.append(
                        {"path": file.relative_to(self.folder).as_posix(), "size": file.stat().st_size}
                    )
            if len(files) > MAX_FILES:
                break
        return {"files": sorted(files[:MAX_FILES], key=lambda item: str(item["path"]))}

    def op_read_file(self, path: str, limit: int = 64 << 20) -> dict[str, Any]:
        """A file's bytes: {"data": bytes or None where there is no such file, "size"}; at most `limit` bytes of them."""
        file = self._path(path)
        if not file.is_file():
            return {"data": None, "size": 0}
        with open(file, "rb") as stream:
            return {"data": stream.read(limit), "size": file.stat().st_size}

    def op_load_checkpoint(self, path: str) -> dict[str, Any]:
        """What torch.load(weights_only=True) finds in a file of the folder: {"content": value}."""
        with student_code():
            content = torch.load(self._path(path), map_location="cpu", weights_only=True)
        return {"content": content}

    # --- helpers ----------------------------------------------------------------------------------

    def _function(self, target: str | None, method: str | None, file: str | None, mode: str | None) -> Any:
        if target is None:
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
        unknown = keep.keys() - {"as"}
        if unknown:
            raise EngineError(f"unknown parameters {sorted(unknown)}")
        if "as" in keep:
            self.objects[keep["as"]] = value

    def _path(self, path: str) -> Path:
        full = (self.folder / path).resolve()
        if not full.is_relative_to(self.folder.resolve()):
            raise EngineError(f"{path} is outside the student's folder")
        return full


def _seed(seed: int | None) -> None:
    if seed is not None:
        torch.manual_seed(seed)
        random.seed(seed)


def _describe(name: str, tensor: torch.Tensor) -> dict[str, Any]:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return {"name": name, "shape": list(tensor.shape), "dtype": dtype, "requires_grad": tensor.requires_grad}


def as_tensor(array: RawArray) -> torch.Tensor:
    """How arrays arrive in requests."""
    return from_raw(array)
