"""The checks of the VAE that are data: inputs (hidden or public), what to ask, what to expect.

Those of forward and of the losses have files of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.checks import VAE_mistakes as M
from grader.checks import tolerances
from grader.checks.inputs import images, normal, seed_of, uniform
from grader.checks.sampling_cases import IMAGES, LATENTS, prior, sampling_steps
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case
from hwlib.checking.expect import Array, Says
from hwlib.checking.expect_numbers import Close
from hwlib.checking.layer_table import Layers, wanted_rows
from hwlib.checking.noise import Gaussian
from hwlib.checking.steps import Reply, Step
from hwlib.checking.words import as_is, say

Rng = np.random.Generator
NETWORK_TITLES = {"encoder": say("encoder", "编码器"), "decoder": say("decoder", "解码器")}
SAMPLES = 13
"""More than any latent dimension here, so that exchanged sizes show."""
WITHOUT_INIT = {"batch_size": 4, "name": "mnist", "device": "cpu"}


A_TENSOR = {
    name: Says(
        f"{name}/type", say("images as a torch.Tensor", "图像为 torch.Tensor"),
        (("ndarray", say("a numpy array", "numpy 数组"), None),),
    )
    for name in ("scaled", "samples")
}  # fmt: skip


def build(name: str, rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    """The case of that name. Raises KeyError for checks that are no cases."""
    from grader.checks import VAE_forward_cases, VAE_loss_cases  # they build on this module

    elsewhere = {
        "forward_modes": VAE_forward_cases.forward_modes,
        "forward_batches": VAE_forward_cases.forward_batches,
        "loss_values": VAE_loss_cases.loss_values,
    }
    return {**_BUILDERS, **elsewhere}[name](rng, assignment, latent_dim)


def model_steps(rng: Rng, latent_dim: int, channels: int = 1) -> tuple[Step, ...]:
    """Makes the student's VAE, under the name "model"."""
    return (_construct(rng, latent_dim, channels),)


def _construct(rng: Rng, latent_dim: int, channels: int = 1, bare: bool = False) -> Step:
    around = Step(
        "construct",
        {"file": "hwlib.checking.standins", "callable": "bare", "as_": "model",
         "args": ["VAE", "VAE", {"num_channels": channels, "latent_dim": latent_dim}]},
    )  # fmt: skip
    return Step(
        "construct",
        {
            "file": "VAE",
            "callable": "VAE",
            "args": [channels, latent_dim],
            "as_": "model",
            "seed": seed_of(rng),
        },
        otherwise=(around,) if bare else (),
    )


# --- networks -----------------------------------------------------------------------------------------


