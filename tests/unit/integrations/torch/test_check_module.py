"""Modules: every parameter is a block, whatever the mode."""

from __future__ import annotations

from typing import Any

import pytest

from gradcheck import InvalidArgumentError
from gradcheck.integrations.torch import check_module

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradcheck[torch]'")


class Halved(torch.autograd.Function):
    """Hands on half of the cotangent."""

    @staticmethod
    def forward(_: Any, x: Any) -> Any:
        """The function."""
        return x.view_as(x)

    @staticmethod
    def backward(_: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        return grad / 2


class Leaky(torch.nn.Module):
    """The gradient of its first layer is half of what it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Linear(3, 5), torch.nn.Linear(5, 2)

    def forward(self, x: Any) -> Any:
        """Logits."""
        return self.second(Halved.apply(torch.tanh(self.first(x))))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def _network() -> Any:
    return torch.nn.Sequential(
        torch.nn.Linear(3, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.LayerNorm(8), torch.nn.Linear(8, 2)
    )


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_a_network_passes_and_is_left_alone(training: bool) -> None:
    """Running statistics too."""
    network = _network().train(training)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    report = check_module(network, torch.randn(6, 3))
    assert report.verdict.name == "PASS", report.reason
    assert [block.name for block in report.blocks] == [name for name, _ in network.named_parameters()]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_wrong_layers_are_named() -> None:
    """Weight and bias below the wrong backward pass, and nothing above it."""
    report = check_module(Leaky(), torch.randn(6, 3))
    assert report.verdict.name == "FAIL"
    wrong = [block.name for block in report.blocks if block.verdict.name == "FAIL"]
    assert wrong == ["first.weight", "first.bias"]
    assert report.block("first.weight").ratio == pytest.approx(0.5)


def test_inputs_that_require_a_gradient_are_checked() -> None:
    """By the names of ``forward``, also where they are given by name."""
    x = torch.randn(6, 3, requires_grad=True)
    for inputs in (x, {"x": x}):
        names = [block.name for block in check_module(Leaky(), inputs).blocks]
        assert names == ["first.weight", "first.bias", "second.weight", "second.bias", "x"]


def test_anything_else_is_refused() -> None:
    """A function is checked by another name."""
    with pytest.raises(InvalidArgumentError, match=r"expected a torch\.nn\.Module"):
        check_module(torch.sin, torch.randn(3))
