"""Right gradients of models that are no fully connected networks: one function each, ``seed -> Parts``.

Every derivative is written by hand as a textbook or a learner writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from networks.network import Parts

__all__ = ["MODELS"]

Array = npt.NDArray[Any]


def _sigmoid(z: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-z))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def logistic_regression(seed: int) -> Parts:
    """Mean cross-entropy of labels in {-1, 1}."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((20, 5)), rng.choice([-1.0, 1.0], 20)

    def loss(p: Any) -> Any:
        return np.mean(np.log1p(np.exp(-y * (X @ p["w"] + p["b"]))))

    def gradient(p: Any) -> Any:
        d = -y * _sigmoid(-y * (X @ p["w"] + p["b"])) / len(y)
        return {"w": X.T @ d, "b": d.sum()}

    return Parts(loss, gradient, {"w": rng.standard_normal(5), "b": np.array(0.3)})


def softmax_regression(seed: int) -> Parts:
    """Softmax, log likelihood, integer labels."""
    rng = np.random.default_rng(seed)
    X, labels = rng.standard_normal((15, 4)), rng.integers(3, size=15)

    def loss(W: Array) -> Any:
        z = X @ W
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(15), labels])

    def gradient(W: Array) -> Array:
        p = _softmax(X @ W)
        p[np.arange(15), labels] -= 1.0
        return X.T @ p / 15

    return Parts(loss, gradient, rng.standard_normal((4, 3)))


def convolution(seed: int) -> Parts:
    """One 3 x 3 convolution by loops, ReLU, mean square."""
    rng = np.random.default_rng(seed)
    image, target = rng.standard_normal((7, 7)), rng.standard_normal((5, 5))

    def forward(p: Any) -> Array:
        return np.array(
            [[np.sum(image[i : i + 3, j : j + 3] * p["kernel"]) + p["bias"][0] for j in range(5)] for i in range(5)]
        )

    def loss(p: Any) -> Any:
        return np.mean((np.maximum(forward(p), 0) - target) ** 2)

    def gradient(p: Any) -> Any:
        z = forward(p)
        d = 2.0 * (np.maximum(z, 0) - target) * (z > 0) / target.size
        kernel = np.zeros_like(p["kernel"])
        for i in range(5):
            for j in range(5):
                kernel += d[i, j] * image[i : i + 3, j : j + 3]
        return {"kernel": kernel, "bias": np.array([d.sum()])}

    return Parts(loss, gradient, {"kernel": rng.standard_normal((3, 3)), "bias": rng.standard_normal(1)})


