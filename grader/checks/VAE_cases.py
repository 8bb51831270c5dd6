"""The checks of the VAE that are data: inputs, what to ask, what to expect. Built with hidden or public
inputs.

Expected values come from the reference in `solutions/VAE`; what the known mistakes would give is computed
here
from the formulas of the handout.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from grader.checks import VAE_mistakes as M
from grader.checks import tolerances
from grader.checks.inputs import images, normal, seed_of, uniform
from grader.checks.reference import trainer
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case, Reply, Step
from hwlib.checking.expect import Array, Close, Differs, Either, Items, Says
from hwlib.checking.layer_table import Layers, wanted_rows
from hwlib.checking.mistakes import Mistake
from hwlib.checking.noise import Gaussian
from hwlib.checking.values import Ref
from hwlib.checking.words import Words, as_is, say

Rng = np.random.Generator
PIXELS = 32 * 32
FORWARD_RETURNS = say("forward(x) returns (recon, mu, log_std)", "forward(x) 返回 (recon, mu, log_std)")
IMAGES, LATENTS = say("images", "图像"), say("latents", "隐变量")
RECONSTRUCTION_LOSS, KL_DIVERGENCE = say("reconstruction loss", "重构损失"), say("KL divergence", "KL 散度")
LOSSES_RETURNED = say("loss_fn returns (recon_loss, kl_loss)", "loss_fn 返回 (recon_loss, kl_loss)")
NETWORK_TITLES = {"encoder": say("encoder", "编码器"), "decoder": say("decoder", "解码器")}
WITHOUT_INIT = {"batch_size": 4, "name": "mnist", "device": "cpu"}


def build(name: str, rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    """The case of that name. Raises KeyError for checks that are no cases."""
    return _BUILDERS[name](rng, assignment, latent_dim)


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
            Step("trace", whole, "whole", may_fail=True),
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
    ask = {"target": "model", "method": "reparameterize", "args": [mu, log_std], "times": 8, "grad": False}
    return Case(
        "reparameterize_statistics",
        (_construct(rng, latent_dim, bare=True), Step("call", {**ask, "seed": seed_of(rng)}, "z")),
        (Gaussian("z/result", as_is("z"), mu, log_std, log_variance),),
    )


# --- forward ------------------------------------------------------------------------------------------


def forward_modes(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    x, z, seed = images(rng, 4), normal(rng, 5, latent_dim), seed_of(rng)
    forward: dict[str, Any] = {"target": "model", "args": [x], "grad": False, "mode": "eval"}
    again = {"target": "model", "method": "reparameterize", "grad": False}
    mu, log_std = Reply("images/result/1"), Reply("images/result/2")
    settings = {"num_channels": 1, "latent_dim": latent_dim}
    rows = {name: wanted_rows(assignment.network(name), settings) for name in ("encoder", "decoder")}

    def decoded(latents: Any, name: str) -> Step:
        return Step("call", {"target": "model", "kwargs": {"z": latents}, "grad": False}, name, may_fail=True)

    stir = {"file": "hwlib.checking.standins", "method": "stir", "args": [Ref("model"), seed]}
    first, last = f"encoder/result/first:{latent_dim}", f"encoder/result/from:{latent_dim}"
    close = tolerances.NETWORK
    # mu and log_std are the halves of self.encoder's output, or forward itself is the table's encoder.
    whole_encoder = Layers("none", NETWORK_TITLES["encoder"], rows["encoder"], "whole_images", (1, 2))
    whole_decoder = Layers("none", NETWORK_TITLES["decoder"], rows["decoder"], "whole_latents", (0,))
    swapped = (M.HALVES_SWAPPED, last)
    return Case(
        "forward_modes",
        (
            *model_steps(rng, latent_dim),
            Step("call", stir),
            Step("call", {**forward, "seed": seed}, "images"),
            Step("call", {**forward, "seed": seed + 1}, "images_again"),
            Step("call", {"target": "model", "kwargs": {"z": z}, "grad": False}, "latents"),
            Step("call", {"target": "model.encoder", "args": [x], "grad": False}, "encoder", may_fail=True),
            Step("call", {"target": "model.decoder", "args": [z], "grad": False}, "decoder", may_fail=True),
            Step("trace", {"target": "model", "args": [x]}, "whole_images", may_fail=True),
            Step(
                "trace", {"target": "model", "args": [], "kwargs": {"z": z}}, "whole_latents", may_fail=True
            ),
            Step("call", {**again, "args": [mu, log_std], "seed": seed}, "z", may_fail=True),
            Step("call", {**again, "args": [mu, log_std], "seed": seed + 1}, "z_again", may_fail=True),
            Step("call", {**again, "args": [log_std, mu], "seed": seed}, "z_exchanged", may_fail=True),
            decoded(Reply("z/result"), "decoded"),
            decoded(Reply("z_exchanged/result"), "decoded_exchanged"),
            decoded(mu, "decoded_mu"),
        ),
        (
            Items("images/result", 3, FORWARD_RETURNS, M.RETURNS_ONLY_RECON),
            Array("images/result/0", as_is("recon"), (4, 1, 32, 32)),
            Array("images/result/1", as_is("mu"), (4, latent_dim)),
            Array("images/result/2", as_is("log_std"), (4, latent_dim)),
            Array(
                "latents/result",
                say("forward(z=z) returns images", "forward(z=z) 返回图像"),
                (5, 1, 32, 32),
            ),
            Close(
                "images/result/1", first, as_is("mu"), close, (swapped,), if_there=True, only_mistakes=True
            ),
            Either(
                (
                    Close(
                        "images/result/1",
                        first,
                        say("mu: the first half of the encoder's output", "mu：编码器输出的前一半"),
                        close,
                    ),
                    whole_encoder,
                )
            ),
            Either(
                (
                    Close(
                        "images/result/2",
                        last,
                        say(
                            "log_std: the second half of the encoder's output", "log_std：编码器输出的后一半"
                        ),
                        close,
                        ((M.RETURNS_STD, f"{last}/exp"),),
                    ),
                    whole_encoder,
                )
            ),
            Either(
                (
                    Close(
                        "latents/result",
                        "decoder/result",
                        say("forward(z=z): the decoder's output for z", "forward(z=z)：解码器对 z 的输出"),
                        close,
                    ),
                    whole_decoder,
                )
            ),
            Close(
                "images/result/0",
                "decoded/result",
                say(
                    "recon: decoded from z = reparameterize(mu, log_std)",
                    "recon：由 z = reparameterize(mu, log_std) 解码得到",
                ),
                close,
                (
                    (M.DECODES_MU, "decoded_mu/result"),
                    (M.ARGUMENTS_OF_REPARAMETERIZE, "decoded_exchanged/result"),
                ),
                if_there=True,
            ),
            Differs(
                "images/result/0",
                "images_again/result/0",
                say("recon, decoded from fresh noise at every call", "recon 每次都由重新采样的噪声解码得到"),
                source=("z/result", "z_again/result"),
            ),
        ),
    )


def forward_batches(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    x, z, seed = images(rng, 7), normal(rng, 7, latent_dim), seed_of(rng)
    one = M.BATCH_OF_ONE
    steps: list[Step] = [*model_steps(rng, latent_dim)]
    for name, batch, mode in (
        ("seven", x, "train"),
        ("one", x[:1], "train"),
        ("eval", x, "eval"),
        ("one_eval", x[:1], "eval"),
    ):
        ask = {"target": "model", "args": [batch], "mode": mode, "seed": seed, "grad": False}
        steps.append(Step("call", ask, name, mistake=one if len(batch) == 1 else None))
    for name, latents in (("latents", z), ("latent", z[:1])):
        ask = {"target": "model", "kwargs": {"z": latents}, "grad": False}
        steps.append(Step("call", ask, name, mistake=one if len(latents) == 1 else None))
    expect: list[Any] = []
    for name, count in (("seven", 7), ("one", 1), ("eval", 7), ("one_eval", 1)):
        expect.append(Items(f"{name}/result", 3, FORWARD_RETURNS, M.RETURNS_ONLY_RECON))
        expect.append(
            Array(
                f"{name}/result/0",
                _for_images("recon", count),
                (count, 1, 32, 32),
                wrong_shape=one if count == 1 else None,
            )
        )
        for position, what in ((1, "mu"), (2, "log_std")):
            expect.append(
                Array(
                    f"{name}/result/{position}",
                    _for_images(what, count),
                    (count, latent_dim),
                    wrong_shape=one if count == 1 else None,
                )
            )
    expect += [
        Array("latents/result", say("images for 7 latents", "7 个隐变量对应的图像"), (7, 1, 32, 32)),
        Array(
            "latent/result",
            say("images for 1 latent", "1 个隐变量对应的图像"),
            (1, 1, 32, 32),
            wrong_shape=one,
        ),
        Close(
            "one/result/1",
            "seven/result/1/rows:1",
            say("mu of an image, whatever else is in the batch", "图像的 mu，与批内其他图像无关"),
            tolerances.NETWORK,
        ),
        Close(
            "latent/result",
            "latents/result/rows:1",
            say(
                "the image of a latent, whatever else is in the batch",
                "隐变量对应的图像，与批内其他隐变量无关",
            ),
            tolerances.NETWORK,
        ),
        Close(
            "eval/result/1", "seven/result/1", say("mu in eval mode", "评估模式下的 mu"), tolerances.NETWORK
        ),
    ]
    return Case("forward_batches", tuple(steps), tuple(expect))


def _for_images(what: str, count: int) -> Words:
    return say("{what} for {count} image(s)", "{count} 幅图像的 {what}", what=what, count=count)


# --- scale --------------------------------------------------------------------------------------------


def scale(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    raw = rng.integers(0, 256, (6, 1, 32, 32)).astype(np.uint8)
    raw[0, 0, 0, :2] = 0, 255
    right = raw / 255
    mistakes = (
        (M.NOT_SCALED, raw.astype(float)), (M.SCALED_BY_256, raw / 256), (M.SCALED_TO_TANH, raw / 127.5 - 1),
        (M.INVERTED, 1 - right), (M.NOT_SCALED, (raw // 255).astype(float)),
    )  # fmt: skip
    return Case(
        "scale",
        (
            Step("construct", {"file": "hwlib.checking.standins", "callable": "bare", "as_": "data",
                               "args": ["dataset", "Dataset", WITHOUT_INIT]}),
            Step("call", {"target": "data", "method": "scale", "args": [raw]}, "scaled"),
        ),
        (
            Array("scaled/result", IMAGES, (6, 1, 32, 32)),
            Close("scaled/result", right.astype(np.float32), say("images in [0, 1]", "[0, 1] 内的图像"),
                  tolerances.SCALE, mistakes),
        ),
    )  # fmt: skip


# --- losses -------------------------------------------------------------------------------------------


def trainer_steps(latent_dim: int) -> tuple[Step, ...]:
    """Makes the student's Trainer, under the name "trainer", with stand-ins for all that it is given."""
    outputs = [[[1, 32, 32], "sigmoid"], [[latent_dim], ""], [[latent_dim], ""]]
    model = {
        "file": "hwlib.checking.standins",
        "callable": "Maps",
        "args": [PIXELS, outputs],
        "kwargs": {"attributes": {"latent_dim": latent_dim, "num_channels": 1}},
        "as_": "standin",
    }
    given = ["cpu", Ref("standin"), Ref("optimizer"), Ref("data"), "results", Ref("writer")]
    names = ("device", "model", "optimizer", "dataset", "ckpt_dir", "tb_writer")
    around = {"file": "hwlib.checking.standins", "callable": "bare", "as_": "trainer",
              "args": ["trainer", "Trainer", dict(zip(names, given, strict=True))]}  # fmt: skip
    return (
        Step("construct", model),
        Step(
            "optimizer",
            {"name": "SGD", "of": ["standin"], "kwargs": {"lr": 1e-4, "momentum": 0.9}, "as_": "optimizer"},
        ),
        Step("stub", {"attributes": {"batch_size": 4, "name": "mnist"}, "as_": "data"}),
        Step("stub", {"as_": "writer"}),
        Step(
            "construct",
            {"file": "trainer", "callable": "Trainer", "args": given, "as_": "trainer"},
            otherwise=(Step("construct", around),),
        ),
    )


