"""Cases of `sample_images`: its images, and the latents that a stand-in for the model has seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwlib.checking.cases import Case
from hwlib.checking.expect import Says
from hwlib.checking.mistakes import Mistake
from hwlib.checking.noise import Gaussian
from hwlib.checking.steps import Step
from hwlib.checking.values import Ref
from hwlib.checking.words import say

IMAGES, LATENTS = say("images", "图像"), say("latents", "隐变量")
COUNT = 512


def sampling_steps(
    activation: str, settings: dict[str, int], count: int, calls: int = 1, kind: str = "Decoder"
) -> tuple[Step, ...]:
    """Calls the student's sample_images with a stand-in that remembers its latents.

    Of several calls only the latents are looked at.

    Args:
        activation: the last one of the model, "sigmoid" or "tanh".
        settings: attributes of the model, latent_dim among them.
        kind: the stand-in's class.
    """
    ask = {
        "file": "main",
        "method": "sample_images",
        "args": [Ref("standin"), count, settings["latent_dim"], "cpu"],
        "times": calls,
        "reply": calls == 1,
    }
    return (
        Step("import", {"modules": ["main"]}),
        Step("construct", _decoder("standin", activation, settings, kind, even=calls > 1)),
        Step("call", ask, "samples"),
        Step("call", {"target": "standin", "method": "latents", "args": [count]}, "seen"),
    )


def prior(
    activation: str, settings: dict[str, int], shape: tuple[int, ...], on_cpu: Mistake, kind: str = "Decoder"
) -> Case:
    """The case `sample_prior`: latents of this shape (of one image) from N(0, I), on the device given."""
    nothing = np.zeros((COUNT, *shape), dtype=np.float32)
    return Case(
        "sample_prior",
        (
            *sampling_steps(activation, settings, COUNT, 4, kind),
            *_other_device_steps(activation, settings, kind),
        ),
        (
            Gaussian("seen/result", LATENTS, nothing, nothing, prior=True),
            Says(
                "mixed/value",
                say("latents on the device given", "隐变量在指定设备上"),
                ((True, say("latents on the CPU", "隐变量在 CPU 上"), on_cpu),),
            ),
        ),
    )


def _other_device_steps(activation: str, settings: dict[str, int], kind: str) -> tuple[Step, ...]:
    """The same on PyTorch's meta device, which computes nothing: latents made elsewhere show at once."""
    args = [Ref("elsewhere"), 3, settings["latent_dim"], "meta"]
    ask = {"file": "main", "method": "sample_images", "args": args}
    return (
        Step("construct", _decoder("elsewhere", activation, settings, kind)),
        Step("call", {"target": "elsewhere", "method": "to", "args": ["meta"]}),
        Step("call", ask, "meta", may_fail=True),
        Step("get", {"target": "elsewhere.mixed"}, "mixed"),
    )


def _decoder(
    name: str, activation: str, settings: dict[str, int], kind: str, even: bool = False
) -> dict[str, Any]:
    made = {"file": "hwlib.checking.standins", "callable": kind, "as_": name,
            "args": [[1, 32, 32], activation, settings]}  # fmt: skip
    return {**made, "kwargs": {"even": True}} if even else made
