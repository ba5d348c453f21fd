"""Objectives that return loss and gradient, and estimators that minimise one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import scipy.optimize
from scipy.optimize import minimize

from gradcheck import InvalidArgumentError
from gradcheck.integrations.sklearn import check_estimator, check_objective

Array = npt.NDArray[np.float64]
RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 4))
Y = (X[:, 0] + 0.3 * RNG.standard_normal(40) > 0).astype(float)


class Logistic:
    """A classifier in the style of scikit-learn; ``penalty`` is how much of the penalty's gradient it has."""

    def __init__(self, penalty: float = 1.0, style: str = "minimize") -> None:
        self.penalty, self.style = penalty, style

    def _loss_grad(self, w: Array, X: Array, y: Array) -> tuple[float, Array]:
        z = X @ w[:-1] + w[-1]
        gradient = np.append(X.T @ (1 / (1 + np.exp(-z)) - y), np.sum(1 / (1 + np.exp(-z)) - y))
        gradient[:-1] += self.penalty * w[:-1]
        return float(np.sum(np.logaddexp(0, z) - y * z) + 0.5 * w[:-1] @ w[:-1]), gradient

    def fit(self, X: Array, y: Array) -> Logistic:
        """Minimise, in one of the ways that SciPy offers."""
        start, args = np.full(X.shape[1] + 1, 0.1), (X, y)
        if self.style == "minimize":
            scipy.optimize.minimize(self._loss_grad, start, args, jac=True)
        elif self.style == "imported":
            minimize(self._loss_grad, start, args=args, jac=True)
        elif self.style == "apart":
            minimize(lambda *a: self._loss_grad(*a)[0], start, args, jac=lambda *a: self._loss_grad(*a)[1])
        elif self.style == "fmin":
            scipy.optimize.fmin_l_bfgs_b(self._loss_grad, start, args=args)
        elif self.style == "no gradient":
            minimize(lambda *a: self._loss_grad(*a)[0], start, args)
        return self


@pytest.mark.parametrize("style", ["minimize", "imported", "apart", "fmin"])
def test_estimators(style: str) -> None:
    """The objective is found however it is handed over, and the fit ends there."""
    before = scipy.optimize.minimize
    assert check_estimator(Logistic(style=style), X, Y).verdict.name == "PASS"
    assert check_estimator(Logistic(0.0, style), X, Y).verdict.name == "FAIL"
    assert scipy.optimize.minimize is before


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (Logistic(style="none"), "minimised nothing"),
        (Logistic(style="no gradient"), "without a gradient"),
        (object(), "expected an object with fit"),
    ],
    ids=["nothing", "no gradient", "no fit"],
)
def test_estimators_without_an_objective(estimator: Any, message: str) -> None:
    """The message says what to do."""
    with pytest.raises(InvalidArgumentError, match=message):
        check_estimator(estimator, X, Y)


def test_objectives_with_blocks() -> None:
    """A flat vector's parts are judged apart."""
    wrong = Logistic(0.5)._loss_grad
    blocks = {"weights": (4,), "bias": (1,)}
    report = check_objective(wrong, np.full(5, 0.2), args=(X, Y), blocks=blocks)
    assert [(block.name, block.verdict.name) for block in report.blocks] == [("weights", "FAIL"), ("bias", "PASS")]
    with pytest.raises(InvalidArgumentError, match="hold 4 numbers; expected 5"):
        check_objective(wrong, np.full(5, 0.2), args=(X, Y), blocks={"weights": (4,)})


def test_objectives_of_other_forms() -> None:
    """Losses one by one are summed; no pair, and another size, is no gradient."""
    assert check_objective(lambda w: (w**2, 2 * w), np.ones((2, 3))).verdict.name == "PASS"
    assert check_objective(lambda w: (w @ w, w[:1]), np.ones(3)).verdict.name == "FAIL"
    assert "expected the pair" in check_objective(lambda w: w @ w, np.ones(3)).reason
    with pytest.raises(InvalidArgumentError, match="expected a callable"):
        check_objective(1.0, np.ones(3))
