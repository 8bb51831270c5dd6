"""Who may import whom (docs/architecture.md): read off the sources, so that lazy imports count too."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"hwlib", "grader", "code_analyze", "course"}


def imported(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports, `from .x` counted as its own package."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def sources(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"no sources in {folder}: the test would check nothing"
    return found


TRACK_FILES = {path.stem for folder in ("solutions", "codes") for path in sources(folder)}


@pytest.mark.parametrize("folder", ["solutions", "codes", "code_analyze/_codes"])
def test_a_track_imports_hwlib_and_its_own_files(folder):
    for path in sources(folder):
        names = imported(path)
        assert not names & (OURS - {"hwlib"}), path
        assert names & TRACK_FILES <= {other.stem for other in path.parent.glob("*.py")}, path


def test_hwlib_imports_no_track_and_nothing_above_it():
    for path in sources("hwlib"):
        assert not imported(path) & ((OURS - {"hwlib"}) | TRACK_FILES), path


def test_the_grader_and_the_instructors_programs_import_no_students_module():
    for folder in ("grader", "course"):
        for path in sources(folder):
            if {"mutants", "equivalents"} & set(path.relative_to(ROOT).parts):
                continue  # stand-ins for submissions, loaded by workers alone
            assert not imported(path) & TRACK_FILES, path


def test_course_does_not_know_the_grader():
    for path in sources("course"):
        assert "grader" not in imported(path), path


def test_the_students_code_analysis_needs_the_standard_library_alone():
    program = ROOT / "code_analyze" / "analyze.py"
    for path in [program, *sources("code_analyze/summary")]:
        assert imported(path) <= {*sys.stdlib_module_names, "code_analyze"}, path
        # Of code_analyze itself only the package that the kit takes along.
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("code_analyze"):
                assert node.module.startswith("code_analyze.summary"), path


def test_tracks_have_no_init_file_and_the_same_file_names():
    for folder in ("solutions", "codes"):
        for track in (ROOT / folder).iterdir():
            names = {path.name for path in track.glob("*.py")}
            assert names == {"main.py", f"{track.name}.py", "dataset.py", "trainer.py"}
