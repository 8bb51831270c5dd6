"""Level 4: temporaries, loops, containers and branches another way, and dead code."""

from __future__ import annotations

import ast
import random

from benchmarks.similarity.disguises.calls import call_name
from benchmarks.similarity.disguises.synonyms import Synonyms


class Refactor(Synonyms):
    """Level 4."""

    def __init__(
        self, rng: random.Random, networks: bool, batches: bool, needed: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(rng, networks, batches)
        self.needed = needed  # names that other sections of the file use
        self.counter = 0

    def fresh(self) -> str:
        self.counter += 1
        return self.rng.choice(("temp", "inter", "aux", "step_value", "obj", "piece")) + str(self.counter)

    # -- blocks

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # noqa: N802 (the name that ast calls)
        self.generic_visit(node)
        node.body = self.block(node.body, top=node.name == "region")
        return node

    def block(self, body: list[ast.stmt], top: bool) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for statement in self.inlined(body):
            out.extend(self.split(statement))
        if self.rng.random() < 0.7:
            out.insert(self.rng.randrange(len(out) + 1) if not self.networks else 0, self.dead())
        return out

    def inlined(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """A name that the next statement alone uses, replaced by its value."""
        out = list(body)
        i = 0
        while i + 1 < len(out):
            one, after = out[i], out[i + 1]
            if isinstance(one, ast.Assign) and len(one.targets) == 1 and isinstance(one.targets[0], ast.Name):
                name = one.targets[0].id
                uses = [n for s in out for n in ast.walk(s) if isinstance(n, ast.Name) and n.id == name]
                here = [n for n in ast.walk(after) if isinstance(n, ast.Name) and n.id == name]
                simple = isinstance(after, (ast.Assign, ast.Return, ast.Expr)) and name not in self.needed
                if (
                    len(uses) == 2
                    and len(here) == 1
                    and simple
                    and not self.networks
                    and self.rng.random() < 0.5
                ):
                    out[i + 1] = _Replace(name, one.value).visit(after)
                    del out[i]
                    continue
            i += 1
        return out

    def split(self, statement: ast.stmt) -> list[ast.stmt]:
        """A temporary for an inner call, chained calls apart, Sequential another way, branches turned."""
        if isinstance(statement, ast.If):
            statement.body = [s for b in statement.body for s in self.split(b)]
            statement.orelse = [s for b in statement.orelse for s in self.split(b)]
            return self.turned(statement)
        if isinstance(statement, ast.For):
            return self.loop(statement)
        if not isinstance(statement, (ast.Assign, ast.Return, ast.Expr)) or statement.value is None:
            return [statement]
        container = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        if container and call_name(statement.value) == "Sequential" and self.rng.random() < 0.85:  # type: ignore[arg-type]
            return self.sequential(statement)  # type: ignore[arg-type]
        before: list[ast.stmt] = []
        # Names inside stay inside, and what is computed on a condition stays under it.
        scoped = isinstance(
            statement.value,
            (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.Lambda, ast.IfExp, ast.BoolOp),
        )
        if not self.networks and not scoped and self.rng.random() < 0.5:
            inner = [
                n for n in ast.iter_child_nodes(statement.value)
                if isinstance(n, ast.Call) and call_name(n) not in ("super",)
            ]  # fmt: skip
            outer = statement.value.func if isinstance(statement.value, ast.Call) else None
            if isinstance(outer, ast.Attribute) and isinstance(outer.value, ast.Call):
                inner.append(outer.value)
            if inner:
                chosen = self.rng.choice(inner)
                name = self.fresh()
                before.append(ast.Assign([ast.Name(name, ast.Store())], chosen, lineno=0))
                statement = _Swap(chosen, ast.Name(name, ast.Load())).visit(statement)
        if isinstance(statement, ast.Return) and not self.networks and self.rng.random() < 0.3:
            name = self.fresh()
            return [*before, ast.Assign([ast.Name(name, ast.Store())], statement.value, lineno=0),
                    ast.Return(ast.Name(name, ast.Load()))]  # fmt: skip
        return [*before, statement]

    def sequential(self, statement: ast.Assign) -> list[ast.stmt]:
        call = statement.value
        assert isinstance(call, ast.Call)
        name = self.fresh()
        way = self.rng.randrange(4)
        if way == 0:  # a list, filled module by module
            out: list[ast.stmt] = [ast.parse(f"{name} = []").body[0]]
            for arg in call.args:
                add = "extend" if isinstance(arg, ast.Starred) else "append"
                value = arg.value if isinstance(arg, ast.Starred) else arg
                out.append(
                    ast.Expr(
                        ast.Call(ast.Attribute(ast.Name(name, ast.Load()), add, ast.Load()), [value], [])
                    )
                )
            call.args = [ast.Starred(ast.Name(name, ast.Load()), ast.Load())]
            return [*out, statement]
        if way == 1:  # one list in a name
            out = [ast.Assign([ast.Name(name, ast.Store())], ast.List(call.args, ast.Load()), lineno=0)]
            call.args = [ast.Starred(ast.Name(name, ast.Load()), ast.Load())]
            return [*out, statement]
        if way == 2 and len(call.args) > 3 and not any(isinstance(a, ast.Starred) for a in call.args):
            middle = self.rng.randrange(2, len(call.args) - 1)
            parts = [ast.Call(call.func, call.args[:middle], []), ast.Call(call.func, call.args[middle:], [])]
            call.args = list(parts)
            return [statement]
        if call.args and not any(isinstance(a, ast.Starred) for a in call.args) and call.args:
            out = []
            names = []
            for arg in call.args:  # each module in a name
                names.append(self.fresh())
                out.append(ast.Assign([ast.Name(names[-1], ast.Store())], arg, lineno=0))
            call.args = [ast.Name(n, ast.Load()) for n in names]
            return [*out, statement]
        return [statement]

    def turned(self, node: ast.If) -> list[ast.stmt]:
        if (
            node.orelse
            and len(node.orelse)
            and not isinstance(node.orelse[0], ast.If)
            and self.rng.random() < 0.6
        ):
            node.test, node.body, node.orelse = _negated(node.test), node.orelse, node.body
        return [node]

    def loop(self, node: ast.For) -> list[ast.stmt]:
        """`for i in range(n)` as a while loop."""
        call = node.iter
        if (
            isinstance(call, ast.Call) and call_name(call) == "range" and len(call.args) == 1
            and isinstance(node.target, ast.Name) and self.rng.random() < 0.6
        ):  # fmt: skip
            start = ast.parse(f"{node.target.id} = 0").body
            step = ast.parse(f"{node.target.id} += 1").body
            test = ast.Compare(ast.Name(node.target.id, ast.Load()), [ast.Lt()], [call.args[0]])
            return [*start, ast.While(test, [*node.body, *step], [])]
        return [node]

    def dead(self) -> ast.stmt:
        name = self.fresh()
        return self.rng.choice(
            [
                ast.parse(f"{name} = 0").body[0],
                ast.parse(f"{name} = [1, 2, 3]").body[0],
                ast.parse(f"if False:\n    {name} = None").body[0],
                ast.parse(f"{name} = 'done'").body[0],
                ast.parse(f"{name} = 3 * 7 + {self.rng.randrange(9)}").body[0],
            ]
        )

    # -- expressions


class _Replace(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value = name, value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.value if node.id == self.name and isinstance(node.ctx, ast.Load) else node


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        turned = {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}.get(
            type(test.ops[0])
        )
        if turned is not None:
            return ast.Compare(test.left, [turned()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)
