"""A gradient recovered from update steps: what kind of step it is, how well it is known, whose parameters it moves."""

# ruff: noqa: PLW0108 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check, ref
from gradcheck.problem.structure import StructureMismatchError

RIGHT = [
    "plain",
    "rebind_items",
    "rebind_lists",
    "loose_clip",
    "bounded_weights",
    "small_rates_only",
    "own_rate_only",
]


# step, how it takes its rate, verdict, finding
TABLE = [
    *((name, None, "PASS", None) for name in RIGHT),
    ("samples", None, "PASS", "rate-dependent-step"),
    ("shuffled", None, "PASS", "rate-dependent-step"),
    ("schedule", None, "PASS", "rate-schedule"),
    ("wrong_order", None, "FAIL", "updated-weights-used"),
    ("wrong_order", 1e-6, "FAIL", "updated-weights-used"),
    ("wrong_order", 100.0, "FAIL", "updated-weights-used"),
    ("plain", 1e-6, "PASS", None),
    ("plain", 100.0, "PASS", None),
    ("samples", 1e-6, "PASS", "rate-dependent-step"),
    ("samples", 100.0, "PASS", "rate-dependent-step"),
    ("own", 0.1, "PASS", None),
    ("own_samples", 0.1, "PASS", "rate-dependent-step"),
    ("own_wrong_order", 0.1, "FAIL", "updated-weights-used"),
    ("literal", 0.1, "PASS", None),
    ("literal_wrong_order", 0.1, "FAIL", None),
    ("momentum", None, "INVALID", "stateful-step"),
    ("adam", None, "INVALID", "stateful-step"),
    ("rmsprop", None, "INVALID", "stateful-step"),
    ("projects", None, "INVALID", "stateful-step"),
    ("grows_whatever", None, "INVALID", "stateful-step"),
    ("sign_descent", None, "INVALID", "adaptive-step"),
    ("decay", None, "INVALID", "weight-decay"),
    ("decoupled_decay", None, "INVALID", "weight-decay"),
    ("decay_after", None, "INVALID", "weight-decay"),
    ("accumulate", None, "FAIL", "gradient-accumulated"),
    ("clipped", None, "FAIL", "gradient-clipping"),
    ("uphill", None, "FAIL", None),
    ("nothing", None, "FAIL", None),
    ("raises", None, "FAIL", "crash"),
    ("grows_bias", None, "FAIL", "shape-mismatch"),
    ("other_shape", None, "FAIL", "shape-mismatch"),
]


JUDGEMENTS = {
    "gradient-accumulated",
    "stateful-step",
    "adaptive-step",
    "weight-decay",
    "updated-weights-used",
    "rate-dependent-step",
    "rate-schedule",
}


def _problem(net: Any, name: str, rate: float | None = None, **options: Any) -> Problem:
    return Problem.from_update(net.loss, getattr(net, name), net.params(), rate, **options)


def _recover(problem: Problem) -> tuple[list[Any], tuple[float, ...]]:
    driver = problem.driver
    driver.begin()
    try:
        return driver.gradient(driver.values()), driver.gradient_error()
    finally:
        driver.end()


@pytest.mark.parametrize(("name", "rate", "verdict", "finding"), TABLE, ids=lambda value: str(value))
def test_steps_are_judged_for_what_they_are(
    net: Any, name: str, rate: float | None, verdict: str, finding: str | None
) -> None:
    """Right steps pass, wrong ones fail, those that no gradient can be read off are invalid; all is put back."""
    net.lr = rate or net.lr
    held, content = [*net.W, *net.b], [p.copy() for p in [*net.W, *net.b]]
    lists, attributes = (net.W, net.b), dict(vars(net))
    report = check(_problem(net, name, rate))
    assert report.verdict.name == verdict, report.reason
    found = {f.id for f in report.findings} & JUDGEMENTS
    expected = {finding} & JUDGEMENTS
    assert found == expected
    assert finding is None or report.finding(finding) is not None
    assert (net.W, net.b) == lists
    assert all(a is b for a, b in zip([*net.W, *net.b], held, strict=True))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(held, content, strict=True))
    assert vars(net).keys() == attributes.keys()


