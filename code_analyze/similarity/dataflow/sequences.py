"""Lists, tuples and loops over them: what is known of their items."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.calls import sizes
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.reader import NOTHING, Reader
from code_analyze.similarity.dataflow.values import Items, Scope, Value

MAX_UNROLL = 24
TRANSPARENT_METHODS = frozenset(["to", "cuda", "cpu", "float", "train", "eval", "copy"])


class Sequences(Reader):
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
            elif count is not None and index == len(elements) - 1:
                self.mark("starred arguments")
                items.extend(self.item(value, i) for i in range(count - len(items)))
            else:
                items.append(self.make("star", self.node(value)))
        return items

    def ex_comprehension(self, e: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> Value:
        first = e.generators[0]
        iterable = self.expr(first.iter, scope)
        inner = Scope({}, scope)
        if (
            isinstance(iterable, Items)
            and len(e.generators) == 1
            and not first.ifs
            and len(iterable.items) <= MAX_UNROLL
        ):
            items = []
            for item in iterable.items:
                self.bind(first.target, item, inner)
                items.append(self.expr(e.elt, inner))
            return Items(items, "list", self.place)
        for generator in e.generators:
            values = self.node(self.expr(generator.iter, inner))
            self.bind(generator.target, self.make("element", values), inner)
        return self.make("each", self.node(self.expr(e.elt, inner)))

    def ex_dict(self, e: ast.Dict, scope: Scope) -> Value:
        return self.make("dict", *[self.node(self.expr(v, scope)) for v in e.values])

    def ex_subscript(self, e: ast.Subscript, scope: Scope) -> Value:
        base = self.expr(e.value, scope)
        index = e.slice
        self.at(e)
        if isinstance(index, ast.Slice) and isinstance(base, Items) and index.step is None:
            low, high = self.bound(index.lower, scope), self.bound(index.upper, scope)
            if low is not False and high is not False:
                return Items(base.items[low:high], base.kind, base.place)
        half = _half(index)
        if half is not None:  # h[:, :d] and h[:, d:] are the two chunks of h
            self.mark("halves by slices")
            return self.make(f"part:{half}", self.make("chunk", self.node(base)))
        position = self.expr(index, scope) if not isinstance(index, ast.Slice) else None
        value = number(position) if isinstance(position, Node) else None
        if value is not None:
            return self.item(base, int(value))
        return self.make("at", self.node(base), *([self.node(position)] if position is not None else []))

    def bound(self, e: ast.expr | None, scope: Scope) -> int | None | bool:
        if e is None:
            return None
        value = number(self.node(self.expr(e, scope)))
        return False if value is None else int(value)

    def item(self, value: Value, index: int) -> Value:
        if isinstance(value, Items):
            return value.items[index] if -len(value.items) <= index < len(value.items) else NOTHING
        base = self.node(value)
        if base.op == "sizes":
            return sizes([base, constant(index)], {}, self.place)
        if base.op.startswith("rest:"):
            return self.make(f"part:{int(base.op[5:]) + index}", base.args[0])
        if base.op == "chunk":
            return self.make(f"part:{index}", self.make("chunk", base.args[0]))
        return self.make(f"part:{index}", base)


def last_of_pair(value: Value) -> Value:
    """The module of a ("name", module) pair."""
    if isinstance(value, Items) and value.kind == "list" and len(value.items) == 2:
        name = value.items[0]
        if isinstance(name, Node) and name.op.startswith("='"):
            return value.items[1]
    return value


def _half(index: ast.expr) -> int | None:
    """0 for [:, :d], 1 for [:, d:]."""
    if isinstance(index, ast.Tuple) and len(index.elts) == 2:
        first, second = index.elts
        everything = isinstance(first, ast.Slice) and first.lower is None and first.upper is None
        if everything and isinstance(second, ast.Slice) and second.step is None:
            if second.lower is None and second.upper is not None:
                return 0
            if second.lower is not None and second.upper is None:
                return 1
    return None
