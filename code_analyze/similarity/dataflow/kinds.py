"""Questions for the kind of a module: isinstance, type() and the names of classes are one test."""

from __future__ import annotations

from code_analyze.similarity.dataflow.node import Node, Place

# What the networks of the homework consist of, for questions for a part of a class's name.
CLASSES = (
    "Conv2d", "ConvTranspose2d", "BatchNorm2d", "Linear", "ReLU", "LeakyReLU", "Sigmoid", "Tanh",
)  # fmt: skip


def is_named(value: Node, text: Node, place: Place, start: bool = False) -> Node | None:
    """ "Conv" in type(x).__name__, and startswith: isinstance(x, (Conv2d, ConvTranspose2d)); None for other
    values."""
    if value.op != ".__name__" or value.args[0].op != "call:type" or not text.op.startswith("='"):
        return None
    part = text.op[2:-1]
    kinds = [name for name in CLASSES if (name.startswith(part) if start else part in name)]
    if not kinds:
        return None
    module = value.args[0].args[0]
    named = tuple(Node(f"mod:torch.nn.{kind}", (), place) for kind in kinds)
    return is_instance(module, Node("list", named, place), place)


def is_type(value: Node, kind: Node, place: Place) -> Node | None:
    """type(x) is A, type(x).__name__ == "A": isinstance(x, A); None for other values and kinds."""
    if value.op == ".__name__" and kind.op.startswith("='"):
        value, kind = value.args[0], Node(f"mod:torch.nn.{kind.op[2:-1]}", (), place)
    if value.op != "call:type" or len(value.args) != 1 or not kind.op.startswith("mod:"):
        return None
    return is_instance(value.args[0], kind, place)


def is_instance(value: Node, kinds: Node, place: Place) -> Node:
    """isinstance(x, (A, B)), type(x) in (A, B), isinstance(x, A) or isinstance(x, B): one test."""
    if kinds.op == "mod:torch.Tensor":  # a tensor or None
        return Node("not", (Node("eq", (value, Node("=None")), place),), place)
    single = kinds.args if kinds.op == "list" else (kinds,)
    tests = tuple(Node("isinstance", (value, kind), place) for kind in single)
    return tests[0] if len(tests) == 1 else Node("or", tests, place)
