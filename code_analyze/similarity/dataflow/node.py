"""One value of a program: an operation and what it is applied to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b

COMMUTATIVE = frozenset(("sum", "prod", "eq", "and", "or", "ne"))
NUMERIC = ("#", "scale:", "pow:")  # operations that end with a number

Place = tuple[int, int]


class Node:
    """One value of a program.

    `place` is (number of the region, line) where the value was made: region 0 is code that the student
    did not write.
    """

    __slots__ = ("op", "args", "place", "_digest", "_depths")

    def __init__(self, op: str, args: tuple[Node, ...] = (), place: Place = (0, 0)) -> None:
        self.op = op
        self.args = args
        self.place = place
        self._digest: int | None = None
        self._depths: dict[int, int] = {}

    def digest(self) -> int:
        """64 bits that are equal for equal values (whole depth)."""
        stack = [self] if self._digest is None else []
        while stack:  # no recursion: values can be thousands of steps deep
            node = stack[-1]
            open_args = [arg for arg in node.args if arg._digest is None]
            if open_args:
                stack.extend(open_args)
                continue
            stack.pop()
            if node._digest is None:
                node._digest = combine(node.op, [arg.digest() for arg in node.args])
        assert self._digest is not None
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


def walk(values: Iterable[Node]) -> Iterator[Node]:
    """The values and all that they are made of, each node once."""
    seen: set[int] = set()
    stack = list(values)
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            stack.extend(node.args)
            yield node


Read = Callable[[Node], Node]
Made = Callable[[Node, tuple[Node, ...]], Node]


def _the_same(node: Node, args: tuple[Node, ...]) -> Node:
    return Node(node.op, args, node.place)


def rewritten(value: Node, change: Callable[[Node, Read], Node | None], made: Made = _the_same) -> Node:
    """A value with other nodes in it; what is left alone stays the same node.

    change: what a node becomes, given the function that rewrites another one; None for the operation that
    `made` makes of the node and its rewritten arguments
    """
    done: dict[int, Node] = {}

    def read(node: Node) -> Node:
        known = done.get(id(node))
        if known is None:
            known = change(node, read)
            if known is None:
                args = tuple(read(arg) for arg in node.args)
                same = all(a is b for a, b in zip(args, node.args, strict=True))
                known = node if same else made(node, args)
            done[id(node)] = known
        return known

    return read(value)


_labels: dict[str, int] = {}


def combine(op: str, parts: list[int]) -> int:
    """A 64-bit digest of an operation and the digests of its arguments.

    It is the same in every run: Python randomises the hashes of strings, not those of numbers.
    """
    label = _labels.get(op)
    if label is None:
        data = _rounded(op).encode("utf-8", "surrogatepass")
        label = _labels[op] = int.from_bytes(blake2b(data, digest_size=7).digest(), "little")
    if not parts:
        return label
    if op in COMMUTATIVE:
        parts = sorted(parts)
    return hash((label, *parts)) & 0xFFFFFFFFFFFFFFFF


def _rounded(op: str) -> str:
    """An operation's name with its number rounded: 1/255 * 127.5 * 2 is 1, whatever the last bits are."""
    for prefix in NUMERIC:
        if op.startswith(prefix):
            try:
                return prefix + number_text(float(op[len(prefix) :]))
            except ValueError:
                return op
    return op


def constant(value: object, place: Place = (0, 0)) -> Node:
    """A literal. Numbers of equal value are equal, however they are written (`1e-3`, `.001`)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Node(f"#{exact(value)}", (), place)
    return Node(f"={value!r}", (), place)


def exact(value: float) -> str:
    """A number as text from which it can be read back."""
    try:
        near = round(value)
        if abs(value - near) <= 1e-12 * abs(value) and abs(value) < 1e15:
            return str(near)
        return repr(float(value))
    except (OverflowError, ValueError):
        return str(value)


def number_text(value: float) -> str:
    """A number as text in which numbers that differ by rounding alone are the same."""
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
