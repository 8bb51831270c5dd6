"""Level 4: other operations for the same values."""

from __future__ import annotations

import ast
import random

from benchmarks.similarity.disguises.calls import call_name, is_number, module_of

SYNONYMS = ("exp", "sum", "mean", "pow", "log", "flatten", "chunk", "split", "square")


class Synonyms(ast.NodeTransformer):
    """Rewrites calls, subscripts and arithmetic.

    networks: whether layers are built here; batches: whether what is summed has more than one dimension
    """

    def __init__(self, rng: random.Random, networks: bool, batches: bool) -> None:
        self.rng = rng
        self.networks = networks
        self.batches = batches

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = call_name(node)
        func = node.func
        if not isinstance(func, ast.Attribute) or self.networks:
            return node
        chance = self.rng.random() < 0.6
        if name in SYNONYMS and chance:
            if module_of(func) == "torch" and node.args and not isinstance(node.args[0], ast.Starred):
                if not is_number(node.args[0]):
                    return ast.Call(
                        ast.Attribute(node.args[0], name, ast.Load()), node.args[1:], node.keywords
                    )
            elif module_of(func) not in ("torch", "F", "nn", "np", "math"):
                return ast.Call(ast.Attribute(ast.Name("torch", ast.Load()), name, ast.Load()),
                                [func.value, *node.args], node.keywords)  # fmt: skip
        if name == "view" and chance:
            func.attr = "reshape"
        tensors = {"input", "target"} & {keyword.arg for keyword in node.keywords}
        turned = name == "binary_cross_entropy" and not tensors
        if turned and self.rng.random() < 0.4 and module_of(func) == "F":
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
        read = of_shape and isinstance(node.ctx, ast.Load) and is_number(node.slice)
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
        is_sum = isinstance(node.left, ast.Call) and call_name(node.left) == "sum" and len(node.left.args) < 2
        is_count = not isinstance(node.right, (ast.Constant, ast.BinOp))  # / 2 and / (2 * n) make no mean
        if (
            isinstance(node.op, ast.Div)
            and self.batches
            and is_sum
            and is_count
            and not node.left.keywords
            and self.rng.random() < 0.5
        ):  # type: ignore[attr-defined]
            assert isinstance(node.left, ast.Call)
            assert isinstance(node.left.func, ast.Attribute)
            inner = (
                node.left.args[0]
                if module_of(node.left.func) == "torch" and node.left.args
                else node.left.func.value
            )
            flat = ast.Call(ast.Attribute(inner, "flatten", ast.Load()), [ast.Constant(1)], [])
            summed = ast.Call(ast.Attribute(flat, "sum", ast.Load()), [ast.Constant(1)], [])
            return ast.Call(ast.Attribute(summed, "mean", ast.Load()), [], [])
        if isinstance(node.op, ast.Sub) and self.rng.random() < 0.3:
            return ast.BinOp(ast.UnaryOp(ast.USub(), node.right), ast.Add(), node.left)
        return node
