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
        if isinstance(node.value, ast.Call):
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
        before = {name: len(v.items) for name, v in scope.values.items() if isinstance(v, Items)}
        self.bind(node.target, self.element(self.node(iterable)), scope)
        self.block(node.body, scope)
        self.gathered(node.body, scope, before)
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