def loss_inputs(
    rng: Rng, batch: int, latent_dim: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(target, recon, mu, log_std) as the model gives them."""
    target = images(rng, batch)
    recon = np.clip(target + normal(rng, *target.shape, scale=0.15), 0.03, 0.97).astype(np.float32)
    return target, recon, normal(rng, batch, latent_dim), uniform(rng, batch, latent_dim, low=-1, high=0.6)


def reference_losses(
    target: np.ndarray, recon: np.ndarray, mu: np.ndarray, log_std: np.ndarray, log_variance: bool = False
) -> tuple[float, float]:
    """What the reference gives, computed in float64."""
    tensors = [torch.from_numpy(array.astype(np.float64)) for array in (target, recon, mu, log_std)]
    if log_variance:
        tensors[3] = tensors[3] / 2
    recon_loss, kl_loss = trainer("VAE").loss_fn(*tensors)
    return float(recon_loss), float(kl_loss)


def wrong_reconstruction(target: np.ndarray, recon: np.ndarray) -> tuple[tuple[Mistake, float], ...]:
    """What the known mistakes make of the reconstruction loss."""
    t, r, batch = target.astype(np.float64), recon.astype(np.float64), len(target)

    def bce(x: np.ndarray, y: np.ndarray) -> float:
        return float(-(x * np.log(y) + (1 - x) * np.log(1 - y)).sum() / batch)

    right, pixels = bce(t, r), t[0].size
    squared = float(((t - r) ** 2).sum() / batch)
    return (
        (M.SUMMED_OVER_BATCH, right * batch),
        (M.PIXEL_MEAN, right / pixels),
        (M.PIXEL_MEAN, right / pixels / batch),
        (M.WRONG_SIGN, -right),
        (M.SWAPPED_ARGUMENTS, bce(r, t)),
        (M.SQUARED_ERROR, squared),
        (M.SQUARED_ERROR, squared / 2),
        (M.SQUARED_ERROR, squared / pixels),
        (M.SQUARED_ERROR, squared * batch),
        (M.HALF_OF_BCE, float(-(t * np.log(r)).sum() / batch)),
    )


def wrong_kl(
    mu: np.ndarray, log_std: np.ndarray, log_variance: bool = False
) -> tuple[tuple[Mistake, float], ...]:
    """What the known mistakes make of the KL divergence."""
    m, s, batch = mu.astype(np.float64), log_std.astype(np.float64), len(mu)
    s = s / 2 if log_variance else s
    var = np.exp(2 * s)

    def mean(terms: np.ndarray) -> float:
        return float(terms.sum() / batch)

    right = mean(0.5 * (m**2 + var - 2 * s - 1))
    return (
        (M.SUMMED_OVER_BATCH, right * batch),
        (M.DIMENSION_MEAN, right / m.shape[1]),
        (M.DIMENSION_MEAN, right / m.shape[1] / batch),
        (M.WRONG_SIGN, -right),
        (M.MISSING_HALF, 2 * right),
        (M.KL_LOG_VARIANCE, mean(0.5 * (m**2 + np.exp(s) - s - 1))),
        (M.KL_LOG_VARIANCE, mean(0.5 * (m**2 + np.exp(4 * s) - 4 * s - 1))),
        (M.MISSING_MINUS_ONE, mean(0.5 * (m**2 + var - 2 * s))),
        (M.MISSING_MU, mean(0.5 * (var - 2 * s - 1))),
        (M.MU_NOT_SQUARED, mean(0.5 * (m + var - 2 * s - 1))),
        (M.SIGMA_NOT_SQUARED, mean(0.5 * (m**2 + np.exp(s) - 2 * s - 1))),
        (M.NOT_TWICE_LOG, mean(0.5 * (m**2 + var - s - 1))),
        (M.WRONG_SIGN, mean(0.5 * (m**2 + var + 2 * s - 1))),
    )


def loss_values(rng: Rng, assignment: Assignment, latent_dim: int, log_variance: bool = False) -> Case:
    target, recon, mu, log_std = loss_inputs(rng, 7, latent_dim)
    right = reference_losses(target, recon, mu, log_std, log_variance)
    swapped = ((M.SWAPPED_RESULTS, right[1]), (M.SUM_OF_BOTH, sum(right)))
    return Case(
        "loss_values",
        (
            *trainer_steps(latent_dim),
            Step(
                "call",
                {"target": "trainer", "method": "loss_fn", "args": [target, recon, mu, log_std]},
                "losses",
            ),
        ),
        (
            Items("losses/result", 2, LOSSES_RETURNED),
            Close(
                "losses/result/0",
                right[0],
                RECONSTRUCTION_LOSS,
                tolerances.LOSS,
                (*swapped, *wrong_reconstruction(target, recon)),
                M.LOG_OF_ZERO,
            ),
            Close(
                "losses/result/1",
                right[1],
                KL_DIVERGENCE,
                tolerances.LOSS,
                ((M.SUM_OF_BOTH, sum(right)), *wrong_kl(mu, log_std, log_variance)),
            ),
        ),
    )


# --- sampling -----------------------------------------------------------------------------------------


def sampling_steps(latent_dim: int, count: int, calls: int = 1, device: str = "cpu") -> tuple[Step, ...]:
    """Calls the student's sample_images with a stand-in that remembers its latents."""
    standin = {"file": "hwlib.checking.standins", "callable": "Decoder", "as_": "standin",
               "args": [[1, 32, 32], "sigmoid", {"latent_dim": latent_dim}]}  # fmt: skip
    ask = {
        "file": "main",
        "method": "sample_images",
        "args": [Ref("standin"), count, latent_dim, device],
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
               "args": [[1, 32, 32], "sigmoid", {"latent_dim": latent_dim}]}  # fmt: skip
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
            Array("samples/result", IMAGES, (9, 1, 32, 32), low=0, high=1, wrong_shape=M.WRONG_COUNT),
            Array("seen/result/0", LATENTS, (9, latent_dim)),
            Close(
                "samples/result",
                "decoded/result",
                say("the images that the model decodes of the latents", "模型由隐变量解码得到的图像"),
                tolerances.NETWORK,
            ),
        ),
    )


def sample_prior(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    count = 512
    nothing = np.zeros((count, latent_dim), dtype=np.float32)
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
        encoder_layers,
        decoder_layers,
        reparameterize_statistics,
        forward_modes,
        forward_batches,
        scale,
        loss_values,
        sample,
        sample_prior,
    )
}
