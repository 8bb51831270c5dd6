"""What a program binds: assignments to names, attributes, items, and unpacking."""

from __future__ import annotations

import ast

from code_analyze.similarity.dataflow.expressions import Expressions
from code_analyze.similarity.dataflow.node import Node
from code_analyze.similarity.dataflow.values import Instance, Items, Scope, Value


class Bindings(Expressions):
    """Reads assignments."""

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


def _as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return target
