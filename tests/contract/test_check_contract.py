"""``check`` and ``assert_gradients`` as their callers rely on them: arguments, report, JSON, seeds, side effects."""

from __future__ import annotations

import enum
import itertools
import json
import math
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import CheckConfig, CheckReport, GradientMismatchError, InvalidArgumentError, Problem

CHECK_KEYS = {
    "schema",
    "verdict",
    "reason",
    "blocks",
    "evaluations",
    "power",
    "findings",
    "dtype",
    "oracle",
    "file",
    "interface",
}
BLOCK_KEYS = {"name", "shape", "verdict", "relative_error", "error_bound", "ratio", "cosine", "worst"}

_data = np.random.default_rng(7)
X, Y = _data.standard_normal((6, 3)), _data.standard_normal((6, 2))
PARAMS = {"W": _data.standard_normal((3, 2)), "b": _data.standard_normal(2)}


def _loss(p: Any) -> Any:
    return np.mean((np.tanh(X @ p["W"] + p["b"]) - Y) ** 2)


def _gradient(p: Any) -> Any:
    a = np.tanh(X @ p["W"] + p["b"])
    d = 2.0 * (a - Y) / Y.size * (1.0 - a**2)
    return {"W": X.T @ d, "b": d.sum(axis=0)}


def _half_weights(p: Any) -> Any:
    g = _gradient(p)
    return {"W": 0.5 * g["W"], "b": g["b"]}


def _one_entry_wrong(p: Any) -> Any:
    g = _gradient(p)
    g["W"][2, 1] += 0.3
    g["W"][0, 0] += 0.1
    return g


def _none(_: Any) -> Any:
    return None


def _invalid_loss(_: Any) -> float:
    return float("nan")


def _noisy_loss(p: Any) -> Any:
    """Noise of a fixed seed by the bits of the parameters: reproducible, and no derivative can be read off it."""
    seed = int(np.abs(p["W"]).sum() * 1e12) % 2**32
    return _loss(p) + 1e-2 * np.random.default_rng(seed).standard_normal()


def _right() -> Problem:
    return Problem(_loss, _gradient, PARAMS)


def _wrong() -> Problem:
    return Problem(_loss, _half_weights, PARAMS)


REPORTS = {
    "PASS": (_loss, _gradient),
    "FAIL": (_loss, _half_weights),
    "INVALID": (_invalid_loss, _gradient),
    "INCONCLUSIVE": (_noisy_loss, _gradient),
}


# ---------------------------------------------------------------------------------------------------- the report


@pytest.mark.parametrize("name", REPORTS)
def test_every_verdict_comes_with_a_sentence(name: str) -> None:
    """The verdict is an enum member of that name, its value and the reason are words for the reader."""
    report = gradcheck.check(Problem(*REPORTS[name], PARAMS))
    assert isinstance(report.verdict, enum.Enum)
    assert report.verdict.name == name
    assert " " in report.verdict.value
    assert len(report.reason) > 10


def test_blocks_keep_the_order_names_and_shapes_of_the_parameters() -> None:
    """A reader finds each array of his own by its name."""
    report = gradcheck.check(_wrong())
    assert [(block.name, block.shape) for block in report.blocks] == [("W", (3, 2)), ("b", (2,))]


def test_a_failing_block_says_how_far_off_it_is() -> None:
    """Half a gradient: relative error 0.5, ratio 0.5, cosine 1, and the bound far below the error."""
    block = gradcheck.check(_wrong()).block("W")
    assert block.verdict.name == "FAIL"
    assert block.relative_error == pytest.approx(0.5, abs=1e-6)
    assert block.ratio == pytest.approx(0.5, abs=1e-6)
    assert block.cosine == pytest.approx(1.0, abs=1e-9)
    assert block.error_bound is not None
    assert 0.0 <= block.error_bound < 1e-4


def test_the_right_block_beside_a_wrong_one_passes() -> None:
    """The verdict of a block is its own."""
    report = gradcheck.check(_wrong())
    assert report.block("b").verdict.name == "PASS"
    assert report.block("b").worst == ()
    assert report.reason.startswith("wrong: W; right: b")


