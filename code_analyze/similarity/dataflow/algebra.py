"""The arithmetic that makes equal formulas equal.

Sums and products are kept as linear combinations of products, so `-0.5 * (1 + 2 * s - m ** 2)` and
`(m.pow(2) - 2 * s - 1) / 2` are the same node up to the order of their arguments, and the order does not
count.
"""

from __future__ import annotations

from code_analyze.similarity.dataflow.node import Node, Place, constant, exact, number

TINY = 1e-14  # a coefficient below this is what rounding left of zero


def terms_of(node: Node) -> list[tuple[float, Node | None]]:
    """A node as a linear combination: (coefficient, rest) with rest None for the plain number."""
    value = number(node)
    if value is not None:
        return [(value, None)]
    if node.op == "filled" and node.args and number(node.args[0]) is not None:
        return terms_of(node.args[0])  # in a sum, a tensor of ones is 1
    if node.op == "sum":
        return [term for arg in node.args for term in terms_of(arg)]
    if node.op.startswith("scale:"):
        return [(float(node.op[6:]), node.args[0])]
    return [(1.0, node)]


def _scaled(coefficient: float, rest: Node | None, place: Place) -> Node:
    if rest is None:
        return constant(coefficient, place)
    if abs(coefficient - 1.0) < TINY:
        return rest
    return Node(f"scale:{exact(coefficient)}", (rest,), place)


def linear(terms: list[tuple[float, Node | None]], place: Place) -> Node:
    """The sum of coefficient x rest, equal rests collected."""
    collected: dict[int, tuple[float, Node | None]] = {}
    for coefficient, rest in terms:
        key = rest.digest() if rest is not None else 0
        collected[key] = (collected.get(key, (0.0, rest))[0] + coefficient, rest)
    kept = [(c, r) for c, r in collected.values() if abs(c) > TINY]
    if len(kept) > 1 and {"numel", "reduce"} <= {r.op for _, r in kept if r is not None}:
        # Beside the sum of all values their number is the sum of as many ones.
        return linear([(c, None if r is not None and r.op == "numel" else r) for c, r in kept], place)
    if not kept:
        return constant(0, place)
    if len(kept) == 1:
        return _scaled(*kept[0], place)
    return Node("sum", tuple(_scaled(c, r, place) for c, r in kept), place)


def add(left: Node, right: Node, place: Place) -> Node:
    return linear(terms_of(left) + terms_of(right), place)


def subtract(left: Node, right: Node, place: Place) -> Node:
    return linear(terms_of(left) + [(-c, r) for c, r in terms_of(right)], place)


def scale(factor: float, node: Node, place: Place) -> Node:
    return linear([(factor * c, r) for c, r in terms_of(node)], place)


def _factors(node: Node) -> tuple[float, list[Node]]:
    value = number(node)
    if value is not None:
        return value, []
    if node.op.startswith("scale:"):
        factor, rest = _factors(node.args[0])
        return factor * float(node.op[6:]), rest
    return 1.0, list(node.args) if node.op == "prod" else [node]


def multiply(left: Node, right: Node, place: Place) -> Node:
    a, b = number(left), number(right)
    if a is not None:
        return scale(a, right, place)
    if b is not None:
        return scale(b, left, place)
    (c, some), (d, others) = _factors(left), _factors(right)
    # The mean over a batch, however it is written: a reduction divided by a size, or a mean times one, stays
    # a reduction.
    if _is_size(others) and _is_reduction(left):
        return scale(d, left, place)
    if _is_size(some) and _is_reduction(right):
        return scale(c, right, place)
    powers: dict[int, tuple[float, Node]] = {}
    for factor in some + others:
        base, exponent = _base_and_exponent(factor)
        key = base.digest()
        powers[key] = (powers.get(key, (0.0, base))[0] + exponent, base)
    kept = [power(base, exponent, place) for exponent, base in powers.values() if abs(exponent) > TINY]
    if not kept:
        return constant(c * d, place)
    product = kept[0] if len(kept) == 1 else Node("prod", tuple(kept), place)
    return scale(c * d, product, place)


def _is_size(factors: list[Node]) -> bool:
    """Whether a product is a number of values, or one over it."""
    bases = [factor.args[0] if factor.op == "pow:-1" else factor for factor in factors]
    return len(bases) == 1 and bases[0].op in ("size", "numel")


def _is_reduction(node: Node) -> bool:
    return all(rest is None or rest.op == "reduce" for _, rest in terms_of(node))


def _base_and_exponent(node: Node) -> tuple[Node, float]:
    if node.op.startswith("pow:"):
        return node.args[0], float(node.op[4:])
    return node, 1.0


def _number_power(base: float, exponent: float) -> float | None:
    try:
        result = base**exponent
    except (OverflowError, ZeroDivisionError, ValueError):
        return None
    return result if isinstance(result, float) else None  # a complex number is none


def power(base: Node, exponent: float, place: Place) -> Node:
    value = number(base)
    result = _number_power(value, exponent) if value is not None else None
    if result is not None:
        return constant(result, place)
    if exponent == 1.0:
        return base
    if base.op == "exp":
        return Node("exp", (scale(exponent, base.args[0], place),), place)
    if base.op.startswith("scale:"):
        factor = _number_power(float(base.op[6:]), exponent)
        if factor is not None:
            return scale(factor, power(base.args[0], exponent, place), place)
    if base.op == "prod" and float(exponent).is_integer():
        return Node("prod", tuple(power(factor, exponent, place) for factor in base.args), place)
    base, inner = _base_and_exponent(base)
    if exponent * inner == 1.0:
        return base
    return Node(f"pow:{exact(exponent * inner)}", (base,), place)


def divide(left: Node, right: Node, place: Place) -> Node:
    value = number(right)
    if value is not None and value != 0.0:
        return scale(1.0 / value, left, place)
    return multiply(left, power(right, -1.0, place), place)
