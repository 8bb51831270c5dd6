"""Calls in the data-flow form: every spelling of an operation becomes one node."""

from __future__ import annotations

from code_analyze.similarity.dataflow import algebra
from code_analyze.similarity.dataflow.distributions import distribution, gaussian
from code_analyze.similarity.dataflow.node import Node, Place, constant, number
from code_analyze.similarity.spelling import (
    ACTIVATION_MODULES,
    DEFAULTS,
    ELEMENTWISE,
    LOSSES,
    OPERATIONS,
    REDUCTIONS,
    SAMPLES_OF_A_STANDARD_NORMAL,
    SHAPE_OPS,
    SIGNATURES,
    TRANSPARENT_KEYWORDS,
    TRANSPARENT_OPS,
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
    return Node(f"{name}={value.op}", value.args, value.place)


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
        size = number(named["kernel_size"]) if "kernel_size" in named else None
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
        return algebra.reduce(Node(module.op[5:], tuple(map(shape_free, args)), place), place)
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
    return value if value.op == "shape" else Node("shape", (value,), place)


def operation(name: str, args: list[Node], kwargs: dict[str, Node], place: Place) -> Node:
    """An operation on tensors: method, function of torch or of numpy alike; a method's object comes first."""
    op = operation_name(name)
    if op in TRANSPARENT_OPS and args:
        return args[0]
    if op in SHAPE_OPS and args:
        return shape_of(args[0], place)
    if op in REDUCTIONS and args:
        return algebra.reduce(args[0], place)
    if op in ("detach", "item") and args:
        return algebra.each_term(op, args[0], place)
    if op in SAMPLES_OF_A_STANDARD_NORMAL:
        return Node("gauss", (), place)
    if op in LOSSES:
        inputs = (args + [kwargs[k] for k in ("input", "target") if k in kwargs])[:2]
        inputs = [shape_free(each) for each in inputs]  # it compares element by element
        return algebra.reduce(Node(op, tuple(inputs), place), place)
    if args and args[0].op.startswith(".") and (op.startswith("fill:") or op == "fill"):
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
    if op in ("size", "len"):
        return sizes(args, kwargs, place)
    if op in ("addcmul", "addcdiv") and len(args) == 3:
        both = algebra.multiply if op == "addcmul" else algebra.divide
        factor = number(kwargs.get("value", constant(1)))
        if factor is not None:
            return algebra.add(args[0], algebra.scale(factor, both(args[1], args[2], place), place), place)
    overwritten = _overwritten(op, args, kwargs, place)
    if overwritten is not None:
        return overwritten
    known = _arithmetic(op, args, kwargs, place)
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
            return algebra.reduce(product, place)
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
        value = _arithmetic(op, [first.args[1], *args[1:]], kwargs, place)
        return Node("fill", (first.args[0], value), place) if value is not None else None
    if not first.op.startswith("."):
        return None
    if op == "copy" and len(args) == 2:
        return Node("fill", (first, args[1]), place)
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


def _arithmetic(op: str, args: list[Node], kwargs: dict[str, Node], place: Place) -> Node | None:
    if not args:
        return None
    first, second = args[0], args[1] if len(args) > 1 else kwargs.get("other") or kwargs.get("exponent")
    if second is None:
        if op == "neg":
            return algebra.scale(-1.0, first, place)
        if op == "exp":
            return _exp(first, place)
        if op == "square":
            return algebra.power(first, 2.0, place)
        if op == "sqrt":
            return algebra.power(first, 0.5, place)
        if op == "reciprocal":
            return algebra.power(first, -1.0, place)
        if op == "log" and first.op == "exp":
            return first.args[0]
        if op == "item":
            return Node("item", (first,), place)
        return None
    if op == "add":
        return algebra.add(first, second, place)
    if op == "sub":
        return algebra.subtract(first, second, place)
    if op == "mul":
        return algebra.multiply(first, second, place)
    if op == "div":
        return algebra.divide(first, second, place)
    if op == "pow":
        exponent = number(second)
        if exponent is not None:
            return algebra.power(first, exponent, place)
        if first.op in ("mod:math.e", "mod:numpy.e"):
            return _exp(second, place)
    return None


def _exp(value: Node, place: Place) -> Node:
    if number(value) == 0.0:
        return constant(1, place)
    if value.op == "log" and value.args:
        return value.args[0]
    return Node("exp", (value,), place)


def is_type(value: Node, kind: Node, place: Place) -> Node | None:
    """type(x) is A, type(x).__name__ == "A": isinstance(x, A); None for other values and kinds."""
    if value.op == ".__name__" and kind.op.startswith("='"):
        value, kind = value.args[0], Node(f"mod:torch.nn.{kind.op[2:-1]}", (), place)
    if value.op != "call:type" or len(value.args) != 1 or not kind.op.startswith("mod:"):
        return None
    return is_instance(value.args[0], kind, place)


def is_instance(value: Node, kinds: Node, place: Place) -> Node:
    """isinstance(x, (A, B)), type(x) in (A, B), isinstance(x, A) or isinstance(x, B): one test."""
    single = kinds.args if kinds.op == "list" else (kinds,)
    tests = tuple(Node("isinstance", (value, kind), place) for kind in single)
    return tests[0] if len(tests) == 1 else Node("or", tests, place)
