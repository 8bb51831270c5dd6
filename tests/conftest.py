"""What all our tests share."""

from __future__ import annotations

import os

# Before torch is imported here or in a child process: tests run side by side, a thread each.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: side by side, the quick ones then fill the end evenly."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def run_main(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `python main.py ARGUMENTS` of a track's solution as a user would, folders in `tmp_path`."""

    def run(
        track: str,
        *arguments: str,
        folder: str = "solutions",
        home: Path = tmp_path,
        preexec_fn: Callable[[], object] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        folders = "--log_dir", str(home / "runs"), "--ckpt_dir", str(home / "results")
        return subprocess.run(
            [sys.executable, "main.py", *folders, *arguments],
            cwd=ROOT / folder / track,
            capture_output=True,
            text=True,
            timeout=240,
            preexec_fn=preexec_fn,
        )

    return run


@pytest.fixture(scope="session")
def in_track() -> Callable[[str, str], str]:
    """Runs a snippet in the folder of a track's solution, in a process of its own; returns what it prints.

    The tracks' files have the same names, so no process loads two of them.
    """

    def run(track: str, snippet: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", snippet],
            cwd=ROOT / "solutions" / track,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def make_run() -> Callable[[Path, int], Path]:
    """Writes the folder of a run of 20 steps: record, two curves, a picture."""

    def make(folder: Path, latent_dim: int) -> Path:
        import torch
        from torch.utils.tensorboard import SummaryWriter

        settings = {"latent_dim": latent_dim, "batch_size": 32, "num_train_steps": 20, "dataset": "digits"}
        writer = SummaryWriter(str(folder))
        for step in range(1, 21):
            writer.add_scalar("loss", 100 / step, step)
            writer.add_scalar("dev/loss", 120 / step, step)
        writer.add_image("samples", torch.zeros(3, 8, 8), 20)
        writer.close()
        (folder / "run.json").write_text(json.dumps({"track": "VAE", "settings": settings}))
        return folder

    return make
