import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hwlib.checking.student import describe_error
from hwlib.failing_layer import failing_layer


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(1024, 20))
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        return self.encoder(x)


def error_of(call) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever PyTorch raises
        call()
    return caught.value


def test_a_wrong_shape_names_the_layer_and_its_input(tmp_path):
    error = error_of(lambda: Network()(torch.zeros(2, 2048)))
    expected = "encoder.2: Linear(in_features=1024, out_features=20, bias=True), input [2, 2048]"
    assert failing_layer(error) == expected
    assert describe_error(error, tmp_path)["message"].endswith(f"[{expected}]")


def test_a_layer_on_its_own_has_no_name():
    error = error_of(lambda: nn.Conv2d(3, 4, 3)(torch.zeros(1, 1, 8, 8)))
    assert failing_layer(error) == "Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1)), input [1, 1, 8, 8]"


def test_no_layer_at_work_is_none(tmp_path):
    error = error_of(lambda: F.linear(torch.zeros(2, 3), torch.zeros(4, 5)))
    assert failing_layer(error) is None
    assert describe_error(error, tmp_path)["message"] == str(error)


def test_a_module_that_lies_about_itself_is_left_out():
    class Lying(Network):
        def named_modules(self, *args, **kwargs):
            raise KeyboardInterrupt

    assert failing_layer(error_of(lambda: Lying()(torch.zeros(2, 2048)))) is None
