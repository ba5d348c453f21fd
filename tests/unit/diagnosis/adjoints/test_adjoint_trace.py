"""Lines of a backward pass against the true adjoints: right ones, and the first wrong one."""

from __future__ import annotations

import pytest
from spoilt_traces import LOOP, ROWS, SAMPLES, SPOILT, Spoilt, traced
from traced_programs import TracedProgram

from gradcheck.diagnosis.adjoints.adjoint_trace import BASIS_BLOCKS, BASIS_FORWARD, BASIS_NETWORK
from gradcheck.diagnosis.adjoints.quantities import QuantityKind


@pytest.fixture(params=SPOILT.values(), ids=SPOILT)
def spoilt(request: pytest.FixtureRequest) -> Spoilt:
    """Each bug of the table."""
    found: Spoilt = request.param
    assert found.program.count(found.right) == 1
    return found


@pytest.mark.parametrize("points", [1, 3])
def test_the_wrong_line_is_suspected_first(spoilt: Spoilt, points: int) -> None:
    """The wrong line is suspected first."""
    program = traced(spoilt.program.replace(spoilt.right, spoilt.wrong))
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
    trace = traced(spoilt.program.replace(spoilt.right, spoilt.wrong)).judged()
    assert set(trace.wrong_blocks) == set(spoilt.blocks)
    assert set(trace.suspects[0].blocks) <= set(spoilt.blocks)


@pytest.mark.parametrize("text", [ROWS, LOOP, SAMPLES], ids=["rows", "loop", "samples"])
@pytest.mark.parametrize("points", [1, 2])
def test_a_right_program_has_no_suspects(text: str, points: int) -> None:
    """A right program has no suspects."""
    trace = traced(text).judged(points)
    assert trace.suspects == ()
    assert trace.wrong_blocks == ()
    assert trace.first_wrong is None


def test_right_lines_say_of_which_quantity_and_with_which_factor() -> None:
    """Right lines say of which quantity and with which factor."""
    program = traced(ROWS)
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
    program = traced(ROWS.replace(spoilt.right, spoilt.wrong))
    first = program.judged().first_wrong
    assert first is not None
    assert (first.line, first.function, first.name) == (program.line("dZ2 = dA2"), "gradient", "dZ2")


def test_a_constant_that_could_have_come_in_anywhere_is_on_no_line_alone() -> None:
    """A constant that could have come in anywhere is on no line alone."""
    program = traced(ROWS.replace("2 * error * A3", "error * A3"))
    trace = program.judged()
    assert trace.first_wrong is None
    assert trace.suspects[0].line == program.line("dZ3 = error")
    assert {s.line for s in trace.suspects} >= {program.line("dW3 ="), program.line("db1 =")}


def test_two_bugs_are_two_suspects() -> None:
    """Two bugs are two suspects."""
    text = ROWS.replace("dA2 * sigmoid_prime(Z2)", "dA2 * sigmoid(Z2)").replace("dW3 = A2.T", "dW3 = Z2.T")
    program = traced(text)
    lines = {suspect.line for suspect in program.judged().suspects if suspect.score >= 0.9}
    assert lines == {program.line("dZ2 = dA2"), program.line("dW3 = Z2.T")}


def test_without_a_network_the_intermediates_bound_the_wrong_step() -> None:
    """A skip connection is no chain of layers, but its adjoints are known all the same."""
    text = ROWS.replace("Z3 = A2 @ p['W3'] + p['b3']", "Z3 = A2 @ p['W3'] + p['b3'] + X[:, :2]").replace(
        "dZ2 = dA2 * sigmoid_prime(Z2)", "dZ2 = dA2 * Z2"
    )
    program = traced(text.replace("A1 = np.tanh(Z1)", "A1 = np.tanh(Z1)[:, ::-1]"))
    trace = program.judged()
    assert trace.basis == BASIS_FORWARD
    assert trace.suspects[0].score < 0.9
    assert program.line("dZ2 = dA2") == trace.suspects[0].line
    assert any(line.event.name == "dW3" for line in trace.right)


def test_without_a_forward_pass_the_blocks_say_what_they_can() -> None:
    """Without a forward pass the blocks say what they can."""
    spoilt = SPOILT["wrong-layer-activation"]
    program = traced(ROWS.replace(spoilt.right, spoilt.wrong))
    trace = program.judged(differentiable=False)
    assert trace.basis == BASIS_BLOCKS
    assert {line.event.name for line in trace.right} >= {"dW1", "dW3", "db2"}
    assert "dW2" not in {line.event.name for line in trace.right}
    assert trace.suspects[0].line == program.line("dW2 = Z1")
    assert trace.first_wrong is None


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
