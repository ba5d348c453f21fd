"""The derivative of a backward pass."""

from __future__ import annotations

from typing import Any

import pytest

from gradcheck.integrations.torch import check_function, check_second_order

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradcheck[torch]'")

X = torch.linspace(-1.0, 2.0, 6, dtype=torch.float64)


class Cube(torch.autograd.Function):
    """Its backward can be differentiated."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        """The function."""
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad


class DetachedCube(Cube):
    """The gradient is right, its derivative is not: what was saved is detached."""

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        (x,) = ctx.saved_tensors
        return 3 * x.detach() ** 2 * grad


class OnceCube(Cube):
    """Declares that it cannot be differentiated twice."""

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad


def test_right_and_wrong_second_derivatives() -> None:
    """The first derivative is right in all of them."""
    for function, verdict in ((Cube, "PASS"), (DetachedCube, "FAIL"), (OnceCube, "FAIL"), (torch.tanh, "PASS")):
        assert check_function(function, X).verdict.name == "PASS"
        assert check_second_order(function, X).verdict.name == verdict, function


def test_the_cotangents_are_blocks() -> None:
    """One for each output that can be differentiated."""
    report = check_second_order(lambda x, y: (x * y, (x**2).sum(), x.argmax()), (X, X.flip(0)))
    assert [block.name for block in report.blocks] == ["x", "y", "cotangent[0]", "cotangent[1]"]
    assert report.verdict.name == "PASS"


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex128], ids=str)
def test_other_numbers(dtype: Any) -> None:
    """Single precision and complex numbers."""
    assert check_second_order(lambda x: x**3, X.to(dtype)).verdict.name == "PASS"


def test_random_functions_with_a_reset() -> None:
    """The mask of the second run is that of the first."""
    function = lambda x: torch.nn.functional.dropout(x) ** 3  # noqa: E731
    assert check_second_order(function, X, reset=lambda: torch.manual_seed(0)).verdict.name == "PASS"
