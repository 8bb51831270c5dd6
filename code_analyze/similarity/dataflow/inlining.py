"""Functions and classes of the student's own, read again at each place where they are called."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from code_analyze.similarity.dataflow.comprehensions import Comprehensions
from code_analyze.similarity.dataflow.layers import INPUT, apply_layer
from code_analyze.similarity.dataflow.node import Node
from code_analyze.similarity.dataflow.reader import NOTHING
from code_analyze.similarity.dataflow.values import Cases, Closure, Instance, Items, Scope, Value, methods_of

MAX_INLINE = 6


class Inlining(Comprehensions):
    """Replaces a call by what it returns."""

    def apply(self, target: Value, args: list[Value]) -> Node:
        """A chain of modules, or an object of the student's own class, applied to its inputs."""
        nodes = [self.node(a) for a in args]
        if isinstance(target, Items):
            value = nodes[0] if nodes else INPUT
            for module in target.items:
                step = self.call(module, "", [value], {})
                value = self.node(step)
            return value
        if isinstance(target, Instance) and target.chain is not None and "forward" not in target.methods:
            return self.apply(target.chain, args)
        forward = target.called() if isinstance(target, Instance) else None
        if forward is not None and isinstance(target, Instance) and target.scope is not None:
            return self.node(
                self.inline(Closure(forward.args, forward.body, target.scope, target), list(nodes), {})
            )
        if isinstance(target, Node):
            return apply_layer(target, nodes, self.place)
        return self.make("apply", Node("self"), *nodes)

    def instantiate(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """An object of a class that the student added: its attributes as its __init__ leaves them."""
        node, scope = self.classes[name]
        self.mark("a class of its own")
        methods = methods_of(node)
        instance = Instance(methods, {}, scope, own=True)
        if any(isinstance(b, (ast.Name, ast.Attribute)) and _name(b) == "Sequential" for b in node.bases):
            instance.chain = Items(list(args) if "__init__" not in methods else [], "Sequential", self.place)
        init = methods.get("__init__")
        if init is not None:
            self.inline(Closure(init.args, init.body, scope, instance), args, kwargs)
        else:  # the fields of a dataclass or named tuple
            fields = [f for f in node.body if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)]
            for index, each in enumerate(fields):
                field = each.target.id if isinstance(each.target, ast.Name) else ""
                given = args[index] if index < len(args) else kwargs.get(field)
                if given is not None or each.value is not None:
                    default = each.value or ast.Constant(None)
                    instance.attributes[field] = given if given is not None else self.expr(default, scope)
        return instance

    def inline(self, closure: Closure, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """The value that a function returns for these arguments."""
        recursive = any(body is closure.body for body in self.reading)
        if recursive or len(self.inlined) >= MAX_INLINE:
            return self.make("call:?", *[self.node(a) for a in args if isinstance(a, Node)])
        inner = Scope({}, closure.scope, closure.instance)
        names = [a.arg for a in [*closure.params.posonlyargs, *closure.params.args]]
        if closure.instance is not None and names:
            inner.values[names.pop(0)] = closure.instance
        every = names + [a.arg for a in closure.params.kwonlyargs]
        defaults = [*closure.params.defaults, *[d for d in closure.params.kw_defaults if d is not None]]
        for name, default in zip(reversed(every), reversed(defaults), strict=False):
            inner.values[name] = self.expr(default, closure.scope)
        inner.values.update(zip(names, args, strict=False))
        inner.values.update({k: v for k, v in kwargs.items() if k in every})
        if closure.params.vararg is not None:
            inner.values[closure.params.vararg.arg] = Items(list(args[len(names) :]))
        if closure.params.kwarg is not None:
            rest = {name: value for name, value in kwargs.items() if name not in every}
            inner.values[closure.params.kwarg.arg] = self.dictionary(rest)
        place = self.place
        self.inlined.append(place[0])
        self.reading.append(closure.body)
        self.returned.append([])
        tests, self.tests = self.tests, []
        try:
            if isinstance(closure.body, ast.expr):
                return self.expr(closure.body, inner)
            if yields(closure.body):
                self.mark("a generator")
                self.yielded.append([])
                self.block(list(closure.body), inner)
                return Items(self.yielded.pop(), "list", place)
            self.block(list(closure.body), inner)
            return self.result()
        finally:
            self.fork, self.tests = [], tests
            self.inlined.pop()
            self.reading.pop()
            self.returned.pop()
            self.place = place

    def result(self) -> Value:
        """What the function that is being inlined returns: one value, or one of several."""
        found = self.returned[-1]
        tests = [test for _, _, test in found[:-1] if test is not None]
        if not found or len(tests) < len(found) - 1:
            return found[-1][0] if found else NOTHING
        values = [value for value, _, _ in found]
        if len(values) == 1:
            return values[0]
        cases = Cases(tests, values)
        return self.node(cases) if all(isinstance(value, Node) for value in values) else cases


def _name(e: ast.Name | ast.Attribute) -> str:
    return e.id if isinstance(e, ast.Name) else e.attr


def yields(body: Sequence[ast.stmt]) -> bool:
    """Whether a function is a generator."""
    return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for statement in body for n in ast.walk(statement))
