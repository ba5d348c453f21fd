"""``%load_ext gradcheck``: the magics ``%gradcheck`` and ``%%gradcheck``. IPython is imported when they say no."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradcheck.errors import GradcheckError, InvalidArgumentError
from gradcheck.integrations.notebook.options import Options, read_line
from gradcheck.integrations.notebook.problems import evaluated, problem_of
from gradcheck.reports.unicode import printable

if TYPE_CHECKING:
    from gradcheck.problem import Problem
    from gradcheck.records import CheckReport

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

NAME = "gradcheck"
HELP = """Check the gradient that this notebook's functions claim; the report is shown, and is the cell's value.

    %gradcheck loss=loss grad=gradient params=params
    %%gradcheck loss=loss grad=gradient params=params diagnose

Above a cell, the cell is run first. What is not given is looked for under the usual names (loss, gradient, params);
a cell that ends with a gradcheck.Problem is checked by that.

Options, each a Python expression of the notebook:
    loss=, grad=     functions of the parameters; or of nothing, where they use the notebook's variables
    both=            one function that returns the pair loss, gradient
    params=          the parameters; names of variables, as W1,b1,W2,b2, for functions of each or of nothing
    problem=         a gradcheck.Problem
    seed=, rtol=, atol=
Flags:
    diagnose         name the bug, and its line
    plot             with figures (pip install 'gradcheck[plot]')
"""


def load_ipython_extension(shell: Any) -> None:
    """Give a shell the magics; IPython calls this at ``%load_ext gradcheck``.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
    """
    shell.register_magic_function(_magic(shell), magic_kind="line_cell", magic_name=NAME)


def unload_ipython_extension(shell: Any) -> None:
    """Take them away again; IPython calls this at ``%unload_ext gradcheck``.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
    """
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(NAME, None)


def _magic(shell: Any) -> Callable[..., Any]:
    def gradcheck(line: str, cell: str | None = None) -> CheckReport:
        from IPython.core.error import UsageError  # shown by IPython as a message, without a traceback

        try:
            options = read_line(line)
            made = None if cell is None else _run(shell, cell)
            report, problem = _checked(options, shell.user_ns, made)
            if "plot" in options.flags:
                _show_figures(problem, _seed(options, shell.user_ns))
        except GradcheckError as error:
            raise UsageError(printable(str(error))) from None
        return report

    gradcheck.__doc__ = HELP
    return gradcheck


def _run(shell: Any, cell: str) -> Any:
    """Run the cell as IPython runs one; the value of its last expression."""
    ran = shell.run_cell(cell, store_history=False)
    if not ran.success:  # IPython has shown what it raised
        raise GradcheckError("the cell did not run to its end: nothing was checked.")
    return ran.result


def _checked(options: Options, space: dict[str, Any], made: Any) -> tuple[CheckReport, Problem]:
    from gradcheck.checks import check
    from gradcheck.problem import Problem

    given = {"problem", "loss", "gradient", "both", "params"} & set(options.expressions)
    problem = made if isinstance(made, Problem) and not given else problem_of(options.expressions, space)
    seed, rtol, atol = _seed(options, space), _number("rtol", options, space), _number("atol", options, space)
    if "diagnose" not in options.flags:
        return check(problem, rng=seed, rtol=rtol, atol=atol), problem
    from gradcheck.diagnosis import diagnose

    return diagnose(problem, rng=seed, rtol=rtol, atol=atol), problem


def _seed(options: Options, space: dict[str, Any]) -> int:
    seed = evaluated("seed", options.expressions.get("seed", "0"), space)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InvalidArgumentError(f"seed={seed!r}; expected a whole number, 0 or more.")
    return seed


def _number(name: str, options: Options, space: dict[str, Any]) -> float | None:
    if name not in options.expressions:
        return None
    value = evaluated(name, options.expressions[name], space)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise InvalidArgumentError(f"{name}={value!r}; expected a number, 0 or more (dimensionless).")
    return float(value)


def _show_figures(problem: Problem, seed: int) -> None:
    from IPython.display import display

    from gradcheck.integrations.notebook import plots

    for draw in (plots.plot_gradient, plots.plot_error, plots.plot_steps, plots.plot_taylor):
        display(draw(problem, rng=seed))  # type: ignore[no-untyped-call,unused-ignore]
