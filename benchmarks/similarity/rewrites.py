"""The plagiarist's rewrites of syntax trees: levels 3 (`Reformat`, `reorder`) and 4 (`Refactor`)."""

from __future__ import annotations

import ast
import random

POSITIONS = {
    "Conv2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding"),
    "ConvTranspose2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding"),
    "Linear": ("in_features", "out_features"),
    "BatchNorm2d": ("num_features",),
    "normal_": ("tensor", "mean", "std"),
}
SYNONYMS = ("exp", "sum", "mean", "pow", "log", "flatten", "chunk", "split", "square")


def _call_name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _module_of(node: ast.expr) -> str:
    return node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""


def _is_size(node: ast.expr) -> bool:
    """Whether a number beside this counts something, so that it must stay whole."""
    words = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    words |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return isinstance(node, ast.Constant) or any(
        part in word for word in words for part in ("dim", "num", "channels", "shape", "size", "len")
    )


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


class Reformat(ast.NodeTransformer):
    """Level 3: the same expressions written another way."""

    def __init__(self, rng: random.Random, networks: bool) -> None:
        self.rng = rng
        self.networks = networks

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        plain = not self.networks or _is_number(node.left) or _is_number(node.right)
        if isinstance(node.op, (ast.Add, ast.Mult)) and plain and self.rng.random() < 0.5:
            node.left, node.right = node.right, node.left
        if not self.networks:
            for side in ("left", "right"):
                value = getattr(node, side)
                whole = isinstance(value, ast.Constant) and type(value.value) is int
                other = node.right if side == "left" else node.left
                if (
                    whole
                    and self.rng.random() < 0.4
                    and not isinstance(node.op, ast.Pow)
                    and not _is_size(other)
                ):
                    setattr(node, side, ast.Constant(float(value.value)))
        if isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant) and self.rng.random() < 0.25:
            node.op, node.right = ast.Mult(), ast.BinOp(ast.Constant(1.0), ast.Div(), node.right)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and node.value == 1024 and self.rng.random() < 0.5:
            return ast.parse("16 * 8 * 8", mode="eval").body
        if type(node.value) is float and node.value == 0.5 and self.rng.random() < 0.4:
            return ast.parse("1 / 2", mode="eval").body
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        names = POSITIONS.get(_call_name(node))
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        method = (
            _call_name(node) == "normal_"
            and _module_of(node.func) != "init"
            and not isinstance(getattr(node.func, "value", None), ast.Attribute)
        )
        if (
            names
            and not starred
            and not method
            and not (_call_name(node) == "normal_" and _from_tensor(node))
        ):
            kind = self.rng.random()
            if kind < 0.4:  # all named
                keep = 1 if _call_name(node) == "normal_" else 0
                moved = [
                    ast.keyword(names[i], arg)
                    for i, arg in enumerate(node.args[keep:], keep)
                    if i < len(names)
                ]
                node.args, node.keywords = node.args[:keep], moved + node.keywords
            elif kind < 0.7:  # as many by position as possible
                by_name = {k.arg: k for k in node.keywords}
                for name in names[len(node.args) :]:
                    if name not in by_name:
                        break
                    node.args.append(by_name[name].value)
                    node.keywords.remove(by_name[name])
        if len(node.keywords) > 1 and all(k.arg for k in node.keywords):
            self.rng.shuffle(node.keywords)
        return node


