"""Lines that run more than once, held against true adjoints: turns of a loop, time steps, samples and batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spoilt_traces import LOOP, SAMPLES, SPOILT, traced
from traced_programs import COLUMN_SHAPES, RECURRENT, RECURRENT_SHAPES, TracedProgram

from gradcheck.diagnosis.adjoints.adjoint_trace import BASIS_FORWARD, trace_adjoints
from gradcheck.diagnosis.batch_size import in_batches


def test_an_iteration_of_a_loop_is_told() -> None:
    """An iteration of a loop is told."""
    text = LOOP.replace("delta = upstream * self", "delta = upstream if l == 2 else upstream * self")
    first = traced(text).judged().first_wrong
    assert first is not None
    assert (first.turn, first.layer, first.blocks) == (1, 0, ("W1", "b1"))
    assert first.function == "Net.backward"


@pytest.mark.parametrize(
    ("right", "wrong", "suspected"),
    [
        ("sent = error @ p['W2'].T + back", "sent = error @ p['W2'].T", "sent = error"),
        ("back = local @ p['U'].T", "back = local @ p['U']", "back = local"),
        ("back = local @ p['U'].T", "back = sent @ p['U'].T", "back = sent"),
        ("local = sent * (1 - hs[t + 1] ** 2)", "local = 1.0 * sent", "local = 1.0"),
        ("local = sent * (1 - hs[t + 1] ** 2)", "local = sent * (hs[t + 1] ** 2 - 1)", "local = sent"),
        ("sent = error @ p['W2'].T + back", "sent = 2 * error @ p['W2'].T + back", "sent = 2"),
    ],
)
def test_a_line_of_a_loop_that_was_right_in_an_earlier_turn(right: str, wrong: str, suspected: str) -> None:
    """Through time the last step is right whatever is handed on: what the next one takes is followed back."""
    program = TracedProgram(RECURRENT.replace(right, wrong), RECURRENT_SHAPES)
    trace = program.judged()
    assert trace.basis == BASIS_FORWARD
    assert trace.suspects[0].line == program.line(suspected)
    assert not TracedProgram(RECURRENT, RECURRENT_SHAPES).judged().suspects


def test_samples_that_are_shuffled_are_found_again() -> None:
    """Forward pass and trace of one point may take the samples in another order."""
    spoilt = SPOILT["samples: wrong factor"]
    text = SAMPLES.replace(spoilt.right, spoilt.wrong).replace(
        "    for x, y in zip(X, Y):\n        part", "    for x, y in zip(X[order], Y[order]):\n        part"
    )
    program = TracedProgram(text, COLUMN_SHAPES, order=[3, 1, 4, 0, 2])
    trace = program.judged(2)
    assert trace.suspects[0].line == program.line(spoilt.suspected)
    assert any(line.event.name == "delta" for line in trace.right)


def test_what_a_line_has_read_is_suspected_after_it() -> None:
    """The adjoint of the state before is handed on for that of the one before it: a true one, of something else."""
    program = TracedProgram(RECURRENT.replace("back = local @ p['U'].T", "back = sent * 1.0"), RECURRENT_SHAPES)
    lines = [suspect.line for suspect in program.judged().suspects]
    assert program.line("back = sent") in lines[:2]


BATCHES = """
def run(p, x):
    z1 = x @ p['W1'] + p['b1']
    a1 = np.tanh(z1)
    return z1, a1, a1 @ p['W2'] + p['b2']

def loss(p):
    return sum(np.mean((run(p, X[i:i + 3])[-1] - Y[i:i + 3]) ** 2) for i in (0, 3))

def one(p, x, y):
    z1, a1, z2 = run(p, x)
    d2 = 2 * (z2 - y) / y.size
    d1 = d2 @ p['W2'].T * (1 - a1 ** 2)
    return {'W1': x.T @ d1, 'b1': d1.sum(0), 'W2': a1.T @ d2, 'b2': d2.sum(0)}

def gradient(p):
    parts = [one(p, X[i:i + 3], Y[i:i + 3]) for i in (0, 3)]
    return {name: parts[0][name] + parts[1][name] for name in p}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "suspected"),
    [
        ("* (1 - a1 ** 2)", "* (1 - z1 ** 2)", "d1 = d2"),
        ("2 * (z2 - y) / y.size", "2 * (z2 - y) * z2 / y.size", "d2 = 2"),
    ],
)
def test_batches_of_one_step_are_one_quantity(right: str, wrong: str, suspected: str) -> None:
    """A line of each batch has a third of what the network has read; all together are its errors."""
    rng = np.random.default_rng(5)
    shapes = {"W1": (2, 4), "b1": (4,), "W2": (4, 2), "b2": (2,)}
    program = TracedProgram(
        BATCHES.replace(right, wrong), shapes, X=rng.standard_normal((6, 2)), Y=rng.standard_normal((6, 2))
    )
    points = [program.point(seed) for seed in (0, 1)]
    assert all(point.network is not None and point.network.batch == 6 for point in points)
    split = [replace(point, network=in_batches(point.network, {"batch": 3.0})) for point in points if point.network]
    assert trace_adjoints(split, program.text).suspects[0].line == program.line(suspected)


