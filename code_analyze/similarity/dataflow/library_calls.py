"""Calls of libraries, PyTorch above all."""

from __future__ import annotations

from functools import reduce

from code_analyze.similarity.dataflow.algebra import multiply
from code_analyze.similarity.dataflow.builtin_calls import BuiltinCalls
from code_analyze.similarity.dataflow.kinds import is_named
from code_analyze.similarity.dataflow.layers import layer, operation_name
from code_analyze.similarity.dataflow.node import Node, constant
from code_analyze.similarity.dataflow.operations import operation, random_normal
from code_analyze.similarity.dataflow.reader import NOTHING
from code_analyze.similarity.dataflow.sequences import last_of_pair
from code_analyze.similarity.dataflow.values import Instance, Items, Partial, Value
from code_analyze.similarity.spelling import (
    CONTAINERS,
    FUNCTION_MODULES,
    LOSSES,
    NO_EFFECT_CALLS,
    REDUCTIONS,
    TELLING,
    TRANSPARENT_KEYWORDS,
)


class LibraryCalls(BuiltinCalls):
    """Reads them, and notes the manners that the choice among synonyms is."""

    def library_call(self, full: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        module, _, name = full.rpartition(".")
        if module in ("torch.nn", "torch.nn.modules"):
            if name in CONTAINERS:
                if name != "Sequential":
                    self.mark(name)
                if len(args) == 1 and isinstance(args[0], Items) and args[0].kind in ("list", "dict"):
                    args = args[0].items
                items = [last_of_pair(a) for a in args]
                return Items(items, name, self.place)
            return layer(name, [self.node(a) for a in args], self.nodes(kwargs), self.place)
        if name == "SimpleNamespace":
            self.mark(name)
            return Instance({}, dict(kwargs), None, own=True)
        if name == "OrderedDict":
            self.mark(name)
            return args[0] if args else self.dictionary(kwargs)
        if full == "functools.partial" and args:
            self.mark(full)
            return Partial(args[0], args[1:], kwargs)
        if full == "functools.reduce" and len(args) == 3 and isinstance(args[1], Node):
            self.mark(full)
            return self.call(args[0], "", [args[2], self.element(args[1])], {})
        if full == "functools.reduce" and len(args) > 1 and isinstance(args[1], Items):
            self.mark(full)
            items = args[1].iterated().items
            value, rest = (args[2], items) if len(args) > 2 else (items[0] if items else NOTHING, items[1:])
            for item in rest:
                value = self.call(args[0], "", [value, item], {})
            return value
        if module in ("itertools", "itertools.chain"):
            known = self.chained(name, args)
            if known is not None:
                return known
        if full in NO_EFFECT_CALLS or name in NO_EFFECT_CALLS:
            return NOTHING
        nodes, named = [self.node(a) for a in args], self.nodes(kwargs)
        if full in ("torch.normal", "numpy.random.normal"):
            self.mark(full)
            return random_normal(nodes, named, self.place)
        if name == "iinfo":
            self.mark(name)
            return self.make(name)
        if full == "math.prod" and len(nodes) == 1 and nodes[0].op == "list":
            self.mark(full)
            return reduce(lambda a, b: multiply(a, b, self.place), nodes[0].args, constant(1, self.place))
        if full == "torch.autograd.backward" and nodes:
            self.mark(full)
        if module in FUNCTION_MODULES or module.startswith(("torch.distributions", "torch.nn")):
            return self.operation(name, nodes, named)
        return self.make(f"call:{name}", *nodes, *named.values())

    def operation(self, name: str, args: list[Node], kwargs: dict[str, Node]) -> Node:
        """See `operations.operation`."""
        if name == "zero_grad" and args:
            return self.zeroed(args[0])
        start = name == "startswith" and len(args) == 2
        named = is_named(args[0], args[1], self.place, start) if start else None
        if named is not None:
            self.mark("the beginning of the kind's name")
            return named
        joined = self.joined(name, args)
        if joined is not None:
            return joined
        result = operation(name, args, kwargs, self.place)
        if name in TELLING or result.op == "fill":
            self.mark(name)
        if operation_name(name) in LOSSES and any(arg.op == "shape" for arg in args):
            self.mark("another shape for the loss")
        if name in ("log", "pow", "square") and args and args[0].op == "exp":
            self.mark(f"{name} of exp")
        if name in REDUCTIONS:
            axes = [*args[1:2], *[kwargs[key] for key in ("dim", "axis") if key in kwargs]]
            self.mark(f"{name} over {axes[0]!r}".replace("#", "") if axes else name)
        if "reduction" in kwargs:
            self.mark(f"reduction{kwargs['reduction'].op}")
        for key in kwargs:
            if key in TRANSPARENT_KEYWORDS and key not in ("device", "dtype"):
                self.mark(f"{key}=")
        return result
