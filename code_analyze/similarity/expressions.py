"""Expressions of the data-flow form: how a syntax tree's expression becomes a value."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable

from code_analyze.similarity import algebra
from code_analyze.similarity.algebra import Node, constant, number
from code_analyze.similarity.calls import (
    INPUT,
    apply_layer,
    keyword,
    layer,
    operation,
    random_normal,
    sizes,
)
from code_analyze.similarity.places import Places
from code_analyze.similarity.spelling import CONTAINERS, FUNCTION_MODULES, NO_EFFECT_CALLS
from code_analyze.similarity.values import Closure, Instance, Items, Scope, Value

MAX_NODES = 30_000  # of one file; one that unrolls to more is cut off there
MAX_INLINE = 6
BUILTINS = frozenset(dir(builtins))
NOTHING = Node("=None")
ARITHMETIC: dict[type, Callable[[Node, Node, tuple[int, int]], Node]] = {
    ast.Add: algebra.add,
    ast.Sub: algebra.subtract,
    ast.Mult: algebra.multiply,
    ast.Div: algebra.divide,
}
# a > b is b < a, and so on: one direction for each comparison.
COMPARISONS = {
    ast.Lt: ("lt", False), ast.Gt: ("lt", True), ast.LtE: ("le", False), ast.GtE: ("le", True),
    ast.Eq: ("eq", False), ast.NotEq: ("ne", False), ast.Is: ("eq", False), ast.IsNot: ("ne", False),
    ast.In: ("in", False), ast.NotIn: ("not in", False),
}  # fmt: skip


class TooMuchError(Exception):
    """The budget of one file is used up."""


class Expressions:
    """`places` says which lines are the student's, and of which part. `dictated` are the
    names that the starter fixes; names of the student's own are replaced by what they stand for.
    """

    def __init__(self, places: Places, dictated: frozenset[str]) -> None:
        self.places = places
        self.dictated = dictated
        self.effects: list[Node] = []
        self.place = (0, 0)
        self.inlined: list[int] = []  # the regions of the calls that are being inlined
        self.budget = MAX_NODES
        self.imports: dict[str, str] = {}
        self.called: set[str] = set()
        self.classes: dict[str, tuple[dict[str, ast.FunctionDef], Scope]] = {}
        self.globals = Scope({})

    # -- places and nodes

    def at(self, node: ast.AST) -> None:
        line: int = getattr(node, "lineno", self.place[1])
        self.place = ((self.inlined[0] if self.inlined else 0) or self.places.part(line), line)

    def make(self, op: str, *args: Node) -> Node:
        self.budget -= 1
        if self.budget < 0:
            raise TooMuchError
        return Node(op, args, self.place)

    def effect(self, op: str, *args: Node) -> None:
        self.effects.append(self.make(op, *args))

    def node(self, value: Value) -> Node:
        """A value as a node: a chain of modules as what it does with an input."""
        if isinstance(value, Node):
            return value
        if isinstance(value, Items):
            if value.kind == "Sequential":
                return self.apply(value, [INPUT])
            return self.make("list", *[self.node(item) for item in value.items])
        if isinstance(value, Closure):
            params = [a.arg for a in value.params.args]
            return self.node(self.inline(value, [Node(f"param:{i}") for i in range(len(params))], {}))
        if value.own and "forward" in value.methods:
            return self.apply(value, [INPUT])
        return Node("self")

    # -- dispatch

    def expr(self, e: ast.expr, scope: Scope) -> Value:
        read = self.EXPRESSIONS.get(type(e))
        self.at(e)
        if read is None:
            parts = [
                self.node(self.expr(c, scope)) for c in ast.iter_child_nodes(e) if isinstance(c, ast.expr)
            ]
            self.at(e)
            return self.make(type(e).__name__, *parts)
        return read(self, e, scope)

    def ex_constant(self, e: ast.Constant, scope: Scope) -> Value:
        return constant(e.value, self.place)

    def ex_name(self, e: ast.Name, scope: Scope) -> Value:
        found = scope.find(e.id)
        if found is not None:
            return found
        if e.id in self.imports:
            return Node(f"mod:{self.imports[e.id]}", (), self.place)
        return Node(f"name:{e.id}" if e.id in self.dictated or e.id in BUILTINS else "name", (), self.place)

    def ex_attribute(self, e: ast.Attribute, scope: Scope) -> Value:
        owner = self.expr(e.value, scope)
        self.at(e)
        if isinstance(owner, Instance):
            value = owner.attributes.get(e.attr)
            if value is not None and (owner.own or e.attr not in self.dictated):
                return value
            method = owner.methods.get(e.attr)
            helper = method is not None and (owner.own or self.places.part(method.lineno) > 0)
            if method is not None and helper and owner.scope is not None:
                return Closure(method.args, method.body, owner.scope, owner)
            return Node(f"self.{e.attr}" if e.attr in self.dictated else "self.?", (), self.place)
        base = self.node(owner)
        if base.op.startswith("mod:"):
            return Node(f"{base.op}.{e.attr}", (), self.place)
        if e.attr == "data":
            return base
        if e.attr == "shape":
            return sizes([base], {}, self.place)
        return self.make(f".{e.attr}", base)

    def ex_items(self, e: ast.Tuple | ast.List | ast.Set, scope: Scope) -> Value:
        return Items(self.expanded(e.elts, scope), "list", self.place)

    def expanded(self, elements: list[ast.expr], scope: Scope) -> list[Value]:
        items: list[Value] = []
        for element in elements:
            if isinstance(element, ast.Starred):
                value = self.expr(element.value, scope)
                items.extend(
                    value.items if isinstance(value, Items) else [self.make("star", self.node(value))]
                )
            else:
                items.append(self.expr(element, scope))
        return items

    def ex_binary(self, e: ast.BinOp, scope: Scope) -> Value:
        left, right = self.expr(e.left, scope), self.expr(e.right, scope)
        self.at(e)
        if isinstance(left, Items) and isinstance(right, Items) and isinstance(e.op, ast.Add):
            return Items(left.items + right.items, "list", self.place)
        if isinstance(left, Items) and isinstance(right, Node) and isinstance(e.op, ast.Mult):
            times = number(right)
            if times is not None and 0 <= times <= 16:
                return Items(left.items * int(times), "list", self.place)
        a, b = self.node(left), self.node(right)
        self.budget -= 1
        known = ARITHMETIC.get(type(e.op))
        if known is not None:
            return known(a, b, self.place)
        if isinstance(e.op, ast.Pow):
            return operation("pow", [a, b], {}, self.place)
        x, y = number(a), number(b)
        if isinstance(e.op, ast.FloorDiv) and x is not None and y:
            return constant(x // y, self.place)
        if isinstance(e.op, ast.Mod) and x is not None and y:
            return constant(x % y, self.place)
        return self.make(type(e.op).__name__, a, b)

    def ex_unary(self, e: ast.UnaryOp, scope: Scope) -> Value:
        value = self.node(self.expr(e.operand, scope))
        if isinstance(e.op, ast.USub):
            return algebra.scale(-1.0, value, self.place)
        if isinstance(e.op, ast.UAdd):
            return value
        return self.make(type(e.op).__name__.lower(), value)

    def ex_bool(self, e: ast.BoolOp, scope: Scope) -> Value:
        return self.make(type(e.op).__name__.lower(), *[self.node(self.expr(v, scope)) for v in e.values])

    def ex_compare(self, e: ast.Compare, scope: Scope) -> Value:
        left = self.node(self.expr(e.left, scope))
        right = self.node(self.expr(e.comparators[0], scope))
        name, swapped = COMPARISONS[type(e.ops[0])]
        return self.make(name, *((right, left) if swapped else (left, right)))

    def truth(self, e: ast.expr, scope: Scope) -> bool | None:
        """A condition whose outcome is known without running anything."""
        if isinstance(e, ast.Constant):
            return bool(e.value)
        if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.Not):
            inner = self.truth(e.operand, scope)
            return None if inner is None else not inner
        if isinstance(e, ast.BoolOp):
            return None
        value = self.expr(e, scope)
        if isinstance(value, Items) and value.kind == "list":
            return bool(value.items)
        if isinstance(value, Node):
            if value.op in ("lt", "le", "eq", "ne") and len(value.args) == 2:
                return _compared(value.op, *value.args)
            if value.op[0] in "#=":
                return value.op not in ("#0", "=False", "=None", "=''")
        return None

    def ex_choice(self, e: ast.IfExp, scope: Scope) -> Value:
        known = self.truth(e.test, scope)
        if known is not None:
            return self.expr(e.body if known else e.orelse, scope)
        parts = [self.node(self.expr(part, scope)) for part in (e.test, e.body, e.orelse)]
        return self.make("choice", *parts)

    def ex_lambda(self, e: ast.Lambda, scope: Scope) -> Value:
        return Closure(e.args, e.body, scope)

    def ex_comprehension(self, e: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> Value:
        first = e.generators[0]
        iterable = self.expr(first.iter, scope)
        inner = Scope({}, scope)
        if (
            isinstance(iterable, Items)
            and len(e.generators) == 1
            and not first.ifs
            and len(iterable.items) <= 24
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

    def ex_string(self, e: ast.JoinedStr, scope: Scope) -> Value:
        return Node("string", (), self.place)

    def ex_walrus(self, e: ast.NamedExpr, scope: Scope) -> Value:
        value = self.expr(e.value, scope)
        scope.values[e.target.id] = value
        return value

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
        if base.op == "chunk":
            return self.make(f"part:{index}", self.make("chunk", base.args[0]))
        return self.make(f"part:{index}", base)

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        raise NotImplementedError

    def block(self, body: list[ast.stmt], scope: Scope) -> bool:
        raise NotImplementedError

    # -- calls

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

    def nodes(self, kwargs: dict[str, Value]) -> dict[str, Node]:
        return {key: self.node(value) for key, value in kwargs.items()}

    def call(self, target: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        self.budget -= 1
        if self.budget < 0:
            raise TooMuchError
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
                items = [_last(a) for a in args]
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
        if name == "range" and nodes and all(number(n) is not None for n in nodes):
            values = range(*[int(number(n) or 0) for n in nodes[:3]])
            if len(values) <= 64:
                return Items([constant(v) for v in values], "list", self.place)
        if name in ("float", "int") and nodes:
            return nodes[0]
        if name == "len" and nodes:
            return sizes([nodes[0], constant(0)], {}, self.place)
        return self.make(f"call:{name if name in self.dictated or name in BUILTINS else '?'}", *nodes,
                         *self.nodes(kwargs).values())  # fmt: skip

    def list_method(self, owner: Items, method: str, args: list[Value]) -> Value:
        """Methods of a known list; those that change it do so here too."""
        if method in ("append", "add_module"):
            owner.items.append(_last(args[-1]) if args else NOTHING)
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

    def apply(self, target: Value, args: list[Value]) -> Node:
        """A chain of modules, or an object of the student's own class, applied to its inputs."""
        nodes = [self.node(a) for a in args]
        if isinstance(target, Items):
            value = nodes[0] if nodes else INPUT
            for module in target.items:
                step = self.call(module, "", [value], {})
                value = self.node(step)
            return value
        if isinstance(target, Instance) and "forward" in target.methods and target.scope is not None:
            forward = target.methods["forward"]
            return self.node(
                self.inline(Closure(forward.args, forward.body, target.scope, target), list(nodes), {})
            )
        if isinstance(target, Node):
            return apply_layer(target, nodes, self.place)
        return self.make("apply", Node("self"), *nodes)

    def instantiate(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """An object of a class that the student added: its attributes as its __init__ leaves them."""
        methods, scope = self.classes[name]
        instance = Instance(methods, {}, scope, own=True)
        init = methods.get("__init__")
        if init is not None:
            self.inline(Closure(init.args, init.body, scope, instance), args, kwargs)
        return instance

    def inline(self, closure: Closure, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """The value that a function returns for these arguments."""
        if len(self.inlined) >= MAX_INLINE:
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
        place = self.place
        self.inlined.append(place[0])
        self.returned.append([])
        try:
            if isinstance(closure.body, ast.expr):
                return self.expr(closure.body, inner)
            self.block(list(closure.body), inner)
            return self.returned[-1][-1] if self.returned[-1] else NOTHING
        finally:
            self.inlined.pop()
            self.returned.pop()
            self.place = place

    returned: list[list[Value]]

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

    EXPRESSIONS: dict[type, Callable[..., Value]] = {
        ast.Constant: ex_constant,
        ast.Name: ex_name,
        ast.Attribute: ex_attribute,
        ast.Tuple: ex_items,
        ast.List: ex_items,
        ast.Set: ex_items,
        ast.BinOp: ex_binary,
        ast.UnaryOp: ex_unary,
        ast.BoolOp: ex_bool,
        ast.Compare: ex_compare,
        ast.IfExp: ex_choice,
        ast.Lambda: ex_lambda,
        ast.ListComp: ex_comprehension,
        ast.GeneratorExp: ex_comprehension,
        ast.SetComp: ex_comprehension,
        ast.Dict: ex_dict,
        ast.JoinedStr: ex_string,
        ast.NamedExpr: ex_walrus,
        ast.Subscript: ex_subscript,
        ast.Call: ex_call,
    }


TRANSPARENT_METHODS = frozenset(["to", "cuda", "cpu", "float", "train", "eval", "copy"])


def _last(value: Value) -> Value:
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


def _compared(op: str, left: Node, right: Node) -> bool | None:
    a, b = number(left), number(right)
    if a is None or b is None:
        if left.op[0] == "=" and right.op[0] == "=" and op in ("eq", "ne"):
            return (left.op == right.op) == (op == "eq")
        return None
    return {"lt": a < b, "le": a <= b, "eq": a == b, "ne": a != b}[op]
