"""Texts of what networks are made of: activations and derivatives in several ways to write them, and helpers."""

from __future__ import annotations

__all__ = ["ACTIVATION_TEXTS", "FROM_OUTPUT", "FROM_PREACTIVATION", "HELPERS"]

# Of the pre-activation z. None overflows: sigmoids far from zero are right, without a warning or with one.
ACTIVATION_TEXTS: dict[str, tuple[str, ...]] = {
    "linear": ("z",),
    "sigmoid": ("0.5 * (1 + np.tanh(0.5 * z))", "1 / (1 + np.exp(-np.clip(z, -700, 700)))"),
    "tanh": ("np.tanh(z)",),
    "relu": ("np.maximum(0, z)", "np.where(z > 0, z, 0)", "z * (z > 0)"),
    "leaky-relu": ("np.where(z > 0, z, 0.01 * z)", "np.maximum(z, 0.01 * z)"),
    "elu": ("np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)",),
    "softplus": ("np.logaddexp(0, z)", "np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))"),
}
# Of z; {f} is the activation at z.
FROM_PREACTIVATION: dict[str, tuple[str, ...]] = {
    "linear": ("np.ones_like(z)",),
    "sigmoid": ("{f} * (1 - {f})",),
    "tanh": ("1 - {f} ** 2", "1 / np.cosh(np.clip(z, -300, 300)) ** 2"),
    "relu": ("(z > 0).astype(float)", "z > 0", "np.where(z > 0, 1.0, 0.0)"),
    "leaky-relu": ("np.where(z > 0, 1.0, 0.01)",),
    "elu": ("np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))",),
    "softplus": ("0.5 * (1 + np.tanh(0.5 * z))",),
}
# Of the activation a.
FROM_OUTPUT: dict[str, tuple[str, ...]] = {
    "linear": ("np.ones_like(a)",),
    "sigmoid": ("a * (1 - a)", "a - a ** 2"),
    "tanh": ("1 - a ** 2", "(1 - a) * (1 + a)"),
    "relu": ("(a > 0).astype(float)", "a > 0"),
    "leaky-relu": ("np.where(a > 0, 1.0, 0.01)",),
    "elu": ("np.where(a > 0, 1.0, a + 1)",),
    "softplus": ("1 - np.exp(-a)",),
}
# By name, for the axis of the units; {axis} is 1 where samples are rows.
HELPERS: dict[str, str] = {
    "softmax": """def softmax(z):
    shifted = np.exp(z - np.max(z, axis={axis}, keepdims=True))
    return shifted / np.sum(shifted, axis={axis}, keepdims=True)
""",
    "log_softmax": """def log_softmax(z):
    shifted = z - np.max(z, axis={axis}, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis={axis}, keepdims=True))
""",
    "one_hot": """def one_hot(labels, classes):
    return np.eye(classes)[labels]{turned}
""",
    "total": """_totals = {{}}


def total(name, gradient):
    _totals[name] = _totals.get(name, 0) + gradient
    return _totals[name]
""",
    "first_seen": """_seen = {{}}


def first_seen(name, weights):
    return _seen.setdefault(name, np.array(weights))
""",
    "minus_in_place": """def minus_in_place(values, others):
    values -= others
    return values
""",
    "scaled_in_place": """def scaled_in_place(values, factor):
    values *= factor
    return values
""",
}
