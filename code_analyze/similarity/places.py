"""Which lines of a file are the student's, and in which part."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
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

    def nodes(self, body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
        """All nodes of the student's statements and of all imports; of definitions that hold some, their
        parameters and their bodies."""
        stack: list[ast.AST] = list(body)
        while stack:
            node = stack.pop()
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and self.own(node):
                stack.extend(node.body)
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield from ast.walk(node.args)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                yield node
            elif not isinstance(node, ast.stmt) or self.own(node):
                yield node
                for value in node.__dict__.values():
                    if isinstance(value, list):
                        stack.extend([each for each in value if isinstance(each, ast.AST)])
                    elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                        stack.append(value)
