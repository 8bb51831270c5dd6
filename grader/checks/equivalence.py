"""Check 2: the table's network, rebuilt with the weights of the trace, gives the submission's outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks import rebuild, tolerances
from grader.checks.submission import Submission, WrongError
from hwlib.checking.compare import as_array, close, look
from hwlib.checking.expect_numbers import Close
from hwlib.checking.layer_table import only_results, wanted_rows
from hwlib.checking.layers import TraceError, layers_of
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.session import StudentError
from hwlib.checking.steps import Step
from hwlib.checking.values import Ref
from hwlib.checking.words import Words, say

HARD_CODED = Mistake(
    "hard_coded_sizes",
    say(
        "sizes are written as numbers where the table has a setting",
        "把结构表中的参数（如 num_channels、latent_dim）写成了固定的数字",
    ),
    say(
        "Use the constructor's arguments (num_channels, latent_dim, ...): the network is built with "
        "other settings, too.",
        "请使用构造函数的参数（num_channels、latent_dim 等）：网络还会用其他设置来构造。",
    ),
)


@dataclass(frozen=True)
class Way:
    """A way to run the network in the worker: as the named submodule, or through the whole model.

    `outputs` are the results of the call that together are the network's output, in whichever order.
    """

    target: str
    args: Sequence[Any]
    outputs: tuple[int, ...] = ()


def require_equivalent(
    submission: Submission, network: str, settings: dict[str, int], inputs: np.ndarray, ways: Sequence[Way],
    layers: str, make: Sequence[Step] = (),
) -> None:  # fmt: skip
    """Ends the check as wrong unless one of the ways agrees with the table's network.

    Args:
        inputs: [B, ...] of the network.
        layers: the check of the layer table. Where it has passed (with other settings) and the network can't
            even run with these, sizes are hard-coded.
        make: steps that make the model first.
    """
    described = submission.assignment.network(network)
    wanted = wanted_rows(described, settings)
    title = Words(described.title.en.lower(), described.title.zh)
    first: Exception | None = None
    model, seed = ways[-1].target, inputs_seed(inputs)
    stir = {"file": "hwlib.checking.standins", "method": "stir", "args": [Ref(model), seed]}
    before = [*make, Step("call", stir)]
    for way in ways:
        ask = {"target": way.target, "args": list(way.args), "mode": "train", "seed": 1}
        reply = submission.run([*before, Step("trace", ask, "trace", may_fail=True)])["trace"]
        before = []
        try:
            if isinstance(reply.get("error"), StudentError):
                raise reply["error"]
            traced = only_results(reply, way.outputs) if way.outputs else reply
            right = rebuild.outputs_of(layers_of(traced), wanted, inputs)
            _compare(submission, reply, right, way, title)
            return
        except rebuild.RebuildError as error:
            mistake = HARD_CODED if submission.passed(layers) else None
            first = first or WrongError(Problem(error.problem.expected, error.problem.found, mistake))
        except TraceError as error:
            table = say("the {network} of the table", "结构表中的{network}", network=title)
            first = first or WrongError(Problem(table, error.words))
        except WrongError as error:
            first = first or error
        except StudentError as error:
            runs = say(
                "a {network} that runs with the settings {settings}",
                "{network}在设置 {settings} 下能够运行",
                network=title,
                settings=_text(settings),
            )
            fails = Problem(runs, error.described, HARD_CODED)
            first = first or (WrongError(fails) if submission.passed(layers) else error)
    assert first is not None
    raise first


def inputs_seed(inputs: np.ndarray) -> int:
    """A seed that is a function of the hidden inputs."""
    return int(np.abs(inputs).sum() * 1e6) % 2**31


def _compare(submission: Submission, reply: Any, right: np.ndarray, way: Way, network: Words) -> None:
    paths = [f"result/{position}" for position in way.outputs] if len(way.outputs) > 1 else ["result"]
    found = [as_array(look(reply, path)) for path in paths]
    parts = [part for part in found if part is not None and part.ndim == 2]
    if len(paths) > 1 and len(parts) == len(paths):
        # Which half is mu is forward's affair: here the halves may come in any order.
        if close(np.concatenate(parts[::-1], 1), right, tolerances.NETWORK):
            return
        reply = {"result": np.concatenate(parts, 1)}
    what = say(
        "outputs of the {network}, as the table's network gives them with these weights",
        "{network}的输出，与结构表中的网络在相同权重下的输出一致",
        network=network,
    )
    submission.require(Close("result", right, what, tolerances.NETWORK).judge(reply))


def _text(settings: dict[str, int]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in settings.items())
