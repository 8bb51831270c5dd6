"""The Inception network against pytorch-fid's with the same random weights, in every backend."""

from __future__ import annotations

import numpy as np
import pytest
import pytorch_fid.inception
import torch
from torch import nn

from hwlib.data import load_images
from hwlib.errors import HomeworkError
from hwlib.features import inception, weights
from hwlib.features.inception import InceptionExtractor, resize
from hwlib.features.inception_network import FIDInception
from hwlib.fid import compute_fid
from hwlib.files import sha256_of


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return load_images("digits", ".", train=True)[:4]


@pytest.fixture(scope="module")
def state(images) -> dict[str, torch.Tensor]:
    """A random network whose activations neither vanish nor explode."""
    torch.manual_seed(0)
    network = FIDInception()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.1)
            nn.init.normal_(module.bias, 0, 0.1)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.9, 1.1)
    return network.state_dict()


@pytest.fixture(scope="module")
def expected(state, images) -> np.ndarray:
    """pytorch-fid's features [4, 2048] of the images with the same weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytorch_fid.inception, "load_state_dict_from_url", lambda *_, **__: state)
        model = pytorch_fid.inception.InceptionV3().eval()
    with torch.inference_mode():
        return model((images / 255).repeat(1, 3, 1, 1))[0][:, :, 0, 0].numpy()


def relative_error(found: torch.Tensor, expected: np.ndarray) -> float:
    return float(np.abs(found.numpy() - expected).max() / np.abs(expected).max())


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_equals_pytorch_fid(state, images, expected, backend) -> None:
    if backend == "openvino":
        pytest.importorskip("openvino", reason="the extra `fast` is not installed")
    found = InceptionExtractor(state, device="cpu", backend=backend)(images)
    assert found.shape == (4, 2048)
    assert found.dtype == torch.float32
    assert relative_error(found, expected) < 1e-5


@pytest.mark.slow
def test_bf16_is_near(state, images, expected) -> None:
    if not inception.has_bf16(torch.device("cpu")):
        with pytest.raises(HomeworkError, match="has no bfloat16"):
            InceptionExtractor(state, device="cpu", precision="bf16")
        return
    extractor = InceptionExtractor(state, device="cpu", backend="torch", precision="bf16")
    error = relative_error(extractor(images), expected)
    assert 1e-6 < error < 0.1


@pytest.mark.slow
def test_fid_with_a_weights_file(state, tmp_path, monkeypatch) -> None:
    file = tmp_path / "weights.pth"
    torch.save(state, file)
    monkeypatch.setattr(weights.load, "__defaults__", (sha256_of(file),))
    monkeypatch.setattr(inception, "find_spec", lambda name: None)
    real, generated = load_images("digits", ".", train=True)[:8].split(4)
    options = {"network": "inception", "device": "cpu", "weights": file, "cache_dir": tmp_path / "cache"}
    result = compute_fid(real, generated, bootstrap=2, **options)
    assert result.network == "inception"
    assert result.fid > 0
    assert "only 4 images: a covariance of 2048 features" in result.warnings[0]
    (entry,) = (tmp_path / "cache" / "features").iterdir()
    assert entry.name.startswith("inception-")


@pytest.mark.parametrize("channels", [1, 3])
def test_resize_is_the_original(channels) -> None:
    pixels = torch.arange(2 * channels * 1024).reshape(2, channels, 32, 32).remainder(251).to(torch.uint8)
    colour = (pixels.float() / 255).expand(-1, 3, -1, -1).contiguous()
    original = nn.functional.interpolate(colour, size=(299, 299), mode="bilinear", align_corners=False)
    assert resize(pixels).shape == (2, 3, 299, 299)
    # PyTorch has a kernel of its own for three channels: up to 4e-7 apart in PyTorch 2.14, 1.7e-6 in 2.6.
    # A grey level is 8e-3.
    assert (resize(pixels) - (2 * original - 1)).abs().max() < 3e-6


def test_has_the_names_of_the_published_file() -> None:
    with torch.device("meta"):
        names = FIDInception().state_dict()
    assert names["fc.weight"].shape == (1008, 2048)
    assert names["Mixed_5b.branch_pool.bn.running_var"].shape == (32,)
    assert names["Mixed_7c.branch3x3dbl_3b.conv.weight"].shape == (384, 384, 3, 1)
    assert not any(name.startswith("AuxLogits") for name in names)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "fp8"}, "precision fp8 is unknown; choose one of: fp32, bf16"),
        ({"backend": "tvm"}, "backend tvm is unknown; choose one of: auto, torch, openvino"),
        ({"backend": "openvino", "device": "meta"}, "OpenVINO runs on the CPU here, not on meta"),
        ({"precision": "bf16", "device": "meta"}, "This machine's meta has no bfloat16"),
    ],
)
def test_refuses_wrong_options(options, message) -> None:
    pytest.importorskip("openvino", reason="the extra `fast` is not installed")
    with pytest.raises(HomeworkError, match=message):
        InceptionExtractor({}, **{"device": "cpu", **options})


def test_refuses_weights_of_another_network() -> None:
    with pytest.raises(HomeworkError, match="not the weights of the FID Inception network.*pt_inception"):
        InceptionExtractor({"weight": torch.zeros(1)}, device="cpu", backend="torch")


def test_says_how_to_install_openvino(monkeypatch) -> None:
    monkeypatch.setattr(inception, "find_spec", lambda name: None)
    with pytest.raises(HomeworkError, match="OpenVINO is not installed. Run: pip install"):
        InceptionExtractor({}, device="cpu", backend="openvino")
