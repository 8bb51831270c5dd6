"""Small objects that stand in for a student's networks, so that one region is judged without the others.

A training step gets networks whose weights the parent knows; a sampling function gets a model that remembers
the latents it was given. Parent and worker build them from the same numbers.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import Tensor, nn


class _Linear(nn.Linear):
    """Starts with zeros: the weights that count are set from outside, and drawing others takes its time."""

    def reset_parameters(self) -> None:
        with torch.no_grad():
            self.weight.zero_()
            if self.bias is not None:
                self.bias.zero_()


class Maps(nn.Module):
    """Flat inputs through one hidden layer to several outputs; no noise.

    Args:
        inputs: numbers per sample, whatever their shape.
        outputs: for each output its shape without the batch and "sigmoid", "tanh" or "".
        norm: tanh and a BatchNorm after the hidden layer, so that it matters which samples share a batch.
            Without the tanh, inputs that were scaled or shifted would give the same outputs.
        attributes: of the object (latent_dim, ...).

    With one output it is returned itself, otherwise a tuple.
    """

    def __init__(
        self, inputs: int, outputs: Any, hidden: int = 4, norm: bool = False, attributes: Any = None
    ) -> None:
        super().__init__()
        self.shapes = [(tuple(shape), squash) for shape, squash in outputs]
        self.first = _Linear(inputs, hidden)
        self.norm = nn.Sequential(nn.Tanh(), nn.BatchNorm1d(hidden)) if norm else nn.Identity()
        sizes = [int(torch.Size(shape).numel()) for shape, _ in self.shapes]
        self.heads = nn.ModuleList(_Linear(hidden, size) for size in sizes)
        for name, value in dict(attributes or {}).items():
            setattr(self, name, value)

    def forward(self, x: Tensor) -> Any:
        hidden = torch.nn.functional.leaky_relu(self.norm(self.first(x.flatten(1))), 0.2)
        outputs = []
        for head, (shape, squash) in zip(self.heads, self.shapes, strict=True):
            y = head(hidden).reshape(len(x), *shape)
            outputs.append(torch.sigmoid(y) if squash == "sigmoid" else torch.tanh(y) if squash else y)
        return tuple(outputs) if len(outputs) > 1 else outputs[0]

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            raise AttributeError(
                f"the check puts a small network in the place of yours, and it has no {name!r}: only call it"
            ) from None


class Decoder(nn.Module):
    """Takes latents in whatever way it is called, gives images that depend on them.

    `seen` has the latents, `mixed` says whether some were on another device than the weights.

    Images are 90 % of squash(w * sum over the latent's numbers) with a w for each pixel: [N, *shape]. With
    `even` all pixels have the same, so that many images cost little where nobody looks at them.
    """

    def __init__(self, shape: Any, squash: str, attributes: Any = None, even: bool = False) -> None:
        super().__init__()
        self.shape, self.squash = tuple(shape), squash
        pixels = int(torch.Size(self.shape).numel())
        self.scale = nn.Parameter(torch.ones(1) if even else torch.linspace(-3, 3, pixels))
        self.seen: list[Tensor] = []
        self.mixed = False
        self.num_channels = self.shape[0]
        for name, value in dict(attributes or {}).items():
            setattr(self, name, value)

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        z = next(value for value in [*reversed(args), *kwargs.values()] if isinstance(value, Tensor))
        self.seen.append(z.detach().clone())
        if z.device != self.scale.device:
            self.mixed = True
            z = z.to(self.scale.device)
        y = z.flatten(1).sum(1, keepdim=True) * self.scale  # [N, pixels], [N, 1] with `even`
        # Not all of the range, so that images stretched to their own extremes are others.
        images = 0.9 * torch.sigmoid(y) + 0.05 if self.squash == "sigmoid" else 0.9 * torch.tanh(y)
        images = images.expand(len(z), int(torch.Size(self.shape).numel())).contiguous()  # for work in place
        return images.reshape(len(z), *self.shape)

    def latents(self, count: int) -> list[Tensor]:
        """All latents so far in groups of `count`, [count, ...] each, however they came in."""
        return list(torch.cat(self.seen).split(count)) if self.seen else []

    def decoder(self, *args: Any, **kwargs: Any) -> Tensor:
        return self.forward(*args, **kwargs)


class Autoencoder(Decoder):
    """A Decoder that is called as the VAE is: forward(x=None, z=None).

    `as_images` says whether latents came in the place of the images.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.as_images = False

    def forward(self, x: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        self.as_images = self.as_images or z is None
        return super().forward(x if z is None else z)

    def decoder(self, z: Tensor) -> Tensor:
        return self.forward(z=z)

    def reparameterize(self, mu: Tensor, log_std: Tensor) -> Tensor:
        return mu + log_std.exp() * torch.randn_like(mu)


def stir(module: nn.Module, seed: int) -> None:
    """Draws all parameters anew, large enough that every activation sees numbers of both signs."""
    numbers = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            fan_in = max(1, parameter[0].numel()) if parameter.dim() > 1 else 1
            if parameter.dim() == 4:
                fan_in = max(fan_in, parameter.shape[0] * parameter[0, 0].numel())
            noise = torch.randn(parameter.shape, generator=numbers)
            scaled = noise * (2 / fan_in) ** 0.5 if parameter.dim() > 1 else 0.2 * noise
            parameter.copy_(scaled + (1 if parameter.dim() == 1 and not name.endswith("bias") else 0))


def bare(file: str, name: str, attributes: Any = None) -> Any:
    """An object of a student's class without its `__init__`, for methods that need nothing of it."""
    kind = getattr(importlib.import_module(file), name)
    value = object.__new__(kind)
    if isinstance(value, nn.Module):
        nn.Module.__init__(value)
    for key, item in dict(attributes or {}).items():
        setattr(value, key, item)
    return value
