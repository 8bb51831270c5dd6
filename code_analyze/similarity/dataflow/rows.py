"""Loops over a tensor's rows in the data-flow form: `for m, s in zip(mu, log_std)` is one step for all.

What such a loop adds up is the sum over all rows, what it appends is what one call with the batch gives.
What it only overwrites is the last row's, and stays apart.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from code_analyze.similarity.dataflow import reductions
from code_analyze.similarity.dataflow.containers import Containers
from code_analyze.similarity.dataflow.node import Node, Read, rewritten, walk
from code_analyze.similarity.dataflow.values import Items, Scope, Value

JOINED = frozenset(["stack", "cat", "concat", "concatenate", "vstack", "hstack", "tensor", "array"])


class Rows(Containers):
    """Reads what a loop over an unknown number of items takes and leaves behind."""

    def element(self, iterable: Node) -> Value:
        """What a loop variable is."""
        if iterable.op == "call:zip":
            return Items([self.element(each) for each in iterable.args])
        if iterable.op == "call:enumerate" and iterable.args:
            number = self.make("element", self.make("call:range", self.make("size", iterable.args[0])))
            return Items([number, self.element(iterable.args[0])])
        if iterable.op in ("children", "modules") and iterable.args:
            return self.element(iterable.args[0])
        if iterable.op == "named_children" and iterable.args:
            return Items([Node("string"), self.element(iterable.args[0])])
        return self.make("element", iterable)

    def row(self, base: Node, index: Node) -> Node | None:
        """x[i] in a loop over all i."""
        if index.op == "element" and index.args[0].op == "call:range" and base.op.startswith("self."):
            return self.make("element", base)
        return None

    def gathered(self, body: Sequence[ast.stmt], scope: Scope, before: dict[str, int]) -> None:
        """Replaces what a loop added up or appended by its value for all rows.

        before: how many items the lists had before the loop, by name
        """
        added, appended = _accumulated(body)
        for name in sorted(added):
            value = scope.values.get(name)
            if isinstance(value, Node) and is_of_rows(value):
                self.mark("a loop over rows")
                scope.values[name] = self.of_all(value)
            if isinstance(value, Items) and value.kind == "dict":  # totals["loss"] += ...
                items = map(self.node, value.items)
                value.items = [self.of_all(item) if is_of_rows(item) else item for item in items]
        for name in sorted(appended):
            known = scope.values.get(name)
            if isinstance(known, Items) and before.get(name) == 0 and len(known.items) == 1:
                self.mark("a loop over rows")
                scope.values[name] = self.make("each", of_all_rows(self.node(known.items[0])))

    def of_all(self, value: Node) -> Node:
        """The sum over all rows."""
        return reductions.reduce(of_all_rows(value), self.place)

    def joined(self, name: str, args: list[Node]) -> Node | None:
        """What torch.stack and the like make of what a loop gathered."""
        if name in JOINED and args and args[0].op == "each":
            return args[0].args[0]
        return None


def is_of_rows(value: Node) -> bool:
    """Whether a value is one of a loop's rows, or computed of one."""
    return any(node.op == "element" for node in walk([value]))


def of_all_rows(value: Node) -> Node:
    """A value that was computed of one row, computed of all at once."""

    def of_all(node: Node, read: Read) -> Node | None:
        if node.op == "element" and not node.args[0].op.startswith(("self.", "call:range")):
            whole = read(node.args[0])
            return whole.args[0] if whole.op in ("chunk", "unbind") else whole  # for part in z.split(100)
        if node.op == "at" and len(node.args) == 2 and is_of_rows(node.args[1]):
            return read(node.args[0])
        return None

    return rewritten(value, of_all)


def _accumulated(body: Sequence[ast.stmt]) -> tuple[set[str], set[str]]:
    """The names that a loop adds to, and those of the lists that it appends to."""
    added: set[str] = set()
    appended: set[str] = set()
    for node in (each for statement in body for each in ast.walk(statement)):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)):
            added.update(_names(node.target))
            if isinstance(node.target, ast.Subscript):
                added.update(_names(node.target.value))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            if isinstance(node.value.op, ast.Add):
                sides = _names(node.value.left, node.value.right)
                added.update(name for name in _names(*node.targets) if name in sides)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            appended.update(_names(node.func.value) if node.func.attr == "append" else [])
    return added, appended


def _names(*expressions: ast.expr) -> list[str]:
    return [each.id for each in expressions if isinstance(each, ast.Name)]
