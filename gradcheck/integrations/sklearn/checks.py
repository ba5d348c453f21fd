"""``check_objective`` and ``check_estimator``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.checks import CheckConfig, check
from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.sklearn.capture import captured
from gradcheck.problem import Problem
from gradcheck.records import CheckReport

__all__ = ["check_estimator", "check_objective"]

Array = npt.NDArray[Any]


def check_objective(
    objective: Callable[..., Any],
    start: Any,
    *,
    args: Sequence[Any] = (),
    blocks: Mapping[str, tuple[int, ...]] | None = None,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether an objective's gradient is that of its loss.

    Parameters
    ----------
    objective : callable
        ``objective(parameters, *args) -> (loss, gradient)``, as ``scipy.optimize.minimize(..., jac=True)`` takes it:
        an estimator's ``_loss_grad``, ``LinearModelLoss.loss_gradient``. The loss is a number, or an array whose sum
        the gradient belongs to.
    start : array
        The parameters to look at, floating-point.
    args : sequence
        What else the objective takes: data, targets, strengths of penalties.
    blocks : mapping of name to shape, optional
        How a flat vector of parameters is put together, in order, so that the report can say which part is wrong.
    rng, rtol, atol, config : optional
        As for ``gradcheck.check``.
    reset : callable, optional
        Called before every evaluation of an objective that keeps state.

    Returns
    -------
    CheckReport

    Raises
    ------
    InvalidArgumentError
        If the blocks do not add up to the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck.integrations.sklearn import check_objective
    >>> def ridge(w, X, y, alpha):
    ...     residual = X @ w - y
    ...     return residual @ residual + alpha * w @ w, 2 * X.T @ residual + alpha * w  # 2 * alpha, it should be
    >>> X, y = np.eye(3), np.array([1.0, 2.0, 3.0])
    >>> check_objective(ridge, np.ones(3), args=(X, y, 0.1)).verdict.name
    'FAIL'
    """
    if not callable(objective):
        raise InvalidArgumentError(f"objective is a {type(objective).__name__}; expected a callable.")
    flat = np.asarray(start)
    shapes = {"parameters": flat.shape} if blocks is None else dict(blocks)
    sizes = {name: int(np.prod(shape, dtype=np.int64)) for name, shape in shapes.items()}
    if sum(sizes.values()) != flat.size:
        raise InvalidArgumentError(
            f"blocks={shapes!r} hold {sum(sizes.values())} numbers; expected {flat.size}, those of the parameters."
        )

    def parts(vector: Array) -> dict[str, Array]:
        cuts = np.cumsum(list(sizes.values()))[:-1]
        pieces = np.split(np.asarray(vector).reshape(-1), cuts)
        return {name: piece.reshape(shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}

    def evaluate(params: Mapping[str, Array]) -> tuple[Any, Any]:
        joined = np.concatenate([np.ravel(params[name]) for name in shapes]).reshape(flat.shape)
        result = objective(joined, *args)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError(f"the objective returned a {type(result).__name__}; expected the pair (loss, gradient)")
        return result[0], result[1]

    def gradient(params: Mapping[str, Array]) -> Any:
        claimed = np.asarray(evaluate(params)[1])
        if claimed.size != flat.size:
            raise ValueError(f"the gradient has shape {claimed.shape}, expected {flat.shape} as the parameters")
        return parts(claimed)

    problem = Problem(lambda params: np.sum(evaluate(params)[0]), gradient, parts(flat), reset=reset)
    report = check(problem, rng=rng, rtol=rtol, atol=atol, config=config)
    return dataclasses.replace(report, interface="objective")


def check_estimator(
    estimator: Any,
    *data: Any,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
) -> CheckReport:
    """Whether the objective that an estimator minimises has the gradient that it says.

    Parameters
    ----------
    estimator : object
        Has ``fit``, which hands loss and gradient to ``scipy.optimize.minimize(..., jac=True)`` or
        ``fmin_l_bfgs_b``: ``MLPClassifier(solver="lbfgs")``, ``LogisticRegression()``, ``HuberRegressor()``, your own.
    *data
        What ``fit`` takes: ``X, y``.
    rng, rtol, atol, config : optional
        As for ``gradcheck.check``.

    Returns
    -------
    CheckReport
        At the parameters at which the optimiser starts. A multi-layer perceptron has a block for each layer's
        ``coefs[k]`` and ``intercepts[k]``.

    Raises
    ------
    InvalidArgumentError
        If ``fit`` calls neither optimiser with a gradient.

    Notes
    -----
    The estimator is fitted up to the start of its optimiser and no further; it is left as that leaves it. Not safe
    while other threads minimise something.
    """
    objective, start, args = captured(estimator, data)
    blocks = _layers(estimator, np.asarray(start))
    return check_objective(objective, start, args=args, blocks=blocks, rng=rng, rtol=rtol, atol=atol, config=config)


def _layers(estimator: Any, start: Array) -> dict[str, tuple[int, ...]] | None:
    """The weights and biases of a multi-layer perceptron as its optimiser packs them."""
    coefs, intercepts = getattr(estimator, "coefs_", None), getattr(estimator, "intercepts_", None)
    if not isinstance(coefs, list) or not isinstance(intercepts, list):
        return None
    layers = {
        **{f"coefs[{k}]": np.shape(coef) for k, coef in enumerate(coefs)},
        **{f"intercepts[{k}]": np.shape(intercept) for k, intercept in enumerate(intercepts)},
    }
    packed = sum(int(np.prod(shape, dtype=np.int64)) for shape in layers.values())
    return layers if packed == start.size else None