@pytest.mark.parametrize("oracle", ["auto", "finite-difference", "complex-step", "autodiff"])
def test_worst_entries_come_worst_first_with_both_derivatives(oracle: Any) -> None:
    """``worst`` names the entries, what was claimed there and what is true there, by any oracle."""
    report = gradcheck.check(Problem(_loss, _one_entry_wrong, PARAMS), config=CheckConfig(oracle=oracle))
    true, worst = _gradient(PARAMS)["W"], report.block("W").worst
    assert [entry.index for entry in worst[:2]] == [(2, 1), (0, 0)]
    for entry in worst[:2]:
        assert entry.numeric == pytest.approx(true[entry.index], abs=1e-7)
    assert worst[0].analytic == pytest.approx(true[2, 1] + 0.3)
    gaps = [abs(entry.analytic - entry.numeric) for entry in worst]
    assert gaps == sorted(gaps, reverse=True)


def test_worst_lists_no_more_than_asked() -> None:
    """``CheckConfig(worst=)`` bounds the list."""
    report = gradcheck.check(_wrong(), config=CheckConfig(worst=2))
    assert len(report.block("W").worst) == 2


@pytest.mark.parametrize("factor", [1.0, 0.5], ids=["right", "wrong"])
def test_evaluations_are_the_calls_that_were_made(factor: float) -> None:
    """What the report counts is what the user's functions saw."""
    losses, gradients = itertools.count(), itertools.count()  # not put back by the check, as a list would be

    def loss(w: Any) -> Any:
        next(losses)
        return np.sum(np.sin(w))

    def gradient(w: Any) -> Any:
        next(gradients)
        return factor * np.cos(w)

    problem = Problem(loss, gradient, np.array([0.1, 0.7, 2.0]))
    report = gradcheck.check(problem, config=CheckConfig(oracle="finite-difference"))
    assert report.verdict.name == ("PASS" if factor == 1.0 else "FAIL")
    assert (report.evaluations.loss, report.evaluations.gradient) == (next(losses), next(gradients))


def test_a_right_network_costs_at_most_ten_losses_and_four_gradients() -> None:
    """The price of a PASS does not grow with the number of parameters."""
    small = gradcheck.check(_right()).evaluations
    large = gradcheck.check(
        Problem(lambda w: np.sum(np.sin(w)), np.cos, np.random.default_rng(0).standard_normal(100_000))
    ).evaluations
    for evaluations in (small, large):
        assert evaluations.loss <= 10
        assert evaluations.gradient <= 4


def test_power_has_one_number_a_block() -> None:
    """The smallest error that would have been caught, small for a check that passed."""
    power = gradcheck.check(_right()).power
    assert set(power) == {"W", "b"}
    assert all(value is not None and 0.0 < value < 1e-3 for value in power.values())


def test_block_and_finding_are_found_by_name() -> None:
    """Access by name, ``KeyError`` for a block that is not there, None for a finding that is not."""
    report = gradcheck.check(_right())
    assert report.block("b") is report.blocks[1]
    assert report.finding("nothing-of-the-kind") is None
    with pytest.raises(KeyError, match="V"):
        report.block("V")


# ---------------------------------------------------------------------------------------------------- JSON


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in _numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in _numbers(item)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("name", REPORTS)
def test_every_verdict_is_json_without_nan(name: str) -> None:
    """Any reader of JSON can read it; what is not a number is null."""
    config = CheckConfig(order_test=True)
    record = gradcheck.check(Problem(*REPORTS[name], PARAMS), config=config).to_dict()
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text) == record
    assert all(math.isfinite(number) for number in _numbers(record))


@pytest.mark.parametrize("name", REPORTS)
def test_json_has_the_contracted_keys(name: str) -> None:
    """Schema name, verdict in lower case, lists for shapes and indices."""
    record = gradcheck.check(Problem(*REPORTS[name], PARAMS)).to_dict()
    assert record["schema"] == "gradcheck/check@1"
    assert set(record) >= CHECK_KEYS
    assert "diagnoses" not in record
    assert record["verdict"] == name.lower()
    assert set(record["evaluations"]) == {"loss", "gradient"}
    assert set(record["power"]) == {"W", "b"}
    for block in record["blocks"]:
        assert set(block) >= BLOCK_KEYS
        assert isinstance(block["shape"], list)
        assert block["verdict"] in {"pass", "fail", "inconclusive", "invalid"}
    for finding in record["findings"]:
        assert set(finding) == {"id", "severity", "message"}
        assert finding["severity"] in {"info", "warning", "error"}


