"""How a request to a worker fails: by the student's code, or by ours."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from hwlib.checking.protocol import FrameError
from hwlib.checking.words import Words, as_is, say

KINDS = ("exception", "not_filled_in", "bad_reply", "engine")


@dataclass(frozen=True)
class StudentLine:
    """A line of the student's in a traceback: the file relative to the folder, with forward slashes."""

    file: str
    line: int
    function: str
    code: str


@dataclass(frozen=True)
class Todo:
    """A region that is not filled in yet."""

    file: str
    number: int
    title: str


class StudentError(Exception):
    """The student's code did not give an answer.

    kind: "exception" | "not_filled_in" | "crashed" (the process is gone) | "timeout" | "bad_reply" (what came
    is no answer) | "not_imported". After crashed, timeout and bad_reply the session is over.
    message: what the student's code said, or words of ours.
    """

    def __init__(
        self,
        kind: str,
        message: str | Words,
        *,
        type: str = "",
        traceback: tuple[StudentLine, ...] = (),
        todo: Todo | None = None,
    ) -> None:
        super().__init__(f"{type}: {message}" if type else message)
        self.kind = kind
        self.words = message if isinstance(message, Words) else as_is(message)
        self.message = self.words.en
        self.type = type
        self.traceback = traceback
        self.todo = todo

    @property
    def described(self) -> Words:
        """The message, with the type of an exception before it."""
        if not self.type:
            return self.words
        return say("{type}: {message}", "{type}：{message}", type=self.type, message=self.words)


class NotImportedError(StudentError):
    """A file of the student's that ended a worker in its import, and would again: it is not tried once more.

    check: the check that found it, without the track.
    """

    def __init__(self, file: str, first: StudentError, check: str) -> None:
        super().__init__(
            "not_imported",
            say("{file} can't be imported: {why}", "无法导入 {file}：{why}", file=file, why=first.described),
        )
        self.check = check


class GraderError(Exception):
    """Something of ours failed; it says nothing about the student's work."""


def read_error(error: Any) -> StudentError:
    """The error of a reply, with every part of it checked: it comes from the worker."""
    if not isinstance(error, dict) or error.get("kind") not in KINDS:
        raise FrameError("it is neither a result nor an error")
    lines = []
    for line in error["traceback"][:50] if isinstance(error.get("traceback"), list) else []:
        if isinstance(line, dict) and type(line.get("line")) is int:
            texts = [printable(line.get(key, ""))[:200] for key in ("file", "function", "code")]
            lines.append(StudentLine(texts[0], line["line"], texts[1], texts[2]))
    todo = error.get("todo")
    region = None
    if isinstance(todo, dict) and type(todo.get("number")) is int:
        region = Todo(printable(todo.get("file"))[:80], todo["number"], printable(todo.get("title"))[:80])
    message, name = printable(error.get("message", ""))[:500], printable(error.get("type", ""))[:80]
    kind = error["kind"] if error["kind"] != "not_filled_in" or region else "exception"
    return StudentError(kind, message, type=name, traceback=tuple(lines), todo=region)


def printable(value: Any) -> str:
    """A text of the student's without what a terminal would obey: controls, changes of direction."""
    text = value if isinstance(value, str) else str(value)
    text = text[:100_000].replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        char if char in "\n\t" or unicodedata.category(char)[0] != "C" else "\ufffd" for char in text
    )
