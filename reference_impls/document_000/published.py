"""Document 000 as published: free functions over a dictionary of parameters.

Kept from the text: its sigmoid, which overflows below about -709 (and then returns the right 0 with a warning), and
its loss ``log(a + 1e-8)``, whose gradient is not exactly the ``a - y`` that the backward pass uses.
Changed: the random stream is a parameter, and what the text prints goes to a callback.
"""

import numpy as np

from reference_impls.arrays import FloatArray, Params, Report, Rng, no_report

__all__ = [
    "EPSILON",
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

EPSILON = 1e-8


def generate_data(n_samples: int = 100, noise: float = 0.1, *, rng: Rng) -> tuple[FloatArray, FloatArray]:
    """Draw two blobs, class 0 around (1, 1) and class 1 around (-1, -1), in random order.

    Parameters
    ----------
    n_samples : int
        Even count of samples of both classes.
    noise : float
        Standard deviation of each coordinate, dimensionless.
    rng : numpy.random.RandomState
        Draws class 0, class 1, then the permutation.

    Returns
    -------
    x : ndarray of shape (n_samples, 2)
    y : ndarray of shape (n_samples, 1)
        Zeros and ones, float64.
    """
    x0 = rng.randn(n_samples // 2, 2) * noise + np.array([1, 1])
    y0 = np.zeros((n_samples // 2, 1))
    x1 = rng.randn(n_samples // 2, 2) * noise + np.array([-1, -1])
    y1 = np.ones((n_samples // 2, 1))
    permutation = rng.permutation(n_samples)
    return np.vstack((x0, x1))[permutation], np.vstack((y0, y1))[permutation]


def initialize_parameters(n_in: int, n_hid: int, n_out: int, *, rng: Rng) -> Params:
    """Draw weights of standard deviation 0.01 (dimensionless) and set biases to zero.

    Returns
    -------
    dict
        ``W1`` (n_in, n_hid), ``b1`` (1, n_hid), ``W2`` (n_hid, n_out), ``b2`` (1, n_out), float64.
    """
    return {
        "W1": rng.randn(n_in, n_hid) * 0.01,
        "b1": np.zeros((1, n_hid)),
        "W2": rng.randn(n_hid, n_out) * 0.01,
        "b2": np.zeros((1, n_out)),
    }


def sigmoid(z: FloatArray) -> FloatArray:
    """Return ``1 / (1 + exp(-z))``; ``exp`` overflows for z below about -709, with a warning and the value 0."""
    return np.asarray(1 / (1 + np.exp(-z)))


def relu(z: FloatArray) -> FloatArray:
    """Return ``max(0, z)``, shape of `z`."""
    return np.asarray(np.maximum(0, z))


def forward_propagation(x: FloatArray, parameters: Params) -> tuple[FloatArray, Params]:
    """Compute the output and keep what the backward pass needs.

    Parameters
    ----------
    x : ndarray of shape (batch, features)
        Inputs.
    parameters : dict
        ``W1, b1, W2, b2``.

    Returns
    -------
    a2 : ndarray of shape (batch, outputs)
        Probabilities in [0, 1].
    cache : dict
        ``Z1``, ``A1`` (batch, hidden) and ``Z2``, ``A2`` (batch, outputs).
    """
    z1 = np.dot(x, parameters["W1"]) + parameters["b1"]
    a1 = relu(z1)
    z2 = np.dot(a1, parameters["W2"]) + parameters["b2"]
    a2 = sigmoid(z2)
    return a2, {"Z1": z1, "A1": a1, "Z2": z2, "A2": a2}


def compute_loss(a2: FloatArray, y: FloatArray) -> float:
    """Return the binary cross-entropy with epsilon, in nats, summed over outputs and averaged over the batch.

    Notes
    -----
    ``-(1/m) sum(y log(a + 1e-8) + (1-y) log(1 - a + 1e-8))``. The epsilon keeps log(0) away, bounds the loss of one
    entry by ``-log(1e-8) = 18.4``, and lets it fall to -1e-8 for a perfect output.
    """
    m = y.shape[0]
    loss = -(1 / m) * np.sum(y * np.log(a2 + EPSILON) + (1 - y) * np.log(1 - a2 + EPSILON))
    return float(np.squeeze(loss))


def backward_propagation(parameters: Params, cache: Params, x: FloatArray, y: FloatArray) -> Params:
    """Return ``dW1, db1, dW2, db2`` with the shapes of the parameters.

    Notes
    -----
    ``dZ2 = A2 - Y`` is the derivative of the cross-entropy without its epsilon: relative to the loss computed by
    `compute_loss` it is too large by about ``epsilon / p`` for a probability p of the true class.
    """
    m = x.shape[0]
    dz2 = cache["A2"] - y
    dw2 = (1 / m) * np.dot(cache["A1"].T, dz2)
    db2 = (1 / m) * np.sum(dz2, axis=0, keepdims=True)
    da1 = np.dot(dz2, parameters["W2"].T)
    dz1 = da1 * (cache["Z1"] > 0)
    dw1 = (1 / m) * np.dot(x.T, dz1)
    db1 = (1 / m) * np.sum(dz1, axis=0, keepdims=True)
    return {"dW1": dw1, "db1": db1, "dW2": dw2, "db2": db2}


def update_parameters(parameters: Params, gradients: Params, learning_rate: float) -> Params:
    """Return new parameters one step of gradient descent further; the old ones stay as they are."""
    return {name: value - learning_rate * gradients[f"d{name}"] for name, value in parameters.items()}


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
    """Initialise a network and train it by full-batch gradient descent.

    Parameters
    ----------
    x : ndarray of shape (batch, features)
    y : ndarray of shape (batch, outputs)
    n_hidden, num_epochs : int
        Hidden units, and steps.
    learning_rate : float
        Step size, dimensionless.
    rng : numpy.random.RandomState
        Draws the initial weights.
    report : callable
        Receives epoch and loss every 1,000 epochs, and at the end the number of epochs and the last loss.

    Returns
    -------
    parameters : dict
    losses : ndarray of shape (num_epochs,)
        Loss before each update, in nats.
    """
    parameters = initialize_parameters(x.shape[1], n_hidden, y.shape[1], rng=rng)
    losses = np.empty(num_epochs)
    for epoch in range(num_epochs):
        a2, cache = forward_propagation(x, parameters)
        losses[epoch] = compute_loss(a2, y)
        gradients = backward_propagation(parameters, cache, x, y)
        parameters = update_parameters(parameters, gradients, learning_rate)
        if epoch % 1000 == 0:
            report(epoch, float(losses[epoch]))
    if num_epochs:
        report(num_epochs, float(losses[-1]))
    return parameters, losses


def predict(parameters: Params, x: FloatArray) -> FloatArray:
    """Return classes 0 and 1, shape ``(batch, outputs)``: one where the probability exceeds 0.5."""
    a2, _ = forward_propagation(x, parameters)
    return (a2 > 0.5).astype(np.float64)
