"""TODO lines in any spelling, and what makes two lines the same line for lining up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from code_analyze.summary.lines import SEEN, width_of

_MARKER = re.compile(
    r"^\s*#[\s\-=*#]*(?:to[\s_\-]*do[\s:：_\-]*(start|begin|end|stop|finish)"
    r"|(start|begin|end|stop|finish)[\s:：_\-]*to[\s_\-]*do)(?:s|ed)?\b.{0,10}$",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"^\s*(?:async\s+)?(def|class)\s+(\w+)")
_OPENERS = ("def ", "class ", "async ", "@")
START, END = "\1start", "\1end"
BEGINS = re.compile(r"^\s*#.{0,40}\b(start|begin)", re.IGNORECASE)
ENDS = re.compile(r"^\s*#.{0,40}\b(end|stop|finish)", re.IGNORECASE)


@lru_cache(maxsize=SEEN)
def marker(line: str) -> str:
    """START, END or "" for a line."""
    found = _MARKER.match(line)
    if not found:
        return ""
    return START if (found.group(1) or found.group(2)).lower() in ("start", "begin") else END


def keys(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """What makes two lines the same line for lining up: no white space, one kind of quotation mark, TODO
    lines in any spelling, definitions by their qualified name (so that a changed signature stays found).

    The second list has, in front of each key, the definition that the line stands in: a line of one
    function is not mistaken for an equal line of another.
    """
    found, scoped = [], []
    scopes: list[tuple[int, str]] = []
    scope = ""
    for line in lines:
        mark = marker(line)
        key = mark or "".join(line.split()).replace("'", '"')
        if key and (mark or key[0] != "#"):  # comments may stand anywhere
            width = width_of(line)
            while scopes and scopes[-1][0] >= width:
                scopes.pop()
            definition = None if mark else _DEFINITION.match(line)
            if definition:
                scopes.append((width, definition.group(2)))
            scope = ".".join(name for _, name in scopes)
            if definition:
                key = "\2" + definition.group(1) + " " + scope
        found.append(key)
        scoped.append(key if key[:1] == "\2" else scope + "\n" + key if key else "")
    return found, scoped


@lru_cache(maxsize=64)
def keys_once(lines: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """`keys`, remembered: the starter's files are lined up with every submission of a class."""
    return keys(lines)


def block_end(lines: Sequence[str], first: int) -> int:
    """Index after the last line of the definition that starts at `first`. One line that is not indented
    enough does not end it (such files do not run, but are handed in)."""
    width, end, doubtful = width_of(lines[first]), first + 1, False
    for index in range(first + 1, len(lines)):
        line = lines[index]
        if not line.strip():
            continue
        if width_of(line) > width:
            end, doubtful = index + 1, False
        elif doubtful or line.lstrip().startswith(_OPENERS) or line.rstrip().endswith(":"):
            break
        else:
            doubtful = True
    return end
