"""Code that keeps state: classes that update themselves, accumulators, dropout, batch statistics, right and wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck import Problem
from networks.models import MODELS

__all__ = ["STATEFUL", "Stateful"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stateful:
    """A problem with the verdict that it must get and, where one is due, the finding."""

    name: str
    build: Callable[[], Problem]
    verdict: str
    finding: str | None = None


class _Net:
    """A 3-5-2 tanh network, mean square, that updates its own weights, as learners write it."""

    def __init__(self) -> None:
        rng = np.random.default_rng(4)
        self.X, self.y = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
        self.W1, self.b1 = rng.standard_normal((3, 5)), rng.standard_normal((1, 5))
        self.W2, self.b2 = rng.standard_normal((5, 2)), rng.standard_normal((1, 2))
        self.velocity = np.zeros((3, 5))
        self.grads: dict[str, Array] = {}
        self.mask = np.ones((6, 5))

    def params(self) -> dict[str, Array]:
        return {"W1": self.W1, "b1": self.b1, "W2": self.W2, "b2": self.b2}

    def forward(self) -> Array:
        self.a1 = np.tanh(self.X @ self.W1 + self.b1)
        return self.a1 * self.mask @ self.W2 + self.b2

    def loss(self) -> Any:
        return np.mean((self.forward() - self.y) ** 2)

    def gradient(self, mask: Array | float | None = None) -> dict[str, Array]:
        d2 = 2.0 * (self.forward() - self.y) / self.y.size
        d1 = d2 @ self.W2.T * (self.mask if mask is None else mask) * (1.0 - self.a1**2)
        return {
            "W1": self.X.T @ d1,
            "b1": d1.sum(axis=0, keepdims=True),
            "W2": (self.a1 * self.mask).T @ d2,
            "b2": d2.sum(axis=0, keepdims=True),
        }

    def step(self, rate: float) -> None:
        for name, gradient in self.gradient().items():
            getattr(self, name)[...] -= rate * gradient

    def step_in_wrong_order(self, rate: float) -> None:
        """``W2`` is updated before the error passes it."""
        d2 = 2.0 * (self.forward() - self.y) / self.y.size
        self.W2 -= rate * self.a1.T @ d2
        self.b2 -= rate * d2.sum(axis=0, keepdims=True)
        d1 = d2 @ self.W2.T * (1.0 - self.a1**2)
        self.W1 -= rate * self.X.T @ d1
        self.b1 -= rate * d1.sum(axis=0, keepdims=True)

    def step_with_decay(self, rate: float) -> None:
        self.step(rate)
        for name in ("W1", "W2"):
            getattr(self, name)[...] -= rate * 0.1 * getattr(self, name)

    def step_with_momentum(self, rate: float) -> None:
        gradients = self.gradient()
        self.velocity = 0.9 * self.velocity + gradients["W1"]
        self.W1 -= rate * self.velocity

    def step_uphill(self, rate: float) -> None:
        self.step(-rate)

    def accumulate(self) -> dict[str, Array]:
        """``+=`` across calls."""
        for name, gradient in self.gradient().items():
            self.grads[name] = self.grads.get(name, 0.0) + gradient
        return dict(self.grads)


def _update(step: str, **options: Any) -> Callable[[], Problem]:
    def build() -> Problem:
        net = _Net()
        return Problem.from_update(net.loss, getattr(net, step), net.params(), **options)

    return build


def _live(gradient: str = "gradient") -> Callable[[], Problem]:
    def build() -> Problem:
        net = _Net()
        return Problem.live(net.loss, getattr(net, gradient), net.params())

    return build


def _dropout(mask: Callable[[_Net], Any]) -> Callable[[], Problem]:
    """Inverted dropout with keep 0.6; the mask is drawn anew by ``reset`` from one seed."""

    def build() -> Problem:
        net = _Net()

        def reset() -> None:
            net.mask = (np.random.default_rng(8).random((6, 5)) < 0.6) / 0.6

        return Problem.live(net.loss, lambda: net.gradient(mask(net)), net.params(), reset=reset)

    return build


def _unseeded_dropout() -> Problem:
    net = _Net()

    def loss() -> Any:
        noise = np.frombuffer(os.urandom(8), np.uint8) / 255.0
        return net.loss() + float(noise.sum())

    return Problem.live(loss, net.gradient, net.params())


def _mutating() -> Problem:
    """The ReLU writes into its argument, which is the caller's data."""
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))

    def relu(x: Array) -> Array:
        r = x
        r[x < 0] = 0.0
        return r

    def loss(W: Array) -> Any:
        return np.mean((relu(X) @ W - y) ** 2)

    def gradient(W: Array) -> Array:
        return relu(X).T @ (2.0 * (X @ W - y) / y.size)

    return Problem(loss, gradient, rng.standard_normal((3, 2)))


def _batch_norm_without_statistics() -> Problem:
    """Mean and variance are treated as constants in the backward pass."""
    right = MODELS["batch-norm"](0)

    def gradient(p: Any) -> Any:
        rng = np.random.default_rng(0)
        X, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 4))
        z = X @ p["W"]
        deviation = np.sqrt(z.var(axis=0) + 1e-5)
        a = np.tanh(p["gamma"] * (z - z.mean(axis=0)) / deviation + p["beta"])
        n = 2.0 * (a - y) / y.size * (1.0 - a**2) * p["gamma"]
        return {**right.gradient(p), "W": X.T @ (n / deviation)}

    return Problem(right.loss, gradient, right.params)


STATEFUL: tuple[Stateful, ...] = (
    Stateful(name="live", build=_live(), verdict="PASS"),
    Stateful(name="update", build=_update("step"), verdict="PASS"),
    Stateful(name="update uphill, declared", build=_update("step_uphill", sign=-1), verdict="PASS"),
    Stateful(name="update uphill", build=_update("step_uphill"), verdict="FAIL"),
    Stateful(name="updated-weights-used", build=_update("step_in_wrong_order"), verdict="FAIL"),
    Stateful(name="weight decay", build=_update("step_with_decay"), verdict="INVALID", finding="weight-decay"),
    Stateful(name="momentum", build=_update("step_with_momentum"), verdict="INVALID"),
    Stateful(name="gradient-accumulated", build=_live("accumulate"), verdict="FAIL", finding="gradient-accumulated"),
    Stateful(name="dropout", build=_dropout(lambda _: None), verdict="PASS"),
    Stateful(name="dropout-mask-missing", build=_dropout(lambda _: 1.0), verdict="FAIL"),
    Stateful(name="dropout-scale", build=_dropout(lambda net: (net.mask > 0) * 1.0), verdict="FAIL"),
    Stateful(name="nondeterministic", build=_unseeded_dropout, verdict="INVALID", finding="nondeterministic"),
    Stateful(name="input-mutated", build=_mutating, verdict="PASS", finding="input-mutated"),
    Stateful(name="batchnorm-statistics", build=_batch_norm_without_statistics, verdict="FAIL"),
)
