"""The canonical channel: what a program computes, with the way it is written down left out.

A small abstract interpreter walks a module's syntax tree and builds the values (`algebra.Node`) that its
effects depend on: what it returns, stores on `self`, or does by a call. Names and temporaries vanish
because a name is replaced by its value; dead code because no effect reaches it; order because values
depend on their inputs alone; helpers because calls of the student's own functions are inlined; loops
over something known because they are unrolled; spellings by the tables of `spelling`. Nothing is run.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator, Sequence

from code_analyze.similarity.algebra import Node
from code_analyze.similarity.expressions import Expressions, TooMuchError
from code_analyze.similarity.places import Places
from code_analyze.similarity.values import Closure, Instance, Items, Scope, Value

MAX_UNROLL = 24
DONE = True  # a block that ends here: what follows in it is dead


class Interpreter(Expressions):
    """One file. See `Expressions` for its parameters."""

    def __init__(self, places: Places, dictated: frozenset[str]) -> None:
        super().__init__(places, dictated)
        self.returned: list[list[Value]] = []

    def run(self, tree: ast.Module) -> list[Node]:
        """The effects of a file, in no particular order."""
        for node in self.read_for_names(tree.body):
            if isinstance(node, ast.Import):
                for name in node.names:
                    top = name.name.split(".")[0]
                    self.imports[name.asname or top] = name.name if name.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for name in node.names:
                    self.imports[name.asname or name.name] = f"{node.module}.{name.name}"
            elif isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name):
                    self.called.add(node.func.id)
                elif isinstance(node.func, ast.Attribute):
                    self.called.add(node.func.attr)
        with contextlib.suppress(TooMuchError, RecursionError):  # what was read so far counts
            self.block(tree.body, self.globals)
        return self.effects

    def read_for_names(self, body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
        """All nodes of the student's statements, and the starter's imports."""
        for statement in body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                yield statement
            elif self.places.own(statement):
                if isinstance(statement, (ast.ClassDef, ast.FunctionDef)):
                    yield from self.read_for_names(statement.body)
                else:
                    yield from ast.walk(statement)

    # -- blocks

    def block(self, body: Sequence[ast.stmt], scope: Scope) -> bool:
        """Reads statements; True when what follows isn't reached."""
        for statement in body:
            self.at(statement)
            read = self.STATEMENTS.get(type(statement))
            if read is not None and read(self, statement, scope):
                return DONE
        return False

    def function(self, node: ast.FunctionDef, scope: Scope, instance: Instance | None) -> None:
        """Reads a function that nothing inlines: its parameters are unknown values."""
        inner = Scope({}, scope, instance)
        args = node.args
        names = [a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs]]
        for index, name in enumerate(names):
            inner.values[name] = Node(f"param:{name}" if name in self.dictated else f"param:{index}")
        if instance is not None and names:
            inner.values[names[0]] = instance
        for extra in (args.vararg, args.kwarg):
            if extra is not None:
                inner.values[extra.arg] = Node("param:rest")
        self.returned.append([])
        try:
            self.block(node.body, inner)
            for value in self.returned[-1]:
                parts = value.items if isinstance(value, Items) and value.kind == "list" else [value]
                for part in parts:
                    node_ = self.node(part)
                    self.place = node_.place if node_.place[0] else self.place
                    self.effects.append(Node("return", (node_,), self.place))
        finally:
            self.returned.pop()

    def given(self, node: ast.FunctionDef | ast.ClassDef) -> bool:
        """Whether the starter defines it: a definition in a line of the student's is the student's."""
        return node.name in self.dictated and not self.places.part(node.lineno)

    def st_function(self, node: ast.FunctionDef, scope: Scope) -> None:
        if not self.places.own(node):
            return
        scope.values[node.name] = Closure(node.args, node.body, scope)
        given = self.given(node)
        if given:
            del scope.values[node.name]
        if given or node.name not in self.called:
            self.function(node, scope, None)

    def st_class(self, node: ast.ClassDef, scope: Scope) -> None:
        methods = {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}
        if not self.given(node) and node.name in self.called:
            self.classes[node.name] = (methods, scope)
            return
        instance = Instance(methods, {}, scope)
        if not self.places.own(node):
            return
        for method in sorted(methods.values(), key=lambda m: m.name != "__init__"):
            if not self.places.own(method):
                continue
            if method.name.startswith("__") or self.given(method) or method.name not in self.called:
                self.at(method)
                self.function(method, scope, instance)
        self.block([s for s in node.body if not isinstance(s, ast.FunctionDef)], Scope({}, scope))

    # -- simple statements

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
            for index, part in enumerate(target.elts):
                if isinstance(part, ast.Starred):
                    self.bind(part.value, self.node(value), scope)
                else:
                    self.bind(part, self.item(value, index), scope)
        elif isinstance(target, ast.Attribute):
            owner = self.expr(target.value, scope)
            if isinstance(owner, Instance):
                owner.attributes[target.attr] = value
                if not owner.own:
                    self.effect(
                        f"set:{target.attr}" if target.attr in self.dictated else "set", self.node(value)
                    )
            else:
                self.effect(f"setattr:{target.attr}", self.node(owner), self.node(value))
        elif isinstance(target, ast.Subscript):
            self.effect("setitem", self.node(self.expr(target.value, scope)), self.node(value))

    def st_return(self, node: ast.Return, scope: Scope) -> bool:
        if self.returned:
            value = self.expr(node.value, scope) if node.value is not None else None
            if value is not None:
                self.returned[-1].append(value)
        return DONE

    def st_raise(self, node: ast.Raise, scope: Scope) -> bool:
        return DONE

    def st_expression(self, node: ast.Expr, scope: Scope) -> None:
        if isinstance(node.value, ast.Call):
            if self.updates(node.value, scope):
                return
            value = self.expr(node.value, scope)
            if isinstance(value, Node) and value.op not in ("=None", "none"):
                self.effect("do", value)
        elif isinstance(node.value, (ast.Yield, ast.YieldFrom)) and node.value.value is not None:
            self.effect("yield", self.node(self.expr(node.value.value, scope)))

    # -- control flow

    def st_if(self, node: ast.If, scope: Scope) -> bool:
        condition = self.truth(node.test, scope)
        if condition is not None:
            return self.block(node.body if condition else node.orelse, scope)
        test = self.node(self.expr(node.test, scope))
        before = dict(scope.values)
        body_ends = self.block(node.body, scope)
        after_body, scope.values = scope.values, dict(before)
        else_ends = self.block(node.orelse, scope)
        after_else = scope.values
        if body_ends or else_ends:
            scope.values = after_else if body_ends else after_body
            return body_ends and else_ends
        merged = dict(after_else)
        for name, value in after_body.items():
            other = after_else.get(name)
            if other is not value and isinstance(value, Node) and isinstance(other, Node):
                merged[name] = (
                    self.make("choice", test, value, other) if value.digest() != other.digest() else value
                )
            elif other is None:
                merged[name] = value
        scope.values = merged
        return False

    def st_for(self, node: ast.For, scope: Scope) -> bool:
        iterable = self.expr(node.iter, scope)
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
            self.effect("with", value)
        return self.block(node.body, scope)

    def st_try(self, node: ast.Try, scope: Scope) -> bool:
        ended = self.block(node.body, scope)
        return self.block(node.finalbody, scope) or ended

    def st_jump(self, node: ast.stmt, scope: Scope) -> bool:
        return DONE

    STATEMENTS: dict[type, Callable[..., bool | None]] = {
        ast.FunctionDef: st_function,
        ast.AsyncFunctionDef: st_function,
        ast.ClassDef: st_class,
        ast.Assign: st_assign,
        ast.AnnAssign: st_annotated,
        ast.AugAssign: st_augmented,
        ast.Return: st_return,
        ast.Raise: st_raise,
        ast.Expr: st_expression,
        ast.If: st_if,
        ast.For: st_for,
        ast.AsyncFor: st_for,
        ast.While: st_while,
        ast.With: st_with,
        ast.AsyncWith: st_with,
        ast.Try: st_try,
        ast.Break: st_jump,
        ast.Continue: st_jump,
    }


def _as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return target
