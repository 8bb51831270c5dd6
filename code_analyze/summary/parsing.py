"""Whether a text is Python, said in words that are the same under every version of Python."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

from code_analyze.summary.limits import MAX_NESTING, MAX_STATEMENT

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
    return None if problem is None or not judged or _may_be_newer(text) else problem


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
# What one Python from 3.8 to 3.14 parses and another does not. Expressions here and elsewhere must not take
# more than a few steps for a character, whatever the text: it may come from somebody who means harm.
_NEWER = re.compile(
    r"^[ \t]*(?:(?:match|case)\b.*:[ \t]*(?:#.*)?$|except[ \t]*\*|except[ \t]+[\w.]+[ \t]*,|type[ \t]+\w.*="
    r"|(?:def|class)[ \t]+\w+[ \t]*\[|(?:async[ \t]+)?with[ \t]*\(|@[^\w\s]|@[\w.]+[^\w.\s(])"
    r"|\b[rR]?[fFtT][rR]?(?:\"[^\"\n]*\{[^{}\"\n]*\"|'[^'\n]*\{[^{}'\n]*')|\b[rR]?[tT][rR]?[\"']"
    r"|\w\[(?:[^\[\]\n]*,[ \t]*)?\*\w|\w\[[^\[\]\n]*:=|\{[^{}\n]*:=|\bin[ \t][^(\[{\n]{0,80}(?<!\w)\*\w",
    re.MULTILINE,
)
_FORMATTED = re.compile(r"\b[rR]?[fF][rR]?[\"']")
_ESCAPED = re.compile(r"\{[^{}]*[\\#]")


def _may_be_newer(text: str) -> bool:
    """Whether a text that does not parse may be one that another Python parses."""
    if _NEWER.search(text):
        return True
    for line in text.split("\n"):  # a backslash or "#" between the braces of a formatted string
        start = _FORMATTED.search(line)
        if start and _ESCAPED.search(line, start.end()):
            return True
    return False
