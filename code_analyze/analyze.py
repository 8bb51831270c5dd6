"""Writes summary.txt: what you filled in, whom and what you cite, what else you changed.

    python ./code_analyze/analyze.py

It compares your codes/ with the starter in code_analyze/_codes/. It needs nothing but Python (3.8 or
newer), reads your files as text and runs none of them. Open summary.txt afterwards and see whether it
is reasonable; hand it in unchanged.

    python ./code_analyze/analyze.py --verify summary.txt

says whether a summary still fits the code, and if not, which lines differ and why.

The parts of this file, in order: 1 reading files, 2 lining up two texts, 3 TODO regions, 4 references,
5 one file, 6 a folder, 7 own share, 8 the summary, 9 verifying, 10 the command line.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import os
import posixpath
import re
import stat
import sys
import unicodedata
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

VERSION = "1.0"

# Bounds that keep a hostile or careless submission from costing time. They count things and never
# seconds, so the same input gives the same summary on a slow machine too.
MAX_BYTES = 1 << 20  # larger files are named, not compared
MAX_LINES = 10_000
MAX_HASHED_BYTES = 1 << 26
MAX_SHOWN = 1_000  # characters of one line
MAX_ADDED = 200  # added files named one by one
MAX_WALKED = 20_000  # files found, from which on no further folder is walked
MAX_DEPTH = 16  # folders in folders
MAX_CELLS = 60_000  # cells of one table of line pairs
MAX_COMPARISONS = 6_000  # pairs of lines in one file whose likeness is measured
MAX_FINDINGS = 200  # lines of a summary that do not fit, named one by one
MAX_STATEMENT = 5_000  # characters of one statement that Python's parser gets to see
MAX_NESTING = 50  # brackets in brackets that it gets to see
FAR = 8  # lines of the starter: a region without TODO lines is sought no farther from a known line

# Written by programs, not by the student: named once, never walked.
SKIPPED = frozenset(
    "results runs data logs ckpt ckpts checkpoints wandb __pycache__ __MACOSX venv env node_modules "
    ".DS_Store .idea .vscode .git .svn .venv .ipynb_checkpoints .pytest_cache .mypy_cache .ruff_cache "
    "Thumbs.db desktop.ini".lower().split()
)

OWN_SHARE_RULE = 70  # percent of the code that must be the student's own


# ------------------------------------------------------------------------------------------------
# 1. Reading files
# ------------------------------------------------------------------------------------------------


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


def _width(line: str) -> int:
    """Columns of the indentation, a tab reaching to the next multiple of four."""
    body = line.lstrip(" \t\f")
    return len(line[: len(line) - len(body)].expandtabs(4))


def _plain(line: str) -> str:
    """The line as it is compared and printed: tabs of the indentation as spaces, no space at its end."""
    body = line.lstrip(" \t\f")
    return (line[: len(line) - len(body)].expandtabs(4) + body).rstrip()


_LEXEMES = re.compile(
    r'''#[^\n]*|"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\''''
    r"""|"(?!"")(?:\\.|[^"\\\n])*"|'(?!\'\')(?:\\.|[^'\\\n])*'|["'()\[\]{}]""",
    re.DOTALL,
)
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)


def parse_problem(lines: Sequence[str]) -> str | None:
    """Why the text is no Python, in words that are the same under every version of Python, or None.

    Brackets, strings and merge marks are looked at here. Everything else is the parser's verdict
    without its words, and only where newer syntax can't be the reason.
    """
    text = "\n".join(lines) + "\n"
    conflict = _CONFLICT.search(text)
    if conflict:
        return f"does not parse: line {_line_of(text, conflict.start())} is a mark of an unfinished merge"
    problem, judged = _bracket_problem(text)
    if judged and problem is None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, "file", "exec", 0x400, True)  # 0x400: parse only, run nothing
        except SyntaxError:
            problem = "does not parse as Python"
        except (ValueError, MemoryError, RecursionError, OverflowError):
            return None
    return None if problem is None or not judged or _NEWER.search(text) else problem


def _line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _bracket_problem(text: str) -> tuple[str | None, bool]:
    """What is wrong with brackets and strings, and whether every parser can cope with the text."""
    opened: list[tuple[str, int]] = []
    judged = max(map(len, text.split("\n"))) <= MAX_STATEMENT
    if judged and _NESTED.search(text):
        judged = not _NESTED.search(_LEXEMES.sub(lambda found: found.group()[:1].strip("#"), text))
    for found in _LEXEMES.finditer(text):
        lexeme = found.group()
        if lexeme in ("(", "[", "{"):
            opened.append((lexeme, found.start()))
            if len(opened) > MAX_NESTING:
                return None, False
        elif lexeme in (")", "]", "}"):
            if not opened or opened[-1][0] + lexeme not in ("()", "[]", "{}"):
                line = _line_of(text, found.start())
                return f'does not parse: line {line} has a "{lexeme}" that nothing opens', judged
            start = opened.pop()[1]
            judged = judged and (bool(opened) or found.start() - start <= MAX_STATEMENT)
        elif lexeme in ("'", '"'):
            line = _line_of(text, found.start())
            return f"does not parse: line {line} has a string that does not end", judged
    if opened:
        line = _line_of(text, opened[-1][1])
        return f'does not parse: the "{opened[-1][0]}" in line {line} is never closed', judged
    return None, judged


# Nesting without brackets, which older parsers give up on in ways of their own.
_NESTED = re.compile(
    r"(?:[-+~]\s*){40}|(?:\bnot\s+){40}|(?:lambda\b[^:]{0,20}:\s*){20}|(?:\*\*\s*\w+\s*){40}|^[ \t]{200}",
    re.MULTILINE,
)
# What one Python from 3.8 to 3.14 parses and another does not.
_NEWER = re.compile(
    r"^[ \t]*(?:(?:match|case)\b.*:[ \t]*(?:#.*)?$|except[ \t]*\*|except[ \t]+[\w.]+[ \t]*,|type[ \t]+\w.*="
    r"|(?:def|class)[ \t]+\w+[ \t]*\[|(?:async[ \t]+)?with[ \t]*\(|@[^\w\s]|@[\w.]+[^\w.\s(])"
    r"|\b[rR]?[fFtT][rR]?(?:\"[^\"\n]*\{[^}\"\n]*\"|'[^'\n]*\{[^}'\n]*')"
    r"|\b[rR]?[fF][rR]?[\"'].*\{[^}\n]*[\\#]|\b[rR]?[tT][rR]?[\"']|\w\[\*\w",
    re.MULTILINE,
)


# ------------------------------------------------------------------------------------------------
# 2. Lining up two texts
# ------------------------------------------------------------------------------------------------

_MARKER = re.compile(
    r"^\s*#+[\s\-=*#]*(?:to[\s_\-]*do[\s:：_\-]*(start|begin|end|stop|finish)"
    r"|(start|begin|end|stop|finish)[\s:：_\-]*to[\s_\-]*do)(?:s|ed)?\b.{0,10}$",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"^\s*(?:async\s+)?(def|class)\s+(\w+)")
_OPENERS = ("def ", "class ", "async ", "@")
_START, _END = "\1start", "\1end"
_BEGINS = re.compile(r"^\s*#.{0,40}\b(start|begin)", re.IGNORECASE)
_ENDS = re.compile(r"^\s*#.{0,40}\b(end|stop|finish)", re.IGNORECASE)


