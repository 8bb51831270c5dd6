"""A run: its device, its folders named after its settings, and its record."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter

import hwlib
from hwlib import checkpoint
from hwlib.device import pick_device, seed_everything
from hwlib.files import RUN_RECORD, atomic_write_text
from hwlib.speed import processor

# These say where a run lies, how fast it goes or what is looked at; two runs that differ in nothing
# else give the same model.
_NOT_SETTINGS = {
    "do_train", "logging_steps", "saving_steps", "data_dir", "ckpt_dir", "log_dir", "device", "compile",
    "interpolate", "fid_network", "fid_runs", "fid_images", "inception_weights", "quick",
}  # fmt: skip
_ALWAYS_NAMED = ("latent_dim", "batch_size", "num_train_steps")


@dataclass
class Run:
    """One run of a main.py.

    Attributes:
        name: states the settings, e.g. `VAE_mnist_latent_dim-10_batch_size-32_num_train_steps-25000`.
        log_dir, ckpt_dir: the run's own folders, of that name.
        device: where it computes.
        args: all flags.
        tb_writer: TensorBoard's, on `log_dir`.
        record: what `run.json` holds.
    """

    name: str
    log_dir: Path
    ckpt_dir: Path
    device: torch.device
    args: argparse.Namespace
    tb_writer: SummaryWriter
    record: dict[str, Any]
    _started: float = field(default_factory=time.monotonic)

    def add_results(self, **results: Any) -> None:
        """Adds to the results in `run.json`, which is written at once, all or nothing."""
        seconds = round(time.monotonic() - self._started, 1)
        self.record["results"] = {**self.record.get("results", {}), **results, "seconds": seconds}
        atomic_write_text(self.log_dir / RUN_RECORD, json.dumps(self.record, indent=2) + "\n")


def open_run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> Run:
    """Starts a run: picks the device, seeds everything, makes the folders, writes the record.

    Raises:
        HomeworkError: no such device, or the checkpoint folder holds a run of other settings.
    """
    device = pick_device(args.device)
    seed_everything(args.seed)
    settings = {key: value for key, value in sorted(vars(args).items()) if key not in _NOT_SETTINGS}
    name = run_name(settings, parser)
    log_dir, ckpt_dir = Path(args.log_dir) / name, Path(args.ckpt_dir) / name
    if args.do_train:
        checkpoint.claim(ckpt_dir, settings)
    else:
        checkpoint.load_latest(ckpt_dir)
        checkpoint.claim(ckpt_dir, settings)
    done = checkpoint.steps(ckpt_dir)
    print(f"run {name} on {device}", flush=True)
    if args.do_train and done and done[-1] == args.num_train_steps:
        print(
            f"trained already, up to step {done[-1]}: only the evaluation is left. To train anew, for "
            f"instance after a change of your code, delete {ckpt_dir} first.",
            flush=True,
        )
    # Points after the checkpoint come from a run that was cut off, or whose checkpoints were deleted; this
    # one draws them again.
    first = done[-1] + 1 if done else 0
    writer = SummaryWriter(str(log_dir), purge_step=first if args.do_train else None)
    code = Path(sys.argv[0]).resolve().parent
    record = {
        "track": args.track,
        "name": name,
        "settings": settings,
        "flags": {key: value for key, value in vars(args).items() if key not in settings},
        "device": device_name(device),
        "versions": versions(),
        "code_sha256": code_hash(code),
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "results": _earlier_results(log_dir),
    }
    run = Run(name, log_dir, ckpt_dir, device, args, writer, record)
    run.add_results()
    return run


def run_name(settings: dict[str, Any], parser: argparse.ArgumentParser) -> str:
    """The folder name: track, data set, the settings of every report, and what is not at its default."""
    parts = [f"{settings['track']}_{settings['dataset']}"]
    parts += [f"{key}-{settings[key]}" for key in _ALWAYS_NAMED]
    for key in sorted(settings):
        if key not in (*_ALWAYS_NAMED, "track", "dataset") and settings[key] != parser.get_default(key):
            parts.append(f"{key}-{settings[key]}")
    return "_".join(parts)


def device_name(device: torch.device) -> str:
    """The device as a person would name it."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({processor()})"


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    return {"python": platform.python_version(), "torch": torch.__version__, "hwlib": hwlib.__version__}


def code_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of a folder's `.py` files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _earlier_results(log_dir: Path) -> dict[str, Any]:
    try:
        results = json.loads((log_dir / RUN_RECORD).read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return results if isinstance(results, dict) else {}
