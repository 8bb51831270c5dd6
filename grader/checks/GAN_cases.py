"""The checks of the GAN that are data: inputs (hidden or public), what to ask, what to expect."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.checks import GAN_mistakes as M
from grader.checks import tolerances
from grader.checks.GAN_standins import HIDDEN
from grader.checks.GAN_step_cases import discriminator_values, generator_values
from grader.checks.inputs import normal, seed_of
from grader.checks.sampling_cases import IMAGES, LATENTS, prior, sampling_steps
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case
from hwlib.checking.expect import Array, Trainable
from hwlib.checking.expect_numbers import Close, Differs, Either
from hwlib.checking.initial import Drawn
from hwlib.checking.layer_table import Layers, wanted_rows
from hwlib.checking.steps import Reply, Step
from hwlib.checking.values import Ref
from hwlib.checking.words import Words, say

Rng = np.random.Generator


def build(name: str, rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    """The case of that name. Raises KeyError for checks that are no cases."""
    return _BUILDERS[name](rng, assignment, latent_dim)


def generator_step(rng: Rng, latent_dim: int, hidden_dim: int, channels: int = 1) -> Step:
    """Makes the student's Generator, under the name "netG"."""
    return Step(
        "construct",
        {"file": "GAN", "callable": "Generator", "args": [channels, latent_dim, hidden_dim], "as_": "netG",
         "seed": seed_of(rng)},
    )  # fmt: skip


# --- initialisation -------------------------------------------------------------------------------------


