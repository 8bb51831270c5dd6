"""What analyze.py says on the terminal when something is wrong, and its exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from analyze_kit import SOLUTIONS, STARTER, Kit, small_kit

from code_analyze.summary import command


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return small_kit(tmp_path)


def test_windows_separators_become_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.os, "sep", "\\")
    assert command._label("..\\codes\\") == "../codes"
    assert command._label(".\\my\\codes") == "my/codes"


def test_a_summary_that_cannot_be_written_is_an_error_in_words(kit: Kit) -> None:
    result = kit.run("--output_file", "../codes")
    assert result.returncode == 2
    assert "can't write" in result.stderr
    assert "--output_file" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(kit.folder.glob("*.part"))


@pytest.mark.parametrize("option", ["--target_dir", "--origin_dir", "--reference_dir"])
def test_a_folder_that_is_not_there_is_an_error_in_words(kit: Kit, option: str) -> None:
    result = kit.run(option, "../nowhere")
    assert result.returncode == 2
    assert "nowhere" in result.stderr
    assert option in result.stderr
    assert "expected" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_fault_of_the_program_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(command, "analyze_tree", broken)
    assert command.main(["--target_dir", str(SOLUTIONS), "--origin_dir", str(STARTER)]) == 2
    assert "send this line" in capsys.readouterr().err
    monkeypatch.setattr(command, "analyze_tree", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert command.main(["--target_dir", str(SOLUTIONS), "--origin_dir", str(STARTER)]) == 130


def test_a_reader_that_goes_away_is_no_fault(kit: Kit) -> None:
    program = str(kit.program)
    read, write = os.pipe()
    os.close(read)
    try:
        result = subprocess.run([sys.executable, program], stdout=write, stderr=subprocess.PIPE, timeout=60)
    finally:
        os.close(write)
    assert (result.returncode, result.stderr) == (0, b"")
    assert kit.summary.is_file()


def test_wrong_folder_is_named_on_the_terminal(kit: Kit) -> None:
    result = kit.run("--target_dir", "../codes/VAE")
    assert result.returncode == 0
    assert "is --target_dir the folder" in result.stdout
