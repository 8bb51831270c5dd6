"""The device of a run, its seeds and its random states."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from hwlib.errors import HomeworkError

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str = "auto") -> torch.device:
    """The device to train on: `auto` takes CUDA, else Apple's MPS, else the CPU.

    Raises:
        HomeworkError: the device does not exist on this machine.
    """
    present = ["cpu"]
    if torch.backends.mps.is_available():
        present.insert(0, "mps")
    if torch.cuda.is_available():
        present.insert(0, "cuda")
    if name == "auto":
        return torch.device(present[0])
    if name.split(":")[0] not in present:
        raise HomeworkError(
            f"--device {name} is not available here; PyTorch {torch.__version__} sees: {', '.join(present)}. "
            "Leave --device out to take the best of these."
        )
    return torch.device(name)


def seed_everything(seed: int) -> None:
    """Seeds Python, NumPy and PyTorch on every device, and asks the GPU for repeatable algorithms."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def random_state(device: torch.device) -> dict[str, Any]:
    """PyTorch's random states: of the CPU and, if it has one, of the device of the run."""
    state: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(state: dict[str, Any], device: torch.device) -> bool:
    """Puts back what `random_state` took; False if the state was taken on another kind of device."""
    torch.set_rng_state(state["cpu"].cpu())
    if device.type == "cpu":
        return True
    if device.type not in state:
        return False
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
    else:
        torch.mps.set_rng_state(state["mps"].cpu())
    return True


@contextmanager
def fixed_random(seed: int, device: torch.device) -> Iterator[None]:
    """Random numbers from `seed` inside the block; the states outside go on as if nothing had happened.

    An evaluation in such a block sees the same noise every time and leaves no trace in the training
    that follows, so a run that was stopped and resumed matches one that was not.
    """
    before = random_state(device)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        set_random_state(before, device)
