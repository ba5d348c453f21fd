"""Document 001 as published: two layer dictionaries, and a `backprop` that goes uphill on the negated error.

The text starts from ``dz = -2 (o - y)``, the negated derivative of the summed squared error, and *adds* the learning
rate times its gradient. The two signs cancel: it is a descent step of the sum of squares. It prints the mean, so its
printed costs fall ``batch`` times slower than the learning rate suggests. Each layer is updated as the error passes,
after the error for the layer below has been computed from the old weights, which is right.
Changed: the random stream is a parameter, and what the text prints goes to a callback.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reference_impls.arrays import FloatArray, Params, Report, Rng, no_report
from reference_impls.document_001.activations import relu, relu_derivative

__all__ = [
    "Experiment",
    "backprop",
    "layer",
    "linear_data",
    "output_error",
    "predict",
    "predict01",
    "predict02",
    "predict03",
    "predict04",
    "predictjihuo",
    "print_hi",
    "squared_data",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What one of the text's experiments leaves behind.

    Attributes
    ----------
    x, y : ndarray of shape (batch, 1)
        Inputs and noisy targets.
    output : ndarray of shape (batch, 1)
        Outputs of the network at the end.
    costs : ndarray of shape (steps,)
        Mean squared error before each step; the text prints every tenth.
    layers : tuple of dict
        Both layers, ``w`` and ``b``.
    """

    x: FloatArray
    y: FloatArray
    output: FloatArray
    costs: FloatArray
    layers: tuple[Params, Params]


def layer(in_dim: int, out_dim: int, *, rng: Rng) -> Params:
    """Draw a layer: ``w`` (in_dim, out_dim) of standard deviation 0.1, ``b`` (1, out_dim) all 0.1."""
    weights = rng.normal(loc=0, scale=0.1, size=[in_dim, out_dim])
    return {"w": weights, "b": np.full([1, out_dim], 0.1)}


def backprop(dz: FloatArray, layer: Params, layer_in: FloatArray, learning_rate: float = 0.01) -> FloatArray:
    """Update a layer in place, uphill, and return the error of its input.

    Parameters
    ----------
    dz : ndarray of shape (batch, out_dim)
        Error at the layer's pre-activation. With the text's sign it is the negated derivative of the loss.
    layer : dict
        ``w`` and ``b``, changed in place.
    layer_in : ndarray of shape (batch, in_dim)
        The layer's input.
    learning_rate : float
        Step size, dimensionless.

    Returns
    -------
    ndarray of shape (batch, in_dim)
        Computed from the weights before their update.
    """
    gw = layer_in.T.dot(dz)
    gb = np.sum(dz, axis=0, keepdims=True)
    new_dz = dz.dot(layer["w"].T)
    layer["w"] += learning_rate * gw
    layer["b"] += learning_rate * gb
    return np.asarray(new_dz)


def output_error(output: FloatArray, y: FloatArray) -> FloatArray:
    """Return ``-2 (o - y)``, the *negated* derivative of ``sum (o - y)^2``, shape ``(batch, outputs)``."""
    return -2 * (output - y)


def predict(x: FloatArray, l1: Params, l2: Params) -> list[FloatArray]:
    """Return the outputs of both layers of the network without an activation."""
    o1 = x.dot(l1["w"]) + l1["b"]
    o2 = o1.dot(l2["w"]) + l2["b"]
    return [o1, o2]


def predictjihuo(
    x: FloatArray, l1: Params, l2: Params, activation: Callable[[FloatArray], FloatArray] = relu
) -> list[FloatArray]:
    """Return pre-activation, activation and output of the network with one (*jihuo*: activation).

    The text has the ReLU fixed here; `activation` takes the others that it lists.
    """
    o1 = x.dot(l1["w"]) + l1["b"]
    a1 = activation(o1)
    o2 = a1.dot(l2["w"]) + l2["b"]
    return [o1, a1, o2]


def linear_data(rng: Rng) -> tuple[FloatArray, FloatArray]:
    """Draw 10 points of ``y = x`` with noise of standard deviation 0.2, shapes ``(10, 1)``."""
    x = np.linspace(-1, 1, 10)[:, None]
    return x, rng.normal(loc=0, scale=0.2, size=[10, 1]) + x


def squared_data(rng: Rng) -> tuple[FloatArray, FloatArray]:
    """Draw 30 points of ``y = x^2`` with noise of standard deviation 0.2, shapes ``(30, 1)``."""
    x = np.linspace(-1, 1, 30)[:, None]
    return x, rng.normal(loc=0, scale=0.2, size=[30, 1]) + x**2


def predict01(rng: Rng) -> Experiment:
    """Look at an untrained linear network 1-3-1 beside the data."""
    x, y = linear_data(rng)
    l1, l2 = layer(1, 3, rng=rng), layer(3, 1, rng=rng)
    return Experiment(x=x, y=y, output=predict(x, l1, l2)[-1], costs=np.empty(0), layers=(l1, l2))


def predict02(rng: Rng, *, steps: int = 50, report: Report = no_report) -> Experiment:
    """Train the linear network 1-3-1 on the linear data for 50 steps."""
    x, y = linear_data(rng)
    return _train_linear(x, y, layer(1, 3, rng=rng), layer(3, 1, rng=rng), steps, report)


def predict03(rng: Rng, *, steps: int = 300, report: Report = no_report) -> Experiment:
    """Train a linear network 1-10-1 on the squared data for 300 steps: it cannot fit them."""
    x, y = squared_data(rng)
    return _train_linear(x, y, layer(1, 10, rng=rng), layer(10, 1, rng=rng), steps, report)


def predict04(rng: Rng, *, steps: int = 300, report: Report = no_report) -> Experiment:
    """Train the network 1-10-1 with a ReLU on the squared data for 300 steps."""
    x, y = squared_data(rng)
    l1, l2 = layer(1, 10, rng=rng), layer(10, 1, rng=rng)
    costs = np.empty(steps)
    for step in range(steps):
        o1, a1, o2 = predictjihuo(x, l1, l2)
        costs[step] = np.mean(np.square(o2 - y))
        if step % 10 == 0:
            report(step, float(costs[step]))
        dz1 = backprop(output_error(o2, y), l2, a1)
        dz1 *= relu_derivative(o1)
        backprop(dz1, l1, x)
    return Experiment(x=x, y=y, output=predictjihuo(x, l1, l2)[-1], costs=costs, layers=(l1, l2))


def print_hi(rng: Rng) -> tuple[FloatArray, FloatArray]:
    """Pass ten points through an untrained linear network 1-3-1, as the text's main function does first.

    Returns
    -------
    hidden : ndarray of shape (10, 3)
    output : ndarray of shape (10, 1)
        The text prints the shapes of both and the output.
    """
    x, _ = linear_data(rng)
    l1, l2 = layer(1, 3, rng=rng), layer(3, 1, rng=rng)
    hidden, output = predict(x, l1, l2)
    return hidden, output


def _train_linear(x: FloatArray, y: FloatArray, l1: Params, l2: Params, steps: int, report: Report) -> Experiment:
    """Run the loop that `predict02` and `predict03` share."""
    costs = np.empty(steps)
    for step in range(steps):
        o1, o2 = predict(x, l1, l2)
        costs[step] = np.mean(np.square(o2 - y))
        if step % 10 == 0:
            report(step, float(costs[step]))
        dz1 = backprop(output_error(o2, y), l2, o1)
        backprop(dz1, l1, x)
    return Experiment(x=x, y=y, output=predict(x, l1, l2)[-1], costs=costs, layers=(l1, l2))
