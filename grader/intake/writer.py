"""Writes the files of a hand-in below a folder of our own, whatever their names and sizes are."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from grader.intake.names import is_system_file, safe_parts, same_on_every_system
from grader.intake.refusals import RefusedError, bomb

MAX_ENTRIES = 5_000
MAX_TOTAL = 1 << 30
MAX_FILE = 512 << 20
MAX_RATIO = 300  # source code packs to a fifth; only what is made to burst goes beyond this
RATIO_FROM = 10 << 20
_BLOCK = 1 << 20
# What zipfile and the decompressors raise for damaged data.
DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
    ValueError, IndexError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


@dataclass
class Unpacked:
    """What came out, and what did not, by the names in the archive."""

    unsafe: list[str] = field(default_factory=list)  # names that may not become files
    links: list[str] = field(default_factory=list)  # symbolic links, devices, pipes
    clashes: list[str] = field(default_factory=list)  # names that stand for a file that is there already
    system: list[str] = field(default_factory=list)  # left by an operating system
    damaged: list[str] = field(default_factory=list)
    recoded: list[str] = field(default_factory=list)  # names that were not in UTF-8


class Writer:
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
            raise bomb(self.name, f"over {MAX_ENTRIES} files", f"超过 {MAX_ENTRIES} 个文件", str(MAX_ENTRIES))
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
            raise bomb(
                self.name, f"{name} has over {MAX_FILE >> 20} MiB", f"{name} 过大", f"{MAX_FILE >> 20} MiB"
            )
        if self.total > MAX_TOTAL:
            limit = f"{MAX_TOTAL >> 20} MiB"
            raise bomb(self.name, f"over {limit} unpacked", f"解压后超过 {limit}", limit)
        if packed is not None and size > RATIO_FROM and size > MAX_RATIO * max(packed, 1):
            ratio = f"{name} unpacks to over {MAX_RATIO} times its size"
            raise bomb(self.name, ratio, f"{name} 解压后超过原大小的 {MAX_RATIO} 倍", f"{MAX_RATIO}")


class DamagedError(Exception):
    """An entry of the zip can't be read."""


@contextmanager
def reading() -> Iterator[None]:
    """Around reading from the zip, and from nothing else: an OSError in it is damage, not a full disk."""
    try:
        yield
    except (DamagedError, RefusedError):
        raise
    except DAMAGE as error:
        raise DamagedError from error


def _read(stream: IO[bytes]) -> bytes:
    with reading():
        return stream.read(_BLOCK)
