"""Sums and means, and what leaves the terms of a sum as they are."""

from __future__ import annotations

from code_analyze.similarity.dataflow.algebra import TINY, add, linear, terms_of
from code_analyze.similarity.dataflow.node import Node, Place, number


def each_term(op: str, node: Node, place: Place) -> Node:
    """An operation that changes no value, `detach` or `item`, applied to each term of a sum once."""
    done: list[tuple[float, Node | None]] = []
    for coefficient, rest in terms_of(node):
        if rest is not None and not (rest.op == op or (op == "detach" and rest.op == "item")):
            rest = Node(op, (rest.args[0] if rest.op == "detach" else rest,), place)
        done.append((coefficient, rest))
    return linear(done, place)


def reduce(node: Node, place: Place) -> Node:
    """Sum or mean: one operation, applied to each term of a sum, never twice.

    Sums and means differ by a factor that the handout dictates, and students who exchange one for the
    other (`x.sum() / n`, `x.sum((1, 2, 3)).mean()`) write the same loss.
    """
    terms = cross_entropies(terms_of(node.args[0] if node.op == "each" else node), place)
    done: list[tuple[float, Node | None]] = []
    for coefficient, rest in terms:
        if rest is not None and rest.op in ("stack", "cat") and rest.args[0].op == "list":
            for each in rest.args[0].args:
                done += [
                    (coefficient * c, r)
                    for c, r in terms_of(each if rest.op == "stack" else reduce(each, place))
                ]
            continue
        if rest is not None and rest.op == "shape":  # the same numbers, in another shape
            inner = reduce(rest.args[0], place)
            done += [(coefficient * c, r) for c, r in terms_of(inner)]
            continue
        if rest is not None and rest.op == "detach":  # before or after, the same
            rest = Node("detach", (reduce(rest.args[0], place),), place)
        elif rest is not None and rest.op not in ("reduce", "item"):
            rest = Node("reduce", (rest,), place)
        done.append((coefficient, rest))
    return linear(done, place)


def cross_entropies(terms: list[tuple[float, Node | None]], place: Place) -> list[tuple[float, Node | None]]:
    """t * log(p) and (1 - t) * log(1 - p) of a sum as -bce(p, t)."""
    logs = [(c, r, _log_factor(r)) for c, r in terms]
    for c, one, first in logs:
        for d, other, second in logs:
            if not first or not second or abs(c - d) > TINY or one is other:
                continue
            if all(_add_up_to_one(a, b, place) for a, b in zip(first, second, strict=True)):
                target, probability = first if first[1].op != "sum" else second
                rest = [(e, r) for e, r in terms if r is not one and r is not other]
                loss = Node("bce", (probability, target), place)
                return [*cross_entropies(rest, place), (-c, loss)]
    return terms


def _log_factor(node: Node | None) -> tuple[Node, Node] | None:
    """(t, p) of t * log(p)."""
    if node is None or node.op != "prod" or len(node.args) != 2:
        return None
    one, other = node.args if node.args[1].op == "log" else node.args[::-1]
    return (one, other.args[0]) if other.op == "log" and len(other.args) == 1 else None


def _add_up_to_one(one: Node, other: Node, place: Place) -> bool:
    return number(add(one, other, place)) == 1.0
