"""Beside ``jax.test_util.check_grads``: what it catches is caught, and its recorded misses and false alarms are not."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from peer_tables.mutations import MUTATIONS

from gradcheck.integrations.jax import check_function

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'gradcheck[jax]'")
jax_test_util = pytest.importorskip("jax.test_util", reason="this JAX has no checker")
jnp = jax.numpy

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 4)).astype(np.float32)
W = RNG.standard_normal((4, 3)).astype(np.float32)
SHIPPED: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "relu": (lambda x: jnp.maximum(x, 0), (X,)),
    "gelu": (lambda x: jax.nn.gelu(x, approximate=True), (X,)),
    "softmax": (lambda x: jax.nn.softmax(x, axis=-1), (X,)),
    "logsumexp": (lambda x: jax.nn.logsumexp(x, axis=-1), (X,)),
    "matmul": (lambda x, w: x @ w, (X, W)),
    "broadcast product": (lambda x, b: x * b, (X, W[0, :1])),
}
MUTATED = ("sign", "factor 2", "missing term", "transposed")


def _rebuilt(name: str, mutation: str | None = None) -> Any:
    """A function with the rule that JAX ships for another one, changed or not."""
    shipped, _ = SHIPPED[name]
    function = jax.custom_vjp(shipped)

    def backward(inputs: Any, cotangent: Any) -> Any:
        grads = jax.vjp(shipped, *inputs)[1](cotangent)
        return tuple(grads if mutation is None else MUTATIONS[mutation](grads))

    function.defvjp(lambda *inputs: (shipped(*inputs), inputs), backward)
    return jax.jit(function)


def _theirs(function: Any, inputs: tuple[Any, ...], mode: str = "rev") -> bool:
    try:
        jax_test_util.check_grads(function, inputs, order=1, modes=[mode])
    except AssertionError:
        return False
    return True


def _broken() -> list[tuple[str, str]]:
    pairs = itertools.product(SHIPPED, MUTATED)
    return [
        (name, mutation)
        for name, mutation in pairs
        if MUTATIONS[mutation](SHIPPED[name][1]) is not None  # gradients have the shapes of the inputs
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_rules_are_right(name: str) -> None:
    """For both, in float32 and under ``jit``."""
    inputs = SHIPPED[name][1]
    assert _theirs(_rebuilt(name), inputs)
    assert check_function(_rebuilt(name), inputs).verdict.name == "PASS"


@pytest.mark.parametrize(("name", "mutation"), _broken(), ids=lambda value: value)
def test_broken_rules_are_caught(name: str, mutation: str) -> None:
    """All that JAX's checker rejects is called wrong here."""
    function, inputs = _rebuilt(name, mutation), SHIPPED[name][1]
    assert not _theirs(function, inputs)
    assert check_function(function, inputs).verdict.name == "FAIL"


def test_a_miss_tiny_gradients() -> None:
    """A sign flip of gradients of 1e-8 is below its tolerance; here tolerances are relative."""
    tiny = jax.custom_vjp(lambda x: 1e-8 * x)
    tiny.defvjp(lambda x: (1e-8 * x, None), lambda _, cotangent: (-1e-8 * cotangent,))
    assert _theirs(tiny, (X,))
    assert check_function(tiny, X).verdict.name == "FAIL"


@pytest.mark.parametrize(("entries", "accepted"), [(100, False), (1000, True)])
def test_a_miss_forward_mode(entries: int, accepted: bool) -> None:
    """Its tolerance in float32, 2e-3, is multiplied by the number of outputs: with 1,000 a sign flip passes."""

    @jax.custom_jvp
    def flipped(x: Any) -> Any:
        return jnp.sin(x)

    flipped.defjvp(lambda primals, tangents: (jnp.sin(primals[0]), -jnp.cos(primals[0]) * tangents[0]))
    x = RNG.standard_normal(entries).astype(np.float32)
    assert _theirs(flipped, (x,), "fwd") is accepted
    report = check_function(flipped, x)
    assert {block.name: block.verdict.name for block in report.blocks} == {"x": "FAIL", "x (jvp)": "FAIL"}


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_a_false_alarm_wide_relu_network(mode: str) -> None:
    """Its step, 1e-4 along normal draws for 79,400 parameters, crosses kinks of the loss: right code fails."""
    rng = np.random.default_rng(0)
    weights = {
        "W1": rng.normal(size=(784, 100)) * np.sqrt(2 / 784),
        "W2": rng.normal(size=(100, 10)) * np.sqrt(2 / 100),
    }
    x, labels = rng.normal(size=(64, 784)), np.eye(10)[rng.integers(10, size=64)]

    def loss(weights: Any) -> Any:
        logits = jnp.maximum(x @ weights["W1"], 0) @ weights["W2"]
        return -jnp.mean(jnp.sum(labels * jax.nn.log_softmax(logits), axis=1))

    with jax.enable_x64(True):
        assert not _theirs(loss, (weights,), mode)
    assert check_function(loss, (weights,)).verdict.name == "PASS"
