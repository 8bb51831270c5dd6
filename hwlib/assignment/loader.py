"""Finds and loads the description of an assignment."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from ..errors import HomeworkError
from .located import read_yaml
from .messages import explain
from .model import Assignment
from .variants import apply_variant

FILE_NAME = "assignment.yaml"
HANDOUTS = "handouts"


def load_assignment(path: str | os.PathLike[str], variant: str | int | None = None) -> Assignment:
    """Loads and validates an assignment.

    `path` is the YAML file or the folder it lies in (`handouts/VAE`); `variant` names a file of the
    folder's `variants/` (e.g. 2025) whose keys override it.

    Raises HomeworkError with file, line, key, what was found and what was expected, a line per error.
    """
    file = Path(path)
    if file.is_dir():
        file = file / FILE_NAME
    located = read_yaml(file)
    if variant is not None:
        located = apply_variant(located, file.parent, str(variant))
    try:
        return Assignment.model_validate(located.data)
    except ValidationError as error:
        raise HomeworkError(explain(error, located)) from None


def find_assignment(start: str | os.PathLike[str]) -> Path:
    """The `assignment.yaml` that belongs to a folder, e.g. `codes/VAE` or `solutions/VAE`.

    Looks into the folder itself, then, in it and each folder above, for `handouts/<TRACK>/assignment.yaml`,
    where <TRACK> is the name of one of the folders passed on the way. Raises HomeworkError if there is none.
    """
    here = Path(start).resolve()
    if here.is_file():
        here = here.parent
    if (here / FILE_NAME).is_file():
        return here / FILE_NAME
    passed: list[str] = []
    for folder in [here, *here.parents]:
        for name in passed:
            candidate = folder / HANDOUTS / name / FILE_NAME
            if candidate.is_file():
                return candidate
        passed.append(folder.name)
    raise HomeworkError(
        f"found no assignment for {here}; expected {HANDOUTS}/<TRACK>/{FILE_NAME} in a folder above it, "
        "where <TRACK> is a folder such as VAE. Go to codes/VAE or codes/GAN of the kit and try again."
    )


def all_assignments(handouts: str | os.PathLike[str]) -> dict[str, Path]:
    """Track -> `assignment.yaml`, for every track in a `handouts` folder, sorted by track."""
    return {path.parent.name: path for path in sorted(Path(handouts).glob(f"*/{FILE_NAME}"))}
