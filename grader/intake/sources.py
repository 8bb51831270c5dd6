"""Source files as Python can read them: UTF-8 without a byte order mark."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from code_analyze.summary import read_bytes
from grader.intake.notes import Notes
from hwlib.checking.student import PROTECTED

_COOKIE = re.compile(r"^([ \t\f]*#.*?coding[:=][ \t]*)([-\w.]+)")


def recode(folder: Path, track: str, notes: Notes) -> None:
    """Rewrites the Python files of a track (our copies of them) whose encoding is not UTF-8."""
    for path in sorted(folder.rglob("*.py")):
        data = path.read_bytes()
        source = read_bytes(data)
        if source.status != "text":
            continue  # the checks say what is wrong with it: it is no Python
        lines = source.lines
        for number, line in enumerate(lines[:2]):
            lines[number] = _COOKIE.sub(r"\1utf-8", line)
        text = "".join(line + "\n" for line in lines)
        if text.encode("utf-8", "replace") == data:
            continue
        path.write_bytes(text.encode("utf-8", "replace"))
        for oddity in source.oddities:
            if "expected UTF-8" in oddity or "UTF-8;" in oddity:
                place = f"{track}/{path.relative_to(folder).as_posix()}"
                notes.add(
                    "source_recoded",
                    f"{place} {oddity}; it was read as that.",
                    f"{place} 不是 UTF-8 编码，已转换后批改。",
                    severity="info",
                )


def report_shadows(folder: Path, track: str, notes: Notes) -> None:
    """Files and folders named like a library: they are never imported in its place, which may surprise."""
    names = []
    for path in sorted(folder.iterdir()):
        name = path.name.partition(".")[0] if path.is_file() else path.name
        python = path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
        if python and (name in PROTECTED or name in sys.stdlib_module_names):
            names.append(path.name + ("/" if path.is_dir() else ""))
    for name in names[:10]:
        notes.add(
            "library_shadowed",
            f"{track}/{name} has the name of a library; in grading, the library is imported, not this.",
            f"{track}/{name} 与库同名；批改时导入的是库，而不是这个文件。",
        )
