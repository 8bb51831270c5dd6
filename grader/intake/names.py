"""Names inside archives: what they say, and which of them may become files."""

from __future__ import annotations

import re
import unicodedata

MAX_DEPTH = 20
MAX_NAME_BYTES = 200
SYSTEM_FILES = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini", ".spotlight-v100", ".trashes"})
_UTF8_FLAG = 0x800


def decode_name(name: str, flags: int) -> tuple[str, str]:
    """A zip entry's name as text, and the encoding it was in ("" for what needed no guess).

    Without the UTF-8 flag `zipfile` reads names as CP437; in fact they are UTF-8 (macOS) or GBK (Windows in
    Chinese) as often.
    """
    if flags & _UTF8_FLAG or name.isascii():
        return name, ""
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name, ""
    for encoding, label in (("utf-8", ""), ("gb18030", "GBK")):
        try:
            return raw.decode(encoding), label
        except UnicodeDecodeError:
            continue
    return name, ""


def safe_parts(name: str) -> list[str] | None:
    """The parts of a relative path, or None for a name that may not become a file.

    Refused are absolute paths, drive letters, "..", device names of Windows, names and paths that are too
    long or too deep, and control characters.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    if (
        name.startswith("/")
        or re.match(r"^[A-Za-z]:", name)
        or any(ord(char) < 32 or ord(char) == 127 for char in name)
    ):
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or len(parts) > MAX_DEPTH or any(_refused(part) for part in parts):
        return None
    return parts


def is_system_file(parts: list[str]) -> bool:
    """Whether an operating system put this file there, not the student."""
    return any(part.lower() in SYSTEM_FILES for part in parts) or parts[-1].startswith("._")


def same_on_every_system(parts: list[str]) -> str:
    """The same text for all names that are one name on some system (case, composition of characters)."""
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()


def _refused(part: str) -> bool:
    try:
        length = len(part.encode("utf-8"))
    except UnicodeEncodeError:  # half of a surrogate pair
        return True
    stem = part.partition(".")[0].strip().lower()
    reserved = stem in ("con", "prn", "aux", "nul") or re.fullmatch(r"(com|lpt)[0-9]", stem) is not None
    return part == ".." or length > MAX_NAME_BYTES or reserved or ":" in part
