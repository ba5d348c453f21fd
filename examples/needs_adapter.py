"""A recurrent cell in functions of our own making, with no loss, no data and no training: nothing to recognise."""

import numpy as np


def unroll(cell, sequence):
    states = [np.zeros(cell["recurrent"].shape[0])]
    for item in sequence:
        states.append(np.tanh(cell["input"] @ item + cell["recurrent"] @ states[-1] + cell["offset"]))
    return states


def pull(cell, sequence, states, adjoint):
    """Derivatives of ``adjoint @ states[-1]`` with respect to the cell's three arrays."""
    out = {name: np.zeros_like(value) for name, value in cell.items()}
    for t in reversed(range(len(sequence))):
        inner = adjoint * (1 - states[t + 1] ** 2)
        out["input"] += np.outer(inner, sequence[t])
        out["recurrent"] += np.outer(inner, states[t])
        out["offset"] += inner
        adjoint = cell["recurrent"].T @ inner
    return out
