"""Expressions of the data-flow form: how a syntax tree's expression becomes a value."""

from __future__ import annotations

import ast
from collections.abc import Callable

from code_analyze.similarity.dataflow import algebra, reductions
from code_analyze.similarity.dataflow.conditions import Conditions
from code_analyze.similarity.dataflow.node import Node, Place, constant, number
from code_analyze.similarity.dataflow.operations import operation, sizes
from code_analyze.similarity.dataflow.reader import BUILTINS
from code_analyze.similarity.dataflow.values import Closure, Instance, Items, Scope, Value, is_static

ARITHMETIC: dict[type, Callable[[Node, Node, Place], Node]] = {
    ast.Add: algebra.add,
    ast.Sub: algebra.subtract,
    ast.Mult: algebra.multiply,
    ast.Div: algebra.divide,
}


def as_number(node: Node) -> Node:
    """Python calculates with True as 1."""
    return constant(int(node.op == "=True"), node.place) if node.op in ("=True", "=False") else node


class Expressions(Conditions):
    """Reads expressions."""

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
        if isinstance(e.value, float) and not e.value.is_integer():
            self.mark(f"number {e.value:g}")
        return constant(e.value, self.place)

    def ex_name(self, e: ast.Name, scope: Scope) -> Value:
        found = scope.find(e.id)
        if found is not None:
            return found
        if e.id in self.imports:
            return Node(f"mod:{self.imports[e.id]}", (), self.place)
        return Node(
            f"name:{e.id}" if e.id in self.given.words or e.id in BUILTINS else "name", (), self.place
        )

    def ex_attribute(self, e: ast.Attribute, scope: Scope) -> Value:
        owner = self.expr(e.value, scope)
        self.at(e)
        if isinstance(owner, Instance):
            value = owner.attributes.get(e.attr)
            if value is not None and (owner.own or e.attr not in self.given.attributes or self.stays(value)):
                return value
            method = owner.methods.get(e.attr)
            helper = method is not None and (owner.own or self.places.part(method.lineno) > 0)
            if method is not None and helper and owner.scope is not None:
                bound = None if is_static(method) else owner
                return Closure(method.args, method.body, owner.scope, bound)
            return Node(f"self.{e.attr}" if e.attr in self.given.attributes else "self.?", (), self.place)
        base = self.node(owner)
        if base.op.startswith("mod:"):
            return Node(f"{base.op}.{e.attr}", (), self.place)
        if e.attr == "data":
            self.mark(".data")
            return base if base.op.startswith(".") else reductions.each_term("detach", base, self.place)
        if base.op == "iinfo" and e.attr == "max":  # images are bytes
            return constant(255, self.place)
        if e.attr == "shape":
            return sizes([base], {}, self.place)
        if e.attr == "__class__":
            self.mark("__class__")
            return self.make("call:type", base)
        return self.make(f".{e.attr}", base)

    def stays(self, value: Value) -> bool:
        """Whether an attribute that the starter fixes is the value that it was given: `self.latent_dim =
        latent_dim`, or a chain of modules in the function that makes it."""
        if isinstance(value, Node):
            if value.op.startswith("param:"):
                self.mark("an attribute in place of the parameter")
            return value.op.startswith("param:")
        return bool(self.kept) and any(kept is value for _, kept, _ in self.kept[-1])

    def ex_binary(self, e: ast.BinOp, scope: Scope) -> Value:
        left, right = self.expr(e.left, scope), self.expr(e.right, scope)
        self.at(e)
        if isinstance(left, Items) and isinstance(right, Items) and isinstance(e.op, ast.Add):
            return Items(left.items + right.items, "list", self.place)
        if isinstance(left, Items) and isinstance(right, Node) and isinstance(e.op, ast.Mult):
            times = number(right)
            if times is not None and 0 <= times <= 16:
                return Items(left.items * int(times), "list", self.place)
        a, b = as_number(self.node(left)), as_number(self.node(right))
        if isinstance(e.op, ast.BitOr) and a.op.startswith("mod:"):  # isinstance(x, A | B)
            return self.make("list", a, *(b.args if b.op == "list" else [b]))
        if isinstance(e.op, ast.BitOr) and a.op == "list":
            return self.make("list", *a.args, b)
        self.spend()
        known = ARITHMETIC.get(type(e.op))
        if known is not None:
            return known(a, b, self.place)
        if isinstance(e.op, ast.Pow):
            if a.op == "exp":
                self.mark("pow of exp")
            return operation("pow", [a, b], {}, self.place)
        x, y = number(a), number(b)
        if isinstance(e.op, ast.FloorDiv) and x is not None and y:
            return constant(x // y, self.place)
        if isinstance(e.op, ast.FloorDiv) and y and a.op.startswith("scale:"):
            factor = float(a.op[6:]) / y
            if factor.is_integer():  # 4 * hidden_dim // 2
                return algebra.scale(factor, a.args[0], self.place)
        if isinstance(e.op, ast.LShift) and y is not None and 0 <= y < 32:
            return algebra.scale(2.0**y, a, self.place)
        if isinstance(e.op, ast.Mod) and x is not None and y:
            return constant(x % y, self.place)
        return self.make(type(e.op).__name__, a, b)

    def ex_unary(self, e: ast.UnaryOp, scope: Scope) -> Value:
        value = self.node(self.expr(e.operand, scope))
        if isinstance(e.op, ast.USub):
            return algebra.scale(-1.0, value, self.place)
        if isinstance(e.op, ast.UAdd):
            return value
        known = self.known(value) if isinstance(e.op, ast.Not) else None
        if known is not None:
            return constant(not known, self.place)
        return self.make(type(e.op).__name__.lower(), value)

    def ex_lambda(self, e: ast.Lambda, scope: Scope) -> Value:
        self.mark("lambda")
        return Closure(e.args, e.body, scope)

    def ex_string(self, e: ast.JoinedStr, scope: Scope) -> Value:
        return Node("string", (), self.place)

    def ex_walrus(self, e: ast.NamedExpr, scope: Scope) -> Value:
        value = self.expr(e.value, scope)
        scope.values[e.target.id] = value
        return value

    EXPRESSIONS: dict[type, Callable[..., Value]] = {
        ast.Constant: ex_constant,
        ast.Name: ex_name,
        ast.Attribute: ex_attribute,
        ast.Tuple: Conditions.ex_items,
        ast.List: Conditions.ex_items,
        ast.Set: Conditions.ex_items,
        ast.BinOp: ex_binary,
        ast.UnaryOp: ex_unary,
        ast.BoolOp: Conditions.ex_bool,
        ast.Compare: Conditions.ex_compare,
        ast.IfExp: Conditions.ex_choice,
        ast.Lambda: ex_lambda,
        ast.ListComp: Conditions.ex_comprehension,
        ast.GeneratorExp: Conditions.ex_comprehension,
        ast.SetComp: Conditions.ex_comprehension,
        ast.DictComp: Conditions.ex_dict_comprehension,
        ast.Dict: Conditions.ex_dict,
        ast.JoinedStr: ex_string,
        ast.NamedExpr: ex_walrus,
        ast.Subscript: Conditions.ex_subscript,
        ast.Call: Conditions.ex_call,
    }
