"""Wrong gradients fail, in the blocks that are wrong and in no others."""

from __future__ import annotations

import pytest
from networks.bugs import BUGS, Bug
from networks.stateful import STATEFUL, Stateful

from gradcheck import CheckConfig, CheckReport, Problem, Verdict, check

ORACLES = ["auto", "finite-difference"]


def _check(bug: Bug, oracle: str) -> CheckReport:
    return check(Problem(*bug.wrong()), config=CheckConfig(oracle=oracle))  # type: ignore[arg-type]


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bug_is_found_where_it_is(bug: Bug, oracle: str) -> None:
    """Every bug of the catalogue fails; every wrong block is listed as wrong, and no right one."""
    report = _check(bug, oracle)
    assert report.verdict is Verdict.FAIL, report.reason
    errors = bug.relative_errors()
    failing = {block.name for block in report.blocks if block.verdict is Verdict.FAIL}
    if float("inf") in errors.values():  # settled by shape or exception, at the first wrong block
        assert failing
        assert failing <= {name for name, error in errors.items() if error == float("inf")}
        return
    assert {name for name, error in errors.items() if error > 1e-5} <= failing
    assert {name for name, error in errors.items() if error < 1e-9} & failing == set()


@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("sign-flip", -1.0),
        ("missing-factor-2", 0.5),
        ("extra-factor-2", 2.0),
        ("sum-instead-of-mean", 7.0),
        ("mean-instead-of-sum", 1 / 7),
        ("output-count-factor", 3.0),
        ("learning-rate-baked-in", 0.05),
    ],
)
def test_constant_ratio_is_named(name: str, ratio: float) -> None:
    """A block that is a multiple of the truth has that multiple as its ratio."""
    bug = next(bug for bug in BUGS if bug.name == name)
    for block in _check(bug, "auto").blocks:
        assert block.ratio == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("gradient-clipping (norm)", "gradient-clipping"),
        ("gradient-clipping (entries)", "gradient-clipping"),
        ("bias-sum-without-axis (number)", "bias-sum-without-axis"),
        ("bias-not-summed", "shape-mismatch"),
        ("transposed-block (shape)", "shape-mismatch"),
        ("target-broadcast (shape)", "crash"),
    ],
)
def test_finding_names_the_cause(name: str, finding: str) -> None:
    """What shows without a derivative is named by its catalogue id."""
    bug = next(bug for bug in BUGS if bug.name == name)
    report = _check(bug, "auto")
    assert report.finding(finding) is not None, [f.id for f in report.findings]


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("case", STATEFUL, ids=lambda case: case.name)
def test_code_that_keeps_state(case: Stateful, oracle: str) -> None:
    """Classes that update themselves, accumulators, dropout and noise get the verdict and the finding due."""
    report = check(case.build(), config=CheckConfig(oracle=oracle))  # type: ignore[arg-type]
    assert report.verdict.name == case.verdict, report.reason
    if case.finding is not None:
        assert report.finding(case.finding) is not None, [f.id for f in report.findings]


def test_update_is_no_mutation() -> None:
    """A step that writes into its parameters does what it is for."""
    case = next(case for case in STATEFUL if case.name == "update")
    assert check(case.build()).finding("input-mutated") is None


@pytest.mark.parametrize("seed", range(5))
def test_wrong_for_every_seed(seed: int) -> None:
    """The random directions do not decide."""
    bug = next(bug for bug in BUGS if bug.name == "one entry x 2")
    assert check(Problem(*bug.wrong()), rng=seed).verdict is Verdict.FAIL
