"""The checks of the GAN that are data: inputs, what to ask, what to expect. Built with hidden or public
inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.checks import GAN_mistakes as M
from grader.checks import tolerances
from grader.checks.inputs import images, normal, seed_of, weights
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case, Reply, Step
from hwlib.checking.expect import Array, Close, Items, Says, Sum
from hwlib.checking.initial import Drawn
from hwlib.checking.layer_table import Layers, wanted_rows
from hwlib.checking.noise import Gaussian
from hwlib.checking.standins import Maps
from hwlib.checking.values import Ref
from hwlib.checking.words import say

Rng = np.random.Generator
PIXELS = 32 * 32
HIDDEN = 4
RATE = 0.1
IMAGES, LATENTS = say("images", "图像"), say("latents", "隐变量")
State = dict[str, np.ndarray]


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
            Step("trace", whole.params, "whole", may_fail=True),
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
    z = normal(rng, 6, latent_dim, 1, 1)
    decoder = {"target": "netG.decoder", "args": [z], "grad": False}
    one = {"target": "netG", "args": [z[:1]], "grad": False, "mode": "eval"}
    return Case(
        "generator_forward",
        (
            generator_step(rng, latent_dim, HIDDEN),
            Step("call", {"target": "netG", "args": [z], "grad": False, "mode": "eval"}, "eval"),
            Step("call", decoder, "decoder", may_fail=True),
            Step("call", one, "one"),
            Step("call", {"target": "netG", "args": [z], "grad": False, "mode": "train"}, "train"),
        ),
        (
            Array("eval/result", IMAGES, (6, 1, 32, 32), wrong_shape=M.IMAGES_FLATTENED),
            Array("one/result", say("the image of a single latent", "单个隐变量对应的图像"), (1, 1, 32, 32)),
            Array("train/result", say("images in train mode", "训练模式下的图像"), (6, 1, 32, 32)),
            Close(
                "eval/result",
                "decoder/result",
                say("forward(z): the output of self.decoder", "forward(z)：self.decoder 的输出"),
                tolerances.NETWORK,
                ((M.MOVED_IN_FORWARD, "decoder/result/times:0.5/plus:0.5"),),
                otherwise=M.NOT_RESHAPED,
                if_there=True,
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


# --- data ---------------------------------------------------------------------------------------------


def scale(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    raw = rng.integers(0, 256, (6, 1, 32, 32)).astype(np.uint8)
    raw[0, 0, 0, :2] = 0, 255
    right = raw / 127.5 - 1
    mistakes = (
        (M.NOT_SCALED, raw.astype(float)), (M.SCALED_TO_0_1, raw / 255), (M.SCALED_BY_128, raw / 128 - 1),
        (M.INVERTED, -right), (M.NOT_SCALED, raw.astype(float) - 1),
    )  # fmt: skip
    attributes = {"batch_size": 4, "name": "mnist", "device": "cpu"}
    return Case(
        "scale",
        (
            Step("construct", {"file": "hwlib.checking.standins", "callable": "bare", "as_": "data",
                               "args": ["dataset", "Dataset", attributes]}),
            Step("call", {"target": "data", "method": "scale", "args": [raw]}, "scaled"),
        ),
        (
            Array("scaled/result", IMAGES, (6, 1, 32, 32)),
            Close("scaled/result", right.astype(np.float32), say("images in [-1, 1]", "[-1, 1] 内的图像"),
                  tolerances.SCALE, mistakes),
        ),
    )  # fmt: skip


# --- training steps -------------------------------------------------------------------------------------


def standins(latent_dim: int) -> tuple[Maps, Maps]:
    """(generator, discriminator) as the worker builds them."""
    (inputs_G, outputs_G), (inputs_D, outputs_D) = _arguments(latent_dim)
    return Maps(inputs_G, outputs_G), Maps(inputs_D, outputs_D, norm=True)


def _arguments(latent_dim: int) -> tuple[list[Any], list[Any]]:
    return [latent_dim, [[[1, 32, 32], "tanh"]]], [PIXELS, [[[], "sigmoid"]]]


def standin_state(rng: Rng, latent_dim: int) -> tuple[State, State]:
    """Weights for both stand-ins."""
    found = []
    for network in standins(latent_dim):
        shapes = {name: tuple(tensor.shape) for name, tensor in network.named_parameters()}
        found.append(weights(rng, shapes))
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


def _values(rng: Rng, latent_dim: int) -> tuple[Step, ...]:
    state_G, state_D = standin_state(rng, latent_dim)
    real, z = 2 * images(rng, 6) - 1, normal(rng, 6, latent_dim, 1, 1)
    again = {"target": "D", "grad": False}
    return (
        *trainer_steps(latent_dim, state_G, state_D),
        Step("call", {"target": "G", "args": [z], "as_": "fake"}, "fake"),
        Step("call", {**again, "args": [real]}, "real_before"),
        Step("call", {**again, "args": [Ref("fake")]}, "fake_before"),
        Step(
            "call",
            {"target": "trainer", "method": "train_step", "args": [real, Ref("fake"), Ref("bce")]},
            "step",
        ),
        Step("call", {**again, "args": [real]}, "real_after"),
        Step("call", {**again, "args": [Ref("fake")]}, "fake_after"),
        Step("get_state", {"target": "D"}, "D"),
    )


_FIVE = Items(
    "step/result",
    5,
    say(
        "train_step returns (loss_D, loss_G, D_x, D_G_z1, D_G_z2)",
        "train_step 返回 (loss_D, loss_G, D_x, D_G_z1, D_G_z2)",
    ),
)
_NOT = "times:-1/plus:1"


def discriminator_values(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    steps = _values(rng, latent_dim)
    total = Sum(("real_before/result/log/mean/times:-1", f"fake_before/result/{_NOT}/log/mean/times:-1"))
    swapped = Sum((f"real_before/result/{_NOT}/log/mean/times:-1", "fake_before/result/log/mean/times:-1"))
    after = Sum(("real_after/result/log/mean/times:-1", f"fake_after/result/{_NOT}/log/mean/times:-1"))
    tolerance = tolerances.PROBABILITY
    return Case(
        "discriminator_values",
        steps,
        (
            _FIVE,
            Close(
                "step/result/0",
                total,
                say(
                    "loss_D, the sum of the losses of real and fake images",
                    "loss_D，即真实图像与生成图像的损失之和",
                ),
                tolerance,
                (
                    (M.LABELS_SWAPPED, swapped),
                    (M.HALVED, Sum(total.paths, 0.5)),
                    (M.ONLY_REAL, Sum(total.paths[:1])),
                    (M.ONLY_FAKE, Sum(total.paths[1:])),
                    (M.AFTER_THE_STEP, after),
                    (M.ASCENT, Sum(total.paths, -1.0)),
                    (M.HALVED, Sum(swapped.paths, 0.5)),
                ),
            ),
            Close(
                "step/result/2",
                "real_before/result/mean",
                say(
                    "D_x, the average of D over the real images before its update",
                    "D_x，即更新之前 D 在真实图像上的平均值",
                ),
                tolerance,
                (
                    (M.AVERAGES_EXCHANGED, "fake_before/result/mean"),
                    (M.AFTER_THE_STEP, "real_after/result/mean"),
                    (M.AVERAGE_IS_SUM, "real_before/result/mean/times:6"),
                ),
            ),
            Close(
                "step/result/3",
                "fake_before/result/mean",
                say(
                    "D_G_z1, the average of D over the fake images before its update",
                    "D_G_z1，即更新之前 D 在生成图像上的平均值",
                ),
                tolerance,
                (
                    (M.AVERAGES_EXCHANGED, "real_before/result/mean"),
                    (M.AFTER_THE_STEP, "fake_after/result/mean"),
                    (M.AVERAGE_IS_SUM, "fake_before/result/mean/times:6"),
                ),
            ),
        ),
    )


def generator_values(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    tolerance = tolerances.PROBABILITY
    return Case(
        "generator_values",
        _values(rng, latent_dim),
        (
            _FIVE,
            Close(
                "step/result/1",
                "fake_after/result/log/mean/times:-1",
                say(
                    "loss_G, the average of -log D(G(z)) after the update of D",
                    "loss_G，即更新 D 之后 -log D(G(z)) 的平均值",
                ),
                tolerance,
                (
                    (M.OLD_DISCRIMINATOR, "fake_before/result/log/mean/times:-1"),
                    (M.SATURATING, f"fake_after/result/{_NOT}/log/mean"),
                    (M.FAKE_LABEL, f"fake_after/result/{_NOT}/log/mean/times:-1"),
                    (M.SATURATING, f"fake_before/result/{_NOT}/log/mean"),
                ),
            ),
            Close(
                "step/result/4",
                "fake_after/result/mean",
                say(
                    "D_G_z2, the average of D over the fake images after its update",
                    "D_G_z2，即更新之后 D 在生成图像上的平均值",
                ),
                tolerance,
                (
                    (M.OLD_DISCRIMINATOR, "fake_before/result/mean"),
                    (M.AVERAGE_IS_SUM, "fake_after/result/mean/times:6"),
                ),
            ),
        ),
    )


# --- sampling -----------------------------------------------------------------------------------------


def sampling_steps(latent_dim: int, count: int, calls: int = 1) -> tuple[Step, ...]:
    """Calls the student's sample_images with a stand-in that remembers its latents."""
    standin = {"file": "hwlib.checking.standins", "callable": "Decoder", "as_": "standin",
               "args": [[1, 32, 32], "tanh", {"latent_dim": latent_dim, "hidden_dim": HIDDEN}]}  # fmt: skip
    ask = {
        "file": "main",
        "method": "sample_images",
        "args": [Ref("standin"), count, latent_dim, "cpu"],
        "times": calls,
    }
    return (
        Step("import", {"modules": ["main"]}),
        Step("construct", standin),
        Step("call", ask, "samples"),
        Step("call", {"target": "standin", "method": "latents", "args": [count]}, "seen"),
    )


