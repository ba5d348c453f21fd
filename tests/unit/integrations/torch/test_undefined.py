"""Backward passes where the cotangent of an unused output is missing."""

from __future__ import annotations

from typing import Any

import pytest

from gradcheck.integrations.torch import check_function, check_module

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradcheck[torch]'")


class Both(torch.autograd.Function):
    """``x**2`` and ``x**3``, with cotangents that may be missing."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        """The function."""
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        return x**2, x**3

    @staticmethod
    def backward(ctx: Any, first: Any, second: Any) -> Any:
        """The vector-Jacobian product."""
        (x,) = ctx.saved_tensors
        parts = [c * d for c, d in ((first, 2 * x), (second, 3 * x**2)) if c is not None]
        return sum(parts) if parts else None


class NeedsBoth(Both):
    """Fails where one is missing."""

    @staticmethod
    def backward(ctx: Any, first: Any, second: Any) -> Any:
        """The vector-Jacobian product."""
        (x,) = ctx.saved_tensors
        return first * 2 * x + second * 3 * x**2


class ForgetsFirst(Both):
    """Where the second is missing the first is forgotten."""

    @staticmethod
    def backward(ctx: Any, first: Any, second: Any) -> Any:
        """The vector-Jacobian product."""
        return None if second is None else Both.backward(ctx, first, second)


@pytest.mark.parametrize(
    ("function", "message"),
    [(Both, None), (NeedsBoth, "backward raised TypeError"), (ForgetsFirst, "another gradient than for zeros")],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_missing_cotangents_count_as_zeros(function: Any, message: str | None) -> None:
    """A gradient that needs all of them fails in use, and so here."""
    report = check_function(function, torch.linspace(0.5, 1.5, 4, dtype=torch.float64))
    assert report.verdict.name == ("PASS" if message is None else "FAIL")
    assert message is None or message in report.reason


class Hooked(torch.nn.Linear):
    """A layer with a hook on its output, which multiplies the gradient."""

    factor = 1.0

    def forward(self, x: Any) -> Any:
        """The function."""
        y = super().forward(x)
        if y.requires_grad:
            y.register_hook(lambda cotangent: cotangent * self.factor)
        return y


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (1.01, "FAIL")])
def test_hooks_need_not_cope_with_missing_cotangents(factor: float, verdict: str) -> None:
    """Only a ``backward`` must: a hook is checked by what it makes of the gradient."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(Hooked(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2)).double()
    network[0].factor = factor
    report = check_module(network, torch.randn(7, 3, dtype=torch.float64))
    wrong = [block.name for block in report.blocks if block.verdict.name == "FAIL"]
    assert (report.verdict.name, wrong) == (verdict, ["0.weight", "0.bias"] if factor > 1 else [])