def _layers(network: str, rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    settings = {"num_channels": 1, "latent_dim": latent_dim}
    whole_images: dict[str, Any] = {"target": "model", "args": [images(rng, 2)], "mode": "train", "seed": 1}
    whole_latents: dict[str, Any] = {
        "target": "model",
        "kwargs": {"z": normal(rng, 2, latent_dim)},
        "args": [],
        "mode": "train",
    }
    inside = {"encoder": whole_images["args"], "decoder": [whole_latents["kwargs"]["z"]]}[network]
    whole = {"encoder": whole_images, "decoder": whole_latents}[network]
    traced = {"target": f"model.{network}", "args": inside, "mode": "train", "seed": 1}
    return Case(
        f"{network}_layers",
        (
            *model_steps(rng, latent_dim),
            Step("describe", {"target": "model"}, "parts"),
            Step("trace", traced, "trace", otherwise=(Step("trace", whole, "whole"),)),
            Step("trace", whole, "whole", may_fail=True, later=True),
        ),
        (
            Layers(
                "trace", NETWORK_TITLES[network], wanted_rows(assignment.network(network), settings), "whole",
                (1, 2) if network == "encoder" else (0,), "parts" if network == "encoder" else "",
            ),
        ),
    )  # fmt: skip


def encoder_layers(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    return _layers("encoder", rng, assignment, latent_dim)


def decoder_layers(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    return _layers("decoder", rng, assignment, latent_dim)


# --- reparameterize -----------------------------------------------------------------------------------


def reparameterize_statistics(
    rng: Rng, assignment: Assignment, latent_dim: int, log_variance: bool = False
) -> Case:
    mu = normal(rng, 256, latent_dim, scale=2.0)
    log_std = uniform(rng, 256, latent_dim, low=-1.2, high=1.2)
    ask = {"target": "model", "method": "reparameterize", "args": [mu, log_std], "grad": False}
    in_eval = {"mode": "eval", "times": 2}
    return Case(
        "reparameterize_statistics",
        (
            _construct(rng, latent_dim, bare=True),
            Step("call", {**ask, "times": 6, "seed": seed_of(rng)}, "z"),
            Step("call", {**ask, **in_eval, "seed": seed_of(rng)}, "z_eval"),
        ),
        (
            Gaussian("z/result", as_is("z"), mu, log_std, log_variance),
            Gaussian("z_eval/result", say("z in eval mode", "评估模式下的 z"), mu, log_std, log_variance),
        ),
    )


# --- scale --------------------------------------------------------------------------------------------


def scale(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    raw = rng.integers(0, 256, (6, 1, 32, 32)).astype(np.uint8)
    raw[0, 0, 0, :2] = 0, 255
    right = raw / 255
    mistakes = (
        (M.NOT_SCALED, raw.astype(float)), (M.SCALED_BY_256, raw / 256), (M.SCALED_TO_TANH, raw / 127.5 - 1),
        (M.INVERTED, 1 - right),
    )  # fmt: skip
    dark = (raw // 2 + 16).astype(np.uint8)  # no black and no white in it
    each = (1, 2, 3)
    low, high = dark.min(each, keepdims=True).astype(float), dark.max(each, keepdims=True).astype(float)
    by_content = (
        (M.SCALED_BY_CONTENT, dark / dark.max()), (M.SCALED_BY_CONTENT, dark / high),
        (M.SCALED_BY_CONTENT, (dark - float(dark.min())) / float(np.ptp(dark))),
        (M.SCALED_BY_CONTENT, (dark - low) / (high - low)),
    )  # fmt: skip
    return Case(
        "scale",
        (
            Step("construct", {"file": "hwlib.checking.standins", "callable": "bare", "as_": "data",
                               "args": ["dataset", "Dataset", WITHOUT_INIT]}),
            Step("call", {"target": "data", "method": "scale", "args": [raw]}, "scaled"),
            Step("call", {"target": "data", "method": "scale", "args": [dark]}, "dark"),
        ),
        (
            A_TENSOR["scaled"],
            Array("scaled/result", IMAGES, (6, 1, 32, 32)),
            Close("scaled/result", right.astype(np.float32), say("images in [0, 1]", "[0, 1] 内的图像"),
                  tolerances.SCALE, mistakes),
            Close("dark/result", (dark / 255).astype(np.float32),
                  say("dark images, by the same rule", "较暗的图像，规则相同"), tolerances.SCALE, by_content),
        ),
    )  # fmt: skip


# --- sampling -----------------------------------------------------------------------------------------


def sample(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    return Case(
        "sample",
        (
            *sampling_steps("sigmoid", {"latent_dim": latent_dim}, SAMPLES, kind="Autoencoder"),
            Step("get", {"target": "standin.as_images"}, "as_images"),
            Step("call", {"target": "standin", "args": [Reply("seen/result/0")]}, "decoded", may_fail=True),
        ),
        (
            Says(
                "as_images/value",
                say("latents by their name, model(z=z)", "隐变量按名字传入：model(z=z)"),
                ((True, as_is("model(z)"), M.LATENTS_AS_IMAGES),),
            ),
            A_TENSOR["samples"],
            Array("samples/result", IMAGES, (SAMPLES, 1, 32, 32), low=0, high=1, wrong_count=M.WRONG_COUNT),
            Array("seen/result/0", LATENTS, (SAMPLES, latent_dim)),
            Close(
                "samples/result",
                "decoded/result",
                say("the images that the model decodes of the latents", "模型由隐变量解码得到的图像"),
                tolerances.NETWORK,
            ),
        ),
    )


def sample_prior(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    return prior("sigmoid", {"latent_dim": latent_dim}, (latent_dim,), M.DEVICE_IGNORED, "Autoencoder")


_BUILDERS = {
    function.__name__: function
    for function in (
        encoder_layers,
        decoder_layers,
        reparameterize_statistics,
        scale,
        sample,
        sample_prior,
    )
}
