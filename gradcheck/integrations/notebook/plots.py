"""Figures of a problem, for notebooks and scripts; they need matplotlib, ``pip install 'gradcheck[plot]'``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcheck.errors import GradcheckError, InvalidArgumentError

if TYPE_CHECKING:
    import numpy as np

    from gradcheck.problem import Problem
    from gradcheck.records import CheckReport
    from gradcheck.reports.figures_canvas import Picture

__all__ = ["plot_error", "plot_gradient", "plot_steps", "plot_taylor"]


def plot_gradient(problem: Problem, *, rng: np.random.Generator | int | None = None) -> Picture:
    """Claimed derivatives over numeric ones, a point an entry: those that agree lie on the diagonal.

    Parameters
    ----------
    problem : Problem
    rng : Generator or int, optional
        Draws what is drawn by chance; seed 0 if not given.

    Returns
    -------
    matplotlib.figure.Figure
        Shown by a notebook; ``.savefig(path)`` writes it.

    Raises
    ------
    GradcheckError
        If matplotlib is not installed, or loss or gradient cannot be evaluated.
    """
    _require_matplotlib()
    from gradcheck.checks.study import compare_entries
    from gradcheck.reports.figures_check import draw_gradient

    return draw_gradient(compare_entries(_problem(problem), rng=rng))


def plot_error(problem: Problem, *, rng: np.random.Generator | int | None = None) -> Picture:
    """The relative error of every entry as a colour, one map a block.

    Parameters
    ----------
    problem, rng
        As for ``plot_gradient``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    GradcheckError
        As ``plot_gradient``.
    """
    _require_matplotlib()
    from gradcheck.checks.study import compare_entries
    from gradcheck.reports.figures_check import draw_error

    return draw_error(compare_entries(_problem(problem), rng=rng))


def plot_steps(problem: Problem, *, rng: np.random.Generator | int | None = None) -> Picture:
    """The error of central differences over their step, with truncation, round-off and the step that a check takes.

    Parameters
    ----------
    problem, rng
        As for ``plot_gradient``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    GradcheckError
        As ``plot_gradient``, and where the loss does not change along the direction.
    """
    _require_matplotlib()
    from gradcheck.checks.study import step_ladder
    from gradcheck.reports.figures_check import draw_steps

    return draw_steps(step_ladder(_problem(problem), rng=rng))


def plot_taylor(problem: Problem | CheckReport, *, rng: np.random.Generator | int | None = None) -> Picture:
    """Taylor remainders over the step: with a right gradient the first-order one falls with the square of the step.

    Parameters
    ----------
    problem : Problem or CheckReport
        A report of a check with ``CheckConfig(order_test=True)`` is drawn as it is.
    rng : Generator or int, optional
        As for ``plot_gradient``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    GradcheckError
        As ``plot_gradient``, and for a report without an order test.
    """
    _require_matplotlib()
    from gradcheck.checks.study import taylor_remainders
    from gradcheck.records import CheckReport
    from gradcheck.reports.figures_check import draw_remainders

    if not isinstance(problem, CheckReport):
        return draw_remainders(taylor_remainders(_problem(problem), rng=rng))
    if problem.order_test is None:
        raise InvalidArgumentError(
            "the report has no order test; expected one of check(problem, config=CheckConfig(order_test=True))."
        )
    return draw_remainders(problem.order_test)


def _problem(value: Problem) -> Problem:
    from gradcheck.problem import Problem

    if not isinstance(value, Problem):
        raise InvalidArgumentError(f"problem is a {type(value).__name__}; expected gradcheck.Problem(...).")
    return value


def _require_matplotlib() -> None:
    try:
        import matplotlib.figure  # noqa: F401 - only whether it is there
    except ImportError:
        raise GradcheckError(
            "figures need matplotlib, which is not installed: pip install 'gradcheck[plot]'."
        ) from None
