"""A scalar loss of named parameters, a claimed gradient of it, and a point to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import tr
from gradcheck.problem.driver import Driver
from gradcheck.problem.functional import FunctionDriver
from gradcheck.problem.generators import generator_of
from gradcheck.problem.live import LiveDriver
from gradcheck.problem.structure import Array, Block
from gradcheck.problem.update import UpdateDriver
from gradcheck.problem.vjp import VectorJacobianProduct

__all__ = ["Problem"]


class Problem:
    """What ``check`` looks at.

    Parameters
    ----------
    loss : callable
        ``loss(params) -> float``.
    gradient : callable
        ``gradient(params)`` -> the derivative of the loss, in the structure of ``params``. It is called more than once
        and at several points, so that accumulation and stale copies show.
    params : array, mapping, sequence, or nested
        Real floating-point arrays (or numbers): the point to look at. Copied, never changed. Blocks get path names
        (``W1``, ``layers[0].b``).
    sign : {1, -1}, keyword-only
        -1 declares a gradient that is negated on purpose (gradient ascent).
    reset : callable, keyword-only, optional
        Called without arguments before every evaluation of code that keeps state (to seed a dropout mask, to clear
        accumulators).

    Raises
    ------
    InvalidArgumentError
        For callables that cannot be called, parameters that are not real dense arrays, or another sign.

    Examples
    --------
    >>> import numpy as np
    >>> import gradcheck
    >>> problem = gradcheck.Problem(lambda w: float(w @ w), lambda w: 2 * w, np.array([1.0, -2.0, 3.0]))
    >>> gradcheck.check(problem).verdict.name
    'PASS'
    """

    def __init__(
        self,
        loss: Callable[[Any], Any],
        gradient: Callable[[Any], Any],
        params: Any,
        *,
        sign: int = 1,
        reset: Callable[[], Any] | None = None,
    ) -> None:
        _require_callables(loss=loss, gradient=gradient)
        self._set(FunctionDriver(loss, gradient, params), sign, reset)

    @classmethod
    def live(
        cls,
        loss: Callable[[], Any],
        gradient: Callable[[], Any],
        params: Mapping[str, Any],
        *,
        sign: int = 1,
        reset: Callable[[], Any] | None = None,
    ) -> Problem:
        """A problem of zero-argument ``loss()`` and ``gradient()`` over arrays that the code itself holds.

        Parameters
        ----------
        loss, gradient : callable
            ``gradient()`` returns a mapping by the names of ``params``, or a sequence in their order.
        params : mapping of name to array or ``ref(owner, attribute_or_key)``
            Perturbed during the check, and restored bit for bit whatever happens.
        sign, reset
            As for ``Problem``.

        Raises
        ------
        InvalidArgumentError
            For read-only arrays, values that cannot be changed in place, and arrays that overlap in part.
        """
        _require_callables(loss=loss, gradient=gradient)
        return cls.from_driver(LiveDriver(loss, gradient, params), sign=sign, reset=reset)

    @classmethod
    def from_update(
        cls,
        loss: Callable[[], Any],
        step: Callable[..., Any],
        params: Mapping[str, Any],
        learning_rate: float | None = None,
        *,
        sign: int = 1,
        reset: Callable[[], Any] | None = None,
    ) -> Problem:
        """A problem whose gradient is recovered from what ``step(rate)`` does to live parameters.

        Parameters
        ----------
        loss : callable
        step : callable
            ``step(rate)``, or ``step()`` where the code has its own rate, which is then given as ``learning_rate``.
        params : mapping of name to array or ``ref(owner, attribute_or_key)``
            An array that the step rebinds (``self.W = self.W - ...``) is followed where ``loss`` or ``step`` hold it;
            name the place with ``ref`` otherwise.
        learning_rate : float, optional
            Units of the parameters squared over those of the loss.
        sign, reset
            As for ``Problem``; ``sign=-1`` declares a step that climbs.

        Raises
        ------
        InvalidArgumentError
            As for ``live``, and for a step without a rate or one that needs more than a rate.
        """
        _require_callables(loss=loss, step=step)
        return cls.from_driver(UpdateDriver(loss, step, params, learning_rate), sign=sign, reset=reset)

    @classmethod
    def from_vjp(
        cls,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        inputs: Sequence[Any] | Mapping[str, Any],
        *,
        rng: np.random.Generator | int | None = None,
        sign: int = 1,
        reset: Callable[[], Any] | None = None,
    ) -> Problem:
        """A problem from a forward function and its hand-written vector-Jacobian product.

        Parameters
        ----------
        forward : callable
            ``forward(*inputs)`` -> array, or a tuple of arrays.
        backward : callable
            ``backward(cotangent)`` or ``backward(cotangent, *inputs)`` -> cotangents of the inputs, in their order or
            by name. The cotangent has the form of forward's output; forward has run at the same inputs just before.
        inputs : sequence or mapping of arrays
            A mapping's go to the arguments of those names. Integer arrays (indices, masks), strings and ``None`` are
            held fixed.
        rng : Generator or int, optional
            Draws the cotangent; seed 0 if not given.
        sign, reset
            As for ``Problem``.

        Raises
        ------
        InvalidArgumentError
            If there is no real input, forward fails at the inputs, or backward takes other arguments.

        Examples
        --------
        >>> import numpy as np
        >>> import gradcheck
        >>> forward = lambda x, w: np.tanh(x @ w)
        >>> def backward(d, x, w):
        ...     d = d * (1 - np.tanh(x @ w) ** 2)
        ...     return d @ w.T, x.T @ d
        >>> rng = np.random.default_rng(1)
        >>> inputs = rng.standard_normal((5, 3)), rng.standard_normal((3, 2))
        >>> gradcheck.check(gradcheck.Problem.from_vjp(forward, backward, inputs)).verdict.name
        'PASS'
        """
        _require_callables(forward=forward, backward=backward)
        product = VectorJacobianProduct(forward, backward, inputs, generator_of(rng))
        return cls(product.loss, product.gradient, product.params, sign=sign, reset=reset)

    @classmethod
    def from_driver(cls, driver: Driver, *, sign: int = 1, reset: Callable[[], Any] | None = None) -> Problem:
        """A problem whose code is run by a driver, in this process or another."""
        problem = cls.__new__(cls)
        problem._set(driver, sign, reset)  # noqa: SLF001 - its own class
        return problem

    def _set(self, driver: Driver, sign: int, reset: Callable[[], Any] | None) -> None:
        if not np.isscalar(sign) or sign not in (1, -1):
            raise InvalidArgumentError(
                tr("sign={sign!r}; expected 1, or -1 for a gradient that is negated on purpose.", sign=sign)
            )
        if reset is not None:
            _require_callables(reset=reset)
        if isinstance(driver, UpdateDriver):
            driver.reset = reset
        self.driver = driver
        self.sign = int(sign)
        self.reset = reset

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Names, shapes and dtypes of the parameters."""
        return self.driver.blocks

    def values(self) -> list[Array]:
        """Copies of the parameters, one array a block."""
        return self.driver.values()

    def __repr__(self) -> str:
        listed = ", ".join(f"{block.name} {block.shape} {block.dtype}" for block in self.blocks)
        return f"<Problem of {listed or 'no parameters'}>"


def _require_callables(**functions: Any) -> None:
    for name, function in functions.items():
        if not callable(function):
            raise InvalidArgumentError(
                tr("{name} is a {type}; expected a callable.", name=name, type=type(function).__name__)
            )
