"""What a verdict depends on besides the submission: when this changes, the track is graded again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.options import GradeOptions

ROOT = Path(__file__).resolve().parent.parent
SHARED = (
    "hwlib/checking",
    "hwlib/check.py",
    "hwlib/fid.py",
    "hwlib/frechet.py",
    "hwlib/features",
    "grader/intake",
)
SUFFIXES = {".py", ".yaml", ".json", ".safetensors", ".npz"}


def _files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = root / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and file.suffix in SUFFIXES)


def fingerprint(track: str, all_tracks: Iterable[str], options: GradeOptions, root: Path = ROOT) -> str:
    """SHA-256 of the checks, the reference, the assignment, the engine and the options of one track.

    A file of `grader/checks` whose name holds another track's name does not count: changing a check of the
    GAN leaves the marks of the VAE alone.
    """
    others = [other.lower() for other in all_tracks if other != track]
    checks = [
        file
        for file in _files(root, ["grader/checks"])
        if not any(other in file.relative_to(root / "grader/checks").as_posix().lower() for other in others)
    ]
    own = _files(root, [f"handouts/{track}", f"solutions/{track}"])
    total = hashlib.sha256()
    for file in [*checks, *own, *_files(root, SHARED)]:
        total.update(
            file.relative_to(root).as_posix().encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest()
        )
    choices = {
        "run": options.run,
        "fid": options.fid,
        "allow_checkpoint": options.allow_checkpoint,
        "variant": options.variant,
        "secret": hashlib.sha256(options.secret).hexdigest(),
    }
    total.update(json.dumps(choices, sort_keys=True).encode())
    return total.hexdigest()
