"""The cases of the VAE's forward: what it returns in both of its modes, and for batches of any size."""

from __future__ import annotations

from typing import Any

from grader.checks import VAE_mistakes as M
from grader.checks import tolerances
from grader.checks.inputs import images, normal, seed_of
from grader.checks.VAE_cases import NETWORK_TITLES, Rng, model_steps
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case
from hwlib.checking.expect import Array, Flows, Items
from hwlib.checking.expect_numbers import Close, Differs, Either
from hwlib.checking.layer_table import Layers, wanted_rows
from hwlib.checking.steps import Reply, Step
from hwlib.checking.values import Ref
from hwlib.checking.words import Words, as_is, say

RESULTS = ("recon", "mu", "log_std")
FORWARD_RETURNS = say("forward(x) returns (recon, mu, log_std)", "forward(x) 返回 (recon, mu, log_std)")


def forward_modes(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    x, z, seed = images(rng, 3), normal(rng, 2, latent_dim), seed_of(rng)
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
    # mu and log_std are the halves of self.encoder's output, or (where that is not the table's encoder)
    # forward itself is the table's encoder.
    whole_encoder = Layers(
        "none", NETWORK_TITLES["encoder"], rows["encoder"], "whole_images", (1, 2), unless="alone_encoder"
    )
    whole_decoder = Layers(
        "none", NETWORK_TITLES["decoder"], rows["decoder"], "whole_latents", (0,), unless="alone_decoder"
    )
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
            Step("trace", {"target": "model", "args": [x]}, "whole_images", may_fail=True, later=True),
            Step(
                "trace",
                {"target": "model", "args": [], "kwargs": {"z": z}},
                "whole_latents",
                may_fail=True,
                later=True,
            ),
            *(
                Step("trace", {"target": f"model.{network}", "args": [inputs]}, f"alone_{network}",
                     may_fail=True, later=True)
                for network, inputs in (("encoder", x), ("decoder", z))
            ),
            Step("call", {**again, "args": [mu, log_std], "seed": seed}, "z", may_fail=True),
            Step("call", {**again, "args": [mu, log_std], "seed": seed}, "z_same", may_fail=True),
            Step("call", {**again, "args": [mu, log_std], "seed": seed + 1}, "z_again", may_fail=True),
            Step("call", {**again, "args": [log_std, mu], "seed": seed}, "z_exchanged", may_fail=True),
            decoded(Reply("z/result"), "decoded"),
            decoded(Reply("z_exchanged/result"), "decoded_exchanged"),
            decoded(mu, "decoded_mu"),
            Step("gradients", {"target": "model", "method": "reparameterize", "args": [mu, log_std],
                               "weights": [1.0]}, "slope_of_z", may_fail=True),
            *(
                Step("gradients", {"target": "model", "args": [x[:2]], "seed": seed,
                                   "weights": [1.0 if i == position else None for i in range(3)]},
                     f"slope_of_{name}")
                for position, name in enumerate(RESULTS)
            ),
        ),
        (
            Items("images/result", 3, FORWARD_RETURNS, M.RETURNS_ONLY_RECON),
            Array("images/result/0", as_is("recon"), (3, 1, 32, 32)),
            Array("images/result/1", as_is("mu"), (3, latent_dim)),
            Array("images/result/2", as_is("log_std"), (3, latent_dim)),
            Array(
                "latents/result",
                say("forward(z=z) returns images", "forward(z=z) 返回图像"),
                (2, 1, 32, 32),
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
                        ((M.RETURNS_STD, f"{last}/exp"), (M.KL_LOG_VARIANCE, f"{last}/times:0.5")),
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
                steady=("z/result", "z_same/result"),
            ),
            Differs(
                "images/result/0",
                "images_again/result/0",
                say("recon, decoded from fresh noise at every call", "recon 每次都由重新采样的噪声解码得到"),
                source=("z/result", "z_again/result"),
            ),
            *(
                Flows(
                    f"slope_of_{name}/args/0",
                    say("a gradient from {name} back to the images", "从 {name} 回传到图像的梯度", name=name),
                    M.DETACHED,
                    source="slope_of_z/args/0" if name == "recon" else "",
                )
                for name in RESULTS
            ),
        ),
    )  # fmt: skip


def forward_batches(rng: Rng, assignment: Assignment, latent_dim: int) -> Case:
    x, z, seed = images(rng, 3), normal(rng, 3, latent_dim), seed_of(rng)
    one = M.BATCH_OF_ONE
    steps: list[Step] = [*model_steps(rng, latent_dim)]
    for name, batch, mode in (
        ("three", x, "train"),
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
    for name, count in (("three", 3), ("one", 1), ("eval", 3), ("one_eval", 1)):
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
        Array("latents/result", say("images for 3 latents", "3 个隐变量对应的图像"), (3, 1, 32, 32)),
        Array(
            "latent/result",
            say("images for 1 latent", "1 个隐变量对应的图像"),
            (1, 1, 32, 32),
            wrong_shape=one,
        ),
        Close(
            "one/result/1",
            "three/result/1/rows:1",
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
            "eval/result/1", "three/result/1", say("mu in eval mode", "评估模式下的 mu"), tolerances.NETWORK
        ),
    ]
    return Case("forward_batches", tuple(steps), tuple(expect))


def _for_images(what: str, count: int) -> Words:
    return say("{what} for {count} image(s)", "{count} 幅图像的 {what}", what=what, count=count)
