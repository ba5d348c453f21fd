"""Low precision: right code never fails, the report says what precision allows, gross errors still show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, check
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.preliminaries import first_point

DTYPES = {"float16": 0.1, "float32": 1e-3, "float64": 1e-6}


def _network(dtype: str, *, inside: str | None = None, factor: float = 1.0, seed: int = 0) -> Problem:
    """3-6-2, tanh, mean square; ``inside`` is what the code casts everything to."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((7, 3)).astype(dtype), rng.standard_normal((7, 2)).astype(dtype)
    params = {"W1": rng.standard_normal((3, 6)), "b1": rng.standard_normal(6), "W2": rng.standard_normal((6, 2)) / 2}

    def cast(a: Any) -> Any:
        return a if inside is None else a.astype(inside)

    def forward(p: Any) -> Any:
        a = np.tanh(cast(X) @ cast(p["W1"]) + cast(p["b1"]))
        return a, a @ cast(p["W2"])

    def loss(p: Any) -> Any:
        return np.mean((forward(p)[1] - cast(y)) ** 2)

    def gradient(p: Any) -> Any:
        a, output = forward(p)
        d = 2.0 * (output - cast(y)) / y.size
        below = factor * (d @ cast(p["W2"]).T) * (1.0 - a**2)
        return {"W1": cast(X).T @ below, "b1": below.sum(axis=0), "W2": a.T @ d}

    return Problem(loss, gradient, {name: value.astype(dtype) for name, value in params.items()})


def _message(report: CheckReport) -> str:
    finding = report.finding("low-precision")
    assert finding is not None
    assert finding.severity.name == "INFO"
    return finding.message


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("dtype", "inside"),
    [
        ("float64", None),
        ("float64", "float32"),
        ("float32", None),
        ("float32", "float32"),
        ("float32", "float64"),
        ("float16", None),
        ("float16", "float32"),
    ],
)
def test_right_code_of_any_precision_never_fails(dtype: str, inside: str | None, seed: int) -> None:
    """Nor is it left undecided in these small networks."""
    report = check(_network(dtype, inside=inside, seed=seed))
    assert report.verdict.name == "PASS", report.reason


@pytest.mark.parametrize("seed", range(5))
def test_right_code_in_half_precision_inside_never_fails(seed: int) -> None:
    """Three digits leave little to compare: a pass or no decision, never an alarm."""
    assert check(_network("float16", inside="float16", seed=seed)).verdict.name in {"PASS", "INCONCLUSIVE"}


@pytest.mark.parametrize("factor", [0.5, -1.0])
@pytest.mark.parametrize(
    ("dtype", "inside"), [("float64", "float32"), ("float32", None), ("float32", "float32"), ("float16", None)]
)
def test_gross_errors_show_in_any_precision(dtype: str, inside: str | None, factor: float) -> None:
    """Half a gradient is far above any round-off here."""
    report = check(_network(dtype, inside=inside, factor=factor))
    assert report.verdict.name == "FAIL"
    assert report.block("W2").verdict.name == "PASS"


def test_a_float64_copy_is_used_where_the_code_accepts_one() -> None:
    """Then errors of 1e-4 show in float32 code too."""
    assert "accepts a float64 copy" in _message(check(_network("float32")))
    assert check(_network("float32", factor=1.0 + 1e-4)).verdict.name == "FAIL"


def test_code_that_computes_in_low_precision_is_called_that() -> None:
    """Whatever it is given: and the tolerance is that of its precision."""
    report = check(_network("float32", inside="float32"))
    assert "computes in low precision whatever it is given" in _message(report)
    assert all(probe.tolerance > 1e-4 for probe in report.probes)


def test_a_cast_inside_is_noticed_behind_float64_parameters() -> None:
    """The numbers are float64 by dtype, and float32 by their bits."""
    report = check(_network("float64", inside="float32"))
    assert report.dtype == "float64"
    assert all(probe.tolerance > 1e-4 for probe in report.probes)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_report_names_the_dtype(dtype: str) -> None:
    """That of the parameters."""
    assert check(_network(dtype)).dtype == dtype


def test_mixed_dtypes_are_listed() -> None:
    """Both."""
    params = {"a": np.ones(2, dtype=np.float32), "b": np.ones(2)}
    report = check(Problem(lambda p: np.sum(p["a"] ** 2) + np.sum(p["b"] ** 2), _double, params))
    assert report.dtype == "float32, float64"
    assert report.verdict.name == "PASS"


def _double(p: Any) -> Any:
    return {name: 2 * value for name, value in p.items()}


