"""The ways in which learners write forward and loss code, differentiated as they stand."""
# ruff: noqa: D101, D102, D103 - learners' code, as they type it

from __future__ import annotations

import functools
import math
from math import exp
from typing import Any

import numpy as np
import pytest
from numpy import array, dot, zeros

from gradcheck.oracles.autodiff import true_gradient
from gradcheck.problem import Problem, ref

RNG = np.random.default_rng(11)
X = RNG.standard_normal((6, 2))
Y = (X[:, :1] * X[:, 1:] > 0.0).astype(float)
LABELS = np.array([0, 2, 1, 2, 0, 1])


def no_gradient(*_: Any) -> None:
    """Only the loss is differentiated here."""


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape)


def sigmoid(Z: Any) -> Any:
    return 1 / (1 + np.exp(-Z))


# --- pure Python: lists of lists, math.exp, a loss wrapped in float


def activate(weights: Any, inputs: Any) -> Any:
    activation = weights[-1]
    for i in range(len(weights) - 1):
        activation += weights[i] * inputs[i]
    return activation


def transfer(activation: Any) -> Any:
    return 1.0 / (1.0 + exp(-activation))


def forward_propagate(network: Any, row: Any) -> Any:
    inputs = row
    for layer in network:
        new_inputs = []
        for neuron in layer:
            neuron["output"] = transfer(activate(neuron["weights"], inputs))
            new_inputs.append(neuron["output"])
        inputs = new_inputs
    return inputs


def pure_python() -> Problem:
    network = [
        [{"weights": normal(3).tolist()}, {"weights": normal(3).tolist()}],
        [{"weights": normal(3).tolist()}],
    ]

    def loss() -> float:
        sum_error = 0.0
        for row, expected in zip(X.tolist(), Y.tolist(), strict=True):
            outputs = forward_propagate(network, row)
            sum_error += sum((expected[i] - outputs[i]) ** 2 for i in range(len(expected)))
        return float(sum_error)

    neurons = [neuron for layer in network for neuron in layer]
    return Problem.live(loss, no_gradient, {f"n{i}": ref(neuron, "weights") for i, neuron in enumerate(neurons)})


def matrix_of_lists() -> Problem:
    def loss(p: Any) -> Any:
        total = 0
        for row, target in zip(X.tolist(), Y.tolist(), strict=True):
            hidden = [math.tanh(sum(w * x for w, x in zip(column, row, strict=True))) for column in p["W1"]]
            out = sum(h * w for h, w in zip(hidden, p["w2"], strict=True)) + p["b"]
            total += (out - target[0]) ** 2
        return total / len(X)

    return Problem(loss, no_gradient, {"W1": normal(3, 2).tolist(), "w2": normal(3).tolist(), "b": 0.3})


# --- one sample at a time, arrays made beforehand, names imported from NumPy


def preallocated() -> Problem:
    def loss(p: Any) -> Any:
        hidden = zeros((len(X), 3))
        out = np.empty(len(X))
        errors = np.zeros_like(out)
        for i in range(len(X)):
            for j in range(3):
                hidden[i][j] = math.tanh(float(dot(X[i], p["W1"][:, j])))
            out[i] = hidden[i].dot(p["w2"])
            errors[i] += (out[i] - Y[i, 0]) ** 2
        hidden *= 2.0
        return float(errors.mean() + 0.1 * array([hidden[0, 0], hidden[1, 1]]).sum())

    return Problem(loss, no_gradient, {"W1": normal(2, 3), "w2": normal(3)})


def data_copied_and_filled() -> Problem:
    def loss(w: Any) -> Any:
        A = X.copy()
        A[:, 0] = A[:, 1] * w[0]
        A[0] += w
        B = A.T
        B[1] *= w[1]
        return np.sum(A**2)

    return Problem(loss, no_gradient, normal(2))


# --- a flat vector of parameters, (cost, gradient) style


def flat_theta() -> Problem:
    def cost(theta: Any) -> Any:
        Theta1 = np.reshape(theta[:9], (3, 3), order="F")
        Theta2 = theta[9:].reshape(1, 4)
        m = X.shape[0]
        a1 = np.hstack((np.ones((m, 1)), X))
        a2 = np.c_[np.ones((m, 1)), sigmoid(a1.dot(Theta1.T))]
        h = sigmoid(a2.dot(Theta2.T))
        J = 1.0 / m * (-Y.T.dot(np.log(h)) - (1 - Y).T.dot(np.log(1 - h)))
        reg = 0.5 / m * (np.sum(np.square(Theta1[:, 1:])) + np.sum(np.square(Theta2[:, 1:])))
        return J[0][0] + reg

    return Problem(cost, no_gradient, normal(13))