def test_json_of_worst_entries() -> None:
    """``worst`` holds index, analytic and numeric."""
    record = gradcheck.check(Problem(_loss, _one_entry_wrong, PARAMS)).to_dict()
    first = record["blocks"][0]["worst"][0]
    assert first["index"] == [2, 1]
    assert first["analytic"] - first["numeric"] == pytest.approx(0.3, abs=1e-6)


def test_what_was_not_measured_is_null() -> None:
    """A pass by joint probes knows no ratio, cosine or worst entry of a block; a crash knows nothing."""
    passed = gradcheck.check(_right()).to_dict()
    for block in passed["blocks"]:
        assert (block["ratio"], block["cosine"], block["worst"]) == (None, None, [])
        assert block["relative_error"] is not None
    crashed = gradcheck.check(Problem(_loss, _none, PARAMS)).to_dict()
    assert crashed["verdict"] == "fail"
    for block in crashed["blocks"]:
        assert (block["relative_error"], block["error_bound"], block["ratio"], block["cosine"]) == (None,) * 4
    assert crashed["power"] == {"W": None, "b": None}


def test_a_ratio_that_is_not_constant_is_null() -> None:
    """``ratio`` is given only where every entry has the same."""
    assert gradcheck.check(Problem(_loss, _one_entry_wrong, PARAMS)).block("W").ratio is None


def test_order_test_is_data_in_the_report() -> None:
    """On request, with the rates; null otherwise."""
    record = gradcheck.check(_right(), config=CheckConfig(order_test=True)).to_dict()["order_test"]
    assert record["verdict"] == "pass"
    assert record["rate"] == pytest.approx(2.0, abs=0.2)
    assert len(record["steps"]) == len(record["first"]) == len(record["rates"]) + 1
    assert gradcheck.check(_right()).to_dict()["order_test"] is None


# ---------------------------------------------------------------------------------------------------- seeds


@pytest.mark.parametrize("make", [_right, _wrong], ids=["right", "wrong"])
def test_one_seed_gives_one_report(make: Any) -> None:
    """No seed is seed 0; the same seed gives the same record to the last bit."""
    first = gradcheck.check(make()).to_dict()
    assert gradcheck.check(make()).to_dict() == first
    assert gradcheck.check(make(), rng=0).to_dict() == first
    assert gradcheck.check(make(), rng=np.int64(0)).to_dict() == first
    assert first["seed"] == 0


def test_another_seed_looks_along_other_directions() -> None:
    """Seeds are not ignored."""
    first, second = gradcheck.check(_right(), rng=1).to_dict(), gradcheck.check(_right(), rng=2).to_dict()
    assert first["probes"] != second["probes"]
    assert (first["seed"], second["seed"]) == (1, 2)


def test_a_generator_is_drawn_from_and_gives_what_its_seed_gives() -> None:
    """``rng`` may be a Generator: the caller's own, which moves on; a report of it names no seed."""
    generator = np.random.default_rng(5)
    report = gradcheck.check(_right(), rng=generator)
    assert report.seed is None
    assert report.to_dict()["probes"] == gradcheck.check(_right(), rng=5).to_dict()["probes"]
    assert generator.bit_generator.state != np.random.default_rng(5).bit_generator.state


@pytest.mark.parametrize("make", [_right, _wrong], ids=["right", "wrong"])
def test_global_random_state_is_left_alone(make: Any) -> None:
    """The check draws from its own generator only."""
    np.random.seed(3)  # noqa: NPY002 - the legacy state is what is tested
    before = np.random.get_state()  # noqa: NPY002
    gradcheck.check(make())
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_a_generator_of_the_users_code_is_put_back() -> None:
    """A generator that the loss holds is where it was before the check."""
    held = np.random.default_rng(11)
    before = held.bit_generator.state

    def loss(w: Any) -> Any:
        return np.sum(w**2) + held.standard_normal()

    assert gradcheck.check(Problem(loss, lambda w: 2 * w, np.ones(3))).verdict.name == "INVALID"
    assert held.bit_generator.state == before


