"""Values of the data-flow form, and the arithmetic that makes equal formulas equal.

A `Node` is one value: an operation and what it is applied to. Sums and products are kept as linear
combinations of products, so `-0.5 * (1 + 2 * s - m ** 2)` and `(m.pow(2) - 2 * s - 1) / 2` are the same
node up to the order of their arguments, and the order does not count.
"""

from __future__ import annotations

from hashlib import blake2b

COMMUTATIVE = frozenset(("sum", "prod", "eq", "and", "or", "ne"))


class Node:
    """One value of a program.

    `place` is (number of the region, line) where the value was made: region 0 is code that the student
    did not write.
    """

    __slots__ = ("op", "args", "place", "_digest", "_depths")

    def __init__(self, op: str, args: tuple[Node, ...] = (), place: tuple[int, int] = (0, 0)) -> None:
        self.op = op
        self.args = args
        self.place = place
        self._digest: int | None = None
        self._depths: dict[int, int] = {}

    def digest(self) -> int:
        """64 bits that are equal for equal values (whole depth)."""
        if self._digest is None:
            self._digest = combine(self.op, [arg.digest() for arg in self.args])
        return self._digest

    def digest_to_depth(self, depth: int) -> int:
        """64 bits of the value, cut off `depth` steps down: depth 0 is the operation alone."""
        found = self._depths.get(depth)
        if found is None:
            below = [arg.digest_to_depth(depth - 1) for arg in self.args] if depth else []
            found = self._depths[depth] = combine(self.op, below)
        return found

    def __repr__(self) -> str:
        return self.op + (f"({', '.join(map(repr, self.args))})" if self.args else "")


_labels: dict[str, int] = {}


def combine(op: str, parts: list[int]) -> int:
    """A 64-bit digest of an operation and the digests of its arguments.

    It is the same in every run: Python randomises the hashes of strings, not those of numbers.
    """
    label = _labels.get(op)
    if label is None:
        data = op.encode("utf-8", "surrogatepass")
        label = _labels[op] = int.from_bytes(blake2b(data, digest_size=7).digest(), "little")
    if not parts:
        return label
    if op in COMMUTATIVE:
        parts = sorted(parts)
    return hash((label, *parts)) & 0xFFFFFFFFFFFFFFFF


