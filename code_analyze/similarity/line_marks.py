"""What a line of code is recognised by elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from code_analyze.similarity.dataflow.node import combine
from code_analyze.similarity.fingerprints import Print
from code_analyze.similarity.public_sources import loose_tokens
from code_analyze.similarity.tokens import line_digests
from code_analyze.summary.share import LONG

Digests = Sequence[tuple[int, int, int]]  # (line, digest, number of tokens)


def line_marks(digests: Digests) -> list[list[int]]:
    """For each line itself if it is long, and itself with either neighbour; at most three."""
    marks: list[list[int]] = [[] for _ in digests]
    for at, (_, digest, length) in enumerate(digests):
        if length >= LONG:
            marks[at].append(digest)
        if at:
            both = combine("then", [digests[at - 1][1], digest])
            marks[at - 1].append(both)
            marks[at].append(both)
    return marks


def loose_marks(one: Print, keys: Sequence[str]) -> dict[int, list[int]]:
    """The marks of the lines of some parts, by line, whoever names things (see `public_sources`)."""
    found: dict[int, list[int]] = {}
    for file in one.code.files:
        for part in file.parts:
            if part.key in keys:
                digests = line_digests(loose_tokens(part.lines), "loose line")
                for (line, _, _), marks in zip(digests, line_marks(digests), strict=True):
                    found.setdefault(line, []).extend(marks)
    return found