def flat_theta_with_stored_views() -> Problem:
    class Net:
        def __init__(self) -> None:
            self.theta = normal(9)
            self.W1, self.w2 = self.theta[:6].reshape(2, 3), self.theta[6:]

        def loss(self) -> Any:
            return np.mean((np.tanh(X @ self.W1) @ self.w2 - Y[:, 0]) ** 2)

    net = Net()
    return Problem.live(net.loss, no_gradient, {"theta": net.theta})


# --- CS231n: a dict of parameters, softmax by fancy indexing, regularisation


def fancy_softmax() -> Problem:
    class Net:
        def __init__(self) -> None:
            self.params = {"W1": normal(2, 4), "b1": normal(4), "W2": normal(4, 3), "b2": normal(3)}

        def loss(self, X: Any, y: Any = None, reg: float = 0.1) -> Any:
            W1, b1 = self.params["W1"], self.params["b1"]
            W2, b2 = self.params["W2"], self.params["b2"]
            N, _D = X.shape
            hidden = np.maximum(0, X.dot(W1) + b1)
            scores = hidden.dot(W2) + b2
            scores -= np.max(scores, axis=1, keepdims=True)
            exp_scores = np.exp(scores)
            probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
            correct_logprobs = -np.log(probs[range(N), y])
            data_loss = np.sum(correct_logprobs) / N
            return data_loss + 0.5 * reg * np.sum(W1 * W1) + 0.5 * reg * np.sum(W2 * W2)

    net = Net()
    return Problem.live(lambda: net.loss(X, LABELS), no_gradient, net.params)


# --- Nielsen: column vectors, lists zipped, one sample a call


def column_vectors() -> Problem:
    class Network:
        def __init__(self) -> None:
            self.biases = [normal(y, 1) for y in (3, 1)]
            self.weights = [normal(y, x) for x, y in ((2, 3), (3, 1))]

        def feedforward(self, a: Any) -> Any:
            for b, w in zip(self.biases, self.weights, strict=True):
                a = sigmoid(np.dot(w, a) + b)
            return a

        def total_cost(self) -> Any:
            cost = 0.0
            for x, y in zip(X, Y, strict=True):
                a = self.feedforward(x.reshape(2, 1))
                cost += 0.5 * np.linalg.norm(a - y.reshape(1, 1)) ** 2 / len(X)
            return cost

    net = Network()
    params = {f"w{i}": w for i, w in enumerate(net.weights)} | {f"b{i}": b for i, b in enumerate(net.biases)}
    return Problem.live(net.total_cost, no_gradient, params)


# --- layer objects, closures, partials, slots, tuples, tied weights, properties, globals


class Dense:
    __slots__ = ("_weights", "output")

    def __init__(self, *shape: int) -> None:
        self._weights = normal(*shape)

    @property
    def weights(self) -> Any:
        return self._weights

    def forward(self, x: Any) -> Any:
        self.output = x.dot(self.weights)
        return self.output


def layer_objects() -> Problem:
    layers = (Dense(2, 4), Dense(4, 1))

    def loss() -> Any:
        value = X
        for layer in layers:
            value = np.tanh(layer.forward(value))
        return ((value - Y) ** 2).mean()

    return Problem.live(loss, no_gradient, {f"W{i}": layer.weights for i, layer in enumerate(layers)})


def inherited_layers() -> Problem:
    class Layer:
        def __init__(self, *shape: int) -> None:
            self.W = normal(*shape)

        def forward(self, x: Any) -> Any:
            return x.dot(self.W)

    class Activated(Layer):
        def forward(self, x: Any) -> Any:
            return np.tanh(super().forward(x))

    layers = {"first": Activated(2, 3), "last": Layer(3, 1)}

    def loss() -> Any:
        return np.sum((layers["last"].forward(layers["first"].forward(X)) - Y) ** 2)

    return Problem.live(loss, no_gradient, {name: layer.W for name, layer in layers.items()})


def numbers_by_reference() -> Problem:
    class Line:
        def __init__(self) -> None:
            self.slope, self.offsets = 0.4, [0.1, 0.2]

        def loss(self) -> Any:
            return sum(
                (self.slope * x + self.offsets[0] * self.offsets[1] - y) ** 2 for (x, _), (y,) in zip(X, Y, strict=True)
            )

    line = Line()
    return Problem.live(line.loss, no_gradient, {"slope": ref(line, "slope"), "offsets": ref(line, "offsets")})


def partial_application() -> Problem:
    weight = normal(2, 1)

    def loss(w: Any, *, scale: Any) -> Any:
        return np.sum(sigmoid(X @ w) * scale)

    return Problem.live(functools.partial(loss, weight, scale=weight[0]), no_gradient, {"w": weight})


def tied_weights() -> Problem:
    weight = normal(2, 3)
    decoder = weight.T
    return Problem.live(lambda: np.sum((np.tanh(X @ weight) @ decoder - X) ** 2), no_gradient, {"w": weight})


