"""The near-verbatim channel: runs of tokens, with the names that the student chose masked."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from code_analyze.similarity.dataflow.node import combine, number_text
from code_analyze.similarity.dataflow.reader import BUILTINS
from code_analyze.similarity.given import Given
from code_analyze.summary.share import FEWEST

RUN_LENGTHS = (4, 9)  # short runs survive reordered statements, long ones tell a copied passage

_TOKEN = re.compile(
    r"""(?P<space>[ \t\f\\]+|\#.*)
    |(?P<string>[rRbBuUfF]{0,2}(?:'{3}(?:.|\n)*?'{3}|"{3}(?:.|\n)*?"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
    |(?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
    |(?P<name>[^\W\d]\w*)
    |(?P<op>\*\*=?|//=?|->|:=|[=!<>+\-*/%@&|^]=|.)""",
    re.VERBOSE,
)
KEYWORDS = frozenset(keyword.kwlist)
BEFORE_A_WHOLE = frozenset({"return", "=", "if", "elif", "while", "in"})


def tokenize(
    lines: Iterable[tuple[int, str]], given: Given, own: frozenset[str] = frozenset()
) -> list[tuple[str, int]]:
    """(token, line) for numbered lines of code. Needs no code that parses.

    Kept are keywords, built-in names, attributes and the starter's names (`given`) that the student doesn't
    assign (`own`); any other name is "V".
    """
    tokens: list[tuple[str, int]] = []
    before = ""
    for line, text in lines:
        for match in _TOKEN.finditer(text):
            kind, token = match.lastgroup, match.group()
            if kind == "space":
                continue
            if kind == "number":
                token = _number(token)
            elif kind == "string":
                token = "S" + token.strip("rRbBuUfF").strip("'\"")
            elif kind == "name" and token not in KEYWORDS:
                if before == ".":
                    own_attribute = (
                        len(tokens) > 1 and tokens[-2][0] == "self" and token not in given.attributes
                    )
                    token = "V" if own_attribute else token
                elif token in own or (token not in BUILTINS and token not in given.words):
                    token = "V"
            if token == "," and tokens and before == ",":
                continue
            if token in ")]}" and before == ",":
                tokens.pop()  # a trailing comma
            before = token
            tokens.append((token, line))
    return _without_outer_parentheses(tokens)


def _without_outer_parentheses(tokens: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Without those around all that is returned, assigned or asked for: formatters put and take them away."""
    dropped: set[int] = set()
    opened: list[int] = []
    for index, (token, line) in enumerate(tokens):
        if token in "([{":
            opened.append(index)
        elif token in ")]}" and opened:
            first = opened.pop()
            last = index + 1 == len(tokens) or tokens[index + 1][1] > line or tokens[index + 1][0] in ":;"
            begins = first > 0 and tokens[first - 1][0] in BEFORE_A_WHOLE
            if token == ")" and last and begins and not opened and index > first + 1:
                dropped |= {first, index}
    return [token for index, token in enumerate(tokens) if index not in dropped]


def _number(text: str) -> str:
    try:
        return number_text(float(text.replace("_", "")))
    except ValueError:
        return text


def runs(tokens: list[tuple[str, int]], lengths: tuple[int, ...] = RUN_LENGTHS) -> dict[int, tuple[int, int]]:
    """Every run of tokens as digest -> (first line, last line) of its first place."""
    found: dict[int, tuple[int, int]] = {}
    digests = {token: combine(token, []) for token in {token for token, _ in tokens}}
    sequence = [digests[token] for token, _ in tokens]
    for length in lengths:
        for start in range(len(sequence) - length + 1):
            key = hash(tuple(sequence[start : start + length])) & 0xFFFFFFFFFFFFFFFF
            if key not in found:
                found[key] = (tokens[start][1], tokens[start + length - 1][1])
    if tokens and len(tokens) < lengths[0]:
        found[hash(tuple(sequence)) & 0xFFFFFFFFFFFFFFFF] = (tokens[0][1], tokens[-1][1])
    return found


def form_of(tokens: list[tuple[str, int]]) -> int:
    """A digest of all tokens together; 0 where there is none."""
    return combine("tokens", [combine(token, []) for token, _ in tokens]) if tokens else 0


def line_digests(tokens: list[tuple[str, int]], salt: str = "line") -> list[tuple[int, int, int]]:
    """(line, digest, number of tokens) of each line that says enough to count for the own share.

    Digests of another `salt` never agree.
    """
    by_line: dict[int, list[str]] = {}
    for token, line in tokens:
        by_line.setdefault(line, []).append(token)
    return [
        (line, combine(salt, [combine(token, []) for token in words]), len(words))
        for line, words in sorted(by_line.items())
        if len(words) >= FEWEST
    ]