def _from_tensor(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and not (
        isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "init"
    )


def _reads_writes(node: ast.stmt) -> tuple[set[str], set[str], bool]:
    reads: set[str] = set()
    writes: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            (writes if isinstance(child.ctx, ast.Store) else reads).add(child.id)
        elif (
            isinstance(child, ast.Attribute)
            and isinstance(child.value, ast.Name)
            and child.value.id == "self"
        ):
            (writes if isinstance(child.ctx, ast.Store) else reads).add(f"self.{child.attr}")
    effect = not isinstance(node, ast.Assign) or any(
        isinstance(c, ast.Call) and _call_name(c).endswith("_") for c in ast.walk(node)
    )
    return reads, writes, effect


def reorder(tree: ast.AST, rng: random.Random) -> None:
    """Swaps neighbours that don't depend on each other, in every block."""
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if not isinstance(block, list) or isinstance(node, (ast.ClassDef, ast.Module)):
                continue
            for _ in range(2):
                for i in range(len(block) - 1):
                    if rng.random() < 0.6 and _independent(block[i], block[i + 1]):
                        block[i], block[i + 1] = block[i + 1], block[i]


def _independent(one: ast.stmt, other: ast.stmt) -> bool:
    r1, w1, e1 = _reads_writes(one)
    r2, w2, e2 = _reads_writes(other)
    if w1 & (r2 | w2) or w2 & r1:
        return False
    texts = ast.unparse(one), ast.unparse(other)
    grad = [any(word in t for word in ("backward", "step()")) for t in texts]
    zero = ["zero_grad" in t for t in texts]
    if (zero[0] and not (e2 or grad[1])) or (zero[1] and not (e1 or grad[0])):
        return True
    return not e1 and not e2


class Refactor(ast.NodeTransformer):
    """Level 4."""

    def __init__(self, rng: random.Random, networks: bool, needed: frozenset[str] = frozenset()) -> None:
        self.rng = rng
        self.networks = networks
        self.needed = needed  # names that other sections of the file use
        self.counter = 0

    def fresh(self) -> str:
        self.counter += 1
        return self.rng.choice(("temp", "inter", "aux", "step_value", "obj", "piece")) + str(self.counter)

    # -- blocks

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
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
        if container and _call_name(statement.value) == "Sequential" and self.rng.random() < 0.85:  # type: ignore[arg-type]
            return self.sequential(statement)  # type: ignore[arg-type]
        before: list[ast.stmt] = []
        scoped = isinstance(statement.value, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.Lambda))
        if not self.networks and not scoped and self.rng.random() < 0.5:  # names inside stay inside
            inner = [
                n for n in ast.iter_child_nodes(statement.value)
                if isinstance(n, ast.Call) and _call_name(n) not in ("super",)
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
            isinstance(call, ast.Call) and _call_name(call) == "range" and len(call.args) == 1
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

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = _call_name(node)
        func = node.func
        if not isinstance(func, ast.Attribute) or self.networks:
            return node
        chance = self.rng.random() < 0.6
        if name in SYNONYMS and chance:
            if _module_of(func) == "torch" and node.args and not isinstance(node.args[0], ast.Starred):
                if not _is_number(node.args[0]):
                    return ast.Call(
                        ast.Attribute(node.args[0], name, ast.Load()), node.args[1:], node.keywords
                    )
            elif _module_of(func) not in ("torch", "F", "nn", "np", "math"):
                return ast.Call(ast.Attribute(ast.Name("torch", ast.Load()), name, ast.Load()),
                                [func.value, *node.args], node.keywords)  # fmt: skip
        if name == "view" and chance:
            func.attr = "reshape"
        if name == "binary_cross_entropy" and self.rng.random() < 0.4 and _module_of(func) == "F":
            criterion = ast.parse("torch.nn.BCELoss()", mode="eval").body
            assert isinstance(criterion, ast.Call)
            criterion.keywords = node.keywords
            return ast.Call(criterion, node.args, [])
        if name in ("ones_like", "zeros_like") and self.rng.random() < 0.4:
            value = "1.0" if name == "ones_like" else "0.0"
            return ast.Call(ast.Attribute(ast.Name("torch", ast.Load()), "full_like", ast.Load()),
                            [node.args[0], ast.parse(value, mode="eval").body], [])  # fmt: skip
        if name == "float" and not node.args and chance:
            func.attr = "to"
            node.args = [ast.parse("torch.float32", mode="eval").body]
        if name == "size" and len(node.args) == 1 and chance:
            return ast.Subscript(ast.Attribute(func.value, "shape", ast.Load()), node.args[0], ast.Load())
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        of_shape = isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        read = of_shape and isinstance(node.ctx, ast.Load) and _is_number(node.slice)
        if read and self.rng.random() < 0.4:
            return ast.Call(ast.Attribute(node.value.value, "size", ast.Load()), [node.slice], [])  # type: ignore[attr-defined]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if self.networks:
            return node
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 2:
            way = self.rng.randrange(3)
            if way == 0:
                return ast.Call(ast.Attribute(node.left, "pow", ast.Load()), [node.right], [])
            if way == 1 and isinstance(node.left, ast.Name):
                return ast.BinOp(node.left, ast.Mult(), node.left)
        is_sum = (
            isinstance(node.left, ast.Call) and _call_name(node.left) == "sum" and len(node.left.args) < 2
        )
        is_count = not isinstance(node.right, (ast.Constant, ast.BinOp))  # / 2 and / (2 * n) make no mean
        if (
            isinstance(node.op, ast.Div)
            and is_sum
            and is_count
            and not node.left.keywords
            and self.rng.random() < 0.5
        ):  # type: ignore[attr-defined]
            assert isinstance(node.left, ast.Call)
            assert isinstance(node.left.func, ast.Attribute)
            inner = (
                node.left.args[0]
                if _module_of(node.left.func) == "torch" and node.left.args
                else node.left.func.value
            )
            flat = ast.Call(ast.Attribute(inner, "flatten", ast.Load()), [ast.Constant(1)], [])
            summed = ast.Call(ast.Attribute(flat, "sum", ast.Load()), [ast.Constant(1)], [])
            return ast.Call(ast.Attribute(summed, "mean", ast.Load()), [], [])
        if isinstance(node.op, ast.Sub) and self.rng.random() < 0.3:
            return ast.BinOp(ast.UnaryOp(ast.USub(), node.right), ast.Add(), node.left)
        return node


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
