"""The state of reading one file: its scopes, its imports, what it does so far, and where."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from code_analyze.similarity.dataflow.layers import INPUT
from code_analyze.similarity.dataflow.node import Node, Place
from code_analyze.similarity.dataflow.values import Cases, Closure, Instance, Items, Partial, Scope, Value
from code_analyze.similarity.given import Given
from code_analyze.similarity.places import Places

MAX_NODES = 30_000  # of one file; one that unrolls to more is cut off there
BUILTINS = frozenset(dir(builtins))
NOTHING = Node("=None")


class TooMuchError(Exception):
    """The budget of one file is used up."""


class Reader:
    """What the parts of the interpreter share.

    `places` says which lines are the student's, and of which part; `given` which names the starter fixes.
    Names of the student's own are replaced by what they stand for.
    """

    def __init__(self, places: Places, given: Given) -> None:
        self.places = places
        self.given = given
        self.effects: list[Node] = []
        self.place = (0, 0)
        self.inlined: list[int] = []  # the regions of the calls that are being inlined
        self.budget = MAX_NODES
        self.imports: dict[str, str] = {}
        self.called: set[str] = set()
        self.classes: dict[str, tuple[ast.ClassDef, Scope]] = {}
        self.globals = Scope({})
        # By each function that is being read, the innermost last: what it returns, where and when, and the
        # containers that it stores on self, which are not complete before its end.
        self.returned: list[list[tuple[Value, Place, Node | None]]] = []
        self.tests: list[Node] = []  # the conditions of the branches that are being read
        self.kept: list[list[tuple[str, Value, Place]]] = []
        self.manners: dict[int, set[str]] = {}  # by part: see `mark`
        self.fork: list[dict[str, Value]] = []  # the values of the other branches
        self.forks = 0
        self.choices = False  # whether any value has a choice in it
        self.yielded: list[list[Value]] = []  # by each generator that is being inlined
        self.reading: list[object] = []  # the bodies that are being inlined

    def at(self, node: ast.AST) -> None:
        line: int = getattr(node, "lineno", self.place[1])
        self.place = ((self.inlined[0] if self.inlined else 0) or self.places.part(line), line)

    def mark(self, what: str) -> None:
        """Notes a manner of writing that the form leaves out."""
        if self.place[0]:
            self.manners.setdefault(self.place[0], set()).add(what)

    def spend(self) -> None:
        self.budget -= 1
        if self.budget < 0:
            raise TooMuchError

    def make(self, op: str, *args: Node) -> Node:
        self.spend()
        if op == "choice":
            self.choices = True
        return Node(op, args, self.place)

    def effect(self, op: str, *args: Node) -> None:
        self.effects.append(self.make(op, *args))

    def node(self, value: Value) -> Node:
        """A value as a node: a chain of modules as what it does with an input."""
        if isinstance(value, Node):
            return value
        if isinstance(value, Items):
            if value.kind == "dict":  # without its keys, which have names of the student's own
                return self.make("dict", *sorted(map(self.node, value.items), key=Node.digest))
            if value.kind != "list":
                return self.apply(value, [INPUT])
            return self.make("list", *[self.node(item) for item in value.items])
        if isinstance(value, Cases):
            chosen = self.node(value.values[-1])
            for test, one in reversed(list(zip(value.tests, value.values, strict=False))):
                ways = (self.node(one), chosen) if test.op != "not" else (chosen, self.node(one))
                chosen = self.make("choice", test.args[0] if test.op == "not" else test, *ways)
            return chosen
        if isinstance(value, Partial):
            return self.make("partial", *map(self.node, [*value.args, *value.kwargs.values()]))
        if isinstance(value, Closure):
            params, done = [a.arg for a in value.params.args], len(self.effects)
            result = self.node(self.inline(value, [Node(f"param:{i}") for i in range(len(params))], {}))
            del self.effects[done:]  # it is not called here
            return result
        if value.own and ("forward" in value.methods or value.chain is not None):
            return self.apply(value, [INPUT])
        return Node("self")

    def nodes(self, kwargs: dict[str, Value]) -> dict[str, Node]:
        return {key: self.node(value) for key, value in kwargs.items()}

    def set_own(self, owner: Instance, name: str, value: Value) -> None:
        """Sets an attribute of an object. On `self` that is an effect, with a name that the starter fixes."""
        owner.attributes[name] = value
        if owner.own:
            return
        effect = f"set:{name}" if name in self.given.attributes else "set"
        if self.kept and not isinstance(value, Node):
            self.kept[-1].append((effect, value, self.place))
        else:
            self.effect(effect, self.node(value))

    # -- what the parts call of each other

    def expr(self, e: ast.expr, scope: Scope) -> Value:
        raise NotImplementedError

    def truth(self, e: ast.expr, scope: Scope) -> bool | None:
        raise NotImplementedError

    def ex_attribute(self, e: ast.Attribute, scope: Scope) -> Value:
        raise NotImplementedError

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        raise NotImplementedError

    def block(self, body: Sequence[ast.stmt], scope: Scope) -> bool:
        raise NotImplementedError

    def call(self, target: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        raise NotImplementedError

    def apply(self, target: Value, args: list[Value]) -> Node:
        raise NotImplementedError

    def row(self, base: Node, index: Node) -> Node | None:
        raise NotImplementedError

    def condition(self, test: Node) -> None:
        raise NotImplementedError

    def operation(self, name: str, args: list[Node], kwargs: dict[str, Node]) -> Node:
        raise NotImplementedError

    def inline(self, closure: Closure, args: list[Value], kwargs: dict[str, Value]) -> Value:
        raise NotImplementedError