def _marker(line: str) -> str:
    """_START, _END or "" for a line."""
    found = _MARKER.match(line)
    if not found:
        return ""
    return _START if (found.group(1) or found.group(2)).lower() in ("start", "begin") else _END


def _keys(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """What makes two lines the same line for lining up: no white space, one kind of quotation mark, TODO
    lines in any spelling, definitions by their qualified name (so that a changed signature stays found).

    The second list has, in front of each key, the definition that the line stands in: a line of one
    function is not mistaken for an equal line of another.
    """
    keys, scoped = [], []
    scopes: list[tuple[int, str]] = []
    scope = ""
    for line in lines:
        mark = _marker(line)
        key = mark or "".join(line.split()).replace("'", '"')
        if key and (mark or key[0] != "#"):  # comments may stand anywhere
            width = _width(line)
            while scopes and scopes[-1][0] >= width:
                scopes.pop()
            definition = None if mark else _DEFINITION.match(line)
            if definition:
                scopes.append((width, definition.group(2)))
            scope = ".".join(name for _, name in scopes)
            if definition:
                key = "\2" + definition.group(1) + " " + scope
        keys.append(key)
        scoped.append(key if key[:1] == "\2" else scope + "\n" + key if key else "")
    return keys, scoped


def _weight(key: str) -> int:
    key = key[key.find("\n") + 1 :]
    if key[:1] in ("\1", "\2"):
        return 60
    return 1 if not key else 2 if len(key) < 4 else 4 + min(len(key), 48) // 4


def line_up(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """For each key of `old` the index in `new` that it corresponds to, or -1; increasing.

    Patience diff (Bram Cohen): lines that occur once on both sides are the posts, the gaps between them
    are filled in the same way, and small gaps without posts by the heaviest common subsequence. Time
    grows as n log n; gaps larger than MAX_CELLS without any post stay open.
    """
    pairs = [-1] * len(old)
    _line_up(old, new, pairs, (0, len(old), 0, len(new)))
    return pairs


def _line_up(
    old: Sequence[str], new: Sequence[str], pairs: list[int], span: tuple[int, int, int, int]
) -> None:
    work = [span]
    while work:
        a0, a1, b0, b1 = work.pop()
        while a0 < a1 and b0 < b1 and old[a0] == new[b0]:
            pairs[a0] = b0
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and old[a1 - 1] == new[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
            pairs[a1] = b1
        if a0 == a1 or b0 == b1:
            continue
        posts = _posts(old, new, a0, a1, b0, b1)
        if posts:
            last_a, last_b = a0, b0
            for a, b in posts:
                pairs[a] = b
                work.append((last_a, a, last_b, b))
                last_a, last_b = a + 1, b + 1
            work.append((last_a, a1, last_b, b1))
        elif (a1 - a0) * (b1 - b0) <= MAX_CELLS:
            scores = [[_weight(x) if x == y else 0 for y in new[b0:b1]] for x in old[a0:a1]]
            for i, j in _heaviest(scores):
                pairs[a0 + i] = b0 + j


def _posts(
    old: Sequence[str], new: Sequence[str], a0: int, a1: int, b0: int, b1: int
) -> list[tuple[int, int]]:
    """The longest increasing run of lines that occur exactly once in both ranges."""
    where: dict[str, int] = {}
    for a in range(a0, a1):
        where[old[a]] = -1 if old[a] in where else a
    seen: dict[str, int] = {}
    for b in range(b0, b1):
        if new[b] in where:
            seen[new[b]] = -1 if new[b] in seen else b
    matches = sorted((where[key], b) for key, b in seen.items() if b >= 0 and where[key] >= 0 and key)
    tails: list[int] = []  # smallest last b of an increasing run of each length
    ends: list[int] = []  # its index in matches
    before: list[int] = []
    for index, (_, b) in enumerate(matches):
        place = bisect_left(tails, b)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(b)
            ends.append(index)
        else:
            tails[place], ends[place] = b, index
    run = []
    index = ends[-1] if ends else -1
    while index >= 0:
        run.append(matches[index])
        index = before[index]
    return run[::-1]


def _heaviest(scores: list[list[int]]) -> list[tuple[int, int]]:
    """The increasing set of cells (i, j) with the largest sum of scores; cells of score 0 are never in it."""
    rows, columns = len(scores), len(scores[0])
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        below, here, row = best[i + 1], best[i], scores[i]
        for j in range(columns - 1, -1, -1):
            value = below[j] if below[j] > here[j + 1] else here[j + 1]
            if row[j] and row[j] + below[j + 1] > value:
                value = row[j] + below[j + 1]
            here[j] = value
    chosen, i, j = [], 0, 0
    while i < rows and j < columns:
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            chosen.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return chosen


def _likeness(one: str, other: str) -> int:
    """Shared pairs of neighbouring characters (Dice), 0 to 100."""
    a = {one[i : i + 2] for i in range(min(len(one), 400) - 1)}
    b = {other[i : i + 2] for i in range(min(len(other), 400) - 1)}
    return 200 * len(a & b) // (len(a) + len(b)) if a and b else 0


# ------------------------------------------------------------------------------------------------
# 3. TODO regions
# ------------------------------------------------------------------------------------------------


class Reference(NamedTuple):
    """A source or a person that the student names. `kind` is "url", "person" or "malformed"."""

    kind: str
    text: str  # as it is listed
    key: str  # equal for two spellings of the same reference
    line: int


class Region(NamedTuple):
    """One TODO region. Line numbers count from 1; ranges are those of the TODO lines themselves.

    `target_range` is (first, last) line between the TODO lines in the student's file, empty as
    (n, n - 1), or None where the region can't be found. `added_lines` are (line number, text) of what
    stands there and is not the starter's. `title` is the name in the starter's NotImplementedError.
    """

    number: int
    title: str
    origin_range: tuple[int, int]
    target_range: tuple[int, int] | None
    added_lines: list[tuple[int, str]]
    references: list[Reference]

    @property
    def filled(self) -> bool:
        """Whether there is a line of code, not only comments."""
        return any(text.strip() and not text.lstrip().startswith("#") for _, text in self.added_lines)


class Change(NamedTuple):
    """A line of "Other Modifications": `kind` is "-" (line of the starter), "+" (line of the student's
    file) or "?" (hints below either)."""

    kind: str
    line: int
    text: str


_TITLE = re.compile(r"NotImplementedError\(.*?TODO\s*\d+\s*\((.*?)\)")


def origin_regions(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Indices of the TODO START and TODO END lines of each region of a starter file."""
    regions, start = [], -1
    for index, line in enumerate(lines):
        mark = _marker(line)
        if mark == _START and start < 0:
            start = index
        elif mark == _END and start >= 0:
            regions.append((start, index))
            start = -1
    return regions


class _Aligned:
    """A starter file and a student's file, lined up.

    `pairs[i]` is the student's line for the starter's line i, or -1. `spans[k]` are the indices
    [first, last + 1) of region k in the student's file, without TODO lines, or None.
    """

    def __init__(self, old: list[str], new: list[str]) -> None:
        self.old, self.new = old, new
        self.regions = origin_regions(old)
        self.old_keys, old_scoped = _keys(old)
        self.new_keys, new_scoped = _keys(new)
        self.pairs = line_up(old_scoped, new_scoped)
        for gap in list(self._gaps()):
            _line_up(self.old_keys, self.new_keys, self.pairs, gap)
        self.inside = [-1] * len(old)  # number of the region, its TODO lines not included
        for k, (start, end) in enumerate(self.regions):
            for index in range(start + 1, end):
                self.inside[index] = k
        self.moved: set[int] = set()  # lines of the starter whose pair is out of order
        self.unit = self._indent_unit()
        self._pair_changed_lines()
        self._find_moved_definitions()
        self.spans: list[tuple[int, int] | None] = []
        self.owner = [-1] * len(new)  # region of each line of the student's file
        self._find_spans()
        self._find_moved_regions()

    def _indent_unit(self) -> int:
        """Spaces per level in the student's file, 4 unless the whole file was re-indented."""
        counts: dict[int, int] = {}
        total = 0
        for index, other in enumerate(self.pairs):
            if other < 0 or not self.old_keys[index]:
                continue
            width = _width(self.old[index])
            if not width or width % 4:
                continue
            total += 1
            for unit in (1, 2, 3, 4, 8):
                if _width(self.new[other]) == width // 4 * unit:
                    counts[unit] = counts.get(unit, 0) + 1
        best = max(counts, key=lambda unit: (counts[unit], unit == 4), default=4)
        return best if total >= 5 and counts.get(best, 0) * 10 >= total * 9 else 4

    def comparable(self, index: int) -> str:
        """A line of the student's file as it is compared with the starter's."""
        line = _plain(self.new[index])
        if self.unit == 4:
            return line
        body = line.lstrip(" ")
        return " " * ((len(line) - len(body)) * 4 // self.unit) + body

    def same(self, index: int) -> bool:
        """Whether the starter's line stands unchanged in the student's file."""
        other = self.pairs[index]
        return other >= 0 and _plain(self.old[index]) == self.comparable(other)

    def _gaps(self) -> Iterable[tuple[int, int, int, int]]:
        """Ranges of lines without a pair on both sides."""
        last_a = last_b = 0
        for a, b in enumerate(self.pairs + [len(self.new)]):
            if b < 0:
                continue
            if a > last_a and b > last_b:
                yield last_a, a, last_b, b
            last_a, last_b = a + 1, b + 1

    def _pair_changed_lines(self) -> None:
        """Pairs lines that changed a little, outside the regions."""
        budget = MAX_COMPARISONS
        for a0, a1, b0, b1 in list(self._gaps()):
            rows = [a for a in range(a0, a1) if self.inside[a] < 0 and self.old_keys[a]]
            columns = [b for b in range(b0, b1) if self.new_keys[b]]
            if not rows or not columns or len(rows) * len(columns) > budget:
                continue
            budget -= len(rows) * len(columns)
            scores = []
            for a in rows:
                values = []
                for b in columns:
                    old, new = self.old[a].strip(), self.new[b].strip()
                    alike = _likeness(old.lower(), new.lower())
                    # A TODO line can become another comment, but no code, and no TODO line of the other kind.
                    if self.old_keys[a][0] == "\1" and (new[0] != "#" or self.new_keys[b][0] == "\1"):
                        alike = 0
                    values.append(alike if alike >= 60 else 0)
                scores.append(values)
            for i, j in _heaviest(scores):
                self.pairs[rows[i]] = columns[j]

    def _find_moved_definitions(self) -> None:
        """Pairs the lines of functions that stand at another place than in the starter."""
        taken = set(self.pairs)
        places: dict[str, list[int]] = {}
        for b, key in enumerate(self.new_keys):
            if key[:1] == "\2" and b not in taken:
                places.setdefault(key, []).append(b)
        for a, key in enumerate(self.old_keys):
            if key[:1] != "\2" or self.pairs[a] >= 0 or len(places.get(key, [])) != 1:
                continue
            b = places[key][0]
            rows = [i for i in range(a, self._block_end(self.old, a)) if self.pairs[i] < 0]
            columns = [j for j in range(b, self._block_end(self.new, b)) if j not in taken]
            found = line_up([self.old_keys[i] for i in rows], [self.new_keys[j] for j in columns])
            for i, j in enumerate(found):
                if j >= 0:
                    self.pairs[rows[i]] = columns[j]
                    self.moved.add(rows[i])
                    taken.add(columns[j])

    @staticmethod
    def _block_end(lines: Sequence[str], first: int) -> int:
        """Index after the last line of the definition that starts at `first`. One line that is not indented
        enough does not end it (such files do not run, but are handed in)."""
        width, end, doubtful = _width(lines[first]), first + 1, False
        for index in range(first + 1, len(lines)):
            line = lines[index]
            if not line.strip():
                continue
            if _width(line) > width:
                end, doubtful = index + 1, False
            elif doubtful or line.lstrip().startswith(_OPENERS) or line.rstrip().endswith(":"):
                break
            else:
                doubtful = True
        return end

    def _find_spans(self) -> None:
        for k, (start, end) in enumerate(self.regions):
            moved = any(index in self.moved for index in range(start, end + 1))
            first, above = self._edge(start, -1, moved)
            last, below = self._edge(end, 1, moved)
            scope = self._scope(start)
            if self.pairs[end] < 0 and scope >= 0 and 0 <= self.pairs[scope] < first:
                # Without its TODO END a region does not reach beyond its function.
                last = min(last, self._block_end(self.new, self.pairs[scope]))
            inner = any(self.pairs[index] >= 0 for index in range(start + 1, end))
            if (min(above, below) > FAR and not inner) or last < first:
                self.spans.append(None)
                continue
            while first < last and self.owner[first] >= 0:
                first += 1
            stop = first
            while stop < last and self.owner[stop] < 0:
                stop += 1
            self.spans.append(None)
            self._claim(k, first, stop)

    def _scope(self, index: int) -> int:
        """The starter's definition that a line stands in, or -1."""
        width = _width(self.old[index])
        for at in range(index - 1, -1, -1):
            if self.old_keys[at][:1] == "\2" and _width(self.old[at]) < width:
                return at
        return -1

    def _edge(self, index: int, step: int, moved: bool) -> tuple[int, int]:
        """Where a region begins (step -1) or ends (step 1) in the student's file, and how many lines of the
        starter lie between the region and the line that says so."""
        side = 1 if step < 0 else 0
        if self.pairs[index] >= 0:
            return self.pairs[index] + side, 0
        distance = 0
        for at in range(index + step, -1 if step < 0 else len(self.old), step):
            if self.pairs[at] >= 0 and (at in self.moved) == moved:
                return self.pairs[at] + side, distance
            if moved and self.old_keys[at][:1] == "\2":
                break
            distance += bool(self.old_keys[at])
        return (0 if step < 0 else len(self.new)), FAR + 1

    def _claim(self, k: int, first: int, last: int) -> None:
        """Makes the student's lines [first, last) those of region k."""
        start, end = self.regions[k]
        if self.pairs[start] < 0 and self.pairs[end] < 0:
            blank = not any(line.strip() for line in self.new[first:last])
            if blank and any(self.old[index].strip() for index in range(start + 1, end)):
                return  # the whole region was deleted
        for pair, at in ((start, first), (end, last - 1)):
            # A TODO line that became another comment, such as "# my code starts here".
            if self.pairs[pair] >= 0:
                continue
            step = 1 if pair == start else -1
            while first <= at < last and not self.new[at].strip():
                at += step
            words = _BEGINS if pair == start else _ENDS
            if first <= at < last and words.match(self.new[at]) and at not in self.pairs:
                self.pairs[pair] = at
                first, last = (at + 1, last) if pair == start else (first, at)
        for index in range(first, last):
            if self.owner[index] < 0:
                self.owner[index] = k
        self.spans[k] = (first, last)

    def _find_moved_regions(self) -> None:
        """Gives pairs of TODO lines that stand elsewhere to the regions that were not found."""
        lost = [k for k, span in enumerate(self.spans) if span is None]
        if not lost:
            return
        taken = set(self.pairs)
        free: list[tuple[int, int]] = []
        start = -1
        for b, key in enumerate(self.new_keys):
            if b in taken or self.owner[b] >= 0:
                continue
            if key == _START:
                start = b
            elif key == _END and start >= 0:
                free.append((start, b))
                start = -1
        for k in lost:
            inner = {self.old_keys[i] for i in range(self.regions[k][0] + 1, self.regions[k][1])} - {""}
            scores = [len(inner.intersection(self.new_keys[a + 1 : b])) for a, b in free]
            if not scores or (max(scores) == 0 and not len(free) == len(lost) == 1):
                continue
            first, last = free.pop(scores.index(max(scores)))
            self.pairs[self.regions[k][0]], self.pairs[self.regions[k][1]] = first, last
            self.moved.update(self.regions[k])
            self._claim(k, first + 1, last)

    def added(self, k: int) -> list[tuple[int, str]]:
        """Lines of region k that are not the starter's, without empty lines at both ends."""
        span = self.spans[k]
        if span is None:
            return []
        start, end = self.regions[k]
        left: dict[str, int] = {}
        for index in range(start + 1, end):
            left[self.old_keys[index]] = left.get(self.old_keys[index], 0) + 1
        lines = []
        for index in range(*span):
            if self.owner[index] != k:
                continue
            key = self.new_keys[index]
            if key and left.get(key):
                left[key] -= 1
                continue
            lines.append((index + 1, _plain(self.new[index])))
        while lines and not lines[0][1]:
            lines.pop(0)
        while lines and not lines[-1][1]:
            lines.pop()
        return lines

    def changes(self) -> list[Change]:
        """Everything that differs outside the regions, in the order of a diff."""
        found: list[Change] = []
        at = 0  # next line of the student's file

        def insert(stop: int) -> None:
            for b in range(at, stop):
                if self.owner[b] < 0:
                    found.append(Change("+", b + 1, _plain(self.new[b])))

        for a in range(len(self.old)):
            b = -1 if a in self.moved else self.pairs[a]
            if self.inside[a] >= 0:
                continue
            if b < at or self.owner[b] >= 0:
                found.append(Change("-", a + 1, _plain(self.old[a])))
                continue
            insert(b)
            if not self.same(a):
                found.extend(_hinted(a + 1, _plain(self.old[a]), b + 1, _plain(self.new[b])))
            at = b + 1
        insert(len(self.new))
        return found

    def describe(self) -> list[str]:
        """Sentences about the TODO lines."""
        notes = []
        for k, (start, end) in enumerate(self.regions):
            if self.spans[k] is None:
                notes.append(f"region {k + 1} is not there: it was deleted or can't be told from other code")
                continue
            for index, name in ((start, "# TODO START"), (end, "# TODO END")):
                where = f'region {k + 1}: the line "{name}" '
                if self.pairs[index] < 0:
                    notes.append(where + "was deleted; the region is found by comparing with the starter")
                elif not self.same(index):
                    notes.append(where + f"was changed in line {self.pairs[index] + 1}")
            if start in self.moved or end in self.moved:
                notes.append(f"region {k + 1} was moved to another place")
        taken = set(self.pairs)
        extra = [b + 1 for b, key in enumerate(self.new_keys) if key[:1] == "\1" and b not in taken]
        if extra:
            numbers = ", ".join(map(str, extra[:10])) + (", ..." if len(extra) > 10 else "")
            notes.append("TODO lines that the starter does not have: line " + numbers)
        if self.unit != 4:
            notes.append(f"indented with {self.unit} spaces per level, expected 4; not listed line by line")
        elif any(re.match(r" *\t", line) for line in self.new) and not any("\t" in line for line in self.old):
            notes.append("indented with tabs, expected spaces")
        return notes


def _hinted(old_number: int, old: str, new_number: int, new: str) -> list[Change]:
    """A changed line, with the "?" lines of a diff where old and new are much alike."""
    minus, plus = [Change("-", old_number, old)], [Change("+", new_number, new)]
    if len(old) <= 400 and len(new) <= 400:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        if matcher.ratio() > 0.75:
            below_old = below_new = ""
            for tag, a0, a1, b0, b1 in matcher.get_opcodes():
                signs = {"equal": "  ", "replace": "^^", "delete": "- ", "insert": " +"}[tag]
                below_old += signs[0] * (a1 - a0)
                below_new += signs[1] * (b1 - b0)
            if below_old.strip():
                minus.append(Change("?", old_number, below_old.rstrip()))
            if below_new.strip():
                plus.append(Change("?", new_number, below_new.rstrip()))
    return minus + plus


# ------------------------------------------------------------------------------------------------
# 4. References
# ------------------------------------------------------------------------------------------------

HOW_TO_CITE = '"# Reference: https://..." or "# Reference: Name: ... Student ID: ..."'

_REFERENCE = re.compile(r"#+\s*references?\s*[:：]\s*(.*)$", re.IGNORECASE)
_UNCOMMENTED = re.compile(r"^[\s\"']*references?\s*[:：]", re.IGNORECASE)
_URL = r"https?\s*[:：]\s*//[^\s,;，；、]+"
_ID = r"student\s*[-_]?\s*(?:id|no\.?|number)"
_PERSON = rf"name\s*[:：]\s*(?P<name>\S.*?)[\s,;，；]*{_ID}\s*[:：]\s*(?P<id>[^\s,;，；]+)"
_CITED = re.compile(f"(?P<url>{_URL})|{_PERSON}", re.IGNORECASE)
_BARE_URL = re.compile(
    r"\b(?:https?\s*[:：]\s*//|www\.)\S+|\b(?:github|gitee|gitlab|arxiv|kaggle)\.\w+/\S+", re.IGNORECASE
)
_ALMOST = re.compile(
    r"#+\s*(?:ref(?:s|er|erence|erences|rence|errence|ference|erance|erense)?\b\.?|reffer\w*|referr?e\w*"
    r"|cited?\b|citation|credits?\b|sources?\b|参考\w{0,2}|引用\w{0,2}|来源)"
    r"\s*(?P<colon>[:：=\-]*)\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_STUDENT = re.compile(r"student\s*[-_]?\s*(?:id|no|number)|学号", re.IGNORECASE)


# What the handouts show, today's and those with x's and dots of former years.
_EXAMPLE = re.compile(
    r"https?://(?:[\w.\-]+/)?(?:(?:x{3,}|\.{3}|…)/?)+\W*$|https?://github\.com/name/repository\W*$"
    r"|name .* id (?:\d*x{3,}|\d*\*{3,}|\.{3}|…|20\d\d0{6}$)",
    re.IGNORECASE,
)


def _cited(number: int, rest: str) -> list[Reference]:
    """The addresses and persons in the text behind "Reference:", without examples."""
    references = []
    found = list(_CITED.finditer(rest))
    for one in found:
        if one.group("url"):
            url = re.sub(r"\s*[:：]\s*//", "://", one.group("url"), count=1)
            text = url if len(found) > 1 or one.start() else url + rest[one.end() :]
            key = re.sub(r"^https?://(www\.)?", "", url.lower()).rstrip("/.)")
            if not _EXAMPLE.match(url):
                references.append(Reference("url", text, key, number))
        else:
            name, identity = one.group("name").strip(), one.group("id")
            if not _EXAMPLE.match(f"name {name} id {identity}"):
                text = f"Name: {name} Student ID: {identity}"
                references.append(Reference("person", text, "id " + identity.lower(), number))
    return references


def parse_references(number: int, line: str) -> list[Reference]:
    """The references that one line declares; malformed ones say how to write them."""
    hash_at = line.find("#")
    if hash_at < 0:  # in a docstring
        if not _UNCOMMENTED.match(line) or not (_BARE_URL.search(line) or _STUDENT.search(line)):
            return []
        comment = line.strip().strip("\"'")
        return [_malformed(number, comment, comment.partition(":")[2])]
    exact = _REFERENCE.search(line, hash_at)
    if exact:
        rest = " ".join(exact.group(1).split())
        if "e.g." in rest:
            return []
        return _cited(number, rest) if _CITED.search(rest) else [_malformed(number, line[hash_at:], rest)]
    comment = line[hash_at:]
    almost = _ALMOST.match(comment)
    rest = " ".join((almost.group("rest") if almost else comment.lstrip("# \t")).split())
    cites = bool(
        _BARE_URL.search(rest) or (_STUDENT.search(rest) and re.search(r"name|姓名", rest, re.IGNORECASE))
    )
    spelled = almost is not None and bool(almost.group("colon"))
    if not cites and not (spelled and re.match(r"#+\s*ref", comment, re.IGNORECASE)):
        return []
    if _CITED.search(rest) and not _cited(number, rest):
        return []  # the example, misspelled
    return [_malformed(number, comment, rest)]


def _malformed(number: int, comment: str, rest: str) -> Reference:
    """A reference that can't be read, with the line to write instead."""
    url = _BARE_URL.search(rest)
    person = re.search(
        rf"(?:name|姓名)\s*[:：]?\s*(?P<name>\S.*?)[\s,;，；]*(?:{_ID}|学号)\s*[:：]?\s*(?P<id>\w+)",
        rest,
        re.IGNORECASE,
    )
    if url:
        link = re.sub(r"^https?\s*[:：]\s*//", "https://", url.group(), flags=re.IGNORECASE)
        advice = '"# Reference: %s"' % (link if link.startswith("https://") else "https://" + link)
    elif person:
        advice = '"# Reference: Name: {} Student ID: {}"'.format(person.group("name"), person.group("id"))
    else:
        advice = HOW_TO_CITE
    found = " ".join(comment.split())
    return Reference("malformed", f"malformed: {found}  (write {advice})", "bad " + found, number)


# ------------------------------------------------------------------------------------------------
# 5. One file
# ------------------------------------------------------------------------------------------------


class FileAnalysis(NamedTuple):
    """A student's file compared with the starter's."""

    path: str  # in the folder, with forward slashes
    status: str  # see Source
    regions: list[Region]
    other_changes: list[Change]
    references: list[Reference]  # in the regions and outside, in order
    notes: list[str]
    sha256: str

    @property
    def added_outside(self) -> list[tuple[int, str]]:
        """(line number, text) of the student's lines outside the regions."""
        return [(change.line, change.text) for change in self.other_changes if change.kind == "+"]


def analyze_file(origin: Source, target: Source, path: str = "file.py") -> FileAnalysis:
    """Compares one file. Where the student's file is no text, its regions are there and empty."""
    old = [_plain(line) for line in origin.lines]
    notes = [note for note in target.oddities if note not in origin.oddities]
    if origin.status != "text":
        notes += ["differs from the starter's"] if origin.sha256 != target.sha256 else []
        return FileAnalysis(path, target.status, [], [], [], notes, target.sha256)
    empty = not any(line.strip() for line in target.lines)
    if target.status != "text" or (empty and old):
        regions = [
            Region(k + 1, _title(old, start, end), (start + 1, end + 1), None, [], [])
            for k, (start, end) in enumerate(origin_regions(old))
        ]
        return FileAnalysis(path, target.status, regions, [], [], notes, target.sha256)
    aligned = _Aligned(old, target.lines)
    regions, references = [], []
    for k, (start, end) in enumerate(aligned.regions):
        added = aligned.added(k)
        cited = [one for number, text in added for one in parse_references(number, text)]
        references += cited
        span = aligned.spans[k]
        where = None if span is None else (span[0] + 1, span[1])
        regions.append(Region(k + 1, _title(old, start, end), (start + 1, end + 1), where, added, cited))
    changes = aligned.changes()
    for change in changes:
        if change.kind == "+":
            references += parse_references(change.line, change.text)
    references.sort(key=lambda one: one.line)
    notes += aligned.describe()
    if path.endswith(".py"):
        problem = parse_problem(target.lines)
        notes += [problem] if problem else []
    return FileAnalysis(path, "text", regions, changes, references, notes, target.sha256)


def analyze_text(origin: str, target: str, path: str = "file.py") -> FileAnalysis:
    """`analyze_file` for two strings."""
    return analyze_file(read_bytes(origin.encode("utf-8")), read_bytes(target.encode("utf-8")), path)


def _title(lines: Sequence[str], start: int, end: int) -> str:
    for line in lines[start:end]:
        found = _TITLE.search(line)
        if found:
            return found.group(1)
    return ""


# ------------------------------------------------------------------------------------------------
# 6. A folder
# ------------------------------------------------------------------------------------------------


class AddedFile(NamedTuple):
    """A file, link or folder that the starter does not have; `note` says what is odd about it, or ""."""

    path: str
    note: str
    source: Source | None  # of Python files, for references and for comparing


class TreeAnalysis(NamedTuple):
    """A student's folder compared with the starter's."""

    files: list[FileAnalysis]
    missing: list[tuple[str, str]]  # (path, note)
    added: list[AddedFile]
    starter_sha256: str

    @property
    def references(self) -> list[Reference]:
        """All of them, in order of appearance, each once."""
        seen: set[str] = set()
        found = []
        groups = [file.references for file in self.files]
        for file in self.added:
            if file.source is not None:
                groups.append(
                    [one for n, line in enumerate(file.source.lines, 1) for one in parse_references(n, line)]
                )
        for one in (reference for group in groups for reference in group):
            if one.key not in seen:
                seen.add(one.key)
                found.append(one)
        return found


class _Entry(NamedTuple):
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


def _walk(root: str) -> dict[str, _Entry]:
    """Everything under `root` by its path (forward slashes, composed characters); of a folder that is not
    walked only its own path. Shallow folders come first: a flood of files hides none of the starter's."""
    real = os.path.realpath(root)
    found: dict[str, _Entry] = {}
    level = [(root, "")]
    for depth in range(MAX_DEPTH + 1):
        deeper: list[tuple[str, str]] = []
        for folder, prefix in level:
            if depth > 1 and len(found) > MAX_WALKED:
                found[prefix[:-1]] = _Entry(folder, "not walked, there are too many files")
                continue
            entries = _entries(folder)
            if not entries and prefix:
                empty = os.access(folder, os.R_OK | os.X_OK)
                found[prefix[:-1]] = _Entry(
                    folder, "an empty folder" if empty else "a folder that can't be read"
                )
            for entry in entries:
                path = prefix + unicodedata.normalize("NFC", entry.name)
                path = prefix + entry.name if path in found else path
                note = _link_note(entry.path, real) if _is_link(entry) else ""
                if not note and entry.is_dir() and entry.name.lower() not in SKIPPED:
                    deeper.append((entry.path, path + "/"))
                else:
                    found[path] = _Entry(entry.path, note)
        level = deeper
    for folder, prefix in level:
        found[prefix[:-1]] = _Entry(folder, "folders too deep, not walked")
    return found


def analyze_tree(
    origin_dir: str, target_dir: str, ignore: Iterable[str] = (), track: str = ""
) -> TreeAnalysis:
    """Compares a student's folder with the starter's.

    `ignore` are real paths that are no part of the submission (the summary itself). `track` restricts
    both to one folder, such as "VAE". Raises nothing for what a submission may hold.
    """
    prefix = track + "/" if track else ""
    skip = {os.path.realpath(path) for path in ignore}
    given = {path: entry for path, entry in _walk(origin_dir).items() if path.startswith(prefix)}
    handed_in = {
        path: entry
        for path, entry in _walk(target_dir).items()
        if path.startswith(prefix) and os.path.realpath(entry.full) not in skip
    }
    by_fold = {path.lower(): path for path in sorted(handed_in, reverse=True)}
    files: list[FileAnalysis] = []
    missing: list[tuple[str, str]] = []
    used: set[str] = set()
    digest = hashlib.sha256()
    for path in sorted(given):
        if given[path].note or any(part.lower() in SKIPPED for part in path.split("/")):
            continue
        origin = read_source(given[path].full)
        text = "\n".join(origin.lines) if origin.status == "text" else origin.sha256
        digest.update((f"{path}\0{text}\0").encode("utf-8", "backslashreplace"))
        actual = path if path in handed_in else by_fold.get(path.lower(), "")
        if not actual or actual in used:
            missing.append((path, ""))
            continue
        used.add(actual)
        if handed_in[actual].note:
            missing.append((path, handed_in[actual].note))
            continue
        result = analyze_file(origin, read_source(handed_in[actual].full), path)
        if actual != path:
            result.notes.insert(0, f"is named {actual}, expected {path}")
        files.append(result)
    added = []
    room = MAX_ADDED  # files still to be read
    for path in sorted(set(handed_in) - used):
        full, note = handed_in[path]
        source = None
        if not note and not os.path.isdir(full):
            if path.lower().endswith(".py") and room:
                room -= 1
                source = read_source(full)
                problem = parse_problem(source.lines) if source.status == "text" else None
                note = "; ".join(source.oddities + ([problem] if problem else []))
            else:
                note = _file_note(full)
        added.append(AddedFile(path, note, source))
    return TreeAnalysis(files, missing, added, digest.hexdigest())


def _file_note(path: str) -> str:
    try:
        info = os.stat(path)
    except OSError:
        return "can't be read"
    if not stat.S_ISREG(info.st_mode):
        return "a pipe or a device"
    return "empty" if info.st_size == 0 else f"{info.st_size} bytes" if info.st_size > MAX_BYTES else ""


# ------------------------------------------------------------------------------------------------
# 7. Own share
# ------------------------------------------------------------------------------------------------


class OwnShare(NamedTuple):
    """How much of some code is the student's own; `own` and `counted` are numbers of lines."""

    own: int
    counted: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 70 means at least 70; 100 where there is nothing to count."""
        return 100 if not self.counted else 100 * self.own // self.counted


_TOKEN = re.compile(r"\w+|[^\w\s]")


def counted_line(text: str) -> str:
    """A line as it is compared for the own share, "" where it says too little to count.

    Comments, spacing, kind of quotation marks and a trailing comma do not matter; lines of fewer than
    four tokens (brackets, `else:`, `pass`, `return z`) do not count.
    """
    quote, end = "", len(text)
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "#":
            end = at
            break
    tokens = _TOKEN.findall(text[:end].replace("'", '"').strip().rstrip(","))
    return "" if len(tokens) < 4 else " ".join(tokens)


class ReferenceLines:
    """The lines of reference files, to measure regions against."""

    LONG = 16  # tokens from which a line is telling on its own

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        self.single: set[str] = set()
        self.double: set[tuple[str, str]] = set()
        for lines in texts:
            counted = [line for line in map(counted_line, lines) if line]
            self.single.update(line for line in counted if line.count(" ") + 1 >= self.LONG)
            self.double.update((counted[i], counted[i + 1]) for i in range(len(counted) - 1))

    def share(self, lines: Iterable[str]) -> OwnShare:
        """A line is taken, not own, where it stands in a reference next to the same neighbour, or is long
        enough (LONG tokens) to be no coincidence on its own."""
        counted = [line for line in map(counted_line, lines) if line]
        taken = [line in self.single for line in counted]
        for i in range(len(counted) - 1):
            if (counted[i], counted[i + 1]) in self.double:
                taken[i] = taken[i + 1] = True
        return OwnShare(len(counted) - sum(taken), len(counted))


def read_references(reference_dir: str) -> ReferenceLines:
    """All text files under a folder."""
    texts = []
    for path, entry in sorted(_walk(reference_dir).items()):
        if not entry.note and os.path.isfile(entry.full):
            lines = read_source(entry.full).lines
            texts.append(_notebook_lines(lines) if path.endswith(".ipynb") else lines)
    return ReferenceLines(texts)


def _notebook_lines(lines: Sequence[str]) -> list[str]:
    """The code of a Jupyter notebook."""
    import json  # a quarter of the start-up time, and rarely needed

    try:
        cells = json.loads("\n".join(lines))["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return "\n".join("".join(source) for source in sources).split("\n")
    except (ValueError, KeyError, TypeError, RecursionError):
        return list(lines)


def own_shares(tree: TreeAnalysis, references: ReferenceLines) -> tuple[OwnShare, list[tuple[str, OwnShare]]]:
    """Over all, and for each filled region ("VAE/VAE.py:1")."""
    regions = []
    for file in tree.files:
        for region in file.regions:
            share = references.share(text for _, text in region.added_lines)
            if share.counted:
                regions.append((f"{file.path}:{region.number}", share))
    total = OwnShare(sum(share.own for _, share in regions), sum(share.counted for _, share in regions))
    return total, regions


# ------------------------------------------------------------------------------------------------
# 8. The summary
# ------------------------------------------------------------------------------------------------

_HEAD = "#: "
_RULE = "#" * 24
_UNSEEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def shown(text: str) -> str:
    """Text as the summary prints it: characters that can't be seen are written out, long lines are cut."""
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
    if len(text) > MAX_SHOWN:
        text = text[:MAX_SHOWN] + f" ... ({len(text) - MAX_SHOWN} more characters)"
    return text


def _with_note(path: str, note: str) -> str:
    return "# {}{}".format(shown(path), f" ({note})" if note else "")


def summarize(
    tree: TreeAnalysis,
    origin_label: str = "_codes",
    target_label: str = "../codes",
    references: ReferenceLines | None = None,
) -> str:
    """The text of summary.txt."""
    body: list[str] = []

    def section(title: str, lines: Sequence[str]) -> None:
        body.extend(["", _RULE, "# " + title, _RULE])
        body.extend(lines)

    if tree.missing:
        section("Missing Files", [_with_note(path, note) for path, note in tree.missing])
    if tree.added:
        lines = [_with_note(file.path, file.note) for file in tree.added[:MAX_ADDED]]
        if len(tree.added) > MAX_ADDED:
            lines.append(f"# ... and {len(tree.added) - MAX_ADDED} more")
        section("Additional Files", lines)
    filled: list[str] = []
    for file in tree.files:
        for region in file.regions:
            filled.append(f"# {target_label}/{shown(file.path)}:{region.number}")
            filled.extend(shown(text) for _, text in region.added_lines)
            filled.append("")
    section("Filled Code", filled[:-1])
    section("References", ["# " + shown(one.text) for one in tree.references])
    changed: list[str] = []
    for file in tree.files:
        if file.notes or file.other_changes:
            path = shown(file.path)
            changed.append(f"# {origin_label}/{path} -> {target_label}/{path}")
            changed.extend("# ! " + shown(note) for note in file.notes)
            changed.extend(
                f"# {change.line} {change.kind} {shown(change.text)}".rstrip()
                for change in file.other_changes
            )
    section("Other Modifications", changed)

    head = ["tool analyze.py " + VERSION, "origin " + origin_label, "target " + target_label]
    head.append("starter sha256 " + tree.starter_sha256)
    for file in tree.files:
        head.append("file sha256 {}  {}".format(file.sha256 or "-" * 64, shown(file.path)))
    for added in tree.added:
        if added.source is not None:
            head.append("file sha256 {}  {}".format(added.source.sha256 or "-" * 64, shown(added.path)))
    if references is not None:
        total, regions = own_shares(tree, references)
        verdict = "at least" if total.percent >= OWN_SHARE_RULE else "below"
        head.append(f"own-share {_share(total)}, {verdict} the {OWN_SHARE_RULE} % asked for")
        head.extend(f"own-share {_share(share)}, {shown(name)}" for name, share in regions)
    lines = [_HEAD + line for line in head] + body
    lines.insert(len(head), _HEAD + "digest sha256 " + _digest(lines))
    return "\n".join(lines) + "\n"


def _share(share: OwnShare) -> str:
    return f"{share.percent} % ({share.own} of {share.counted} lines)"


def _header_length(lines: Sequence[str]) -> int:
    for number, line in enumerate(lines):
        if not line.startswith(_HEAD):
            return number
    return len(lines)


def _digest(lines: Sequence[str]) -> str:
    """Over all lines but the one that holds the digest."""
    top = _header_length(lines)
    kept = [line for line in lines[:top] if not line.startswith(_HEAD + "digest ")] + list(lines[top:])
    return hashlib.sha256("\n".join(kept).encode("utf-8", "backslashreplace")).hexdigest()


# ------------------------------------------------------------------------------------------------
# 9. Verifying
# ------------------------------------------------------------------------------------------------


class Finding(NamedTuple):
    """`kind` is "no-header", "other-version", "other-starter", "stale", "edited", "own-share" or "line"."""

    kind: str
    message: str


def read_header(text: str) -> dict[str, list[str]]:
    """The machine-readable lines of a summary: "tool", "origin", "target", "starter", "file",
    "own-share", "digest" -> their values, in order."""
    header: dict[str, list[str]] = {}
    lines = text.replace("\r\n", "\n").split("\n")
    for line in lines[: _header_length(lines)]:
        key, _, value = line[len(_HEAD) :].partition(" ")
        header.setdefault(key, []).append(value)
    return header


def _file_digests(header: dict[str, list[str]]) -> dict[str, str]:
    found = {}
    for value in header.get("file", []):
        _, _, rest = value.partition(" ")
        digest, _, path = rest.partition("  ")
        found[path] = digest
    return found


def verify_summary(text: str, tree: TreeAnalysis, references: ReferenceLines | None = None) -> list[Finding]:
    """Compares a handed-in summary with the analysis of the code it belongs to; [] where it fits.

    The labels of the folders are taken from the summary, so a TA may keep the code anywhere. Lines about
    the own share are compared only where `references` are given.
    """
    header = read_header(text)
    found = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    labels = header.get("origin", ["_codes"])[0], header.get("target", ["../codes"])[0]
    expected = summarize(tree, *labels, references)
    was, now = _file_digests(header), _file_digests(read_header(expected))
    stale = {path for path in set(was) | set(now) if was.get(path) != now.get(path)} if header else set()
    findings = _header_findings(found, expected.split("\n"), stale, references is not None)
    for path in sorted(stale):
        what = "changed" if path in was and path in now else "was deleted" if path in was else "was added"
        findings.append(Finding("stale", f"{shown(path)} {what} after the summary was made"))
    reasons = {
        "no-header": "no header tells why",
        "other-starter": "made against another starter",
        "other-version": "made by another version of the tool",
    }
    kinds = {finding.kind for finding in findings}
    reason = next((words for kind, words in reasons.items() if kind in kinds), "edited by hand")
    lines = _line_findings(found, expected.split("\n"), stale, reason)
    findings.extend(lines[:MAX_FINDINGS])
    if len(lines) > MAX_FINDINGS:
        findings.append(Finding("line", f"... and {len(lines) - MAX_FINDINGS} more lines"))
    return findings


def _comparable_header(lines: list[str]) -> list[str]:
    return [
        line
        for line in lines[: _header_length(lines)]
        if line.split()[1:2] not in (["digest"], ["own-share"])
    ]


def _header_findings(
    found: list[str], expected: list[str], stale: set[str], with_share: bool
) -> list[Finding]:
    """What the two headers say, but for the digests of the files."""
    header, wanted = read_header("\n".join(found)), read_header("\n".join(expected))
    if not header:
        message = 'no header, expected lines that start with "#:"; made by an older analyze.py?'
        return [Finding("no-header", message)]
    findings = []
    if header.get("tool") != wanted["tool"]:
        tool = header.get("tool", ["an unknown tool"])[0]
        findings.append(Finding("other-version", f"made by {shown(tool)}, this is {wanted['tool'][0]}"))
    if header.get("starter") != wanted["starter"]:
        message = "made against another starter than this one (another year's?)"
        findings.append(Finding("other-starter", message))
    kept = found[:-1] if found[-1] == "" else found
    if header.get("digest") != ["sha256 " + _digest(kept)]:
        message = "edited by hand: the digest in the header does not fit the text"
        findings.append(Finding("edited", message))
    elif not findings and not stale and _comparable_header(found) != _comparable_header(expected):
        message = "edited by hand: the header has other lines than analyze.py writes"
        findings.append(Finding("edited", message))
    if with_share and header.get("own-share") != wanted["own-share"]:
        share = header.get("own-share", ["none"])[0]
        message = f"the summary has {shown(share)}, the analysis {wanted['own-share'][0]}"
        findings.append(Finding("own-share", message))
    return findings


_ABOUT = re.compile(r"^# .* -> (.+)$|^# (\S.*/.*):\d+$")
_TITLES = ["# Missing Files", "# Additional Files", "# Filled Code", "# References", "# Other Modifications"]


def _line_findings(found: list[str], expected: list[str], stale: set[str], reason: str) -> list[Finding]:
    """One for each line that the summary has and the analysis has not, or the other way round; lines about a
    file that changed are explained by that, all others by `reason`."""

    def body(lines: list[str]) -> list[tuple[int, str, str]]:
        """(line number, text, why it may differ)"""
        top, about, rows = _header_length(lines), "", []
        for number, line in enumerate(lines[top:], top + 1):
            path = _ABOUT.match(line)
            if line == _RULE or line in _TITLES:
                about = ""
            elif path:
                about = path.group(1) or path.group(2)
            changed = any(about.endswith("/" + one) or line.startswith("# " + one) for one in stale)
            changed = changed or bool(stale and not about)
            why = "the code changed after the summary was made" if changed else reason
            rows.append((number, line.rstrip(), why))
        return rows

    has, wants = body(found), body(expected)
    pairs = line_up([row[1] for row in wants], [row[1] for row in has])
    findings: list[tuple[str, Finding]] = []
    at = 0

    def surplus(stop: int) -> None:
        for number, line, why in has[at:stop]:
            message = f"line {number}: the analysis has no such line: {shown(line)} ({why})"
            findings.append((line, Finding("line", message)))

    for index, (_, line, why) in enumerate(wants):
        if pairs[index] >= 0:
            surplus(pairs[index])
            at = pairs[index] + 1
        else:
            number = has[min(at, len(has) - 1)][0] if has else 1
            findings.append((line, Finding("line", f"before line {number}: missing: {shown(line)} ({why})")))
    surplus(len(has))
    # Empty lines and the rules around headings say nothing beside other lines.
    telling = [finding for line, finding in findings if line not in ("", _RULE)]
    return telling or [finding for line, finding in findings if line]


# ------------------------------------------------------------------------------------------------
# 10. The command line
# ------------------------------------------------------------------------------------------------

HERE = os.path.dirname(os.path.abspath(__file__))


class UsageError(Exception):
    """Something to say to whoever typed the command."""


def _label(path: str) -> str:
    """A folder as the summary names it."""
    return shown(posixpath.normpath(path.replace(os.sep, "/")))


def _folder(path: str, option: str, what: str) -> str:
    full = os.path.join(HERE, path)
    if not os.path.isdir(full):
        raise UsageError(
            f"no folder {os.path.normpath(full)}, expected {what}; type {option} FOLDER (relative to {HERE})"
        )
    return full


def _write(path: str, text: str) -> None:
    """All or nothing."""
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise UsageError(
            f"can't write {path} ({error.strerror}); type --output_file FILE to write elsewhere"
        ) from None


def _say(text: str, error: bool = False) -> None:
    stream = sys.stderr if error else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _report(tree: TreeAnalysis, output: str, references: ReferenceLines | None) -> None:
    regions = [(file, region) for file in tree.files for region in file.regions]
    filled = sum(region.filled for _, region in regions)
    cited = tree.references
    good = sum(one.kind != "malformed" for one in cited)
    _say(f"{os.path.normpath(output)}: {filled} of {len(regions)} TODO regions filled in, {good} references")
    if not tree.files:
        _say("note: none of the starter's files is there; is --target_dir the folder that holds VAE and GAN?")
    for path, note in tree.missing[:10]:
        _say("note: missing {}{}".format(shown(path), f" ({note})" if note else ""))
    for file in tree.files:
        for note in file.notes:
            _say(f"note: {shown(file.path)} {shown(note)}")
    for one in cited:
        if one.kind == "malformed":
            _say("note: " + shown(one.text))
    if references is not None:
        total, _ = own_shares(tree, references)
        _say("own share: " + _share(total))


def _run(options: argparse.Namespace) -> int:
    origin = _folder(options.origin_dir, "--origin_dir", "the starter that came with this program")
    target = _folder(options.target_dir, "--target_dir", "the folder with your code")
    references = None
    if options.reference_dir is not None:
        what = "a folder with the files of the references"
        references = read_references(_folder(options.reference_dir, "--reference_dir", what))
    output = os.path.join(HERE, options.output_file)
    if options.verify is None:
        tree = analyze_tree(origin, target, ignore=[output])
        _write(output, summarize(tree, _label(options.origin_dir), _label(options.target_dir), references))
        _report(tree, output, references)
        return 0
    summary = os.path.join(HERE, options.verify or options.output_file)
    if not os.path.exists(summary) and options.verify and os.path.exists(options.verify):
        summary = os.path.abspath(options.verify)
    source = read_source(summary, room=50)  # it holds all files
    if source.status != "text":
        raise UsageError(f"{os.path.normpath(summary)} {source.oddities[0]}; type --verify FILE")
    tree = analyze_tree(origin, target, ignore=[output, summary])
    findings = verify_summary("\n".join(source.lines) + "\n", tree, references)
    for finding in findings:
        _say(f"{finding.kind}: {finding.message}")
    if not findings:
        _say(f"{os.path.normpath(summary)} fits the code")
    return 1 if findings else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """0: written, or the summary fits; 1: the summary does not fit; 2: something to correct."""
    parser = argparse.ArgumentParser(
        description="Compares codes/ with the starter and writes summary.txt. All paths are relative to "
        "the folder of this program."
    )
    parser.add_argument("--target_dir", default="../codes", help="your code (default: %(default)s)")
    parser.add_argument("--origin_dir", default="_codes", help="the starter (default: %(default)s)")
    parser.add_argument("--output_file", default="summary.txt", help="what is written (default: %(default)s)")
    parser.add_argument("--reference_dir", help="files of declared references, to measure your own share")
    parser.add_argument(
        "--verify", nargs="?", const="", metavar="SUMMARY", help="check a summary, write nothing"
    )
    parser.add_argument("--version", action="version", version="analyze.py " + VERSION)
    options = parser.parse_args(arguments)
    try:
        status = _run(options)
        sys.stdout.flush()
        return status
    except UsageError as error:
        _say(f"error: {error}", error=True)
        return 2
    except KeyboardInterrupt:
        _say("interrupted; nothing was written", error=True)
        return 130
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # a student must not be left with a traceback
        where = sys.exc_info()[2]
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        line = where.tb_lineno if where is not None else 0
        _say(
            f"error: analyze.py {VERSION} failed in its line {line} ({type(error).__name__}); nothing was "
            "written. This is a fault of the program, not of your code: please send this line to the TAs.",
            error=True,
        )
        return 2


if __name__ == "__main__":
    sys.exit(main())
