"""Hand-ins that are not taken in at all, and what their senders read."""

from __future__ import annotations

from pathlib import Path

from hwlib.errors import HomeworkError

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
METHODS = {0: "Store", 8: "Deflate", 12: "bzip2", 14: "LZMA"}
"""What can be read of a zip's ways of compression."""
_OTHER_METHODS = {6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "xz", 98: "PPMd"}


class RefusedError(HomeworkError):
    """A hand-in that can't be taken in at all; the message is for student and TA.

    Attributes:
        zh: the message in Chinese.
    """

    def __init__(self, message: str, zh: str) -> None:
        super().__init__(message)
        self.zh = zh


def bomb(name: str, what: str, what_zh: str, limit: str) -> RefusedError:
    """The refusal of what is made to burst: what was found, and the limit of it."""
    return RefusedError(
        f"{name} was not unpacked: {what}, the limit is {limit}. Hand in your code, report and summary only.",
        f"{name} 未被解压：{what_zh}，上限为 {limit}。请只提交代码、报告和 summary.txt。",
    )


def unreadable_method(name: str, method: int) -> RefusedError:
    """The refusal of a zip whose files are compressed in a way that can't be read."""
    way = _OTHER_METHODS.get(method, f"method {method}")
    return RefusedError(
        f"{name} is compressed with {way}, expected Deflate. Pack the folder again: Windows and macOS do it "
        "right by themselves; in other programs choose the format zip and the method Deflate.",
        f"{name} 使用 {way} 压缩，应为 Deflate。请重新打包：Windows 和 macOS 自带的压缩即可；"
        "使用其他软件时请选择 zip 格式和 Deflate 方法。",
    )


def not_a_zip(archive: Path, error: Exception) -> RefusedError:
    """The refusal of a file that does not unpack, by what it is instead."""
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
