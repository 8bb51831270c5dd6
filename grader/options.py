"""What a TA can choose about grading: one value that travels from the command line to the engine."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hwlib.errors import HomeworkError
from hwlib.files import atomic_write_text

PROGRESS = "progress.json"
"""File in a training's folder of `GradeOptions.keep`: {"step", "total"}."""
Sandbox = Literal["auto", "bubblewrap", "docker", "podman", "none"]


@dataclass(frozen=True)
class GradeOptions:
    """Options of `grader.grade.grade_submission`.

    Attributes:
        tracks: the tracks to grade; empty for every track that has a handout.
        only: ids of checks ('VAE/loss_values') to run; empty for all. Their dependencies run as well.
        sandbox: the wall; 'auto' takes bubblewrap and refuses to go on without one.
        run: also check 7, `main.py --do_train` in its seconds-long mode.
        fid: also check 8, training or the submission's checkpoint, FID and memorisation.
        allow_checkpoint: score the submission's own checkpoints, where there are any, instead of training.
        variant: the year's variant of assignment.yaml.
        secret: of the course; hidden inputs are drawn from it per student and check.
        student: number, when it can't be read from the file's name.
        data: folder of the data sets for `fid`; None for $GRADER_DATA or `data/` of the repository.
        keep: folder where the checkpoints of trainings are kept, so that an interrupted one goes on.
    """

    tracks: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    sandbox: Sandbox = "auto"
    run: bool = False
    fid: bool = False
    allow_checkpoint: bool = False
    variant: str | None = None
    secret: bytes = b""
    student: str | None = None
    data: Path | None = None
    keep: Path | None = None


def course_secret(folder: Path) -> bytes:
    """The course's secret: $GRADER_SECRET, or `course_secret.txt` of the results' folder, made once.

    Keep it: without it a submission can't be regraded on the same hidden inputs.

    Raises:
        HomeworkError: the file is there but holds no secret.
    """
    from_environment = os.environ.get("GRADER_SECRET")
    if from_environment:
        return from_environment.encode()
    path = folder / "course_secret.txt"
    if path.exists():
        text = path.read_text(encoding="utf-8").strip()
        if len(text) < 16:
            raise HomeworkError(
                f"{path} holds {len(text)} characters, expected the course's secret (32 hexadecimal digits). "
                "Restore it from last time's results, or delete it to draw a new one."
            )
        return text.encode()
    text = secrets.token_hex(16)
    atomic_write_text(path, text + "\n")
    path.chmod(0o600)
    return text.encode()