def constant(value: object, place: tuple[int, int] = (0, 0)) -> Node:
    """A literal. Numbers of equal value are equal, however they are written (`1e-3`, `.001`)."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return Node(f"={value!r}", (), place)
    if isinstance(value, (int, float)):
        return Node(f"#{number_text(value)}", (), place)
    return Node(f"={value!r}", (), place)


def number_text(value: float) -> str:
    try:
        if float(value).is_integer() and abs(value) < 1e15:
            return str(int(value))
        return f"{float(value):.9g}"
    except (OverflowError, ValueError):
        return str(value)


def number(node: Node) -> float | None:
    """The number that a node is, or None."""
    if node.op[0] == "#":
        try:
            return float(node.op[1:])
        except ValueError:
            return None
    return None


def _terms(node: Node) -> list[tuple[float, Node | None]]:
    """A node as a linear combination: (coefficient, rest) with rest None for the plain number."""
    value = number(node)
    if value is not None:
        return [(value, None)]
    if node.op == "sum":
        return [term for arg in node.args for term in _terms(arg)]
    if node.op.startswith("scale:"):
        return [(float(node.op[6:]), node.args[0])]
    return [(1.0, node)]


def _scaled(coefficient: float, rest: Node | None, place: tuple[int, int]) -> Node:
    if rest is None:
        return constant(coefficient, place)
    if coefficient == 1.0:
        return rest
    return Node(f"scale:{number_text(coefficient)}", (rest,), place)


def linear(terms: list[tuple[float, Node | None]], place: tuple[int, int]) -> Node:
    """The sum of coefficient x rest, equal rests collected."""
    collected: dict[int, tuple[float, Node | None]] = {}
    for coefficient, rest in terms:
        key = rest.digest() if rest is not None else 0
        collected[key] = (collected.get(key, (0.0, rest))[0] + coefficient, rest)
    kept = [(c, r) for c, r in collected.values() if c != 0.0]
    if not kept:
        return constant(0, place)
    if len(kept) == 1:
        return _scaled(*kept[0], place)
    return Node("sum", tuple(_scaled(c, r, place) for c, r in kept), place)


def add(left: Node, right: Node, place: tuple[int, int]) -> Node:
    return linear(_terms(left) + _terms(right), place)


def subtract(left: Node, right: Node, place: tuple[int, int]) -> Node:
    return linear(_terms(left) + [(-c, r) for c, r in _terms(right)], place)


def scale(factor: float, node: Node, place: tuple[int, int]) -> Node:
    return linear([(factor * c, r) for c, r in _terms(node)], place)


def _factors(node: Node) -> tuple[float, list[Node]]:
    value = number(node)
    if value is not None:
        return value, []
    if node.op.startswith("scale:"):
        factor, rest = _factors(node.args[0])
        return factor * float(node.op[6:]), rest
    return 1.0, list(node.args) if node.op == "prod" else [node]


def multiply(left: Node, right: Node, place: tuple[int, int]) -> Node:
    a, b = number(left), number(right)
    if a is not None:
        return scale(a, right, place)
    if b is not None:
        return scale(b, left, place)
    (c, some), (d, others) = _factors(left), _factors(right)
    powers: dict[int, tuple[float, Node]] = {}
    for factor in some + others:
        base, exponent = _base_and_exponent(factor)
        key = base.digest()
        powers[key] = (powers.get(key, (0.0, base))[0] + exponent, base)
    kept = [power(base, exponent, place) for exponent, base in powers.values() if exponent != 0.0]
    if not kept:
        return constant(c * d, place)
    product = kept[0] if len(kept) == 1 else Node("prod", tuple(kept), place)
    return scale(c * d, product, place)


def _base_and_exponent(node: Node) -> tuple[Node, float]:
    if node.op.startswith("pow:"):
        return node.args[0], float(node.op[4:])
    return node, 1.0


def power(base: Node, exponent: float, place: tuple[int, int]) -> Node:
    value = number(base)
    if value is not None:
        try:
            result = value**exponent
            if isinstance(result, float):
                return constant(result, place)
        except (OverflowError, ZeroDivisionError, ValueError):
            pass
    if exponent == 1.0:
        return base
    if base.op == "exp":
        return Node("exp", (scale(exponent, base.args[0], place),), place)
    base, inner = _base_and_exponent(base)
    return Node(f"pow:{number_text(exponent * inner)}", (base,), place)


def divide(left: Node, right: Node, place: tuple[int, int]) -> Node:
    value = number(right)
    if value is not None and value != 0.0:
        return scale(1.0 / value, left, place)
    # The mean over a batch, however it is written: a reduction divided by a size stays a reduction.
    if right.op == "size":
        stripped = strip_reduction(left, right, place)
        if stripped is not None:
            return stripped
    return multiply(left, power(right, -1.0, place), place)


def strip_reduction(left: Node, right: Node, place: tuple[int, int]) -> Node | None:
    terms = _terms(left)
    if right.op == "size" and all(rest is None or rest.op == "reduce" for _, rest in terms):
        return left
    return None


def reduce(node: Node, place: tuple[int, int]) -> Node:
    """Sum or mean: one operation, applied to each term of a sum, never twice.

    Sums and means differ by a factor that the handout dictates, and students who exchange one for the
    other (`x.sum() / n`, `x.sum((1, 2, 3)).mean()`) write the same loss.
    """
    terms = _terms(node)
    done: list[tuple[float, Node | None]] = []
    for coefficient, rest in terms:
        if rest is not None and rest.op == "shape":  # the same numbers, in another shape
            inner = reduce(rest.args[0], place)
            done += [(coefficient * c, r) for c, r in _terms(inner)]
            continue
        if rest is not None and rest.op != "reduce":
            rest = Node("reduce", (rest,), place)
        done.append((coefficient, rest))
    return linear(done, place)
