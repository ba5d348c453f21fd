"""Right gradients pass: about 150 of every kind here, thousands in ``tests/slow``."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from networks.cases import RightCase, fast_cases
from networks.running import run_case

from gradcheck import CheckReport, Verdict
from gradcheck.checks import CheckConfig

CASES = {case.id: case for case in fast_cases()}


@functools.cache
def _report(identifier: str) -> CheckReport:
    return run_case(CASES[identifier])


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.id)
def test_right_never_fails(case: RightCase) -> None:
    """No right gradient is called wrong, or impossible to check."""
    report = _report(case.id)
    assert report.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE), report.reason


def test_right_is_decided() -> None:
    """At most one in a hundred is left undecided, a loss + 1e6 apart."""
    cases = [case for case in CASES.values() if not case.may_be_undecided]
    undecided = [case.id for case in cases if _report(case.id).verdict is not Verdict.PASS]
    assert len(undecided) <= 0.01 * len(cases), undecided


def test_right_costs() -> None:
    """Ten losses and four gradients in the median, forty losses at worst; in 16 bits alone 200 a block (ADR 17)."""
    reports = [_report(identifier) for identifier in CASES]
    assert np.median([report.evaluations.loss for report in reports]) <= 10
    assert np.median([report.evaluations.gradient for report in reports]) <= 4
    dear = {name: _report(name) for name in CASES if _report(name).evaluations.loss > 40}
    sixteen = {name for name, case in CASES.items() if case.spec is not None and case.spec.cast == "float16"}
    assert set(dear) <= sixteen
    assert all(report.evaluations.loss <= 200 * len(report.blocks) for report in dear.values())


@pytest.mark.parametrize("oracle", ["finite-difference", "complex-step", "autodiff"])
@pytest.mark.parametrize("activation", ["tanh", "relu-0", "sigmoid"])
def test_right_by_every_oracle(oracle: str, activation: str) -> None:
    """Each source of derivatives, when it is forced, finds right code right."""
    case = next(case for case in CASES.values() if case.spec is not None and case.spec.activation == activation)
    assert run_case(case, oracle=oracle).verdict is Verdict.PASS


def test_another_seed_gives_the_same_verdict() -> None:
    """The random directions do not decide."""
    case = CASES[next(iter(CASES))]
    from gradcheck import Problem, check

    verdicts = {check(Problem(*case.make()), rng=seed, config=CheckConfig()).verdict for seed in range(10)}
    assert verdicts == {Verdict.PASS}
