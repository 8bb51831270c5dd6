"""Level 3: the same expressions written another way, and independent statements in another order."""

from __future__ import annotations

import ast
import random

from benchmarks.similarity.disguises.calls import call_name, is_number, module_of

POSITIONS = {
    "Conv2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding"),
    "ConvTranspose2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding"),
    "Linear": ("in_features", "out_features"),
    "BatchNorm2d": ("num_features",),
    "normal_": ("tensor", "mean", "std"),
}


def _is_size(node: ast.expr) -> bool:
    """Whether a number beside this counts something, so that it must stay whole."""
    words = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    words |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return isinstance(node, ast.Constant) or any(
        part in word for word in words for part in ("dim", "num", "channels", "shape", "size", "len")
    )


class Reformat(ast.NodeTransformer):
    """Level 3: the same expressions written another way."""

    def __init__(self, rng: random.Random, networks: bool) -> None:
        self.rng = rng
        self.networks = networks

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        plain = not self.networks or is_number(node.left) or is_number(node.right)
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
        names = POSITIONS.get(call_name(node))
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        method = (
            call_name(node) == "normal_"
            and module_of(node.func) != "init"
            and not isinstance(getattr(node.func, "value", None), ast.Attribute)
        )
        if names and not starred and not method and not (call_name(node) == "normal_" and _from_tensor(node)):
            kind = self.rng.random()
            if kind < 0.4:  # all named
                keep = 1 if call_name(node) == "normal_" else 0
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
        elif isinstance(child, ast.Subscript) and isinstance(child.ctx, ast.Store):
            writes.add(ast.unparse(child.value))  # entries of one container keep their order
    effect = not isinstance(node, ast.Assign) or any(
        isinstance(c, ast.Call) and call_name(c).endswith("_") for c in ast.walk(node)
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
