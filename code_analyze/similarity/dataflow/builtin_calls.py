"""Calls of Python's own functions."""

from __future__ import annotations

from code_analyze.similarity.dataflow import reductions
from code_analyze.similarity.dataflow.kinds import is_instance
from code_analyze.similarity.dataflow.known_items import KnownItems
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.operations import sizes
from code_analyze.similarity.dataflow.reader import BUILTINS, NOTHING
from code_analyze.similarity.dataflow.rows import of_all_rows
from code_analyze.similarity.dataflow.values import Instance, Items, Value
from code_analyze.similarity.spelling import NO_EFFECT_CALLS

TRUTH = ("=True", "=False")


class BuiltinCalls(KnownItems):
    """Reads them; `len`, `zip` and the like of known lists are carried out."""

    def builtin(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        if name in NO_EFFECT_CALLS:
            return NOTHING
        if name == "super":
            return Node("super", (), self.place)
        if name == "dict" and not args:
            return self.dictionary(kwargs)
        args = [a.iterated() if isinstance(a, Items) else a for a in args]
        known = self.of_known_items(name, args, kwargs)
        if known is not None:
            return known
        if name == "setattr" and len(args) == 3:
            return self.set_by_name(*args)
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
            return constant(int(nodes[0].op == "=True")) if nodes[0].op in TRUTH else nodes[0]
        if name == "getattr" and len(nodes) > 1 and nodes[1].op.startswith("='"):
            attribute = nodes[1].op[2:-1]
            if nodes[0].op.startswith("mod:"):
                self.mark("getattr() of a library")
                return Node(f"{nodes[0].op}.{attribute}", (), self.place)
            return self.make(f".{attribute}", nodes[0])
        if name == "slice" and nodes:
            return self.make("slice", *nodes)
        if name == "issubclass" and len(nodes) == 2 and nodes[0].op == "call:type":
            return is_instance(nodes[0].args[0], nodes[1], self.place)
        if name in ("list", "tuple", "iter") and len(nodes) == 1:
            return nodes[0]
        if name == "sum" and nodes and nodes[0].op == "each":
            self.mark("Python's sum()")
            return reductions.reduce(nodes[0], self.place)
        if name == "map" and len(args) == 2:
            return self.make(
                "each", of_all_rows(self.node(self.call(args[0], "", [self.element(nodes[1])], {})))
            )
        if name == "len" and nodes:
            return sizes([nodes[0], constant(0)], {}, self.place)
        return self.make(f"call:{name if name in self.given.words or name in BUILTINS else '?'}", *nodes,
                         *self.nodes(kwargs).values())  # fmt: skip

    def set_by_name(self, owner: Value, name: Value, value: Value) -> Value:
        """setattr(self, "encoder", value)."""
        if isinstance(owner, Instance) and isinstance(name, Node) and name.op.startswith("='"):
            self.mark("setattr()")
            self.set_own(owner, name.op[2:-1], value)
            return NOTHING
        return self.make("call:setattr", *map(self.node, [owner, name, value]))