def test_extended_precision_is_checked_in_float64() -> None:
    """``np.longdouble`` parameters are no obstacle."""
    w = np.array([0.3, 1.7], dtype=np.longdouble)
    assert check(Problem(lambda w: np.sum(np.sin(w)), np.cos, w)).verdict.name == "PASS"
    assert check(Problem(lambda w: np.sum(np.sin(w)), lambda w: 2 * np.cos(w), w)).verdict.name == "FAIL"


def _refuses_float64(w: Any) -> Any:
    if w.dtype != np.float32:
        raise TypeError("float32 expected")
    return np.sum(np.sin(w))


def _another_function_of_float64(w: Any) -> Any:
    return np.sum(np.sin(w)) * (1.0 if w.dtype == np.float32 else 2.0)


def _gradient_refuses_float64(w: Any) -> Any:
    if w.dtype != np.float32:
        raise TypeError("float32 expected")
    return np.cos(w)


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [
        (_refuses_float64, np.cos),
        (_another_function_of_float64, np.cos),
        (lambda w: np.sum(np.sin(w)), _gradient_refuses_float64),
    ],
    ids=["loss refuses", "loss differs", "gradient refuses"],
)
def test_a_float64_copy_is_not_used_where_the_code_does_not_take_it(
    loss: Callable[[Any], Any], gradient: Callable[[Any], Any]
) -> None:
    """Then the code is checked as it is."""
    w = np.linspace(0.1, 2.0, 6).astype(np.float32)
    report = check(Problem(loss, gradient, w))
    assert "whatever it is given" in _message(report)
    assert report.verdict.name in {"PASS", "INCONCLUSIVE"}


def test_a_loss_of_few_digits_in_float64_is_no_low_precision() -> None:
    """0.5 and 3 fit in 24 bits by nature."""
    w = np.array([1.0, 2.0, 3.0, 4.0])
    report = check(Problem(lambda w: np.sum(w**2) / 2, lambda w: w, w))
    assert all(probe.tolerance < 1e-5 for probe in report.probes)
    assert report.verdict.name == "PASS"


def test_small_errors_in_low_precision_are_left_open_by_differences_alone() -> None:
    """A tenth could be the average slope over kinks that the large steps of float32 cross; another oracle can tell."""
    problem = _network("float64", inside="float32", factor=1.1)
    report = check(problem, config=CheckConfig(oracle="finite-difference"))
    assert report.verdict.name == "INCONCLUSIVE"
    assert "low precision" in report.reason


def test_gross_errors_in_low_precision_fail_by_differences_alone() -> None:
    """The wrong sign is not the average of two right slopes."""
    problem = _network("float64", inside="float32", factor=-1.0)
    assert check(problem, config=CheckConfig(oracle="finite-difference")).verdict.name == "FAIL"


SLOPES: dict[str, tuple[Any, Any]] = {
    "sigmoid": (lambda w: 1 / (1 + np.exp(-w)), lambda w: np.exp(-w) / (1 + np.exp(-w)) ** 2),
    "exp": (np.exp, np.exp),
    "abs": (np.abs, np.sign),
}


@pytest.mark.parametrize("factor", [-1.0, 0.5, 2.0])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", SLOPES)
def test_a_wrong_factor_shows_whatever_direction_is_drawn(name: str, dtype: str, factor: float) -> None:
    """Along a random direction half a gradient may differ by little; along the claim it differs by half."""
    value, slope = SLOPES[name]
    rng = np.random.default_rng(3)
    cotangent = rng.standard_normal(24).astype(dtype)
    verdicts = []
    for seed in range(8):
        w = rng.standard_normal(24).astype(dtype)
        problem = Problem(
            lambda w: np.sum(cotangent * value(w.astype(dtype))),
            lambda w: factor * cotangent * slope(w.astype(dtype)),
            w,
        )
        report = check(problem, rng=seed, config=CheckConfig(oracle="finite-difference", better_point=False))
        verdicts.append(report.verdict.name)
    assert "PASS" not in verdicts
    if dtype == "float32":  # the loss resolves more than what is asked
        assert set(verdicts) == {"FAIL"}


@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", "0.1"), ("float32", "0.001")])
@pytest.mark.parametrize("where", ["gradient", "loss"])
def test_low_precision_of_gradient_or_loss_alone_is_told(dtype: str, tolerance: str, where: str) -> None:
    """Parameters in float64 do not show that the tolerance is another one."""

    def loss(w: Any) -> Any:
        value = np.sum(np.sin(w))
        return value.astype(dtype) if where == "loss" else value

    def gradient(w: Any) -> Any:
        return np.cos(w).astype(dtype) if where == "gradient" else np.cos(w)

    finding = check(Problem(loss, gradient, np.array([0.3, 1.2, -0.7]))).finding("low-precision")
    assert finding is not None
    assert finding.message.startswith(f"The {where} comes in {dtype}")
    assert f"a tolerance of {tolerance}," in finding.message


