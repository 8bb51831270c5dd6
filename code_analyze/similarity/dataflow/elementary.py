"""Operations that are arithmetic by another name: `x.add(y)`, `torch.square(x)`, `math.e ** x`."""

from __future__ import annotations

from code_analyze.similarity.dataflow import algebra
from code_analyze.similarity.dataflow.node import Node, Place, constant, number


def elementary(op: str, args: list[Node], kwargs: dict[str, Node], place: Place) -> Node | None:
    if not args:
        return None
    first, second = args[0], args[1] if len(args) > 1 else kwargs.get("other") or kwargs.get("exponent")
    if second is None:
        if op == "neg":
            return algebra.scale(-1.0, first, place)
        if op == "exp":
            return _exp(first, place)
        if op == "square":
            return algebra.power(first, 2.0, place)
        if op == "sqrt":
            return algebra.power(first, 0.5, place)
        if op == "reciprocal":
            return algebra.power(first, -1.0, place)
        if op == "log" and first.op == "exp":
            return first.args[0]
        if op == "item":
            return Node("item", (first,), place)
        return None
    if op == "add":
        return algebra.add(first, second, place)
    if op == "sub":
        return algebra.subtract(first, second, place)
    if op == "mul":
        return algebra.multiply(first, second, place)
    if op == "div":
        return algebra.divide(first, second, place)
    if op == "pow":
        exponent = number(second)
        if exponent is not None:
            return algebra.power(first, exponent, place)
        if first.op in ("mod:math.e", "mod:numpy.e"):
            return _exp(second, place)
    return None


def _exp(value: Node, place: Place) -> Node:
    if number(value) == 0.0:
        return constant(1, place)
    if value.op == "log" and value.args:
        return value.args[0]
    return Node("exp", (value,), place)
