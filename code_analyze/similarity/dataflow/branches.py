"""What a program decides: `if` and `match`, and what holds behind their branches."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.bindings import Bindings
from code_analyze.similarity.dataflow.node import Node
from code_analyze.similarity.dataflow.values import Closure, Items, Scope, Value

MAX_FORKS = 15  # of one file: what follows a branch is read twice, what follows two of them four times


class Branches(Bindings):
    """Reads branches; each method is True when what follows isn't reached."""

    def st_if(self, node: ast.If, scope: Scope) -> bool:
        condition = self.truth(node.test, scope)
        if condition is not None:
            return self.block(node.body if condition else node.orelse, scope)
        test = self.node(self.expr(node.test, scope))
        place, acts = self.place, self.acts()
        before = {name: _apart(value) for name, value in scope.values.items()}
        body_ends = self.block(node.body, scope)
        after_body, scope.values = scope.values, dict(before)
        else_ends = self.block(node.orelse, scope)
        after_else = scope.values
        if body_ends or else_ends or self.acts() != acts:
            self.place = place
            self.condition(test)
        if body_ends or else_ends:
            scope.values = after_else if body_ends else after_body
            return body_ends and else_ends
        merged = dict(after_else)
        for name, value in after_body.items():
            other = after_else.get(name)
            if other is not None and self.forks < MAX_FORKS and self.differ(value, other):
                self.forks += 1
                self.place = place
                self.condition(test)
                self.mark("lists made in branches")
                scope.values, self.fork = after_else, after_body
                return False
            if other is not value and isinstance(value, Node) and isinstance(other, Node):
                merged[name] = (
                    self.make("choice", test, value, other) if value.digest() != other.digest() else value
                )
            elif other is None:
                merged[name] = value
        scope.values = merged
        return False

    def st_match(self, node: ast.Match, scope: Scope) -> bool:
        """match on values, as a chain of ifs."""
        self.mark("match")
        chain: list[ast.stmt] = []
        for case in reversed(node.cases):
            test = _pattern_test(node.subject, case.pattern)
            if test is None or case.guard is not None:
                chain = list(case.body)
            else:
                chain = [ast.copy_location(ast.If(ast.copy_location(test, node), case.body, chain), node)]
        first = ast.fix_missing_locations(chain[0])
        return self.st_if(first, scope) if isinstance(first, ast.If) else self.block(chain, scope)

    def differ(self, one: Value, other: Value) -> bool:
        """Whether a name stands for different known lists or modules after the branches."""
        if one is other or (isinstance(one, Node) and isinstance(other, Node)):
            return False
        if isinstance(one, Closure) or isinstance(other, Closure):
            return True
        return self.node(one).digest() != self.node(other).digest()

    def condition(self, test: Node) -> None:
        """The effects of deciding on a condition, one for each part of it: `a and b` is an if in an if."""
        test = _positive(test)
        strings = [arg for arg in test.args if arg.op.startswith("='")]
        if test.op == "eq" and len(strings) == 1:
            # Which of the named cases is asked for first, and whether the last one is, is a matter of form.
            self.mark(f"the case {strings[0].op[1:]}")
            test = Node("eq", tuple(arg for arg in test.args if arg is not strings[0]), test.place)
        if test.op in ("and", "or"):
            self.mark(f"conditions joined by {test.op}")
            for part in test.args:
                self.condition(part)
        else:
            self.effects.append(Node("if", (test,), test.place if test.place[0] else self.place))

    def acts(self) -> int:
        """How much the program does up to here."""
        return len(self.effects) + sum(map(len, self.returned))


def _pattern_test(subject: ast.expr, pattern: ast.pattern) -> ast.expr | None:
    """The condition of a case, or None where it is not one of values."""
    options = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
    values = [option.value for option in options if isinstance(option, ast.MatchValue)]
    if len(values) < len(options):
        return None
    tests: list[ast.expr] = [ast.Compare(subject, [ast.Eq()], [value]) for value in values]
    return tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)


def _positive(test: Node) -> Node:
    """A condition without its negation: which branch comes first is a matter of form."""
    if test.op == "not":
        return _positive(test.args[0])
    other = {"ne": "eq", "not in": "in"}.get(test.op)
    return Node(other, test.args, test.place) if other else test


def _apart(value: Value) -> Value:
    """A value that doesn't change when a list is appended to in the other branch."""
    if not isinstance(value, Items):
        return value
    return Items(list(value.items), value.kind, value.place, list(value.keys))
