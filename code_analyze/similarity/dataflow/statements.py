"""Statements of the data-flow form: what a program does, returns and repeats."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.bindings import DONE
from code_analyze.similarity.dataflow.branches import Branches
from code_analyze.similarity.dataflow.node import Node
from code_analyze.similarity.dataflow.sequences import MAX_UNROLL
from code_analyze.similarity.dataflow.values import Items, Scope

WITHOUT_GRADIENTS = ("no_grad", "inference_mode", "enable_grad", "set_grad_enabled")  # change no value
# Modes of a network. Who sets one does so in every region: a habit, which counts once.
MODES = ("eval", "train")
LIST_METHODS = ("append", "extend", "pop")


class Statements(Branches):
    """Reads simple statements and loops; each method is True when what follows isn't reached."""

    def st_return(self, node: ast.Return, scope: Scope) -> bool:
        if self.returned:
            value = self.expr(node.value, scope) if node.value is not None else None
            if value is not None:
                self.returned[-1].append((value, self.place, self.tests[-1] if self.tests else None))
        return DONE

    def st_raise(self, node: ast.Raise, scope: Scope) -> bool:
        self.mark("raise")
        return DONE

    def st_expression(self, node: ast.Expr, scope: Scope) -> None:
        if isinstance(node.value, ast.ListComp):  # [loss.backward() for loss in losses]
            for generated in _unrolled(node.value):
                self.st_for(generated, scope)
        elif isinstance(node.value, ast.Call):
            if self.updates(node.value, scope):
                return
            value = self.expr(node.value, scope)
            if isinstance(node.value.func, ast.Attribute) and node.value.func.attr in LIST_METHODS:
                return  # what it does to the list is done
            if isinstance(value, Node) and value.op == "backward" and value.args[:1]:
                for term in self.summands(value.args[0]):
                    self.effect("do", self.make("backward", term))
            elif isinstance(value, Node) and value.op in MODES:
                self.mark(f"{value.op}()")
            elif isinstance(value, Node) and value.op not in ("=None", "none"):
                self.effect("do", self.done(value))
        elif isinstance(node.value, (ast.Yield, ast.YieldFrom)) and node.value.value is not None:
            value = self.expr(node.value.value, scope)
            if not self.yielded:
                self.effect("yield", self.node(value))
            elif isinstance(node.value, ast.YieldFrom) and isinstance(value, Items):
                self.yielded[-1] += value.items
            else:
                self.yielded[-1].append(value)

    def done(self, value: Node) -> Node:
        """What a call for its effect does."""
        if value.op == "fill" and value.args[0].op == ".grad":  # p.grad.zero_()
            return self.zeroed_by_parameter(value.args[0].args[0], "grad", value.args[1]) or value
        return value

    def st_for(self, node: ast.For, scope: Scope) -> bool:
        iterable = self.expr(node.iter, scope)
        iterable = iterable.iterated() if isinstance(iterable, Items) else iterable
        if isinstance(iterable, Items) and len(iterable.items) <= MAX_UNROLL:
            for item in list(iterable.items):
                self.bind(node.target, item, scope)
                if self.block(node.body, scope):
                    break
            return False
        before = lengths(scope)
        self.bind(node.target, self.element(self.node(iterable)), scope)
        self.block(node.body, scope)
        self.gathered(node.body, scope, before)
        return False

    def st_while(self, node: ast.While, scope: Scope) -> bool:
        counted = _counted(node)
        if counted is not None and self.truth(node.test, scope) is None:
            return self.st_for(counted, scope)
        before = lengths(scope)
        for _ in range(MAX_UNROLL):
            condition = self.truth(node.test, scope)
            if condition is False:
                return False
            if self.block(node.body, scope):
                return condition is True
            if condition is None:
                self.gathered(node.body, scope, before)
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


def lengths(scope: Scope) -> dict[str, int]:
    """How many items the lists of a scope have, by name."""
    return {name: len(v.items) for name, v in scope.values.items() if isinstance(v, Items)}


def _counted(node: ast.While) -> ast.For | None:
    """`while i < n: ...; i += 1` as `for i in range(i, n): ...`."""
    test, last = node.test, node.body[-1]
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Lt):
        return None
    if not isinstance(test.left, ast.Name) or not isinstance(last, ast.AugAssign) or len(node.body) < 2:
        return None
    if not isinstance(last.target, ast.Name) or last.target.id != test.left.id:
        return None
    numbers = ast.Call(ast.Name("range", ast.Load()), [test.left, test.comparators[0]], [])
    found = ast.For(ast.Name(test.left.id, ast.Store()), numbers, node.body[:-1], [], None)
    return ast.fix_missing_locations(ast.copy_location(found, node))


def _unrolled(e: ast.ListComp) -> list[ast.For]:
    """A comprehension that is there for its effects, as a loop; none where it is more than one."""
    generator = e.generators[0]
    if len(e.generators) > 1 or generator.ifs:
        return []
    body: list[ast.stmt] = [ast.copy_location(ast.Expr(e.elt), e)]
    return [ast.copy_location(ast.For(generator.target, generator.iter, body, [], None), e)]
