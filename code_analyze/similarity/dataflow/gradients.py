"""Gradients set to zero, whichever way: one effect on the network whose gradients they are."""

from __future__ import annotations

from code_analyze.similarity.dataflow.node import Node, number
from code_analyze.similarity.dataflow.reader import Reader


class Gradients(Reader):
    """Reads what is done to gradients."""

    def zeroed(self, owner: Node) -> Node:
        """zero_grad() of a network, or of the optimiser that trains it by the names of the starter."""
        network = self.given.network(owner.op.removeprefix("self."))
        if network is not None:
            return self.make("zero_grad", Node(f"self.{network}"))
        if owner.op.removeprefix("self.") in dict(self.given.trained).values():
            self.mark("zero_grad() of the network")
        return self.make("zero_grad", Node(owner.op, owner.args))

    def summands(self, loss: Node) -> list[Node]:
        """What backward() is called on: gradients add up."""
        if loss.op in ("sum", "list"):
            self.mark(f"backward() of a {loss.op}")
            return [term for each in loss.args if number(each) is None for term in self.summands(each)]
        return [loss]

    def zeroed_by_parameter(self, owner: Node, name: str, value: Node) -> Node | None:
        """zero_grad() as a loop: `p.grad = None` or `p.grad.zero_()` for each parameter p of a network."""
        network = _network_of(owner)
        if network is None or name != "grad" or not (value.op == "=None" or number(value) == 0.0):
            return None
        self.mark("gradients set parameter by parameter")
        return self.zeroed(network)


def _network_of(parameter: Node) -> Node | None:
    """What a value is each parameter of: a network or an optimiser."""
    if parameter.op.startswith("part:1"):  # (name, parameter)
        parameter = parameter.args[0]
    if parameter.op != "element":
        return None
    source = parameter.args[0]
    if source.op in ("parameters", "named_parameters") and source.args:
        return source.args[0]
    if source.op == "at" and source.args[0].op == "element" and source.args[1:]:
        groups = source.args[0].args[0]  # for group in optimizer.param_groups: for p in group["params"]
        return groups.args[0] if groups.op == ".param_groups" else None
    return None


def of_a_gradient(test: Node) -> bool:
    """Whether a condition asks whether a parameter has a gradient at all."""
    return any(arg.op == ".grad" for arg in test.args)
