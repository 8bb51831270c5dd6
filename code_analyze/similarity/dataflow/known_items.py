"""Functions of Python and of itertools that are carried out where all items are known."""

from __future__ import annotations

from itertools import pairwise

from code_analyze.similarity.dataflow import algebra
from code_analyze.similarity.dataflow.inlining import Inlining
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.values import Items, Value


class KnownItems(Inlining):
    """Carries them out."""

    def of_known_items(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """What a function of Python makes of known items, or None where it is another function."""
        if not args:
            return Items([], "list", self.place) if name in ("list", "tuple", "set") else None
        if name == "zip":
            return self.zipped(args)
        if name == "map" and len(args) > 1:
            rows = self.zipped(args[1:])
            rounds = rows.items if rows is not None else []
            called = [self.call(args[0], "", row.items, {}) for row in rounds if isinstance(row, Items)]
            return None if rows is None else Items(called, "list", self.place)
        known = args[0]
        if isinstance(known, Node) and known.op == "chunk" and name in ("list", "tuple"):
            return Items([self.item(known, i) for i in range(2)], "list", self.place)
        if not isinstance(known, Items):
            return None
        if name == "dict" and all(isinstance(row, Items) and len(row.items) == 2 for row in known.items):
            pairs_of = Items([], "dict", self.place)
            for row in known.items:
                pairs_of.put(self.node(self.item(row, 0)), self.item(row, 1))
            return pairs_of
        if name in ("list", "tuple", "iter", "sorted", "set"):
            return Items(list(known.items), "list", self.place)
        if name == "next" and known.items:
            return known.items.pop(0)
        if name == "reversed":
            return Items(known.items[::-1], "list", self.place)
        if name == "len":
            return constant(len(known.items), self.place)
        if name == "enumerate":
            first = args[1] if len(args) > 1 else kwargs.get("start", constant(0))
            start = int(number(self.node(first)) or 0)
            pairs: list[Value] = [Items([constant(i), v]) for i, v in enumerate(known.items, start)]
            return Items(pairs, "list", self.place)
        if name in ("any", "all"):
            tests = [self.node(item) for item in known.items]
            return tests[0] if len(tests) == 1 else self.make("or" if name == "any" else "and", *tests)
        if name == "sum":
            return self.added(known, args[1:])
        return None

    def zipped(self, args: list[Value]) -> Items | None:
        """The rows of zip(); of a value that isn't known, as many items as a known one beside it has."""
        lengths = [len(a.items) for a in args if isinstance(a, Items)]
        if not lengths:
            return None
        columns = [
            a.items if isinstance(a, Items) else [self.item(a, i) for i in range(min(lengths))] for a in args
        ]
        rows: list[Value] = [Items(list(row)) for row in zip(*columns, strict=False)]
        return Items(rows, "list", self.place)

    def added(self, known: Items, start: list[Value]) -> Value | None:
        """sum(): of lists the list of all their items."""
        if known.items and all(isinstance(item, Items) for item in known.items):
            return self.chained("chain", known.items)
        self.mark("Python's sum()")
        total = self.node(start[0]) if start else constant(0)
        for item in known.items:
            total = algebra.add(total, self.node(item), self.place)
        return total

    def chained(self, name: str, args: list[Value]) -> Items | None:
        """What functions of itertools make of known items."""
        if name == "pairwise" and args and isinstance(args[0], Items):
            pairs: list[Value] = [Items(list(pair)) for pair in pairwise(args[0].iterated().items)]
            return Items(pairs, "list", self.place)
        if name == "from_iterable" and args and isinstance(args[0], Items):
            args = args[0].items
        elif name != "chain":
            return None
        items = [i for a in args for i in (a.iterated().items if isinstance(a, Items) else [a])]
        return Items(items, "list", self.place)
