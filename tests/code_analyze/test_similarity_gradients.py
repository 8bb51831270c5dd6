"""Training steps that do the same: gradients set to zero, arguments of networks, what is returned."""

# ruff: noqa: E501 (one row of a table is one line)
from __future__ import annotations

import ast

import pytest

from code_analyze.similarity.dataflow.interpreter import Interpreter
from code_analyze.similarity.given import Given
from code_analyze.similarity.places import Places

STARTER = [
    "optimizer = torch.optim.Adam(model.parameters(), lr=1)",
    "    def forward(self, x=None, z=None):",
    "class Trainer:  # self.model, self.optimizer, self.loss_fn(imgs)",
    "    def train_step(self, imgs):",
]
GIVEN = Given.of(STARTER)


def read(*lines: str) -> set[str]:
    body = "\n".join(f"        {line}" for line in lines)
    text = f"import torch\nclass Trainer:\n    def train_step(self, imgs):\n{body}\n"
    tree = ast.parse(text)
    places = Places([0, 0, 0, 0] + [1] * (len(lines) + 2))
    return {str(node.digest()) for node in Interpreter(places, GIVEN).run(tree, places.nodes(tree.body))}


def test_similarity_starter_says_which_network_an_optimiser_trains() -> None:
    assert GIVEN.network("optimizer") == "model"
    assert GIVEN.network("other") is None
    assert (GIVEN.place_of("x"), GIVEN.place_of("z"), GIVEN.place_of("imgs")) == (0, 1, None)
    assert (GIVEN.name_at(1), GIVEN.name_at(2)) == ("z", None)


ZERO = ["self.optimizer.zero_grad()"]
STEP = ["loss = self.loss_fn(self.model(imgs))", "loss.backward()", "return loss"]
SAME = {
    "of the network": (["self.model.zero_grad()"], ZERO),
    "set to None": (["for p in self.model.parameters():", "    p.grad = None"], ZERO),
    "set to zero": (["for p in self.model.parameters():", "    if p.grad is not None:", "        p.grad.zero_()"], ZERO),
    "by name": (["for _, p in self.model.named_parameters():", "    p.grad = None"], ZERO),
    "of the optimiser's groups": (["for g in self.optimizer.param_groups:", "    for p in g['params']:", "        p.grad = None"], ZERO),
    "torch.autograd.backward": (["torch.autograd.backward([imgs, self.loss_fn(imgs)])"], ["imgs.backward()", "self.loss_fn(imgs).backward()"]),
    "torch.autograd.grad": (
        ["ps = list(self.model.parameters())", "for p, g in zip(ps, torch.autograd.grad(self.loss_fn(imgs), ps)):", "    p.grad = g"],
        [*ZERO, "self.loss_fn(imgs).backward()"],
    ),
    "argument by its name": (["return self.model(x=imgs)"], ["return self.model(imgs)"]),
    "None in its place": (["return self.model(None, imgs)"], ["return self.model(z=imgs)"]),
    "__call__": (["return self.model.__call__(imgs)"], ["return self.model(imgs)"]),
    "detached results": (["loss = self.loss_fn(self.model(imgs))", "loss.backward()", "return loss.detach()"], STEP),
    "numbers as results": (["loss = self.loss_fn(self.model(imgs))", "loss.backward()", "return loss.item()"], STEP),
    "mode of the network": (["self.model.train()", *STEP], STEP),
}  # fmt: skip
DIFFERENT = {
    "of something else": (["imgs.zero_grad()"], ZERO),
    "set to one": (["for p in self.model.parameters():", "    p.grad = torch.ones(1)"], ZERO),
    "of no parameters": (["for p in imgs:", "    p.grad = None"], ZERO),
    "another argument": (["return self.model(z=imgs)"], ["return self.model(imgs)"]),
    "detached before": (["loss = self.loss_fn(self.model(imgs).detach())", "loss.backward()", "return loss"], STEP),
    "detached data": (["loss = self.loss_fn(self.model(imgs).data)", "loss.backward()", "return loss"], STEP),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_similarity_same_steps(name: str) -> None:
    one, other = SAME[name]
    assert read(*one) == read(*other)


@pytest.mark.parametrize("name", DIFFERENT)
def test_similarity_other_steps(name: str) -> None:
    one, other = DIFFERENT[name]
    assert read(*one) != read(*other)
