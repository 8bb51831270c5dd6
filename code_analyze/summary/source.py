"""Reading a file as text, whatever it is."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from typing import NamedTuple

from code_analyze.summary.limits import MAX_BYTES, MAX_HASHED_BYTES, MAX_LINES


class Source(NamedTuple):
    """A file as text.

    `status` is "text", or says why there are no lines: "binary", "enormous", "unreadable", "folder" or
    "special" (a pipe, a device). `oddities` are sentences for the reader of the summary; `sha256` is
    that of the raw bytes, "" where they were not read.
    """

    status: str
    lines: list[str]
    oddities: list[str]
    sha256: str


def read_source(path: str, room: int = 1) -> Source:
    """Reads any file that a student may hand in; never raises for what it finds there.

    `room` times MAX_BYTES and MAX_LINES are read. Line ends become "\\n", a byte order mark goes, UTF-16,
    GBK and declared encodings are decoded, and each of these is noted in `oddities`.
    """
    try:
        info = os.stat(path)
        if stat.S_ISDIR(info.st_mode):
            return Source("folder", [], ["is a folder, expected a file"], "")
        if not stat.S_ISREG(info.st_mode):
            return Source("special", [], ["is a pipe or a device, expected a file; not read"], "")
        if info.st_size > MAX_HASHED_BYTES:
            return Source("enormous", [], [f"has {info.st_size} bytes; not read"], "")
        with open(path, "rb") as file:
            data = file.read(MAX_HASHED_BYTES + 1)
    except (OSError, ValueError) as error:
        return Source("unreadable", [], ["can't be read: " + _reason(error)], "")
    return read_bytes(data, room)


def _reason(error: Exception) -> str:
    """Why a file can't be read, in the same words on every system."""
    kinds = {
        errno.EPERM: "no permission",
        errno.EACCES: "no permission",
        errno.ENOENT: "there is no such file",
    }
    return kinds.get(getattr(error, "errno", None) or 0, "reading fails")


def read_bytes(data: bytes, room: int = 1) -> Source:
    """What `read_source` does, for a file's content."""
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > room * MAX_BYTES:
        note = f"has {len(data)} bytes, more than {room * MAX_BYTES}; not compared"
        return Source("enormous", [], [note], digest)
    text, oddities = _decode(data)
    if text is None:
        return Source("binary", [], ["is binary, expected text; not compared"], digest)
    if "\r" in text:
        oddities.append(
            "line ends are CRLF, expected LF" if "\r\n" in text else "line ends are CR, expected LF"
        )
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if len(lines) > room * MAX_LINES:
        note = f"has {len(lines)} lines, more than {room * MAX_LINES}; not compared"
        return Source("enormous", [], [note], digest)
    if not any(line.strip() for line in lines):
        oddities.append("is empty")
    return Source("text", lines, oddities, digest)


_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
# Only these are looked up by name: a name from a student's file must not choose what Python imports.
_DECLARED = {
    "gbk": "gbk", "gb2312": "gbk", "gb18030": "gb18030", "cp936": "gbk", "big5": "big5",
    "shift_jis": "shift_jis", "euc-kr": "euc_kr", "latin-1": "latin-1", "iso-8859-1": "latin-1",
    "cp1252": "cp1252",
}  # fmt: skip


def _decode(data: bytes) -> tuple[str | None, list[str]]:
    if data.startswith(b"\xef\xbb\xbf"):
        text, oddities = _decode(data[3:])
        return text, ["starts with a byte order mark"] + oddities
    for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            try:
                text = data[2:].decode(name)
            except UnicodeDecodeError:
                return None, []
            return (None, []) if "\0" in text else (text, ["is UTF-16, expected UTF-8"])
    if b"\0" in data:
        return None, []
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    candidates = ["gbk", "gb18030"]
    for line in data.split(b"\n", 2)[:2]:
        cookie = _COOKIE.match(line)
        if cookie:
            name = cookie.group(1).decode("latin-1").lower().replace("_", "-")
            candidates.insert(0, _DECLARED.get(name.replace("shift-jis", "shift_jis"), "gbk"))
    for name in candidates:
        try:
            return data.decode(name), [f"is {name.upper()}, expected UTF-8"]
        except UnicodeDecodeError:
            continue
    control = sum(byte < 9 or 13 < byte < 32 for byte in data)
    if control > 8 and control * 50 > len(data):
        return None, []
    return data.decode("utf-8", "backslashreplace"), [
        "is not UTF-8; the bytes that can't be read are shown as \\xNN"
    ]
