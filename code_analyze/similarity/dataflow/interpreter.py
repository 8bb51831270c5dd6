"""One file, read from top to bottom: its definitions, and what the student's own of them do."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterable, Sequence

from code_analyze.similarity.dataflow.bindings import DONE
from code_analyze.similarity.dataflow.node import Node
from code_analyze.similarity.dataflow.reader import TooMuchError
from code_analyze.similarity.dataflow.results import Results
from code_analyze.similarity.dataflow.statements import Statements
from code_analyze.similarity.dataflow.values import (
    Closure,
    Instance,
    Scope,
    Value,
    is_static,
    methods_of,
)


class Interpreter(Results):
    """See `Reader` for its parameters."""

    def run(self, tree: ast.Module, nodes: Iterable[ast.AST]) -> list[Node]:
        """The effects of a file, in no particular order. `nodes` are those of `Places.nodes`."""
        for node in nodes:
            if isinstance(node, ast.Import):
                for name in node.names:
                    top = name.name.split(".")[0]
                    self.imports[name.asname or top] = name.name if name.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for name in node.names:
                    self.imports[name.asname or name.name] = f"{node.module}.{name.name}"
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                self.called.add(node.func.attr)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self.called.add(node.id)  # by itself, or as a value in a table
        with contextlib.suppress(TooMuchError, RecursionError):  # what was read so far counts
            self.hoist(tree)
            self.fork = []
            self.block(tree.body, self.globals)
        return self.finished()

    def hoist(self, tree: ast.Module) -> None:
        """Makes the student's helpers known: what calls them may stand above them in the file."""
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and self.places.own(node) and not self.is_given(node):
                self.globals.values[node.name] = Closure(node.args, node.body, self.globals)
            elif isinstance(node, ast.ClassDef) and node.name in self.called and not self.is_given(node):
                self.classes[node.name] = (node, self.globals)
        for node in tree.body:  # and its tables
            if not isinstance(node, ast.Assign) or not self.places.own(node):
                continue
            if all(isinstance(target, ast.Name) for target in node.targets):
                self.st_assign(node, self.globals)

    def block(self, body: Sequence[ast.stmt], scope: Scope) -> bool:
        """Reads statements; True when what follows isn't reached."""
        for index, statement in enumerate(body):
            self.at(statement)
            read = self.STATEMENTS.get(type(statement))
            if read is not None and read(self, statement, scope):
                return DONE
            if self.fork:
                return self.branches(body[index + 1 :], scope)
        return False

    def branches(self, body: Sequence[ast.stmt], scope: Scope) -> bool:
        """Reads what follows a branch once for each way. Those that go on after it are the caller's."""
        others, self.fork = self.fork, []
        going_on: list[dict[str, Value]] = []
        for values in [*others, scope.values]:
            way = Scope(values, scope.outer, scope.instance)
            ended = self.block(body, way)
            going_on += self.fork if ended else [*self.fork, way.values]
            self.fork = []
        if not going_on:
            return DONE
        scope.values, self.fork = going_on[-1], going_on[:-1]
        return False

    def function(
        self, node: ast.FunctionDef, scope: Scope, instance: Instance | None, is_given: bool
    ) -> None:
        """Reads a function that nothing inlines: its parameters are unknown values."""
        inner = Scope({}, scope, instance)
        args = node.args
        names = [a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs]]
        for index, name in enumerate(names):
            inner.values[name] = Node(f"param:{name}" if is_given else f"param:{index}")
        if instance is not None and names and not is_static(node):
            inner.values[names[0]] = instance
        for extra in (args.vararg, args.kwarg):
            if extra is not None:
                inner.values[extra.arg] = Node("param:rest")
        self.returned.append([])
        self.kept.append([])
        try:
            self.block(node.body, inner)
            self.fork = []
            for value, place, _ in self.returned[-1]:
                self.at_end(value, place)
            for name, value, place in self.kept[-1]:
                self.place = place
                self.effect(name, self.node(value))
        finally:
            self.returned.pop()
            self.kept.pop()

    def is_given(self, node: ast.FunctionDef | ast.ClassDef) -> bool:
        """Whether the starter defines it: a definition in a line of the student's is the student's."""
        return node.name in self.given.words and not self.places.part(node.lineno)

    def st_function(self, node: ast.FunctionDef, scope: Scope) -> None:
        if not self.places.own(node):
            return
        scope.values[node.name] = Closure(node.args, node.body, scope)
        given = self.is_given(node)
        if given:
            del scope.values[node.name]
        if given or node.name not in self.called:
            self.function(node, scope, None, given)

    def st_class(self, node: ast.ClassDef, scope: Scope) -> None:
        methods = methods_of(node)
        if not self.is_given(node) and node.name in self.called:
            self.classes[node.name] = (node, scope)
            return
        instance = Instance(methods, {}, scope)
        if not self.places.own(node):
            return
        for method in sorted(methods.values(), key=lambda m: m.name != "__init__"):
            if not self.places.own(method):
                continue
            if method.name.startswith("__") or self.is_given(method) or method.name not in self.called:
                self.at(method)
                self.function(method, scope, instance, self.is_given(method))
        self.block([s for s in node.body if not isinstance(s, ast.FunctionDef)], Scope({}, scope))

    STATEMENTS: dict[type, Callable[..., bool | None]] = {
        ast.FunctionDef: st_function,
        ast.AsyncFunctionDef: st_function,
        ast.ClassDef: st_class,
        ast.Assign: Statements.st_assign,
        ast.AnnAssign: Statements.st_annotated,
        ast.AugAssign: Statements.st_augmented,
        ast.Delete: Statements.st_delete,
        ast.Return: Statements.st_return,
        ast.Raise: Statements.st_raise,
        ast.Expr: Statements.st_expression,
        ast.If: Statements.st_if,
        ast.For: Statements.st_for,
        ast.AsyncFor: Statements.st_for,
        ast.While: Statements.st_while,
        ast.With: Statements.st_with,
        ast.AsyncWith: Statements.st_with,
        ast.Try: Statements.st_try,
        ast.Break: Statements.st_jump,
        ast.Continue: Statements.st_jump,
        ast.Match: Statements.st_match,
    }
