"""Document 003's examples: forward propagation, XOR and two Gaussians, for either form of the network."""

from dataclasses import dataclass

import numpy as np

from reference_impls.arrays import FloatArray, Report, Rng, no_report
from reference_impls.document_003 import published

__all__ = [
    "GAUSSIAN_LAYERS",
    "XOR_LAYERS",
    "BinaryClassification",
    "binary_classification_example",
    "demonstrate_forward_propagation",
    "gaussian_data",
    "solve_xor_problem",
    "standardise",
    "xor_data",
]

XOR_LAYERS = (2, 4, 1)
GAUSSIAN_LAYERS = (2, 8, 4, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryClassification:
    """What the two-Gaussian example leaves behind.

    Attributes
    ----------
    x : ndarray of shape (samples, 2)
        As drawn; the network sees them standardised.
    y, predictions : ndarray of shape (samples, 1)
        Classes, and outputs of the trained network.
    losses : ndarray of shape (epochs,)
        Cross-entropy in nats.
    accuracy : float
        Share of right classes in [0, 1].
    network : published.NeuralNetwork
        The trained network.
    """

    x: FloatArray
    y: FloatArray
    predictions: FloatArray
    losses: FloatArray
    accuracy: float
    network: published.NeuralNetwork


def xor_data() -> tuple[FloatArray, FloatArray]:
    """Return the four inputs of XOR, shape ``(4, 2)``, and their targets, shape ``(4, 1)``."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return x, np.array([[0.0], [1.0], [1.0], [0.0]])


def gaussian_data(n_samples: int = 1000, *, rng: Rng) -> tuple[FloatArray, FloatArray]:
    """Draw two correlated Gaussians, class 0 around (2, 2) and class 1 around (6, 6).

    Returns
    -------
    x : ndarray of shape (n_samples, 2)
        Class 0 first.
    y : ndarray of shape (n_samples, 1)
    """
    half = n_samples // 2
    class_0 = rng.multivariate_normal([2, 2], [[1, 0.5], [0.5, 1]], half)
    class_1 = rng.multivariate_normal([6, 6], [[1, -0.5], [-0.5, 1]], half)
    return np.vstack([class_0, class_1]), np.vstack([np.zeros((half, 1)), np.ones((half, 1))])


def standardise(x: FloatArray) -> FloatArray:
    """Return each column with mean 0 and standard deviation 1, shape of `x`."""
    return np.asarray((x - np.mean(x, axis=0)) / np.std(x, axis=0))


def demonstrate_forward_propagation(
    rng: Rng, *, network: type[published.NeuralNetwork] = published.NeuralNetwork
) -> tuple[FloatArray, list[FloatArray], list[FloatArray]]:
    """Pass XOR's inputs through an untrained network 2-3-1, the text's ``test_forward_propagation``.

    Returns
    -------
    x : ndarray of shape (4, 2)
    activations : list of ndarray
        Inputs, hidden layer (4, 3) and output (4, 1).
    z_values : list of ndarray
        Pre-activations (4, 3) and (4, 1).
    """
    x, _ = xor_data()
    activations, z_values = network([2, 3, 1], "sigmoid", rng=rng).forward_propagation(x)
    return x, activations, z_values


def solve_xor_problem(
    rng: Rng,
    *,
    network: type[published.NeuralNetwork] = published.NeuralNetwork,
    epochs: int = 5000,
    report: Report = no_report,
) -> tuple[published.NeuralNetwork, FloatArray]:
    """Train a network 2-4-1 on XOR: sigmoid, squared error, rate 1.

    Returns
    -------
    network : published.NeuralNetwork
        Trained.
    losses : ndarray of shape (epochs,)
    """
    x, y = xor_data()
    nn = network(XOR_LAYERS, "sigmoid", "mse", rng=rng)
    return nn, nn.train(x, y, epochs, 1.0, report=report)


def binary_classification_example(
    rng: Rng,
    *,
    network: type[published.NeuralNetwork] = published.NeuralNetwork,
    n_samples: int = 1000,
    epochs: int = 2000,
    report: Report = no_report,
) -> BinaryClassification:
    """Train a network 2-8-4-1 on two standardised Gaussians: sigmoid, cross-entropy, rate 0.5.

    The text seeds the global stream with 42 before it draws the data; the weights follow in the same stream.
    """
    x, y = gaussian_data(n_samples, rng=rng)
    normalised = standardise(x)
    nn = network(GAUSSIAN_LAYERS, "sigmoid", "binary_crossentropy", rng=rng)
    losses = nn.train(normalised, y, epochs, 0.5, report=report)
    predictions = nn.predict(normalised)
    accuracy = float(np.mean((predictions > 0.5) == y))
    return BinaryClassification(x=x, y=y, predictions=predictions, losses=losses, accuracy=accuracy, network=nn)
