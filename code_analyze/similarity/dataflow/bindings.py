"""What a program binds: assignments to names, attributes, items, and unpacking."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.expressions import Expressions
from code_analyze.similarity.dataflow.node import Node, number
from code_analyze.similarity.dataflow.sequences import is_all
from code_analyze.similarity.dataflow.values import Cases, Instance, Items, Scope, Value

DONE = True  # a block that ends here: what follows in it is dead
MAX_FORKS = 15  # of one file: what follows a branch is read twice, what follows two of them four times


class Bindings(Expressions):
    """Reads assignments."""

    def st_assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.expr(node.value, scope)
        if isinstance(value, Cases) and self.forks + len(value.tests) <= MAX_FORKS:
            self.split(node.targets, value, scope)
            return
        for target in node.targets:
            self.bind(target, value, scope)

    def split(self, targets: list[ast.expr], cases: Cases, scope: Scope) -> None:
        """Binds one of some values: what follows is read once for each."""
        self.forks += len(cases.tests)
        place = self.place
        for test in cases.tests:
            self.place = place
            self.condition(test)
        known = scope.values
        for value in cases.values:
            branch = Scope({name: apart(each) for name, each in known.items()}, scope.outer, scope.instance)
            for target in targets:
                self.bind(target, value, branch)
            self.fork.append(branch.values)
        scope.values = self.fork.pop()

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
                self.set_own(owner, target.attr, value)
            else:
                self.set_attribute(target.attr, self.node(owner), self.node(value))
        elif isinstance(target, ast.Subscript):
            holder = self.expr(target.value, scope)
            span = self.span(target.slice, scope) if isinstance(holder, Items) else None
            if isinstance(holder, Items) and span is not None and isinstance(value, Items):
                holder.items[span] = value.items
            elif isinstance(holder, Items) and holder.kind == "dict":
                holder.put(self.node(self.expr(target.slice, scope)), value)
            elif isinstance(holder, Items) and not isinstance(target.slice, ast.Slice):
                at = self.place_in(holder, target.slice, scope)
                if at is not None:
                    holder.items[at] = value
            elif is_all(target.slice):  # bias[:] = 0
                self.mark("[:] =")
                self.effect("do", self.operation("copy_", [self.node(holder), self.node(value)], {}))
            else:
                self.effect("setitem", self.node(holder), self.node(value))

    def st_delete(self, node: ast.Delete, scope: Scope) -> None:
        """del layers[-1], del layers[-2:]"""
        for target in node.targets:
            holder = self.expr(target.value, scope) if isinstance(target, ast.Subscript) else None
            if not isinstance(target, ast.Subscript) or not isinstance(holder, Items) or holder.keys:
                continue
            span = self.span(target.slice, scope)
            if span is not None:
                del holder.items[span]
            elif not isinstance(target.slice, ast.Slice):
                at = self.place_in(holder, target.slice, scope)
                if at is not None:
                    del holder.items[at]

    def place_in(self, holder: Items, index: ast.expr, scope: Scope) -> int | None:
        """An index into a list, where it is known and there."""
        at = number(self.node(self.expr(index, scope)))
        return int(at) if at is not None and -len(holder.items) <= at < len(holder.items) else None

    def set_attribute(self, name: str, owner: Node, value: Node) -> None:
        """The effect of setting an attribute of an object."""
        if name == "grad" and value.op == "element" and value.args[0].op == "grad":  # of torch.autograd.grad
            self.mark("torch.autograd.grad")
            for term in self.summands(value.args[0].args[0]):
                self.effect("do", self.make("backward", term))
            value = Node("=None")
        zeroed = self.zeroed_by_parameter(owner, name, value)
        if zeroed is not None:
            self.effect("do", zeroed)
        elif name == "data" and owner.op.startswith("."):  # a weight that is overwritten
            self.mark("data =")
            self.effect("do", self.operation("copy_", [owner, value], {}))
        else:
            self.effect(f"setattr:{name}", owner, value)


def _as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return target


def apart(value: Value) -> Value:
    """A value that doesn't change when a list is appended to in the other branch."""
    if not isinstance(value, Items):
        return value
    return Items(list(value.items), value.kind, value.place, list(value.keys))