def init_statistics(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    init = assignment.initialisation
    assert init is not None
    steps: list[Step] = []
    for name, kind, args in (
        ("conv", "Conv2d", [48, 48, 3]),
        ("transposed", "ConvTranspose2d", [48, 48, 3]),
        ("norm", "BatchNorm2d", [4096]),
        ("other", "Linear", [8, 8]),
    ):
        steps += [
            Step("construct", {"file": "torch.nn", "callable": kind, "args": args, "as_": name}),
            Step("fill", {"target": name, "value": 0.5}),
            Step(
                "call", {"file": "GAN", "method": "weights_init", "args": [Ref(name)], "seed": seed_of(rng)}
            ),
            Step("get_state", {"target": name}, name),
        ]
    conv = ((M.CONV_UNTOUCHED, 0.5, 0.0), *_wrong_spread(init.conv_mean, init.conv_std))
    norm = (
        (M.NORM_UNTOUCHED, 0.5, 0.0),
        (M.NORM_UNTOUCHED, 1.0, 0.0),
        (M.NORM_MEAN_ZERO, 0.0, init.batch_norm_std),
        *_wrong_spread(init.batch_norm_mean, init.batch_norm_std),
    )
    return Case(
        "init_statistics",
        tuple(steps),
        (
            Drawn(
                "conv/state/weight",
                say("weights of a Conv2d", "Conv2d 的权重"),
                init.conv_mean,
                init.conv_std,
                conv,
            ),
            Drawn(
                "transposed/state/weight",
                say("weights of a ConvTranspose2d", "ConvTranspose2d 的权重"),
                init.conv_mean,
                init.conv_std,
                conv,
            ),
            Drawn(
                "norm/state/weight",
                say("weights of a BatchNorm2d", "BatchNorm2d 的权重"),
                init.batch_norm_mean,
                init.batch_norm_std,
                norm,
            ),
            Drawn(
                "norm/state/bias",
                say("biases of a BatchNorm2d", "BatchNorm2d 的偏置"),
                init.batch_norm_bias,
                0.0,
                otherwise=M.NORM_BIAS,
            ),
            Drawn(
                "other/state/weight",
                say("weights of a Linear, left as they were", "Linear 的权重，应保持不变"),
                0.5,
                0.0,
                otherwise=M.OTHERS_TOUCHED,
            ),
            # Both have the same shape: a seed set by weights_init would give them the same numbers.
            Differs(
                "conv/state/weight",
                "transposed/state/weight",
                say("other numbers for every layer", "每一层的数都不同"),
                M.SEEDED,
            ),
        ),
    )


def _wrong_spread(mean: float, std: float) -> tuple[tuple[Any, float, float], ...]:
    return ((M.STD_AS_VARIANCE, mean, float(np.sqrt(std))), (M.VARIANCE_AS_STD, mean, std**2))


# --- generator ----------------------------------------------------------------------------------------


def generator_layers(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    hidden_dim = HIDDEN + 1
    settings = {"num_channels": 1, "latent_dim": latent_dim, "hidden_dim": hidden_dim}
    z = normal(rng, 3, latent_dim, 1, 1)
    whole = Step("trace", {"target": "netG", "args": [z], "mode": "train"}, "whole")
    inside = {"target": "netG.decoder", "args": [z], "mode": "train"}
    return Case(
        "generator_layers",
        (
            generator_step(rng, latent_dim, hidden_dim),
            Step("describe", {"target": "netG"}, "parts"),
            Step("trace", inside, "trace", otherwise=(whole,)),
            Step("trace", whole.params, "whole", may_fail=True, later=True),
        ),
        (
            Layers(
                "trace",
                say("generator", "生成器"),
                wanted_rows(assignment.network("generator"), settings),
                "whole",
                (0,),
                "parts",
            ),
        ),
    )


def generator_forward(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    z = normal(rng, 6, latent_dim, 1, 1, scale=40.0)  # images without tanh then leave [-1, 1]
    shape = (6, 1, 32, 32)
    decoder = {"target": "netG.decoder", "args": [z], "grad": False}
    one = {"target": "netG", "args": [z[:1]], "grad": False, "mode": "eval"}
    stir = {"file": "hwlib.checking.standins", "method": "stir", "args": [Ref("netG"), seed_of(rng)]}
    learn = {"target": "netG", "args": [z], "weights": [1.0], "mode": "train", "wrt": ["netG"]}
    return Case(
        "generator_forward",
        (
            generator_step(rng, latent_dim, HIDDEN),
            Step("call", stir),
            Step("call", {"target": "netG", "args": [z], "grad": False, "mode": "eval"}, "eval"),
            Step("call", {**decoder, "mode": "eval"}, "decoder", may_fail=True),
            Step("call", one, "one"),
            Step("gradients", learn, "train"),
            Step("call", {**decoder, "mode": "train"}, "decoder_train", may_fail=True),
        ),
        (
            Array("eval/result", IMAGES, shape, wrong_shape=M.IMAGES_FLATTENED, made_of="decoder/result"),
            Array("one/result", say("the image of a single latent", "单个隐变量对应的图像"), (1, 1, 32, 32)),
            Array("train/result", say("images in train mode", "训练模式下的图像"), (6, 1, 32, 32)),
            _decoded(
                "eval",
                "decoder",
                say("forward(z): the output of self.decoder", "forward(z)：self.decoder 的输出"),
            ),
            _decoded("train", "decoder_train", say("forward(z) in train mode", "训练模式下的 forward(z)")),
            Trainable(
                "train/parameters",
                say(
                    "images that gradients flow through to the generator's weights",
                    "图像的梯度能传到生成器的权重",
                ),
                M.CUT_OFF,
            ),
            Close(
                "one/result",
                "eval/result/rows:1",
                say(
                    "the image of a latent in eval mode, whatever else is in the batch",
                    "评估模式下隐变量对应的图像，与批内其他隐变量无关",
                ),
                tolerances.NETWORK,
            ),
        ),
    )


def _decoded(mode: str, decoder: str, what: Words) -> Either:
    """The images of forward are those of self.decoder, where there is one; tanh may stand in either."""
    of = f"{mode}/result"

    def close(value: str) -> Close:
        moved = (M.MOVED_IN_FORWARD, f"{value}/times:0.5/plus:0.5")
        mistakes = (moved, (M.ALWAYS_EVAL, "eval/result")) if mode == "train" else (moved,)
        return Close(of, value, what, tolerances.NETWORK, mistakes, otherwise=M.NOT_RESHAPED, if_there=True)

    return Either((close(f"{decoder}/result"), close(f"{decoder}/result/into:tanh")))


# --- data ---------------------------------------------------------------------------------------------


def scale(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    raw = rng.integers(0, 256, (6, 1, 32, 32)).astype(np.uint8)
    raw[0, 0, 0, :2] = 0, 255
    grey = rng.integers(30, 200, (2, 1, 32, 32)).astype(np.uint8)  # neither black nor white
    right = raw / 127.5 - 1
    doubled = 2 * raw  # as bytes: 256 and more begin again at 0
    mistakes = (
        (M.NOT_SCALED, raw), (M.NOT_SCALED, raw - 1.0), (M.NOT_SCALED, raw * 2.0 - 1),
        (M.SCALED_TO_0_1, raw / 255),
        (M.SCALED_BY_128, raw / 128 - 1), (M.INVERTED, -right), (M.OVERFLOW, doubled / 255 - 1),
        (M.STANDARDISED, (raw / 255 - 0.1307) / 0.3081),
    )  # fmt: skip
    extremes = (
        (M.OWN_EXTREMES, _stretched(grey, None)),
        (M.OWN_EXTREMES, _stretched(grey, (1, 2, 3))),
    )
    attributes = {"batch_size": 4, "name": "mnist", "device": "cpu"}
    return Case(
        "scale",
        (
            Step("construct", {"file": "hwlib.checking.standins", "callable": "bare", "as_": "data",
                               "args": ["dataset", "Dataset", attributes]}),
            Step("call", {"target": "data", "method": "scale", "args": [raw]}, "scaled"),
            Step("call", {"target": "data", "method": "scale", "args": [grey]}, "grey"),
        ),
        (
            Array("scaled/result", IMAGES, (6, 1, 32, 32)),
            Close("scaled/result", right.astype(np.float32), say("images in [-1, 1]", "[-1, 1] 内的图像"),
                  tolerances.SCALE,
                  tuple((mistake, value.astype(np.float32)) for mistake, value in mistakes)),
            Close("grey/result", (grey / 127.5 - 1).astype(np.float32),
                  say("images without black and white, scaled in the same way",
                      "没有纯黑和纯白的图像，也按同样方式归一化"),
                  tolerances.SCALE, extremes),
        ),
    )  # fmt: skip


def _stretched(images: np.ndarray, axes: tuple[int, ...] | None) -> np.ndarray:
    """What comes of stretching images to their own extremes, over all or along axes."""
    low, high = images.min(axes, keepdims=True), images.max(axes, keepdims=True)
    return ((images - low) / (high - low.astype(float)) * 2 - 1).astype(np.float32)


# --- sampling -----------------------------------------------------------------------------------------


def sample(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    return Case(
        "sample",
        (
            *sampling_steps("tanh", {"latent_dim": latent_dim, "hidden_dim": HIDDEN}, 9),
            Step("call", {"target": "standin", "args": [Reply("seen/result/0")]}, "decoded"),
        ),
        (
            Array("samples/result", IMAGES, (9, 1, 32, 32), wrong_shape=M.WRONG_COUNT),
            Array(
                "seen/result/0",
                LATENTS,
                (9, latent_dim, 1, 1),
                wrong_shape=M.FIXED_LATENTS,
                wrong_rank=M.FLAT_LATENTS,
            ),
            Close(
                "samples/result",
                "decoded/result/times:0.5/plus:0.5",
                say(
                    "the generated images, moved from [-1, 1] to [0, 1]",
                    "从 [-1, 1] 变换到 [0, 1] 的生成图像",
                ),
                tolerances.NETWORK,
                ((M.RANGE_NOT_CHANGED, "decoded/result"), (M.CLAMPED, "decoded/result/clip")),
            ),
        ),
    )


def sample_prior(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    settings = {"latent_dim": latent_dim, "hidden_dim": HIDDEN}
    return prior("tanh", settings, (latent_dim, 1, 1), M.DEVICE_IGNORED)


_BUILDERS = {
    function.__name__: function
    for function in (
        init_statistics,
        generator_layers,
        generator_forward,
        scale,
        discriminator_values,
        generator_values,
        sample,
        sample_prior,
    )
}
