"""Training steps of a submission's GAN, taken on stand-ins whose weights both sides know; what changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from grader.checks import GAN_standins as cases
from grader.checks import GAN_steps as steps
from grader.checks import tolerances
from grader.checks.submission import Submission, look
from hwlib.checking.compare import as_array, close
from hwlib.checking.expect_numbers import Close
from hwlib.checking.session import StudentError
from hwlib.checking.steps import Step
from hwlib.checking.values import Ref
from hwlib.checking.words import Words, say


@dataclass
class StepTaken:
    """One call of train_step on stand-ins: states before and after, inputs, and how it ended."""

    before_G: steps.State  # noqa: N815
    before_D: steps.State  # noqa: N815
    after_G: steps.State  # noqa: N815
    after_D: steps.State  # noqa: N815
    real: np.ndarray
    z: np.ndarray
    error: StudentError | None


def take_step(
    submission: Submission,
    before: tuple[steps.State, steps.State],
    real: np.ndarray,
    z: np.ndarray,
    first: Sequence[Step] = (),
) -> StepTaken:
    """One call of train_step with the trainer that is there, or that the steps `first` make."""
    take = {"target": "trainer", "method": "train_step", "args": [real, Ref("fake"), Ref("bce")]}
    done = submission.run(
        [
            *first,
            Step("call", {"target": "G", "args": [z], "as_": "fake"}),
            Step("call", take, "step", may_fail=True),
            Step("get_state", {"target": "G"}, "G"),
            Step("get_state", {"target": "D"}, "D"),
        ]
    )
    error = done["step"].get("error")
    after = [submission.as_state(done[name], name) for name in ("G", "D")]
    for state, right in zip(after, before, strict=True):
        if any(as_array(state.get(name)) is None or state[name].shape != right[name].shape for name in right):
            submission.wrong(
                say("networks with the same parameters after the step", "更新之后网络的参数仍是原来那些"),
                say("others", "其他参数"),
            )
    failed = error if isinstance(error, StudentError) else None
    return StepTaken(*before, after[0], after[1], real, z, failed)


def fresh_step(submission: Submission, rng: np.random.Generator, latent_dim: int) -> StepTaken:
    """The first step of a new trainer, its networks and optimizers."""
    before = cases.standin_state(rng, latent_dim)
    return first_step(submission, before, *cases.batch(rng, latent_dim))


def first_step(
    submission: Submission, before: tuple[steps.State, steps.State], real: np.ndarray, z: np.ndarray
) -> StepTaken:
    """The same from given weights and inputs."""
    return take_step(submission, before, real, z, cases.trainer_steps(z.shape[1], *before))


def require_change(
    submission: Submission,
    before: steps.State,
    after: steps.State,
    right: steps.State,
    known: Callable[[], steps.Known],
    what: Words,
) -> None:
    """Ends the check as wrong unless the weights moved by -RATE * right.

    `known` computes what mistakes would give; most submissions don't need it.
    """
    if not changed_by(before, after, right):
        names = sorted(right)
        mistakes = tuple((mistake, _change(wrong, names)) for mistake, wrong in known())
        found = {"found": steps.flat(after, names) - steps.flat(before, names)}
        expected = _change(right, names)
        submission.require(Close("found", expected, what, tolerances.STEP, mistakes).judge(found))


def changed_by(before: steps.State, after: steps.State, gradient: steps.State) -> bool:
    """Whether the weights moved by -RATE * gradient."""
    names = sorted(gradient)
    found = steps.flat(after, names) - steps.flat(before, names)
    return close(found, _change(gradient, names), tolerances.STEP)


def _change(gradient: steps.State, names: list[str]) -> np.ndarray:
    return -cases.RATE * steps.flat(gradient, names)


def steps_again(taken: StepTaken, right: steps.State) -> bool:
    """Whether D was changed by its own step and once more by that of the generator's part.

    The generator's backward pass may have left gradients in D, or not: then it is the same step twice, and G
    stays as it is.
    """
    latent_dim = taken.z.shape[1]
    names = sorted(right)
    start = steps.Nets.of(latent_dim, taken.before_G, taken.before_D)
    twice = [steps.flat(way, names) for way in steps.discriminator_stepped_again(start, right, taken.z)]
    if unchanged(taken.before_G, taken.after_G):
        twice.append(2 * steps.flat(right, names))
    found = steps.flat(taken.after_D, names) - steps.flat(taken.before_D, names)
    return any(close(found, -cases.RATE * gradient, tolerances.STEP) for gradient in twice)


def unchanged(before: steps.State, after: steps.State) -> bool:
    return all(np.array_equal(before[name], after[name]) for name in before)


def _state(replies: dict) -> dict:
    state = look(replies, "D/state")
    return state if isinstance(state, dict) else {}


def require_trusted(submission: Submission, name: str, replies: dict) -> None:
    """The stand-ins' answers are what they compute with these weights: nobody has changed them."""
    rng = submission.rng(name)
    latent_dim = int(rng.integers(5, 13))
    state_G, state_D = cases.standin_state(rng, latent_dim)
    real, z = cases.batch(rng, latent_dim)
    after_D = {n: as_array(v) for n, v in _state(replies).items() if n in state_D}
    if set(after_D) != set(state_D) or any(
        value is None or value.shape != state_D[name].shape for name, value in after_D.items()
    ):
        submission.wrong(
            say("the discriminator's parameters after the step", "更新之后判别器的参数"),
            say("others", "其他参数"),
        )
    for when, state in (("before", state_D), ("after", after_D)):
        nets = steps.Nets.of(latent_dim, state_G, state)  # type: ignore[arg-type]
        with torch.no_grad():
            fake = nets.netG(torch.from_numpy(z))
            right = nets.netD(torch.from_numpy(real)).numpy(), nets.netD(fake).numpy()
        for path, expected in zip((f"real_{when}/result", f"fake_{when}/result"), right, strict=True):
            found = as_array(look(replies, path))
            if found is None or not close(found, expected, 1e-4):
                submission.wrong(
                    say(
                        "the networks that train_step was given stay as they are",
                        "不改动传给 train_step 的网络",
                    ),
                    say("changed networks", "网络被改动了"),
                )


def after(taken: StepTaken) -> tuple[steps.State, steps.State]:
    """(G, D) after a step, parameters only."""
    return {n: taken.after_G[n] for n in taken.before_G}, {n: taken.after_D[n] for n in taken.before_D}


def require_discriminator_step(submission: Submission, taken: StepTaken) -> None:
    """Raises the step's error where it came out of the discriminator's part, or before that updated D."""
    if taken.error is None:
        return
    lines = taken.error.traceback
    inside = bool(lines) and submission.region_at(lines[-1].file, lines[-1].line) == "discriminator_step"
    if inside or unchanged(taken.before_D, {n: taken.after_D[n] for n in taken.before_D}):
        raise taken.error


def frozen(submission: Submission) -> bool:
    """Whether the discriminator's parameters are left without gradients, as after `requires_grad_(False)`."""
    parameters = look(submission.call("describe", target="D"), "parameters")
    found = parameters if isinstance(parameters, (list, tuple)) else ()
    return any(isinstance(item, dict) and item.get("requires_grad") is False for item in found)


def left_in_eval_mode(submission: Submission, target: str) -> bool:
    """Whether a network is in eval mode after the step."""
    return look(submission.call("describe", target=target), "training") is False
