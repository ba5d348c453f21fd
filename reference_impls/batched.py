"""Gradient descent of many small networks at once, one for each seed.

Every array has a leading axis of seeds. What is computed for one seed is what the document's own loop computes,
up to rounding; what differs between documents (the output layer's delta) is a parameter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from reference_impls.arrays import FloatArray, Progress, no_progress

__all__ = ["Activation", "Ensemble", "OutputDelta", "Recipe", "descend", "forward", "in_chunks"]

Activation: TypeAlias = Literal["linear", "relu", "sigmoid", "tanh"]
OutputDelta: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]
Observer: TypeAlias = Callable[[int, FloatArray], None]


@dataclass(slots=True, kw_only=True)
class Ensemble:
    """The parameters and data of one network per seed.

    Attributes
    ----------
    weights : list of ndarray of shape (seeds, fan_in, fan_out)
    biases : list of ndarray of shape (seeds, 1, fan_out)
        Both are changed in place by `descend`.
    x : ndarray of shape (seeds, batch, features) or (1, batch, features)
    y : ndarray of shape (seeds, batch, outputs) or (1, batch, outputs)
        A leading axis of one shares the data among all seeds.
    """

    weights: list[FloatArray]
    biases: list[FloatArray]
    x: FloatArray
    y: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the networks of an ensemble are trained.

    Attributes
    ----------
    hidden, output : {'linear', 'relu', 'sigmoid', 'tanh'}
        Activations.
    output_delta : callable
        ``output_delta(a, y)`` is what the document's backward pass starts from at the output's pre-activation, all
        its constant factors included, shape ``(seeds, batch, outputs)``.
    learning_rate : float
        Step size, dimensionless.
    epochs : int
        Full-batch steps.
    """

    hidden: Activation
    output: Activation
    output_delta: OutputDelta
    learning_rate: float
    epochs: int


def forward(ensemble: Ensemble, recipe: Recipe) -> FloatArray:
    """Return the outputs of every network, shape ``(seeds, batch, outputs)``."""
    return _forward(ensemble, recipe)[-1]


def descend(
    ensemble: Ensemble,
    recipe: Recipe,
    *,
    observe: Observer | None = None,
    every: int = 1,
    progress: Progress = no_progress,
) -> FloatArray:
    """Train all networks in place by full-batch gradient descent.

    Parameters
    ----------
    ensemble : Ensemble
        Changed in place.
    recipe : Recipe
        Activations, delta, rate and epochs.
    observe : callable, optional
        Receives the epoch and the outputs before its update, every `every` epochs.
    every : int
        See `observe`.
    progress : callable
        Receives the epochs done and their total, about a hundred times.

    Returns
    -------
    ndarray of shape (seeds, batch, outputs)
        Outputs after the last update.
    """
    stride = max(1, recipe.epochs // 100)
    for epoch in range(recipe.epochs):
        activations = _forward(ensemble, recipe)
        if observe is not None and epoch % every == 0:
            observe(epoch, activations[-1])
        _step(ensemble, recipe, activations)
        if (epoch + 1) % stride == 0 or epoch + 1 == recipe.epochs:
            progress(epoch + 1, recipe.epochs)
    return forward(ensemble, recipe)


def in_chunks(
    run: Callable[[Sequence[int], Progress], FloatArray],
    seeds: Sequence[int],
    *,
    size: int,
    progress: Progress | None,
) -> FloatArray:
    """Run a claim's experiment over chunks of seeds, small enough for the processor's cache.

    Parameters
    ----------
    run : callable
        ``run(seeds, progress)`` returns one value a seed.
    seeds : sequence of int
        All seeds.
    size : int
        Seeds a chunk.
    progress : callable or None
        Receives done and total of the whole, in hundredths of a chunk.

    Returns
    -------
    ndarray of shape (seeds,)
    """
    chunks = [seeds[start : start + size] for start in range(0, len(seeds), size)]
    results: list[FloatArray] = []
    for number, chunk in enumerate(chunks):

        def report(done: int, total: int, before: int = number) -> None:
            if progress is not None:
                progress(100 * before + 100 * done // total, 100 * len(chunks))

        results.append(run(chunk, report))
        if progress is not None:
            progress(100 * (number + 1), 100 * len(chunks))
    return np.concatenate(results) if results else np.empty(0)


def _forward(ensemble: Ensemble, recipe: Recipe) -> list[FloatArray]:
    """Return the inputs and the activations of every layer."""
    activations = [ensemble.x]
    last = len(ensemble.weights) - 1
    for layer, (weight, bias) in enumerate(zip(ensemble.weights, ensemble.biases, strict=True)):
        z = np.matmul(activations[-1], weight)
        z += bias
        activations.append(_activate_in_place(z, recipe.output if layer == last else recipe.hidden))
    return activations


def _step(ensemble: Ensemble, recipe: Recipe, activations: list[FloatArray]) -> None:
    """Pass the error back from the output and update every layer; the error passes through the old weights."""
    delta = recipe.output_delta(activations[-1], ensemble.y)
    for layer in range(len(ensemble.weights) - 1, -1, -1):
        grad_weight = np.matmul(activations[layer].swapaxes(1, 2), delta)
        grad_bias = np.sum(delta, axis=1, keepdims=True)
        if layer > 0:
            delta = np.matmul(delta, ensemble.weights[layer].swapaxes(1, 2))
            _multiply_by_derivative(delta, activations[layer], recipe.hidden)
        grad_weight *= recipe.learning_rate
        grad_bias *= recipe.learning_rate
        ensemble.weights[layer] -= grad_weight
        ensemble.biases[layer] -= grad_bias


def _activate_in_place(z: FloatArray, activation: Activation) -> FloatArray:
    """Overwrite pre-activations by activations."""
    if activation == "relu":
        np.maximum(z, 0.0, out=z)
    elif activation == "tanh":
        np.tanh(z, out=z)
    elif activation == "sigmoid":
        # clipping keeps exp from overflowing; at 700 the sigmoid is within 1e-304 of its limit
        np.clip(z, -700.0, 700.0, out=z)
        np.negative(z, out=z)
        np.exp(z, out=z)
        z += 1.0
        np.reciprocal(z, out=z)
    return z


def _multiply_by_derivative(delta: FloatArray, activation: FloatArray, kind: Activation) -> None:
    """Multiply a delta in place by the activation's derivative, computed from the activation."""
    if kind == "relu":
        delta *= activation > 0
    elif kind == "tanh":
        delta *= 1.0 - activation * activation
    elif kind == "sigmoid":
        delta *= activation
        delta *= 1.0 - activation
