"""Beside ``autograd.test_util.check_grads``: what it catches is caught, and a recorded miss is none here."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd.core import primitive_vjps
from autograd.extend import defvjp, primitive
from autograd.scipy import special
from autograd.test_util import check_grads
from peer_tables.mutations import MUTATIONS

from gradcheck.integrations.autograd import check_function

RNG = np.random.default_rng(0)
SQUARE = RNG.uniform(0.5, 1.5, (3, 3)) + 2.0 * np.eye(3)
# Primitives whose rules autograd registers, and inputs.
SHIPPED: dict[str, tuple[Any, tuple[Any, ...]]] = {
    **{
        name: (getattr(anp, name), (SQUARE,))
        for name in ("tanh", "exp", "log", "sqrt", "sin", "square", "reciprocal", "cumsum", "sum", "prod", "transpose")
    },
    **{name: (getattr(special, name), (SQUARE,)) for name in ("gammaln", "expit", "erf", "j0", "logsumexp")},
    "inv": (anp.linalg.inv, (SQUARE,)),
    "det": (anp.linalg.det, (SQUARE,)),
    "matmul": (anp.matmul, (SQUARE, RNG.standard_normal((3, 2)))),
    "multiply, broadcast": (anp.multiply, (SQUARE, RNG.standard_normal(3))),
    "divide, broadcast": (anp.divide, (SQUARE, RNG.uniform(1.0, 2.0, 3))),
    "solve": (anp.linalg.solve, (SQUARE, RNG.standard_normal((3, 2)))),
    "logaddexp": (anp.logaddexp, (SQUARE, RNG.standard_normal((3, 3)))),
}


def _identity(grads: Any) -> Any:
    return grads


def _rebuilt(name: str, change: Callable[[Any], Any] = _identity) -> Any:
    """A primitive of its own with the registered rule of another one, changed or not."""
    shipped, inputs = SHIPPED[name]
    rule = primitive_vjps[shipped]
    argnums = tuple(range(len(inputs)))
    again = primitive(shipped.fun)

    def partial(place: int) -> Any:
        def make(answer: Any, *args: Any) -> Any:
            return lambda cotangent: change(rule(argnums, answer, args, {})(cotangent))[place]

        return make

    defvjp(again, *(partial(place) for place in argnums), argnums=argnums)
    return again


def _theirs(function: Any, inputs: tuple[Any, ...]) -> bool:
    np.random.seed(0)  # noqa: NPY002 - it draws from the global generator
    try:
        check_grads(function, argnum=tuple(range(len(inputs))), modes=["rev"], order=1)(*inputs)
    except AssertionError:
        return False
    return True


def _broken() -> list[tuple[str, str]]:
    """Pairs of a rule and a mutation that changes what it returns."""
    pairs = []
    for (name, (shipped, inputs)), mutation in itertools.product(SHIPPED.items(), MUTATIONS):
        answer = shipped(*inputs)
        rule = primitive_vjps[shipped](tuple(range(len(inputs))), answer, inputs, {})
        grads = [np.asarray(grad) for grad in rule(np.ones_like(answer))]
        changed = MUTATIONS[mutation](grads)
        if changed is not None and not all(np.allclose(a, b) for a, b in zip(changed, grads, strict=True)):
            pairs.append((name, mutation))
    return pairs


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_rules_are_right(name: str) -> None:
    """For both."""
    inputs = SHIPPED[name][1]
    assert _theirs(_rebuilt(name), inputs)
    assert check_function(_rebuilt(name), inputs).verdict.name == "PASS"


@pytest.mark.parametrize(("name", "mutation"), _broken(), ids=lambda value: value)
def test_broken_rules_are_caught(name: str, mutation: str) -> None:
    """All of them here, those that autograd's checker rejects among them."""
    inputs = SHIPPED[name][1]
    report = check_function(_rebuilt(name, MUTATIONS[mutation]), inputs)
    assert report.verdict.name == "FAIL"


def test_theirs_catches_most_of_them() -> None:
    """The mutations are no straw men: its one fixed direction and its tolerance find nearly all."""
    caught = [_theirs(_rebuilt(name, MUTATIONS[mutation]), SHIPPED[name][1]) for name, mutation in _broken()]
    assert caught.count(False) > 0.9 * len(caught) > 100


def test_a_miss_tiny_gradients() -> None:
    """A sign flip of gradients of 1e-8 is below its absolute tolerance; here tolerances are relative."""
    tiny = primitive(lambda x: 1e-8 * x)
    defvjp(tiny, lambda answer, x: lambda cotangent: -1e-8 * cotangent)  # noqa: ARG005 - autograd's signature
    assert _theirs(tiny, (np.ones(5),))
    assert check_function(tiny, np.ones(5)).verdict.name == "FAIL"


def test_a_false_alarm_single_precision() -> None:
    """Right float32 code fails there and passes here."""
    x = RNG.standard_normal((4, 3)).astype(np.float32)
    function = lambda x: anp.sum(anp.tanh(x**2))  # noqa: E731
    assert not _theirs(function, (x,))
    assert check_function(function, x).verdict.name == "PASS"
