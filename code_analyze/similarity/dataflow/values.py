"""What a name can stand for while a program is read: nodes, known lists, functions, modules, scopes."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from code_analyze.similarity.dataflow.node import Node


@dataclass
class Items:
    """A list, tuple, dictionary or container of modules whose items are known.

    `kind` is "list", "dict" or, for a chain of modules, "Sequential" or "ModuleList". `keys` are those of a
    dictionary, in the order of its items.
    """

    items: list[Value] = field(default_factory=list)
    kind: str = "list"
    place: tuple[int, int] = (0, 0)
    keys: list[Node] = field(default_factory=list)

    def position(self, key: Node) -> int | None:
        """Where a dictionary has a key, or None."""
        return next((i for i, known in enumerate(self.keys) if known.digest() == key.digest()), None)

    def put(self, key: Node, value: Value) -> None:
        """Sets a dictionary's item."""
        at = self.position(key)
        if at is None or key.op == "string":  # an f-string: another one each time
            self.keys.append(key)
            self.items.append(value)
        else:
            self.items[at] = value

    def iterated(self) -> Items:
        """What a loop over it sees: the keys of a dictionary."""
        return Items(list(self.keys), "list", self.place) if self.kind == "dict" else self


@dataclass
class Closure:
    """A function of the student that is inlined where it is called."""

    params: ast.arguments
    body: Sequence[ast.stmt] | ast.expr
    scope: Scope
    instance: Instance | None = None  # for methods


@dataclass
class Cases:
    """One of some values, by which of the tests holds first; the last value if none does."""

    tests: list[Node]
    values: list[Value]


@dataclass
class Partial:
    """functools.partial: a call with some of its arguments."""

    target: Value
    args: list[Value]
    kwargs: dict[str, Value]


@dataclass
class Instance:
    """`self`, or an object of a class that the student added; attributes by name."""

    methods: dict[str, ast.FunctionDef] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    scope: Scope | None = None
    own: bool = False  # the class is the student's, so its methods are inlined
    chain: Items | None = None  # what an nn.Sequential of the student's consists of

    def called(self) -> ast.FunctionDef | None:
        """The method that runs when the object is called."""
        return self.methods.get("forward") or self.methods.get("__call__")


@dataclass
class Scope:
    """Names and their values; the scopes outside are looked up next."""

    values: dict[str, Value]
    outer: Scope | None = None
    instance: Instance | None = None

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
        return None

    def own_instance(self) -> Instance | None:
        """The object that `self` is here."""
        scope: Scope | None = self
        while scope is not None:
            if scope.instance is not None:
                return scope.instance
            scope = scope.outer
        return None


def methods_of(node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    """The methods that a class defines, by name."""
    return {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}


def parameters(method: ast.FunctionDef) -> list[str]:
    """The names of a method's arguments by position, without its object."""
    return [a.arg for a in [*method.args.posonlyargs, *method.args.args]][1:]


def returned_values(method: ast.FunctionDef) -> int:
    """How many values each of its returns has, or 0 where that isn't known."""
    returns = [node.value for node in ast.walk(method) if isinstance(node, ast.Return)]
    lengths = {len(value.elts) if isinstance(value, ast.Tuple) else 0 for value in returns}
    return lengths.pop() if len(lengths) == 1 else 0


def is_static(method: ast.FunctionDef) -> bool:
    """Whether a method is called without its object."""
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in method.decorator_list)


Value: TypeAlias = "Node | Items | Closure | Partial | Cases | Instance"