def test_nothing_is_told_of_precision_where_all_is_float64() -> None:
    """The usual case."""
    report = check(Problem(lambda w: np.sum(np.sin(w)), np.cos, np.array([0.3, 1.2, -0.7])))
    assert report.finding("low-precision") is None


@pytest.mark.parametrize(
    ("numbers", "precision"),
    [
        ([np.float32(0.1), np.float32(0.7), np.float32(1.3)], "float32"),
        ([np.float32(0.1), np.float32(0.7)], "float64"),
        ([np.float32(0.1), np.float32(0.7), 1.3], "float64"),
        ([0.5, 3.0, 0.625], "float64"),
        ([0.1, 0.7, 1.3], "float64"),
    ],
    ids=["three of float32", "two are few", "one is longer", "short ones", "float64"],
)
def test_numbers_of_float32_are_known_in_float64(numbers: list[Any], precision: str) -> None:
    """Three losses that all fit in 24 bits of mantissa, and not all in 12, are float32 whatever their type says."""
    told = iter([float(number) for number in numbers])
    evaluator = Evaluator(Problem(lambda _: next(told), np.cos, np.ones(2)))
    for _ in numbers:
        evaluator.loss(evaluator.start())
    assert evaluator.loss_precision == precision


def test_hidden_precision_is_looked_for_close_by() -> None:
    """A loss that exists near its parameters alone is known for what it computes in."""
    given = np.array([0.3, -0.8, 1.1])
    asked: list[float] = []

    def loss(w: Any) -> float:
        asked.append(float(np.max(np.abs(w / given - 1.0))))
        return float(np.sum(np.sin(w.astype(np.float32))))

    evaluator = Evaluator(Problem(loss, np.cos, given))
    first_point(evaluator)
    assert evaluator.loss_precision == "float32"
    assert 0.0 < max(asked) < 0.01


SHORT_NUMBERS = np.array([0.5, 1.0, -1.5])
WEIGHTS = np.array([0.5, 1.25, 3.0])


@pytest.mark.parametrize(
    ("loss", "gradient", "start"),
    [
        (lambda w: float(np.sum(w * w)), lambda w: 2.0 * w, SHORT_NUMBERS),
        (lambda w: float(np.sum((w - 0.75) ** 2)), lambda w: 2.0 * (w - 0.75), np.zeros(4)),
        (lambda w: float(WEIGHTS @ w), lambda w: WEIGHTS * np.ones_like(w), SHORT_NUMBERS),
    ],
    ids=["quarters", "from zero", "the same everywhere"],
)
def test_short_numbers_do_not_loosen_the_tolerance(loss: Any, gradient: Any, start: Any) -> None:
    """Gradients of quarters and halves fit in a float32 whatever they were computed in: they are held to float64's."""
    assert check(Problem(loss, gradient, start)).verdict.name == "PASS"
    off = Problem(loss, lambda w: gradient(w) * (1.0 + 2.0**-12), start)
    report = check(off, config=CheckConfig(better_point=False))
    assert report.verdict.name == "FAIL"
    assert report.finding("low-precision") is None


@pytest.mark.parametrize("start", [SHORT_NUMBERS, np.array([0.3, 1.2, -0.7])])
def test_a_gradient_in_hidden_float32_keeps_its_tolerance(start: Any) -> None:
    """Right code that casts to float32 and back passes, and the tolerance it was held to is told."""
    given = Problem(lambda w: np.sum(np.sin(w)), lambda w: np.cos(w.astype(np.float32)).astype(float), start)
    report = check(given)
    assert report.verdict.name == "PASS"
    assert "float32" in str(report.finding("low-precision"))


def test_a_gradient_that_cannot_be_had_beside_its_parameters_keeps_what_its_numbers_show() -> None:
    """Nothing is known of other places: the point as given decides."""

    def gradient(w: Any) -> Any:
        if not np.array_equal(w, SHORT_NUMBERS):
            raise ValueError
        return np.cos(w.astype(np.float32)).astype(float)

    evaluator = Evaluator(Problem(lambda w: np.sum(np.sin(w)), gradient, SHORT_NUMBERS))
    assert first_point(evaluator).claim.precision == "float32"
