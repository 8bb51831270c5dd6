"""Safe unpacking of zips, and copying of folders, into a folder of our own."""

from __future__ import annotations

import errno
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from grader.intake.names import decode_name, is_system_file, safe_parts, same_on_every_system
from hwlib.errors import HomeworkError

MAX_ENTRIES = 5_000
MAX_TOTAL = 1 << 30
MAX_FILE = 512 << 20
MAX_RATIO = 300  # source code packs to a fifth; only what is made to burst goes beyond this
RATIO_FROM = 10 << 20
_BLOCK = 1 << 20
# What zipfile and the decompressors raise for damaged data.
_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
    ValueError, IndexError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip

_KINDS = {
    b"Rar!\x1a\x07": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an Office document",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"<!DO": "a web page",
    b"<htm": "a web page",
}


class RefusedError(HomeworkError):
    """A hand-in that can't be taken in at all; the message is for student and TA.

    Attributes:
        zh: the message in Chinese.
    """

    def __init__(self, message: str, zh: str) -> None:
        super().__init__(message)
        self.zh = zh


@dataclass
class Unpacked:
    """What came out, and what did not, by the names in the archive."""

    unsafe: list[str] = field(default_factory=list)  # names that may not become files
    links: list[str] = field(default_factory=list)  # symbolic links, devices, pipes
    clashes: list[str] = field(default_factory=list)  # names that stand for a file that is there already
    system: list[str] = field(default_factory=list)  # left by an operating system
    damaged: list[str] = field(default_factory=list)
    recoded: list[str] = field(default_factory=list)  # names that were not in UTF-8


def unpack(archive: Path, target: Path) -> Unpacked:
    """Unpacks a zip into the empty folder `target`.

    Raises RefusedError for what is no zip, for encrypted and damaged ones, and for bombs.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            return _unpack(file, archive.name, target)
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # of the disk, not of the zip
        raise _not_a_zip(archive, error) from None


def copy_folder(source: Path, target: Path) -> Unpacked:
    """Copies a folder's files into the empty folder `target`; links and special files are left out.

    Raises RefusedError for a folder that is too large.
    """
    result = Unpacked()
    writer = _Writer(source.name, target, result)
    for folder, folders, names in os.walk(source):
        folders.sort()
        for name in list(folders):
            if Path(folder, name).is_symlink():
                folders.remove(name)
                result.links.append(Path(folder, name).relative_to(source).as_posix())
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(source).as_posix()
            if path.is_symlink() or not path.is_file():
                result.links.append(relative)
                continue
            with open(path, "rb") as stream:
                writer.add(relative, stream)
    return result


def _unpack(file: zipfile.ZipFile, name: str, target: Path) -> Unpacked:
    entries = file.infolist()
    result = Unpacked()
    if len(entries) > MAX_ENTRIES:
        raise _bomb(name, f"{len(entries)} entries", f"{len(entries)} 个条目", str(MAX_ENTRIES))
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedError(
            f"{name} is encrypted. Hand in a zip without a password.",
            f"{name} 已加密。请提交没有密码的 zip 文件。",
        )
    writer = _Writer(name, target, result)
    # Of two entries with one name the later counts, as it does when one unpacks by hand.
    latest = {entry.filename: entry for entry in entries}
    for entry in entries:
        entry_name, encoding = decode_name(entry.filename, entry.flag_bits)
        if encoding:
            result.recoded.append(entry_name)
        if latest[entry.filename] is not entry:
            result.clashes.append(entry_name)
            continue
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry_name.endswith(("/", "\\")):
            continue  # folders are made by the files in them
        if kind not in (0, stat.S_IFREG):
            result.links.append(entry_name)
            continue
        try:
            with _reading():
                stream = file.open(entry)
            with stream:
                writer.add(entry_name, stream, entry.compress_size)
        except _DamagedError:
            result.damaged.append(entry_name)
    return result


class _DamagedError(Exception):
    """An entry of the zip can't be read."""


@contextmanager
def _reading() -> Iterator[None]:
    """Around reading from the zip, and from nothing else: an OSError in it is damage, not a full disk."""
    try:
        yield
    except (_DamagedError, RefusedError):
        raise
    except _DAMAGE as error:
        raise _DamagedError from error


def _read(stream: IO[bytes]) -> bytes:
    with _reading():
        return stream.read(_BLOCK)


class _Writer:
    """Writes files below a folder, within the limits."""

    def __init__(self, name: str, target: Path, result: Unpacked) -> None:
        self.name = name
        self.target = target
        self.result = result
        self.total = 0
        self.count = 0
        self._taken: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str, stream: IO[bytes], packed: int | None = None) -> None:
        """Writes one file. What a header says about sizes is not believed: bytes are counted as they come."""
        parts = safe_parts(name)
        if parts is None:
            self.result.unsafe.append(name)
            return
        if is_system_file(parts):
            self.result.system.append(name)
            return
        key = same_on_every_system(parts)
        above = {same_on_every_system(parts[:depth]) for depth in range(1, len(parts))}
        if key in self._taken or key in self._folders or above & self._taken:
            self.result.clashes.append(name)
            return
        self.count += 1
        if self.count > MAX_ENTRIES:
            raise _bomb(
                self.name, f"over {MAX_ENTRIES} files", f"超过 {MAX_ENTRIES} 个文件", str(MAX_ENTRIES)
            )
        path = self.target.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        try:
            with open(path, "xb") as output:
                while block := _read(stream):
                    size += len(block)
                    self.total += len(block)
                    self._check(name, size, packed)
                    output.write(block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._taken.add(key)
        self._folders |= above

    def _check(self, name: str, size: int, packed: int | None) -> None:
        if size > MAX_FILE:
            raise _bomb(
                self.name, f"{name} has over {MAX_FILE >> 20} MiB", f"{name} 过大", f"{MAX_FILE >> 20} MiB"
            )
        if self.total > MAX_TOTAL:
            limit = f"{MAX_TOTAL >> 20} MiB"
            raise _bomb(self.name, f"over {limit} unpacked", f"解压后超过 {limit}", limit)
        if packed is not None and size > RATIO_FROM and size > MAX_RATIO * max(packed, 1):
            ratio = f"{name} unpacks to over {MAX_RATIO} times its size"
            raise _bomb(self.name, ratio, f"{name} 解压后超过原大小的 {MAX_RATIO} 倍", f"{MAX_RATIO}")


def _bomb(name: str, what: str, what_zh: str, limit: str) -> RefusedError:
    return RefusedError(
        f"{name} was not unpacked: {what}, the limit is {limit}. Hand in your code, report and summary only.",
        f"{name} 未被解压：{what_zh}，上限为 {limit}。请只提交代码、报告和 summary.txt。",
    )


def _not_a_zip(archive: Path, error: Exception) -> RefusedError:
    with open(archive, "rb") as file:
        start = file.read(512)
    kind = next((kind for mark, kind in _KINDS.items() if start.startswith(mark)), None)
    if start[257:262] == b"ustar":
        kind = "a tar archive"
    if not start:
        kind = "an empty file"
    if kind is None and start[:2] == b"PK":
        return RefusedError(
            f"{archive.name} is a damaged zip ({error}); perhaps the upload was cut off. Hand it in again.",
            f"{archive.name} 是损坏的 zip 文件，可能上传中断。请重新提交。",
        )
    return RefusedError(
        f"{archive.name} is {kind or 'no zip'}, expected a zip. Pack the folder as .zip (not by renaming "
        "another archive) and hand it in again.",
        f"{archive.name} 不是 zip 文件。请打包为 .zip（不要把其他格式改名）后重新提交。",
    )
