"""What nearly every session does, done once before the forks.

Much of what a call costs is paid at its first time: torch looks up its operators, Python fills its caches and
specialises the code, parts of torch are imported when they are needed. A session that is forked after all
that has happened computes a tenth less. Nothing stays but the caches: a session seeds its random numbers
itself, and there is no backward pass here (see server.py).
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hwlib.checking.protocol import RawArray, read_frame, write_frame
from hwlib.checking.tensors import to_raw
from hwlib.checking.values import Ref, pack
from hwlib.checking.worker import serve

STANDINS = "hwlib.checking.standins"


class Network(nn.Module):
    """Layers of the kinds that homework uses, each as small as can be."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 2, 3, stride=2, padding=1), nn.BatchNorm2d(2), nn.ReLU(),
            nn.Conv2d(2, 1, 3, stride=2, padding=1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(4, 4),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(2, 4), nn.Unflatten(1, (1, 2, 2)), nn.ConvTranspose2d(1, 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2), nn.ConvTranspose2d(2, 1, 4, 2, 1), nn.Tanh(), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, log_std = self.encoder(x).chunk(2, dim=-1)
        return self.decoder(self.noisy(mu, log_std)), mu, log_std

    def noisy(self, mu: Tensor, log_std: Tensor) -> Tensor:
        return mu + log_std.exp() * torch.randn_like(mu)


def losses(network: Network, x: Tensor) -> Tensor:
    """The forward half of a training step."""
    recon, mu, log_std = network(x)
    entropy = nn.functional.binary_cross_entropy(recon, x, reduction="sum") / len(x)
    distance = 0.5 * (mu**2 + (2 * log_std).exp() - 2 * log_std - 1).sum() / len(x)
    probs = recon.flatten(1).mean(1)
    return entropy + distance + nn.BCELoss()(probs, torch.ones_like(probs))


def update(network: Network, name: str) -> None:
    """The other half, with gradients that nobody has computed."""
    optimizer = getattr(torch.optim, name)(network.parameters(), lr=0.1)
    optimizer.zero_grad()
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()


def initialise(network: Network) -> None:
    """Weights by torch.nn.init, module by module."""

    def draw(module: nn.Module) -> None:
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)

    network.apply(draw)


def requests() -> list[dict[str, Any]]:
    """What is asked, in order, as `WorkerSession.call` would ask for it."""
    x, latents = torch.full((2, 1, 8, 8), 0.5), torch.zeros(2, 2)
    model, maps, decoder = {"target": "model"}, {"target": "maps"}, {"target": "decoder"}
    here: dict[str, Any] = {"file": __name__}
    return [
        {"op": "hello"},
        {"op": "construct", **here, "callable": "Network", "as": "model", "seed": 1},
        {"op": "call", **here, "method": "initialise", "args": [Ref("model")]},
        {"op": "call", "file": STANDINS, "method": "stir", "args": [Ref("model"), 1]},
        {"op": "call", **model, "args": [x], "mode": "train", "seed": 1},
        {"op": "call", **model, "args": [x], "mode": "eval", "grad": False},
        {"op": "trace", **model, "args": [x], "mode": "train", "seed": 1},
        {"op": "device_check", **model, "method": "noisy", "args": [latents, latents]},
        {"op": "call", **here, "method": "losses", "args": [Ref("model"), x]},
        {"op": "call", **here, "method": "update", "args": [Ref("model"), "SGD"]},
        {"op": "call", **here, "method": "update", "args": [Ref("model"), "Adam"]},
        {"op": "describe", **model},
        {"op": "get_state", **model},
        {"op": "construct", "file": STANDINS, "callable": "Maps", "as": "maps",
         "args": [2, [[[1, 2, 2], "tanh"], [[], "sigmoid"]]], "kwargs": {"norm": True}},
        {"op": "set_state", **maps, "state": {"first.bias": torch.zeros(4)}},
        {"op": "optimizer", "name": "SGD", "of": ["maps"], "kwargs": {"lr": 0.1}, "as": "optimizer"},
        {"op": "call", **maps, "args": [latents]},
        {"op": "optimizer_state", "target": "optimizer", "of": ["maps"]},
        {"op": "fill", **maps, "value": 0.5},
        {"op": "stub", "attributes": {"batch_size": 2}, "as": "data"},
        {"op": "construct", "file": STANDINS, "callable": "Decoder", "as": "decoder",
         "args": [[1, 2, 2], "sigmoid"]},
        {"op": "call", **decoder, "args": [latents], "times": 2, "reply": False},
        {"op": "call", **decoder, "method": "latents", "args": [2]},
    ]  # fmt: skip


def rehearse() -> int:
    """Answers the requests above; returns how many could be answered."""
    finders = list(sys.meta_path)
    arrays: list[RawArray] = []
    asked = []
    for request in requests():
        params = {name: value for name, value in request.items() if name != "op"}
        asked.append({"op": request["op"], "params": pack(params, arrays, to_raw)})
    frames, replies = io.BytesIO(), io.BytesIO()
    write_frame(frames, {"id": "", "requests": asked}, arrays)
    frames.seek(0)
    try:
        serve(Path("/nowhere"), frames, replies)
    finally:
        sys.meta_path[:] = finders
    replies.seek(0)
    frame = read_frame(replies.read)
    assert frame is not None
    return sum("result" in reply for reply in frame[0]["replies"])
