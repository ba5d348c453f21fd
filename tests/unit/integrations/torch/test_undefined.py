"""Backward passes where the cotangent of an unused output is missing."""

from __future__ import annotations

from typing import Any

import pytest

from gradcheck.integrations.torch import check_function

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