def recurrent(seed: int) -> Parts:
    """A tanh recurrence over six steps, back-propagation through time."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((6, 3, 2)), rng.standard_normal((3, 1))

    def states(p: Any) -> list[Array]:
        h = [np.zeros((3, 4))]
        for x in X:
            h.append(np.tanh(x @ p["Wx"] + h[-1] @ p["Wh"] + p["b"]))
        return h

    def loss(p: Any) -> Any:
        return np.mean((states(p)[-1] @ p["Wo"] - y) ** 2)

    def gradient(p: Any) -> Any:
        h = states(p)
        d = 2.0 * (h[-1] @ p["Wo"] - y) / y.size
        g = {name: np.zeros_like(value) for name, value in p.items()}
        g["Wo"] = h[-1].T @ d
        dh = d @ p["Wo"].T
        for t in range(len(X), 0, -1):
            dz = dh * (1.0 - h[t] ** 2)
            g["Wx"] += X[t - 1].T @ dz
            g["Wh"] += h[t - 1].T @ dz
            g["b"] += dz.sum(axis=0)
            dh = dz @ p["Wh"].T
        return g

    shapes = {"Wx": (2, 4), "Wh": (4, 4), "b": (4,), "Wo": (4, 1)}
    return Parts(loss, gradient, {name: 0.5 * rng.standard_normal(shape) for name, shape in shapes.items()})


def lstm_cell(seed: int) -> Parts:
    """One LSTM cell over three steps."""
    rng = np.random.default_rng(seed)
    X, units = rng.standard_normal((3, 2, 3)), 4

    def run(p: Any) -> list[tuple[Array, ...]]:
        h = c = np.zeros((2, units))
        steps = []
        for x in X:
            joined = np.concatenate([x, h], axis=1)
            z = joined @ p["W"] + p["b"]
            i, f, o = (_sigmoid(z[:, k * units : (k + 1) * units]) for k in range(3))
            g = np.tanh(z[:, 3 * units :])
            before, c = c, f * c + i * g
            h = o * np.tanh(c)
            steps.append((joined, i, f, o, g, before, c, h))
        return steps

    def loss(p: Any) -> Any:
        return 0.5 * np.sum(run(p)[-1][7] ** 2)

    def gradient(p: Any) -> Any:
        steps = run(p)
        W, b = np.zeros_like(p["W"]), np.zeros_like(p["b"])
        dh, dc = steps[-1][7], np.zeros_like(steps[-1][7])
        for joined, i, f, o, g, before, c, _ in reversed(steps):
            t = np.tanh(c)
            dc = dc + dh * o * (1.0 - t**2)
            dz = np.concatenate(
                [dc * g * i * (1 - i), dc * before * f * (1 - f), dh * t * o * (1 - o), dc * i * (1 - g**2)], axis=1
            )
            W += joined.T @ dz
            b += dz.sum(axis=0)
            dh = (dz @ p["W"].T)[:, 3:]
            dc = dc * f
        return {"W": W, "b": b}

    return Parts(loss, gradient, {"W": 0.5 * rng.standard_normal((7, 16)), "b": 0.1 * rng.standard_normal(16)})


def batch_norm(seed: int) -> Parts:
    """Linear layer, batch normalisation with scale and shift, tanh, mean square."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 4))

    def forward(p: Any) -> tuple[Array, Array, Array]:
        z = X @ p["W"]
        centred = z - z.mean(axis=0)
        deviation = np.sqrt(np.mean(centred**2, axis=0) + 1e-5)
        normal = centred / deviation
        return normal, deviation, np.tanh(p["gamma"] * normal + p["beta"])

    def loss(p: Any) -> Any:
        return np.mean((forward(p)[2] - y) ** 2)

    def gradient(p: Any) -> Any:
        normal, deviation, a = forward(p)
        d = 2.0 * (a - y) / y.size * (1.0 - a**2)
        n = d * p["gamma"]
        z = (n - n.mean(axis=0) - normal * np.mean(n * normal, axis=0)) / deviation
        return {"W": X.T @ z, "gamma": np.sum(d * normal, axis=0), "beta": d.sum(axis=0)}

    params = {"W": rng.standard_normal((3, 4)), "gamma": rng.uniform(0.5, 1.5, 4), "beta": rng.standard_normal(4)}
    return Parts(loss, gradient, params)


