"""A function's vector-Jacobian and Jacobian-vector products, as a framework claims them, as one problem.

With a fixed random cotangent ``c`` and tangents ``v_k`` the loss is ``<c, f(x + sum_k s_k v_k)>``. Its derivative with
respect to ``x`` is the vector-Jacobian product, that with respect to ``s_k``, at ``s = 0``, is ``<c, J v_k>``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from gradcheck.checks import CheckConfig, check
from gradcheck.errors import InvalidArgumentError
from gradcheck.problem import Problem
from gradcheck.problem.functional import FunctionDriver
from gradcheck.problem.generators import generator_of
from gradcheck.problem.vjp import VectorJacobianProduct
from gradcheck.records import CheckReport, Finding

__all__ = ["AS_GIVEN", "BOTH", "REVERSE", "Linearised", "Options", "Product", "check_linearised", "pose"]

Array = npt.NDArray[Any]
Product = Literal["vjp", "jvp"]
REVERSE: tuple[Product, ...] = ("vjp",)
BOTH: tuple[Product, ...] = ("vjp", "jvp")

# Complex steps and traced NumPy boxes cannot pass through another library's arrays. And a function of arrays has a
# domain that only its author knows: it is looked at where the inputs are, and close by.
AS_GIVEN = CheckConfig(oracle="finite-difference", better_point=False)
# Size of a tangent beside its input (dimensionless): the point that ``s`` of unit scale leads to is still near.
TANGENT_SIZE = 0.1


class Linearised(Protocol):
    """A function of real NumPy arrays, and what its framework says of its derivative."""

    @property
    def names(self) -> Sequence[str]:
        """Of the inputs that are differentiated."""

    @property
    def values(self) -> Sequence[Array]:
        """Those inputs."""

    def outputs(self, arrays: Sequence[Array]) -> list[Array]:
        """The differentiable outputs at the inputs."""

    def vjp(self, arrays: Sequence[Array], cotangents: Sequence[Array]) -> list[Array]:
        """The cotangents of the inputs."""

    def jvp(self, arrays: Sequence[Array], tangents: Sequence[Array]) -> list[Array]:
        """The tangents of the outputs."""

    def findings(self) -> tuple[Finding, ...]:
        """What running it has shown so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the checks of all frameworks take, as ``gradcheck.check`` does, and ``reset`` as ``Problem`` does."""

    rng: np.random.Generator | int | None = None
    rtol: float | None = None
    atol: float | None = None
    config: CheckConfig | None = None
    reset: Callable[[], Any] | None = None


def pose(
    function: Linearised, products: Collection[Product], options: Options, *, interface: str | None = None
) -> Problem:
    """The problem of a function's products.

    Raises
    ------
    InvalidArgumentError
        If no input is differentiable, the function fails at its inputs, or ``products`` names others.
    """
    if not products or not set(products) <= set(BOTH):
        raise InvalidArgumentError(f"products={products!r}; expected some of {', '.join(BOTH)}.")
    if not function.names:
        raise InvalidArgumentError(
            f"the {interface or 'function'} has no real floating-point input: there is nothing to differentiate."
        )
    rng = generator_of(options.rng)
    posed = _Posed(function, products, rng, options.reset or _nothing)
    product = VectorJacobianProduct(posed.forward, posed.backward, posed.inputs, rng)
    return Problem.from_driver(_ForeignDriver(product))


def check_linearised(
    function: Linearised, products: Collection[Product], options: Options, *, interface: str
) -> CheckReport:
    """Check a function's products.

    Returns
    -------
    CheckReport
        A block for each input, named like it, for the vector-Jacobian product; one named ``NAME (jvp)`` for the
        Jacobian-vector product along a random tangent of that input.
    """
    problem = pose(function, products, options, interface=interface)
    config = options.config or AS_GIVEN
    report = check(problem, rng=options.rng, rtol=options.rtol, atol=options.atol, config=config)
    return dataclasses.replace(report, interface=interface, findings=(*report.findings, *function.findings()))


class _Posed:
    """Forward and backward of named inputs, those of the tangents' coefficients among them."""

    def __init__(
        self,
        function: Linearised,
        products: Collection[Product],
        rng: np.random.Generator,
        reset: Callable[[], Any],
    ) -> None:
        self._function = function
        self._reset = reset  # before each product, as each runs the function again
        self._reverse = "vjp" in products
        self._values = [np.asarray(value) for value in function.values]
        names = list(function.names)
        self.inputs: dict[str, Array] = dict(zip(names, self._values, strict=True)) if self._reverse else {}
        self._tangents: dict[str, list[Array]] = {}
        if "jvp" in products:
            for position, name in enumerate(names):
                label = f"{name} (jvp)"
                self._tangents[label] = self._tangent(position, rng)
                self.inputs[label] = np.zeros(1, dtype=self._values[position].dtype)

    def _tangent(self, chosen: int, rng: np.random.Generator) -> list[Array]:
        """A direction of one input: no entry is small, so that no wrong one can hide."""
        tangents = [np.zeros_like(value) for value in self._values]
        value = self._values[chosen]
        size = float(np.sqrt(np.mean(np.square(value, dtype=np.float64)))) if value.size else 0.0
        draws = rng.uniform(0.5, 1.5, value.shape) * rng.choice((-1.0, 1.0), value.shape)
        tangents[chosen] = np.asarray(draws * TANGENT_SIZE * (size or 1.0)).astype(value.dtype)
        return tangents

    def _point(self, inputs: dict[str, Any]) -> list[Array]:
        given = list(inputs.values())
        arrays = given[: len(self._values)] if self._reverse else [value.copy() for value in self._values]
        for label, tangents in self._tangents.items():
            coefficient = np.asarray(inputs[label])
            if (
                coefficient.dtype.itemsize > self.inputs[label].dtype.itemsize
            ):  # a wider copy of everything is asked for
                arrays = [array.astype(coefficient.dtype, copy=False) for array in arrays]
            arrays = [
                array + (coefficient[0] * tangent).astype(array.dtype) if np.any(tangent) else array
                for array, tangent in zip(arrays, tangents, strict=True)
            ]
        return arrays

    def forward(self, /, **inputs: Any) -> tuple[Array, ...]:
        """The outputs."""
        self._reset()
        return tuple(self._function.outputs(self._point(inputs)))

    def backward(self, cotangent: Sequence[Array], /, **inputs: Any) -> dict[str, Any]:
        """The claimed derivatives of the loss."""
        arrays = self._point(inputs)
        names = self._function.names
        claimed: dict[str, Any] = {}
        if self._reverse:
            self._reset()
            claimed.update(zip(names, self._function.vjp(arrays, cotangent), strict=True))
        for label, tangents in self._tangents.items():
            self._reset()
            along = self._function.jvp(
                arrays, [tangent.astype(array.dtype) for tangent, array in zip(tangents, arrays, strict=True)]
            )
            slope = sum(float(np.vdot(c, t)) for c, t in zip(cotangent, along, strict=True))
            claimed[label] = np.array([slope], dtype=np.asarray(inputs[label]).dtype)
        return claimed


class _ForeignDriver(FunctionDriver):
    """Drives code whose state, generators above all, lies where it cannot be seen from Python.

    So a second call at the same parameters is always made (as where something is seen to change).
    """

    def __init__(self, product: VectorJacobianProduct) -> None:
        super().__init__(product.loss, product.gradient, product.params)

    def changed(self) -> bool:
        return True


def _nothing() -> None:
    """No state to put back."""
