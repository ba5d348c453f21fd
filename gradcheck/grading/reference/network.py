"""The network of an assignment, computed here: its values, its gradient by automatic differentiation, every adjoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

from gradcheck.checks import check
from gradcheck.errors import GradingError
from gradcheck.grading.assignment.records import Network
from gradcheck.grading.reference.formulas import ACTIVATION_FUNCTIONS, PENALTY_FORMS, loss_value
from gradcheck.grading.reference.points import Array, Point, point_of
from gradcheck.problem import Problem
from gradcheck.records import Verdict

__all__ = ["Expected", "OwnNetwork", "activation_value", "slope_value"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """What is right at one point; canonical arrays.

    Attributes
    ----------
    values : mapping of str to ndarray
        ``output``, and where known ``Zn``, ``An`` (batch, units).
    loss : float
        Penalty included.
    gradient : mapping of str to ndarray
        By parameter, units of the loss over the parameter's.
    adjoints : mapping of str to ndarray
        ``dZn``, ``dAn``: the derivative of the loss by each of those values, where known.
    losses : mapping of str to float
        The same loss by other conventions, by their names: ``loss-epsilon 1e-08``, ``penalty-constant none``, ...
    gradients : mapping of str to mapping
        The gradients that belong to those of them that have another one.
    """

    values: Mapping[str, Array]
    loss: float
    gradient: Mapping[str, Array]
    adjoints: Mapping[str, Array] = field(default_factory=dict)
    losses: Mapping[str, float] = field(default_factory=dict)
    gradients: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)


# What people add inside a logarithm; larger ones change the loss itself.
EPSILONS = (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5)


class OwnNetwork:
    """Implements ``Reference`` for an assignment's ``[network]``.

    Parameters
    ----------
    network : Network

    Notes
    -----
    Adjoints come from the same sweep as the gradient: zeros are added to every ``Z`` and ``A``, and the derivative by
    those zeros is the adjoint there.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._slopes = autograd.grad(self._loss_of, argnum=(0, 1))

    @np.errstate(all="ignore")
    def expected(self, point: Point) -> Expected:
        """What is right there."""
        params = dict(point.params)
        zeros = self._zeros(point.batch)
        values = self._forward(params, zeros, point.X)
        gradient, adjoints = self._slopes(params, zeros, point.X, point.Y)
        loss = float(self._loss_of(params, zeros, point.X, point.Y))
        slopes = {name: np.asarray(gradient[name]) for name in params}
        return Expected(
            values={**values, "A0": point.X},
            loss=loss,
            gradient=slopes,
            gradients=self._slopes_otherwise(point, slopes),
            adjoints={f"d{name}": np.asarray(array) for name, array in adjoints.items()},
            losses=self._otherwise(point, values["output"]),
        )

    @np.errstate(all="ignore")
    def loss(self, point: Point) -> float:
        """The loss alone, which is cheaper."""
        return float(self._loss_of(dict(point.params), self._zeros(point.batch), point.X, point.Y))

    @np.errstate(all="ignore")
    def output(self, point: Point) -> Array:
        """The outputs alone, of shape (batch, outputs)."""
        values = self._forward(dict(point.params), self._zeros(point.batch), point.X)
        return np.asarray(values["output"])

    def require_right(self) -> None:
        """Check the reference itself, as any other code.

        Raises
        ------
        GradingError
            If its gradient is not that of its loss: a fault of the tool.
        """
        point = point_of(self.network, batch=4, seed=20)
        zeros = self._zeros(point.batch)
        problem = Problem(
            lambda params: self._loss_of(params, zeros, point.X, point.Y),
            lambda params: self._slopes(dict(params), zeros, point.X, point.Y)[0],
            dict(point.params),
        )
        report = check(problem)
        if report.verdict is not Verdict.PASS:
            raise GradingError(f"the reference network does not pass its own check: {report.reason}")

    def _zeros(self, batch: int) -> dict[str, Array]:
        layers = enumerate(self.network.sizes[1:], 1)
        return {f"{kind}{layer}": np.zeros((batch, size)) for layer, size in layers for kind in "ZA"}

    def _forward(self, params: Mapping[str, Any], zeros: Mapping[str, Any], inputs: Any) -> dict[str, Any]:
        values, activation = {}, inputs
        for layer, name in enumerate(self.network.activations, 1):
            z = anp.dot(activation, params[f"W{layer}"]) + params[f"b{layer}"] + zeros[f"Z{layer}"]
            activation = ACTIVATION_FUNCTIONS[name](z) + zeros[f"A{layer}"]
            values[f"Z{layer}"], values[f"A{layer}"] = z, activation
        return {**values, "output": activation}

    def _loss_of(self, params: Mapping[str, Any], zeros: Mapping[str, Any], inputs: Any, targets: Any) -> Any:
        output = self._forward(params, zeros, inputs)["output"]
        data = loss_value(self.network.loss, output, targets)
        return data + self._penalty(params, len(inputs), self.network.penalty)

    def _penalty(self, params: Mapping[str, Any], batch: int, form: str) -> Any:
        if self.network.l2 == 0.0:
            return 0.0
        squares = sum(anp.sum(value**2) for name, value in params.items() if name.startswith("W"))
        return self.network.l2 * PENALTY_FORMS[form](batch) * squares

    def _otherwise(self, point: Point, output: Array) -> dict[str, float]:
        """The loss by other conventions."""
        name, found = self.network.loss, {}
        penalty = float(self._penalty(point.params, point.batch, self.network.penalty))
        if "entropy" in name or name.startswith("bce"):
            for epsilon in EPSILONS:
                value = float(loss_value(name, output, point.Y, epsilon))
                found[f"loss-epsilon {epsilon:g}"] = value + penalty
        if self.network.l2:
            data = float(loss_value(name, output, point.Y))
            for form in PENALTY_FORMS:
                if form != self.network.penalty:
                    other = float(self._penalty(point.params, point.batch, form))
                    found[f"penalty-constant {form}"] = data + other
            found["penalty-constant none"] = data
        return found

    def _slopes_otherwise(self, point: Point, slopes: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
        """The gradient under other forms of the penalty."""
        network = self.network
        if not network.l2:
            return {}
        own = PENALTY_FORMS[network.penalty](point.batch)
        factors = {form: rule(point.batch) for form, rule in PENALTY_FORMS.items() if form != network.penalty}
        return {
            f"penalty-constant {form}": {
                name: slope + (2.0 * network.l2 * (factor - own) * point.params[name] if name[0] == "W" else 0.0)
                for name, slope in slopes.items()
            }
            for form, factor in {**factors, "none": 0.0}.items()
        }


def activation_value(name: str, z: Array) -> Array:
    """An activation of an array, rows being samples."""
    return np.asarray(ACTIVATION_FUNCTIONS[name](z))


def slope_value(name: str, z: Array) -> Array:
    """The derivative of an activation, entry by entry.

    Raises
    ------
    ValueError
        For an activation that mixes entries.
    """
    if name == "softmax":
        raise ValueError("softmax has no derivative entry by entry")
    return np.asarray(autograd.elementwise_grad(ACTIVATION_FUNCTIONS[name])(np.asarray(z, dtype=np.float64)))