def attention(seed: int) -> Parts:
    """Scaled dot-product attention of one head, half the sum of squares."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 4))

    def forward(p: Any) -> tuple[Array, ...]:
        q, k, v = X @ p["Wq"], X @ p["Wk"], X @ p["Wv"]
        weights = _softmax(q @ k.T / 2.0)
        return q, k, v, weights, weights @ v

    def loss(p: Any) -> Any:
        return 0.5 * np.sum((forward(p)[4] - y) ** 2)

    def gradient(p: Any) -> Any:
        q, k, v, weights, out = forward(p)
        d = out - y
        dw = d @ v.T
        ds = weights * (dw - np.sum(dw * weights, axis=1, keepdims=True)) / 2.0
        return {"Wq": X.T @ (ds @ k), "Wk": X.T @ (ds.T @ q), "Wv": X.T @ (weights.T @ d)}

    return Parts(loss, gradient, {name: rng.standard_normal((3, 4)) for name in ("Wq", "Wk", "Wv")})


def log_sum_exp(seed: int) -> Parts:
    """``log sum exp`` of a vector, shifted by its largest entry."""
    rng = np.random.default_rng(seed)

    def loss(x: Array) -> Any:
        top = x.max()
        return top + np.log(np.sum(np.exp(x - top)))

    return Parts(loss, _softmax, 3.0 * rng.standard_normal(12))


def matrix_factorisation(seed: int) -> Parts:
    """Half the squared error over the entries that were observed, with ridge."""
    rng = np.random.default_rng(seed)
    ratings, seen = rng.standard_normal((6, 5)), rng.random((6, 5)) < 0.6

    def loss(p: Any) -> Any:
        error = seen * (p[0] @ p[1].T - ratings)
        return 0.5 * np.sum(error**2) + 0.05 * (np.sum(p[0] ** 2) + np.sum(p[1] ** 2))

    def gradient(p: Any) -> Any:
        error = seen * (p[0] @ p[1].T - ratings)
        return [error @ p[1] + 0.1 * p[0], error.T @ p[0] + 0.1 * p[1]]

    return Parts(loss, gradient, [rng.standard_normal((6, 2)), rng.standard_normal((5, 2))])


def embedding(seed: int) -> Parts:
    """Looked-up rows, some of them never: their gradient is zero."""
    rng = np.random.default_rng(seed)
    words, y = rng.integers(6, size=(9, 2)), rng.standard_normal(9)

    def loss(p: Any) -> Any:
        return np.mean((np.sum(p["table"][words], axis=1) @ p["w"] - y) ** 2)

    def gradient(p: Any) -> Any:
        features = np.sum(p["table"][words], axis=1)
        d = 2.0 * (features @ p["w"] - y) / len(y)
        table = np.zeros_like(p["table"])
        for column in range(2):
            np.add.at(table, words[:, column], np.outer(d, p["w"]))
        return {"table": table, "w": features.T @ d}

    return Parts(loss, gradient, {"table": rng.standard_normal((9, 3)), "w": rng.standard_normal(3)})


def rosenbrock(seed: int) -> Parts:
    """The banana function of a plain list of numbers."""
    rng = np.random.default_rng(seed)
    return Parts(
        lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2,
        lambda p: [-2 * (1 - p[0]) - 400 * p[0] * (p[1] - p[0] ** 2), 200 * (p[1] - p[0] ** 2)],
        [float(x) for x in rng.standard_normal(2)],
    )


def scalar(seed: int) -> Parts:
    """One number, ``x**2 sin x``, with Python's own floats."""
    x = float(np.random.default_rng(seed).uniform(0.5, 3.0))
    return Parts(lambda x: x**2 * np.sin(x), lambda x: 2 * x * np.sin(x) + x**2 * np.cos(x), x)


def quadratic(seed: int) -> Parts:
    """A badly conditioned quadratic form (condition 1e6)."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    A = basis @ np.diag(np.logspace(-3, 3, 8)) @ basis.T
    A = 0.5 * (A + A.T)
    return Parts(lambda x: 0.5 * x @ A @ x, lambda x: A @ x, rng.standard_normal(8))


def max_pool(seed: int) -> Parts:
    """Pairs of entries reduced to the larger one: the gradient goes to one of them."""
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(6)

    def loss(x: Array) -> Any:
        return np.sum((x.reshape(6, 2).max(axis=1) - y) ** 2)

    def gradient(x: Array) -> Array:
        pairs = x.reshape(6, 2)
        g = np.zeros_like(pairs)
        rows, top = np.arange(6), pairs.argmax(axis=1)
        g[rows, top] = 2.0 * (pairs[rows, top] - y)
        return g.ravel()

    return Parts(loss, gradient, rng.standard_normal(12))


def huber_and_hinge(seed: int) -> Parts:
    """A hinge loss with a Huber penalty: kinks and joints everywhere."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((12, 4)), rng.choice([-1.0, 1.0], 12)

    def loss(w: Array) -> Any:
        size = np.abs(w)
        penalty = np.where(size < 0.5, 0.5 * w**2, 0.5 * size - 0.125)
        return np.mean(np.maximum(0.0, 1.0 - y * (X @ w))) + 0.1 * np.sum(penalty)

    def gradient(w: Array) -> Array:
        active = (1.0 - y * (X @ w)) > 0
        return -(X.T @ (y * active)) / len(y) + 0.1 * np.clip(w, -0.5, 0.5)

    return Parts(loss, gradient, rng.standard_normal(4))


MODELS: dict[str, Callable[[int], Parts]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        logistic_regression,
        softmax_regression,
        convolution,
        recurrent,
        lstm_cell,
        batch_norm,
        attention,
        log_sum_exp,
        matrix_factorisation,
        embedding,
        rosenbrock,
        scalar,
        quadratic,
        max_pool,
        huber_and_hinge,
    )
}
