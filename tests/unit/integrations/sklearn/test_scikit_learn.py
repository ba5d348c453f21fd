"""scikit-learn's own estimators, and one of them broken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck.integrations.sklearn import check_estimator

REASON = "scikit-learn is not installed: pip install 'gradcheck[sklearn]'"
linear_model = pytest.importorskip("sklearn.linear_model", reason=REASON)
neural_network = pytest.importorskip("sklearn.neural_network", reason=REASON)

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 4))
Y = (X[:, 0] + 0.3 * RNG.standard_normal(40) > 0).astype(float)


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_perceptrons(activation: str) -> None:
    """A block for each layer's weights and biases."""
    estimator = neural_network.MLPClassifier((5, 4), activation=activation, solver="lbfgs", random_state=0)
    report = check_estimator(estimator, X, Y)
    assert report.verdict.name == "PASS"
    assert [block.name for block in report.blocks] == [
        *("coefs[0]", "coefs[1]", "coefs[2]", "intercepts[0]", "intercepts[1]", "intercepts[2]")
    ]


def test_a_broken_perceptron() -> None:
    """Half of one bias gradient."""

    class Broken(neural_network.MLPRegressor):  # type: ignore[misc,name-defined]
        def _backprop(self, *args: Any, **kwargs: Any) -> Any:
            loss, coefs, intercepts = super()._backprop(*args, **kwargs)
            return loss, coefs, [0.5 * intercepts[0], *intercepts[1:]]

    report = check_estimator(Broken(hidden_layer_sizes=(5,), solver="lbfgs", random_state=0), X, Y)
    assert [block.name for block in report.blocks if block.verdict.name == "FAIL"] == ["intercepts[0]"]


def test_linear_models() -> None:
    """Those that minimise with a gradient."""
    for name in ("LogisticRegression", "HuberRegressor", "PoissonRegressor"):
        assert check_estimator(getattr(linear_model, name)(), X, Y).verdict.name == "PASS", name
