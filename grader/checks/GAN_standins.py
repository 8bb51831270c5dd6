"""Stand-ins for the GAN's networks, and a trainer of the student's around them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from grader.checks.inputs import images, normal, uniform, weights
from hwlib.checking.standins import Maps
from hwlib.checking.steps import Step
from hwlib.checking.values import Ref

Rng = np.random.Generator
PIXELS = 32 * 32
HIDDEN = 4
RATE = 0.1
BATCH = 6
State = dict[str, np.ndarray]
Shapes = dict[str, tuple[int, ...]]


def standins(latent_dim: int) -> tuple[Maps, Maps]:
    """(generator, discriminator) as the worker builds them."""
    (inputs_G, outputs_G), (inputs_D, outputs_D) = _arguments(latent_dim)
    return Maps(inputs_G, outputs_G), Maps(inputs_D, outputs_D, norm=True)


def _arguments(latent_dim: int) -> tuple[list[Any], list[Any]]:
    return [latent_dim, [[[1, 32, 32], "tanh"]]], [PIXELS, [[[], "sigmoid"]]]


def standin_state(rng: Rng, latent_dim: int) -> tuple[State, State]:
    """Weights for both stand-ins."""
    shapes_G, shapes_D = _shapes(latent_dim)
    state_G, state_D = weights(rng, shapes_G), weights(rng, shapes_D)
    # Probabilities well away from 1/2, where other losses have the slopes of BCE.
    state_D["norm.1.weight"] = uniform(rng, HIDDEN, low=1.5, high=3.0)
    return state_G, state_D


@cache
def _shapes(latent_dim: int) -> tuple[Shapes, Shapes]:
    """Of the parameters of both stand-ins, by name."""
    found = [
        {name: tuple(tensor.shape) for name, tensor in network.named_parameters()}
        for network in standins(latent_dim)
    ]
    return found[0], found[1]


def trainer_steps(latent_dim: int, state_G: State, state_D: State, momentum: float = 0.0) -> tuple[Step, ...]:
    """Makes the student's Trainer, under the name "trainer", with stand-ins for all that it is given."""
    names = ("device", "netG", "netD", "optimG", "optimD", "dataset", "ckpt_dir", "tb_writer")
    given = ["cpu", Ref("G"), Ref("D"), Ref("optimG"), Ref("optimD"), Ref("data"), "results", Ref("writer")]
    arguments_G, arguments_D = _arguments(latent_dim)
    make = {"file": "hwlib.checking.standins", "callable": "Maps"}
    sgd = {"name": "SGD", "kwargs": {"lr": RATE, "momentum": momentum}}
    around = {"file": "hwlib.checking.standins", "callable": "bare", "as_": "trainer",
              "args": ["trainer", "Trainer", dict(zip(names, given, strict=True))]}  # fmt: skip
    attributes = {"latent_dim": latent_dim, "num_channels": 1, "hidden_dim": HIDDEN}
    return (
        Step("construct", {**make, "args": arguments_G, "kwargs": {"attributes": attributes}, "as_": "G"}),
        Step("construct", {**make, "args": arguments_D, "kwargs": {"norm": True}, "as_": "D"}),
        Step("set_state", {"target": "G", "state": state_G}),
        Step("set_state", {"target": "D", "state": state_D}),
        Step("optimizer", {**sgd, "of": ["G"], "as_": "optimG"}),
        Step("optimizer", {**sgd, "of": ["D"], "as_": "optimD"}),
        Step("stub", {"attributes": {"batch_size": 4, "name": "mnist"}, "as_": "data"}),
        Step("stub", {"as_": "writer"}),
        Step("construct", {"file": "torch.nn", "callable": "BCELoss", "as_": "bce"}),
        Step(
            "construct",
            {"file": "trainer", "callable": "Trainer", "args": given, "as_": "trainer"},
            otherwise=(Step("construct", around),),
        ),
    )


def batch(rng: Rng, latent_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """(real images, latents) of one training step."""
    return 2 * images(rng, BATCH) - 1, normal(rng, BATCH, latent_dim, 1, 1)
