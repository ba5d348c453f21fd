"""The fixture's value: checks a gradient for a test, and says what is wrong with it."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.checks import CheckConfig, check
from gradcheck.errors import GradientMismatchError, InvalidArgumentError
from gradcheck.integrations.pytest_plugin.failures import Again, told
from gradcheck.integrations.pytest_plugin.keeping import keep
from gradcheck.problem import Problem
from gradcheck.records import CheckReport, Verdict

__all__ = ["GradientCheck", "complete", "demand"]

ProblemOrFamily = Problem | Callable[..., Problem]


class GradientCheck:
    """Checks gradients for one test; what the fixture ``gradient_check`` hands out.

    Parameters
    ----------
    item : pytest.Item
        The test.
    seed : int
        Of the run.
    """

    def __init__(self, item: pytest.Item, seed: int) -> None:
        self._item, self._seed = item, seed

    def __call__(
        self,
        problem: ProblemOrFamily,
        *,
        verdict: Verdict | str = Verdict.PASS,
        seed: int | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        config: CheckConfig | None = None,
    ) -> CheckReport:
        """Fail the test unless the check ends as expected.

        Parameters
        ----------
        problem : Problem or callable
            A problem; or a family, ``build(*, batch=..., outputs=..., ...) -> Problem``, whose keywords all have
            defaults: with one, a diagnosis can experiment.
        verdict : Verdict or str
            What is expected: ``"FAIL"`` for a gradient that is wrong on purpose.
        seed : int, optional
            Of the random directions and points; by default that of the run, ``--gradcheck-seed``.
        rtol, atol, config
            As for ``gradcheck.check``.

        Returns
        -------
        CheckReport
            Of the check.

        Raises
        ------
        GradientMismatchError
            If the verdict is another one; its message is what the reader is told.
        InvalidArgumentError
            As for ``gradcheck.check``, and for a verdict that there is not.
        """
        __tracebackhide__ = True
        seed = self._seed if seed is None else seed
        built, family = _problem_and_family(problem)
        options = {"rtol": rtol, "atol": atol, "config": config}
        return demand(self._item, built, family, verdict=verdict, seed=seed, options=options, again=Again(seed=seed))

    def report(
        self,
        problem: ProblemOrFamily,
        *,
        seed: int | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        config: CheckConfig | None = None,
    ) -> CheckReport:
        """The report of a check, whatever its verdict; parameters as for the call."""
        built, _ = _problem_and_family(problem)
        report = check(built, rng=self._seed if seed is None else seed, rtol=rtol, atol=atol, config=config)
        keep(self._item, report)
        return report


def demand(
    item: pytest.Item,
    problem: Problem,
    family: Callable[..., Problem] | None,
    *,
    verdict: Verdict | str,
    seed: int,
    options: Mapping[str, Any],
    again: Again,
) -> CheckReport:
    """Check a problem for a test, and fail with a diagnosis unless that ends as expected.

    Parameters
    ----------
    item : pytest.Item
    problem : Problem
    family : callable or None
        What has built it, for a diagnosis to experiment with.
    verdict : Verdict or str
        What is expected.
    seed : int
    options : mapping
        Tolerances and options of ``gradcheck.check``.
    again : Again
        How a reader sees it once more.

    Raises
    ------
    GradientMismatchError
        If the verdict is another one.
    InvalidArgumentError
        As for ``gradcheck.check``, and for a verdict that there is not.
    """
    __tracebackhide__ = True
    expected = verdict_of(verdict)
    report = check(problem, rng=seed, **options)
    keep(item, report)
    if report.verdict is expected:
        return report
    message, found = told(item, report, expected, again, _explanation(problem, family, report))
    raise GradientMismatchError(message, found)


def complete(item: pytest.Item, error: GradientMismatchError) -> None:
    """Say in an error that fails a test what is wrong, and how to see it again, where it does not say so yet.

    That is done where an assertion has come through to the top of a test, so that one which is expected, or tried again
    and again until its smallest example is found, costs no diagnosis.

    Parameters
    ----------
    item : pytest.Item
    error : GradientMismatchError
        Its message and its report change.
    """
    if error.problem is None:
        return
    again, explain = Again(seed=error.report.seed), _explanation(error.problem, None, error.report)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        message, error.report = told(item, error.report, Verdict.PASS, again, explain)
    error.args, error.problem = (message,), None


def verdict_of(verdict: Verdict | str) -> Verdict:
    """A verdict by its name.

    Raises
    ------
    InvalidArgumentError
        If there is none of that name.
    """
    if isinstance(verdict, Verdict):
        return verdict
    if verdict not in Verdict.__members__:
        raise InvalidArgumentError(f"verdict={verdict!r}; expected one of {', '.join(Verdict.__members__)}.")
    return Verdict[verdict]


def _problem_and_family(given: ProblemOrFamily) -> tuple[Problem, Callable[..., Problem] | None]:
    if isinstance(given, Problem):
        return given, None
    if not callable(given):
        raise InvalidArgumentError(
            f"problem is a {type(given).__name__}; expected gradcheck.Problem(loss, gradient, params), or a function "
            "that builds one."
        )
    problem = given()
    if not isinstance(problem, Problem):
        raise InvalidArgumentError(f"the family returned a {type(problem).__name__}; expected gradcheck.Problem.")
    return problem, given


def _explanation(
    problem: Problem, family: Callable[..., Problem] | None, report: CheckReport
) -> Callable[[], CheckReport] | None:
    """What looks for the mistake; None where the gradient is not wrong."""
    return functools.partial(_diagnosis, problem, family, report) if report.verdict is Verdict.FAIL else None


def _diagnosis(problem: Problem, family: Callable[..., Problem] | None, report: CheckReport) -> CheckReport:
    """That of ``gradcheck.diagnose``, of the very check that the test has made."""
    from gradcheck.diagnosis import diagnose_program
    from gradcheck.diagnosis.programs.local import LocalProgram

    return diagnose_program(LocalProgram(problem, family), report, rng=np.random.default_rng(report.seed or 0))
