"""What a parameter enters, in code that is no chain of layers, and which adjoints its gradient is made of."""

from __future__ import annotations

import numpy as np
from traced_programs import RECURRENT, RECURRENT_SHAPES, TracedProgram

from gradcheck.diagnosis.adjoints.block_errors import enters, errors_of_block, is_error
from gradcheck.diagnosis.adjoints.quantities import QuantityKind
from gradcheck.diagnosis.adjoints.tracks import tracks_of


def test_each_use_of_a_parameter_has_an_error_of_its_own() -> None:
    """Weights of a loop through time enter a product at each step; their gradient is the sum over these."""
    point = TracedProgram(RECURRENT, RECURRENT_SHAPES).point()
    assert point.forward is not None
    places = enters(point.forward, "U")
    assert [point.forward.values[place].operation for place in places] == ["matmul"] * 5
    total = np.zeros(RECURRENT_SHAPES["U"])
    for place in places:
        hidden = point.forward.values[point.forward.values[place].inputs[0]]
        error = point.forward.values[place].adjoint
        assert error is not None
        total += hidden.value.T @ error
    np.testing.assert_allclose(total, point.true["U"], rtol=1e-10)  # the same sum in another order


def test_an_error_is_told_from_the_adjoint_of_what_comes_after() -> None:
    """``local`` is an error of the weights, ``sent`` the adjoint behind the activation, ``error`` has another size."""
    points = [TracedProgram(RECURRENT, RECURRENT_SHAPES).point(seed) for seed in (0, 1)]
    errors = errors_of_block([point.forward for point in points if point.forward is not None], "U")
    tracks = {(t.event.name, t.event.turn): t for t in tracks_of([point.trace for point in points])}
    assert is_error(tracks["local", 0], errors) is True
    assert is_error(tracks["sent", 0], errors) is False
    assert is_error(tracks["error", 0], errors) is None


def test_what_a_wrong_line_should_have_been_is_told() -> None:
    """The missing slope is in the line whose value is the adjoint of something else."""
    text = RECURRENT.replace("local = sent * (1 - hs[t + 1] ** 2)", "local = 1.0 * sent")
    program = TracedProgram(text, RECURRENT_SHAPES)
    first = program.judged().suspects[0]
    assert first.line == program.line("local = 1.0")
    assert first.should_be is not None
    assert first.should_be.kind is QuantityKind.ENTERED
