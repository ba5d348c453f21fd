"""``gradcheck references verify``: it must notice every way in which a network is not as expected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradcheck.cli.references.verification import points_of, verify_variant


@pytest.mark.parametrize(
    ("network", "right", "told"),
    [
        ({}, True, "1 as expected."),
        ({"factor": 0.5, "verdict": "fail", "ratio": 0.5}, True, "1 as expected."),
        ({"factor": 0.5, "verdict": "fail", "ratio": None}, True, "1 as expected."),
        ({"factor": 0.5}, False, "verdict FAIL, expected PASS"),
        ({"verdict": "fail", "ratio": None}, False, "verdict PASS, expected FAIL"),
        ({"factor": 0.5, "verdict": "fail", "ratio": 2.0}, False, "w: ratio 0.5, expected 2"),
        ({"factor": 0.5, "verdict": "fail", "ratio": 0.5001}, False, "w: ratio 0.5, expected 0.5001"),
        ({"ratio": -1.0}, False, "w: ratio 1, expected -1"),
    ],
    ids=["pass", "ratio", "any ratio", "wrong pass", "wrong fail", "wrong ratio", "near ratio", "wrong sign"],
)
def test_expectations_are_compared(
    run: Any, install: Any, variant: Any, network: dict[str, Any], right: bool, told: str
) -> None:
    """Expectations are compared."""
    install(variants=(variant(**network),))
    outcome = run("references", "verify")
    assert outcome.code == (0 if right else 1)
    assert told in " ".join(outcome.out.split())


def test_one_wrong_of_two_is_named_and_fails(run: Any, install: Any, variant: Any) -> None:
    """One wrong of two is named and fails."""
    install(variants=(variant(name="000-good"), variant(name="000-bad", factor=0.5)))
    outcome = run("references", "verify", "-q")
    assert outcome.code == 1
    assert outcome.out.splitlines()[0] == "2 networks, 1 as expected, 1 not: 000-bad"


def test_only_those_named_are_checked(run: Any, install: Any, variant: Any) -> None:
    """Only those named are checked."""
    install(variants=(variant(name="000-good"), variant(name="000-bad", factor=0.5)))
    assert run("references", "verify", "--only", "000-good").code == 0
    unknown = run("references", "verify", "--only", "000-godo")
    assert unknown.code == 2
    assert "Did you mean '000-good'?" in unknown.err


def test_an_expected_block_that_is_missing_is_a_deviation(variant: Any) -> None:
    """An expected block that is missing is a deviation."""
    network = variant()
    network.expected_ratio = lambda _: {"w": 1.0, "gone": 1.0}
    assert verify_variant(network, {}).deviations == ("gone: no constant ratio, expected 1",)


def test_nothing_to_verify_is_no_success(run: Any, install: Any) -> None:
    """Nothing to verify is no success."""
    install()
    assert run("references", "verify").code == 1


def test_two_points_differ_in_size_and_seed(variant: Any) -> None:
    """Two points differ in size and seed."""
    network = variant()
    assert points_of(network) == [{}, {"batch": 7, "seed": 1}]
    assert points_of(network, seed=5) == [{"seed": 5}, {"batch": 7, "seed": 6}]
    network.build = lambda: None
    assert points_of(network) == [{}]


def test_json_holds_both_points(run: Any, install: Any, variant: Any) -> None:
    """Json holds both points."""
    install(variants=(variant(factor=0.5, verdict="fail", ratio=0.5),))
    answer = json.loads(run("references", "verify", "--format", "json").out)
    assert answer["as_expected"] is True
    assert [result["sizes"] for result in answer["results"]] == [{"batch": 3}, {"batch": 7}]
    assert [result["ratios"]["w"] for result in answer["results"]] == pytest.approx([0.5, 0.5], rel=1e-6)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_width_names_every_network_whole(run: Any, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Every width names every network whole."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("references", "verify", "--only", "000-bug-extra-output-derivative").out.splitlines()
    assert any(line.startswith("000-bug-extra-output-derivative ") for line in lines)
    assert max(map(len, lines)) <= width
