"""What comes out of archives, and what must never: paths, links, bombs, names, other formats."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.intake import RefusedError, archives, writer
from grader.intake.archives import copy_folder, unpack
from grader.intake.names import decode_name, safe_parts

Entry = tuple[str | zipfile.ZipInfo, bytes]


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[..., Path]:
    def make(*entries: Entry, name: str = "2026000001.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for entry, data in entries:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of duplicate names
                    file.writestr(entry, data)
        return path

    return make


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "inner"
    folder.mkdir(parents=True)
    return folder


def test_an_ordinary_zip(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    target = out(tmp_path)
    result = unpack(make_zip(("codes/VAE/main.py", b"x = 1\n"), ("report.pdf", b"%PDF")), target)
    assert files_of(target) == {"codes/VAE/main.py": b"x = 1\n", "report.pdf": b"%PDF"}
    assert result == writer.Unpacked()


@pytest.mark.parametrize(
    "name",
    ["../evil.py", "codes/../../evil.py", "/etc/evil.py", "C:/evil.py", "c:evil.py", "..\\..\\evil.py",
     "\\\\host\\evil.py", "codes/con.py", "a/" * 30 + "evil.py", "x" * 300 + ".py", "codes/evil.py:stream",
     "codes/\x1b[2J.py"],
)  # fmt: skip
def test_names_that_lead_out_never_become_files(
    make_zip: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    target = out(tmp_path)
    result = unpack(make_zip((name, b"evil"), ("good.py", b"good")), target)
    assert files_of(tmp_path / "out") == {"inner/good.py": b"good"}
    assert len(result.unsafe) == 1


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_left_out(make_zip: Callable[..., Path], tmp_path: Path, kind: int) -> None:
    entry = zipfile.ZipInfo("codes/VAE/data")
    entry.external_attr = (kind | 0o777) << 16
    target = out(tmp_path)
    result = unpack(make_zip((entry, b"/etc/passwd"), ("codes/VAE/data/passwd", b"x")), target)
    assert result.links == ["codes/VAE/data"]
    assert files_of(target) == {"codes/VAE/data/passwd": b"x"}


def test_bombs_by_ratio(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="300 times its size") as refused:
        unpack(make_zip(("big.py", bytes(20 << 20))), out(tmp_path))
    assert "300" in refused.value.zh


def test_bombs_by_total_and_by_file(
    make_zip: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_zip(("a", os.urandom(3 << 20)), ("b", os.urandom(3 << 20)))
    monkeypatch.setattr(writer, "MAX_TOTAL", 5 << 20)
    with pytest.raises(RefusedError, match="over 5 MiB unpacked"):
        unpack(path, out(tmp_path))
    monkeypatch.setattr(writer, "MAX_FILE", 2 << 20)
    with pytest.raises(RefusedError, match="a has over 2 MiB"):
        copy_folder(_folder(tmp_path, {"a": bytes(3 << 20)}), tmp_path / "copy")


def test_bombs_by_entries(
    make_zip: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    monkeypatch.setattr(writer, "MAX_ENTRIES", 3)
    with pytest.raises(RefusedError, match="4 entries"):
        unpack(make_zip(*((f"{n}.py", b"") for n in range(4))), out(tmp_path))
    with pytest.raises(RefusedError, match="over 3 files"):
        copy_folder(_folder(tmp_path, {str(n): b"" for n in range(4)}), tmp_path / "copy")


def test_sizes_in_headers_are_not_believed(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    path = make_zip(("a.py", b"x" * 1000))
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, central + 24, 10)  # claims 10 bytes unpacked
    path.write_bytes(data)
    target = out(tmp_path)
    result = unpack(path, target)
    assert result.damaged == ["a.py"] or len(files_of(target)["a.py"]) <= 1000


def test_encrypted_zips_are_refused(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    path = make_zip(("a.py", b"x"))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(RefusedError, match="without a password"):
        unpack(path, out(tmp_path))


@pytest.mark.parametrize(
    ("start", "words"),
    [(b"Rar!\x1a\x07\x01\x00", "RAR"), (b"7z\xbc\xaf\x27\x1c\x00", "7z"), (b"\x1f\x8b\x08", "gzip"),
     (b"%PDF-1.5", "PDF"), (b"", "empty file"), (bytes(257) + b"ustar", "tar"), (b"just text", "no zip")],
)  # fmt: skip
def test_other_formats_named_zip_are_refused(tmp_path: Path, start: bytes, words: str) -> None:
    path = tmp_path / "2026000001.zip"
    path.write_bytes(start)
    with pytest.raises(RefusedError, match=words) as refused:
        unpack(path, out(tmp_path))
    assert "expected a zip" in str(refused.value)
    assert "zip" in refused.value.zh


@pytest.mark.parametrize(("method", "words"), [(98, "compressed with PPMd"), (77, "with method 77")])
def test_ways_of_compression_that_cannot_be_read_are_named(
    make_zip: Callable[..., Path], tmp_path: Path, method: int, words: str
) -> None:
    """7-Zip and WinZip offer them; the files are not damaged."""
    archive = make_zip(("codes/VAE/main.py", b"x = 1\n"))
    data = bytearray(archive.read_bytes())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(mark) + place] = method
    archive.write_bytes(data)
    with pytest.raises(RefusedError, match=f"{words}, expected Deflate") as caught:
        unpack(archive, out(tmp_path))
    assert "应为 Deflate" in caught.value.zh


def test_a_cut_off_zip_is_refused(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    path = make_zip(("a.py", os.urandom(5000)))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(RefusedError, match="damaged zip.*upload"):
        unpack(path, out(tmp_path))


def test_a_damaged_file_is_named_and_the_rest_kept(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    path = make_zip(("a.py", os.urandom(5000)), ("b.py", b"b"))
    data = bytearray(path.read_bytes())
    data[1000] ^= 0xFF
    path.write_bytes(data)
    target = out(tmp_path)
    assert unpack(path, target).damaged == ["a.py"]
    assert files_of(target) == {"b.py": b"b"}


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_damaged_bytes_anywhere(tmp_path: Path, method: int) -> None:
    """Whatever bytes change, files come out or the zip is refused; nothing else is raised."""
    path = tmp_path / "2026000001.zip"
    with zipfile.ZipFile(path, "w", method) as file:
        for name in ("codes/VAE/VAE.py", "\u62a5\u544a.ipynb", "a"):
            file.writestr(name, b"def f(): pass\n" * 40)
    good = path.read_bytes()
    numbers = random.Random(method)
    for attempt in range(60):
        data = bytearray(good)
        for _ in range(numbers.choice([1, 2, 20])):
            data[numbers.randrange(len(data))] = numbers.randrange(256)
        path.write_bytes(data)
        target = tmp_path / str(attempt)
        target.mkdir()
        with contextlib.suppress(RefusedError):
            assert isinstance(unpack(path, target), writer.Unpacked)
        assert not [name for name in os.listdir(tmp_path) if not name.isdigit() and name != path.name]


def test_a_disk_that_is_full_is_not_the_zip_s_fault(
    make_zip: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = make_zip(("codes/a.py", b"a"))
    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="No space left"):
        unpack(path, tmp_path)


def test_duplicate_and_case_clashing_names(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    target = out(tmp_path)
    path = make_zip(
        ("a.py", b"old"),
        ("a.py", b"new"),
        ("A.PY", b"other"),
        ("a.py/b.py", b"below"),
        ("d/x", b""),
        ("D", b""),
    )
    result = unpack(path, target)
    assert files_of(target) == {"a.py": b"new", "d/x": b""}
    assert sorted(result.clashes) == ["A.PY", "D", "a.py", "a.py/b.py"]


def test_files_of_the_operating_system_are_left_out(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    target = out(tmp_path)
    names = ["__MACOSX/codes/._a.py", "codes/.DS_Store", "Thumbs.db", "codes/._a.py", "desktop.ini"]
    result = unpack(make_zip(("codes/a.py", b"a"), *((name, b"x") for name in names)), target)
    assert files_of(target) == {"codes/a.py": b"a"}
    assert sorted(result.system) == sorted(names)


def test_names_in_gbk_without_the_flag(make_zip: Callable[..., Path], tmp_path: Path) -> None:
    path = make_zip(("XXXX.ipynb", b"report"))
    path.write_bytes(path.read_bytes().replace(b"XXXX", "报告".encode("gbk")))
    target = out(tmp_path)
    assert unpack(path, target).recoded == ["报告.ipynb"]
    assert files_of(target) == {"报告.ipynb": b"report"}


def test_decoding_of_names() -> None:
    utf8_as_cp437 = "报告".encode().decode("cp437")
    assert decode_name("plain.py", 0) == ("plain.py", "")
    assert decode_name("报告", 0x800) == ("报告", "")
    assert decode_name(utf8_as_cp437, 0) == ("报告", "")
    assert decode_name("\ud800", 0)[1] == ""
    assert safe_parts("\ud800.py") is None
    assert safe_parts("./codes//VAE/./main.py") == ["codes", "VAE", "main.py"]
    assert safe_parts("codes\\VAE\\main.py") == ["codes", "VAE", "main.py"]
    assert safe_parts("") is None


def test_links_in_folders_are_not_followed(tmp_path: Path) -> None:
    source = _folder(tmp_path, {"codes/a.py": b"a"})
    (source / "secret").symlink_to("/etc")
    (source / "codes" / "b.py").symlink_to("/etc/passwd")
    os.mkfifo(source / "pipe")
    target = out(tmp_path)
    result = copy_folder(source, target)
    assert files_of(target) == {"codes/a.py": b"a"}
    assert sorted(result.links) == ["codes/b.py", "pipe", "secret"]


def _folder(tmp_path: Path, files: dict[str, bytes]) -> Path:
    folder = tmp_path / "2026000001"
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
