"""Everything in a folder, without following links out of it or in a circle."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from typing import NamedTuple

from code_analyze.summary.limits import MAX_BYTES, MAX_DEPTH, MAX_WALKED, SKIPPED


class Entry(NamedTuple):
    """Something in a folder: where it is, and why it is not to be opened, or ""."""

    full: str
    note: str


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_link(entry: os.DirEntry[str]) -> bool:
    """A symbolic link, or a junction of Windows."""
    if entry.is_symlink():
        return True
    try:
        tag = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0)
    except OSError:
        return False
    return tag == 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT


def _link_note(path: str, root: str) -> str:
    """Why a link is not followed; "" for a link to a file inside `root`."""
    try:
        os.stat(path)
    except OSError as error:
        return (
            "a link in a circle, not followed"
            if error.errno == errno.ELOOP or getattr(error, "winerror", 0) == 1921
            else "a link that leads nowhere"
        )
    real = os.path.realpath(path)
    try:
        inside = os.path.commonpath([real, root]) == root
    except ValueError:
        inside = False
    if not inside:
        return "a link that leads out of the folder, not followed"
    if os.path.isdir(path):
        parent = os.path.realpath(os.path.dirname(path))
        if real == parent or parent.startswith(real.rstrip(os.sep) + os.sep):
            return "a link in a circle, not followed"
        return "a link to another folder, not followed"
    return ""


def walk(root: str) -> dict[str, Entry]:
    """Everything under `root` by its path (forward slashes, composed characters); of a folder that is not
    walked only its own path. Shallow folders come first: a flood of files hides none of the starter's."""
    real = os.path.realpath(root)
    found: dict[str, Entry] = {}
    level = [(root, "")]
    for depth in range(MAX_DEPTH + 1):
        deeper: list[tuple[str, str]] = []
        for folder, prefix in level:
            if depth > 1 and len(found) > MAX_WALKED:
                found[prefix[:-1]] = Entry(folder, "not walked, there are too many files")
                continue
            entries = _entries(folder)
            if not entries and prefix:
                empty = os.access(folder, os.R_OK | os.X_OK)
                found[prefix[:-1]] = Entry(
                    folder, "an empty folder" if empty else "a folder that can't be read"
                )
            for entry in entries:
                path = prefix + unicodedata.normalize("NFC", entry.name)
                path = prefix + entry.name if path in found else path
                note = _link_note(entry.path, real) if _is_link(entry) else ""
                if not note and entry.is_dir() and entry.name.lower() not in SKIPPED:
                    deeper.append((entry.path, path + "/"))
                else:
                    found[path] = Entry(entry.path, note)
        level = deeper
    for folder, prefix in level:
        found[prefix[:-1]] = Entry(folder, "folders too deep, not walked")
    return found


def file_note(path: str) -> str:
    try:
        info = os.stat(path)
    except OSError:
        return "can't be read"
    if not stat.S_ISREG(info.st_mode):
        return "a pipe or a device"
    return "empty" if info.st_size == 0 else f"{info.st_size} bytes" if info.st_size > MAX_BYTES else ""
