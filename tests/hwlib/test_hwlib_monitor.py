import math

import pytest
import torch

from hwlib.monitor import SYMPTOMS, Monitor


def warnings_of(capsys) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_good_numbers_and_pictures_raise_no_warning(capsys):
    monitor = Monitor()
    for step in range(0, 1000, 10):
        monitor.check(step, finite=(1.0, -1e-6), image_sum=300.0, vanishing=5.0, saturated=(0.7, 0.3))
        monitor.check_images(step, torch.rand(10, 1, 4, 4), low=0, high=1)
    assert warnings_of(capsys) == []


@pytest.mark.parametrize(
    ("symptom", "numbers", "words"),
    [
        ("nan", {"finite": (1.0, math.nan)}, "losses are not finite (1, nan)"),
        ("negative", {"finite": (2.0, -3.0), "image_sum": -3.0}, "a loss is below 0 (2, -3)"),
        ("pixel_mean", {"image_sum": 0.69}, "0.69, the size of a mean over pixels"),
        ("kl", {"vanishing": 0.001}, "the KL divergence stays at 0.001"),
        ("saturated", {"saturated": (0.999, 0.001)}, "D(x) is 0.999 and D(G(z)) 0.001"),
    ],
)
def test_a_symptom_is_one_line_once_with_its_place_in_the_handout(capsys, symptom, numbers, words):
    monitor = Monitor()
    for step in range(10, 5500, 10):
        monitor.check(step, **numbers)
    (line,) = warnings_of(capsys)
    assert words in line
    assert line.endswith(f"(handout, 'When it does not work': {SYMPTOMS[symptom]})")


def test_a_sum_over_the_batch_shows_at_the_start(capsys):
    monitor = Monitor()
    monitor.check(0, image_sum=32 * 710.0)
    monitor.check(10, image_sum=32 * 700.0)
    (line,) = warnings_of(capsys)
    assert "22720" in line.replace("2.272e+04", "22720")
    assert "expected about 710" in line
    assert SYMPTOMS["batch_sum"] in line


def test_states_that_pass_are_no_symptom(capsys):
    monitor = Monitor()
    for step in range(10, 6000, 10):
        monitor.check(
            step, vanishing=0.001 if step % 100 else 3.0, saturated=(0.999, 0.001 if step % 100 else 0.5)
        )
    assert warnings_of(capsys) == []


def test_a_kl_divergence_near_zero_at_the_start_is_no_symptom(capsys):
    monitor = Monitor()
    for step in range(10, 5000, 10):
        monitor.check(step, vanishing=0.03)
    monitor.check(5010, vanishing=8.0)
    assert warnings_of(capsys) == []


def test_a_small_reconstruction_loss_late_in_training_is_no_symptom(capsys):
    Monitor().check(5000, image_sum=0.5)
    assert warnings_of(capsys) == []


@pytest.mark.parametrize("value", [1.5, -0.2, math.nan])
def test_values_out_of_range(capsys, value):
    images = torch.rand(4, 1, 2, 2)
    images[0, 0, 0, 0] = value
    Monitor().check_images(100, images, low=0, high=1)
    (line,) = warnings_of(capsys)
    assert "expected [0, 1]: check the last activation" in line


def test_constant_samples_after_the_start(capsys):
    monitor = Monitor()
    images = torch.rand(1, 1, 2, 2).expand(8, -1, -1, -1)
    monitor.check_images(0, images, low=0, high=1)
    assert warnings_of(capsys) == []
    monitor.check_images(1000, images, low=0, high=1)
    (line,) = warnings_of(capsys)
    assert "all samples are the same image" in line
