"""From the trace to the layer table, without a worker."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hwlib.assignment import load_assignment
from hwlib.checking.layer_table import compare_layers, wanted_rows
from hwlib.checking.layers import TraceError, classify, layers_of
from hwlib.checking.tensors import to_raw
from hwlib.checking.trace import Recorder
from hwlib.checking.words import say

GENERATOR = say("generator", "生成器")
SETTINGS = {"num_channels": 1, "latent_dim": 6, "hidden_dim": 3}


def trace(module: nn.Module, *inputs: torch.Tensor) -> dict:
    named = {name: ("parameter", tensor) for name, tensor in module.named_parameters()}
    named.update({name: ("buffer", tensor) for name, tensor in module.named_buffers()})
    recorder = Recorder(named, list(inputs))
    with torch.no_grad(), recorder:
        result = module(*inputs)
    return {
        "values": recorder.values,
        "arrays": {number: array.numpy() for number, array in recorder.arrays.items()},
        "ops": recorder.ops,
        "inputs": recorder.inputs,
        "results": [recorder.number_of(result)],
    }


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda t: t, "none"),
        (lambda t: t.clamp(min=0), "relu"),
        (lambda t: (t + t.abs()) / 2, "relu"),
        (lambda t: torch.where(t > 0, t, torch.zeros_like(t)), "relu"),
        (lambda t: 1 / (1 + torch.exp(-t)), "sigmoid"),
        (lambda t: 2 * torch.sigmoid(2 * t) - 1, "tanh"),
        (lambda t: torch.maximum(t, 0.2 * t), "leaky_relu"),
        (lambda t: torch.nn.functional.gelu(t), "gelu"),
        (lambda t: torch.nn.functional.relu6(t), "relu6"),
        (lambda t: t.masked_fill(t < 0, 0.0), "relu"),
        (lambda t: torch.sigmoid(torch.relu(t)), "relu, sigmoid"),
    ],
)
def test_an_activation_is_known_by_what_it_does(function: object, expected: str) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return function(self.layer(x))  # type: ignore[operator]

    rows = layers_of(trace(Net(), torch.rand(2, 4)))
    assert [row.kind for row in rows] == ["linear"]
    assert rows[0].activation == expected


def test_the_slope_of_a_leaky_relu_is_found() -> None:
    assert classify(lambda t: torch.nn.functional.leaky_relu(t, 0.3), ["leaky_relu"]) == (
        "leaky_relu",
        pytest.approx(0.3),
    )


def test_weights_come_out_as_they_are_used() -> None:
    layer = nn.Linear(4, 3)
    (row,) = layers_of(trace(layer, torch.rand(2, 4)))
    assert row.weight is not None
    assert row.bias is not None
    torch.testing.assert_close(row.weight, layer.weight.detach())
    torch.testing.assert_close(row.bias, layer.bias.detach())


def generator(last: nn.Module) -> nn.Module:
    h = SETTINGS["hidden_dim"]
    return nn.Sequential(
        nn.ConvTranspose2d(6, 4 * h, 4),
        nn.BatchNorm2d(4 * h),
        nn.ReLU(),
        nn.ConvTranspose2d(4 * h, 2 * h, 4, 2, 1),
        nn.BatchNorm2d(2 * h),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * h, h, 4, 2, 1),
        nn.BatchNorm2d(h),
        nn.ReLU(),
        nn.ConvTranspose2d(h, 1, 4, 2, 1),
        last,
    )


def test_a_difference_is_named_with_the_handouts_layer() -> None:
    wanted = wanted_rows(load_assignment("handouts/GAN").network("generator"), SETTINGS)
    z = torch.randn(2, 6, 1, 1)
    assert compare_layers(layers_of(trace(generator(nn.Tanh()), z)), wanted, GENERATOR) is None
    problem = compare_layers(layers_of(trace(generator(nn.Sigmoid()), z)), wanted, GENERATOR)
    assert problem is not None
    assert problem.mistake is not None
    assert problem.table is not None
    assert problem.found.en == "Gen-4: activation sigmoid"
    assert problem.mistake.id == "sigmoid_for_tanh"
    assert [row.state for row in problem.table.rows] == ["same", "same", "same", "differs"]
    problem = compare_layers(
        layers_of(trace(generator(nn.Tanh())[3:], torch.rand(2, 12, 4, 4))), wanted, GENERATOR
    )  # type: ignore[index]
    assert problem is not None
    assert problem.mistake is not None
    assert problem.mistake.title.en == "Gen-1 is missing"


@pytest.mark.parametrize(
    ("after", "found", "mistake"),
    [
        ([nn.BatchNorm2d(6, 0.8)], "normalisation batch_norm (eps 0.8)", "batch_norm_settings"),
        ([nn.BatchNorm2d(6, affine=False)], "normalisation batch_norm (affine False)", "batch_norm_settings"),
        (
            [nn.BatchNorm2d(6, track_running_stats=False)],
            "normalisation batch_norm (track_running_stats False)",
            "batch_norm_settings",
        ),
        (
            [nn.BatchNorm2d(6), nn.BatchNorm2d(6)],
            "normalisation batch_norm, batch_norm",
            "wrong_normalisation",
        ),
        ([nn.InstanceNorm2d(6, affine=True)], "normalisation instance_norm", "wrong_normalisation"),
        ([nn.GroupNorm(2, 6)], "normalisation group_norm", "wrong_normalisation"),
        (
            [nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout()],
            "Dropout to 6 x 8 x 8",
            "extra_layer",
        ),
    ],
)
def test_other_normalisations_and_noise_are_named(after: list[nn.Module], found: str, mistake: str) -> None:
    layers = list(generator(nn.Tanh()))  # type: ignore[call-overload]
    network = nn.Sequential(*layers[:4], *after, *layers[5:])
    wanted = wanted_rows(load_assignment("handouts/GAN").network("generator"), SETTINGS)
    problem = compare_layers(layers_of(trace(network, torch.randn(2, 6, 1, 1))), wanted, GENERATOR)
    assert problem is not None
    assert problem.mistake is not None
    assert problem.mistake.id == mistake
    assert found in problem.found.en


def test_two_branches_are_not_mistaken_for_a_layer() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.one(x) + self.two(x)

    rows = layers_of(trace(Residual(), torch.rand(2, 4)))
    assert [row.kind for row in rows] == ["linear", "linear", "add of two branches"]


class Odd(nn.Module):
    """Two convolutions and a linear layer with something in between."""

    def __init__(self, between: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.between = between
        self.one, self.two = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3)
        self.mu, self.spread = nn.Linear(8, 3), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.two(self.between(self.one(x))).flatten(1)
        return torch.cat([self.mu(h), self.spread(h)], 1)


@pytest.mark.parametrize(
    ("between", "kinds"),
    [
        (lambda h: F.dropout(h, 0.5), ["conv", "dropout", "conv", "linear"]),
        (lambda h: F.dropout2d(h, 0.5), ["conv", "dropout", "conv", "linear"]),
        (lambda h: h + torch.randn_like(h), ["conv", "noise", "conv", "linear"]),
        (lambda h: torch.cat([h[:, :1], h[:, 1:]], 1), ["conv", "crop", "crop", "cat", "conv", "linear"]),
    ],
)
def test_what_stands_between_layers_has_the_name_that_students_know(
    between: Callable[[torch.Tensor], torch.Tensor], kinds: list[str]
) -> None:
    assert [row.kind for row in layers_of(trace(Odd(between), torch.rand(2, 1, 4, 4)))] == kinds


def test_two_heads_that_are_put_together_are_one_layer() -> None:
    *_, last = layers_of(trace(Odd(nn.Identity()), torch.rand(2, 1, 4, 4)))
    assert (last.kind, last.shapes[0], last.trained) == ("linear", (6,), True)


def test_circular_padding_is_a_kind_of_padding() -> None:
    layer = nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular")
    (row,) = layers_of(trace(layer, torch.rand(2, 1, 4, 4)))
    assert row.padding == "1 (circular)"


def test_an_einsum_of_two_letters_is_a_linear_layer() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(4, 3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.einsum("bi,io->bo", x, self.weight).relu()

    (row,) = layers_of(trace(Net(), torch.rand(2, 4)))
    assert (row.kind, row.shapes[0], row.activation) == ("linear", (3,), "relu")


def test_weights_that_no_optimizer_would_find_are_a_mistake() -> None:
    hidden = generator(nn.Tanh())

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [hidden]

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return self.layers[0](z)

    wanted = wanted_rows(load_assignment("handouts/GAN").network("generator"), SETTINGS)
    problem = compare_layers(layers_of(trace(Net(), torch.randn(2, 6, 1, 1))), wanted, GENERATOR)
    assert problem is not None
    assert problem.mistake is not None
    assert problem.mistake.id == "untrained_weights"
    assert "Gen-1, Gen-2, Gen-3, Gen-4" in problem.mistake.title.en


@pytest.mark.parametrize(
    "record",
    [
        {}, None, {"values": [], "ops": [], "inputs": [], "results": [None]},
        {"values": [{"shape": [1], "kind": "constant"}], "ops": [], "inputs": [], "results": [0]},
    ],
)  # fmt: skip
def test_records_that_make_no_sense_are_refused(record: object) -> None:
    with pytest.raises(TraceError):
        layers_of(record)


def test_operations_that_are_on_no_list_are_never_run() -> None:
    record = trace(nn.Linear(4, 3), torch.rand(2, 4))
    for op in record["ops"]:
        if op["name"] == "t":
            op["name"] = "from_file"
    with pytest.raises(TraceError, match="can't be followed"):
        layers_of(record)


def test_arrays_cross_as_numbers() -> None:
    assert to_raw(torch.ones(2)) is not None
