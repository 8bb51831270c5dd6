"""Files for other services: Gradescope's autograder zip and the workflow for GitHub Classroom."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from grader.fingerprint import ROOT
from hwlib.assignment import Assignment
from hwlib.checking.verdict import Language

TEMPLATES = Path(__file__).parent / "templates"
PACKAGED = ("hwlib", "grader", "code_analyze", "course", "solutions", "codes", "handouts")
SINGLE = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")
DATE = (2020, 1, 1, 0, 0, 0)


def _template(name: str, **values: str) -> str:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def packaged_files(root: Path = ROOT) -> Iterator[Path]:
    """What the autograder needs of the repository: what git does not ignore, else all but caches."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PACKAGED],
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout.decode()
        names = [name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
    if names:
        yield from (root / name for name in sorted(names) if (root / name).is_file())
    else:
        for folder in PACKAGED:
            for file in sorted((root / folder).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts and not file.is_symlink():
                    yield file
    yield from (root / name for name in SINGLE if (root / name).exists())


def autograder_zip(
    assignment: Assignment, language: Language = "en", hidden: str = "after_published", secret: bytes = b""
) -> bytes:
    """Gradescope's autograder for one track: `setup.sh` and `run_autograder` at the root, the grader too."""
    scripts = {
        "setup.sh": _template("setup.sh"),
        "run_autograder": _template(
            "run_autograder", TRACK=assignment.track, LANGUAGE=language, HIDDEN=hidden
        ),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, data: bytes, mode: int) -> None:
            info = zipfile.ZipInfo(name, DATE)
            info.external_attr = (0o100000 | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)

        for name, text in scripts.items():
            add(name, text.encode(), 0o755)
        for file in packaged_files():
            add(file.relative_to(ROOT).as_posix(), file.read_bytes(), 0o644)
        if secret:
            add("course_secret.txt", secret, 0o600)
    return buffer.getvalue()


def classroom_workflow(assignments: dict[str, Assignment]) -> str:
    """The workflow that runs the public checks on push."""
    return _template("classroom.yml", TRACKS=", ".join(assignments))
