"""Pieces of the syntax tree: how the student spells it, whatever the names, the order and the form.

Between the channels of tokens and of data flow: which of several equal operations was chosen still counts
here, but not the order of operands that commute, of statements or of named arguments, nor whether an
argument is named, nor how a number is written.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable

from code_analyze.similarity.dataflow.node import combine, number_text
from code_analyze.similarity.given import Given
from code_analyze.similarity.places import Places
from code_analyze.similarity.spelling import SIGNATURES, TRANSPARENT_KEYWORDS

Spans = dict[int, tuple[int, int]]  # digest -> (first line, last line)
Digests = tuple[int, int]  # of a node cut off at once, and after one step
MAX_LINES = 6  # of the passage that a piece is shown as


class Pieces(ast.NodeVisitor):
    """Collects the pieces of the student's statements by part."""

    def __init__(self, places: Places, given: Given, own: frozenset[str]) -> None:
        self.places = places
        self.given = given
        self.own = own
        self.found: dict[int, Spans] = {}

    def piece(self, node: ast.AST, label: str, children: list[Digests]) -> Digests:
        shallow = combine(label, [])
        if not children:
            return shallow, shallow
        one = combine(label, [c[0] for c in children])
        line: int = getattr(node, "lineno", 0)
        part = self.places.part(line)
        if part and isinstance(node, (ast.expr, ast.stmt)) and not isinstance(node, ast.FunctionDef):
            last = min(getattr(node, "end_lineno", line) or line, line + MAX_LINES)
            spans = self.found.setdefault(part, {})
            spans.setdefault(combine("two steps", [combine(label, [c[1] for c in children])]), (line, last))
            spans.setdefault(combine("one step", [one]), (line, last))
        return shallow, one

    def visit(self, node: ast.AST) -> Digests:
        if isinstance(node, ast.stmt) and not self.places.own(node):
            return self.leaf(type(node).__name__)
        folded = _folded(node)
        if folded is not None:
            return self.leaf(folded)
        special = self.SPECIAL.get(type(node))
        if special is not None:
            return special(self, node)  # type: ignore[operator]
        return self.piece(node, type(node).__name__, [self.visit(child) for child in _children(node)])

    def leaf(self, label: str) -> Digests:
        digest = combine(label, [])
        return digest, digest

    def name(self, node: ast.Name) -> Digests:
        return self.leaf(node.id if node.id in self.given.words and node.id not in self.own else "V")

    def attribute(self, node: ast.Attribute) -> Digests:
        own = (
            isinstance(node.value, ast.Name)
            and node.value.id == "self"
            and node.attr not in self.given.attributes
        )
        return self.piece(node, "." + ("A" if own else node.attr), [self.visit(node.value)])

    def operation(self, node: ast.BinOp) -> Digests:
        children = [self.visit(node.left), self.visit(node.right)]
        if isinstance(node.op, (ast.Add, ast.Mult)):
            children.sort()
        return self.piece(node, type(node.op).__name__, children)

    def call(self, node: ast.Call) -> Digests:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        signature = SIGNATURES.get(name, ())
        arguments: list[Digests] = []
        named: list[Digests] = []
        for index, argument in enumerate(node.args):
            if index < len(signature) and signature[index] and not isinstance(argument, ast.Starred):
                named.append(self.argument(signature[index], argument))
            else:
                arguments.append(self.visit(argument))
        for keyword in node.keywords:
            if keyword.arg not in TRANSPARENT_KEYWORDS:
                named.append(self.argument(keyword.arg or "**", keyword.value))
        return self.piece(node, "Call", [self.visit(node.func), *arguments, *sorted(named)])

    def argument(self, name: str, value: ast.expr) -> Digests:
        return self.piece(ast.keyword(name, value), f"{name}=", [self.visit(value)])

    SPECIAL = {ast.Name: name, ast.Attribute: attribute, ast.BinOp: operation, ast.Call: call}


def own_names(nodes: Iterable[ast.AST], places: Places) -> frozenset[str]:
    """The variables and parameters that the student's lines bind, also where the starter uses the same name
    elsewhere."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and places.part(node.lineno):
            found.add(node.id)
        elif isinstance(node, ast.arg) and places.part(node.lineno) and node.arg != "self":
            found.add(node.arg)
    return frozenset(found)


def spellings(
    tree: ast.Module, places: Places, given: Given, own: frozenset[str] = frozenset()
) -> dict[int, Spans]:
    """The pieces of each part as digest -> lines; names are masked but for `given` ones that aren't `own`."""
    pieces = Pieces(places, given, own)
    with contextlib.suppress(RecursionError):
        pieces.visit(tree)
    return pieces.found


def _folded(node: ast.AST) -> str | None:
    """A literal, or arithmetic of numbers, as one text: 16 * 8 * 8 is 1024, 1e-3 is 0.001."""
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return number_text(value)
        return repr(value)[:80]
    if isinstance(node, ast.BinOp):
        value = _number(node)
        return None if value is None else number_text(value)
    return None


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        with contextlib.suppress(OverflowError):
            return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left), _number(node.right)
        if left is not None and right is not None:
            if isinstance(node.op, ast.Mult):
                return left * right
            if isinstance(node.op, ast.Div) and right:
                return left / right
            if isinstance(node.op, ast.Add):
                return left + right
            if isinstance(node.op, ast.Sub):
                return left - right
    return None


def _children(node: ast.AST) -> list[ast.AST]:
    """A node's children without the marks of loading and storing."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
            found.append(value)
    return found
