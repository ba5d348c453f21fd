"""Forward passes as learners write them, each with the shapes of its parameters and what it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

__all__ = ["FORMS", "LABELS", "Form", "X", "Y"]

M, N, H, K = 5, 3, 4, 2
RNG = np.random.default_rng(0)
X = RNG.standard_normal((M, N))
Y = (RNG.random((M, K)) > 0.5) * 1.0
LABELS = RNG.integers(0, 3, M)
MASK = np.random.default_rng(1).random((M, H)) < 0.6
ROWS = {"W1": (N, H), "b1": (H,), "W2": (H, K), "b2": (K,)}
COLUMNS = {"W1": (H, N), "b1": (H, 1), "W2": (K, H), "b2": (K, 1)}
THREE = {"W1": (N, H), "b1": (H,), "W2": (H, 3), "b2": (3,)}


@dataclass(frozen=True, kw_only=True)
class Form:
    """One forward pass: its loss, and what a reader should find."""

    loss: Callable[[Any], Any]
    shapes: Mapping[str, tuple[int, ...]]
    activations: tuple[str, ...]
    kind: str = "mse"
    scale: float = 1 / (M * K)
    transposed: bool = False
    penalised: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    features: int = N


FORMS: dict[str, Form] = {}


def form(shapes: Mapping[str, tuple[int, ...]], *activations: str, **expected: Any) -> Callable[[Any], Any]:
    """Enter a loss in the table."""

    def enter(loss: Callable[[Any], Any]) -> Callable[[Any], Any]:
        FORMS[loss.__name__] = Form(loss=loss, shapes=shapes, activations=activations, **expected)
        return loss

    return enter


def sig(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


@form(ROWS, "tanh", "sigmoid")
def minus_bias(p: Any) -> Any:
    return np.mean((sig(np.tanh(X @ p["W1"] - p["b1"]) @ p["W2"] - p["b2"]) - Y) ** 2)


@form({"W1": (N, H), "b1": (1, H), "W2": (H, K), "b2": ()}, "tanh", "sigmoid", scale=0.5)
def row_bias_and_one_number(p: Any) -> Any:
    return np.sum((expit(np.tanh(X.dot(p["W1"]) + p["b1"]).dot(p["W2"]) + p["b2"]) - Y) ** 2) / 2


@form(COLUMNS, "leaky-relu", "sigmoid", kind="bce", transposed=True)
def columns(p: Any) -> Any:
    Z1 = np.dot(p["W1"], X.T) + p["b1"]
    A1 = np.where(Z1 > 0, Z1, 0.01 * Z1)
    A2 = sig(p["W2"] @ A1 + p["b2"])
    return -np.mean(Y.T * np.log(A2) + (1 - Y.T) * np.log(1 - A2))


@form(COLUMNS, "sigmoid", "sigmoid", transposed=True, scale=0.5 / M)
def one_column_after_the_other(p: Any) -> Any:
    total = 0
    for x, y in zip(X, Y, strict=True):
        a = sig(p["W1"] @ x.reshape(-1, 1) + p["b1"])
        a = sig(np.dot(p["W2"], a) + p["b2"])
        total += 0.5 * np.sum((a - y.reshape(-1, 1)) ** 2)
    return total / len(X)


@form(ROWS, "relu", "linear", scale=1 / M)
def one_vector_after_the_other(p: Any) -> Any:
    total = 0
    for i in range(M):
        z = np.dot(X[i], p["W1"]) + p["b1"]
        o = np.dot(z * (z > 0), p["W2"]) + p["b2"]
        total += np.sum((Y[i] - o) ** 2)
    return total / M


@form({"W1": (H, N), "b1": (H,), "W2": (K, H), "b2": (K,)}, "sigmoid", "sigmoid", transposed=True, scale=0.5)
def norms_of_vectors(p: Any) -> Any:
    total = 0
    for x, y in zip(X, Y, strict=True):
        a = sig(p["W1"].dot(x) + p["b1"])
        total += 0.5 * np.linalg.norm(sig(p["W2"].dot(a) + p["b2"]) - y) ** 2
    return total


@form(THREE, "relu", "softmax", kind="ce", scale=1 / M)
def class_numbers(p: Any) -> Any:
    z = np.maximum(0, X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    q = e / np.sum(e, axis=1, keepdims=True)
    return -np.mean(np.log(q[np.arange(M), LABELS] + 1e-9))


@form(THREE, "relu", "softmax", kind="ce", scale=1.0)
def one_hot(p: Any) -> Any:
    z = np.maximum(0, X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    q = np.exp(z) / np.exp(z).sum(1)[:, None]
    return -np.sum(np.eye(3)[LABELS] * np.log(q))


@form(THREE, "tanh", "softmax", kind="ce", scale=1 / M)
def logits_alone(p: Any) -> Any:
    z = np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(M), LABELS])


@form({"W1": (N + 1, H), "W2": (H + 1, K)}, "tanh", "linear")
def bias_column(p: Any) -> Any:
    A1 = np.tanh(np.c_[X, np.ones(M)] @ p["W1"])
    return np.mean((np.hstack([A1, np.ones((M, 1))]) @ p["W2"] - Y) ** 2)


def _course(T1: Any, T2: Any) -> Any:
    A1 = sig(np.insert(X, 0, 1, axis=1) @ T1.T)
    o = sig(np.concatenate((np.ones((M, 1)), A1), axis=1) @ T2.T)
    penalty = 0.3 / (2 * M) * (np.sum(T1[:, 1:] ** 2) + np.sum(T2[:, 1:] ** 2))
    return np.sum(-Y * np.log(o) - (1 - Y) * np.log(1 - o)) / M + penalty


@form(
    {"T1": (H, N + 1), "T2": (K, H + 1)}, "sigmoid", "sigmoid",
    kind="bce", scale=1 / M, transposed=True, penalised=("T1", "T2"),
)  # fmt: skip
def course(p: Any) -> Any:
    return _course(p["T1"], p["T2"])


@form(
    {"theta": (H * (N + 1) + K * (H + 1),)}, "sigmoid", "sigmoid", kind="bce", scale=1 / M, penalised=("theta",)
)  # fmt: skip
def course_flat(p: Any) -> Any:
    theta = p["theta"]
    return _course(theta[: H * (N + 1)].reshape(H, N + 1), theta[H * (N + 1) :].reshape(K, H + 1))


@form(ROWS, "relu", "linear")
def dropout(p: Any) -> Any:
    A = np.maximum(0, X @ p["W1"] + p["b1"]) * MASK / 0.6
    return np.mean((A @ p["W2"] + p["b2"] - Y) ** 2)


@form(ROWS, "tanh", "linear")
def dropout_in_place(p: Any) -> Any:
    A = np.tanh(X @ p["W1"] + p["b1"])
    A *= MASK / 0.6
    return np.mean((A @ p["W2"] + p["b2"] - Y) ** 2)


@form(ROWS, "relu", "linear")
def relu_in_place(p: Any) -> Any:
    Z = X @ p["W1"]
    Z += p["b1"]
    A = Z.copy()
    A[Z < 0] = 0
    return np.mean((A @ p["W2"] + p["b2"] - Y) ** 2)


@form(ROWS, "relu", "linear")
def relu_by_where(p: Any) -> Any:
    Z = X @ p["W1"] + p["b1"]
    return np.mean((np.where(Z > 0, Z, 0.0) @ p["W2"] + p["b2"] - Y) ** 2)


@form(ROWS, "tanh", "sigmoid")
def clipped(p: Any) -> Any:
    z = np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    return np.mean((1 / (1 + np.exp(-np.clip(z, -500, 500))) - Y) ** 2)


@form(
    {"W1": (N, H), "b1": (H,), "W2": (H, 1), "b2": (1,)}, "tanh", "sigmoid", kind="bce", scale=1 / M
)  # fmt: skip
def flattened(p: Any) -> Any:
    o = sig(np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]).flatten()
    return -np.mean(Y[:, 0] * np.log(o) + (1 - Y[:, 0]) * np.log(1 - o))


@form({"W1": (N, H), "b1": (H,), "w2": (H,), "b2": ()}, "tanh", "sigmoid", scale=0.5 / M)
def vector_of_weights(p: Any) -> Any:
    o = sig(np.tanh(X @ p["W1"] + p["b1"]) @ p["w2"] + p["b2"])
    return 0.5 * np.mean((o - Y[:, 0]) ** 2)


@form(ROWS, "tanh", "linear")
def einsum(p: Any) -> Any:
    a = np.tanh(np.einsum("ni,ij->nj", X, p["W1"]) + p["b1"])
    return np.mean((np.einsum("ij,kj->ik", a, p["W2"].T) + p["b2"] - Y) ** 2)


@form({**ROWS, "g": (H,), "s": (H,)}, "unknown", "linear", other=("g", "s"))
def batch_norm(p: Any) -> Any:
    z = X @ p["W1"] + p["b1"]
    n = (z - z.mean(0)) / np.sqrt(z.var(0) + 1e-5)
    return np.mean((np.maximum(0, p["g"] * n + p["s"]) @ p["W2"] + p["b2"] - Y) ** 2)


@form(ROWS, "elu", "scaled-sigmoid")
def elu_and_scaled_tanh(p: Any) -> Any:
    z = X @ p["W1"] + p["b1"]
    a = np.where(z > 0, z, np.exp(z) - 1)
    return np.mean((1.7159 * np.tanh(2 / 3 * (a @ p["W2"] + p["b2"])) - Y) ** 2)


LOOPED = {"w": (H, N), "b": (H,), "v": (K, H), "c": (K,)}


@form(LOOPED, "sigmoid", "sigmoid", transposed=True, scale=1 / M)
def loops_over_numbers(p: Any) -> Any:
    total = 0.0
    for i in range(M):
        hidden = []
        for j in range(H):
            s = p["b"][j]
            for q in range(N):
                s += p["w"][j][q] * X[i][q]
            hidden.append(1 / (1 + math.exp(-s)))
        for j in range(K):
            s = 0
            for q in range(H):
                s = s + hidden[q] * p["v"][j, q]
            total += (Y[i][j] - 1 / (1 + math.exp(-(s + p["c"][j])))) ** 2
    return total / M


@form({"W1": (N, H), "b1": (H,), "W2": (H, K), "b2": (K,)}, "sigmoid", "linear")
def bias_times_ones(p: Any) -> Any:
    Z = X @ p["W1"] + np.dot(np.ones((M, 1)), p["b1"].reshape(1, -1))
    return np.mean((sig(Z) @ p["W2"] + p["b2"] - Y) ** 2)


@form({"W1": (N, H), "W2": (H, K)}, "tanh", "linear", scale=1.0)
def sum_of_products(p: Any) -> Any:
    A = np.tanh(np.sum(X[:, :, None] * p["W1"][None], axis=1))
    return np.sum((A @ p["W2"] - Y) ** 2)


@form(ROWS, "leaky-relu", "linear")
def computed_twice(p: Any) -> Any:
    a = np.maximum(0.05 * (X.dot(p["W1"]) + p["b1"]), X.dot(p["W1"]) + p["b1"])
    return np.mean((a @ p["W2"] + p["b2"] - Y) ** 2)


@form(ROWS, "tanh", "linear", penalised=("W1", "W2", "b1"))
def penalties(p: Any) -> Any:
    A = np.tanh(X @ p["W1"] + p["b1"])
    loss = np.mean((A @ p["W2"] + p["b2"] - Y) ** 2)
    return loss + 0.1 * np.sum(np.abs(p["W1"])) + 0.05 * np.linalg.norm(p["W2"]) + 0.1 * (p["b1"] * p["b1"]).sum()
