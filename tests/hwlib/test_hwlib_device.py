import random

import numpy as np
import pytest
import torch

from hwlib.device import fixed_random, pick_device, random_state, seed_everything, set_random_state
from hwlib.errors import HomeworkError

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto_takes_the_best_device(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device().type == expected
    assert pick_device("cpu").type == "cpu"


def test_an_absent_device_is_refused_with_those_present(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(HomeworkError, match="--device cuda is not available here; .* sees: cpu"):
        pick_device("cuda")


def test_a_seed_fixes_every_source_of_random_numbers():
    drawn = []
    for _ in range(2):
        seed_everything(7)
        drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert drawn[0] == drawn[1]


def test_random_states_come_back():
    state = random_state(CPU)
    first = torch.rand(3)
    assert set_random_state(state, CPU)
    assert torch.equal(torch.rand(3), first)


def test_a_state_of_another_kind_of_device_is_not_taken_for_this_ones():
    assert not set_random_state(random_state(CPU), torch.device("cuda"))


def test_fixed_random_numbers_leave_no_trace():
    state = random_state(CPU)
    expected = torch.rand(3)
    set_random_state(state, CPU)
    with fixed_random(1, CPU):
        first = torch.rand(2)
    with fixed_random(1, CPU):
        assert torch.equal(torch.rand(2), first)
    assert torch.equal(torch.rand(3), expected)
