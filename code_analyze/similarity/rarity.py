"""Weights: how much sharing something says, given how many others have it.

Three kinds of things are weighed. A fragment is small, and a region has many that overlap; a form is the
whole of what a region computes, and a region has one; a manner is one habit of writing, and a region has few.
Every weight is the log of a ratio: how likely copy and source agree so, over how likely two honest
submissions do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXPECTED = 0.2  # a fragment that more than so many have is expected, so lacking it says something
EXPLAINED = 2.0  # a reference (the solution, a public source) with the fragment counts as so many others
# How often a copied region still computes the same. Of the copies in benchmarks/similarity 0.97 to 1.00 do,
# at every level of disguise: whoever rewrites code takes care that it goes on working.
KEPT = 0.97
KEPT_WORD_FOR_WORD = 0.9  # how often a copied region has the same tokens, in the near-verbatim channel
KEPT_MANNER = 0.94  # how often a copy that is disguised, not rewritten, keeps a manner

Floats = NDArray[np.float64]


def share_of_others(holders: Floats, explained: Floats, population: int) -> Floats:
    """The share of the others that have what two submissions share, in (0, 1]; [F].

    holders: how many of the `population` submissions have it, the two themselves among them
    explained: how many references have it
    """
    others = np.maximum(holders - 2, 0.0) + EXPLAINED * explained
    share = (others + 0.5) / (np.maximum(population - 2, 0) + EXPLAINED * explained + 1.0)
    return np.minimum(share, 1.0)


def shared_weight(holders: Floats, explained: Floats, population: int) -> Floats:
    """Evidence, in nats, of a fragment that two submissions share; [F].

    With p the share of the *other* submissions that have it, an honest one has it with probability p and a
    copy nearly always, so the log of the likelihood ratio is -log p.
    """
    return -np.log(share_of_others(holders, explained, population))


def lacking_weight(holders: Floats, population: int) -> Floats:
    """Evidence against a copy of a fragment that one of two submissions has and the other lacks; [F]."""
    share = share_of_honest(holders, population)
    return np.where(share > EXPECTED, -np.log1p(-share), 0.0)


def share_of_honest(holders: Floats, population: int) -> Floats:
    """How likely an honest submission has what this one has; [N]."""
    return np.clip((holders - 0.5) / max(population - 1, 1), 0.0, 0.97)


def same_form_weight(holders: Floats, explained: Floats, population: int, kept: float = KEPT) -> Floats:
    """Evidence, in nats, of a region in which two submissions compute the same; [N].

    The log of the ratio of `kept` to the share of the others with this form.
    """
    return shared_weight(holders, explained, population) + np.log(kept)


def other_form_weight(one: Floats, other: Floats, kept: float = KEPT) -> Floats:
    """Evidence, in nats and negative, of a region in which two compute something else.

    one, other: `share_of_honest` of the two. The log of the ratio of 1 - kept to the probability that an
    honest pair differs.
    """
    return np.log((1.0 - kept) / (1.0 - (one + other) / 2.0))


def same_manner_weight(holders: Floats, explained: Floats, population: int) -> Floats:
    """Evidence, in nats, of a manner that two submissions share; [F].

    A copy keeps it with probability KEPT_MANNER and else has it as often as others do.
    """
    share = share_of_others(holders, explained, population)
    return np.log((KEPT_MANNER + (1.0 - KEPT_MANNER) * share) / share)


def other_manner_weight(holders: Floats, population: int) -> Floats:
    """Evidence, in nats and never positive, of a manner that one has and the other hasn't; [F]."""
    return np.minimum(np.log((1.0 - KEPT_MANNER) / (1.0 - share_of_honest(holders, population))), 0.0)
