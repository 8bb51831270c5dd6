"""Questions for the kind of a module: isinstance, type() and the names of classes are one test."""

from __future__ import annotations

from code_analyze.similarity.dataflow.node import Node, Place


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
