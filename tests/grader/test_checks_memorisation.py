"""The test for copies: replayed training images are found however they are disguised, new ones are not."""

from __future__ import annotations

import pytest
import torch

from benchmarks.memorisation import changed
from grader.checks.memorisation import CopyTest, common_form
from hwlib.data import load_images


@pytest.fixture(scope="module")
def digits() -> CopyTest:
    return CopyTest(load_images("digits", "", train=True), load_images("digits", "", train=False))


@pytest.mark.parametrize(
    "how",
    [
        "as they are",
        "noise 0.05",
        "noise 0.1",
        "moved by (1, 0)",
        "brightness x 0.7",
        "brightness x 1.3",
        "noise 0.1, moved, x 0.8",
    ],
)
def test_replayed_training_images_are_found(digits: CopyTest, how: str) -> None:
    images = load_images("digits", "", train=True)[:200].float() / 255
    found = digits(changed(images)[how])
    assert found.memorised, found
    assert found.nearest < 0.8 * found.nearest_held_out


def test_a_fifth_of_copies_is_enough_and_new_images_are_none(digits: CopyTest) -> None:
    new = load_images("digits", "", train=False)[:200].float() / 255
    assert not digits(new).memorised
    old = load_images("digits", "", train=True)[:40].float() / 255
    assert digits(torch.cat([new[:160], old])).memorised


def test_samples_of_nothing_are_no_copies(digits: CopyTest) -> None:
    flat = torch.full((50, 1, 32, 32), 0.5)
    for images in (torch.zeros(50, 1, 32, 32), flat, torch.rand(50, 1, 32, 32)):
        found = digits(images)
        assert not found.memorised, found.words.en
        assert torch.isfinite(common_form(images)).all()
