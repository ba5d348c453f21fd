"""Document 001 as plain descent, and the two mistakes that one forgotten sign makes of it.

Nothing in the published step is wrong; here its two signs are where a reader looks for them, the cost that is
printed is the cost that is descended, and gradients are returned before anything is updated.
"""

from collections.abc import Callable

import numpy as np

from reference_impls.arrays import FloatArray, Params, Report, Rng, no_report
from reference_impls.document_001.activations import relu, relu_derivative
from reference_impls.document_001.published import Experiment, layer, predictjihuo, squared_data
from reference_impls.stable import sigmoid

__all__ = [
    "ascend",
    "backprop",
    "cost",
    "identity",
    "identity_derivative",
    "layer_gradients",
    "output_error",
    "sigmoid",
    "sigmoid_derivative",
    "train",
]

Function = Callable[[FloatArray], FloatArray]


def identity(x: FloatArray) -> FloatArray:
    """Return `x`: the activation of the linear networks."""
    return x


def identity_derivative(x: FloatArray) -> FloatArray:
    """Return ones, shape of `x`."""
    return np.ones_like(x)


def sigmoid_derivative(x: FloatArray) -> FloatArray:
    """Return ``s(x) s(-x)`` with the sigmoid that does not overflow; relu and tanh are right as published."""
    return sigmoid(x) * sigmoid(-x)


def cost(output: FloatArray, y: FloatArray) -> float:
    """Return the sum of squared errors, the cost whose gradient the step follows (squared unit of `y`)."""
    return float(np.sum(np.square(output - y)))


def output_error(output: FloatArray, y: FloatArray) -> FloatArray:
    """Return ``2 (o - y)``, the derivative of `cost`, shape ``(batch, outputs)``."""
    return 2 * (output - y)


def backprop(dz: FloatArray, layer: Params, layer_in: FloatArray, learning_rate: float = 0.01) -> FloatArray:
    """Update a layer in place, *downhill*, and return the error of its input; arguments as published."""
    gw, gb, new_dz = layer_gradients(dz, layer, layer_in)
    layer["w"] -= learning_rate * gw
    layer["b"] -= learning_rate * gb
    return new_dz


def ascend(dz: FloatArray, layer: Params, layer_in: FloatArray, learning_rate: float = 0.01) -> FloatArray:
    """Update a layer in place, *uphill*: the published update, wrong after the plain `output_error`."""
    gw, gb, new_dz = layer_gradients(dz, layer, layer_in)
    layer["w"] += learning_rate * gw
    layer["b"] += learning_rate * gb
    return new_dz


def layer_gradients(dz: FloatArray, layer: Params, layer_in: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the gradients of weight (in_dim, out_dim), bias (1, out_dim) and input (batch, in_dim)."""
    return layer_in.T.dot(dz), np.sum(dz, axis=0, keepdims=True), dz.dot(layer["w"].T)


def train(
    rng: Rng,
    *,
    steps: int = 300,
    learning_rate: float = 0.01,
    activation: Function = relu,
    derivative: Function = relu_derivative,
    report: Report = no_report,
) -> Experiment:
    """Train the network 1-10-1 on the squared data, reporting the sum of squares that is descended.

    Parameters
    ----------
    rng : numpy.random.RandomState
        Draws data and layers in the published order.
    steps : int
        Full-batch steps.
    learning_rate : float
        Step size, dimensionless.
    activation, derivative : callable
        Of the hidden layer, both of the pre-activation.
    report : callable
        Receives every tenth step and its cost.

    Returns
    -------
    Experiment
        Its `costs` are sums, ``batch`` times the published means.
    """
    x, y = squared_data(rng)
    l1, l2 = layer(1, 10, rng=rng), layer(10, 1, rng=rng)
    costs = np.empty(steps)
    for step in range(steps):
        o1, a1, o2 = predictjihuo(x, l1, l2, activation)
        costs[step] = cost(o2, y)
        if step % 10 == 0:
            report(step, float(costs[step]))
        dz1 = backprop(output_error(o2, y), l2, a1, learning_rate) * derivative(o1)
        backprop(dz1, l1, x, learning_rate)
    return Experiment(x=x, y=y, output=predictjihuo(x, l1, l2, activation)[-1], costs=costs, layers=(l1, l2))
