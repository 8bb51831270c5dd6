"""What a program decides: `if` and `match`, and what holds behind their branches."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.bindings import DONE, MAX_FORKS, Bindings, apart
from code_analyze.similarity.dataflow.gradients import of_a_gradient
from code_analyze.similarity.dataflow.node import Node
from code_analyze.similarity.dataflow.values import Closure, Scope, Value


class Branches(Bindings):
    """Reads branches; each method is True when what follows isn't reached."""

    def st_if(self, node: ast.If, scope: Scope) -> bool:
        condition = self.truth(node.test, scope)
        if condition is not None:
            return self.block(node.body if condition else node.orelse, scope)
        test = self.node(self.expr(node.test, scope))
        place, acts = self.place, self.acts()
        before = {name: apart(value) for name, value in scope.values.items()}
        self.without_none(node.test, scope)
        self.tests.append(test)
        body_ends = self.block(node.body, scope)
        (after_body, in_body), scope.values, self.fork = (scope.values, self.fork), dict(before), []
        self.tests[-1] = Node("not", (test,), place)
        else_ends = self.block(node.orelse, scope)
        (after_else, in_else), self.fork = (scope.values, self.fork), []
        self.tests.pop()
        if body_ends or else_ends or self.acts() != acts:
            self.place = place
            self.condition(test)
        ways = in_body + ([] if body_ends else [after_body]) + in_else + ([] if else_ends else [after_else])
        if not ways:
            return DONE
        if len(ways) == 2 and not in_body and not in_else:
            differs = any(self.differ(v, after_else[n]) for n, v in after_body.items() if n in after_else)
            if not differs or self.forks >= MAX_FORKS:
                scope.values = self.merged(test, after_body, after_else)
                return False
            self.place = place
            self.condition(test)
            self.mark("lists made in branches")
        self.forks += len(ways) - 1
        scope.values, self.fork = ways[-1], ways[:-1] if self.forks <= MAX_FORKS else []
        return False

    def merged(self, test: Node, one: dict[str, Value], other: dict[str, Value]) -> dict[str, Value]:
        """The names behind a branch of which both ways go on."""
        merged = dict(other)
        for name, value in one.items():
            second = other.get(name)
            if second is None:
                merged[name] = value
            elif second is not value and isinstance(value, Node) and isinstance(second, Node):
                same = value.digest() == second.digest()
                merged[name] = value if same else self.make("choice", test, value, second)
        return merged

    def without_none(self, test: ast.expr, scope: Scope) -> None:
        """In `if mean is not None:` a mean that is looked up in a table is one of those in it."""
        if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.IsNot):
            return
        if isinstance(test.left, ast.Name):
            value = scope.values.get(test.left.id)
            if isinstance(value, Node) and value.op == "choice":
                scope.values[test.left.id] = _but_none(value)

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
        if of_a_gradient(test):
            return
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
    """The condition of a case, or None where it is not one of values or kinds."""
    options = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
    tests: list[ast.expr] = []
    for option in options:
        if isinstance(option, ast.MatchValue):
            tests.append(ast.Compare(subject, [ast.Eq()], [option.value]))
        elif isinstance(option, ast.MatchSingleton):
            tests.append(ast.Compare(subject, [ast.Is()], [ast.Constant(option.value)]))
        elif isinstance(option, ast.MatchClass) and not option.patterns and not option.kwd_patterns:
            tests.append(ast.Call(ast.Name("isinstance", ast.Load()), [subject, option.cls], []))
        else:
            return None
    return tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)


def _but_none(value: Node) -> Node:
    """A choice without its outcome None."""
    if value.op != "choice":
        return value
    one, other = _but_none(value.args[1]), _but_none(value.args[2])
    if "=None" in (one.op, other.op):
        return other if one.op == "=None" else one
    return Node("choice", (value.args[0], one, other), value.place)


def _positive(test: Node) -> Node:
    """A condition without its negation: which branch comes first is a matter of form."""
    if test.op == "not":
        return _positive(test.args[0])
    other = {"ne": "eq", "not in": "in"}.get(test.op)
    return Node(other, test.args, test.place) if other else test
