"""Which lines of a file are the student's, and in which part."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import accumulate


class Places:
    """`numbers[line]` is the number of the part that a line belongs to, from 1; 0 for the starter's lines."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = numbers
        self._before = [0, *accumulate(number > 0 for number in numbers)]

    def part(self, line: int) -> int:
        return self.numbers[line] if 0 <= line < len(self.numbers) else 0

    def own(self, node: ast.AST) -> bool:
        """Whether any line of a statement is the student's."""
        first = min(getattr(node, "lineno", 0), len(self.numbers) - 1)
        last = min(getattr(node, "end_lineno", first) or first, len(self.numbers) - 1)
        return self._before[last + 1] > self._before[max(first, 0)]
