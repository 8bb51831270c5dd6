"""Files, links and folders as they come in real submissions; each oddity is a line of the summary."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from analyze_kit import SMALL_FILLED as FILLED
from analyze_kit import SMALL_REGION as WANTED
from analyze_kit import SMALL_STARTER as STARTER
from analyze_kit import Kit, notes, section, small_kit

from code_analyze import summary
from code_analyze.summary import walking


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return small_kit(tmp_path)


def test_folders_that_programs_write_are_named_once_and_not_walked(kit: Kit) -> None:
    for name in ("results", "runs", "data", "__pycache__", ".idea"):
        kit.write(kit.codes / "VAE" / name / "deep" / "file.py", "x = 1\n")
    kit.write(kit.codes / ".DS_Store", b"\0\0\0\1Bud1")
    kit.write(kit.codes / "data" / "MNIST" / "raw", b"\0")
    assert section(kit.text(), "Additional Files") == [
        "# .DS_Store",
        "# VAE/.idea",
        "# VAE/__pycache__",
        "# VAE/data",
        "# VAE/results",
        "# VAE/runs",
        "# data",
    ]


def test_other_folders_are_walked(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/layers/conv.py", "x = 1\n")
    kit.write(kit.codes / "VAE/layers/empty.py", b"")
    kit.write(kit.codes / "VAE/notes.txt", b"")
    (kit.codes / "spare").mkdir()
    assert section(kit.text(), "Additional Files") == [
        "# VAE/layers/conv.py",
        "# VAE/layers/empty.py (is empty)",
        "# VAE/notes.txt (empty)",
        "# spare (an empty folder)",
    ]


def test_a_folder_that_cannot_be_read(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    (kit.codes / "locked").mkdir()

    def refuse(folder: str) -> None:
        raise PermissionError(13, "Permission denied", folder)

    with monkeypatch.context() as patch:
        patch.setattr(walking.os, "scandir", refuse)
        assert walking._entries(str(kit.codes / "locked")) == []
    monkeypatch.setattr(walking.os, "access", lambda *_: False)
    assert section(kit.text(), "Additional Files") == ["# locked (a folder that can't be read)"]


def test_a_flood_of_files_is_cut(kit: Kit) -> None:
    for number in range(300):
        kit.write(kit.codes / "VAE" / f"picture{number:03}.png", b"x")
    lines = section(kit.text(), "Additional Files")
    assert len(lines) == 201
    assert lines[-1] == "# ... and 100 more"


def test_folders_without_end_are_not_walked_to_the_end(kit: Kit) -> None:
    deep = kit.codes.joinpath(*["d"] * 30)
    kit.write(deep / "x.py", "x = 1\n")
    [line] = section(kit.text(), "Additional Files")
    assert line.endswith("(folders too deep, not walked)")


def test_links_that_lead_out_or_in_a_circle_or_nowhere(kit: Kit, tmp_path: Path) -> None:
    outside = tmp_path / "secret.py"
    outside.write_text("password = 1\n", encoding="utf-8")
    links = {
        "VAE/circle": kit.codes,
        "VAE/gone.py": "no such file",
        "VAE/inside.py": "a.py",
        "VAE/out": tmp_path,
        "VAE/out.py": outside,
        "VAE/self.py": "self.py",
    }
    for path, goal in links.items():
        (kit.codes / path).symlink_to(goal)
    text = kit.text()
    assert section(text, "Additional Files") == [
        "# VAE/circle (a link in a circle, not followed)",
        "# VAE/gone.py (a link that leads nowhere)",
        "# VAE/inside.py",
        "# VAE/out (a link that leads out of the folder, not followed)",
        "# VAE/out.py (a link that leads out of the folder, not followed)",
        "# VAE/self.py (a link in a circle, not followed)",
    ]
    assert "password" not in text


def test_a_link_in_the_place_of_a_file_is_not_followed_out(kit: Kit, tmp_path: Path) -> None:
    (kit.codes / "VAE/a.py").unlink()
    (kit.codes / "VAE/a.py").symlink_to(tmp_path / "code_analyze/analyze.py")
    text = kit.text()
    assert section(text, "Missing Files") == [
        "# VAE/a.py (a link that leads out of the folder, not followed)"
    ]
    assert section(text, "Filled Code") == []


def test_junctions_of_windows_are_links() -> None:
    class Entry:
        def __init__(self, tag: int, error: bool = False) -> None:
            self.tag, self.error = tag, error

        def is_symlink(self) -> bool:
            return False

        def stat(self, follow_symlinks: bool) -> SimpleNamespace:
            assert not follow_symlinks
            if self.error:
                raise OSError(5, "Input/output error")
            return SimpleNamespace(st_reparse_tag=self.tag)

    assert walking._is_link(Entry(0xA0000003))  # type: ignore[arg-type]
    assert not walking._is_link(Entry(0x9000001A))  # type: ignore[arg-type]  # a folder in OneDrive
    assert not walking._is_link(Entry(0, error=True))  # type: ignore[arg-type]


def test_a_link_to_another_folder_inside(kit: Kit) -> None:
    (kit.codes / "GAN").symlink_to("VAE")
    assert section(kit.text(), "Additional Files") == ["# GAN (a link to another folder, not followed)"]


def test_pipes_sockets_and_folders_in_the_place_of_files(kit: Kit, tmp_path: Path, monkeypatch) -> None:
    os.mkfifo(kit.codes / "VAE/pipe.py")
    (kit.codes / "VAE/a.py").unlink()
    kit.write(kit.codes / "VAE/a.py/inner.txt", "x\n")
    monkeypatch.chdir(kit.codes / "VAE")  # names of sockets must be short
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket")
    server.close()
    text = kit.text()
    assert section(text, "Missing Files") == ["# VAE/a.py"]
    assert section(text, "Additional Files") == [
        "# VAE/a.py/inner.txt",
        "# VAE/pipe.py (is a pipe or a device, expected a file; not read)",
        "# VAE/socket (a pipe or a device)",
    ]
    assert summary.read_source(str(kit.codes)).status == "folder"


def test_names_in_another_case_are_paired(kit: Kit) -> None:
    (kit.codes / "VAE").rename(kit.codes / "vae")
    text = kit.text()
    assert section(text, "Filled Code") == ["# ../codes/VAE/a.py:1", *WANTED]
    assert notes(text) == ["# ! is named vae/a.py, expected VAE/a.py"]


def test_names_with_decomposed_characters_are_read(kit: Kit, tmp_path: Path) -> None:
    """As macOS packs them."""
    kit.write(kit.origin / "VAE/caf\u00e9.py", STARTER)
    kit.write(kit.codes / "VAE/cafe\u0301.py", FILLED)
    text = kit.text()
    assert section(text, "Filled Code")[-2:] == ["# ../codes/VAE/caf\u00e9.py:1", *WANTED]
    assert "# Missing Files" not in text


def test_a_flood_of_files_hides_none_of_the_starter(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_WALKED", 50)
    for number in range(60):
        kit.write(kit.codes / "A" / "flood" / f"{number:03}.txt", "x\n")
        kit.write(kit.codes / "B" / "more" / f"{number:03}.txt", "x\n")
    text = kit.text()
    assert section(text, "Filled Code") == ["# ../codes/VAE/a.py:1", *WANTED]
    assert "# B/more (not walked, there are too many files)" in section(text, "Additional Files")


def test_odd_names_are_written_so_that_they_cannot_deceive(kit: Kit) -> None:
    for name in (b"tab\there\x1b[31m.txt", b"line\n# VAE.txt", b"\xff\xfe.txt", "反\u202etxt.py".encode()):
        with open(os.path.join(os.fsencode(kit.codes), name), "wb") as file:
            file.write(b"x = 1\n")
    assert section(kit.text(), "Additional Files") == [
        "# line\\u000a# VAE.txt",
        "# tab\there\\u001b[31m.txt",
        "# 反\\u202etxt.py",
        "# \\udcff\\udcfe.txt",
    ]


def test_a_submission_without_anything(kit: Kit, tmp_path: Path) -> None:
    (kit.codes / "VAE/a.py").unlink()
    (kit.codes / "VAE").rmdir()
    text = kit.text()
    assert section(text, "Missing Files") == ["# VAE/a.py"]
    assert section(text, "Filled Code") == []


def test_one_track_alone(tmp_path: Path) -> None:
    kit = Kit(
        tmp_path, {"VAE/a.py": STARTER, "GAN/a.py": STARTER}, {"VAE/a.py": FILLED, "GAN/b.py": "x = 1\n"}
    )
    tree = summary.analyze_tree(str(kit.origin), str(kit.codes), track="VAE")
    assert [file.path for file in tree.files] == ["VAE/a.py"]
    assert (tree.missing, tree.added) == ([], [])