def other_device_steps(latent_dim: int) -> tuple[Step, ...]:
    """The same on PyTorch's meta device, which computes nothing: latents made elsewhere show at once."""
    standin = {"file": "hwlib.checking.standins", "callable": "Decoder", "as_": "elsewhere",
               "args": [[1, 32, 32], "tanh", {"latent_dim": latent_dim, "hidden_dim": HIDDEN}]}  # fmt: skip
    ask = {"file": "main", "method": "sample_images", "args": [Ref("elsewhere"), 3, latent_dim, "meta"]}
    return (
        Step("construct", standin),
        Step("call", {"target": "elsewhere", "method": "to", "args": ["meta"]}),
        Step("call", ask, "meta", may_fail=True),
        Step("get", {"target": "elsewhere.mixed"}, "mixed"),
    )


def sample(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    return Case(
        "sample",
        (
            *sampling_steps(latent_dim, 9),
            Step("call", {"target": "standin", "args": [Reply("seen/result/0")]}, "decoded"),
        ),
        (
            Array("samples/result", IMAGES, (9, 1, 32, 32), wrong_shape=M.WRONG_COUNT),
            Array("seen/result/0", LATENTS, (9, latent_dim, 1, 1), wrong_shape=M.FLAT_LATENTS),
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
    count = 512
    nothing = np.zeros((count, latent_dim, 1, 1), dtype=np.float32)
    return Case(
        "sample_prior",
        (*sampling_steps(latent_dim, count, calls=4), *other_device_steps(latent_dim)),
        (
            Gaussian("seen/result", LATENTS, nothing, nothing, prior=True),
            Says(
                "mixed/value",
                say("latents on the device given", "隐变量在指定设备上"),
                ((True, say("latents on the CPU", "隐变量在 CPU 上"), M.DEVICE_IGNORED),),
            ),
        ),
    )


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
