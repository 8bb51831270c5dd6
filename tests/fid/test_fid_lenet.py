"""The embedded network: what is shipped, and that its features are the same everywhere."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

from hwlib.data import load_images
from hwlib.features import train_lenet
from hwlib.features.lenet import WEIGHTS, LeNetExtractor, load_lenet, provenance
from hwlib.files import sha256_of

# Features 0, 20, 40, 60 and 80 of the image of `pattern`, from the shipped weights. A machine on which
# they differ by 1e-5 would print another FID for the same images.
EXPECTED = [-3.006976, 0.6445746, 3.9359399, -3.0544012, -1.7108572]


def pattern() -> torch.Tensor:
    """One uint8 image [1, 1, 32, 32] without a random generator or a file: a ring."""
    y, x = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    radius = (x - 16) ** 2 + (y - 16) ** 2
    return (((radius > 36) & (radius < 100)) * 255).to(torch.uint8)[None, None]


def test_features_are_the_same_on_every_machine() -> None:
    features = LeNetExtractor()(pattern())
    assert features.dtype == torch.float64
    assert features.shape == (1, 84)
    np.testing.assert_allclose(features[0, ::20].numpy(), EXPECTED, rtol=0, atol=1e-5)


def test_threads_batches_and_types_do_not_matter() -> None:
    extractor = LeNetExtractor()
    images = load_images("digits", ".", train=True)[:12]
    together = extractor(images)
    alone = torch.cat([extractor(image[None]) for image in images])
    assert (together - alone).abs().max() < 1e-10
    assert (extractor(images.double() / 255) - together).abs().max() < 1e-10
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert (extractor(images) - together).abs().max() < 1e-10
    finally:
        torch.set_num_threads(threads)


def test_colour_channels_are_seen_one_by_one() -> None:
    extractor = LeNetExtractor()
    red = torch.cat([pattern(), torch.zeros(1, 2, 32, 32, dtype=torch.uint8)], dim=1)
    features = extractor(red)
    assert features.shape == (1, 252)
    assert torch.allclose(features[:, :84], extractor(pattern()))
    assert not torch.allclose(features[:, 84:168], extractor(pattern()))


def test_other_sizes_are_resized() -> None:
    large = torch.nn.functional.interpolate(pattern(), scale_factor=2, mode="nearest")
    assert LeNetExtractor()(large).shape == (1, 84)


def test_shipped_file_has_its_provenance() -> None:
    record = provenance()
    assert record["sha256"] == sha256_of(WEIGHTS)
    assert record["test_accuracy"] >= 0.99
    assert record["test_images"] == 10_000
    assert {"data", "seed", "command", "versions"} <= record.keys()
    with safe_open(WEIGHTS, framework="pt") as file:
        metadata = {key: json.loads(value) for key, value in file.metadata().items()}
    assert metadata == {key: value for key, value in record.items() if key != "sha256"}


def test_knows_digits_it_has_never_seen() -> None:
    # scikit-learn's digits were written by other people, on an 8 x 8 grid.
    from sklearn.datasets import load_digits

    images = load_images("digits", ".", train=False)
    labels = torch.from_numpy(load_digits().target[-len(images) :])
    scores = load_lenet()(images.double() / 255)
    assert (scores.argmax(dim=1) == labels).double().mean() > 0.7


def squares(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images [N, 1, 32, 32] of ten classes that differ by the place of a bright square."""
    labels = torch.arange(count) % 10
    images = torch.zeros(count, 1, 32, 32, dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[0, 6 + 12 * (label // 5) :, 2 + 6 * (label % 5) :][:6, :3] = 255
    return images, labels


def test_training_writes_weights_and_provenance(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(train_lenet, "load_digits", lambda data_dir, train: squares(320 if train else 50))
    monkeypatch.setattr(train_lenet, "MAX_SHIFT", 0)
    arguments = ["--data_dir", str(tmp_path), "--output", str(tmp_path / "new"), "--batch_size", "32"]
    train_lenet.main([*arguments, "--epochs", "10"])
    assert "test accuracy 100.00%" in capsys.readouterr().out
    record = json.loads((tmp_path / "new" / "lenet.json").read_text())
    assert record["test_accuracy"] == 1.0
    assert record["sha256"] == sha256_of(tmp_path / "new" / "lenet.safetensors")
    assert load_lenet(tmp_path / "new" / "lenet.safetensors")(squares(3)[0].double() / 255).shape == (3, 10)


def test_training_refuses_a_bad_network(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(train_lenet, "load_digits", lambda data_dir, train: squares(64))
    arguments = ["--data_dir", str(tmp_path), "--output", str(tmp_path / "new")]
    with pytest.raises(SystemExit) as exit_:
        train_lenet.main([*arguments, "--epochs", "1", "--batch_size", "64"])
    assert exit_.value.code == 2
    assert "must have 99%; nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_shifted_batches_keep_the_digit() -> None:
    images = squares(20)[0] / 255
    shifted = train_lenet.shift_batch(images, torch.Generator().manual_seed(0))
    assert shifted.shape == images.shape
    assert torch.equal(shifted.sum(dim=(1, 2, 3)), images.sum(dim=(1, 2, 3)))
    assert not torch.equal(shifted, images)