def batch_normalisation() -> Problem:
    def loss(p: Any) -> Any:
        z = X @ p["W"]
        mu, var = z.mean(axis=0), z.var(axis=0)
        hat = (z - mu) / np.sqrt(var + 1e-5)
        return np.sum((p["gamma"] * hat + p["beta"]) ** 3) + np.std(z, axis=0).sum()

    return Problem(loss, no_gradient, {"W": normal(2, 3), "gamma": normal(3), "beta": normal(3)})


def recurrent() -> Problem:
    def loss(p: Any) -> Any:
        hs = {-1: np.zeros((3, 1))}
        total = 0
        for t in range(4):
            x = np.zeros((2, 1))
            x[t % 2] = 1
            hs[t] = np.tanh(np.dot(p["Wxh"], x) + np.dot(p["Whh"], hs[t - 1]) + p["bh"])
            ps = np.exp(hs[t]) / np.sum(np.exp(hs[t]))
            total += -np.log(ps[t % 3, 0])
        return total

    return Problem(loss, no_gradient, {"Wxh": normal(3, 2), "Whh": normal(3, 3), "bh": normal(3, 1)})


def convolution() -> Problem:
    image = normal(5, 5)

    def loss(kernel: Any) -> Any:
        out = np.zeros((3, 3))
        for i in range(3):
            for j in range(3):
                out[i, j] = np.sum(image[i : i + 3, j : j + 3] * kernel)
        pooled = out.reshape(-1).max()
        return np.sum(np.where(out > 0, out, 0.1 * out)) + pooled

    return Problem(loss, no_gradient, normal(3, 3))


def vectorised_by_numpy() -> Problem:
    squash = np.vectorize(lambda x: 1.0 / (1.0 + math.exp(-x)))
    return Problem(lambda w: np.mean((squash(np.dot(X, w)) - Y) ** 2), no_gradient, normal(2, 1))


def loss_of_one_entry() -> Problem:
    return Problem(lambda w: (X @ w).T @ (X @ w), no_gradient, normal(2, 1))


FORMS = {
    "pure python": pure_python,
    "matrix of lists": matrix_of_lists,
    "preallocated": preallocated,
    "data copied and filled": data_copied_and_filled,
    "flat theta": flat_theta,
    "flat theta, stored views": flat_theta_with_stored_views,
    "fancy softmax": fancy_softmax,
    "column vectors": column_vectors,
    "layer objects": layer_objects,
    "inheritance": inherited_layers,
    "numbers by reference": numbers_by_reference,
    "partial": partial_application,
    "tied weights": tied_weights,
    "batch normalisation": batch_normalisation,
    "recurrent": recurrent,
    "convolution": convolution,
    "np.vectorize": vectorised_by_numpy,
    "loss of shape (1, 1)": loss_of_one_entry,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_traced_gradient_is_the_central_difference(form: str, assert_differentiated: Any) -> None:
    """Every entry of every block."""
    traced = assert_differentiated(FORMS[form]())
    assert any(np.any(part) for part in traced)


def test_parameter_that_the_loss_ignores_has_gradient_zero() -> None:
    """Not an absent block: the derivative is known."""
    problem = Problem(lambda p: np.sum(p["used"] ** 2), no_gradient, {"used": normal(2), "unused": normal(3, 1)})
    used, unused = true_gradient(problem.driver, problem.values())
    np.testing.assert_array_equal(used, 2 * problem.values()[0])
    np.testing.assert_array_equal(unused, np.zeros((3, 1)))


def test_loss_that_ignores_every_parameter_has_gradient_zero() -> None:
    """A constant loss is a right answer too."""
    problem = Problem(lambda _: 3.0, no_gradient, {"w": normal(2)})
    np.testing.assert_array_equal(true_gradient(problem.driver, problem.values())[0], np.zeros(2))


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_low_precision_is_differentiated_in_float64(dtype: Any) -> None:
    """Casts to lower precision are passed through, so that the derivative is exact."""
    weight = normal(2, 3).astype(dtype)
    data = X.astype(dtype)

    def loss(w: Any) -> Any:
        hidden = np.tanh(data.astype(dtype) @ w.astype(dtype))
        return np.mean(np.float32(hidden), dtype=np.float32)

    problem = Problem(loss, no_gradient, weight)
    (found,) = true_gradient(problem.driver, problem.values())
    wide = np.tanh(data.astype(np.float64) @ weight.astype(np.float64))
    expected = data.astype(np.float64).T @ (1 - wide**2) / wide.size
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_ties_of_maximum_share_the_adjoint() -> None:
    """The convention at a kink, as documented."""
    problem = Problem(lambda w: np.sum(np.maximum(0.0, w)), no_gradient, np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(true_gradient(problem.driver, problem.values())[0], [0.0, 0.5, 1.0])
