"""Comparisons and conditions: one direction for each, decided where their outcome is known."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.invocations import Invocations
from code_analyze.similarity.dataflow.kinds import is_instance, is_type
from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.values import Items, Scope, Value

# a > b is b < a, and so on: one direction for each comparison.
COMPARISONS = {
    ast.Lt: ("lt", False), ast.Gt: ("lt", True), ast.LtE: ("le", False), ast.GtE: ("le", True),
    ast.Eq: ("eq", False), ast.NotEq: ("ne", False), ast.Is: ("eq", False), ast.IsNot: ("ne", False),
    ast.In: ("in", False), ast.NotIn: ("not in", False),
}  # fmt: skip


class Conditions(Invocations):
    """Reads comparisons and choices."""

    def ex_bool(self, e: ast.BoolOp, scope: Scope) -> Value:
        return self.make(type(e.op).__name__.lower(), *[self.node(self.expr(v, scope)) for v in e.values])

    def ex_compare(self, e: ast.Compare, scope: Scope) -> Value:
        left = self.node(self.expr(e.left, scope))
        right = self.node(self.expr(e.comparators[0], scope))
        name, swapped = COMPARISONS[type(e.ops[0])]
        typed = is_type(left, right, self.place) if name in ("eq", "ne") else None
        if typed is not None:
            self.mark("type() in place of isinstance()")
            return typed if name == "eq" else self.make("not", typed)
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
        return self.known(value)

    def known(self, value: Value) -> bool | None:
        """Whether a value is true, where that is known."""
        if isinstance(value, Items) and value.kind in ("list", "dict"):
            return bool(value.items)
        if isinstance(value, Node) and value.op[0] in "#=":
            return value.op not in ("#0", "=False", "=None", "=''")
        return None

    def ex_choice(self, e: ast.IfExp, scope: Scope) -> Value:
        known = self.truth(e.test, scope)
        if known is not None:
            return self.expr(e.body if known else e.orelse, scope)
        parts = [self.node(self.expr(part, scope)) for part in (e.test, e.body, e.orelse)]
        return self.make("choice", *parts)


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
