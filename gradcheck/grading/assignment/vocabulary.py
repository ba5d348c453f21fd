"""The words of an assignment file that name something of the field: activations, losses, penalties, conventions."""

from __future__ import annotations

__all__ = ["ACTIVATIONS", "CONVENTIONS", "LOSSES", "ONLY_LAST", "OUTPUTS_OF", "PENALTIES"]

ACTIVATIONS = {
    "linear": "z",
    "sigmoid": "1 / (1 + exp(-z))",
    "tanh": "tanh(z)",
    "relu": "max(z, 0)",
    "leaky-relu": "z where z > 0, else 0.01 z",
    "elu": "z where z > 0, else exp(z) - 1",
    "softplus": "log(1 + exp(z))",
    "softmax": "exp(z) / sum over the outputs of exp(z); of the last layer only",
}
"""Name to formula, of the pre-activation z."""

ONLY_LAST = frozenset({"softmax"})
"""Activations that only the last layer may have."""

LOSSES = {
    "mse": "mean over samples and outputs of (o - y)^2",
    "half-mse": "half the mean over samples and outputs of (o - y)^2",
    "mse-by-sample": "mean over samples of the sum over outputs of (o - y)^2",
    "half-mse-by-sample": "half the mean over samples of the sum over outputs of (o - y)^2",
    "sse": "sum over samples and outputs of (o - y)^2",
    "half-sse": "half the sum over samples and outputs of (o - y)^2",
    "bce": "mean over samples and outputs of -(y log o + (1 - y) log(1 - o))",
    "bce-by-sample": "mean over samples of the sum over outputs of -(y log o + (1 - y) log(1 - o))",
    "bce-sum": "sum over samples and outputs of -(y log o + (1 - y) log(1 - o))",
    "cross-entropy": "mean over samples of -sum over outputs of y log o; o are probabilities",
    "cross-entropy-sum": "sum over samples and outputs of -y log o; o are probabilities",
    "softmax-cross-entropy": "mean over samples of -sum over outputs of y log softmax(o); o are logits",
    "softmax-cross-entropy-sum": "sum over samples and outputs of -y log softmax(o); o are logits",
}
"""Name to formula, of the outputs o and the targets y."""

OUTPUTS_OF = {
    "bce": frozenset({"sigmoid"}),
    "bce-by-sample": frozenset({"sigmoid"}),
    "bce-sum": frozenset({"sigmoid"}),
    "cross-entropy": frozenset({"softmax", "sigmoid"}),
    "cross-entropy-sum": frozenset({"softmax", "sigmoid"}),
    "softmax-cross-entropy": frozenset({"linear"}),
    "softmax-cross-entropy-sum": frozenset({"linear"}),
}
"""The activations that the last layer may have under a loss; any where a loss is not listed."""

PENALTIES = {
    "half": "l2 / 2 times the sum of all squared weights",
    "full": "l2 times the sum of all squared weights",
    "half-mean": "l2 / (2 m) times the sum of all squared weights, m samples",
}
"""Form of the L2 penalty to formula; biases are not penalised."""

CONVENTIONS = {
    "loss-constant": "the loss, and the gradient with it, may be a constant times that meant: mean or sum, 1/2 or not",
    "loss-epsilon": "log(p + epsilon) or clipped probabilities in the loss alone",
    "penalty-constant": "the L2 penalty may be written in another of its forms",
    "transposed": "samples in columns where rows are asked for, or the reverse, with weights turned alike",
    "gradient-sign": "gradients may be handed out as the direction of descent, if the update adds them",
    "float32": "single precision, judged by what it can hold",
}
"""What may differ from the reference without costing marks."""
