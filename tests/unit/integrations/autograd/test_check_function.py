"""Primitives of HIPS autograd: right rules pass, wrong ones fail where they are wrong."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd.extend import defjvp, defvjp, primitive

from gradcheck import InvalidArgumentError
from gradcheck.integrations.autograd import check_function, check_second_order

RNG = np.random.default_rng(0)
X, W = RNG.standard_normal((5, 3)), RNG.standard_normal((3, 2))


def _product(factor: float, forward: float = 1.0) -> Any:
    """A matrix product whose rules for the second factor may be wrong."""
    product = primitive(lambda x, w: x @ w)
    defvjp(
        product,
        lambda answer, x, w: lambda cotangent: cotangent @ w.T,  # noqa: ARG005 - autograd's signature
        lambda answer, x, w: lambda cotangent: factor * x.T @ cotangent,  # noqa: ARG005
    )
    defjvp(
        product,
        lambda tangent, answer, x, w: tangent @ w,  # noqa: ARG005
        lambda tangent, answer, x, w: forward * x @ tangent,  # noqa: ARG005
    )
    return product


def _wrong(report: Any) -> list[str]:
    return [block.name for block in report.blocks if block.verdict.name == "FAIL"]


def test_rules_of_both_modes() -> None:
    """The wrong one is named."""
    both = ("vjp", "jvp")
    assert check_function(_product(1.0), (X, W), products=both).verdict.name == "PASS"
    assert _wrong(check_function(_product(0.5), {"x": X, "w": W}, products=both)) == ["w"]
    assert _wrong(check_function(_product(1.0, -1.0), {"x": X, "w": W}, products=both)) == ["w (jvp)"]


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda p: anp.tanh(anp.dot(X, p["w"])) + p["b"], {"p": {"w": W, "b": 0.5}}),
        (lambda x: (anp.sum(x), [x**2, {"y": anp.exp(x)}], anp.argmax(x)), X),
        (lambda z: anp.exp(z * anp.conj(z) * z), X[0] + 1j * X[1]),
        (lambda x: anp.split(x, 3, axis=1), X),
        (lambda x: x**3, 1.5),
        (lambda x: anp.sin(x) ** 2, X.astype(np.float32)),
    ],
    ids=["nested", "several outputs", "complex", "list", "number", "float32"],
)
def test_inputs_of_every_kind(function: Any, inputs: Any) -> None:
    """Right code passes."""
    report = check_function(function, inputs)
    assert report.verdict.name == "PASS", report.reason


def test_second_order() -> None:
    """A rule of plain NumPy cannot be differentiated again; one of autograd's can."""
    cube = primitive(lambda x: x**3)
    defvjp(cube, lambda answer, x: lambda cotangent: 3 * x**2 * cotangent)  # noqa: ARG005
    assert check_second_order(cube, X).verdict.name == "PASS"
    twice = primitive(lambda x: x**3)
    defvjp(twice, lambda answer, x: lambda cotangent: 3 * _constant(x) ** 2 * cotangent)  # noqa: ARG005
    assert check_function(twice, X).verdict.name == "PASS"
    assert _wrong(check_second_order(twice, {"x": X})) == ["x"]


def _constant(x: Any) -> Any:
    return getattr(x, "_value", x)


def test_what_cannot_be_checked_is_refused() -> None:
    """With the reason."""
    for function, inputs, message in (
        (3, X, "expected a callable"),
        (lambda x: x, np.arange(3), "nothing to differentiate"),
        (anp.argmax, X, "no floating-point numbers"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            check_function(function, inputs)
    with pytest.raises(InvalidArgumentError, match="complex"):
        check_second_order(lambda z: z**2, X[0] + 1j)