BY_SAMPLE = """
def run(p, x):
    hs = [np.zeros((1, 4))]
    for t in range(3):
        hs.append(np.tanh(x[t:t + 1] @ p['W1'] + hs[-1] @ p['U'] + p['b1']))
    return hs

def loss(p):
    return sum(0.5 * np.sum((run(p, x)[-1] @ p['W2'] - y) ** 2) for x, y in zip(X, Y))

def one(p, x, y):
    hs = run(p, x)
    error = hs[-1] @ p['W2'] - y
    grads = {name: np.zeros(value.shape) for name, value in p.items()}
    grads['W2'] += hs[-1].T @ error
    back = error @ p['W2'].T
    for t in reversed(range(3)):
        local = back * (1 - hs[t + 1] ** 2)
        grads['W1'] += x[t:t + 1].T @ local
        grads['U'] += hs[t].T @ local
        grads['b1'] += local[0]
        back = local @ p['U'].T
    return grads

def gradient(p):
    parts = [one(p, x, y) for x, y in zip(X, Y)]
    return {name: sum(part[name] for part in parts) for name in p}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "suspected"),
    [
        ("(1 - hs[t + 1] ** 2)", "(1 - hs[t] ** 2)", "local = back"),
        ("back = local @ p['U'].T", "back = local @ p['U']", "back = local"),
    ],
)
def test_what_a_call_a_sample_comes_to_adds_up(right: str, wrong: str, suspected: str) -> None:
    """Where nothing that ran has bound the whole gradient, it is what the calls have come to, all together."""
    rng = np.random.default_rng(6)
    shapes = {"W1": (2, 4), "U": (4, 4), "b1": (4,), "W2": (4, 1)}
    data = {"X": rng.standard_normal((4, 3, 2)), "Y": rng.standard_normal((4, 1))}
    program = TracedProgram(BY_SAMPLE.replace(right, wrong), shapes, **data)
    points = []
    for seed in (0, 1):
        point = program.point(seed)
        seen = [event for event in point.trace.events if event.function != "gradient"]
        points.append(replace(point, trace=replace(point.trace, events=tuple(seen)), network=None))
    assert trace_adjoints(points, program.text).suspects[0].line == program.line(suspected)


GATES = """
def run(p):
    c, steps = np.zeros((m, 4)), []
    for t in range(3):
        a = X[:, t:t + 1] @ p['W1'] + p['b1']
        i, g = 1 / (1 + np.exp(-a[:, :4])), np.tanh(a[:, 4:])
        steps.append((i, g, c))
        c = i * g + (1 - i) * c
    return c, steps

def loss(p):
    return 0.5 * np.sum((run(p)[0] @ p['W2'] - Y) ** 2)

def back_through(dc, step):
    i, g, c = step
    da = np.zeros((m, 8))
    da[:, :4] = dc * (g - c) * i * (1 - i)
    da[:, 4:] = dc * i * (1 - g ** 2)
    return da, dc * (1 - i)

def gradient(p):
    c, steps = run(p)
    error = c @ p['W2'] - Y
    grads = {'W1': np.zeros((1, 8)), 'b1': np.zeros(8), 'W2': c.T @ error}
    dc = error @ p['W2'].T
    for t in reversed(range(3)):
        da, dc = back_through(dc, steps[t])
        grads['W1'] += X[:, t:t + 1].T @ da
        grads['b1'] += da.sum(axis=0)
    return grads
"""


@pytest.mark.parametrize(
    ("right", "wrong", "suspected"),
    [
        ("dc * (g - c) * i * (1 - i)", "dc * (g - c) * i * (1 - c)", "da[:, :4] ="),
        ("dc * i * (1 - g ** 2)", "dc * (1 - g ** 2)", "da[:, 4:] ="),
    ],
)
def test_gates_side_by_side_are_told_apart_through_calls(right: str, wrong: str, suspected: str) -> None:
    """Columns of one array are quantities of their own; what a function returned, or was given, is followed into it."""
    rng = np.random.default_rng(8)
    shapes = {"W1": (1, 8), "b1": (8,), "W2": (4, 2)}
    data = {"X": rng.standard_normal((5, 3)), "Y": rng.standard_normal((5, 2))}
    program = TracedProgram(GATES.replace(right, wrong), shapes, **data)
    points = [replace(program.point(seed), network=None) for seed in (0, 1)]
    assert trace_adjoints(points, program.text).suspects[0].line == program.line(suspected)
