"""Calls of Python's own functions."""

from __future__ import annotations

from code_analyze.similarity.dataflow import algebra
from code_analyze.similarity.dataflow.inlining import Inlining
from code_analyze.similarity.dataflow.kinds import is_instance
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.operations import sizes
from code_analyze.similarity.dataflow.reader import BUILTINS, NOTHING
from code_analyze.similarity.dataflow.values import Items, Value
from code_analyze.similarity.spelling import NO_EFFECT_CALLS


class BuiltinCalls(Inlining):
    """Reads them; `len`, `zip` and the like of known lists are carried out."""

    def builtin(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        if name in NO_EFFECT_CALLS:
            return NOTHING
        if name == "super":
            return Node("super", (), self.place)
        if name == "dict" and not args:
            return self.dictionary(kwargs)
        args = [a.iterated() if isinstance(a, Items) else a for a in args]
        known = args[0] if args and isinstance(args[0], Items) else None
        if name in ("list", "tuple", "iter", "sorted") and (known is not None or not args):
            return Items(list(known.items) if known else [], "list", self.place)
        if name == "reversed" and known is not None:
            return Items(known.items[::-1], "list", self.place)
        if name == "len" and known is not None:
            return constant(len(known.items), self.place)
        if name == "enumerate" and known is not None:
            pairs: list[Value] = [Items([constant(i), v]) for i, v in enumerate(known.items)]
            return Items(pairs, "list", self.place)
        if name == "zip" and args and all(isinstance(a, Items) for a in args):
            rows = zip(*[a.items for a in args if isinstance(a, Items)], strict=False)
            return Items([Items(list(row)) for row in rows], "list", self.place)
        if name == "sum" and known is not None and known.items:
            self.mark("Python's sum()")
            total = self.node(known.items[0])
            for item in known.items[1:]:
                total = algebra.add(total, self.node(item), self.place)
            return total
        nodes = [self.node(a) for a in args]
        if name == "isinstance" and len(nodes) == 2:
            return is_instance(nodes[0], nodes[1], self.place)
        if name == "range" and nodes and all(number(n) is not None for n in nodes):
            values = range(*[int(number(n) or 0) for n in nodes[:3]])
            if len(values) <= 64:
                return Items([constant(v) for v in values], "list", self.place)
        numbers = [number(n) for n in nodes]
        if name in ("min", "max") and numbers and all(n is not None for n in numbers):
            return constant((min if name == "min" else max)(n for n in numbers if n is not None), self.place)
        if name in ("float", "int") and nodes:
            return nodes[0]
        if name == "getattr" and len(nodes) > 1 and nodes[1].op.startswith("='"):
            return self.make(f".{nodes[1].op[2:-1]}", nodes[0])
        if name == "len" and nodes:
            return sizes([nodes[0], constant(0)], {}, self.place)
        return self.make(f"call:{name if name in self.given.words or name in BUILTINS else '?'}", *nodes,
                         *self.nodes(kwargs).values())  # fmt: skip
