"""Level 2: other names."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence

GIVEN = frozenset([
    "self", "num_channels", "latent_dim", "hidden_dim", "x", "z", "mu", "log_std", "target", "recon",
    "imgs", "module", "images", "real_imgs", "fake_imgs", "BCE_criterion", "model", "netG", "netD",
    "num_images", "device", "architecture", "encoder", "decoder", "optimizer", "optimD", "optimG",
    "loss_D", "D_x", "D_G_z1", "nn", "torch", "F", "OrderedDict", "forward", "__init__", "reparameterize",
    "loss_fn",
])  # fmt: skip
NAMES = [
    "out", "result", "res", "feat", "features", "tmp", "buf", "val", "value", "data", "batch_out", "h1",
    "h2", "hid", "vec", "code", "latent_vec", "noise_vec", "sig", "sd", "err", "total", "part", "piece",
    "current", "stage_out", "first", "second", "third", "prob", "score", "pred", "prediction", "tgt",
    "lab", "labels_a", "labels_b", "n_items", "count", "size_b", "net", "stack", "blocks", "seq",
    "modules_list", "unit", "chunk_a", "chunk_b", "q", "w", "y", "u", "v", "r", "s", "t", "k", "a1", "b1",
    "c1", "m1",
]  # fmt: skip


def renaming(trees: Sequence[ast.Module], rng: random.Random) -> dict[str, str]:
    found: set[str] = set()
    fields: set[str] = set()  # of a class: read as attributes of whatever holds one
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name != "region":
                found.add(node.name)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
                found.add(node.attr)
            if isinstance(node, ast.ClassDef):
                fields |= {
                    each.target.id
                    for each in node.body
                    if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
                }
    pool = list(NAMES)
    rng.shuffle(pool)
    own = sorted(found - fields - GIVEN)
    return {name: pool.pop() if pool else f"{name}_{index}" for index, name in enumerate(own)}


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


class Renamer(ast.NodeTransformer):
    """Other names for what the solution named itself."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if _is_self(node.value):
            node.attr = self.names.get(node.attr, node.attr)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        func = node.func
        of_self = isinstance(func, ast.Attribute) and _is_self(func.value)
        called = func.id if isinstance(func, ast.Name) else func.attr if of_self else ""  # type: ignore[attr-defined]
        if called == "partial" and node.args and isinstance(node.args[0], ast.Name):
            called = node.args[0].id
        self.generic_visit(node)
        if called in self.names:  # arguments by the names that the parameters have now
            for keyword in node.keywords:
                keyword.arg = self.names.get(keyword.arg, keyword.arg) if keyword.arg else None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node
