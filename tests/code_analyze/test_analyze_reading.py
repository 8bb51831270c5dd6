"""What a file may hold: encodings, line ends, bytes that are no text, text that is no Python."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from analyze_kit import SMALL_FILLED as FILLED
from analyze_kit import SMALL_REGION as WANTED
from analyze_kit import Kit, notes, section, small_kit

from code_analyze import summary
from code_analyze.summary import parsing


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return small_kit(tmp_path)


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
