"""Weights of fragments: how much sharing one says, given how many others have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXPECTED = 0.2  # a fragment that more than so many have is expected, so lacking it says something
EXPLAINED = 2.0  # a reference (the solution, a public source) with the fragment counts as so many others

Floats = NDArray[np.float64]


def shared_weight(holders: Floats, explained: Floats, population: int) -> Floats:
    """Evidence, in nats, of a fragment that two submissions share; [F].

    holders: how many of the `population` submissions have it, the two themselves among them
    explained: how many references have it
    With p the share of the *other* submissions that have it, an honest one has it with probability p and a
    copy nearly always, so the log of the likelihood ratio is -log p.
    """
    others = np.maximum(holders - 2, 0.0) + EXPLAINED * explained
    share = (others + 0.5) / (np.maximum(population - 2, 0) + EXPLAINED * explained + 1.0)
    share = np.minimum(share, 1.0)
    return -np.log(share)


def lacking_weight(holders: Floats, population: int) -> Floats:
    """Evidence against a copy of a fragment that one of two submissions has and the other lacks; [F]."""
    share = np.clip((holders - 0.5) / max(population - 1, 1), 0.0, 0.97)
    return np.where(share > EXPECTED, -np.log1p(-share), 0.0)
