"""``assert_gradients``: a check that raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.checks.check import check
from gradcheck.checks.config import CheckConfig
from gradcheck.errors import GradientMismatchError
from gradcheck.problem import Problem
from gradcheck.records import CheckReport, Verdict
from gradcheck.records.runs import current_run

__all__ = ["assert_gradients"]


def assert_gradients(
    loss: Callable[[Any], Any],
    gradient: Callable[[Any], Any],
    params: Any,
    *,
    sign: int = 1,
    reset: Callable[[], Any] | None = None,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
) -> CheckReport:
    """Raise unless the gradient is shown to be right.

    Parameters
    ----------
    loss, gradient, params, sign, reset
        As for ``Problem``.
    rng, rtol, atol, config
        As for ``check``; in a test that pytest runs, ``--gradcheck-seed`` is the seed if none is given.

    Returns
    -------
    CheckReport
        Of the check that passed.

    Raises
    ------
    GradientMismatchError
        If the verdict is anything but PASS: a check that could not decide has not shown that the gradient is right.
        Where it fails a test that pytest runs, its message has the mistake by name, and how to see it again.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck import assert_gradients
    >>> assert_gradients(lambda w: float(np.sum(w**3)), lambda w: 3 * w**2, np.array([1.0, 2.0])).verdict.name
    'PASS'
    """
    problem = Problem(loss, gradient, params, sign=sign, reset=reset)
    run = current_run()
    if rng is None and run is not None:
        rng = run.seed
    report = check(problem, rng=rng, rtol=rtol, atol=atol, config=config)
    if report.verdict is not Verdict.PASS:
        raise GradientMismatchError(f"{report.verdict.name}: {report.reason}\n{report}", report, problem)
    if run is not None:
        run.hear(report)
    return report
