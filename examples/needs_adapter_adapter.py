"""Adapter for needs_adapter.py: gradcheck check examples/needs_adapter.py --adapter examples/needs_adapter_adapter.py"""

import numpy as np

from gradcheck import Problem


def build(module, *, batch=6, features=3, hidden=4, seed=0):
    """``module`` is needs_adapter.py, already executed; ``batch`` is the length of the sequence here."""
    rng = np.random.default_rng(seed)
    sequence = rng.normal(size=(batch, features))
    weights = rng.normal(size=hidden)
    cell = {
        "input": rng.normal(size=(hidden, features)),
        "recurrent": rng.normal(size=(hidden, hidden)) * 0.5,
        "offset": rng.normal(size=hidden),
    }

    def loss(cell):
        return weights @ module.unroll(cell, sequence)[-1]

    def gradient(cell):
        return module.pull(cell, sequence, module.unroll(cell, sequence), weights)

    return Problem(loss, gradient, cell)
