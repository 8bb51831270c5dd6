"""Calls: whose function is meant, and with which arguments."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.layers import apply_layer, keyword, shape_free, shape_of
from code_analyze.similarity.dataflow.library_calls import LibraryCalls
from code_analyze.similarity.dataflow.node import Node, number
from code_analyze.similarity.dataflow.reader import NOTHING
from code_analyze.similarity.dataflow.values import (
    Cases,
    Closure,
    Instance,
    Items,
    Partial,
    Scope,
    Value,
    parameters,
    returned_values,
)
from code_analyze.similarity.spelling import NO_EFFECT_CALLS


class Invocations(LibraryCalls):
    """Reads calls of any kind."""

    def ex_call(self, e: ast.Call, scope: Scope) -> Value:
        func = e.func
        method = self.given_method(func, scope)
        args = self.expanded(e.args, scope, len(parameters(method)) if method is not None else None)
        kwargs: dict[str, Value] = {}
        for k in e.keywords:
            value = self.expr(k.value, scope)
            if k.arg is not None:
                kwargs[k.arg] = value
            elif isinstance(value, Items) and value.kind == "dict":  # **options
                self.mark("arguments of a dictionary")
                kwargs.update(
                    {
                        key.op[2:-1]: v
                        for key, v in zip(value.keys, value.items, strict=True)
                        if key.op[0] == "="
                    }
                )
        self.at(e)
        if method is not None:
            for name in parameters(method)[len(args) :]:  # named arguments at their places
                if name not in kwargs:
                    break
                args.append(kwargs.pop(name))
            result = self.call(self.expr(func, scope), "", args, kwargs)
            count = returned_values(method)
            if count and isinstance(result, Node):
                return Items([self.make(f"part:{i}", result) for i in range(count)], "list", self.place)
            return result
        if isinstance(func, ast.Attribute):
            owner = self.expr(func.value, scope)
            self.at(e)
            if func.attr == "__call__":
                return self.call(owner, "", args, kwargs)
            if isinstance(owner, Instance):
                target = self.ex_attribute(func, scope)
                return self.call(target, func.attr, args, kwargs)
            if isinstance(owner, Items):
                return self.list_method(owner, func.attr, args)
            base = self.node(owner)
            if not base.op.startswith("mod:"):
                if base.op in ("super",):
                    this = scope.own_instance()
                    if this is not None and this.chain is not None and func.attr == "__init__":
                        this.chain.items.extend(args)
                    return NOTHING
                if func.attr in NO_EFFECT_CALLS:
                    return NOTHING
                if base.op == "sum" and func.attr in ("detach", "item"):
                    self.mark("detach() or item() of a sum")
                nodes = [base, *map(self.node, args)]
                return self.operation(func.attr, nodes, self.nodes(kwargs))
        if isinstance(func, ast.Subscript) and not isinstance(func.slice, ast.Slice):
            table = self.expr(func.value, scope)  # {"fc": build_fc, "shallow": build_shallow}[architecture]()
            if isinstance(table, Items) and table.kind == "dict":
                key = self.node(self.expr(func.slice, scope))
                return self.looked_up(table, key, lambda one: self.call(one, "", args, kwargs))
        target = self.expr(func, scope)
        self.at(e)
        return self.call(target, func.id if isinstance(func, ast.Name) else "", args, kwargs)

    def given_method(self, func: ast.expr, scope: Scope) -> ast.FunctionDef | None:
        """The method that `self.loss_fn` is, one of those that the starter fixes."""
        if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)):
            return None
        owner = scope.find(func.value.id)
        method = owner.methods.get(func.attr) if isinstance(owner, Instance) and not owner.own else None
        return None if method is None or self.places.part(method.lineno) else method

    def call(self, target: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        self.spend()
        if isinstance(target, Closure):
            return self.inline(target, args, kwargs)
        if isinstance(target, Cases):
            return self.call_each(target, args, kwargs)
        if isinstance(target, Partial):
            return self.call(target.target, "", [*target.args, *args], {**target.kwargs, **kwargs})
        if isinstance(target, (Items, Instance)):
            return self.apply(target, args)
        if target.op == "element" and target.args[0].op.startswith("self."):
            target = target.args[0]  # `for layer in self.decoder: x = layer(x)`
        if target.op.startswith("mod:"):
            return self.library_call(target.op[4:], args, kwargs)
        if target.op.startswith("name"):
            if name in self.classes:
                return self.instantiate(name, args, kwargs)
            return self.builtin(name, args, kwargs)
        if target.op.startswith(("layer:", "loss:")):
            return apply_layer(target, [self.node(a) for a in [*args, *kwargs.values()]], self.place)
        inputs, named = self.by_place(target, args, kwargs)
        inputs = [node if number(node) is None else shape_of(node, self.place) for node in inputs]
        if any(node.op == "filled" for node in inputs):  # against labels that are all the same, any shape is
            if any(node.op == "shape" for node in inputs):
                self.mark("another shape for the labels")
            inputs = [shape_free(node) for node in inputs]
        return self.make("apply", target, *inputs, *named)

    def call_each(self, target: Cases, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A call of one of some functions."""
        return Cases(target.tests, [self.call(one, "", list(args), dict(kwargs)) for one in target.values])

    def by_place(
        self, target: Node, args: list[Value], kwargs: dict[str, Value]
    ) -> tuple[list[Node], list[Node]]:
        """Arguments of a network: the first by its place, others by their names; None is none."""
        inputs, given = [self.node(a) for a in args], {key: self.node(v) for key, v in kwargs.items()}
        network = target.op.rpartition(".")[2].rpartition(":")[2] in dict(self.given.trained).values()
        for place in range(len(inputs) - 1, 0, -1):
            name = self.given.name_at(place) if network else None
            if name is not None and place == len(inputs) - 1:
                self.mark("an argument of a network by its place")
                given[name] = inputs.pop()
        for name in [name for name in given if network and self.given.place_of(name) == 0 and not inputs]:
            self.mark("the first argument of a network by its name")
            inputs.append(given.pop(name))
        if any(node.op == "=None" for node in [*inputs, *given.values()]):
            self.mark("None as an argument")
        named = [keyword(key, given[key]) for key in sorted(given) if given[key].op != "=None"]
        return [node for node in inputs if node.op != "=None"], named

    def updates(self, e: ast.Call, scope: Scope) -> bool:
        """A call for its effect on a local tensor: `z.normal_()`, `nn.init.normal_(z)` and
        `torch.div(x, 255, out=z)` give z a new value."""
        func = e.func
        if not isinstance(func, ast.Attribute):
            return False
        changed = next((k.value for k in e.keywords if k.arg == "out"), None)
        if changed is None and func.attr.endswith("_"):
            of_init = isinstance(func.value, ast.Attribute) and func.value.attr == "init"
            changed = e.args[0] if of_init and e.args else func.value
        known = scope.find(changed.id) if isinstance(changed, ast.Name) else None
        if (
            not isinstance(changed, ast.Name)
            or not isinstance(known, Node)
            or known.op.startswith((".", "mod:"))
        ):
            return False
        value = self.expr(e, scope)
        if isinstance(value, Node):
            scope.values[changed.id] = value
            return True
        return False
