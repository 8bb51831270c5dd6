"""Makes a model train faster without a change in its code or in the training loop."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hwlib.errors import HomeworkError

PRECISIONS = ("fp32", "bf16")
_COMPILERS = ("g++", "clang++", "cl")


def accelerate(
    *models: nn.Module, device: torch.device, precision: str = "fp32", compile_model: bool = False
) -> None:
    """Prepares models in place.

    - Convolutions get weights in the channels-last layout, which the CPU and GPU kernels are written for.
    - `bf16`: the forward pass runs under autocast; final activations and everything outside the
      models, the losses above all, stay in float32, where rounding would show.
    - `compile_model`: the forward pass is compiled by `torch.compile` (a minute at the start).

    Raises:
        HomeworkError: a model without weights, an unknown precision, bf16 on a device without it, or no
            compiler to compile with.
    """
    for model in models:
        if next(model.parameters(), None) is None:
            raise HomeworkError(
                f"{type(model).__name__} has no weights to train: none of its layers is known to PyTorch. "
                "Assign every layer to self in __init__ (self.name = nn.Linear(...)), lists of layers as "
                "nn.Sequential or nn.ModuleList."
            )
    if precision not in PRECISIONS:
        raise HomeworkError(f"--precision {precision} is unknown; choose one of: {', '.join(PRECISIONS)}.")
    if precision == "bf16" and not has_bf16(device):
        raise HomeworkError(
            f"--precision bf16 is not supported by this machine's {device.type}; leave it out."
        )
    if compile_model and device.type == "cpu" and not _cpp_compiler():
        raise HomeworkError(
            f"--compile needs a C++ compiler and found none of {', '.join(_COMPILERS)}. "
            "Install one, or leave --compile out."
        )
    if device.type == "cpu":
        keep_freed_memory()
    for model in models:
        model.to(memory_format=torch.channels_last)
        if precision == "bf16":
            _autocast_forward(model, device)
        if compile_model:
            model.compile()


def _cpp_compiler() -> str | None:
    named = os.environ.get("CXX")
    return next(filter(None, map(shutil.which, [named] if named else _COMPILERS)), None)


def keep_freed_memory() -> bool:
    """Lets glibc keep the memory of freed tensors for the next ones; True where that was possible.

    Every activation of a training step is a fresh block of megabytes. Given back to the system and taken
    again, each of its pages costs a page fault, more in all than the ReLU that fills it.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h
    return bool(mallopt(mmap_threshold, 1 << 30) and mallopt(trim_threshold, 2**31 - 1))


def has_bf16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 at more than float32's speed."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def processor() -> str:
    """The CPU that figures are measured on: its name, instructions that PyTorch uses, bf16, threads."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    bf16 = "bf16" if has_bf16(torch.device("cpu")) else "no bf16"
    threads = torch.get_num_threads()
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{name}, {capability}, {bf16}, {threads} thread{'s' * (threads != 1)}"


def _autocast_forward(model: nn.Module, device: torch.device) -> None:
    forward = model.forward

    def in_bf16(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast(device.type, torch.bfloat16):
            return _to_float32(forward(*args, **kwargs))

    model.forward = in_bf16
    for module in model.modules():
        if isinstance(module, (nn.Sigmoid, nn.Tanh)):
            module.register_forward_pre_hook(lambda _, inputs: _to_float32(inputs))


def _to_float32(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.dtype == torch.bfloat16 else value
    if isinstance(value, (tuple, list)):
        return type(value)(_to_float32(item) for item in value)
    return value
