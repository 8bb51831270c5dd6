"""Fragments of the canonical channel: small pieces of the data flow, each cut off a few steps down."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable

from code_analyze.similarity.algebra import Node, combine
from code_analyze.similarity.dataflow import Interpreter

DEPTHS = (1, 2, 3)
Spans = dict[int, tuple[int, int]]  # digest -> (first line, last line)


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None for a text that isn't Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def data_flow(
    tree: ast.Module, region_of: Callable[[int], int], dictated: frozenset[str]
) -> dict[int, Spans]:
    """The fragments of each region's data flow."""
    found: dict[int, Spans] = {}
    seen: set[int] = set()
    stack = list(Interpreter(region_of, dictated).run(tree))
    keep: list[Node] = []  # ids stay unique while the nodes live
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        keep.append(node)
        stack.extend(node.args)
        region, line = node.place
        if not region or not node.args:
            continue
        lines = [line] + [arg.place[1] for arg in node.args if arg.place[0] == region]
        span = (min(lines), max(lines))
        spans = found.setdefault(region, {})
        for depth in DEPTHS:
            spans.setdefault(combine(f"d{depth}", [node.digest_to_depth(depth)]), span)
    return found


def spellings(tree: ast.Module, region_of: Callable[[int], int], known: frozenset[str]) -> dict[int, Spans]:
    """Pieces of the syntax tree as written, names masked: what reordering and renaming leave alone."""
    found: dict[int, Spans] = {}

    def visit(node: ast.AST) -> tuple[int, int]:
        """The digests of a node cut off after one and after two steps."""
        label = type(node).__name__
        if isinstance(node, ast.Name):
            label = node.id if node.id in known else "V"
            leaf = combine(label, [])
            return leaf, leaf
        if isinstance(node, ast.Constant):
            value = node.value
            plain = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
            leaf = combine(repr(float(value)) if plain else repr(value)[:80], [])  # type: ignore[arg-type]
            return leaf, leaf
        if isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr not in known
            label = "." + ("A" if own else node.attr)
        elif isinstance(node, ast.keyword):
            label = f"{node.arg}="
        children = [
            visit(child) for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr_context)
        ]
        shallow = combine(label, [])
        one = combine(label, [c[0] for c in children]) if children else shallow
        deep = combine(label, [c[1] for c in children]) if children else shallow
        line = getattr(node, "lineno", 0)
        region = region_of(line) if line else 0
        if (
            region
            and children
            and isinstance(node, (ast.expr, ast.stmt))
            and not isinstance(node, ast.FunctionDef)
        ):
            last = getattr(node, "end_lineno", line) or line
            found.setdefault(region, {}).setdefault(combine("s", [deep]), (line, min(last, line + 6)))
            found[region].setdefault(combine("t", [one]), (line, min(last, line + 6)))
        return shallow, one

    with contextlib.suppress(RecursionError):
        visit(tree)
    return found
