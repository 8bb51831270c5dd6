"""Files, links and folders as they come in real submissions; each oddity is a line of the summary."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from analyze_kit import Kit, section

from code_analyze import summary
from code_analyze.summary import parsing, walking

STARTER = (
    "def f(x):\n"
    '    """Doubles."""\n'
    "    # TODO START\n"
    '    raise NotImplementedError("a.py, TODO 1 (double): not filled in yet")\n'
    "    # TODO END\n"
    "\n"
    "\n"
    "print(f(1))\n"
)
FILLED = STARTER.replace(
    '    raise NotImplementedError("a.py, TODO 1 (double): not filled in yet")\n',
    "    return 2 * x  # 两倍\n",
)
WANTED = ["    return 2 * x  # 两倍"]


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path, {"VAE/a.py": STARTER}, {"VAE/a.py": FILLED})


def notes(text: str) -> list[str]:
    return [line for line in section(text, "Other Modifications") if line.startswith("# ! ")]


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (FILLED.encode(), []),
        (FILLED.replace("\n", "\r\n").encode(), ["# ! line ends are CRLF, expected LF"]),
        (FILLED.replace("\n", "\r").encode(), ["# ! line ends are CR, expected LF"]),
        (FILLED.encode("utf-8-sig"), ["# ! starts with a byte order mark"]),
        (FILLED.encode("gbk"), ["# ! is GBK, expected UTF-8"]),
        (FILLED.encode("gb18030"), ["# ! is GBK, expected UTF-8"]),
        (b"\xff\xfe" + FILLED.encode("utf-16-le"), ["# ! is UTF-16, expected UTF-8"]),
        (b"\xfe\xff" + FILLED.encode("utf-16-be"), ["# ! is UTF-16, expected UTF-8"]),
        (FILLED.replace("    ", "\t").encode(), ["# ! indented with tabs, expected spaces"]),
        (FILLED.rstrip("\n").encode(), []),
        (FILLED.replace("\n", "   \n").encode(), []),
        (
            FILLED.replace("\n", "\r\n").replace("    ", "\t").encode("gbk"),
            [
                "# ! is GBK, expected UTF-8",
                "# ! line ends are CRLF, expected LF",
                "# ! indented with tabs, expected spaces",
            ],
        ),
    ],
    ids=["plain", "CRLF", "CR", "BOM", "GBK", "GB18030", "UTF-16 LE", "UTF-16 BE", "tabs", "no last line end",
         "spaces at line ends", "CRLF, tabs and GBK"],
)  # fmt: skip
def test_encodings_line_ends_and_tabs(kit: Kit, content: bytes, note: list[str]) -> None:
    kit.write(kit.codes / "VAE/a.py", content)
    text = kit.text()
    assert section(text, "Filled Code") == ["# ../codes/VAE/a.py:1", *WANTED]
    assert section(text, "Other Modifications") == (
        ["# _codes/VAE/a.py -> ../codes/VAE/a.py", *note] if note else []
    )


def test_a_declared_encoding_is_used(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/a.py", ("# coding: big5\n" + FILLED.replace("两倍", "兩倍")).encode("big5"))
    text = kit.text()
    assert section(text, "Filled Code")[1] == "    return 2 * x  # 兩倍"
    assert "# ! is BIG5, expected UTF-8" in notes(text)


def test_a_declared_encoding_chooses_nothing_to_import(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/a.py", b"# coding: antigravity\n" + FILLED.encode("gbk"))
    assert "# ! is GBK, expected UTF-8" in notes(kit.text())


def test_bytes_of_no_encoding_are_written_out(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/a.py", FILLED.encode().replace("两".encode(), b"\xff\xff"))
    text = kit.text()
    assert section(text, "Filled Code")[1] == "    return 2 * x  # \\xff\\xff倍"
    assert any("is not UTF-8" in note for note in notes(text))


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"", "# ! is empty"),
        (b"\n \n\t\n", "# ! is empty"),
        (b"\0\1\2" * 50, "# ! is binary, expected text; not compared"),
        (b"\x93NUMPY\x01\x00v\x00", "# ! is binary, expected text; not compared"),
        (b"\x80\x01\x02\x03\x04\x05\x06\x07" * 9 + b"\xff", "# ! is binary, expected text; not compared"),
        (b"x = 1\n" * 30_000, "# ! has 30000 lines, more than 10000; not compared"),
        (b"#" * (2 << 20), "# ! has 2097152 bytes, more than 1048576; not compared"),
    ],
    ids=["empty", "blank", "zeros", "array", "control characters", "many lines", "large"],
)  # fmt: skip
def test_what_is_no_text_is_named_and_not_compared(kit: Kit, content: bytes, note: str) -> None:
    kit.write(kit.codes / "VAE/a.py", content)
    text = kit.text()
    assert section(text, "Filled Code") == ["# ../codes/VAE/a.py:1"]
    assert section(text, "Other Modifications") == ["# _codes/VAE/a.py -> ../codes/VAE/a.py", note]


def test_an_enormous_file_is_not_read(kit: Kit) -> None:
    with open(kit.codes / "VAE/a.py", "wb") as file:
        file.truncate(1 << 40)  # a file with a hole, which takes no room on the disk
    assert "# ! has 1099511627776 bytes; not read" in notes(kit.text())


def test_a_file_that_cannot_be_read(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    source = summary.read_source(str(kit.codes / "VAE/a.py"))
    assert (source.status, source.oddities) == ("unreadable", ["can't be read: no permission"])
    assert summary.read_source("/\0").status == "unreadable"


def test_a_binary_starter_file_is_compared_by_its_bytes(tmp_path: Path) -> None:
    kit = Kit(tmp_path, {"a.bin": "x\0"}, {"a.bin": "x\0"})
    assert notes(kit.text()) == []
    kit.write(kit.codes / "a.bin", b"y\0")
    assert "# ! differs from the starter's" in notes(kit.text())


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("x = (1\n", 'the "(" in line 1 is never closed'),
        ("x = [1)\n", 'line 1 has a ")" that nothing opens'),
        ("x = 'a\n", "line 1 has a string that does not end"),
        ('"""a\n', "line 1 has a string that does not end"),
        ("<<<<<<< HEAD\nx = 1\n", "line 1 is a mark of an unfinished merge"),
        ("for i in range(3)\n    pass\n", "does not parse as Python"),
        ("x = = 1\n", "does not parse as Python"),
        ("def f():\nreturn 1\n", "does not parse as Python"),
        ("my model is great\n", "does not parse as Python"),
        ("print 'x'\n", "does not parse as Python"),
        ("# " + "-" * 80 + "\nx = = 1\n", "does not parse as Python"),
        ("x = [*a]\ny = [a *b]\nprint(f'{x}: {y}', f\"{x}\")\nx = = 1\n", "does not parse as Python"),
    ],
)
def test_a_file_that_does_not_parse(kit: Kit, content: str, note: str) -> None:
    kit.write(kit.codes / "VAE/a.py", FILLED + content.replace("\n", "\n"))
    kit.write(kit.codes / "VAE/new.py", content)
    text = kit.text()
    assert section(text, "Filled Code") == ["# ../codes/VAE/a.py:1", *WANTED]
    assert any("does not parse" in line for line in notes(text))
    [line] = section(text, "Additional Files")
    assert line.startswith("# VAE/new.py (")
    assert note in line


