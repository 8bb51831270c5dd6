"""What differs outside the regions, and what is odd about the TODO lines."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from code_analyze.summary.lines import plain
from code_analyze.summary.spans import Spans


class Change(NamedTuple):
    """A line of "Other Modifications": `kind` is "-" (line of the starter), "+" (line of the student's
    file) or "?" (hints below either)."""

    kind: str
    line: int
    text: str


def changes(spans: Spans) -> list[Change]:
    """Everything that differs outside the regions, in the order of a diff."""
    pairing = spans.pairing
    found: list[Change] = []
    at = 0  # next line of the student's file

    def insert(stop: int) -> None:
        for b in range(at, stop):
            if spans.owner[b] < 0:
                found.append(Change("+", b + 1, plain(pairing.new[b])))

    for a in range(len(pairing.old)):
        b = -1 if a in pairing.moved else pairing.pairs[a]
        if pairing.inside[a] >= 0:
            continue
        if b < at or spans.owner[b] >= 0:
            found.append(Change("-", a + 1, plain(pairing.old[a])))
            continue
        insert(b)
        if not pairing.same(a):
            found.extend(_hinted(a + 1, plain(pairing.old[a]), b + 1, plain(pairing.new[b])))
        at = b + 1
    insert(len(pairing.new))
    return found


def describe(spans: Spans) -> list[str]:
    """Sentences about the TODO lines and the indentation."""
    pairing = spans.pairing
    notes = []
    for k, (start, end) in enumerate(pairing.regions):
        if spans.spans[k] is None:
            notes.append(f"region {k + 1} is not there: it was deleted or can't be told from other code")
            continue
        for index, name in ((start, "# TODO START"), (end, "# TODO END")):
            where = f'region {k + 1}: the line "{name}" '
            if pairing.pairs[index] < 0:
                notes.append(where + "was deleted; the region is found by comparing with the starter")
            elif not pairing.same(index):
                notes.append(where + f"was changed in line {pairing.pairs[index] + 1}")
        if start in pairing.moved or end in pairing.moved:
            notes.append(f"region {k + 1} was moved to another place")
    taken = set(pairing.pairs)
    extra = [b + 1 for b, key in enumerate(pairing.new_keys) if key[:1] == "\1" and b not in taken]
    if extra:
        numbers = ", ".join(map(str, extra[:10])) + (", ..." if len(extra) > 10 else "")
        notes.append("TODO lines that the starter does not have: line " + numbers)
    if pairing.unit != 4:
        notes.append(f"indented with {pairing.unit} spaces per level, expected 4; not listed line by line")
    elif any(re.match(r" *\t", line) for line in pairing.new) and not any(
        "\t" in line for line in pairing.old
    ):
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
