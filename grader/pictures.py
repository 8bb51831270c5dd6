"""Pictures that a student's process wrote, as files that a page may hold: checked, never decoded here.

A picture goes into feedback as PNG. Decoding what a stranger wrote is left to the browser that shows it,
which is built for that. The grader looks at the frame of the file alone: the chunks that make up the
picture, whole, of a reasonable size, and nothing else (no text, no profiles, nothing behind the end).
"""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
MAX_BYTES = 1 << 20
MAX_SIDE = 4096
"""Pixels; a grid of 100 images of 32 x 32 has 342."""


def clean_png(data: bytes) -> bytes | None:
    """The PNG without what a picture does not need, None if it is none, damaged or too large."""
    if not data.startswith(SIGNATURE) or len(data) > MAX_BYTES:
        return None
    kept = [SIGNATURE]
    kinds: list[bytes] = []
    position = len(SIGNATURE)
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        chunk = data[position : position + 12 + length]
        if len(chunk) < 12 + length:
            return None
        kind, content, (crc,) = chunk[4:8], chunk[8:-4], struct.unpack(">I", chunk[-4:])
        if zlib.crc32(kind + content) != crc:
            return None
        if kind == b"IHDR" and not _small(content):
            return None
        if kind in NEEDED:
            kept.append(chunk)
            kinds.append(kind)
        if kind == b"IEND":
            break
        position += len(chunk)
    whole = kinds[:1] == [b"IHDR"] and kinds[-1:] == [b"IEND"] and b"IDAT" in kinds
    return b"".join(kept) if whole and kinds.count(b"IHDR") == 1 else None


def _small(header: bytes) -> bool:
    if len(header) != 13:
        return False
    width, height = struct.unpack_from(">II", header)
    return 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE
