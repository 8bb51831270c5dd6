import pytest
import torch
from torch import nn

from hwlib import speed
from hwlib.errors import HomeworkError
from hwlib.speed import accelerate

CPU = torch.device("cpu")


def small_net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1), nn.Sigmoid()
    )


def test_float32_stays_the_same_network_in_another_layout():
    net, x = small_net(), torch.rand(2, 1, 8, 8)
    expected = net(x)
    accelerate(net, device=CPU)
    assert net[2].weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(net(x), expected)


def test_layers_that_were_never_assigned_to_self_are_named():
    class Forgetful(nn.Module):
        def __init__(self):
            super().__init__()
            layers = [nn.Linear(3, 3)]
            self.layers = layers

    with pytest.raises(HomeworkError, match="^Forgetful has no weights to train.*Assign every layer to self"):
        accelerate(Forgetful(), device=CPU)


@pytest.fixture
def bf16_on_any_processor(monkeypatch):
    """PyTorch emulates bf16 where the processor has none: slower, the same numbers."""
    monkeypatch.setattr(speed, "has_bf16", lambda device: True)


@pytest.mark.usefixtures("bf16_on_any_processor")
def test_bf16_computes_inside_and_returns_float32_with_gradients():
    net, x = small_net(), torch.rand(2, 1, 8, 8)
    expected = net(x)
    accelerate(net, device=CPU, precision="bf16")
    found = net(x)
    assert found.dtype == torch.float32
    assert not torch.equal(found, expected)
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)
    found.sum().backward()
    assert net[0].weight.grad.dtype == torch.float32


@pytest.mark.usefixtures("bf16_on_any_processor")
def test_bf16_returns_every_output_in_float32():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(x), [self.layer(x)], None

    net = Two()
    accelerate(net, device=CPU, precision="bf16")
    first, (second,), third = net(torch.rand(1, 3))
    assert first.dtype == second.dtype == torch.float32
    assert third is None


@pytest.mark.parametrize(
    ("avx", "amx", "expected"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_bf16_is_offered_where_the_processor_has_it(monkeypatch, avx, amx, expected):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert speed.has_bf16(CPU) is expected
    assert not speed.has_bf16(torch.device("mps"))


def test_bf16_without_support_is_refused(monkeypatch):
    monkeypatch.setattr(speed, "has_bf16", lambda device: False)
    with pytest.raises(HomeworkError, match="--precision bf16 is not supported by this machine's cpu"):
        accelerate(small_net(), device=CPU, precision="bf16")


def test_an_unknown_precision_is_refused():
    with pytest.raises(HomeworkError, match="--precision fp8 is unknown; choose one of: fp32, bf16"):
        accelerate(small_net(), device=CPU, precision="fp8")


def test_compile_is_asked_of_the_model(monkeypatch):
    net, asked = small_net(), []
    monkeypatch.setattr(net, "compile", lambda: asked.append(True))
    monkeypatch.setattr(speed.shutil, "which", lambda name: f"/usr/bin/{name}")
    accelerate(net, device=CPU, compile_model=True)
    assert asked == [True]


@pytest.mark.parametrize("named", ["", "icpx"])
def test_compilation_without_a_compiler_is_refused(monkeypatch, named):
    monkeypatch.setenv("CXX", named)
    monkeypatch.setattr(speed.shutil, "which", lambda name: None)
    with pytest.raises(
        HomeworkError, match=r"--compile needs a C\+\+ compiler and found none of g\+\+, clang"
    ):
        accelerate(small_net(), device=CPU, compile_model=True)


def test_freed_memory_is_kept_where_the_c_library_allows_it(monkeypatch):
    assert speed.keep_freed_memory() == (speed.platform.libc_ver()[0] == "glibc")
    monkeypatch.setattr(speed.platform, "libc_ver", lambda: ("", ""))
    assert speed.keep_freed_memory() is False


def test_the_processor_is_named_with_what_speed_depends_on(monkeypatch, tmp_path):
    monkeypatch.setattr(speed, "has_bf16", lambda device: False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(speed, "Path", lambda name: info)
    monkeypatch.setattr(speed.platform, "processor", lambda: "arm")
    assert speed.processor() == "arm, AVX2, no bf16, 1 thread"
    info.write_text("processor\t: 0\nmodel name\t: AMD EPYC\n")
    assert speed.processor() == "AMD EPYC, AVX2, no bf16, 1 thread"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    monkeypatch.setattr(speed, "has_bf16", lambda device: True)
    assert speed.processor() == "AMD EPYC, AVX2, bf16, 4 threads"
