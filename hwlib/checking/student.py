"""How the worker loads a student's folder, and what it says about the student's errors.

The names of the homework's files always come from the folder. Every other module of the folder is found
too, unless it would hide a module of Python or a library that the homework or this engine is built on: a
`random.py` or `hwlib/` in a submission is never imported in place of the real one.
"""

from __future__ import annotations

import importlib.util
import linecache
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from hwlib.failing_layer import failing_layer

PROTECTED = frozenset(
    [
        "hwlib",
        "grader",
        "course",
        "code_analyze",
        "torch",
        "torchvision",
        "torchgen",
        "functorch",
        "numpy",
        "scipy",
        "sklearn",
        "matplotlib",
        "PIL",
        "tqdm",
        "tensorboard",
        "google",
        "safetensors",
        "yaml",
        "pydantic",
        "pydantic_core",
        "typing_extensions",
        "packaging",
        "six",
        "sympy",
        "networkx",
        "jinja2",
        "markupsafe",
        "fsspec",
        "filelock",
        "mpmath",
        "joblib",
        "threadpoolctl",
        "absl",
        "grpc",
        "markdown",
        "werkzeug",
        "setuptools",
        "pkg_resources",
        "contourpy",
        "cycler",
        "dateutil",
        "fontTools",
        "kiwisolver",
        "pyparsing",
        "sitecustomize",
        "usercustomize",
    ]
)
_NOT_FILLED_IN = re.compile(r"^(\w+\.py), TODO (\d+) \(([^()]*)\): not filled in yet$")
MAX_MESSAGE = 500
MAX_TRACEBACK = 12


class StudentFinder(MetaPathFinder):
    """Finds the modules of one student's folder, before everything else but never in place of a library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if path is not None or top in PROTECTED or top in sys.stdlib_module_names:
            return None
        spec = PathFinder.find_spec(fullname, [str(self.folder)])
        # A folder without code is no module (a namespace package would hide an installed library).
        return spec if spec is not None and spec.loader is not None else None


def install(folder: Path) -> StudentFinder:
    """Makes the modules of `folder` importable and returns the finder."""
    finder = StudentFinder(folder)
    sys.meta_path.insert(0, finder)
    return finder


def forget_modules(folder: Path) -> None:
    """Drops the folder's modules, so that the next import runs them again."""
    root = str(folder)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(root):
            del sys.modules[name]


def run_as_main(path: Path) -> None:
    """Runs a file of the student's as `python <file>` would, in this process."""
    spec = importlib.util.spec_from_file_location("__main__", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    saved = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        spec.loader.exec_module(module)
    finally:
        sys.modules["__main__"] = saved


def describe_error(error: BaseException, folder: Path) -> dict[str, Any]:
    """What the parent may know about an exception: its kind, type, message and the student's own lines.

    Keys: kind ("exception" | "not_filled_in"), type, message, traceback (a list of {file, line, function,
    code}, outermost first, files relative to the folder) and for an
    unfilled region todo {file, number, title}.
    Works on exceptions that lie about themselves: whatever they raise is left out.
    """
    message = _message(error)
    description: dict[str, Any] = {
        "kind": "exception",
        "type": type_name(error),
        "message": message,
        "traceback": _student_lines(error, folder),
    }
    match = _NOT_FILLED_IN.match(message) if _is(error, NotImplementedError) else None
    if match:
        description["kind"] = "not_filled_in"
        description["todo"] = {"file": match[1], "number": int(match[2]), "title": match[3]}
    return description


def type_name(value: object) -> str:
    """The name of a value's type. Not type(value).__name__: a metaclass of the student's may answer that."""
    name: str = type.__dict__["__name__"].__get__(type(value))
    return name[:80]


def _message(error: BaseException) -> str:
    if type(error) in (SyntaxError, IndentationError, TabError):
        text = error.msg  # type: ignore[attr-defined]
    elif type(error) is SystemExit:
        text = (
            f"the program was ended by sys.exit({error.code!r})"
            if type(error.code) in (int, str, type(None))
            else ""
        )
    else:
        try:
            text = str(error)
        except BaseException:  # a __str__ that raises, whatever it raises
            text = "(the exception's message could not be made: its __str__ fails)"
    text = text if type(text) is str else ""
    layer = failing_layer(error)
    text += f" [{layer}]" if layer else ""
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 4] + " ..."


def _is(error: BaseException, kind: type[BaseException]) -> bool:
    # Not isinstance: it asks the exception for its __class__, which may lie, or never answer.
    return issubclass(type(error), kind)


def _student_lines(error: BaseException, folder: Path) -> list[dict[str, Any]]:
    lines = []
    step = error.__traceback__
    while step is not None:
        frame: FrameType = step.tb_frame
        code: CodeType = frame.f_code
        name = relative(code.co_filename, folder)
        if name is not None:
            text = linecache.getline(code.co_filename, step.tb_lineno).strip()
            lines.append({"file": name, "line": step.tb_lineno, "function": code.co_name, "code": text[:200]})
        step = step.tb_next
    if _is(error, SyntaxError) and type(getattr(error, "filename", None)) is str:
        assert isinstance(error, SyntaxError)
        assert error.filename is not None
        name = relative(error.filename, folder)
        if name is not None and type(error.lineno) is int:
            text = error.text.strip() if isinstance(error.text, str) else ""
            lines.append({"file": name, "line": error.lineno, "function": "<module>", "code": text[:200]})
    return lines[-MAX_TRACEBACK:]


def relative(filename: str, folder: Path) -> str | None:
    """The path of a file inside the folder, with forward slashes; None for files elsewhere."""
    try:
        return Path(filename).relative_to(folder).as_posix()
    except ValueError:
        return None
