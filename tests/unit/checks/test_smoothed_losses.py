"""Losses with a small constant beside their logarithm: right gradients pass with ``loss-epsilon``, saturated or not."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, check
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.explanations import smoothing_finding
from gradcheck.checks.probing import probe
from gradcheck.checks.sources import smallest_logarithm
from gradcheck.problem import Hints

EPSILON = 1e-8

_rng = np.random.default_rng(0)
X = _rng.standard_normal((12, 3))
Y = (_rng.random((12, 1)) < 0.5).astype(float)


def _sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def _literal(a: Any) -> Any:
    return -np.mean(Y * np.log(a + 1e-8) + (1.0 - Y) * np.log(1.0 - a + 1e-8))


def _global(a: Any) -> Any:
    return -np.mean(Y * np.log(a + EPSILON) + (1.0 - Y) * np.log(1.0 - a + EPSILON))


def _default(a: Any, eps: float = 1e-8) -> Any:
    return -np.mean(Y * np.log(a + eps) + (1.0 - Y) * np.log(1.0 - a + eps))


def _keyword(a: Any, *, eps: float = 1e-8) -> Any:
    return -np.mean(Y * np.log(a + eps) + (1.0 - Y) * np.log(1.0 - a + eps))


def _clip(a: Any) -> Any:
    a = np.clip(a, 1e-7, 1.0 - 1e-7)
    return -np.mean(Y * np.log(a) + (1.0 - Y) * np.log(1.0 - a))


class _Attribute:
    """The constant as an attribute of an object."""

    def __init__(self) -> None:
        self.eps = 1e-8

    def __call__(self, a: Any) -> Any:
        """The loss."""
        return -np.mean(Y * np.log(a + self.eps) + (1.0 - Y) * np.log(1.0 - a + self.eps))


LOSSES: dict[str, Callable[[Any], Any]] = {
    "literal": _literal,
    "global": _global,
    "default": _default,
    "keyword default": _keyword,
    "attribute": _Attribute(),
    "clip": _clip,
}
NAMED = [name for name in LOSSES if name != "attribute"]


def _problem(name: str, scale: float, wrong: str = "") -> Problem:
    """3-5-1, tanh and sigmoid, cross-entropy; the gradient leaves the constant out."""
    value = LOSSES[name]
    rng = np.random.default_rng(1)
    params = {
        "W1": rng.standard_normal((3, 5)),
        "b1": 0.1 * rng.standard_normal(5),
        "W2": scale * rng.standard_normal((5, 1)),
        "b2": np.zeros(1),
    }

    def loss(p: Any) -> Any:
        return value(_sigmoid(np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]))

    def gradient(p: Any) -> Any:
        a1 = np.tanh(X @ p["W1"] + p["b1"])
        a2 = _sigmoid(a1 @ p["W2"] + p["b2"])
        d2 = (a2 - Y) / len(Y)
        if wrong == "delta":
            d2 = d2 * a2 * (1.0 - a2)
        if wrong == "half":
            d2 = 0.5 * d2
        d1 = d2 @ p["W2"].T * (1.0 if wrong == "hidden" else 1.0 - a1**2)
        return {"W1": X.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}

    return Problem(loss, gradient, params)


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("scale", [0.1, 20.0], ids=["unsaturated", "saturated"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_right_gradient_passes(name: str, scale: float, oracle: Any) -> None:
    """Wherever the constant is written, and however far outputs saturate."""
    report = check(_problem(name, scale), config=CheckConfig(oracle=oracle))
    assert report.verdict.name == "PASS", report.reason


@pytest.mark.parametrize("name", LOSSES)
def test_a_saturated_loss_passes_with_the_finding(name: str) -> None:
    """A reader learns why the numbers differ there, and that it was judged elsewhere."""
    report = check(_problem(name, 20.0))
    finding = report.finding("loss-epsilon")
    assert finding is not None
    assert finding.severity.name == "WARNING"


@pytest.mark.parametrize("name", NAMED)
def test_an_unsaturated_loss_passes_with_a_note(name: str) -> None:
    """Nothing differs here; the note says where it would."""
    finding = check(_problem(name, 0.1)).finding("loss-epsilon")
    assert finding is not None
    assert finding.severity.name == "INFO"
    assert ("1e-07" if name == "clip" else "1e-08") in finding.message


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("scale", [0.1, 20.0], ids=["unsaturated", "saturated"])
@pytest.mark.parametrize("name", ["literal", "global", "clip"])
@pytest.mark.parametrize("wrong", ["delta", "half", "hidden"])
def test_a_wrong_gradient_of_the_same_loss_fails(wrong: str, name: str, scale: float, oracle: Any) -> None:
    """The constant excuses what it explains, and nothing else."""
    report = check(_problem(name, scale, wrong), config=CheckConfig(oracle=oracle))
    assert report.verdict.name == "FAIL", report.reason


def _cross_entropy(wrong: float = 1.0, scale: float = 1.0) -> Problem:
    """Softmax regression with integer labels and ``log(p + eps)``: one matrix and no bias."""
    labels = np.random.default_rng(3).integers(4, size=12)
    W = scale * np.random.default_rng(4).standard_normal((3, 4))

    def softmax(W: Any) -> Any:
        z = X @ W
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def gradient(W: Any) -> Any:
        p = softmax(W)
        p[np.arange(12), labels] -= 1.0
        return wrong * X.T @ p / 12

    return Problem(lambda W: -np.mean(np.log(softmax(W)[np.arange(12), labels] + 1e-8)), gradient, W)


@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize(("wrong", "verdict"), [(1.0, "PASS"), (0.9, "FAIL"), (12.0, "FAIL")])
def test_cross_entropy_with_one_matrix(wrong: float, verdict: str, scale: float) -> None:
    """The matrix that saturates the output is the only one."""
    report: CheckReport = check(_cross_entropy(wrong, scale))
    assert report.verdict.name == verdict, report.reason


def test_a_loss_without_a_logarithm_gets_no_such_excuse() -> None:
    """A gradient that is wrong by 1e-5 in saturation only is wrong."""
    w = np.array([3.0, 4.0])
    report = check(Problem(lambda w: np.sum(np.tanh(w)), lambda w: 1.0 - np.tanh(w) ** 2 + 1e-5, w))
    assert report.verdict.name == "FAIL"
    assert report.finding("loss-epsilon") is None


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("seed", range(12))
def test_logistic_regression_saturated_beyond_all_measure_passes(seed: int, oracle: Any) -> None:
    """Differences see nothing of samples that are wrong for sure; in some of these the bias is right by chance."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((9, 3)), (rng.random((9, 1)) < 0.5).astype(float)

    def output(p: Any) -> Any:
        return _sigmoid(np.clip(X @ p["W"] + p["b"], -500, 500))

    def loss(p: Any) -> Any:
        a = output(p)
        return -np.mean(y * np.log(a + 1e-8) + (1.0 - y) * np.log(1.0 - a + 1e-8))

    def gradient(p: Any) -> Any:
        d = (output(p) - y) / len(y)
        return {"W": X.T @ d, "b": d.sum(axis=0)}

    params = {"W": 300.0 * rng.standard_normal((3, 1)), "b": np.zeros(1)}
    report = check(Problem(loss, gradient, params), config=CheckConfig(oracle=oracle))
    assert report.verdict.name == "PASS", report.reason
    assert report.finding("loss-epsilon") is not None