@pytest.mark.parametrize("size", [1e-8, 1e8], ids=["tiny", "huge"])
@pytest.mark.parametrize(
    ("name", "verdict"), [("plain", "PASS"), ("samples", "PASS"), ("momentum", "INVALID"), ("wrong_order", "FAIL")]
)
def test_size_of_the_gradient_does_not_matter(make_net: Any, name: str, verdict: str, size: float) -> None:
    """At a rate of 0.1 a loss times 1e8 diverges at once; only the trial steps are small enough."""
    assert check(_problem(make_net(size=size), name)).verdict.name == verdict


@pytest.mark.parametrize("sizes", [(3, 6, 6, 6, 6, 6, 2), (2, 1, 1)], ids=["deep", "one unit"])
@pytest.mark.parametrize("scale", [0.05, 1.0])
@pytest.mark.parametrize(("name", "verdict"), [("plain", "PASS"), ("samples", "PASS"), ("wrong_order", "FAIL")])
def test_depth_and_scale_do_not_matter(make_net: Any, name: str, verdict: str, sizes: Any, scale: float) -> None:
    """Vanishing gradients keep their digits."""
    assert check(_problem(make_net(sizes, scale=scale), name)).verdict.name == verdict


@pytest.mark.parametrize(
    ("name", "verdict"), [("plain", "PASS"), ("samples", "PASS"), ("adam", "INVALID"), ("wrong_order", "FAIL")]
)
def test_low_precision_is_not_wrong(make_net: Any, name: str, verdict: str) -> None:
    """float32 parameters lose far more to the subtraction, and the bound says so."""
    problem = _problem(make_net(dtype=np.float32), name)
    assert check(problem).verdict.name == verdict


def test_low_precision_by_place_is_checked_in_float64(make_net: Any) -> None:
    """A place takes the wider copy."""
    net = make_net(dtype=np.float32)
    report = check(Problem.from_update(net.loss, net.rebind_items, net.refs()))
    assert report.verdict.name == "PASS"
    assert net.W[0].dtype == np.float32


@pytest.mark.parametrize("rate", [None, 1e-6, 100.0])
@pytest.mark.parametrize("name", ["plain", "rebind_lists", "samples"])
def test_cancellation_is_below_1e_8_and_reported(net: Any, name: str, rate: float | None) -> None:
    """Against the code's own gradient."""
    found, errors = _recover(_problem(net, name, rate))
    for claim, true, error in zip(found, net.gradient().values(), errors, strict=True):
        size = np.linalg.norm(true)
        assert np.linalg.norm(claim - true) <= max(error * np.sqrt(true.size), 1e-15 * size)
        assert error * np.sqrt(true.size) <= 1e-8 * size


def test_the_reported_error_is_that_of_the_code_s_own_rate(net: Any) -> None:
    """Where the rate cannot be varied, cancellation is what it is: 1e-16 over the rate."""
    net.X, net.y = 1e-3 * net.X, 1e-3 * net.y
    params = net.params()
    problem = Problem.from_update(net.loss, lambda: net.plain(float("1e-6")), params, 1e-6)
    found, errors = _recover(problem)
    for claim, true, error in zip(found, net.gradient().values(), errors, strict=True):
        assert np.max(np.abs(claim - true)) <= error
        assert error > 1e-12


def test_parameters_that_start_at_zero(net: Any) -> None:
    """Zero less a step is the step, to the last digit."""
    for p in [*net.W, *net.b]:
        p[...] = 0.0
    found, _ = _recover(_problem(net, "plain"))
    for claim, true in zip(found, net.gradient().values(), strict=True):
        np.testing.assert_allclose(claim, true, rtol=1e-15, atol=0.0)


