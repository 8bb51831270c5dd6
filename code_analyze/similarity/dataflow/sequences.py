"""Lists, tuples and loops over them: what is known of their items."""

from __future__ import annotations

import ast
from collections.abc import Callable

from code_analyze.similarity.dataflow.kinds import is_type
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.operations import sizes
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
        iterable = iterable.iterated() if isinstance(iterable, Items) else iterable
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
        if isinstance(index, ast.Slice) and isinstance(base, Items) and index.step is None:
            low, high = self.bound(index.lower, scope), self.bound(index.upper, scope)
            if low is not False and high is not False:
                return Items(base.items[low:high], base.kind, base.place)
        half = _half(index)
        if half is not None:  # h[:, :d] and h[:, d:] are the two chunks of h
            self.mark("halves by slices")
            return self.make(f"part:{half}", self.make("chunk", self.node(base)))
        position = self.expr(index, scope) if not isinstance(index, ast.Slice) else None
        if isinstance(base, Items) and base.kind == "dict" and position is not None:
            return self.looked_up(base, self.node(position))
        value = number(position) if isinstance(position, Node) else None
        if value is not None:
            return self.item(base, int(value))
        return self.make("at", self.node(base), *([self.node(position)] if position is not None else []))

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
        self.mark("a dictionary of cases")
        chosen = self.node(base.items[-1])
        for known, value in reversed(list(zip(base.keys[:-1], base.items[:-1], strict=True))):
            test = is_type(key, known, self.place) or self.make("eq", key, known)
            chosen = self.make("choice", test, self.node(value), chosen)
        return chosen

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
            if _is_start(second.lower) and second.upper is not None:
                return 0
            if not _is_start(second.lower) and second.upper is None:
                return 1
    return None


def _is_start(e: ast.expr | None) -> bool:
    return e is None or (isinstance(e, ast.Constant) and e.value == 0)
