"""Operations on tensors in the data-flow form: every spelling of one becomes the same node."""

from __future__ import annotations

from code_analyze.similarity.dataflow import algebra, reductions
from code_analyze.similarity.dataflow.distributions import distribution, gaussian
from code_analyze.similarity.dataflow.elementary import elementary
from code_analyze.similarity.dataflow.layers import (
    arguments,
    elementwise,
    keyword,
    operation_name,
    reshaped,
    shape_free,
)
from code_analyze.similarity.dataflow.node import Node, Place, constant, number
from code_analyze.similarity.spelling import (
    LOSSES,
    REDUCTIONS,
    SAMPLES_OF_A_STANDARD_NORMAL,
    SHAPE_OPS,
    TRANSPARENT_OPS,
)


def operation(name: str, args: list[Node], kwargs: dict[str, Node], place: Place) -> Node:
    """An operation on tensors: method, function of torch or of numpy alike; a method's object comes first."""
    op = operation_name(name)
    if not args:  # torch.nn.init.normal_(tensor=weight)
        args = [kwargs.pop(key) for key in ("tensor", "input") if key in kwargs]
    if op in TRANSPARENT_OPS and args:
        return args[0]
    if op in SHAPE_OPS and args:
        return reshaped(op, args[0], args[1:], place)
    if op in REDUCTIONS and args:
        return reductions.reduce(args[0], place)
    if op in ("detach", "item") and args:
        return reductions.each_term(op, args[0], place)
    if op in SAMPLES_OF_A_STANDARD_NORMAL:
        return Node("gauss", (), place)
    if op in LOSSES:
        inputs = (args + [kwargs[k] for k in ("input", "target") if k in kwargs])[:2]
        inputs = [shape_free(each) for each in inputs]  # it compares element by element
        return reductions.reduce(Node(op, tuple(inputs), place), place)
    overwrites = name.endswith("_") or name == "constant"
    if overwrites and args and args[0].op.startswith(".") and (op.startswith("fill:") or op == "fill"):
        # A weight that is overwritten: zeros_(module.bias), constant_(module.bias, 0), bias.fill_(0)
        value = constant(int(op[5:])) if op != "fill" else args[1] if len(args) > 1 else kwargs.get("val")
        return Node("fill", (args[0], value or constant(0)), place)
    if op == "fill" and len(args) == 2:
        return Node("filled", (args[1],), place)
    if op.startswith("fill:"):
        return Node("filled" if op != "fill:w" else op, (constant(int(op[5:])),), place)
    if op in ("full", "full_like", "new_full"):
        at = 2 if op == "new_full" else 1
        value = kwargs.get("fill_value") or (args[at] if len(args) > at else None)
        return Node("filled", (value,) if value else (), place)
    if op == "narrow" and len(args) == 4 and number(args[1]) == 1.0:
        return Node(f"part:{int(number(args[2]) != 0.0)}", (Node("chunk", (args[0],), place),), place)
    if op == "expand_as" and args:
        return args[0]
    if op in ("size", "len"):
        return sizes(args, kwargs, place)
    if op in ("addcmul", "addcdiv") and len(args) == 3:
        both = algebra.multiply if op == "addcmul" else algebra.divide
        factor = number(kwargs.get("value", constant(1)))
        if factor is not None:
            return algebra.add(args[0], algebra.scale(factor, both(args[1], args[2], place), place), place)
    if op == "copy" and len(args) == 2 and not args[0].op.startswith("."):
        return args[1]
    overwritten = _overwritten(op, args, kwargs, place)
    if overwritten is not None:
        return overwritten
    known = elementary(op, args, kwargs, place)
    if known is not None:
        return known
    known = distribution(op, args, place)
    if known is not None:
        return known
    if op == "einsum" and len(args) > 1 and args[0].op.endswith("->'"):
        terms = args[0].op[2:-3].replace(" ", "").split(",")
        if len(terms) == len(args) - 1 and len(set(terms)) == 1:  # the sum over all indices of a product
            product = args[1]
            for each in args[2:]:
                product = algebra.multiply(product, each, place)
            return reductions.reduce(product, place)
    if op == "numel" and args:
        return Node("numel", (shape_free(args[0]),), place)
    if op == "forward" and args:
        named = [keyword(key, kwargs[key]) for key in sorted(kwargs) if kwargs[key].op != "=None"]
        return Node("apply", (*args, *named), place)
    if op in ("zero_grad", "backward"):
        args, kwargs = args[:1], {}
    plain = arguments(op, args, kwargs)
    if op == "normal" and len(plain) == 1 and not plain[0].op.startswith(("self", ".", "param")):
        return Node("gauss", (), place)
    return elementwise(op, tuple(plain), place) if plain else Node(op, (), place)


def _overwritten(op: str, args: list[Node], kwargs: dict[str, Node], place: Place) -> Node | None:
    """A weight that is overwritten: normal_(module.weight, 1, 0.02), module.weight.copy_(value), and what is
    then done in place: module.weight.normal_().mul_(0.02).add_(1)."""
    if not args:
        return None
    first = args[0]
    if first.op == "fill" and len(first.args) == 2 and op in ("add", "sub", "mul", "div"):
        value = elementary(op, [first.args[1], *args[1:]], kwargs, place)
        return Node("fill", (first.args[0], value), place) if value is not None else None
    if not first.op.startswith("."):
        return None
    if op == "copy" and len(args) == 2:
        value = args[1].args[0] if args[1].op == "filled" and args[1].args else args[1]
        return Node("fill", (first, value), place)
    if op == "normal":
        mean = kwargs.get("mean") or (args[1] if len(args) > 1 else constant(0))
        std = kwargs.get("std") or (args[2] if len(args) > 2 else constant(1))
        return Node("fill", (first, gaussian(mean, std, place)), place)
    return None


def random_normal(args: list[Node], kwargs: dict[str, Node], place: Place) -> Node:
    """torch.normal(mean, std): both may be tensors."""
    mean = kwargs.get("mean") or (args[0] if args else constant(0))
    std = kwargs.get("std") or (args[1] if len(args) > 1 else constant(1))
    return gaussian(mean, std, place)


def sizes(args: list[Node], kwargs: dict[str, Node], place: Place) -> Node:
    if not args:
        return Node("size", (), place)
    base = args[0].args[0] if args[0].op == "sizes" and args[0].args else args[0]
    if len(args) > 1 or kwargs:
        axis = args[1] if len(args) > 1 else next(iter(kwargs.values()))
        return Node("size", (base,) if axis.op == "#0" else (base, axis), place)
    return Node("sizes", (base,), place)
