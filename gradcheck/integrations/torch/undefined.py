"""Whether a backward pass copes with outputs that the loss does not use: their cotangents may be missing."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Sequence
from typing import Any

from gradcheck.errors import GradcheckError
from gradcheck.integrations.functions import require

__all__ = ["UndefinedCotangentError", "require_undefined"]

CURE = (
    "Leave ctx.set_materialize_grads at its default, which turns missing cotangents into zeros, or treat None as zero."
)
# Gradients that sum the same terms in another order differ by rounding (relative): a thousand units in the last place.
SAME = 1e3


class UndefinedCotangentError(GradcheckError):
    """A backward pass that gives another gradient, or fails, where the cotangent of an unused output is missing."""


def require_undefined(outputs: Sequence[Any], leaves: Sequence[Any], cotangents: Sequence[Any]) -> None:
    """Ask for gradients with cotangents missing; they must be those of zeros.

    Parameters
    ----------
    outputs : sequence of tensor
        Of one run that requires gradients; its graph is kept.
    leaves : sequence of tensor
        What is differentiated.
    cotangents : sequence of tensor
        One an output.

    Raises
    ------
    UndefinedCotangentError
        If only then backward raises, or the gradient differs.
    """
    torch = require("torch", "torch")
    everything = list(range(len(outputs)))
    grad = functools.partial(torch.autograd.grad, retain_graph=True, allow_unused=True)
    for missing in [everything] if len(outputs) == 1 else [everything, *([one] for one in everything)]:
        zeroed = [torch.zeros_like(c) if i in missing else c for i, c in enumerate(cotangents)]
        try:
            expected, again = grad(outputs, leaves, zeroed), grad(outputs, leaves, zeroed)
        except Exception:  # noqa: BLE001 - what backward raises in any case is for the check itself to tell
            return
        if not all(_same(a, b) for a, b in zip(expected, again, strict=True)):
            return  # nor can anything be told from a backward that does not repeat
        masked = [_missing(output) if i in missing else output for i, output in enumerate(outputs)]
        which = "of every output" if len(missing) == len(outputs) else f"of output {missing[0]}"
        try:
            came = grad(masked, leaves, cotangents)
        except Exception as error:
            if _is_of_a_hook(error):
                return
            raise UndefinedCotangentError(
                f"where the cotangent {which} is missing, backward raised {type(error).__name__}: {error}. {CURE}"
            ) from error
        if not all(_same(a, b) for a, b in zip(came, expected, strict=True)):
            raise UndefinedCotangentError(
                f"where the cotangent {which} is missing, backward gives another gradient than for zeros. {CURE}"
            )


def _is_of_a_hook(error: Exception) -> bool:
    """Whether it was raised by a hook on a tensor, which in use never runs where no cotangent comes."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    names = [frame.f_code.co_name for frame in frames]
    called = frames[names.index("_engine_run_backward") + 1 :] if "_engine_run_backward" in names else []
    return bool(called) and called[0].f_globals.get("__name__") != "torch.autograd.function"


def _missing(output: Any) -> Any:
    """The output behind a node that hands no cotangent on."""
    return _blind().apply(output)


@functools.cache
def _blind() -> Any:
    torch = require("torch", "torch")

    class Blind(torch.autograd.Function):  # type: ignore[misc,name-defined]
        @staticmethod
        def forward(_: Any, x: Any) -> Any:
            return x.view_as(x)

        @staticmethod
        def backward(_: Any, __: Any) -> None:
            return None

    return Blind


def _same(a: Any, b: Any) -> bool:
    """Whether two gradients are equal up to rounding; a missing one is zero."""
    torch = require("torch", "torch")
    if a is None or b is None:
        present = a if b is None else b
        return present is None or not bool(present.count_nonzero())
    slack = SAME * float(torch.finfo(a.dtype).eps) * float(b.abs().max() if b.numel() else 0.0)
    return bool(((a - b).abs() <= slack).all())
