"""torch.distributions in the data-flow form: samples, log probabilities and divergences as their formulas."""

from __future__ import annotations

from code_analyze.similarity.dataflow import algebra, reductions
from code_analyze.similarity.dataflow.node import Node, Place, constant, number


def gaussian(mean: Node, std: Node, place: Place) -> Node:
    """mean + std x a sample of the standard normal."""
    noise = Node("gauss", (), place)
    if not (std.op == "filled" and std.args and number(std.args[0]) == 1.0):
        noise = algebra.multiply(std, noise, place)
    if mean.op == "filled" and mean.args and number(mean.args[0]) == 0.0:
        return noise
    return algebra.add(mean, noise, place)


def _parameters(value: Node) -> dict[str, Node]:
    """A distribution's parameters by name."""
    found = {}
    for arg in value.args:
        if arg.op.endswith("="):
            found[arg.op[:-1]] = arg.args[0]
    return found


def _is_standard(normal: dict[str, Node]) -> bool:
    def value(name: str) -> float | None:
        node = normal[name]
        return number(node.args[0] if node.op == "filled" and node.args else node)

    return value("loc") == 0.0 and value("scale") == 1.0


def distribution(op: str, args: list[Node], place: Place) -> Node | None:
    """A method or function of torch.distributions, or None where the formula isn't known here."""
    if op == "Independent" and args:  # which dimensions are one event is a matter of the sum that follows
        return args[0]
    if not args or args[0].op not in ("Normal", "Bernoulli"):
        return None
    first = _parameters(args[0])
    if args[0].op == "Bernoulli":
        if op == "log_prob" and len(args) == 2 and "probs" in first:
            loss = reductions.reduce(Node("bce", (first["probs"], args[1]), place), place)
            return algebra.scale(-1.0, loss, place)
        return None
    if "loc" not in first or "scale" not in first:
        return None
    if op in ("sample", "rsample"):
        return gaussian(first["loc"], first["scale"], place)
    if op == "kl_divergence" and len(args) == 2 and args[1].op == "Normal":
        second = _parameters(args[1])
        if "loc" in second and "scale" in second and _is_standard(second):
            mean, std = first["loc"], first["scale"]
            log_std = std.args[0] if std.op == "exp" else Node("log", (std,), place)
            squares = algebra.add(algebra.power(mean, 2.0, place), algebra.power(std, 2.0, place), place)
            half = algebra.scale(0.5, algebra.subtract(squares, constant(1), place), place)
            return algebra.subtract(half, log_std, place)
    return None
