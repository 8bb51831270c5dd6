"""`--verify` where the code did not change, but what lies beside it: nobody edited the summary then."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_kit import Kit

from code_analyze.summary import Finding, verify_summary

STARTER = "def f(x):\n    # TODO START\n    raise NotImplementedError('TODO 1 (f)')\n    # TODO END\n"
FILLED = STARTER.replace("raise NotImplementedError('TODO 1 (f)')", "return 2 * x")
OTHERS = " (other files are there now, or by other names)"


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit(tmp_path, {"VAE/a.py": STARTER, "VAE/b.py": STARTER}, {"VAE/a.py": FILLED, "VAE/b.py": FILLED})
    remember(kit)
    return kit


def remember(kit: Kit) -> None:
    kit.summary.write_text(kit.text(), encoding="utf-8", newline="\n")


def findings(kit: Kit) -> list[Finding]:
    return verify_summary(kit.summary.read_text(encoding="utf-8"), kit.tree())


@pytest.mark.parametrize(
    "name",
    ["VAE/results/run/step-1.pt", "VAE/runs/run/events", "data/MNIST", ".DS_Store", "VAE/__pycache__/a.pyc"],
)
def test_what_programs_write_may_come_and_go(kit: Kit, name: str) -> None:
    without = kit.text()
    kit.write(kit.codes / name, b"x")
    assert "# Additional Files" in kit.text()
    assert findings(kit) == []
    remember(kit)
    for path in sorted(kit.codes.rglob("*"), reverse=True):
        if path.name not in ("VAE", "a.py", "b.py"):
            path.unlink() if path.is_file() else path.rmdir()
    assert kit.text() == without
    assert findings(kit) == []


def test_they_do_so_beside_other_files(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/curves.png", b"x")
    kit.write(kit.codes / "VAE/results/x", b"x")
    remember(kit)
    (kit.codes / "VAE/results/x").unlink()
    (kit.codes / "VAE/results").rmdir()
    kit.write(kit.codes / "VAE/runs/x", b"x")
    assert findings(kit) == []


def test_other_files_are_no_edit(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/curves.png", b"x")
    found = findings(kit)
    assert {one.kind for one in found} == {"files"}
    assert found[-1].message.endswith("missing: # VAE/curves.png" + OTHERS)
    remember(kit)
    kit.write(kit.codes / "VAE/notes.txt", b"x")
    (kit.codes / "VAE/curves.png").unlink()
    assert [(one.kind, one.message.split(": ", 1)[1]) for one in findings(kit)] == [
        ("files", "missing: # VAE/notes.txt" + OTHERS),
        ("files", "the analysis has no such line: # VAE/curves.png" + OTHERS),
    ]
    result = kit.run("--verify")
    assert result.returncode == 1
    assert result.stdout.startswith("files: ")


def test_another_spelling_of_a_name_is_no_edit(kit: Kit) -> None:
    (kit.codes / "VAE/b.py").rename(kit.codes / "VAE/B.py")
    found = findings(kit)
    assert [one.kind for one in found] == ["files", "files"]
    assert "# ! is named VAE/B.py, expected VAE/b.py" + OTHERS in found[1].message
    kit.write(kit.codes / "VAE/a.py", FILLED + "x = 1\n")  # a heading between other lines
    remember(kit)
    (kit.codes / "VAE/B.py").rename(kit.codes / "VAE/b.py")
    assert [one.kind for one in findings(kit)] == ["files", "files"]


def test_an_edit_of_the_lists_is_one(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/curves.png", b"x")
    remember(kit)
    text = kit.summary.read_text(encoding="utf-8").replace("# VAE/curves.png", "# VAE/curves.jpg")
    kit.summary.write_text(text, encoding="utf-8", newline="\n")
    assert [one.kind for one in findings(kit)] == ["edited", "line", "line"]
    assert all(one.message.endswith("(edited by hand)") for one in findings(kit)[1:])


def test_places_are_files_and_lines(kit: Kit) -> None:
    lines = kit.summary.read_text(encoding="utf-8").split("\n")
    kit.write(kit.codes / "VAE/a.py", FILLED.replace("2 * x", "3 * x"))
    places = [(one.kind, one.place) for one in findings(kit)]
    number = str(lines.index("    return 2 * x") + 1)
    assert places == [("stale", "VAE/a.py"), ("line", number), ("line", number)]
