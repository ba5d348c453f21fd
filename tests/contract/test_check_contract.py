"""``check`` and ``assert_gradients`` as their callers rely on them: report, JSON, ``assert_gradients``."""

from __future__ import annotations

import enum
import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from networks.dense import PARAMS, gradient, half_weights, loss, right, wrong

import gradcheck
from gradcheck import CheckConfig, CheckReport, GradientMismatchError, Problem

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


def _one_entry_wrong(p: Any) -> Any:
    g = gradient(p)
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
    return loss(p) + 1e-2 * np.random.default_rng(seed).standard_normal()


REPORTS = {
    "PASS": (loss, gradient),
    "FAIL": (loss, half_weights),
    "INVALID": (_invalid_loss, gradient),
    "INCONCLUSIVE": (_noisy_loss, gradient),
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
    report = gradcheck.check(wrong())
    assert [(block.name, block.shape) for block in report.blocks] == [("W", (3, 2)), ("b", (2,))]


def test_a_failing_block_says_how_far_off_it_is() -> None:
    """Half a gradient: relative error 0.5, ratio 0.5, cosine 1, and the bound far below the error."""
    block = gradcheck.check(wrong()).block("W")
    assert block.verdict.name == "FAIL"
    assert block.relative_error == pytest.approx(0.5, abs=1e-6)
    assert block.ratio == pytest.approx(0.5, abs=1e-6)
    assert block.cosine == pytest.approx(1.0, abs=1e-9)
    assert block.error_bound is not None
    assert 0.0 <= block.error_bound < 1e-4


def test_the_right_block_beside_a_wrong_one_passes() -> None:
    """The verdict of a block is its own."""
    report = gradcheck.check(wrong())
    assert report.block("b").verdict.name == "PASS"
    assert report.block("b").worst == ()
    assert report.reason.startswith("wrong: W; right: b")


@pytest.mark.parametrize("oracle", ["auto", "finite-difference", "complex-step", "autodiff"])
def test_worst_entries_come_worst_first_with_both_derivatives(oracle: Any) -> None:
    """``worst`` names the entries, what was claimed there and what is true there, by any oracle."""
    report = gradcheck.check(Problem(loss, _one_entry_wrong, PARAMS), config=CheckConfig(oracle=oracle))
    true, worst = gradient(PARAMS)["W"], report.block("W").worst
    assert [entry.index for entry in worst[:2]] == [(2, 1), (0, 0)]
    for entry in worst[:2]:
        assert entry.numeric == pytest.approx(true[entry.index], abs=1e-7)
    assert worst[0].analytic == pytest.approx(true[2, 1] + 0.3)
    gaps = [abs(entry.analytic - entry.numeric) for entry in worst]
    assert gaps == sorted(gaps, reverse=True)


def test_worst_lists_no_more_than_asked() -> None:
    """``CheckConfig(worst=)`` bounds the list."""
    report = gradcheck.check(wrong(), config=CheckConfig(worst=2))
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
    small = gradcheck.check(right()).evaluations
    large = gradcheck.check(
        Problem(lambda w: np.sum(np.sin(w)), np.cos, np.random.default_rng(0).standard_normal(100_000))
    ).evaluations
    for evaluations in (small, large):
        assert evaluations.loss <= 10
        assert evaluations.gradient <= 4


def test_power_has_one_number_a_block() -> None:
    """The smallest error that would have been caught, small for a check that passed."""
    power = gradcheck.check(right()).power
    assert set(power) == {"W", "b"}
    assert all(value is not None and 0.0 < value < 1e-3 for value in power.values())


def test_block_and_finding_are_found_by_name() -> None:
    """Access by name, ``KeyError`` for a block that is not there, None for a finding that is not."""
    report = gradcheck.check(right())
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
    record = gradcheck.check(Problem(loss, _one_entry_wrong, PARAMS)).to_dict()
    first = record["blocks"][0]["worst"][0]
    assert first["index"] == [2, 1]
    assert first["analytic"] - first["numeric"] == pytest.approx(0.3, abs=1e-6)


def test_what_was_not_measured_is_null() -> None:
    """A pass by joint probes knows no ratio, cosine or worst entry of a block; a crash knows nothing."""
    passed = gradcheck.check(right()).to_dict()
    for block in passed["blocks"]:
        assert (block["ratio"], block["cosine"], block["worst"]) == (None, None, [])
        assert block["relative_error"] is not None
    crashed = gradcheck.check(Problem(loss, _none, PARAMS)).to_dict()
    assert crashed["verdict"] == "fail"
    for block in crashed["blocks"]:
        assert (block["relative_error"], block["error_bound"], block["ratio"], block["cosine"]) == (None,) * 4
    assert crashed["power"] == {"W": None, "b": None}


def test_a_ratio_that_is_not_constant_is_null() -> None:
    """``ratio`` is given only where every entry has the same."""
    assert gradcheck.check(Problem(loss, _one_entry_wrong, PARAMS)).block("W").ratio is None


def test_order_test_is_data_in_the_report() -> None:
    """On request, with the rates; null otherwise."""
    record = gradcheck.check(right(), config=CheckConfig(order_test=True)).to_dict()["order_test"]
    assert record["verdict"] == "pass"
    assert record["rate"] == pytest.approx(2.0, abs=0.2)
    assert len(record["steps"]) == len(record["first"]) == len(record["rates"]) + 1
    assert gradcheck.check(right()).to_dict()["order_test"] is None


# ---------------------------------------------------------------------------------------------------- assert_gradients


def test_assert_gradients_returns_the_report_of_a_pass() -> None:
    """So that a test can look at it."""
    report = gradcheck.assert_gradients(loss, gradient, PARAMS)
    assert isinstance(report, CheckReport)
    assert report.to_dict() == gradcheck.check(right()).to_dict()


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
        loss,
        lambda p: {name: -value for name, value in gradient(p).items()},
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
