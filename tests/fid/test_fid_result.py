"""FID as the programs call it: values, spread, warnings, the cache and the errors."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import torch
from torch import nn

from hwlib import fid as fid_module
from hwlib.data import load_images
from hwlib.errors import HomeworkError
from hwlib.features import cache, networks
from hwlib.features.extractor import to_unit_range
from hwlib.features.lenet import LeNetExtractor
from hwlib.fid import FIDResult, compute_fid, evaluate_fid
from hwlib.fid_spread import bias_warning, bootstrap_spread
from hwlib.frechet import Gaussian, distance


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return load_images("digits", ".", train=True)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HWLIB_CACHE_DIR", str(tmp_path / "cache"))


class Pixels:
    """A stand-in for a feature network where the test is not about features: means of 8 x 8 pixels."""

    name, fingerprint, batch_size = "pixels", "pixels", 1000

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(to_unit_range(images, torch.float64), 8).flatten(1)  # [B, 16]


@pytest.fixture
def pixels(monkeypatch) -> None:
    monkeypatch.setattr(fid_module, "make_extractor", lambda network, **_: Pixels())


def noisy(images: torch.Tensor, level: float) -> torch.Tensor:
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images / 255 + level * noise).clamp(0, 1)


def test_is_the_distance_of_the_features(digits) -> None:
    real, generated = digits[:100], noisy(digits[100:250], 0.1)
    result = compute_fid(real, generated, bootstrap=0)
    extractor = LeNetExtractor()
    expected = distance(Gaussian.fit(extractor(real).numpy()), Gaussian.fit(extractor(generated).numpy()))
    assert result.fid == pytest.approx(expected, rel=1e-9)
    assert (result.network, result.split) == ("lenet", "train")
    assert (result.num_real, result.num_generated) == (100, 150)
    assert result.runs == (result.fid,)
    assert result.seconds > 0
    assert math.isnan(result.spread)


def test_grows_with_the_damage(digits) -> None:
    values = [compute_fid(digits[:100], noisy(digits[100:200], x), bootstrap=0).fid for x in (0, 0.1, 0.3)]
    assert 0 < values[0] < values[1] < values[2]
    assert compute_fid(digits[:100], digits[:100], bootstrap=0).fid < 1e-8


def test_says_what_it_depends_on() -> None:
    result = FIDResult(41.268, "lenet", 3000, 2000, "train", 2.06, 0.354, (41.268,), ())
    line = "FID 41.27 +- 0.35 (lenet, 3000 training images against 2000 samples, 2.1 s)"
    assert str(result) == line
    several = FIDResult(2.0, "inception", 3, 3, "test", 1.0, 0.1, (1.0, 3.0), ("careful",))
    line = "FID 2.00 +- 0.10 (mean of 2 runs, inception, 3 test images against 3 samples, 1.0 s)"
    assert str(several) == line
    assert json.loads(json.dumps(several.as_dict()))["runs"] == [1.0, 3.0]


def test_evaluates_a_sampler_in_parts_and_runs(pixels, digits) -> None:
    asked = []

    def sample(count: int) -> torch.Tensor:
        asked.append(count)
        return digits[torch.randperm(len(digits))[:count]] / 255

    torch.manual_seed(0)
    result = evaluate_fid(digits, sample, num_images=1200, runs=2, bootstrap=0)
    assert asked == [500, 500, 200] * 2
    assert (result.num_real, result.num_generated) == (1200, 1200)
    assert len(set(result.runs)) == 2
    assert result.fid == pytest.approx(np.mean(result.runs))
    assert result.warnings == ()


def test_real_images_are_the_same_for_every_call(pixels, digits) -> None:
    results = [evaluate_fid(digits, lambda n: noisy(digits[:n], 0.1), num_images=400) for _ in range(2)]
    assert results[0].fid == results[1].fid
    assert results[0].spread == results[1].spread


@pytest.mark.slow
def test_spread_is_that_of_new_samples() -> None:
    # Normal features, where new samples cost nothing: the bootstrap against 100 real repetitions.
    random = np.random.default_rng(0)
    reference = Gaussian.fit(random.normal(size=(2000, 10)))

    def sample() -> np.ndarray:
        return random.normal(size=(500, 10)) * 1.3 + 0.5

    truth = np.std([distance(reference, Gaussian.fit(sample())) for _ in range(100)], ddof=1)
    spreads = [bootstrap_spread(reference, sample(), repeats=20, seed=seed) for seed in range(10)]
    assert np.mean(spreads) == pytest.approx(truth, rel=0.3)


def test_few_images_are_a_warning_that_names_the_bias(digits) -> None:
    few = compute_fid(digits[:50], noisy(digits[50:100], 0.1), bootstrap=0)
    assert math.isfinite(few.fid)
    assert re.search("only 50 images: a covariance of 84 features has no full rank", few.warnings[0])
    assert "too high (its bias, estimated from half the images: about " in few.warnings[0]
    some = compute_fid(digits[:90], digits[90:180], bootstrap=0)
    assert "only 90 images: at least 1000 are recommended" in some.warnings[0]
    tiny = compute_fid(digits[:4], digits[4:8], bootstrap=0)
    assert "estimated" not in tiny.warnings[0]


@pytest.mark.parametrize("count", [30, 200])
def test_estimated_bias_has_the_right_size(count) -> None:
    # Two samples of one distribution: their true distance is 0, and all of the measured one is bias.
    real, generated = np.random.default_rng(0).normal(size=(2, count, 40))
    fid = distance(Gaussian.fit(real), Gaussian.fit(generated))
    (warning,) = bias_warning(real, generated, fid)
    estimate = float(re.search(r"half the images: about ([\d.]+)\)", warning)[1])
    assert 0.5 < estimate / fid < 2


def test_constant_samples_have_a_distance(digits) -> None:
    result = compute_fid(digits[:100], torch.zeros(100, 1, 32, 32))
    assert math.isfinite(result.fid)
    assert result.fid > 100
    assert result.spread == pytest.approx(0, abs=1e-6)


def test_features_of_real_images_are_cached_by_content(pixels, digits, tmp_path, monkeypatch) -> None:
    real, generated = digits[:100], digits[100:200]
    first = compute_fid(real, generated, bootstrap=0)
    (entry,) = (tmp_path / "cache" / "features").iterdir()
    calls = []
    monkeypatch.setattr(cache, "extract", lambda *a, **k: calls.append(a) or fid_module.extract(*a, **k))
    assert compute_fid(real.clone(), generated, bootstrap=0).fid == first.fid
    assert not calls
    changed = real.clone()
    changed[0, 0, 0, 0] += 1
    compute_fid(changed, generated, bootstrap=0)
    assert len(calls) == 1
    entry.write_bytes(entry.read_bytes()[:100])
    assert compute_fid(real, generated, bootstrap=0).fid == first.fid
    assert len(calls) == 2
    assert len(np.load(entry)) == 100


def test_an_entry_with_damaged_numbers_is_not_used(pixels, digits, tmp_path) -> None:
    first = compute_fid(digits[:100], digits[100:200], bootstrap=0)
    (entry,) = (tmp_path / "cache" / "features").iterdir()
    np.save(entry, np.full((100, 16), np.nan))
    assert compute_fid(digits[:100], digits[100:200], bootstrap=0).fid == first.fid


def test_a_cache_that_cannot_be_written_costs_only_time(digits, tmp_path) -> None:
    (tmp_path / "file").write_text("not a folder")
    result = compute_fid(digits[:100], digits[100:200], cache_dir=tmp_path / "file", bootstrap=0)
    assert math.isfinite(result.fid)


def test_the_default_cache_is_the_users(monkeypatch) -> None:
    monkeypatch.delenv("HWLIB_CACHE_DIR")
    assert cache.default_cache_dir().name == "image-generation-homework"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"network": "vgg"}, "--fid_network vgg is unknown; choose one of: lenet, inception"),
        ({"weights": "w.pth"}, "w.pth was given, but the weights of the network lenet are built in"),
        ({"num_images": 1}, "at least 2 images and 1 run, found num_images = 1 and runs = 1"),
        ({"runs": 0}, "found num_images = 3000 and runs = 0"),
    ],
)
def test_refuses_wrong_options(digits, options, message) -> None:
    with pytest.raises(HomeworkError, match=message):
        evaluate_fid(digits, lambda n: digits[:n], **options)


def test_refuses_samples_of_a_wrong_number_or_range(pixels, digits) -> None:
    with pytest.raises(HomeworkError, match="the samples must be 500, as many as were asked for, found 499"):
        evaluate_fid(digits, lambda n: digits[: n - 1])
    with pytest.raises(HomeworkError, match=r"must lie in \[0, 1\].*by \(x \+ 1\) / 2"):
        evaluate_fid(digits, lambda n: digits[:n] / 127.5 - 1)
    with pytest.raises(HomeworkError, match="have 3 channels, the real ones 1"):
        compute_fid(digits[:9], torch.zeros(9, 3, 32, 32))


def test_network_names_are_complete() -> None:
    assert networks.NETWORKS == ("lenet", "inception")
