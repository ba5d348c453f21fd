"""Document 000 put right: the loss from the logits, so that it needs no epsilon and its gradient is exact.

Data, initialisation and update are the published ones. The gradient formula is too: it was always that of the
cross-entropy without the epsilon.
"""

import numpy as np

from reference_impls.arrays import FloatArray, Params, Report, Rng, no_report
from reference_impls.document_000.published import (
    backward_propagation,
    generate_data,
    initialize_parameters,
    relu,
    update_parameters,
)
from reference_impls.stable import bce_from_logits, sigmoid

__all__ = [
    "backward_propagation",
    "compute_loss",
    "forward_propagation",
    "generate_data",
    "initialize_parameters",
    "predict",
    "relu",
    "sigmoid",
    "train_network",
    "update_parameters",
]


def forward_propagation(x: FloatArray, parameters: Params) -> tuple[FloatArray, Params]:
    """Compute probabilities by a sigmoid that does not overflow; arguments and results as published."""
    z1 = np.dot(x, parameters["W1"]) + parameters["b1"]
    a1 = relu(z1)
    z2 = np.dot(a1, parameters["W2"]) + parameters["b2"]
    a2 = sigmoid(z2)
    return a2, {"Z1": z1, "A1": a1, "Z2": z2, "A2": a2}


def compute_loss(z2: FloatArray, y: FloatArray) -> float:
    """Return the binary cross-entropy in nats from the logits, summed over outputs and averaged over the batch.

    Parameters
    ----------
    z2 : ndarray of shape (batch, outputs)
        Pre-activations of the output layer (the published function takes probabilities).
    y : ndarray of shape (batch, outputs)
        Targets in [0, 1].

    Returns
    -------
    float
        Never negative, finite for every finite logit.
    """
    return float(np.sum(bce_from_logits(z2, y)) / y.shape[0])


def train_network(
    x: FloatArray,
    y: FloatArray,
    n_hidden: int,
    num_epochs: int = 10000,
    learning_rate: float = 0.1,
    *,
    rng: Rng,
    report: Report = no_report,
) -> tuple[Params, FloatArray]:
    """Train as published, with the loss from the logits; arguments and results as published."""
    parameters = initialize_parameters(x.shape[1], n_hidden, y.shape[1], rng=rng)
    losses = np.empty(num_epochs)
    for epoch in range(num_epochs):
        _, cache = forward_propagation(x, parameters)
        losses[epoch] = compute_loss(cache["Z2"], y)
        gradients = backward_propagation(parameters, cache, x, y)
        parameters = update_parameters(parameters, gradients, learning_rate)
        if epoch % 1000 == 0:
            report(epoch, float(losses[epoch]))
    if num_epochs:
        report(num_epochs, float(losses[-1]))
    return parameters, losses


def predict(parameters: Params, x: FloatArray) -> FloatArray:
    """Return classes 0 and 1, shape ``(batch, outputs)``: one where the logit is positive."""
    _, cache = forward_propagation(x, parameters)
    return (cache["Z2"] > 0).astype(np.float64)
