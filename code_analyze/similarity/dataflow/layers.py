"""Modules of torch.nn in the data-flow form: what they are made with, and what they do with an input."""

from __future__ import annotations

from code_analyze.similarity.dataflow import reductions
from code_analyze.similarity.dataflow.node import Node, Place, constant, number
from code_analyze.similarity.spelling import (
    ACTIVATION_MODULES,
    DEFAULTS,
    ELEMENTWISE,
    LOSSES,
    OPERATIONS,
    SHAPE_OPS,
    SIGNATURES,
    TRANSPARENT_KEYWORDS,
)

INPUT = Node("input")


def operation_name(name: str) -> str:
    """The name of an operation without the mark of its in-place form, synonyms replaced."""
    bare = name.rstrip("_") if not name.startswith("_") else name
    return OPERATIONS.get(name, OPERATIONS.get(bare, bare))


def keyword(name: str, value: Node) -> Node:
    """An argument with its name; (4, 4) counts as 4."""
    if value.op == "list" and value.args and all(a.digest() == value.args[0].digest() for a in value.args):
        value = value.args[0]
    return Node(f"{name}=", (value,), value.place)


def arguments(name: str, args: list[Node], kwargs: dict[str, Node], skip: int = 0) -> list[Node]:
    """Arguments in one order and form: named where the signature is known, defaults left out."""
    signature = SIGNATURES.get(name, ())[skip:]
    named = {k: v for k, v in kwargs.items() if k not in TRANSPARENT_KEYWORDS}
    plain: list[Node] = []
    for index, arg in enumerate(args):
        if index < len(signature) and signature[index] in TRANSPARENT_KEYWORDS:
            continue
        if index < len(signature) and signature[index]:
            named.setdefault(signature[index], arg)
        else:
            plain.append(arg)
    if "padding" in named and named["padding"].op == "='same'":
        size = number(keyword("kernel_size", named.get("kernel_size", INPUT)).args[0])
        if size is not None and size % 2 == 1:
            named["padding"] = constant((size - 1) / 2, named["padding"].place)
    for key, default in DEFAULTS.get(name, {}).items():
        if key in named and keyword(key, named[key]).digest() == keyword(key, constant(default)).digest():
            del named[key]
    return plain + [keyword(key, named[key]) for key in sorted(named)]


def layer(name: str, args: list[Node], kwargs: dict[str, Node], place: Place) -> Node:
    """A module of torch.nn."""
    if name in ACTIVATION_MODULES:
        if name in SHAPE_OPS:
            args, kwargs = [], {}
        return Node(f"layer:{operation_name(name)}", tuple(arguments(name, args, kwargs)), place)
    if operation_name(name) in LOSSES:
        return Node(f"loss:{operation_name(name)}", (), place)
    return Node(f"layer:{name}", tuple(arguments(name, args, kwargs)), place)


def apply_layer(module: Node, args: list[Node], place: Place) -> Node:
    """A module applied to its inputs."""
    if module.op.startswith("loss:"):
        return reductions.reduce(Node(module.op[5:], tuple(map(shape_free, args)), place), place)
    if module.op.startswith("layer:") and args:
        name = module.op[6:]
        own_place = module.place if module.place[0] else place
        if name in ("Flatten", "Unflatten"):
            return shape_of(args[0], own_place)
        if name == "Identity":
            return args[0]
        if name.islower():
            return elementwise(name, (args[0], *module.args), own_place)
        return Node("apply", (module, *args), own_place)
    return Node("apply", (module, *args), place)


def elementwise(op: str, args: tuple[Node, ...], place: Place) -> Node:
    """An activation; whether the shape is changed before or after it is no matter."""
    if op in ELEMENTWISE and args[0].op == "shape":
        return Node("shape", (Node(op, (args[0].args[0], *args[1:]), place),), args[0].place)
    return Node(op, args, place)


def shape_free(value: Node) -> Node:
    return value.args[0] if value.op == "shape" else value


def shape_of(value: Node, place: Place) -> Node:
    """A value in another shape. What is the same everywhere, and noise, has any shape."""
    if number(value) is not None:
        return Node("filled", (value,), place)
    return value if value.op in ("shape", "filled", "gauss") else Node("shape", (value,), place)


def reshaped(name: str, value: Node, sizes: list[Node], place: Place) -> Node:
    """view, unflatten and the like. Of [B, 2 * d] as [B, 2, d] the two rows are the halves."""
    sizes = list(sizes[0].args) if len(sizes) == 1 and sizes[0].op == "list" else sizes
    if name == "unflatten" and len(sizes) == 2:
        inner = list(sizes[1].args)
    else:
        inner = sizes[1:] if name in ("view", "reshape") and len(sizes) == 3 else []
    if len(inner) == 2 and number(inner[0]) == 2.0:
        return Node("halves", (value,), place)
    return shape_of(value, place)


def halved(value: Node) -> Node:
    """What the halves are of."""
    return value.args[0] if value.op == "halves" else value
