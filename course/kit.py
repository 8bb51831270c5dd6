"""The student kit: one zip, the same bytes for the same repository."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml

from course.handout import render_files
from hwlib.errors import HomeworkError

TOP = "image-generation-homework"  # the folder that the zip unpacks to
_STUDENT_SECTIONS = re.compile(r"\[(build-system|project|tool\.setuptools.*)\]")
_KIT_README = Path(__file__).parent / "student_kit" / "README.md"


def kit_files(root: Path, starter: dict[str, bytes]) -> dict[str, bytes]:
    """Name in the zip (below `TOP`) -> content.

    Args:
        root: the repository.
        starter: the freshly cut starter, by path relative to the root.

    Nothing of the solutions, the grader or the hidden checks is taken along: files are named here one
    kind at a time, not left out of a whole.
    """
    files = dict(starter)
    for path in sorted((root / "hwlib").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(root).as_posix()] = path.read_bytes()
    for path in sorted((root / "handouts").glob("*/*")):
        name = path.relative_to(root).as_posix()
        if path.name == "assignment.yaml":
            files[name] = student_assignment(path.read_text(encoding="utf-8")).encode()
        elif path.name == "report.ipynb" or path.name.startswith("public_cases"):
            files[name] = path.read_bytes()
    for name, content in render_files(root / "handouts").items():
        files[f"handouts/{name}"] = content
    for path in [
        root / "code_analyze" / "analyze.py",
        *sorted((root / "code_analyze" / "summary").glob("*.py")),
    ]:
        files[path.relative_to(root).as_posix()] = path.read_bytes()
    files["README.md"] = _KIT_README.read_bytes()
    files["constraints.txt"] = (root / "constraints.txt").read_bytes()
    files["LICENSE"] = (root / "LICENSE").read_bytes()
    files["pyproject.toml"] = student_pyproject(
        (root / "pyproject.toml").read_text(encoding="utf-8")
    ).encode()
    return files


def student_assignment(text: str) -> str:
    """The description without hidden checks (their points stay) and without the list of extensions."""
    description: dict[str, Any] = yaml.safe_load(text)
    description.get("late", {}).pop("extensions", None)
    for region in description.get("regions", []):
        checks = region.get("checks", [])
        shown = [check for check in checks if check.get("visibility") == "public"]
        hidden = sum(check["points"] for check in checks if check.get("visibility") != "public")
        if hidden:
            # The points of a region are public; which hidden checks share them is not.
            title = {"en": "Further checks", "zh": "其他检查"}
            shown.append(
                {"id": f"{region['id']}_hidden", "title": title, "visibility": "hidden", "points": hidden}
            )
        if checks:
            region["checks"] = shown
    return yaml.safe_dump(description, allow_unicode=True, sort_keys=False, width=110)


def student_pyproject(text: str) -> str:
    """The parts of pyproject.toml that install `hwlib` and nothing of the TA's."""
    sections = re.split(r"(?m)^(?=\[)", text)
    kept = [part for part in sections if _STUDENT_SECTIONS.match(part)]
    if not any(part.startswith("[project]") for part in kept):
        raise HomeworkError("pyproject.toml has no [project] section; the kit can't be built without it.")
    # Comments about the next section stand at the end of the one before it.
    return "\n".join(re.sub(r"(?m)(^#.*\n|^\s*\n)+\Z", "", part) for part in kept)


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """A zip of these files: sorted, no owners, stored (compressors differ by version).

    The time of a file follows from its content. Python takes what it cached of a module for fresh as long as
    time and size of the file stay, so with one time for all, a corrected kit that is unpacked over an earlier
    one could go on running the earlier code.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            steps = int.from_bytes(hashlib.sha256(files[name]).digest()[:4], "big") % (12 * 60 * 60)
            time = steps // 1800, steps // 30 % 60, steps % 30 * 2  # zip counts in steps of two seconds
            entry = zipfile.ZipInfo(f"{TOP}/{name}", date_time=(1980, 1, 1, *time))
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def answers_in(files: dict[str, bytes], answers: Iterable[str]) -> list[str]:
    """Names of text files that hold a line of an answer."""
    wanted = set(answers)
    found = []
    for name, content in files.items():
        lines = {line.strip() for line in content.decode("utf-8", errors="replace").splitlines()}
        if lines & wanted:
            found.append(name)
    return sorted(found)
