"""The supporting channel: comments, identifiers, layout. Shown beside a finding, it never makes one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from keyword import iskeyword

from code_analyze import summary
from code_analyze.similarity.regions import Code

_COMMENT = re.compile(r"#(.*)$")
_NAME = re.compile(r"(?<![\w.'\"])[^\W\d]\w*(?![\w'\"])")
MAX_SHOWN = 8


@dataclass(frozen=True)
class Habits:
    """What a student leaves in the student's own lines: comments, names, marks of layout."""

    comments: frozenset[str]
    names: frozenset[str]
    layout: frozenset[str]


def habits(code: Code) -> Habits:
    comments: set[str] = set()
    names: set[str] = set()
    layout: set[str] = set()
    for file in code.files:
        for part in file.parts:
            for _, text in part.lines:
                match = _COMMENT.search(text)
                if match:
                    words = " ".join(re.findall(r"\w+", match.group(1).lower()))
                    if len(words) > 3 and not words.startswith("reference"):
                        comments.add(words)
                    text = text[: match.start()]
                names.update(
                    w
                    for w in _NAME.findall(text)
                    if w not in file.given.words and len(w) > 2 and not iskeyword(w)
                )
                layout.update(_marks(text))
    return Habits(frozenset(comments), frozenset(names), frozenset(layout))


def _marks(text: str) -> set[str]:
    marks = set()
    if re.search(r",\S", text):
        marks.add("no space after a comma")
    if re.search(r"\w=\w", text) and re.search(r"^\s*\w+=[^=]", text):
        marks.add("no space around =")
    if text.rstrip().endswith(";"):
        marks.add("; at the end of a line")
    if len(text) > 120:
        marks.add("lines over 120 characters")
    return marks


def shared_rarities(one: Habits, other: Habits, everybody: Counter[str], size: int) -> list[str]:
    """What only few others share with the two, rarest first: "comment: ...", "name: ..."."""
    few = max(2, size // 20)
    found = [(everybody["c " + c], f"comment: {c}") for c in sorted(one.comments & other.comments)]
    found += [(everybody["n " + n], f"name: {n}") for n in sorted(one.names & other.names)]
    return [summary.shown(text) for count, text in sorted(found) if count <= few][:MAX_SHOWN]


def count_habits(all_habits: Sequence[Habits]) -> Counter[str]:
    """In how many submissions each comment and name stands."""
    counts: Counter[str] = Counter()
    for each in all_habits:
        counts.update("c " + c for c in each.comments)
        counts.update("n " + n for n in each.names)
    return counts
