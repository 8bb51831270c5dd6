"""Fragments of the canonical channel: small pieces of the data flow, each cut off a few steps down."""

from __future__ import annotations

import ast

from code_analyze.similarity.algebra import Node, combine
from code_analyze.similarity.dataflow import Interpreter
from code_analyze.similarity.places import Places
from code_analyze.similarity.syntax import Spans

DEPTHS = (1, 2, 3)


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None for a text that isn't Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def data_flow(tree: ast.Module, places: Places, dictated: frozenset[str]) -> dict[int, Spans]:
    """The fragments of each region's data flow."""
    found: dict[int, Spans] = {}
    seen: set[int] = set()
    stack = list(Interpreter(places, dictated).run(tree))
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
