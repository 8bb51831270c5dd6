"""Calls: of the student's functions, of libraries, of Python's own, of methods of lists."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow import algebra
from code_analyze.similarity.dataflow.calls import (
    apply_layer,
    is_instance,
    keyword,
    layer,
    operation,
    random_normal,
    sizes,
)
from code_analyze.similarity.dataflow.inlining import Inlining
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.reader import BUILTINS, NOTHING
from code_analyze.similarity.dataflow.sequences import TRANSPARENT_METHODS, last_of_pair
from code_analyze.similarity.dataflow.values import Closure, Instance, Items, Scope, Value
from code_analyze.similarity.spelling import CONTAINERS, FUNCTION_MODULES, NO_EFFECT_CALLS


class Invocations(Inlining):
    """Reads calls."""

    def ex_call(self, e: ast.Call, scope: Scope) -> Value:
        args = self.expanded(e.args, scope)
        kwargs = {k.arg: self.expr(k.value, scope) for k in e.keywords if k.arg is not None}
        self.at(e)
        func = e.func
        if isinstance(func, ast.Attribute):
            owner = self.expr(func.value, scope)
            self.at(e)
            if isinstance(owner, Instance):
                target = self.ex_attribute(func, scope)
                return self.call(target, func.attr, args, kwargs)
            if isinstance(owner, Items):
                return self.list_method(owner, func.attr, args)
            base = self.node(owner)
            if not base.op.startswith("mod:"):
                if base.op in ("super",):
                    return NOTHING
                if func.attr in NO_EFFECT_CALLS:
                    return NOTHING
                nodes = [base, *map(self.node, args)]
                return operation(func.attr, nodes, self.nodes(kwargs), self.place)
        target = self.expr(func, scope)
        self.at(e)
        return self.call(target, func.id if isinstance(func, ast.Name) else "", args, kwargs)

    def call(self, target: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        self.spend()
        if isinstance(target, Closure):
            return self.inline(target, args, kwargs)
        if isinstance(target, (Items, Instance)):
            return self.apply(target, args)
        if target.op.startswith("mod:"):
            return self.library_call(target.op[4:], args, kwargs)
        if target.op.startswith("name"):
            if name in self.classes:
                return self.instantiate(name, args, kwargs)
            return self.builtin(name, args, kwargs)
        if target.op.startswith(("layer:", "loss:")):
            return apply_layer(target, [self.node(a) for a in [*args, *kwargs.values()]], self.place)
        named = [keyword(key, self.node(kwargs[key])) for key in sorted(kwargs)]
        return self.make("apply", target, *[self.node(a) for a in args], *named)

    def library_call(self, full: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        module, _, name = full.rpartition(".")
        if module in ("torch.nn", "torch.nn.modules"):
            if name in CONTAINERS:
                if len(args) == 1 and isinstance(args[0], Items) and args[0].kind != "Sequential":
                    args = args[0].items
                items = [last_of_pair(a) for a in args]
                return Items(items, "Sequential" if name == "Sequential" else "list", self.place)
            return layer(name, [self.node(a) for a in args], self.nodes(kwargs), self.place)
        if name == "OrderedDict" and args:
            return args[0]
        if full in NO_EFFECT_CALLS or name in NO_EFFECT_CALLS:
            return NOTHING
        nodes, named = [self.node(a) for a in args], self.nodes(kwargs)
        if full == "torch.normal":
            return random_normal(nodes, named, self.place)
        if full == "itertools.chain":
            return Items(
                [i for a in args for i in (a.items if isinstance(a, Items) else [a])], "list", self.place
            )
        if module in FUNCTION_MODULES or module.startswith(("torch.distributions", "torch.nn")):
            return operation(name, nodes, named, self.place)
        return self.make(f"call:{name}", *nodes, *named.values())

    def builtin(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        if name in NO_EFFECT_CALLS:
            return NOTHING
        if name == "super":
            return Node("super", (), self.place)
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
        if name in ("float", "int") and nodes:
            return nodes[0]
        if name == "len" and nodes:
            return sizes([nodes[0], constant(0)], {}, self.place)
        return self.make(f"call:{name if name in self.given.words or name in BUILTINS else '?'}", *nodes,
                         *self.nodes(kwargs).values())  # fmt: skip

    def list_method(self, owner: Items, method: str, args: list[Value]) -> Value:
        """Methods of a known list; those that change it do so here too."""
        if method in ("append", "add_module"):
            owner.items.append(last_of_pair(args[-1]) if args else NOTHING)
            return NOTHING
        if method in ("extend", "__iadd__") and args and isinstance(args[0], Items):
            owner.items.extend(args[0].items)
            return NOTHING
        if method == "insert" and len(args) == 2:
            position = number(self.node(args[0]))
            owner.items.insert(int(position or 0), args[1])
            return NOTHING
        if method in TRANSPARENT_METHODS:
            return owner
        if method == "forward":
            return self.apply(owner, args)
        return operation(method, [self.node(owner), *map(self.node, args)], {}, self.place)

    def updates(self, e: ast.Call, scope: Scope) -> bool:
        """A call for its effect on a local tensor: `z.normal_()` gives z a new value."""
        func = e.func
        if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)):
            return False
        known = scope.find(func.value.id)
        if isinstance(known, Node) and func.attr.endswith("_") and not known.op.startswith(("param", "mod:")):
            value = self.expr(e, scope)
            if isinstance(value, Node):
                scope.values[func.value.id] = value
                return True
        return False
