"""Training of a submission behind a wall, in slices: it shows how far it is and can be taken up again.

The program is interrupted once a minute, as by Ctrl-C, which makes it save; its checkpoint is kept as bytes,
and the same command goes on from there. A right program draws the same curves, interrupted or not.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from grader.checks.submission import Submission, WrongError
from grader.options import PROGRESS
from hwlib.checking.compare import look
from hwlib.checking.mistakes import Problem
from hwlib.checking.quick_run import ended_well, error_of
from hwlib.checking.session import StudentError, WorkerSession
from hwlib.checking.transport import Transport
from hwlib.checking.words import say
from hwlib.files import atomic_write_bytes, atomic_write_text

TIMEOUT = 3 * 3600.0
SLICE = 60.0
"""Seconds between two interruptions. Each costs the program's start, about 2 seconds."""
_KEY, _FILES = "key", "checkpoint"
_NAMES = re.compile(r"[A-Za-z0-9._=-]{1,200}(/[A-Za-z0-9._=-]{1,200}){0,3}")
_MAX_CHECKPOINT = 256 << 20


@dataclass(frozen=True)
class Model:
    """How a track's trained model is made and sampled.

    Attributes:
        part: its name in a checkpoint ("model", "netG").
        file, function, arguments: the call that makes it, arguments from the settings.
    """

    part: str
    file: str
    function: str
    arguments: Callable[[dict[str, Any]], list[Any]]


@dataclass(frozen=True)
class Trained:
    """Weights of a trained model as numbers, and the settings they belong to."""

    state: dict[str, np.ndarray]
    settings: dict[str, Any]


class Kept:
    """The latest checkpoint of a training and how far it is, in a folder of the TA's.

    Without a folder nothing is kept. What lies there came out of a sandbox: it is never opened here, only
    sent back into one.
    """

    def __init__(self, folder: Path | None, key: str, total: int) -> None:
        self.folder, self.total = folder, total
        if folder is None:
            return
        if not (folder / _KEY).is_file() or (folder / _KEY).read_text(encoding="utf-8") != key:
            shutil.rmtree(folder, ignore_errors=True)
            atomic_write_text(folder / _KEY, key)

    def files(self) -> dict[str, bytes]:
        """The kept files by their paths below the folder of the checkpoints."""
        if self.folder is None:
            return {}
        inside = self.folder / _FILES
        paths = sorted(path for path in inside.rglob("*") if path.is_file())
        return {path.relative_to(inside).as_posix(): path.read_bytes() for path in paths}

    def store(self, files: dict[str, bytes], step: int) -> None:
        """Keeps these files in place of the ones before."""
        if self.folder is None:
            return
        fresh = self.folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        for path, data in files.items():
            atomic_write_bytes(fresh / path, data)
        shutil.rmtree(self.folder / _FILES, ignore_errors=True)
        fresh.rename(self.folder / _FILES)
        atomic_write_text(self.folder / PROGRESS, json.dumps({"step": step, "total": self.total}))


def train(
    submission: Submission,
    wall: Transport,
    model: Model,
    settings: dict[str, Any],
    data_dir: str,
    keep: Path | None = None,
) -> Trained:
    """Trains with these settings and takes the weights out as numbers.

    Args:
        wall: shows the data sets in `data_dir`, a path inside.
        keep: folder for what is needed to go on after an interruption.

    Raises:
        StudentError: the program fails.
        WrongError: it leaves no checkpoint of the last step behind.
    """
    total = int(settings["num_train_steps"])
    argv = _arguments(submission, settings, data_dir)
    kept = Kept(keep, _key(submission.folder, argv), total)
    # A name that nobody knows: checkpoints that were handed in are not to be gone on from.
    folder = f"training-{secrets.token_hex(8)}"
    argv += ["--ckpt_dir", folder, "--log_dir", f"{folder}-runs"]
    submission.workers.require_imports()
    with WorkerSession(wall, submission.folder) as session:
        before = {f"{folder}/{name}": data for name, data in kept.files().items()}
        if before:
            session.call("write_files", files=before)
        done, until, pause = latest(session, folder)[1], time.monotonic() + TIMEOUT, SLICE
        while done < total:
            left = max(1.0, until - time.monotonic())
            reply = session.call("main", argv=argv, interrupt_after=pause, timeout=left)
            path, step = latest(session, folder)
            if path and step > done:
                kept.store(_files_of(session, folder, path), step)
            if ended_well(reply):
                break
            if reply.get("interrupted") is not True:
                raise error_of(session, reply)
            if time.monotonic() >= until:  # also of answers that come at once and bring nothing
                late = say(
                    "no end of the training within {hours:g} hours",
                    "{hours:g} 小时内训练没有结束",
                    hours=TIMEOUT / 3600,
                )
                raise StudentError("timeout", late)
            # A slice that brought little was mostly start-up, or the program saves nothing when interrupted.
            done, pause = step, pause if step - done >= total / 20 else 2 * pause
        path, step = latest(session, folder)
        if step < total:
            found = say("the latest is of step {step}", "最新的检查点是第 {step} 步的", step=step)
            asked = say(
                "a checkpoint of step {total} at the end of the training",
                "训练结束时有第 {total} 步的检查点",
                total=total,
            )
            raise WrongError(Problem(asked, found if path else say("none", "没有")))
        return Trained(restored(session, model, settings, path), settings)


