"""A form without its coefficients: what is left when a quantity is read otherwise.

Who takes log sigma for log sigma squared writes another number in the sample and in the divergence; who
divides by 256 does so in both tracks. Each such region computes something rare, and yet it is one misreading.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from code_analyze.similarity.dataflow.node import Node, combine, number


@dataclass
class Outline:
    """What a part computes but for the coefficients, and the starter's parameters that it uses."""

    digest: int = 0
    inputs: frozenset[str] = field(default_factory=frozenset)


def outline(effects: Iterable[Node], names: frozenset[str]) -> Outline:
    """The outline of a part's effects. `names` are those that the starter fixes."""
    digests: dict[int, int] = {}
    inputs: set[str] = set()
    roots = list(effects)
    stack = list(roots)
    while stack:
        node = stack[-1]
        open_args = [arg for arg in node.args if id(arg) not in digests]
        if open_args:
            stack.extend(open_args)
            continue
        stack.pop()
        if node.op.startswith("param:") and node.op[6:] in names:
            inputs.add(node.op[6:])
        if node.op.startswith("scale:"):
            digests[id(node)] = digests[id(node.args[0])]
        else:
            args = [a for a in node.args if node.op != "sum" or number(a) is None]
            digests[id(node)] = combine(node.op, [digests[id(arg)] for arg in args])
    return Outline(combine("outline", sorted(digests[id(root)] for root in roots)), frozenset(inputs))