@pytest.mark.parametrize(
    "content",
    [
        "match x:\n    case 1:\n        pass\n",
        "try:\n    pass\nexcept* ValueError:\n    pass\n",
        "x = f'{d['a']}'\n",
        'x = f"{", ".join(d)}"\n',
        "type X = int\n",
        "def f[T](x: T): pass\n",
        "with (open(a) as b, open(c) as d):\n    pass\n",
        "@a[0]\ndef f(): pass\n",
        "x = y[*z]\n",
        "def f(x: dict[str, *a]): pass\n",
        "x = y[z := 1]\n",
        "x = {y := 1, 2}\n",
        "for x in *a, *b:\n    pass\n",
        "x = f'{a + '\\n'}'\n",
        "x = 'f' + f'{a}{b  # c'\n",
        "x = '\\\n'\n",
        "x = '''(\n'''\n",
        "x = 'it''s #('  # it's (\n",
        "x = " + "(" * 60 + "1" + ")" * 60 + "\n",
        "x = " + "-" * 3000 + "1\n",
        "x = a" + ".b" * 4000 + "\n",
    ],
)
def test_what_some_python_may_parse_is_not_called_wrong(content: str) -> None:
    """The same words under every Python, so newer syntax and deep nesting must not be judged by this one."""
    assert parsing.parse_problem(content.rstrip("\n").split("\n")) is None


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


def test_characters_that_cannot_be_seen_are_written_out(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/a.py", FILLED.replace("两倍", "\u202e\x0c\x85\u2028\u200b"))
    assert section(kit.text(), "Filled Code")[1] == "    return 2 * x  # \\u202e\\u000c\\u0085\\u2028\\u200b"


def test_long_lines_are_cut(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/a.py", FILLED.replace("# 两倍", "# " + "a" * 5000))
    line = section(kit.text(), "Filled Code")[1]
    assert line.endswith("... (4020 more characters)")
    assert len(line) < 1100


def test_the_digest_names_what_was_not_read(kit: Kit) -> None:
    os.mkfifo(kit.codes / "VAE/pipe.py")
    assert "#: file sha256 " + "-" * 64 + "  VAE/pipe.py" in kit.text().split("\n")


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
