"""What of this computer's files the sandbox shows, and what it hides of that: computed, never assumed."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path

import grader
import hwlib
from hwlib.checking.subprocess_transport import package_folders

SECRETS = ("solutions", "grader", "tests", "benchmarks", "course", "code_analyze")


def libraries() -> list[Path]:
    """Folders that the interpreter needs: its own, the environment's, and torch's where it lies elsewhere."""
    wanted = [
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.exec_prefix),
        Path(sys.executable).resolve().parent.parent,
    ]
    wanted += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    wanted += [Path(path) for path in package_folders()]
    # Looked up and not imported: a sandbox starts while its owner still does that.
    torch = importlib.util.find_spec("torch")
    if torch is not None and torch.origin is not None:
        wanted.append(Path(torch.origin).resolve().parent.parent)
    found: list[Path] = []
    for path in sorted({path.resolve() for path in wanted} | {path.absolute() for path in wanted}):
        system = path.is_relative_to("/usr")
        if path.exists() and not system and not any(path.is_relative_to(above) for above in found):
            found.append(path)
    return found


def system_links() -> list[tuple[str, str]]:
    """/bin, /lib, ... as they are: (name, target of the link), or (name, "") for folders of their own."""
    result = []
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            result.append((name, str(path.readlink())))
        elif path.is_dir():
            result.append((name, ""))
    return result


def own_library() -> Path:
    """The folder of hwlib: the only part of this project that a submission sees."""
    return Path(hwlib.__file__).resolve().parent


def hidden(shown: list[Path]) -> list[Path]:
    """Folders with answers, checks or other people's work that lie inside what is shown.

    That is so where the environment lies around the repository, or where the packages were installed by copy.
    """
    root = Path(grader.__file__).resolve().parent.parent
    return [
        root / name
        for name in SECRETS
        if (root / name).is_dir() and any(root.is_relative_to(p) for p in shown)
    ]


def installed_data_sets() -> list[Path]:
    """Folders with images that scikit-learn brings along."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).parent / "datasets"
    return [path for path in (folder / "data", folder / "images") if path.is_dir()]
