"""What a sum leaves out, what a softmax over more axes hands back, and numbers of the file as factors."""

from __future__ import annotations

import numpy as np
import pytest
from proposed_edits import GIVEN, RNG, proposed

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.programs.tracing import recording
from gradcheck.diagnosis.repair.change import Setting
from gradcheck.diagnosis.repair.edits.numbers import numbers_that_fit
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.syntax import Tree

K = EditKind

LEFT_OUT = """
def forward(x):
    return g * c + (1 - g) * x


def backward(dout):
    dx = c * g
    for dnext in (c, x):
        dx = {inner}
    return {returned}


forward(x), backward(d)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("c * g", "dx @ W"), ("c * g", "dx @ W + dout")),
        (("c * g", "(dx @ W, c)"), ("c * g", "(dx @ W + dout, c)")),
        (("c @ W", "dx"), ("c @ W + dx * g", "dx")),
        (("c @ W", "dx"), ("c @ W + dx * (1 - g)", "dx")),
        (("c @ W", "dx"), ("c @ W + dnext", "dx")),
    ],
)
def test_an_error_that_a_sum_leaves_out_is_added(before: tuple[str, str], after: tuple[str, str]) -> None:
    """What a function was handed, what a loop's turn begins with, and what passed a gate of the forward pass."""
    (inner, returned), (right_inner, right_returned) = before, after
    found = proposed(LEFT_OUT.format(inner=inner, returned=returned))
    assert found[LEFT_OUT.format(inner=right_inner, returned=right_returned)] is K.FORMULA


def test_what_calls_a_function_of_the_file_adds_nothing_itself() -> None:
    """The function that is called is what may leave something out."""
    text = LEFT_OUT.format(inner="c * g", returned="dx") + "\ndx = backward(d)\n"
    assert not any("backward(d) +" in found for found in proposed(text))


def test_a_softmax_over_the_last_axis_of_a_table_of_tables() -> None:
    """Attention has one row of weights a sample and a query, zero where a mask leaves something out."""
    scores = RNG.normal(size=(2, 3, 4))
    scores[:, :, 3] = -1e9
    weights = np.exp(scores)
    weights /= weights.sum(axis=2, keepdims=True)
    given = {**GIVEN, "p": weights, "da": RNG.normal(size=scores.shape)}
    found = proposed("ds = da * p * (1 - p)\n", given)
    assert found["ds = p * (da - np.sum(da * p, axis=2, keepdims=True))\n"] is K.FORMULA
    labels = {**given, "p": np.eye(4)[RNG.integers(0, 4, (2, 3))]}
    assert not any("np.sum(da * p" in text for text in proposed("ds = da * p * (1 - p)\n", labels))


SUMMED = """length = {length}


def backward(dv, index):
    table = np.zeros((7, 3))
    np.add.at(table, index, {added})
    return table


backward(d, np.arange(6))
"""


def test_what_add_at_adds_is_a_value() -> None:
    """Its third argument takes signs and slopes; the array that it changes and the index do not."""
    found = proposed(SUMMED.format(length=5, added="dv"))
    assert SUMMED.format(length=5, added="-dv") in found
    assert not any("2 * np.add.at" in text or "2 * index" in text for text in found)


@pytest.mark.parametrize(
    ("text", "factor", "expected"),
    [
        ("n = 5\nk = 5\nd = x * k\n", 0.2, [("/", "k")]),  # what the line reads
        ("n = 5\nk = 5\nd = x * k + n\n", 0.2, []),  # of two that it reads nothing tells which is meant
        ("n = 5\nd = x * 3\n", 0.2, []),  # a number of the same value somewhere else says nothing
        ("d = x * 3\n", 1 / 6, []),  # nor does the length of an array: pools of 2 by 2, and 4 filters
        ("n = 2\nd = x * n\n", 2.0, []),  # a 2 is the 2 of a square before it is anything else
    ],
)
def test_numbers_of_the_file_that_make_a_factor(text: str, factor: float, expected: list[tuple[str, str]]) -> None:
    """What is equal is proposed only where the line reads it, and nothing else that is equal."""
    with recording({"f.py": text}) as recorder:
        exec(compile(text, "f.py", "exec"), {"np": np, "x": GIVEN["x"], "W": GIVEN["W"]})
    tree = Tree(text)
    setting = Setting(tree=tree, scope=Scope(tree, {"batch": 9.0}, recorder.trace(), None, {}))
    assert list(numbers_that_fit(setting, tree.statements[-1], factor)) == expected


TIMES = """def backward(d):
    later = 0.0
    for gate in (c, g):
        inner = {inner}
        later = inner @ W
    return inner


backward(d)
"""


def test_what_a_loop_hands_on_is_added_within_a_product() -> None:
    """It joins the error before the slope, where that is what was forgotten; what is read already joins nothing."""
    found = proposed(TIMES.format(inner="d * gate"))
    assert found[TIMES.format(inner="(d + later) * gate")] is K.FORMULA
    assert not any("(d + later)" in text for text in proposed(TIMES.format(inner="d * gate + later")))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("dk = ds @ q\n", "dk = ds.swapaxes(-1, -2) @ q\n"),
        ("dk = ds.transpose(0, 2, 1) @ q\n", "dk = ds @ q\n"),
        ("dk = np.einsum('nij,njd->nid', ds, q)\n", "dk = np.einsum('nji,njd->nid', ds, q)\n"),
    ],
)
def test_tables_of_matrices_are_transposed(wrong: str, right: str) -> None:
    """Attention multiplies one matrix a sample: ``.T`` would turn the samples round as well."""
    given = {**GIVEN, "ds": RNG.normal(size=(2, 4, 4)), "q": RNG.normal(size=(2, 4, 3))}
    assert proposed(wrong, given)[right] is K.TRANSPOSE
