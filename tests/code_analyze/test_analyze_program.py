"""analyze.py as a program: it needs Python alone, any Python, and runs nothing of the student's."""

from __future__ import annotations

import ast
import hashlib
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from analyze_kit import (
    PACKAGE,
    PROGRAM,
    SOLUTIONS,
    STARTER,
    Kit,
    changed_outside,
    randomly_renamed,
    real_files,
    scrambled,
    tagged,
)

FILES = real_files()


SOURCES = [PROGRAM, *sorted(PACKAGE.glob("*.py"))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_it_is_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_it_needs_the_standard_library_only_and_runs_nothing() -> None:
    nodes = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    modules = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    ours = {"code_analyze.summary", *(f"code_analyze.summary.{path.stem}" for path in SOURCES[1:])}
    assert {module.split(".")[0] for module in modules - ours} <= set(sys.stdlib_module_names)
    assert not modules & {"subprocess", "importlib", "runpy", "pickle", "socket", "urllib"}
    called = {
        node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"exec", "eval", "__import__"}
    [compiled] = [
        node
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "compile"
    ]
    flags = compiled.args[3]
    assert isinstance(flags, ast.Constant)
    assert flags.value == ast.PyCF_ONLY_AST


def test_a_submission_is_not_run(tmp_path: Path) -> None:
    trap = "import pathlib\npathlib.Path(__file__).with_name('trap').write_text('x')\n"
    names = ["argparse.py", "re.py", "VAE/VAE.py", "__init__.py", "sitecustomize.py"]
    kit = Kit(tmp_path, {"VAE/VAE.py": "x = 1\n"}, dict.fromkeys(names, trap))
    for cwd in (kit.codes, kit.folder):
        assert kit.run(cwd=cwd).returncode == 0
        assert kit.run("--verify", cwd=cwd).returncode == 0
    assert not list(tmp_path.rglob("trap"))


def test_no_file_beside_the_program_is_imported_in_the_place_of_pythons_own(tmp_path: Path) -> None:
    trap = "import pathlib\npathlib.Path(__file__).with_name('trap').write_text('x')\n"
    kit = Kit(tmp_path, {"VAE/VAE.py": "x = 1\n"}, {"VAE/VAE.py": "x = 1\n"})
    for folder in (kit.folder, kit.folder / "code_analyze", kit.folder / "code_analyze" / "summary"):
        for name in ("json", "argparse", "re", "hashlib", "code_analyze", "difflib"):
            kit.write(folder / f"{name}.py", trap)
    kit.write(kit.folder / "code_analyze" / "__init__.py", trap)
    kit.write(kit.folder / "refs" / "a.ipynb", '{"cells": []}')  # json is imported late
    for cwd in (kit.folder, kit.folder / "code_analyze"):
        result = kit.run("--reference_dir", "../refs", cwd=cwd)
        assert (result.returncode, result.stderr) == (0, "")
    assert not list(tmp_path.rglob("trap"))


def test_a_program_without_its_package_says_so(tmp_path: Path) -> None:
    kit = Kit(tmp_path, {}, {})
    for broken in (lambda: (kit.package / "walking.py").unlink(), lambda: shutil.rmtree(kit.package)):
        broken()
        result = kit.run()
        assert result.returncode == 2
        assert result.stderr.startswith("error: code_analyze/summary/ is not whole (No module named ")
        assert not kit.summary.exists()
        assert result.stderr.endswith("; take the folder code_analyze from the kit again\n")


def test_an_old_python_is_told_what_to_type(tmp_path: Path) -> None:
    """Old ones read no line of the package; that they can read analyze.py itself is not tested here."""
    kit = Kit(tmp_path, {}, {})
    start = f"import runpy, sys; sys.version_info = (3, 7, 16); runpy.run_path({str(kit.program)!r})"
    result = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert result.stderr == (
        "error: analyze.py needs Python 3.8 or newer, this is Python 3.7; "
        "type python3 in the place of python\n"
    )


def test_what_python_caches_of_the_program_is_not_listed(tmp_path: Path) -> None:
    kit = Kit(tmp_path, {"VAE/VAE.py": "x = 1\n"}, {"VAE/VAE.py": "x = 1\n"})
    kit.write(kit.package / "__pycache__" / "tree.cpython-311.pyc", b"\0")
    assert kit.run("--target_dir", "..").returncode == 0
    assert "__pycache__" not in kit.summary.read_text(encoding="utf-8")
    assert kit.run("--target_dir", "..", "--verify").returncode == 0


def test_a_link_to_the_program_works_on_the_kit_that_it_leads_to(tmp_path: Path) -> None:
    kit = Kit(tmp_path / "kit", {"VAE/VAE.py": "x = 1\n"}, {"VAE/VAE.py": "x = 1\n"})
    (tmp_path / "summary.py").symlink_to(kit.program)
    result = subprocess.run(
        [sys.executable, tmp_path / "summary.py"], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert kit.summary.is_file()


def pythons() -> list[str]:
    """Every Python from 3.8 on that can be started here by its name, and this one."""
    found = {sys.version_info[:2]: sys.executable}
    for minor in range(8, 15):
        program = shutil.which(f"python3.{minor}")
        if program is None or (3, minor) in found:
            continue
        started = subprocess.run([program, "-c", "print(1)"], capture_output=True, text=True, check=False)
        if started.stdout == "1\n":
            found[(3, minor)] = program
    return [found[version] for version in sorted(found)]


def test_same_bytes_under_every_python_and_hash_seed(tmp_path: Path) -> None:
    names = [path.relative_to(STARTER).as_posix() for path in STARTER.glob("*/*.py")]
    codes: dict[str, str | bytes] = {name: (SOLUTIONS / name).read_bytes() for name in names}
    rng = random.Random(3)
    for name, starter, solution in FILES:
        lines = changed_outside(randomly_renamed(tagged(starter, solution), rng), rng, 0.2)
        codes[name] = "\n".join(line for line, _ in lines)
    codes["VAE/new.py"] = scrambled(FILES[0][2], random.Random(4))
    codes["VAE/match.py"] = "match x:\n    case 1:\n        print(f'{d['a']}')\n"
    codes["VAE/wrong.py"] = "x = = 1\n"
    kit = Kit(tmp_path, {name: (STARTER / name).read_bytes() for name in names}, codes)
    digests = set()
    for python in pythons():
        for seed in ("0", "7"):
            program = str(kit.program)
            environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "PYTHONUTF8": "0"}
            result = subprocess.run(
                [python, program], env=environment, capture_output=True, timeout=60, check=False
            )
            assert (result.returncode, result.stderr) == (0, b""), python
            digests.add(hashlib.sha256(kit.summary.read_bytes()).hexdigest())
    assert len(digests) == 1
