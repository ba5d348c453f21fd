"""Lines of a backward pass against the true adjoints: right ones, and the first wrong one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from traced_programs import COLUMN_SHAPES, RECURRENT, RECURRENT_SHAPES, TracedProgram

from gradcheck.diagnosis.adjoints.adjoint_trace import BASIS_BLOCKS, BASIS_FORWARD, BASIS_NETWORK, trace_adjoints
from gradcheck.diagnosis.adjoints.quantities import QuantityKind
from gradcheck.diagnosis.batch_size import in_batches

ROWS = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1 - s)

def forward(p):
    Z1 = X @ p['W1'] + p['b1']
    A1 = np.tanh(Z1)
    Z2 = A1 @ p['W2'] + p['b2']
    A2 = sigmoid(Z2)
    Z3 = A2 @ p['W3'] + p['b3']
    A3 = sigmoid(Z3)
    return Z1, A1, Z2, A2, Z3, A3

def loss(p):
    return np.sum((forward(p)[-1] - Y) ** 2) / m

def gradient(p):
    Z1, A1, Z2, A2, Z3, A3 = forward(p)
    error = A3 - Y
    dZ3 = 2 * error * A3 * (1 - A3)
    dW3 = A2.T @ dZ3 / m
    db3 = np.sum(dZ3, axis=0) / m
    dA2 = dZ3 @ p['W3'].T
    dZ2 = dA2 * sigmoid_prime(Z2)
    dW2 = A1.T @ dZ2 / m
    db2 = np.sum(dZ2, axis=0) / m
    dZ1 = (dZ2 @ p['W2'].T) * (1 - A1 ** 2)
    dW1 = X.T @ dZ1 / m
    db1 = np.sum(dZ1, axis=0) / m
    return {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2, 'W3': dW3, 'b3': db3}
"""

LOOP = """
class Net:
    def act(self, z):
        return np.tanh(z)

    def slope(self, z):
        return 1 - np.tanh(z) ** 2

    def run(self, p):
        self.zs, self.As = [], [X]
        for l in (1, 2, 3):
            self.zs.append(self.As[-1] @ p['W%d' % l] + p['b%d' % l])
            self.As.append(self.act(self.zs[-1]))
        return self.As[-1]

    def backward(self, p):
        grads = {}
        delta = (self.run(p) - Y) * self.slope(self.zs[2])
        for l in (3, 2, 1):
            grads['W%d' % l] = self.As[l - 1].T.dot(delta) / m
            grads['b%d' % l] = delta.mean(axis=0)
            if l > 1:
                upstream = delta @ p['W%d' % l].T
                delta = upstream * self.slope(self.zs[l - 2])
        return {name: grads[name] for name in p}

net = Net()

def loss(p):
    return 0.5 * np.mean(np.sum((net.run(p) - Y) ** 2, axis=1))

def gradient(p):
    return net.backward(p)
"""

SAMPLES = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def run(p, x):
    a, zs, acts = x, [], [x]
    for l in '123':
        z = p['W' + l] @ a + p['b' + l]
        a = sigmoid(z)
        zs.append(z)
        acts.append(a)
    return zs, acts

def loss(p):
    return sum(0.5 * np.sum((run(p, x.reshape(-1, 1))[1][-1] - y.reshape(-1, 1)) ** 2) for x, y in zip(X, Y)) / m

def one(p, x, y):
    zs, acts = run(p, x)
    nabla = {}
    delta = (acts[-1] - y) * sigmoid(zs[-1]) * (1 - sigmoid(zs[-1]))
    nabla['W3'], nabla['b3'] = delta @ acts[2].T, delta
    for l in (2, 1):
        sp = sigmoid(zs[l - 1]) * (1 - sigmoid(zs[l - 1]))
        delta = np.dot(p['W%d' % (l + 1)].T, delta) * sp
        nabla['W%d' % l] = np.dot(delta, acts[l - 1].T)
        nabla['b%d' % l] = delta
    return nabla

def gradient(p):
    total = {name: np.zeros(value.shape) for name, value in p.items()}
    for x, y in zip(X, Y):
        part = one(p, x.reshape(-1, 1), y.reshape(-1, 1))
        for name in total:
            total[name] = total[name] + part[name] / m
    return total
