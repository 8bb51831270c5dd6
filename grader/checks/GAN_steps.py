"""One training step of the GAN as the parent knows it, on stand-ins whose weights both sides know."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from grader.checks import GAN_mistakes as M
from grader.checks import GAN_standins as cases
from hwlib.checking.mistakes import Mistake

State = dict[str, np.ndarray]
Known = tuple[tuple[Mistake, State], ...]
_threads = threading.local()


class Net:
    """A stand-in with given weights; those of a thread with the same sizes share one module."""

    def __init__(self, module: nn.Module, state: State) -> None:
        self.module = module
        self.parameters = {
            name: torch.from_numpy(np.array(state[name], dtype=np.float32))
            .reshape(parameter.shape)
            .requires_grad_()
            for name, parameter in module.named_parameters()
        }

    def __call__(self, x: Tensor) -> Tensor:
        # The stand-ins have no tied weights; looking for some takes longer than the call itself.
        result: Tensor = functional_call(self.module, self.parameters, (x,), tie_weights=False)
        return result

    def state(self) -> State:
        """The weights as they are."""
        return {name: parameter.detach().numpy() for name, parameter in self.parameters.items()}


@dataclass
class Nets:
    """Both stand-ins with given weights."""

    netG: Net  # noqa: N815
    netD: Net  # noqa: N815

    @classmethod
    def of(cls, latent_dim: int, state_G: State, state_D: State) -> Nets:
        """Stand-ins as the worker builds them, with these weights."""
        netG, netD = _modules(latent_dim)
        return cls(Net(netG, state_G), Net(netD, state_D))

    def moved(self, gradient: State) -> Nets:
        """After a step of optimD along this gradient."""
        before = self.netD.state()
        state_D = {name: before[name] - cases.RATE * gradient[name] for name in before}
        return Nets(self.netG, Net(self.netD.module, state_D))


def _modules(latent_dim: int) -> tuple[nn.Module, nn.Module]:
    # Of a thread: a call puts its weights into the module for as long as it takes.
    built: dict[int, tuple[nn.Module, nn.Module]] = _threads.__dict__.setdefault("built", {})
    if latent_dim not in built:
        built[latent_dim] = cases.standins(latent_dim)
    return built[latent_dim]


def discriminator_gradient(nets: Nets, real: np.ndarray, z: np.ndarray) -> State:
    """Gradient of loss_D with respect to D, as the reference accumulates it."""
    return _add(*_discriminator_parts(nets, *_probabilities(nets, real, z)))


def discriminator_mistakes(nets: Nets, real: np.ndarray, z: np.ndarray) -> Known:
    """What known mistakes give in its place."""
    probs = _probabilities(nets, real, z)
    one, two = _discriminator_parts(nets, *probs)
    swapped = _gradient(-(1 - probs[0]).log().mean() - probs[1].log().mean(), nets.netD)
    right = _add(one, two)
    return (
        (M.NO_UPDATE_D, _times(right, 0.0)),
        (M.LABELS_SWAPPED, swapped),
        (M.ZERO_GRAD_BETWEEN, two),
        (M.ONLY_REAL, one),
        (M.HALVED, _times(right, 0.5)),
        (M.ASCENT, _times(right, -1.0)),
        (M.UPDATED_TWICE, _times(right, 2.0)),
        *_stepped_between(nets, one, z),
        (M.SUMMED, _times(right, len(real))),
        *((mistake, _gradient(loss, nets.netD)) for mistake, loss in _wrong_losses(*probs)),
    )


def _wrong_losses(real: Tensor, fake: Tensor) -> tuple[tuple[Mistake, Tensor], ...]:
    """Losses of D that come of wrong labels, batches or outputs."""
    return (
        (M.SMOOTHED, _bce(real, 0.9) + _bce(fake, 0.0)),
        (M.SMOOTHED, _bce(real, 0.9) + _bce(fake, 0.1)),
        (M.SAME_LABEL, _bce(real, 1.0) + _bce(fake, 1.0)),
        (M.SAME_LABEL, _bce(real, 0.0) + _bce(fake, 0.0)),
        (M.SAME_BATCH, _bce(fake, 1.0) + _bce(fake, 0.0)),
        (M.SAME_BATCH, _bce(real, 1.0) + _bce(real, 0.0)),
        (M.SIGMOID_TWICE, _bce(real.sigmoid(), 1.0) + _bce(fake.sigmoid(), 0.0)),
    )


def _bce(probs: Tensor, label: float) -> Tensor:
    return -(label * probs.log() + (1 - label) * (1 - probs).log()).mean()


def _stepped_between(nets: Nets, real_part: State, z: np.ndarray) -> Known:
    """D steps after the real batch already, and once more after the fake one, with or without zero_grad."""
    then = nets.moved(real_part)
    two = _gradient(_bce(_fake_probabilities(then, z), 0.0), then.netD)
    both = _add(real_part, two)
    return ((M.STEPPED_BETWEEN, both), (M.STEPPED_BETWEEN, _add(real_part, both)))


@dataclass(frozen=True)
class Numbers:
    """A loss and an average that train_step returns."""

    loss: float
    average: float


def stepped_between(nets: Nets, real: np.ndarray, z: np.ndarray) -> Numbers:
    """loss_D and D_G_z1 where D steps after the real batch already."""
    loss = _bce(nets.netD(torch.from_numpy(real)), 1.0)
    fake = _fake_probabilities(nets.moved(_gradient(loss, nets.netD)), z)
    return Numbers((loss + _bce(fake, 0.0)).item(), fake.mean().item())


def wrong_losses(nets: Nets, real: np.ndarray, z: np.ndarray) -> tuple[tuple[Mistake, float], ...]:
    """loss_D of wrong labels, batches or outputs, and where the real images, in [-1, 1], are scaled again."""
    images = torch.from_numpy(real)
    real_probs, fake_probs = _probabilities(nets, real, z)
    fake = _bce(fake_probs, 0.0)
    rescaled = [_bce(nets.netD(x), 1.0) + fake for x in (images * 2 - 1, (images + 1) / 2)]
    found = (*((M.RESCALED, loss) for loss in rescaled), *_wrong_losses(real_probs, fake_probs))
    return tuple((mistake, loss.item()) for mistake, loss in found)


def stepped_once(nets: Nets, real: np.ndarray, z: np.ndarray) -> Numbers:
    """loss_G and D_G_z2 as they should be; D may have been changed once more since."""
    fake = _fake_probabilities(nets.moved(discriminator_gradient(nets, real, z)), z)
    return Numbers(_bce(fake, 1.0).item(), fake.mean().item())


def _fake_probabilities(nets: Nets, z: np.ndarray) -> Tensor:
    return nets.netD(nets.netG(torch.from_numpy(z)).detach())


def _probabilities(nets: Nets, real: np.ndarray, z: np.ndarray) -> tuple[Tensor, Tensor]:
    return nets.netD(torch.from_numpy(real)), _fake_probabilities(nets, z)


def _discriminator_parts(nets: Nets, real: Tensor, fake: Tensor) -> tuple[State, State]:
    return _gradient(-real.log().mean(), nets.netD), _gradient(-(1 - fake).log().mean(), nets.netD)


def generator_gradient(nets: Nets, z: np.ndarray) -> State:
    """Gradient of loss_G with respect to G; `nets` holds G before and D after its update."""
    return _gradient(-nets.netD(nets.netG(torch.from_numpy(z))).log().mean(), nets.netG)


def generator_mistakes(nets: Nets, before_D: State, z: np.ndarray) -> Known:
    """What known mistakes give in its place; `before_D` is D before its update."""
    old = Nets.of(z.shape[1], nets.netG.state(), before_D)
    probs, old_probs = nets.netD(nets.netG(torch.from_numpy(z))), old.netD(old.netG(torch.from_numpy(z)))
    right = _gradient(-probs.log().mean(), nets.netG)
    saturating = _gradient((1 - probs).log().mean(), nets.netG)
    leaked = _gradient(-(1 - old_probs).log().mean(), old.netG)
    return (
        (M.NO_UPDATE_G, _times(right, 0.0)),
        (M.SATURATING, saturating),
        (M.FAKE_LABEL, _times(saturating, -1.0)),
        (M.OLD_DISCRIMINATOR, _gradient(-old_probs.log().mean(), old.netG)),
        (M.LEAKED_INTO_G, _add(right, leaked)),
        (M.LEAKED_INTO_G, leaked),
        (M.ASCENT, _times(right, -1.0)),
        (M.UPDATED_TWICE, _times(right, 2.0)),
        (M.SUMMED, _times(right, len(z))),
        (M.SMOOTHED, _gradient(_bce(probs, 0.9), nets.netG)),
        (M.SIGMOID_TWICE, _gradient(_bce(probs.sigmoid(), 1.0), nets.netG)),
    )


def discriminator_stepped_again(nets: Nets, right: State, z: np.ndarray) -> tuple[State, State]:
    """What optimD.step() in the generator's part does to D: both of its changes as one gradient.

    `nets` holds G and D before the step, `right` the gradient of loss_D. The generator's backward pass leaves
    its gradient in D: on top of D's own, or, after another zero_grad, alone.
    """
    stepped = nets.moved(right)
    again = _gradient(_bce(_fake_probabilities(stepped, z), 1.0), stepped.netD)
    return _add(_times(right, 2.0), again), _add(right, again)


def _gradient(loss: Tensor, network: Net) -> State:
    named = network.parameters
    grads = torch.autograd.grad(loss, list(named.values()), retain_graph=True)
    return {name: grad.numpy().astype(np.float64) for name, grad in zip(named, grads, strict=True)}


def _add(one: State, two: State) -> State:
    return {name: one[name] + two[name] for name in one}


def _times(state: State, factor: float) -> State:
    return {name: factor * value for name, value in state.items()}


def flat(state: State, names: list[str]) -> np.ndarray:
    """The numbers of these parameters in one row."""
    return np.concatenate([np.asarray(state[name], dtype=np.float64).reshape(-1) for name in names])
