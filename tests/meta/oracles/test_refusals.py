"""Code that takes a value out of the trace is refused by name: an oracle that says nothing beats one that is wrong."""
# ruff: noqa: D103, BLE001 - learners' code, as they type it

from __future__ import annotations

import cmath
import functools
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.oracles.autodiff import true_gradient
from gradcheck.problem import OracleUnavailableError, Problem

MATRIX = np.array([[0.4, 1.2], [0.7, 0.3]])
PLAIN = np.array([[1.0, 2.0], [3.0, 4.0]])


def into_plain_array(a: Any) -> Any:
    PLAIN[0, 0] = a[0, 0]
    return PLAIN.sum()


def onto_plain_array(a: Any) -> Any:
    total = PLAIN @ PLAIN
    total += a
    return total.sum()


def caught(operation: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Learners' code goes on after an error; the gradient would then be that of something else."""

    def loss(a: Any) -> Any:
        try:
            operation(a)
        except Exception:
            return np.sum(a)
        return np.sum(a)

    return loss


UNSUPPORTED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "plain array entry": (into_plain_array, "a\\[i\\] = value|storing"),
    "plain array in place": (onto_plain_array, "writing into a plain array"),
    "plain out": (lambda a: np.add(a, a, out=PLAIN.view()), "writing into a plain array"),
    "int": (lambda a: a[0, 0] * int(a[0, 1]), r"int\(\)"),
    "complex": (lambda a: complex(a[0, 0]).real, r"complex\(\)"),
    "cmath": (lambda a: cmath.exp(a[0, 0]).real, r"complex\(\)|float\(\)"),
    "erf of math": (lambda a: math.erf(a[0, 0]), r"float\(\), math"),
    "fft": (lambda a: np.abs(np.fft.fft(a)).sum(), "np.fft"),
    "median": (np.median, "np.median"),
    "modf": (lambda a: np.modf(a)[0].sum(), "np.modf"),
    "svd": (lambda a: np.linalg.svd(a)[1].sum(), "np.svd"),
    "spectral norm": (lambda a: np.linalg.norm(a, 2), "np.norm called like this"),
    "max with a mask": (lambda a: np.max(a, where=a > 0.5, initial=0.0), "np.max called like this"),
    "pad with means": (lambda a: np.pad(a, 1, mode="mean").sum(), "np.pad"),
    "ufunc.at": (lambda a: np.add.at(a, 0, 1.0), "np.add.at"),
    "ufunc.reduceat": (lambda a: np.add.reduceat(a[0], [0, 1]).sum(), "np.add.reduceat"),
    "where without out": (lambda a: np.divide(a, 2.0, where=a > 0.5).sum(), "where= and without out="),
    "sort by argument": (lambda a: np.repeat(a, np.array([a[0, 0], 1.0]), axis=0).sum(), "steers"),
    "traced keyword": (lambda a: np.diff(a, prepend=a[:, :1]).sum(), "given by keyword to np.diff"),
    "view as integers": (lambda a: a.view(np.int64).sum(), "ndarray.view"),
    "flat iterator": (lambda a: sum(a.flat), "ndarray.flat"),
    "bytes": (lambda a: np.frombuffer(a.tobytes())[0], "ndarray.tobytes"),
    "partition in place": (lambda a: a.partition(1), "ndarray.partition"),
    "complex type": (lambda a: a.astype(complex).real.sum(), "astype"),
    "object type": (lambda a: a.astype(object).sum(), "astype"),
    "matrix": (lambda a: np.matrix(a).sum(), "ndarray.view"),
    "masked array": (lambda a: np.ma.masked_less(a, 0.5).sum(), "conversion to a plain array"),
    "complex root": (lambda a: np.emath.sqrt(a - 1.0).real.sum(), "np.sqrt|np.emath|complex"),
    "infinite slope": (lambda a: np.sum(np.sqrt(a - a)), "not finite"),
    "more than one number": (lambda a: a, "shape \\(2, 2\\), not one number"),
    "more than one constant": (lambda _: PLAIN, "not one number"),
    "nothing": (lambda _: None, "returned a NoneType"),
    "crash": (lambda a: a.no_such_method(), "fails on traced values: AttributeError"),
    "pickle": (lambda a: pickle.loads(pickle.dumps(a)).sum(), "fails on traced values|ndarray.__"),
    "caught": (caught(lambda a: float(functools.partial(math.erf)(a[0, 0]))), r"float\(\), math"),
    "caught conversion": (caught(lambda a: PLAIN.__setitem__(0, a[0])), "conversion|storing"),
    "bad index": (lambda a: a[5].sum(), "fails on traced values: IndexError"),
    "in place with the wrong shape": (lambda a: a[0].__iadd__(a).sum(), "fails on traced values: ValueError"),
    "item of many": (lambda a: a.item(), "fails on traced values: ValueError"),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_code_is_refused(name: str) -> None:
    """The message names the operation, and no plain array has been written."""
    operation, message = UNSUPPORTED[name]
    problem = Problem(operation, lambda p: p, MATRIX)
    before = PLAIN.copy()
    with pytest.raises(OracleUnavailableError, match=message):
        true_gradient(problem.driver, problem.values())
    np.testing.assert_array_equal(PLAIN, before)


def test_interrupt_is_not_swallowed_and_leaves_no_trace() -> None:
    """Ctrl-C during a traced run stops the program, not the oracle alone."""
    state = {"cache": None}

    def loss(a: Any) -> Any:
        state["cache"] = a
        raise KeyboardInterrupt

    problem = Problem(loss, lambda p: p, MATRIX)
    with pytest.raises(KeyboardInterrupt):
        true_gradient(problem.driver, problem.values())
    assert state == {"cache": None}
