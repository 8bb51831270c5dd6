"""One misreading that shows in several regions counts once."""

from __future__ import annotations

import ast
from dataclasses import replace

import numpy as np
import pytest
from similarity_kit import compare, read_cohort, submission

from code_analyze.similarity.dataflow.fragments import data_flow
from code_analyze.similarity.dataflow.readings import Outline
from code_analyze.similarity.given import Given
from code_analyze.similarity.places import Places

HONEST = read_cohort("held_out")
GIVEN = Given.of(["def f(mu, log_std):"])
READ_AS_VARIANCE = {
    "reparameterize": "return mu + (0.5 * log_std).exp() * torch.randn_like(mu)\n",
    "loss": "recon_loss = F.binary_cross_entropy(recon, target, reduction='sum') / len(target)\n"
    "kl_loss = 0.5 * (mu**2 + log_std.exp() - log_std - 1).sum() / len(target)\nreturn recon_loss, kl_loss\n",
}
SCALED_BY_256 = {
    "scale_vae": "return images.float() / 256\n",
    "scale_gan": "return images.float() / 256 * 2 - 1\n",
}


def outline(line: str) -> Outline:
    tree = ast.parse(f"import torch\ndef f(mu, log_std):\n    {line}\n")
    places = Places([0, 0, 0, 1, 0])
    return data_flow(tree, places.nodes(tree.body), places, GIVEN)[1].outline


def test_similarity_outline_leaves_out_coefficients_alone() -> None:
    plain = outline("return mu + torch.exp(log_std) - 1")
    assert plain.inputs == {"mu", "log_std"}
    assert outline("return 3 * mu + torch.exp(log_std / 2) + 7") == plain
    assert outline("return mu + torch.exp(mu) - 1").digest != plain.digest
    assert outline("return mu - torch.exp(log_std) ** 0.5 * mu").digest != plain.digest


def evidence(changes: dict[str, str]) -> float:
    """The evidence of two who change the same in an honest class."""
    changed = [replace(s, regions={**s.regions, **changes}) if i < 2 else s for i, s in enumerate(HONEST)]
    return float(compare([submission(s) for s in changed]).scores.alone[0, 1])


@pytest.mark.parametrize("reading", [READ_AS_VARIANCE, SCALED_BY_256])
def test_similarity_one_reading_of_two_regions_counts_once(reading: dict[str, str]) -> None:
    none = evidence({})
    one, other = (evidence({name: body}) for name, body in reading.items())
    both = evidence(reading)
    assert both > none + 1.0
    assert both < none + 1.6 * max(one - none, other - none)


def test_similarity_two_readings_count_twice() -> None:
    none = evidence({})
    first = dict([next(iter(READ_AS_VARIANCE.items()))])
    second = dict([next(iter(SCALED_BY_256.items()))])
    one, other, both = evidence(first), evidence(second), evidence({**first, **second})
    assert both - none > 1.5 * np.mean([one - none, other - none])
