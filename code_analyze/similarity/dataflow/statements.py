"""Statements of the data-flow form: what a program binds, does and decides."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.expressions import Expressions
from code_analyze.similarity.dataflow.node import Node, number
from code_analyze.similarity.dataflow.sequences import MAX_UNROLL
from code_analyze.similarity.dataflow.values import Closure, Instance, Items, Scope, Value

WITHOUT_GRADIENTS = ("no_grad", "inference_mode", "enable_grad", "set_grad_enabled")  # change no value
MAX_FORKS = 15  # of one file: what follows a branch is read twice, what follows two of them four times
DONE = True  # a block that ends here: what follows in it is dead


class Statements(Expressions):
    """Reads simple statements and control flow; each method is True when what follows isn't reached."""

    def st_assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.expr(node.value, scope)
        for target in node.targets:
            self.bind(target, value, scope)

    def st_annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.bind(node.target, self.expr(node.value, scope), scope)

    def st_augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        load = ast.copy_location(ast.BinOp(_as_load(node.target), node.op, node.value), node)
        self.bind(node.target, self.expr(load, scope), scope)

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            scope.values[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            starred = False
            for index, part in enumerate(target.elts):
                if isinstance(part, ast.Starred) and isinstance(value, Items):
                    last = len(value.items) - (len(target.elts) - index - 1)
                    self.bind(part.value, Items(value.items[index:last]), scope)
                    starred = True
                elif isinstance(part, ast.Starred):
                    self.bind(part.value, self.make(f"rest:{index}", self.node(value)), scope)
                else:  # behind a starred name, counted from the end
                    self.bind(part, self.item(value, index - len(target.elts) if starred else index), scope)
        elif isinstance(target, ast.Attribute):
            owner = self.expr(target.value, scope)
            if isinstance(owner, Instance):
                owner.attributes[target.attr] = value
                if not owner.own:
                    fixed = target.attr in self.given.attributes
                    name = f"set:{target.attr}" if fixed else "set"
                    if self.kept and not isinstance(value, Node):
                        self.kept[-1].append((name, value, self.place))
                    else:
                        self.effect(name, self.node(value))
            else:
                self.set_attribute(target.attr, self.node(owner), self.node(value))
        elif isinstance(target, ast.Subscript):
            holder = self.expr(target.value, scope)
            if isinstance(holder, Items) and holder.kind == "dict":
                holder.put(self.node(self.expr(target.slice, scope)), value)
            else:
                self.effect("setitem", self.node(holder), self.node(value))

    def set_attribute(self, name: str, owner: Node, value: Node) -> None:
        """The effect of setting an attribute of an object; `p.grad = None` for each is zero_grad()."""
        of_all = owner.op == "element" and owner.args[0].op == "parameters"
        if name == "grad" and value.op == "=None" and of_all:
            self.mark("grad = None")
            self.effect("do", self.make("zero_grad", *owner.args[0].args))
        else:
            self.effect(f"setattr:{name}", owner, value)

    def st_return(self, node: ast.Return, scope: Scope) -> bool:
        if self.returned:
            value = self.expr(node.value, scope) if node.value is not None else None
            if value is not None:
                self.returned[-1].append((value, self.place))
        return DONE

    def st_raise(self, node: ast.Raise, scope: Scope) -> bool:
        self.mark("raise")
        return DONE

    def st_expression(self, node: ast.Expr, scope: Scope) -> None:
        if isinstance(node.value, ast.Call):
            if self.updates(node.value, scope):
                return
            value = self.expr(node.value, scope)
            if isinstance(node.value.func, ast.Attribute) and node.value.func.attr == "pop":
                return  # what it does to the list is done
            if (
                isinstance(value, Node)
                and value.op == "backward"
                and value.args
                and value.args[0].op == "sum"
            ):
                self.mark("backward() of a sum")
                for term in value.args[0].args:  # gradients add up
                    if number(term) is None:
                        self.effect("do", self.make("backward", term))
            elif isinstance(value, Node) and value.op not in ("=None", "none"):
                self.effect("do", value)
        elif isinstance(node.value, (ast.Yield, ast.YieldFrom)) and node.value.value is not None:
            self.effect("yield", self.node(self.expr(node.value.value, scope)))

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

    def st_for(self, node: ast.For, scope: Scope) -> bool:
        iterable = self.expr(node.iter, scope)
        iterable = iterable.iterated() if isinstance(iterable, Items) else iterable
        if isinstance(iterable, Items) and len(iterable.items) <= MAX_UNROLL:
            for item in list(iterable.items):
                self.bind(node.target, item, scope)
                if self.block(node.body, scope):
                    break
            return False
        self.bind(node.target, self.make("element", self.node(iterable)), scope)
        self.block(node.body, scope)
        return False

    def st_while(self, node: ast.While, scope: Scope) -> bool:
        for _ in range(MAX_UNROLL):
            condition = self.truth(node.test, scope)
            if condition is False:
                return False
            if self.block(node.body, scope):
                return condition is True
            if condition is None:
                return False
        return False

    def st_with(self, node: ast.With, scope: Scope) -> bool:
        for item in node.items:
            value = self.node(self.expr(item.context_expr, scope))
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value, scope)
            if value.op in WITHOUT_GRADIENTS:
                self.mark(value.op)
            else:
                self.effect("with", value)
        return self.block(node.body, scope)

    def st_try(self, node: ast.Try, scope: Scope) -> bool:
        ended = self.block(node.body, scope)
        return self.block(node.finalbody, scope) or ended

    def st_jump(self, node: ast.stmt, scope: Scope) -> bool:
        return DONE


def _as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return target


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
