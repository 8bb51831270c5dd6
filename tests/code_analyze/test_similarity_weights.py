"""The numbers behind the ranking: weights of what is shared, and the reporting line."""

from __future__ import annotations

import numpy as np
import pytest

from code_analyze.similarity.index import Population
from code_analyze.similarity.outliers import fit
from code_analyze.similarity.rarity import (
    lacking_weight,
    other_form_weight,
    other_manner_weight,
    same_form_weight,
    same_manner_weight,
    share_of_honest,
    shared_weight,
)


def test_similarity_weights_fall_with_the_number_of_holders() -> None:
    holders = np.array([2.0, 3.0, 10.0, 30.0, 38.0])
    weights = shared_weight(holders, np.zeros(5), 40)
    assert (np.diff(weights) < 0).all()
    assert weights[-1] < 0.1 < 3 < weights[0]
    assert shared_weight(np.array([2.0]), np.array([1.0]), 40)[0] < weights[0]  # in the reference solution
    assert lacking_weight(holders, 40)[0] == 0 < lacking_weight(holders, 40)[-1]


def test_similarity_forms_weigh_by_how_many_have_them() -> None:
    holders, none = np.array([2.0, 10.0, 38.0]), np.zeros(3)
    same = same_form_weight(holders, none, 40)
    assert same[0] > 3 > same[1] > 0.1 > abs(same[2])  # what nearly all compute tells nothing
    share = share_of_honest(holders, 40)
    common = other_form_weight(share[2:], share[:1])  # one does what nearly all do, the other stands alone
    alone = other_form_weight(share[:1], share[:1])
    assert alone < common < 0


def test_similarity_manners_weigh_by_how_many_have_them() -> None:
    holders, none = np.array([2.0, 10.0, 38.0]), np.zeros(3)
    same, other = same_manner_weight(holders, none, 40), other_manner_weight(holders, 40)
    assert same[0] > 3 > same[1] > 0
    assert same[2] == pytest.approx(0, abs=0.1)
    assert (other <= 0).all()
    assert other[0] < other[2]


def test_similarity_population_of_a_part_lies_between_those_who_have_it_and_all() -> None:
    counted = np.array([True] * 40 + [False])  # the last one is a reference
    present = np.array([True] * 10 + [False] * 30 + [True])
    assert Population.of_part(counted, present).size == 20
    assert Population.of_part(counted, np.ones(41, bool)).size == 40
    assert Population.of_part(counted, np.zeros(41, bool)).size == 0


def test_similarity_expected_false_findings_hold_on_exponential_scores() -> None:
    """On scores that really have the assumed tail, the line is crossed about as seldom as it says."""
    generator = np.random.default_rng(0)
    crossed = 0
    for _ in range(400):
        scores = generator.exponential(4.0, 780)
        distribution = fit(scores, 40)
        assert distribution.line is not None
        crossed += int((scores > distribution.line).sum())
    assert 5 <= crossed <= 60  # 20 expected
    assert distribution.expected_false(distribution.line) == pytest.approx(0.05)
    assert distribution.expected_false(0.0) == 780
