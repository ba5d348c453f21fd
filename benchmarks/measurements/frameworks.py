"""The checks of framework code beside the framework's own checker: time of one verdict on the same right function."""

from __future__ import annotations

import contextlib
import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.table import Table, progress

__all__ = ["measure"]

SIZES = ((4, 3), (32, 32), (128, 128))
Case = tuple[str, Callable[[], Any], dict[str, Callable[[], Any]]]


def measure(*, quick: bool) -> list[Table]:
    """``tanh(x @ w)`` with its rule, at several sizes; ratios of medians in one run."""
    repetitions = 3 if quick else 7
    table = Table(
        caption=f"Verdicts on `tanh(x @ w)`, float64 (median of {repetitions})",
        heading=("function", "entries", "ours, ms", "their checker", "theirs, ms", "theirs / ours"),
        notes=("Above 1 theirs takes longer, below 1 ours does.",),
    )
    sizes = SIZES[:2] if quick else SIZES
    cases = [case for size in sizes for case in (*_torch(*size), *_jax(*size), *_autograd(*size))]
    for size, (name, ours, theirs) in progress(cases, "frameworks"):
        own = _median(ours, repetitions)
        for label, check in theirs.items():
            other = _median(check, repetitions)
            table.rows.append(
                (name, f"{size:,}", f"{1000 * own:.1f}", label, f"{1000 * other:.1f}", f"{other / own:.2f}")
            )
    return [table]


def _median(check: Callable[[], Any], repetitions: int) -> float:
    check()  # what is loaded or compiled at the first call
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        check()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _inputs(rows: int, columns: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((rows, columns)), rng.standard_normal((columns, rows)) / columns**0.5


def _torch(rows: int, columns: int) -> Iterator[tuple[int, Case]]:
    if importlib.util.find_spec("torch") is None:
        return
    import torch

    from gradcheck.integrations.torch import check_function

    tensors = [torch.from_numpy(array).requires_grad_() for array in _inputs(rows, columns)]
    function = lambda x, w: torch.tanh(x @ w)  # noqa: E731
    theirs = {"torch gradcheck, fast": lambda: torch.autograd.gradcheck(function, tensors, fast_mode=True)}
    if rows * columns <= 1024:  # thousands of evaluations, and a Jacobian in memory
        theirs["torch gradcheck"] = lambda: torch.autograd.gradcheck(function, tensors)
    yield 2 * rows * columns, ("PyTorch", lambda: check_function(function, tensors), theirs)


def _jax(rows: int, columns: int) -> Iterator[tuple[int, Case]]:
    if importlib.util.find_spec("jax") is None:
        return
    import jax
    from jax.test_util import check_grads

    from gradcheck.integrations.jax import check_function

    inputs = tuple(array.astype(np.float32) for array in _inputs(rows, columns))  # JAX's default
    function = jax.jit(lambda x, w: jax.numpy.tanh(x @ w))

    def theirs() -> None:
        with contextlib.suppress(AssertionError):  # a false alarm, which other tables count, takes its time too
            check_grads(function, inputs, order=1, modes=["rev"])

    case = ("JAX, float32", lambda: check_function(function, inputs), {"jax check_grads": theirs})
    yield 2 * rows * columns, case


def _autograd(rows: int, columns: int) -> Iterator[tuple[int, Case]]:
    import autograd.numpy as anp
    from autograd.test_util import check_grads

    from gradcheck.integrations.autograd import check_function

    inputs = _inputs(rows, columns)
    function = lambda x, w: anp.tanh(anp.dot(x, w))  # noqa: E731
    theirs = {"autograd check_grads": lambda: check_grads(function, argnum=(0, 1), modes=["rev"], order=1)(*inputs)}
    yield 2 * rows * columns, ("autograd", lambda: check_function(function, inputs), theirs)
