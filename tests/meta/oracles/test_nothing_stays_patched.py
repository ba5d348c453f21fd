"""A traced run leaves NumPy, autograd, the user's functions and the user's objects as they were."""

from __future__ import annotations

import math
from typing import Any

import autograd
import autograd.numpy
import autograd.tracer
import numpy as np
import pytest
from autograd.numpy.numpy_boxes import ArrayBox

from gradcheck.oracles.autodiff import true_gradient
from gradcheck.problem import OracleUnavailableError, Problem


class Net:
    """Stores what it computes, keeps a view, counts its calls."""

    scale = 2.0

    def __init__(self) -> None:
        rng = np.random.default_rng(3)
        self.W = rng.standard_normal((2, 3))
        self.transposed = self.W.T
        self.cache: dict[str, Any] = {"z": None}
        self.history: list[Any] = []

    def loss(self) -> Any:
        """Rebinds attributes, fills arrays, leaves NumPy by float() and math."""
        self.z = np.zeros((2, 2))
        self.z[0] = np.dot(self.W, self.transposed)[0]
        self.cache["z"] = self.z
        self.history.append(float(self.z.sum()))
        return math.exp(-self.z.sum()) * self.scale + fail_if_asked(self)


def fail_if_asked(net: Net) -> float:
    """A failure in the middle of the loss."""
    if getattr(net, "fails", False):
        raise RuntimeError("asked to fail")
    return 0.0


def snapshot() -> dict[str, Any]:
    """What a careless tracer would change."""
    found: dict[str, Any] = {}
    for label, space in (("np", np), ("math", math), ("anp", autograd.numpy), ("box", ArrayBox), ("net", Net)):
        found |= {f"{label}.{name}": id(value) for name, value in list(vars(space).items())}
    found["types"] = dict(autograd.tracer.Box.type_mappings), set(autograd.tracer.Box.types)
    found["globals"] = {name: id(value) for name, value in globals().items()}
    found["codes"] = [function.__code__ for function in (Net.loss, Net.__init__, fail_if_asked, snapshot)]
    return found


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_as_before(fails: bool) -> None:
    """Namespaces, code objects, registries and objects, by identity; arrays bit for bit."""
    net = Net()
    if fails:
        net.fails = True  # type: ignore[attr-defined]
    problem = Problem.live(net.loss, lambda: None, {"W": net.W})
    true_gradient(Problem(np.sum, np.sum, np.ones(2)).driver, [np.ones(2)])  # what is imported on first use
    state, weight, content = dict(vars(net)), net.W, net.W.copy()
    before = snapshot()
    if fails:
        with pytest.raises(OracleUnavailableError, match="RuntimeError: asked to fail"):
            true_gradient(problem.driver, problem.values())
    else:
        true_gradient(problem.driver, problem.values())
    assert snapshot() == before
    assert list(vars(net)) == list(state)
    assert all(vars(net)[name] is value for name, value in state.items())
    assert net.W is weight
    assert net.transposed.base is weight
    assert net.W.tobytes() == content.tobytes()
    assert net.cache == {"z": None}
    assert net.history == []


def test_autograd_in_the_same_process_is_not_disturbed() -> None:
    """Code that uses autograd itself can be traced, and autograd still works on it."""

    def loss(w: Any) -> Any:
        return autograd.numpy.sum(autograd.numpy.tanh(w) ** 2)

    point = np.array([0.3, -0.7])
    problem = Problem(loss, lambda w: w, point)
    (traced,) = true_gradient(problem.driver, problem.values())
    np.testing.assert_allclose(autograd.grad(loss)(point), traced, rtol=1e-12)
