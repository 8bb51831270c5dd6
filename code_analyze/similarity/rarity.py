"""Weights: how much sharing something says, given how many others have it.

Two kinds of things are weighed. A fragment is small, and a region has many that overlap; a form is the whole
of what a region computes, and a region has one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXPECTED = 0.2  # a fragment that more than so many have is expected, so lacking it says something
EXPLAINED = 2.0  # a reference (the solution, a public source) with the fragment counts as so many others
KEPT = 0.9  # how often a copied region still computes the same: copies are disguised, seldom changed

Floats = NDArray[np.float64]


def shared_weight(holders: Floats, explained: Floats, population: int) -> Floats:
    """Evidence, in nats, of something that two submissions share; [F].

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


def same_form_weight(holders: Floats, explained: Floats, population: int) -> Floats:
    """Evidence, in nats, of a region in which two submissions compute the same; [N].

    The log of the ratio of KEPT to the share of the others with this form.
    """
    return shared_weight(holders, explained, population) + np.log(KEPT)


def other_form_share(holders: Floats, population: int) -> Floats:
    """How likely an honest submission has the form of this one; [N]."""
    return np.clip((holders - 0.5) / max(population - 1, 1), 0.0, 0.97)


def other_form_weight(one: Floats, other: Floats) -> Floats:
    """Evidence, in nats and negative, of a region in which two compute something else.

    one, other: `other_form_share` of the two. The log of the ratio of 1 - KEPT to the probability that an
    honest pair differs.
    """
    return np.log((1.0 - KEPT) / (1.0 - (one + other) / 2.0))
