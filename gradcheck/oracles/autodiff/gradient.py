"""The true gradient of the user's own loss, by reverse accumulation through a traced run of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.language import tr
from gradcheck.problem.driver import Differentiable, OracleUnavailableError, Traceable
from gradcheck.problem.reachable import functions_among, reached
from gradcheck.problem.state import StateGuard
from gradcheck.problem.substitution import kept

if TYPE_CHECKING:
    from gradcheck.oracles.autodiff.tape import Array, Node, Tape

__all__ = ["swept", "true_gradient"]


def true_gradient(driver: Any, arrays: Sequence[Any]) -> list[Array]:
    """The derivative of the loss that a driver runs, in every parameter.

    Parameters
    ----------
    driver : Driver
        ``Differentiable``, or ``Traceable``: its loss is then run once on traced values.
    arrays : sequence of ndarray
        The point, one array a block. Lower precisions are differentiated in float64.

    Returns
    -------
    list of ndarray
        float64, one a block and in its shape; zeros where the loss does not depend on it. Units of the loss over those
        of the block.

    Raises
    ------
    OracleUnavailableError
        If the code does something that cannot be traced (the message names it), fails on traced values, does not
        return one real number, or has no finite derivative here.

    Notes
    -----
    Exact up to round-off where the loss is differentiable. At a tie of ``np.maximum`` both sides get half the adjoint;
    step functions (``np.sign``, ``np.round``, comparisons) have derivative zero. Code that takes a value out of NumPy
    unseen could still mislead: trust the result only where it agrees with a finite difference.
    """
    if isinstance(driver, Differentiable):
        return [np.asarray(part, dtype=np.float64) for part in driver.autodiff(arrays)]
    if not isinstance(driver, Traceable):
        raise OracleUnavailableError(tr("the code runs in another process, which offers no derivatives"))
    return _traced_gradient(driver, arrays)


def _traced_gradient(driver: Traceable, arrays: Sequence[Any]) -> list[Array]:
    from gradcheck.oracles.autodiff.tape import Tape

    _, found, roots = swept(driver, arrays, Tape())
    return [found.get(root, np.zeros(root.shape)) for root in roots]


def swept(driver: Traceable, arrays: Sequence[Any], tape: Tape) -> tuple[Node | None, dict[Node, Array], list[Node]]:
    """The node of the loss, all adjoints, and the nodes of the parameters, after one traced run and one sweep back.

    Raises
    ------
    OracleUnavailableError
        As ``true_gradient``.
    """
    from gradcheck.oracles.autodiff.boxes import Box
    from gradcheck.oracles.autodiff.tape import adjoints

    points = [np.array(array, dtype=np.float64) for array in arrays]
    roots = [tape.root(point.shape) for point in points]
    boxes = [Box(point, root) for point, root in zip(points, roots, strict=True)]
    for point in points:
        point.flags.writeable = False
    if tape.observer is not None:
        for root, point in zip(roots, points, strict=True):
            tape.observer.root(root, point)
    output = _output(_run(driver, boxes, tape))
    found = {} if output is None else adjoints(output)
    if not all(np.isfinite(found[root]).all() for root in roots if root in found):
        raise OracleUnavailableError(tr("the traced derivative is not finite at this point"))
    return output, found, roots


def _run(driver: Traceable, boxes: Sequence[Any], tape: Tape) -> Any:
    """The loss of boxes; what the code rebinds meanwhile is put back, so that no box stays behind."""
    from gradcheck.oracles.autodiff.callees import resolve
    from gradcheck.oracles.autodiff.rewrite import rewritten

    values, own = reached(_roots(driver))
    try:
        with kept(values, own), rewritten(functions_among(values, own), resolve):
            loss = driver.traced_loss(boxes)
    except Exception as error:
        known = tape.refusal or (str(error) if isinstance(error, OracleUnavailableError) else None)
        told = f"{type(error).__name__}: {error}"
        raise OracleUnavailableError(known or tr("the loss fails on traced values: {error}", error=told)) from error
    if tape.refusal is not None:  # the code caught it and went on without the value
        raise OracleUnavailableError(tape.refusal)
    return loss


def _roots(driver: Any) -> list[Any]:
    """What a driver holds: the user's callables, and the places of parameters; not what it remembers of the state."""
    held = [value for value in vars(driver).values() if not isinstance(value, StateGuard)]
    return [item for value in held for item in (value.values() if isinstance(value, dict) else [value])]


def _output(loss: Any) -> Any:
    """The node of the loss; None for a loss that depends on no parameter."""
    from gradcheck.oracles.autodiff.protocol import gathered, is_box

    loss = gathered(loss)
    if not is_box(loss):
        if np.size(loss) != 1 or np.asarray(loss).dtype.kind not in "biuf":
            raise OracleUnavailableError(tr("the loss returned a {type}, not one number", type=type(loss).__name__))
        return None
    if loss.size != 1:
        raise OracleUnavailableError(tr("the loss has shape {shape}, not one number", shape=loss.shape))
    return loss.current()[1]
