"""A network whose training steps are written in every way that learners write them."""

# ruff: noqa: ARG002, D102, PLW2901 - the steps are named for what they do, and update in place as learners do

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gradcheck import ref

Array = npt.NDArray[Any]


class Net:
    """Tanh layers, mean square; ``W`` and ``b`` are lists of arrays; each method but the first few is one step."""

    def __init__(
        self, sizes: tuple[int, ...] = (3, 5, 4, 2), *, dtype: Any = np.float64, scale: float = 1.0, size: float = 1.0
    ) -> None:
        rng = np.random.default_rng(0)
        self.X = rng.standard_normal((6, sizes[0])).astype(dtype)
        self.y = rng.standard_normal((6, sizes[-1])).astype(dtype)
        self.W = [(scale * rng.standard_normal(shape)).astype(dtype) for shape in itertools.pairwise(sizes)]
        self.b = [(0.1 * rng.standard_normal((1, units))).astype(dtype) for units in sizes[1:]]
        self.size, self.lr = size, 0.1

    def params(self) -> dict[str, Any]:
        return {f"W{i}": w for i, w in enumerate(self.W)} | {f"b{i}": b for i, b in enumerate(self.b)}

    def refs(self) -> dict[str, Any]:
        layers = range(len(self.W))
        return {f"W{i}": ref(self.W, i) for i in layers} | {f"b{i}": ref(self.b, i) for i in layers}

    def forward(self, X: Array | None = None) -> Array:
        self.a = [self.X if X is None else X]
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            z = self.a[-1] @ W + b
            self.a.append(z if layer == len(self.W) - 1 else np.tanh(z))
        return self.a[-1]

    def loss(self) -> Any:
        return self.size * np.mean((self.forward() - self.y) ** 2)

    def grads(self, rows: slice = slice(None)) -> tuple[list[Array], list[Array]]:
        d = self.size * 2.0 * (self.forward(self.X[rows]) - self.y[rows]) / self.y.size
        weights: list[Array] = []
        biases: list[Array] = []
        for layer in reversed(range(len(self.W))):
            weights.insert(0, self.a[layer].T @ d)
            biases.insert(0, d.sum(axis=0, keepdims=True))
            if layer:
                d = d @ self.W[layer].T * (1.0 - self.a[layer] ** 2)
        return weights, biases

    def gradient(self) -> dict[str, Array]:
        weights, biases = self.grads()
        return {f"W{i}": g for i, g in enumerate(weights)} | {f"b{i}": g for i, g in enumerate(biases)}

    def _pairs(self, rows: slice = slice(None)) -> list[tuple[Array, Array]]:
        weights, biases = self.grads(rows)
        return list(zip([*self.W, *self.b], [*weights, *biases], strict=True))

    def plain(self, lr: float) -> None:
        for p, g in self._pairs():
            p -= lr * g

    def rebind_items(self, lr: float) -> None:
        weights, biases = self.grads()
        for i in range(len(self.W)):
            self.W[i] = self.W[i] - lr * weights[i]
            self.b[i] = self.b[i] - lr * biases[i]

    def rebind_lists(self, lr: float) -> None:
        weights, biases = self.grads()
        self.W = [W - lr * g for W, g in zip(self.W, weights, strict=True)]
        self.b = [b - lr * g for b, g in zip(self.b, biases, strict=True)]

    def wrong_order(self, lr: float) -> None:
        d = self.size * 2.0 * (self.forward() - self.y) / self.y.size
        for layer in reversed(range(len(self.W))):
            gradient, bias = self.a[layer].T @ d, d.sum(axis=0, keepdims=True)
            self.W[layer] -= (lr * gradient).astype(self.W[layer].dtype)
            self.b[layer] -= (lr * bias).astype(self.W[layer].dtype)
            if layer:
                d = d @ self.W[layer].T * (1.0 - self.a[layer] ** 2)

    def samples(self, lr: float) -> None:
        for i in range(len(self.X)):
            for p, g in self._pairs(slice(i, i + 1)):
                p -= lr * g

    def shuffled(self, lr: float) -> None:
        for i in np.random.permutation(len(self.X)):  # noqa: NPY002 - what learners write
            for p, g in self._pairs(slice(i, i + 1)):
                p -= lr * g

    def own(self) -> None:
        self.plain(self.lr)

    def own_samples(self) -> None:
        self.samples(self.lr)

    def own_wrong_order(self) -> None:
        self.wrong_order(self.lr)

    def literal(self) -> None:
        self.plain(0.1)

    def literal_wrong_order(self) -> None:
        self.wrong_order(0.1)

    def momentum(self, lr: float) -> None:
        pairs = self._pairs()
        before = getattr(self, "v", [0.0] * len(pairs))
        self.v = [0.9 * v + g for v, (_, g) in zip(before, pairs, strict=True)]
        for (p, _), v in zip(pairs, self.v, strict=True):
            p -= lr * v

    def adam(self, lr: float) -> None:
        pairs = self._pairs()
        if not hasattr(self, "m"):
            self.m, self.v, self.t = [0 * g for _, g in pairs], [0 * g for _, g in pairs], 0
        self.t += 1
        for (p, g), m, v in zip(pairs, self.m, self.v, strict=True):
            m[...] = 0.9 * m + 0.1 * g
            v[...] = 0.999 * v + 0.001 * g * g
            p -= lr * (m / (1 - 0.9**self.t)) / (np.sqrt(v / (1 - 0.999**self.t)) + 1e-8)

    def rmsprop(self, lr: float) -> None:
        pairs = self._pairs()
        if not hasattr(self, "v"):
            self.v = [0 * g for _, g in pairs]
        for (p, g), v in zip(pairs, self.v, strict=True):
            v[...] = 0.9 * v + 0.1 * g * g
            p -= lr * g / (np.sqrt(v) + 1e-8)

    def sign_descent(self, lr: float) -> None:
        for p, g in self._pairs():
            p -= lr * np.sign(g)

    def schedule(self, lr: float) -> None:
        self.t = getattr(self, "t", -1) + 1
        self.plain(lr / (1.0 + 0.5 * self.t))

    def accumulate(self, lr: float) -> None:
        pairs = self._pairs()
        before = getattr(self, "sums", [0.0] * len(pairs))
        self.sums = [s + g for s, (_, g) in zip(before, pairs, strict=True)]
        for (p, _), s in zip(pairs, self.sums, strict=True):
            p -= lr * s

    def decay(self, lr: float) -> None:
        pairs = self._pairs()
        for position, (p, g) in enumerate(pairs):
            p -= lr * (g + (0.01 * p if position < len(self.W) else 0.0))

    def decoupled_decay(self, lr: float) -> None:
        pairs = self._pairs()
        for W in self.W:
            W *= 1.0 - 0.001
        for p, g in pairs:
            p -= lr * g

    def decay_after(self, lr: float) -> None:
        self.plain(lr)
        for W in self.W:
            W *= 1.0 - lr * 0.01

    def projects(self, lr: float) -> None:
        """Not even a step of rate zero leaves the weights alone."""
        self.plain(lr)
        for W in self.W:
            np.clip(W, -0.5, 0.5, out=W)

    def grows_whatever(self, lr: float) -> None:
        self.plain(lr)
        for W in self.W:
            W *= 1.001

    def clipped(self, lr: float) -> None:
        pairs = self._pairs()
        norm = np.sqrt(sum((g**2).sum() for _, g in pairs))
        for p, g in pairs:
            p -= lr * g / norm * 0.01

    def loose_clip(self, lr: float) -> None:
        for p, g in self._pairs():
            p -= lr * np.clip(g, -1e6, 1e6)

    def uphill(self, lr: float) -> None:
        self.plain(-lr)

    def bounded_weights(self, lr: float) -> None:
        self.plain(lr)
        for W in self.W:
            np.clip(W, -6.0, 6.0, out=W)

    def small_rates_only(self, lr: float) -> None:
        if lr > 0.5:
            message = "lr is too large"
            raise ValueError(message)
        self.plain(lr)

    def own_rate_only(self, lr: float) -> None:
        if lr != 0.1:
            message = "lr is 0.1 here"
            raise ValueError(message)
        self.plain(lr)

    def nothing(self, lr: float) -> None:
        """No update at all."""

    def raises(self, lr: float) -> None:
        message = "boom"
        raise RuntimeError(message)

    def grows_bias(self, lr: float) -> None:
        d = 2.0 * (self.forward() - self.y) / self.y.size
        self.plain(lr)
        self.b[-1] = self.b[-1] - lr * d

    def other_shape(self, lr: float) -> None:
        self.plain(lr)
        self.W[0] = np.zeros((7, 7))


@pytest.fixture
def net() -> Net:
    """Layers of 3, 5, 4 and 2 units, six samples."""
    return Net()


@pytest.fixture
def make_net() -> type[Net]:
    """The same with other sizes, dtypes and scales."""
    return Net
