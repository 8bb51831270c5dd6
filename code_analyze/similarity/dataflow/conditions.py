"""Comparisons and conditions: one direction for each, decided where their outcome is known."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.invocations import Invocations
from code_analyze.similarity.dataflow.kinds import is_instance, is_named, is_type
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.values import Cases, Closure, Instance, Items, Partial, Scope, Value

# a > b is b < a, and so on: one direction for each comparison.
COMPARISONS = {
    ast.Lt: ("lt", False), ast.Gt: ("lt", True), ast.LtE: ("le", False), ast.GtE: ("le", True),
    ast.Eq: ("eq", False), ast.NotEq: ("ne", False), ast.Is: ("eq", False), ast.IsNot: ("ne", False),
    ast.In: ("in", False), ast.NotIn: ("not in", False),
}  # fmt: skip


class Conditions(Invocations):
    """Reads comparisons and choices."""

    def ex_bool(self, e: ast.BoolOp, scope: Scope) -> Value:
        decisive = isinstance(e.op, ast.Or)  # what is true decides an `or`, and is its value
        values = [self.expr(value, scope) for value in e.values]
        while len(values) > 1 and self.known(values[0]) is not None:
            values = values[:1] if self.known(values[0]) == decisive else values[1:]
        if len(values) == 1:
            return values[0]
        return self.make(type(e.op).__name__.lower(), *map(self.node, values))

    def ex_compare(self, e: ast.Compare, scope: Scope) -> Value:
        name, swapped = COMPARISONS[type(e.ops[0])]
        one, other = self.expr(e.left, scope), self.expr(e.comparators[0], scope)
        outcome = self.compared(name, one, other)
        if outcome is None and isinstance(e.ops[0], (ast.Is, ast.IsNot)):
            outcome = self.identical(name, one, other)
        if outcome is not None:
            return constant(outcome, self.place)
        other = other.iterated() if isinstance(other, Items) else other
        left, right = self.node(one), self.node(other)
        typed = is_type(left, right, self.place) if name in ("eq", "ne") else None
        if typed is not None:
            self.mark("type() in place of isinstance()")
            return typed if name == "eq" else self.make("not", typed)
        named = is_named(right, left, self.place) if name in ("in", "not in") else None
        if left.op == "find" and len(left.args) == 2:  # x.find("Conv") != -1, >= 0, > -1
            named = is_named(left.args[0], left.args[1], self.place)
            name = "not in" if name == "eq" else "in"
        if named is not None:
            self.mark("a part of the kind's name")
            return named if name == "in" else self.make("not", named)
        if name in ("in", "not in") and right.op == "list" and right.args:  # equal to one of them
            tests = [is_type(left, each, self.place) or self.make("eq", left, each) for each in right.args]
            test = tests[0] if len(tests) == 1 else self.make("or", *tests)
            return test if name == "in" else self.make("not", test)
        if left.op == "call:type" and name in ("eq", "ne", "in", "not in") and len(left.args) == 1:
            self.mark("type() in place of isinstance()")
            test = is_instance(left.args[0], right, self.place)
            return test if name in ("eq", "in") else self.make("not", test)
        if name in ("lt", "le", "eq", "ne"):
            outcome = _compared(name, *((right, left) if swapped else (left, right)))
            if outcome is not None:
                return constant(outcome, self.place)
        return self.make(name, *((right, left) if swapped else (left, right)))

    def identical(self, name: str, one: Value, other: Value) -> bool | None:
        """The outcome of `is` for two of the function's parameters, or of what was computed of them."""
        if not isinstance(one, Node) or not isinstance(other, Node):
            return None
        if not all(each.op.startswith(("param:", "scale:")) for each in (one, other)):
            return None
        return (one.digest() == other.digest()) == (name == "eq")

    def compared(self, name: str, one: Value, other: Value) -> bool | None:
        """The outcome for lists and functions that are known."""
        if name not in ("eq", "ne") or (isinstance(one, Node) and isinstance(other, Node)):
            return None
        if isinstance(one, Items) and isinstance(other, Items):
            same = self.node(one).digest() == self.node(other).digest()
            return same == (name == "eq")
        if any(isinstance(each, Node) and each.op == "=None" for each in (one, other)):
            return name == "ne" if not isinstance(one, Cases) and not isinstance(other, Cases) else None
        return None

    def truth(self, e: ast.expr, scope: Scope) -> bool | None:
        """A condition whose outcome is known without running anything."""
        if isinstance(e, ast.Constant):
            return bool(e.value)
        if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.Not):
            inner = self.truth(e.operand, scope)
            return None if inner is None else not inner
        if isinstance(e, ast.BoolOp):
            parts = [self.truth(value, scope) for value in e.values]
            decisive = isinstance(e.op, ast.Or)  # one that is true decides an `or`
            if decisive in parts:
                return decisive
            return None if None in parts else not decisive
        value = self.expr(e, scope)
        return self.known(value)

    def known(self, value: Value) -> bool | None:
        """Whether a value is true, where that is known."""
        if isinstance(value, Items) and value.kind in ("list", "dict"):
            return bool(value.items)
        if isinstance(value, (Closure, Partial, Instance)):
            return True
        if isinstance(value, Node) and value.op[0] in "#=":
            return value.op not in ("#0", "=False", "=None", "=''")
        return None

    def ex_choice(self, e: ast.IfExp, scope: Scope) -> Value:
        known = self.truth(e.test, scope)
        if known is not None:
            return self.expr(e.body if known else e.orelse, scope)
        test = self.node(self.expr(e.test, scope))
        body, other = self.expr(e.body, scope), self.expr(e.orelse, scope)
        if isinstance(body, (Closure, Partial)) or isinstance(other, (Closure, Partial)):
            return Cases([test], [body, other])
        return self.make("choice", test, self.node(body), self.node(other))


def _compared(op: str, left: Node, right: Node) -> bool | None:
    a, b = number(left), number(right)
    if a is None or b is None:
        if left.op[0] == "=" and right.op[0] == "=" and op in ("eq", "ne"):
            return (left.op == right.op) == (op == "eq")
        if op in ("eq", "ne") and "=None" in (left.op, right.op):
            other = left if right.op == "=None" else right
            if other.op.startswith(("layer:", "#", "list")):  # a module is not None
                return op == "ne"
        return None
    return {"lt": a < b, "le": a <= b, "eq": a == b, "ne": a != b}[op]
