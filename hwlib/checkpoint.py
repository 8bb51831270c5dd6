"""Checkpoints: one file a step, written whole or not at all, refused when they are another run's."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import torch

from hwlib.errors import HomeworkError
from hwlib.files import atomic_write_bytes, atomic_write_text

_NAME = re.compile(r"step-(\d{8})\.pt")
_SETTINGS = "settings.json"


def save(ckpt_dir: str | Path, step: int, **parts: Any) -> Path:
    """Writes `ckpt_dir/step-XXXXXXXX.pt`.

    Args:
        ckpt_dir: the run's checkpoint folder, made if need be.
        step: number of training steps done, 0 or more.
        parts: what to keep, by name: modules and optimizers (their `state_dict` is taken), tensors,
            numbers, or dictionaries and lists of these.

    The folder's settings (see `claim`) are stored in every checkpoint.
    """
    content = {
        name: part.state_dict() if hasattr(part, "state_dict") else part for name, part in parts.items()
    }
    # In memory first: torch.save on a full disk leaves half a file and an unclear error.
    buffer = io.BytesIO()
    torch.save({"step": step, "settings": settings_of(ckpt_dir), **content}, buffer)
    path = Path(ckpt_dir) / f"step-{step:08d}.pt"
    atomic_write_bytes(path, buffer.getvalue())
    return path


def steps(ckpt_dir: str | Path) -> list[int]:
    """The steps that have a checkpoint, ascending; files of other names are passed over."""
    folder = Path(ckpt_dir)
    if not folder.is_dir():
        return []
    found = (_NAME.fullmatch(path.name) for path in folder.iterdir() if path.is_file())
    return sorted(int(match[1]) for match in found if match)


def latest(ckpt_dir: str | Path, device: torch.device | str = "cpu") -> dict[str, Any] | None:
    """The content of the latest checkpoint, its tensors on `device`; None if there is none.

    Raises:
        HomeworkError: the file is damaged or was written under other settings than the folder's.
    """
    found = steps(ckpt_dir)
    if not found:
        return None
    path = Path(ckpt_dir) / f"step-{found[-1]:08d}.pt"
    data = path.read_bytes()
    try:
        content = _unpack(data, device)
        saved = content["settings"]
    except Exception as error:  # of damaged bytes torch.load raises nearly anything
        before = f"step {found[-2]}" if len(found) > 1 else "the start"
        raise HomeworkError(
            f"{path} is not a checkpoint that can be read (damaged, or written by something else). "
            f"Delete it to go on from {before}."
        ) from error
    _refuse_other_settings(saved, settings_of(ckpt_dir), path)
    return content


def _unpack(data: bytes, device: torch.device | str) -> dict[str, Any]:
    # torch.load takes damaged weights for weights; the archive's checksums tell.
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if archive.testzip() is not None:
            raise ValueError("wrong checksum")
    content = torch.load(io.BytesIO(data), map_location=device, weights_only=True)
    if not isinstance(content, dict):
        raise TypeError("no dictionary")
    return content


def load_latest(ckpt_dir: str | Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """`latest`, for when a checkpoint must be there.

    Raises:
        HomeworkError: there is none, or `latest` refuses it.
    """
    content = latest(ckpt_dir, device)
    if content is None:
        raise HomeworkError(f"no checkpoint in {ckpt_dir}. Train first: the same command with --do_train.")
    return content


def load_state(module: torch.nn.Module, state: dict[str, Any], ckpt_dir: str | Path) -> None:
    """Loads a state dict of `latest` into a module.

    Raises:
        HomeworkError: the layers don't have the names and shapes of the checkpoint's.
    """
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:]] or [str(error)]
        raise HomeworkError(
            f"the checkpoint in {ckpt_dir} is of another network than {type(module).__name__} now is "
            f"({lines[0].rstrip('.')}). If you changed the layers, delete the folder and train again."
        ) from error


def claim(ckpt_dir: str | Path, settings: dict[str, Any]) -> None:
    """Makes the folder that of a run with these settings.

    Raises:
        HomeworkError: it holds checkpoints of other settings.
    """
    present = settings_of(ckpt_dir)
    if present and steps(ckpt_dir):
        _refuse_other_settings(present, settings, Path(ckpt_dir))
    if present != settings:
        atomic_write_text(Path(ckpt_dir) / _SETTINGS, json.dumps(settings, indent=2, sort_keys=True) + "\n")


def settings_of(ckpt_dir: str | Path) -> dict[str, Any]:
    """The settings that a folder was claimed for; empty if it was not."""
    path = Path(ckpt_dir) / _SETTINGS
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise HomeworkError(
            f"{path} is not readable JSON. Delete the folder {path.parent} to start this run anew."
        ) from error
    return content if isinstance(content, dict) else {}


def _refuse_other_settings(saved: dict[str, Any], wanted: dict[str, Any], place: Path) -> None:
    different = [key for key in sorted({*saved, *wanted}) if saved.get(key) != wanted.get(key)]
    # A folder that was never claimed (a student's own call of save) has no settings to compare.
    if wanted and different:
        listed = ", ".join(f"{key} {saved.get(key)} there, {wanted.get(key)} asked for" for key in different)
        folder = place if place.is_dir() else place.parent
        raise HomeworkError(
            f"{place} belongs to a run of other settings ({listed}). "
            f"Use those settings, another --ckpt_dir, or delete {folder}."
        )