def own_checkpoints(folder: Path) -> list[str]:
    """The latest checkpoint of every run whose folder was handed in, by its path; at most eight."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("step-*.pt")):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(folder).as_posix()
            found[name.rpartition("/")[0]] = name
    return sorted(found.values())[:8]


def from_checkpoint(submission: Submission, model: Model, path: str) -> Trained:
    """The weights of the submission's own checkpoint, read by the worker (weights only, no pickles).

    Raises:
        StudentError: it can't be read.
        WrongError: it is not a checkpoint of this model.
    """
    session = submission.session
    content = session.call("load_checkpoint", path=path).get("content")
    stored = content.get("settings") if isinstance(content, dict) else None
    settings = {**submission.assignment.run.defaults, **(stored if isinstance(stored, dict) else {})}
    sizes = {name: settings.get(name) for name in ("latent_dim", "hidden_dim") if name in settings}
    wrong = [name for name, value in sizes.items() if type(value) is not int or not 0 < value <= 4096]
    if wrong:
        asked = say("a checkpoint whose settings say {name}", "检查点的设置中有 {name}", name=wrong[0])
        found = say("{name} is no size from 1 to 4096", "{name} 不是 1 到 4096 的整数", name=wrong[0])
        raise WrongError(Problem(asked, found))
    return Trained(restored(session, model, settings, path), settings)


def restored(
    session: WorkerSession, model: Model, settings: dict[str, Any], path: str
) -> dict[str, np.ndarray]:
    """The weights that the model's own `restore` finds in the folder of a checkpoint."""
    arguments = model.arguments(settings)
    session.call("construct", file=model.file, callable=model.function, args=arguments, as_="restored")
    session.call("call", target="restored", method="restore", args=[path.rpartition("/")[0]])
    state = look(session.call("get_state", target="restored"), "state")
    if not isinstance(state, dict) or not all(isinstance(value, np.ndarray) for value in state.values()):
        asked = say("a checkpoint with the weights of {part}", "含有 {part} 权重的检查点", part=model.part)
        raise WrongError(Problem(asked, say("another content", "其他内容")))
    return {str(name): value for name, value in state.items()}


def latest(session: WorkerSession, folder: str) -> tuple[str, int]:
    """Path and step of the last checkpoint below a folder; ("", 0) without one."""
    files = look(session.call("list_files", path="."), "files")
    best = ("", 0)
    for item in files if isinstance(files, (list, tuple)) else ():
        path = str(item.get("path", "")) if isinstance(item, dict) else ""
        step = re.search(r"/step-([0-9]{8})\.pt$", path)
        if path.startswith(folder + "/") and step and int(step[1]) >= best[1]:
            best = (path, int(step[1]))
    return best


def _files_of(session: WorkerSession, folder: str, path: str) -> dict[str, bytes]:
    """A checkpoint and the settings beside it by their paths below the folder; none under odd names."""
    files = {}
    for name in (path, path.rpartition("/")[0] + "/settings.json"):
        data = look(session.call("read_file", path=name, limit=_MAX_CHECKPOINT), "data")
        inside = name.removeprefix(folder + "/")
        if isinstance(data, bytes) and _NAMES.fullmatch(inside) and ".." not in inside:
            files[inside] = data
    return files


def _arguments(submission: Submission, settings: dict[str, Any], data_dir: str) -> list[str]:
    argv = ["--do_train", "--device", "cpu", "--fid_images", "2", "--data_dir", data_dir]
    defaults = submission.assignment.run.defaults
    for name, value in sorted(settings.items()):
        if defaults.get(name) != value:
            argv += [f"--{name}", str(value)]
    return argv


def _key(folder: Path, argv: list[str]) -> str:
    """What a training depends on: the student's files, the settings, the version of torch."""
    total = hashlib.sha256(json.dumps([argv, torch.__version__]).encode())
    for path in sorted(folder.rglob("*.py")):
        if path.is_file() and not path.is_symlink():
            total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
