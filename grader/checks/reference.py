"""The reference solutions, loaded into the trusted parent under names of their own.

Tracks have files of the same names; here each becomes a module `reference_<TRACK>_<file>`, so that no name
is taken twice and none can be mistaken for a student's.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

ROOT = Path(__file__).resolve().parent.parent.parent
SOLUTIONS = ROOT / "solutions"
HANDOUTS = ROOT / "handouts"


@cache
def module(track: str, file: str) -> ModuleType:
    """`solutions/<track>/<file>.py` as a module. For files that import no other file of their folder.

    Raises:
        FileNotFoundError: there is no such file.
    """
    name = f"reference_{track}_{file}"
    path = SOLUTIONS / track / f"{file}.py"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: the checks of {track} need its reference")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def trainer(track: str, **attributes: Any) -> Any:
    """A reference Trainer with just these attributes: for its methods that compute."""
    kind = module(track, "trainer").Trainer
    value = object.__new__(kind)
    value.__dict__.update(attributes)
    return value


@cache
def single_threaded() -> None:
    """The parent's arithmetic is small: threads would cost more than they give."""
    torch.set_num_threads(1)
