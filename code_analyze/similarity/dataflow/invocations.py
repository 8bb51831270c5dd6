"""Calls: whose function is meant, and with which arguments."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.layers import apply_layer, keyword, shape_free
from code_analyze.similarity.dataflow.library_calls import LibraryCalls
from code_analyze.similarity.dataflow.node import Node
from code_analyze.similarity.dataflow.reader import NOTHING
from code_analyze.similarity.dataflow.values import (
    Closure,
    Instance,
    Items,
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
        given = {key: self.node(value) for key, value in kwargs.items()}
        if any(node.op == "=None" for node in given.values()):
            self.mark("None as a named argument")
        named = [keyword(key, given[key]) for key in sorted(given) if given[key].op != "=None"]
        inputs = [self.node(a) for a in args]
        if any(node.op == "filled" for node in inputs):  # against labels that are all the same, any shape is
            if any(node.op == "shape" for node in inputs):
                self.mark("another shape for the labels")
            inputs = [shape_free(node) for node in inputs]
        return self.make("apply", target, *inputs, *named)

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
