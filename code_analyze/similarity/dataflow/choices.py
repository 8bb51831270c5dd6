"""Choices inside of values, taken apart: what is done on either outcome of a condition.

`z = a if c else b; return f(z)` does what `if c: return f(a)`, `return f(b)` does. Wherever the condition
stands, an effect with a choice in it becomes one effect for each outcome.
"""

from __future__ import annotations

from code_analyze.similarity.dataflow import algebra, reductions
from code_analyze.similarity.dataflow.node import Node, Read, constant, rewritten

MAX_TESTS = 4  # of one effect: it becomes at most 16
# Operations whose result is never None.
VALUES = (
    "apply",
    "chunk",
    "part:",
    "gauss",
    "exp",
    "sum",
    "prod",
    "scale:",
    "reduce",
    "layer:",
    "fill",
    "shape",
)


def taken_apart(effect: Node) -> tuple[list[Node], list[Node]]:
    """The effects without choices that an effect stands for, and the conditions of the choices."""
    open_effects, done, tests = [(effect, 0)], {}, {}
    while open_effects:
        one, depth = open_effects.pop()
        choice = _choice_in(one) if depth < MAX_TESTS else None
        if choice is None:
            done[one.digest()] = one
            continue
        test = choice.args[0]
        tests[test.digest()] = test
        open_effects += [(_decided(one, test.digest(), outcome), depth + 1) for outcome in (0, 1)]
    return list(done.values()), list(tests.values())


def _choice_in(value: Node) -> Node | None:
    """An innermost choice of a value, one without another in its condition."""
    found, seen, stack = None, set(), [value]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.op == "choice":
            found = node
            stack = [node.args[0]]
        else:
            stack.extend(node.args)
    return found


def _decided(value: Node, test: int, outcome: int) -> Node:
    """A value in which every choice by a test has this outcome: 0 is true, 1 is false."""

    def decide(node: Node, read: Read) -> Node | None:
        if node.op == "choice" and node.args[0].digest() == test:
            return read(node.args[1 + outcome])
        return None

    return rewritten(value, decide, _made)


def _made(node: Node, args: tuple[Node, ...]) -> Node:
    """An operation on other arguments, in its usual form."""
    if node.op == "sum":
        total = constant(0)
        for arg in args:
            total = algebra.add(total, arg, node.place)
        return total
    if node.op == "prod":
        product = constant(1)
        for arg in args:
            product = algebra.multiply(product, arg, node.place)
        return product
    if node.op.startswith("scale:"):
        return algebra.scale(float(node.op[6:]), args[0], node.place)
    if node.op == "reduce":
        return reductions.reduce(args[0], node.place)
    if node.op == "eq" and len(args) == 2:
        none = [arg.op == "=None" for arg in args]
        if all(none):
            return Node("=True", (), node.place)
        other = args[0] if none[1] else args[1]
        if any(none) and other.op.startswith(VALUES) or any(none) and other.op[0] == "#":
            return Node("=False", (), node.place)
    return Node(node.op, args, node.place)
