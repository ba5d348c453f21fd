"""The number of samples, told by the shapes of a forward pass."""

from __future__ import annotations

import numpy as np

from gradcheck.diagnosis.batch_size import with_batch
from gradcheck.diagnosis.programs.program import Forward, Intermediate


def forward(*shapes: tuple[int, ...], parameters: tuple[tuple[int, ...], ...] = ((19, 10), (10, 19))) -> Forward:
    """A pass with parameters, and values that depend on them, of some shapes."""
    blocks = [("parameter", f"W{n}", shape) for n, shape in enumerate(parameters)]
    values = [*blocks, *(("add", None, shape) for shape in shapes)]
    return Forward(
        values=tuple(
            Intermediate(number=n, operation=operation, value=np.ones(shape), adjoint=np.ones(shape), block=block)
            for n, (operation, block, shape) in enumerate(values)
        ),
        loss=len(values) - 1,
    )


def test_the_length_that_most_tables_have() -> None:
    """Rows of an embedding, of scores and of probabilities; whichever way round."""
    assert with_batch({"learning_rate": 0.1}, forward((32, 10), (32, 19), (32, 19), ())) == {
        "learning_rate": 0.1,
        "batch": 32.0,
    }
    assert with_batch({}, forward((10, 32), (19, 32), (19, 32))) == {"batch": 32.0}


def test_what_is_known_stays() -> None:
    """And where nothing tells it there is none."""
    assert with_batch({"batch": 5.0}, forward((32, 10), (32, 19), (32, 19))) == {"batch": 5.0}
    assert with_batch({}, None) == {}


def test_lengths_of_parameters_and_lengths_that_compete_say_nothing() -> None:
    """Nor do one or two tables."""
    assert with_batch({}, forward((19, 10), (19, 10), (19, 10))) == {}
    assert with_batch({}, forward((32, 7), (32, 7), (32, 7))) == {}
    assert with_batch({}, forward((32, 10), (32, 19))) == {}