def test_parameters_are_not_changed() -> None:
    """Read-only parameters are fine, and keep every bit."""
    params = {name: value.copy() for name, value in PARAMS.items()}
    for value in params.values():
        value.flags.writeable = False
    assert gradcheck.check(Problem(_loss, _gradient, params)).verdict.name == "PASS"
    assert all(params[name].tobytes() == PARAMS[name].tobytes() for name in params)


# ---------------------------------------------------------------------------------------------------- arguments


@pytest.mark.parametrize("name", ["rtol", "atol"])
@pytest.mark.parametrize("value", [-1e-6, float("nan"), float("inf")])
def test_tolerances_that_mean_nothing_are_refused(name: str, value: float) -> None:
    """The message gives name, value and what was expected."""
    with pytest.raises(InvalidArgumentError, match=rf"{name}=.*expected a finite number, 0 or more"):
        gradcheck.check(_right(), **{name: value})


def test_something_else_than_a_problem_is_refused() -> None:
    """The loss in place of the problem is the likely slip."""
    with pytest.raises(InvalidArgumentError, match=r"problem is a function; expected gradcheck\.Problem"):
        gradcheck.check(_loss)  # type: ignore[arg-type]


def test_all_options_are_keywords() -> None:
    """Positional options would mean something else in the next version."""
    with pytest.raises(TypeError, match="positional"):
        gradcheck.check(_right(), 0)  # type: ignore[misc]


def test_tolerances_are_used_as_given() -> None:
    """An error of 1e-4 passes a tolerance of 1e-2 and fails one of 1e-6; so does an absolute one."""

    def gradient(p: Any) -> Any:
        g = _gradient(p)
        return {"W": (1.0 + 1e-4) * g["W"], "b": g["b"]}

    problem = Problem(_loss, gradient, PARAMS)
    assert gradcheck.check(problem).verdict.name == "FAIL"
    assert gradcheck.check(problem, rtol=1e-2).verdict.name == "PASS"
    assert gradcheck.check(problem, rtol=0.0, atol=1e-2).verdict.name == "PASS"
    assert gradcheck.check(problem, rtol=0.0, atol=1e-6).verdict.name == "FAIL"


def test_zero_tolerance_never_passes() -> None:
    """No numeric derivative is known to the last bit: nothing can be shown, and a right gradient does not fail."""
    report = gradcheck.check(_right(), rtol=0.0, atol=0.0)
    assert report.verdict.name == "INCONCLUSIVE"


# ---------------------------------------------------------------------------------------------------- assert_gradients


def test_assert_gradients_returns_the_report_of_a_pass() -> None:
    """So that a test can look at it."""
    report = gradcheck.assert_gradients(_loss, _gradient, PARAMS)
    assert isinstance(report, CheckReport)
    assert report.to_dict() == gradcheck.check(_right()).to_dict()


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "PASS"])
def test_assert_gradients_raises_on_everything_but_pass(name: str) -> None:
    """An ``AssertionError`` with the report, the verdict and the reason: undecided is not shown to be right."""
    with pytest.raises(AssertionError, match=rf"^{name}: ") as raised:
        gradcheck.assert_gradients(*REPORTS[name], PARAMS)
    assert isinstance(raised.value, GradientMismatchError)
    assert raised.value.report.verdict.name == name
    assert raised.value.report.reason in str(raised.value)


def test_assert_gradients_takes_what_problem_and_check_take() -> None:
    """``sign``, ``reset``, ``rng``, tolerances and options reach the check."""
    resets = itertools.count()
    report = gradcheck.assert_gradients(
        _loss,
        lambda p: {name: -value for name, value in _gradient(p).items()},
        PARAMS,
        sign=-1,
        reset=lambda: next(resets),
        rng=9,
        rtol=1e-5,
        atol=1e-9,
        config=CheckConfig(order_test=True),
    )
    assert next(resets) > 0
    assert report.seed == 9
    assert report.order_test is not None
    assert all(probe.tolerance >= 1e-9 for probe in report.probes)
