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
    operation_name,
    random_normal,
    shape_free,
    sizes,
)
from code_analyze.similarity.dataflow.inlining import Inlining
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.reader import BUILTINS, NOTHING
from code_analyze.similarity.dataflow.sequences import TRANSPARENT_METHODS, last_of_pair
from code_analyze.similarity.dataflow.values import (
    Closure,
    Instance,
    Items,
    Scope,
    Value,
    parameters,
    returned_values,
)
from code_analyze.similarity.spelling import (
    CONTAINERS,
    FUNCTION_MODULES,
    LOSSES,
    NO_EFFECT_CALLS,
    REDUCTIONS,
    TELLING,
    TRANSPARENT_KEYWORDS,
)


class Invocations(Inlining):
    """Reads calls."""

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

    def library_call(self, full: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        module, _, name = full.rpartition(".")
        if module in ("torch.nn", "torch.nn.modules"):
            if name in CONTAINERS:
                if name != "Sequential":
                    self.mark(name)
                if len(args) == 1 and isinstance(args[0], Items) and args[0].kind in ("list", "dict"):
                    args = args[0].items
                items = [last_of_pair(a) for a in args]
                return Items(items, name, self.place)
            return layer(name, [self.node(a) for a in args], self.nodes(kwargs), self.place)
        if name == "OrderedDict":
            self.mark(name)
            return args[0] if args else self.dictionary(kwargs)
        if full == "functools.reduce" and len(args) > 1 and isinstance(args[1], Items):
            self.mark(full)
            items = args[1].iterated().items
            value, rest = (args[2], items) if len(args) > 2 else (items[0] if items else NOTHING, items[1:])
            for item in rest:
                value = self.call(args[0], "", [value, item], {})
            return value
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
            return self.operation(name, nodes, named)
        return self.make(f"call:{name}", *nodes, *named.values())

    def operation(self, name: str, args: list[Node], kwargs: dict[str, Node]) -> Node:
        """See `calls.operation`."""
        result = operation(name, args, kwargs, self.place)
        if name in TELLING or result.op == "fill":
            self.mark(name)
        if operation_name(name) in LOSSES and any(arg.op == "shape" for arg in args):
            self.mark("another shape for the loss")
        if name in ("log", "pow", "square") and args and args[0].op == "exp":
            self.mark(f"{name} of exp")
        if name in REDUCTIONS:
            axes = [*args[1:2], *[kwargs[key] for key in ("dim", "axis") if key in kwargs]]
            self.mark(f"{name} over {axes[0]!r}".replace("#", "") if axes else name)
        if "reduction" in kwargs:
            self.mark(f"reduction{kwargs['reduction'].op}")
        for key in kwargs:
            if key in TRANSPARENT_KEYWORDS and key not in ("device", "dtype"):
                self.mark(f"{key}=")
        return result

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

    def dictionary(self, named: dict[str, Value]) -> Items:
        """dict(a=1, b=2)."""
        keys = [constant(key) for key in named]
        return Items(list(named.values()), "dict", self.place, keys)

    def list_method(self, owner: Items, method: str, args: list[Value]) -> Value:
        """Methods of a known list; those that change it do so here too."""
        if owner.kind == "dict":
            if method == "values":
                return Items(list(owner.items), "list", self.place)
            if method == "items":
                rows: list[Value] = [Items([k, v]) for k, v in zip(owner.keys, owner.items, strict=True)]
                return Items(rows, "list", self.place)
            if method == "keys":
                return owner.iterated()
            if method == "get" and args and owner.position(self.node(args[0])) is not None:
                return self.looked_up(owner, self.node(args[0]))
            if method in TRANSPARENT_METHODS:
                return owner
            return operation(method, [self.node(owner), *map(self.node, args)], {}, self.place)
        if method in ("append", "add_module", "register_module"):
            if method != "append":
                self.mark(method)
            owner.items.append(last_of_pair(args[-1]) if args else NOTHING)
            return NOTHING
        if method in ("extend", "__iadd__") and args and isinstance(args[0], Items):
            owner.items.extend(args[0].items)
            return NOTHING
        if method == "pop" and owner.items:
            index = int(number(self.node(args[0])) or 0) if args else -1
            return owner.items.pop(index) if -len(owner.items) <= index < len(owner.items) else NOTHING
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