"""


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """One bug: the right text, the wrong one, and a part of the line that should be suspected first."""

    right: str
    wrong: str
    suspected: str
    blocks: tuple[str, ...]
    should_be: QuantityKind | None = None
    instead: str = ""
    program: str = ROWS


HIDDEN_2 = ("W1", "b1", "W2", "b2")
HIDDEN_1 = ("W1", "b1")
EVERY = (*HIDDEN_2, "W3", "b3")

SPOILT = {
    "missing-output-derivative": Spoilt(
        right="2 * error * A3 * (1 - A3)", wrong="2 * error", suspected="dZ3 = 2 * error", blocks=EVERY,
        should_be=QuantityKind.DELTA, instead="output minus the targets",
    ),
    "missing-hidden-derivative": Spoilt(
        right="dZ2 = dA2 * sigmoid_prime(Z2)", wrong="dZ2 = dA2", suspected="dZ2 = dA2", blocks=HIDDEN_2,
        should_be=QuantityKind.DELTA, instead="without the activation's derivative",
    ),
    "missing-hidden-derivative, in one line": Spoilt(
        right="dZ1 = (dZ2 @ p['W2'].T) * (1 - A1 ** 2)", wrong="dZ1 = dZ2 @ p['W2'].T", suspected="dZ1 = dZ2",
        blocks=HIDDEN_1, should_be=QuantityKind.DELTA, instead="without the activation's derivative",
    ),
    "derivative-at-activation": Spoilt(
        right="sigmoid_prime(Z2)", wrong="sigmoid_prime(A2)", suspected="dZ2 = dA2", blocks=HIDDEN_2,
        should_be=QuantityKind.DELTA, instead="derivative at A2, not at Z2",
    ),
    "derivative-of-gradient": Spoilt(
        right="sigmoid_prime(Z2)", wrong="sigmoid_prime(dA2)", suspected="dZ2 = dA2", blocks=HIDDEN_2,
        instead="derivative at dA2, not at Z2",
    ),
    "wrong-derivative-formula, in a helper": Spoilt(
        right="return s * (1 - s)", wrong="return s * (1 + s)", suspected="return s * (1 + s)", blocks=HIDDEN_2,
        should_be=QuantityKind.SLOPE,
    ),
    "wrong-derivative-formula, in one line": Spoilt(
        right="(1 - A1 ** 2)", wrong="(1 + A1 ** 2)", suspected="dZ1 = ", blocks=HIDDEN_1, instead="1 + A1**2",
    ),
    "output-form-given-preactivation": Spoilt(
        right="return s * (1 - s)", wrong="return z * (1 - z)", suspected="return z * (1 - z)", blocks=HIDDEN_2,
        instead="Z2 * (1 - Z2)",
    ),
    "activation-instead-of-derivative": Spoilt(
        right="dA2 * sigmoid_prime(Z2)", wrong="dA2 * sigmoid(Z2)", suspected="dZ2 = dA2", blocks=HIDDEN_2,
        instead="A2 itself",
    ),
    "raw-error-backpropagated": Spoilt(
        right="dA2 = dZ3 @", wrong="dA2 = error @", suspected="dA2 = error", blocks=HIDDEN_2,
        should_be=QuantityKind.UPSTREAM, instead="output minus the targets",
    ),
    "upstream-lost": Spoilt(
        right="(dZ2 @ p['W2'].T) * (1 - A1 ** 2)", wrong="(1 - A1 ** 2)", suspected="dZ1 = (1", blocks=HIDDEN_1,
        should_be=QuantityKind.DELTA,
    ),
    "updated-weights-used": Spoilt(
        right="    dA2 = dZ3 @ p['W3'].T", wrong="    W3 = p['W3'] - 0.1 * dW3\n    dA2 = dZ3 @ W3.T",
        suspected="W3 = p['W3'] - 0.1", blocks=HIDDEN_2, instead="changed before it was used",
    ),
    "sign-flip-below": Spoilt(
        right="(1 - A1 ** 2)", wrong="(A1 ** 2 - 1)", suspected="dZ1 =", blocks=HIDDEN_1, instead="-1 times",
    ),
    "wrong-layer-activation": Spoilt(
        right="dW2 = A1.T @", wrong="dW2 = Z1.T @", suspected="dW2 = Z1.T", blocks=("W2",),
        should_be=QuantityKind.WEIGHT, instead="made with Z1",
    ),
    "local-constant": Spoilt(
        right="dW1 = X.T @ dZ1 / m", wrong="dW1 = X.T @ dZ1", suspected="dW1 = X.T", blocks=("W1",),
        should_be=QuantityKind.WEIGHT, instead="5 times",
    ),
    "bias-mean-instead-of-sum": Spoilt(
        right="db2 = np.sum(dZ2, axis=0) / m", wrong="db2 = np.mean(dZ2, axis=0) / m", suspected="db2 = np.mean",
        blocks=("b2",), should_be=QuantityKind.BIAS, instead="0.2 times",
    ),
    "bias-sum-without-axis": Spoilt(
        right="db2 = np.sum(dZ2, axis=0) / m", wrong="db2 = np.sum(dZ2) / m + np.zeros(6)",
        suspected="db2 = np.sum(dZ2) /", blocks=("b2",),
        should_be=QuantityKind.BIAS, instead="one number for all units",
    ),
    "gradient-stopped": Spoilt(
        right="    return {'W1': dW1", wrong="    dW1 = dW1 * 0\n    return {'W1': dW1", suspected="dW1 = dW1 * 0",
        blocks=("W1",), should_be=QuantityKind.WEIGHT, instead="zero",
    ),
    "loop: missing-hidden-derivative": Spoilt(
        right="delta = upstream * self.slope(self.zs[l - 2])", wrong="delta = upstream", suspected="delta = upstream",
        blocks=HIDDEN_2, instead="without the activation's derivative", program=LOOP,
    ),
    "loop: derivative-at-activation": Spoilt(
        right="self.slope(self.zs[l - 2])", wrong="self.slope(self.As[l - 1])", suspected="delta = upstream *",
        blocks=HIDDEN_2, instead="not at", program=LOOP,
    ),
    "loop: wrong helper": Spoilt(
        right="1 - np.tanh(z) ** 2", wrong="1 - np.tanh(z)", suspected="return 1 - np.tanh(z)", blocks=EVERY,
        program=LOOP,
    ),
    "samples: missing-hidden-derivative": Spoilt(
        right="delta) * sp", wrong="delta)", suspected="delta = np.dot", blocks=HIDDEN_2,
        instead="without the activation's derivative", program=SAMPLES,
    ),
    "samples: wrong factor": Spoilt(
        right="sp = sigmoid(zs[l - 1]) * (1 - sigmoid(zs[l - 1]))", wrong="sp = zs[l - 1] * (1 - zs[l - 1])",
        suspected="sp = zs", blocks=HIDDEN_2, should_be=QuantityKind.SLOPE, program=SAMPLES,
    ),
    "samples: derivative-at-activation, bound before it is used": Spoilt(
        right="sp = sigmoid(zs[l - 1]) * (1 - sigmoid(zs[l - 1]))", wrong="sp = prime(acts[l])",
        suspected="sp = prime", blocks=HIDDEN_2, should_be=QuantityKind.SLOPE, instead="not at",
        program=SAMPLES + "\ndef prime(z):\n    return sigmoid(z) * (1 - sigmoid(z))\n",
    ),
    "samples: wrong-layer-activation": Spoilt(
        right="np.dot(delta, acts[l - 1].T)", wrong="np.dot(delta, zs[l - 2].T if l > 1 else acts[0].T)",
        suspected="nabla['W%d' % l]", blocks=("W2",), program=SAMPLES,
    ),
}  # fmt: skip


def _program(text: str) -> TracedProgram:
    return TracedProgram(text, COLUMN_SHAPES if text.startswith("\ndef sigmoid") and "def one" in text else None)


@pytest.fixture(params=SPOILT.values(), ids=SPOILT)
def spoilt(request: pytest.FixtureRequest) -> Spoilt:
    """Each bug of the table."""
    found: Spoilt = request.param
    assert found.program.count(found.right) == 1
    return found


@pytest.mark.parametrize("points", [1, 3])
def test_the_wrong_line_is_suspected_first(spoilt: Spoilt, points: int) -> None:
    """The wrong line is suspected first."""
    program = _program(spoilt.program.replace(spoilt.right, spoilt.wrong))
    trace = program.judged(points)
    assert trace.basis == BASIS_NETWORK
    first = trace.suspects[0]
    assert first.line == program.line(spoilt.suspected)
    assert spoilt.instead in first.instead
    if spoilt.should_be is not None:
        assert first.should_be is not None
        assert first.should_be.kind is spoilt.should_be


def test_the_blocks_that_are_wrong_are_told(spoilt: Spoilt) -> None:
    """The blocks that are wrong are told."""
    trace = _program(spoilt.program.replace(spoilt.right, spoilt.wrong)).judged()
    assert set(trace.wrong_blocks) == set(spoilt.blocks)
    assert set(trace.suspects[0].blocks) <= set(spoilt.blocks)


@pytest.mark.parametrize("text", [ROWS, LOOP, SAMPLES], ids=["rows", "loop", "samples"])
@pytest.mark.parametrize("points", [1, 2])
def test_a_right_program_has_no_suspects(text: str, points: int) -> None:
    """A right program has no suspects."""
    trace = _program(text).judged(points)
    assert trace.suspects == ()
    assert trace.wrong_blocks == ()
    assert trace.first_wrong is None


def test_right_lines_say_of_which_quantity_and_with_which_factor() -> None:
    """Right lines say of which quantity and with which factor."""
    program = _program(ROWS)
    right = {line.event.name: line for line in program.judged().right}
    assert right["dZ2"].quantity.kind is QuantityKind.DELTA
    assert right["dZ2"].quantity.name == "Z2"
    assert right["dZ2"].factor == pytest.approx(5.0)  # 1/m comes later
    assert right["dA2"].quantity.kind is QuantityKind.UPSTREAM
    assert right["dA2"].quantity.name == "A2"
    assert right["dW1"].quantity.name == "W1"
    assert right["dW1"].factor == pytest.approx(1.0)
    assert str(right["db3"].quantity) == "the derivative of the loss with respect to the bias b3"
    assert "Z1" not in right


def test_the_first_wrong_line_is_given_where_only_one_can_be() -> None:
    """The first wrong line is given where only one can be."""
    spoilt = SPOILT["missing-hidden-derivative"]
    program = _program(ROWS.replace(spoilt.right, spoilt.wrong))
    first = program.judged().first_wrong
    assert first is not None
    assert (first.line, first.function, first.name) == (program.line("dZ2 = dA2"), "gradient", "dZ2")


def test_a_constant_that_could_have_come_in_anywhere_is_on_no_line_alone() -> None:
    """A constant that could have come in anywhere is on no line alone."""
    program = _program(ROWS.replace("2 * error * A3", "error * A3"))
    trace = program.judged()
    assert trace.first_wrong is None
    assert trace.suspects[0].line == program.line("dZ3 = error")
    assert {s.line for s in trace.suspects} >= {program.line("dW3 ="), program.line("db1 =")}


def test_two_bugs_are_two_suspects() -> None:
    """Two bugs are two suspects."""
    text = ROWS.replace("dA2 * sigmoid_prime(Z2)", "dA2 * sigmoid(Z2)").replace("dW3 = A2.T", "dW3 = Z2.T")
    program = _program(text)
    lines = {suspect.line for suspect in program.judged().suspects if suspect.score >= 0.9}
    assert lines == {program.line("dZ2 = dA2"), program.line("dW3 = Z2.T")}


def test_an_iteration_of_a_loop_is_told() -> None:
    """An iteration of a loop is told."""
    text = LOOP.replace("delta = upstream * self", "delta = upstream if l == 2 else upstream * self")
    first = _program(text).judged().first_wrong
    assert first is not None
    assert (first.turn, first.layer, first.blocks) == (1, 0, ("W1", "b1"))
    assert first.function == "Net.backward"


def test_without_a_network_the_intermediates_bound_the_wrong_step() -> None:
    """A skip connection is no chain of layers, but its adjoints are known all the same."""
    text = ROWS.replace("Z3 = A2 @ p['W3'] + p['b3']", "Z3 = A2 @ p['W3'] + p['b3'] + X[:, :2]").replace(
        "dZ2 = dA2 * sigmoid_prime(Z2)", "dZ2 = dA2 * Z2"
    )
    program = _program(text.replace("A1 = np.tanh(Z1)", "A1 = np.tanh(Z1)[:, ::-1]"))
    trace = program.judged()
    assert trace.basis == BASIS_FORWARD
    assert trace.suspects[0].score < 0.9
    assert program.line("dZ2 = dA2") == trace.suspects[0].line
    assert any(line.event.name == "dW3" for line in trace.right)


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


def test_without_a_forward_pass_the_blocks_say_what_they_can() -> None:
    """Without a forward pass the blocks say what they can."""
    spoilt = SPOILT["wrong-layer-activation"]
    program = _program(ROWS.replace(spoilt.right, spoilt.wrong))
    trace = program.judged(differentiable=False)
    assert trace.basis == BASIS_BLOCKS
    assert {line.event.name for line in trace.right} >= {"dW1", "dW3", "db2"}
    assert "dW2" not in {line.event.name for line in trace.right}
    assert trace.suspects[0].line == program.line("dW2 = Z1")
    assert trace.first_wrong is None


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


def test_a_flat_vector_is_taken_apart() -> None:
    """A flat vector is taken apart."""
    text = ROWS.replace("def forward(p):", "def forward(q):\n    p = unpack(q)").replace(
        "Z1, A1, Z2, A2, Z3, A3 = forward(p)", "Z1, A1, Z2, A2, Z3, A3 = forward(p)\n    p = unpack(p)"
    )
    text = text.replace(
        "return {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2, 'W3': dW3, 'b3': db3}",
        "return {'theta': np.concatenate([g.ravel() for g in (dW1, db1, dW2, db2, dW3, db3)])}",
    )
    unpack = """
def unpack(q):
    found, start = {}, 0
    for name, shape in (('W1', (3, 4)), ('b1', (4,)), ('W2', (4, 6)), ('b2', (6,)), ('W3', (6, 2)), ('b3', (2,))):
        size = int(np.prod(shape))
        found[name] = q['theta'][start:start + size].reshape(shape)
        start += size
    return found
"""
    program = TracedProgram(unpack + text.replace("dA2 * sigmoid_prime(Z2)", "dA2"), {"theta": (62,)})
    trace = program.judged()
    assert trace.suspects[0].line == program.line("dZ2 = dA2")
    assert trace.suspects[0].blocks == ("theta",)


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
