"""Sigmoid and cross-entropy in forms that neither overflow nor take the logarithm of zero.

The corrected networks share these; each published network keeps its own text's formula.
"""

import numpy as np

from reference_impls.arrays import FloatArray

__all__ = ["bce_from_logits", "log_softmax", "sigmoid", "softmax", "softplus"]


def sigmoid(x: FloatArray) -> FloatArray:
    """Return ``1 / (1 + exp(-x))`` without overflow.

    Parameters
    ----------
    x : ndarray
        Pre-activations of any shape, dimensionless.

    Returns
    -------
    ndarray
        Shape of `x`, in [0, 1].

    Notes
    -----
    With ``e = exp(-|x|)``, which never overflows, the value is ``1/(1+e)`` for ``x >= 0`` and ``e/(1+e)`` below.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    decay = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, decay) / (1.0 + decay), dtype=np.float64)


def softplus(x: FloatArray) -> FloatArray:
    """Return ``log(1 + exp(x))`` without overflow; shape and unit of `x`, never negative."""
    return np.asarray(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))), dtype=np.float64)


def bce_from_logits(logits: FloatArray, targets: FloatArray) -> FloatArray:
    """Return the binary cross-entropy of each entry, ``softplus(z) - y z``, from the output layer's pre-activations.

    Parameters
    ----------
    logits, targets : ndarray of shape (batch, outputs)
        Pre-activations, and targets in [0, 1].

    Returns
    -------
    ndarray of shape (batch, outputs)
        In nats; equal to ``-y log s - (1-y) log(1-s)`` with ``s = sigmoid(z)``, and exact where that is infinite.

    Examples
    --------
    >>> bce_from_logits(np.array([[-1000.0]]), np.array([[1.0]])).item()
    1000.0
    """
    # softplus(z) - z y, with max(z, 0) - z y joined so that large logits do not cancel
    return np.asarray(np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits))), dtype=np.float64)


def softmax(logits: FloatArray) -> FloatArray:
    """Return the softmax of each row, shape ``(batch, classes)``; rows sum to 1."""
    return np.asarray(np.exp(log_softmax(logits)), dtype=np.float64)


def log_softmax(logits: FloatArray) -> FloatArray:
    """Return the logarithm of each row's softmax, shape ``(batch, classes)``, shifted so that nothing overflows."""
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True)), dtype=np.float64)