@pytest.mark.parametrize(
    ("offset", "wrong", "verdict"),
    [
        (1e6, "", "INCONCLUSIVE"),
        (1e6, "half", "FAIL"),
        (1e6, "delta", "FAIL"),
        (1e8, "", "INCONCLUSIVE"),
        # what halving the output weights would show is lost in the noise, so that a constant is not ruled out
        (1e8, "half", "INCONCLUSIVE"),
        (1e8, "delta", "INCONCLUSIVE"),
    ],
)
def test_noise_that_hides_the_constant_is_no_disagreement(
    offset: float, wrong: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Differences show the constant where outputs saturate, and cannot tell where they do not: that is left open."""
    monkeypatch.setitem(LOSSES, "far from zero", lambda a: _literal(a) + offset)
    report = check(_problem("far from zero", 20.0, wrong), config=CheckConfig(oracle="finite-difference"))
    assert report.verdict.name == verdict, report.reason
    assert verdict == "FAIL" or "too noisy for differences to say" in report.reason


def _far_inputs(wrong: str = "", seed: int = 0) -> Problem:
    """3-5-1 with inputs some thousand times too large: saturated at weights of unit scale too."""
    rng = np.random.default_rng(seed)
    inputs = 3000.0 * rng.standard_normal((12, 3))
    params = {
        "W1": rng.standard_normal((3, 5)),
        "b1": rng.standard_normal(5),
        "W2": rng.standard_normal((5, 1)),
        "b2": np.zeros(1),
    }

    def hidden(p: Any) -> Any:
        return np.maximum(inputs @ p["W1"] + p["b1"], 0.0)

    def output(p: Any) -> Any:
        return _sigmoid(np.clip(hidden(p) @ p["W2"] + p["b2"], -500, 500))

    def loss(p: Any) -> Any:
        a = output(p)
        return -np.mean(Y * np.log(a + 1e-8) + (1.0 - Y) * np.log(1.0 - a + 1e-8))

    def gradient(p: Any) -> Any:
        a1, d2 = hidden(p), (output(p) - Y) / len(Y)
        d2 = 2.0 * d2 if wrong == "doubled" else d2
        d1 = d2 @ p["W2"].T * (1.0 if wrong == "mask" else a1 > 0)
        return {"W1": inputs.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}

    return Problem(loss, gradient, params)


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("seed", range(4))
def test_inputs_far_too_large_pass_where_outputs_are_made_small(seed: int, oracle: Any) -> None:
    """Output weights are halved until probabilities are ordinary; a right gradient never fails on the way."""
    report = check(_far_inputs(seed=seed), config=CheckConfig(oracle=oracle))
    assert report.verdict.name in ({"PASS"} if oracle == "auto" else {"PASS", "INCONCLUSIVE"}), report.reason


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("wrong", ["doubled", "mask"])
def test_inputs_far_too_large_excuse_nothing_else(wrong: str, oracle: Any) -> None:
    """A wrong factor and a missing mask stay wrong however small the outputs are."""
    assert check(_far_inputs(wrong), config=CheckConfig(oracle=oracle)).verdict.name != "PASS"


def _vector_model(factor: float, limit: float = np.inf) -> Problem:
    """Logistic regression with a vector of weights, saturated: no matrix, so no output layer to tell."""
    w = 30.0 * np.random.default_rng(1).standard_normal(12)
    inputs, labels = np.random.default_rng(2).standard_normal((20, 12)), np.random.default_rng(3).integers(2, size=20)

    def output(w: Any) -> Any:
        if np.linalg.norm(w - CENTRES[0]) > limit:
            raise ValueError("too far")
        return _sigmoid(inputs @ w)

    CENTRES[0] = w

    def loss(w: Any) -> Any:
        a = output(w)
        return -np.mean(labels * np.log(a + 1e-8) + (1 - labels) * np.log(1.0 - a + 1e-8))

    return Problem(loss, lambda w: factor * inputs.T @ (output(w) - labels) / 20, w)


CENTRES: list[Any] = [None]


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (0.5, "FAIL")])
def test_weights_in_a_vector(factor: float, verdict: str, oracle: Any) -> None:
    """All of them are made smaller together."""
    assert check(_vector_model(factor), config=CheckConfig(oracle=oracle)).verdict.name == verdict


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
def test_a_loss_that_takes_no_other_weights_gets_no_excuse(oracle: Any) -> None:
    """Where no unsaturated point can be evaluated the numbers at hand decide."""
    report = check(_vector_model(1.0, limit=10.0), config=CheckConfig(oracle=oracle))
    assert report.verdict.name in {"FAIL", "INCONCLUSIVE"}


def test_fresh_points_without_a_difference_excuse_nothing() -> None:
    """The loss can be evaluated there, and nowhere beside it: agreement is not shown."""
    centre = 30.0 * np.random.default_rng(1).standard_normal(12)
    inputs, labels = np.random.default_rng(2).standard_normal((20, 12)), np.random.default_rng(3).integers(2, size=20)
    usable = itertools.cycle([True, False])  # at a new point, and not at the first step from it

    def loss(w: Any) -> Any:
        if np.linalg.norm(w - centre) > 10.0 and not next(usable):
            raise ValueError("not here")
        a = _sigmoid(inputs @ w)
        return -np.mean(labels * np.log(a + 1e-8) + (1 - labels) * np.log(1.0 - a + 1e-8))

    problem = Problem(loss, lambda w: inputs.T @ (_sigmoid(inputs @ w) - labels) / 20, centre)
    report = check(problem, config=CheckConfig(oracle="finite-difference", better_point=False))
    assert report.verdict.name in {"FAIL", "INCONCLUSIVE"}


@pytest.mark.parametrize(
    ("smoothing", "told"), [((), "a small constant beside its logarithm t"), ((1e-8, 1e-12), "(1e-08, 1e-12)")]
)
def test_the_finding_names_the_constants_that_were_found(smoothing: tuple[float, ...], told: str) -> None:
    """None where the code shows a logarithm of a sum, and the number beside it could not be read."""
    assert told in smoothing_finding(Hints(logarithm=True, smoothing=smoothing), ()).message


def test_differences_too_coarse_to_tell_layers_apart_do_not_decide_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """A residual below its own error says nothing of a layer: the search for unsaturated points goes on."""
    coarse: Callable[..., Any] = lambda *_: lambda _: (0.0, 1e6)  # noqa: E731
    monkeypatch.setattr("gradcheck.checks.saturation.FiniteDifference", coarse)
    monkeypatch.setattr("gradcheck.checks.saturation.FEW", 1)
    report = check(_problem("literal", 20.0), config=CheckConfig(oracle="finite-difference"))
    assert report.verdict.name == "PASS"
    assert report.finding("loss-epsilon") is not None


def test_errors_that_cancel_in_a_bias_do_not_hide_the_output_layer() -> None:
    """Samples that are wrong for sure cancel in the claimed bias gradient: next to that any residual looks large."""
    rng = np.random.default_rng(1281)
    for options in (2, 4, 4, 4):
        rng.choice(options)
    inputs, labels = 100.0 * rng.standard_normal((6, 3)), np.eye(2)[rng.integers(2, size=6)]
    params = {
        "W1": 10.0 * rng.standard_normal((3, 4)),
        "b1": 0.1 * rng.standard_normal(4),
        "W2": 10.0 * rng.standard_normal((4, 2)),
        "b2": np.zeros(2),
    }

    def forward(p: Any) -> tuple[Any, Any]:
        a1 = np.tanh(inputs @ p["W1"] + p["b1"])
        z = a1 @ p["W2"] + p["b2"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return a1, e / e.sum(axis=1, keepdims=True)

    def gradient(p: Any) -> Any:
        a1, a2 = forward(p)
        d2 = (a2 - labels) / 6
        d1 = d2 @ p["W2"].T * (1.0 - a1**2)
        return {"W1": inputs.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}

    assert np.linalg.norm(gradient(params)["b2"]) < 1e-6
    report = check(Problem(lambda p: -np.sum(labels * np.log(forward(p)[1] + 1e-8)) / 6, gradient, params))
    assert report.verdict.name == "PASS", report.reason


def test_without_a_shorter_step_a_long_one_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the loss cannot be evaluated nearer, what the long step shows is left open."""
    monkeypatch.setitem(LOSSES, "far from zero", lambda a: _literal(a) + 1e6)

    def nothing(*args: Any, **options: Any) -> Any:
        return dataclasses.replace(probe(*args, **options), differences=())

    monkeypatch.setattr("gradcheck.checks.saturation.probe", nothing)
    report = check(_problem("far from zero", 20.0, "half"), config=CheckConfig(oracle="finite-difference"))
    assert report.verdict.name == "INCONCLUSIVE", report.reason


def test_logarithms_of_code_that_cannot_be_recorded_are_not_known() -> None:
    """A loss that turns its parameters into plain floats leaves no trace; one that does not gives the smallest."""
    plain = Problem(lambda w: sum(np.log(float(str(x))) for x in w), lambda w: 1.0 / w, np.array([2.0, 3.0]))
    traced = Problem(lambda w: np.sum(np.log(w)), lambda w: 1.0 / w, np.array([2.0, 3.0]))
    found = []
    for problem in (plain, traced):
        evaluator = Evaluator(problem)
        found.append(smallest_logarithm(evaluator, evaluator.point("as given", evaluator.start())))
    assert found[0] is None
    assert found[1] == pytest.approx(2.0)
