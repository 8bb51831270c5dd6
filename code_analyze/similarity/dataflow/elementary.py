"""Operations that are arithmetic by another name: `x.add(y)`, `torch.square(x)`, `math.e ** x`."""

from __future__ import annotations

from code_analyze.similarity.dataflow import algebra, reductions
from code_analyze.similarity.dataflow.node import Node, Place, constant, number


def elementary(op: str, args: list[Node], kwargs: dict[str, Node], place: Place) -> Node | None:
    if not args:
        return None
    if op == "lerp" and "end" in kwargs and len(args) == 1:
        args = [*args, kwargs["end"]]
    if op in ("rsub", "lerp") and len(args) > 1:
        if op == "rsub":
            return elementary("sub", [args[1], args[0], *args[2:]], kwargs, place)
        way = algebra.subtract(args[1], args[0], place)
        weight = args[2] if len(args) > 2 else kwargs.get("weight")
        return algebra.add(args[0], algebra.multiply(weight, way, place), place) if weight else None
    alpha = number(kwargs["alpha"]) if "alpha" in kwargs and len(args) > 1 else None
    if alpha is not None:
        args = [args[0], algebra.scale(alpha, args[1], place)]
    first, second = args[0], args[1] if len(args) > 1 else kwargs.get("other") or kwargs.get("exponent")
    if second is None:
        if op == "neg":
            return algebra.scale(-1.0, first, place)
        if op == "exp":
            return _exp(first, place)
        if op == "expm1":
            return algebra.subtract(_exp(first, place), constant(1), place)
        if op == "log1p":
            return Node("log", (algebra.add(constant(1), first, place),), place)
        if op == "norm":  # of all values
            return algebra.power(reductions.reduce(algebra.power(first, 2.0, place), place), 0.5, place)
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