def test_ascent_is_declared_by_its_sign(net: Any) -> None:
    """``+=`` with ``sign=-1`` is right."""
    assert check(_problem(net, "uphill", sign=-1)).verdict.name == "PASS"


def test_sign_of_an_absolute_value_is_no_adaptive_step() -> None:
    """All entries move by one amount because the loss asks for it."""
    w = np.array([1.0, -2.0, 3.0, -4.0, 5.0])

    def step(rate: float) -> None:
        w[...] -= rate * np.sign(w)

    report = check(Problem.from_update(lambda: np.sum(np.abs(w)), step, {"w": w}))
    assert report.verdict.name == "PASS"
    assert report.finding("adaptive-step") is None


def test_amounts_that_differ_elsewhere_are_no_adaptive_step() -> None:
    """All entries are alike here, and not at other parameters."""
    w = np.ones(5)

    def step(rate: float) -> None:
        w[...] -= rate * 2.0 * w

    assert check(Problem.from_update(lambda: np.sum(w**2), step, {"w": w})).verdict.name == "PASS"


def test_a_step_that_is_not_finite_is_reported_as_that() -> None:
    """At no rate."""
    w = np.ones(3)

    def step(rate: float) -> None:
        w[...] = np.nan * rate

    assert check(Problem.from_update(lambda: np.sum(w**2), step, {"w": w})).finding("crash") is not None


@pytest.mark.parametrize("kind", [float, list], ids=["numbers", "lists"])
def test_parameters_of_plain_python(kind: Any) -> None:
    """Floats and lists by their places, rebound and changed in place."""
    line: dict[str, Any] = {"slope": 0.5, "offsets": [0.25, -1.0]}
    xs, ys = [1.0, 2.0, 4.0], [1.0, 3.0, 5.0]

    def residuals() -> list[float]:
        return [
            line["slope"] * x + line["offsets"][0] + line["offsets"][1] ** 2 - y for x, y in zip(xs, ys, strict=True)
        ]

    def step(rate: float) -> None:
        r = residuals()
        total = sum(2.0 * e for e in r)
        line["slope"] = line["slope"] - rate * sum(2.0 * e * x for e, x in zip(r, xs, strict=True))
        gradient = [total, 2.0 * line["offsets"][1] * total]
        if kind is list:
            line["offsets"] = [o - rate * g for o, g in zip(line["offsets"], gradient, strict=True)]
        else:
            for i, g in enumerate(gradient):
                line["offsets"][i] -= rate * g

    offsets = line["offsets"]
    params = {"slope": ref(line, "slope"), "offsets": ref(line, "offsets")}
    assert check(Problem.from_update(lambda: sum(e * e for e in residuals()), step, params)).verdict.name == "PASS"
    assert line == {"slope": 0.5, "offsets": [0.25, -1.0]}
    assert line["offsets"] is offsets


def test_tied_parameters_that_a_step_unties() -> None:
    """Each name's part counts where both are rebound to different arrays; one where they are the same."""
    shared = np.array([1.0, 2.0, 3.0])
    held = {"a": shared, "b": shared}

    def apart(rate: float) -> None:
        a, b = held["a"], held["b"]
        held["a"], held["b"] = a - rate * b**2, b - rate * 2.0 * a * b

    def alike(rate: float) -> None:
        a = held["a"]
        held["a"], held["b"] = a - rate * 3.0 * a**2, a - rate * 3.0 * a**2

    places = {"a": ref(held, "a"), "b": ref(held, "b")}
    for step in (apart, alike):
        problem = Problem.from_update(lambda: np.sum(held["a"] * held["b"] ** 2), step, places)
        assert [block.name for block in problem.blocks] == ["a=b"]
        assert check(problem).verdict.name == "PASS"
        assert held == {"a": shared, "b": shared}
        assert held["a"] is held["b"] is shared


