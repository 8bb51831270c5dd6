"""Lists, tuples and loops over them: what is known of their items."""

from __future__ import annotations

import ast
from collections.abc import Callable

from code_analyze.similarity.dataflow import algebra
from code_analyze.similarity.dataflow.gradients import Gradients
from code_analyze.similarity.dataflow.kinds import is_type
from code_analyze.similarity.dataflow.layers import halved, shape_of
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.operations import sizes
from code_analyze.similarity.dataflow.reader import NOTHING
from code_analyze.similarity.dataflow.values import Cases, Items, Scope, Value

MAX_UNROLL = 24
TRANSPARENT_METHODS = frozenset(["to", "cuda", "cpu", "float", "train", "eval", "copy"])


class Sequences(Gradients):
    """Reads displays, comprehensions and subscripts."""

    def ex_items(self, e: ast.Tuple | ast.List | ast.Set, scope: Scope) -> Value:
        return Items(self.expanded(e.elts, scope), "list", self.place)

    def expanded(self, elements: list[ast.expr], scope: Scope, count: int | None = None) -> list[Value]:
        """The values of a display or of arguments, starred ones item by item; `count` is how many there are
        in all, where that is known."""
        items: list[Value] = []
        for index, element in enumerate(elements):
            if not isinstance(element, ast.Starred):
                items.append(self.expr(element, scope))
                continue
            value = self.expr(element.value, scope)
            if isinstance(value, Items):
                items.extend(value.items)
            elif self.node(value).op == "chunk":
                items.extend(self.item(value, i) for i in range(2))
            elif count is not None and index == len(elements) - 1:
                self.mark("starred arguments")
                items.extend(self.item(value, i) for i in range(count - len(items)))
            else:
                items.append(self.make("star", self.node(value)))
        return items

    def ex_dict(self, e: ast.Dict, scope: Scope) -> Value:
        known = Items([], "dict", self.place)
        for key, item in zip(e.keys, e.values, strict=True):
            value = self.expr(item, scope)
            if key is not None:
                known.put(self.node(self.expr(key, scope)), value)
            elif isinstance(value, Items) and value.kind == "dict":  # {**other}
                for each, inner in zip(value.keys, value.items, strict=True):
                    known.put(each, inner)
            else:
                return self.make("dict", *map(self.node, known.items), self.node(value))
        return known

    def ex_subscript(self, e: ast.Subscript, scope: Scope) -> Value:
        base = self.expr(e.value, scope)
        index = e.slice
        self.at(e)
        span = self.span(index, scope) if isinstance(base, Items) else None
        if isinstance(base, Items) and span is not None and span.step != 0:
            return Items(base.items[span], base.kind, base.place)
        if is_all(index):  # x[:], x[:, None]
            return shape_of(self.node(base), self.place)
        half = self.half(index, base, scope)
        if half is not None:  # h[:, :d] and h[:, d:] are the two chunks of h
            self.mark("halves by slices")
            return self.make(f"part:{half}", self.make("chunk", halved(self.node(base))))
        position = self.expr(index, scope) if not isinstance(index, ast.Slice) else None
        if isinstance(base, Items) and base.kind == "dict" and position is not None:
            return self.looked_up(base, self.node(position))
        value = number(position) if isinstance(position, Node) else None
        if value is not None:
            return self.item(base, int(value))
        nodes = [self.node(base), *([self.node(position)] if position is not None else [])]
        return (self.row(*nodes) if len(nodes) == 2 else None) or self.make("at", *nodes)

    def half(self, index: ast.expr, base: Value, scope: Scope) -> int | None:
        """Which half of the second dimension is taken: 0 is [:, :d], 1 is [:, d:] or [:, d:2 * d]."""
        if not isinstance(index, ast.Tuple) or isinstance(base, Items):
            return None
        first, second, *rest = index.elts if len(index.elts) > 1 else [index, index]
        if not is_all(first) or not all(map(is_all, rest)):
            return None
        if not isinstance(second, ast.Slice):  # of [B, 2, d]
            place = number(self.node(self.expr(second, scope))) if self.node(base).op == "halves" else None
            return int(place) if place in (0, 1) and not is_all(second) else None
        if second.step is not None or rest:
            return None
        if _is_start(second.lower):
            return 0 if second.upper is not None else None
        if second.upper is None:
            return 1
        low, high = (self.node(self.expr(end, scope)) for end in (second.lower, second.upper) if end)
        return 1 if algebra.scale(2.0, low, self.place).digest() == high.digest() else None

    def looked_up(self, base: Items, key: Node, then: Callable[[Value], Value] | None = None) -> Value:
        """An item of a dictionary; of an unknown key, one of its values: `if key == "a": ... else: ...`.

        `then` is what is done with it.
        """
        at = base.position(key)
        if then is not None:
            base = Items([then(item) for item in base.items], "dict", self.place, base.keys)
        if at is not None:
            return base.items[at]
        if key.op[0] in "#=" or not base.items:
            return self.make("at", self.node(base), key)
        return self.cases(key, base.keys[:-1], base.items)

    def cases(self, key: Node, keys: list[Node], values: list[Value]) -> Value:
        """One of some values: the first whose key is the right one, the last if none is."""
        self.mark("a dictionary of cases")
        tests = [self.is_key(key, known) for known in keys]
        if any(not isinstance(value, Node) for value in values):
            return Cases(tests, values)
        return self.node(Cases(tests, values))

    def is_key(self, key: Node, known: Node) -> Node:
        """The condition that a key is one that is known."""
        if known.op in ("=True", "=False"):
            return key if known.op == "=True" else self.make("not", key)
        return is_type(key, known, self.place) or self.make("eq", key, known)

    def span(self, index: ast.expr, scope: Scope) -> slice | None:
        """A slice whose ends are known."""
        if not isinstance(index, ast.Slice):
            return None
        ends = [self.bound(end, scope) for end in (index.lower, index.upper, index.step)]
        return slice(*ends) if False not in ends else None

    def bound(self, e: ast.expr | None, scope: Scope) -> int | None | bool:
        if e is None:
            return None
        value = number(self.node(self.expr(e, scope)))
        return False if value is None else int(value)

    def item(self, value: Value, index: int) -> Value:
        if isinstance(value, Items):
            return value.items[index] if -len(value.items) <= index < len(value.items) else NOTHING
        base = self.node(value)
        if base.op == "choice" and all(each.op in ("list", "choice") for each in base.args[1:]):
            one, other = (self.node(self.item(each, index)) for each in base.args[1:])
            return self.make("choice", base.args[0], one, other)
        if base.op == "list" and -len(base.args) <= index < len(base.args):
            return base.args[index]
        if base.op == "sizes":
            return sizes([base, constant(index)], {}, self.place)
        if base.op.startswith("rest:"):
            return self.make(f"part:{int(base.op[5:]) + index}", base.args[0])
        if base.op == "chunk":
            return self.make(f"part:{index}", self.make("chunk", halved(base.args[0])))
        if base.op == "unbind" and base.args[0].op == "halves":
            return self.make(f"part:{index}", self.make("chunk", halved(base.args[0])))
        return self.make(f"part:{index}", base)


def last_of_pair(value: Value) -> Value:
    """The module of a ("name", module) pair."""
    if isinstance(value, Items) and value.kind == "list" and len(value.items) == 2:
        name = value.items[0]
        if isinstance(name, Node) and name.op.startswith("='"):
            return value.items[1]
    return value


def is_all(index: ast.expr) -> bool:
    """Whether a subscript takes everything: `:`, `...`, None, or several of these."""
    if isinstance(index, ast.Tuple):
        return bool(index.elts) and all(map(is_all, index.elts))
    if isinstance(index, ast.Slice):
        return index.lower is None and index.upper is None and index.step is None
    return isinstance(index, ast.Constant) and index.value in (None, ...)


def _is_start(e: ast.expr | None) -> bool:
    return e is None or (isinstance(e, ast.Constant) and e.value == 0)
