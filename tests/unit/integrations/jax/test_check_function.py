"""Functions of pytrees: right rules pass, wrong ones fail where they are wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import InvalidArgumentError
from gradcheck.integrations.jax import check_function, check_second_order

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'gradcheck[jax]'")
jnp = jax.numpy

RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 3)).astype(np.float32)
PARAMS = {"W": RNG.standard_normal((3, 2)).astype(np.float32), "b": np.array([0.1, -0.2], dtype=np.float32)}


def _layer(factor: float) -> Any:
    """``tanh(x @ W + b)`` with a rule whose ``W`` is wrong by a factor."""

    @jax.custom_vjp
    def layer(params: Any, x: Any) -> Any:
        return jnp.tanh(x @ params["W"] + params["b"])

    def forward(params: Any, x: Any) -> Any:
        y = layer(params, x)
        return y, (params, x, y)

    def backward(saved: Any, cotangent: Any) -> Any:
        params, x, y = saved
        delta = cotangent * (1 - y**2)
        return {"W": factor * x.T @ delta, "b": delta.sum(0)}, delta @ params["W"].T

    layer.defvjp(forward, backward)
    return layer


def _sine(sign: float) -> Any:
    """With a rule for forward mode, whose sign may be wrong."""

    @jax.custom_jvp
    def sine(x: Any) -> Any:
        return jnp.sin(x)

    sine.defjvp(lambda primals, tangents: (sine(primals[0]), sign * tangents[0] * jnp.cos(primals[0])))
    return sine


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["plain", "jit"])
def test_custom_vjp(wrap: Any) -> None:
    """Blocks are the leaves of the arguments; float32 is judged in float64."""
    assert check_function(wrap(_layer(1.0)), (PARAMS, X)).verdict.name == "PASS"
    report = check_function(wrap(_layer(0.999)), (PARAMS, X))
    assert [(block.name, block.verdict.name) for block in report.blocks] == [
        ("params['W']", "FAIL"),
        ("params['b']", "PASS"),
        ("x", "PASS"),
    ]
    assert not jax.config.jax_enable_x64


def test_custom_jvp() -> None:
    """Both products are checked where the rule is for forward mode."""
    right = check_function(_sine(1.0), X)
    assert right.verdict.name == "PASS"
    assert [block.name for block in right.blocks] == ["x", "x (jvp)"]
    assert check_function(_sine(-1.0), X, products=["jvp"]).verdict.name == "FAIL"


def test_arguments_that_are_chosen() -> None:
    """By position, as for ``jax.grad``, or by name; numbers and integers may be among the rest."""
    layer = _layer(-1.0)
    assert check_function(layer, (PARAMS, X), argnums=1).verdict.name == "PASS"
    assert check_function(layer, (PARAMS, X), argnums=-2).verdict.name == "FAIL"
    named = check_function(lambda *, x, i, scale: scale * x[i], {"x": X, "i": np.array([0, 2]), "scale": 2.0})
    assert [block.name for block in named.blocks] == ["x", "scale"]
    assert named.verdict.name == "PASS"
    with pytest.raises(InvalidArgumentError, match="argnums=5"):
        check_function(layer, (PARAMS, X), argnums=5)


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda z: jnp.exp(z * z.conj() * z), (X[0] + 1j * X[1]).astype(np.complex64)),
        (lambda x: (x**2, {"sum": x.sum(), "place": x.argmax()}), X),
        (lambda x: jnp.sin(x) ** 2, jnp.asarray(X, dtype=jnp.bfloat16)),
        (lambda x: (jnp.sin(x.astype(jnp.bfloat16)) ** 2).astype(x.dtype), X),
        (lambda x, y: jax.lax.add(jax.lax.sin(x), y), (X, X)),
        (lambda x: x**3, 1.5),
    ],
    ids=["complex", "several outputs", "bfloat16", "bfloat16 inside", "strict types", "number"],
)
def test_inputs_of_every_kind(function: Any, inputs: Any) -> None:
    """Right code passes."""
    report = check_function(function, inputs)
    assert report.verdict.name == "PASS", report.reason


def test_second_order() -> None:
    """A rule whose derivative is stopped is right once and wrong twice."""
    assert check_second_order(_layer(1.0), (PARAMS, X)).verdict.name == "PASS"

    @jax.custom_vjp
    def cube(x: Any) -> Any:
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, c: (3 * jax.lax.stop_gradient(x) ** 2 * c,))
    assert check_function(cube, X).verdict.name == "PASS"
    report = check_second_order(cube, X)
    assert [(block.name, block.verdict.name) for block in report.blocks] == [("x", "FAIL"), ("cotangent0", "PASS")]


def test_what_cannot_be_checked_is_refused() -> None:
    """With the reason."""
    for function, inputs, message in (
        (3, X, "expected a callable"),
        (lambda x: x, np.arange(3), "nothing to differentiate"),
        (lambda x: x.argmax(), X, "no array of floating-point numbers"),
        (lambda x: x @ x, X, "forward raised TypeError"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            check_function(function, inputs)