def test_reset_is_called_before_each_step(net: Any) -> None:
    """A dropout mask that ``reset`` draws is the same for loss and step."""

    def reset() -> None:
        net.mask = np.random.default_rng(3).random(net.X.shape) < 0.6

    data = net.X.copy()

    def loss() -> Any:
        net.X = data * net.mask
        return net.loss()

    report = check(Problem.from_update(loss, net.plain, net.params(), reset=reset))
    assert report.verdict.name == "PASS"
    assert not hasattr(net, "mask")


def test_without_begin_a_gradient_can_be_had_too(net: Any) -> None:
    """A driver by itself; the code's own rate cannot be looked for then."""
    before = copy.deepcopy(net.W)
    for name, rate in (("plain", None), ("own", 0.1)):
        found = _problem(net, name, rate).driver.gradient(list(net.params().values()))
        np.testing.assert_allclose(found[0], net.gradient()["W0"], rtol=1e-10)
    assert all(np.array_equal(a, b) for a, b in zip(before, net.W, strict=True))


def test_a_step_into_another_shape_is_a_mismatch(net: Any) -> None:
    """Said with both shapes."""
    driver = _problem(net, "other_shape").driver
    driver.begin()
    with pytest.raises(StructureMismatchError, match=r"W0 from shape \(3, 5\) into \(7, 7\)"):
        driver.gradient(driver.values())
    driver.end()


def test_a_second_check_studies_anew(net: Any) -> None:
    """What the first one found of other code says nothing."""
    problem = _problem(net, "plain")
    assert check(problem).verdict.name == "PASS"
    net.W[0] *= 2.0
    assert check(problem).verdict.name == "PASS"
    np.testing.assert_array_equal(problem.values()[0], net.W[0])


def test_what_a_study_of_steps_has_found_can_be_kept(net: Any) -> None:
    """For the same code at another beginning: its steps are not tried again, and give the same gradient."""
    calls = itertools.count()  # a list would be put back with all other state

    def counted(rate: float) -> None:
        next(calls)
        net.plain(rate)

    problem = Problem.from_update(net.loss, counted, net.params())
    driver = problem.driver
    assert driver.known() is None  # type: ignore[attr-defined]
    first, _ = _recover(problem)
    known, studied = driver.known(), next(calls)  # type: ignore[attr-defined]
    driver.begin()
    driver.know(known)  # type: ignore[attr-defined]
    again = driver.gradient(driver.values())
    driver.end()
    assert next(calls) - studied - 1 == 1 < studied
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_changed_code_has_its_steps_studied_again(net: Any) -> None:
    """What its steps were found to be is forgotten, and found again at the next gradient."""
    driver = _problem(net, "plain").driver
    driver.begin()
    first = driver.gradient(driver.values())
    driver.study_again()  # type: ignore[attr-defined]
    assert driver.known() is None  # type: ignore[attr-defined]
    again = driver.gradient(driver.values())
    driver.end()
    assert driver.known() is not None  # type: ignore[attr-defined]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (0.5, "FAIL")])
def test_a_saturated_layer_whose_rate_is_another_is_read_by_its_own(factor: float, verdict: str) -> None:
    """Where steps are studied the layer does not move at all, so nothing says that the rate put in is not its own."""
    rng = np.random.default_rng(6)
    data, targets = 1000.0 * rng.standard_normal((7, 4)), rng.standard_normal((7, 3))
    net = {"W1": rng.standard_normal((4, 5)), "W2": rng.standard_normal((5, 3))}

    def loss() -> Any:
        return np.sum((np.tanh(data @ net["W1"]) @ net["W2"] - targets) ** 2)

    def step(rate: float) -> None:
        hidden = np.tanh(data @ net["W1"])
        delta = 2.0 * (hidden @ net["W2"] - targets)
        below = data.T @ (delta @ net["W2"].T * (1.0 - hidden**2))
        net["W2"] = net["W2"] - rate * hidden.T @ delta
        net["W1"] = net["W1"] - 0.05 * factor * below

    problem = Problem.from_update(loss, step, {"W1": ref(net, "W1"), "W2": ref(net, "W2")}, 0.05)
    report = check(problem)
    assert report.verdict.name == verdict, report.reason
