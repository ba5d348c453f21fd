"""Which of the cures that are proposed is taken, and where it is made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from repair_programs import BLOCKS, FUNCTIONS, RATE, STYLES, Style, TextProgram, repaired

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.diagnosis.repair import Varied, repair
from gradcheck.records import Verdict


def test_signs_that_cancel_in_places_are_found_together() -> None:
    """Flipped at the output and once more below: either alone makes what was right wrong."""
    text = FUNCTIONS.replace("(a2 - y) / m", "(y - a2) / m").replace("d1 = (d2", "d1 = -(d2")
    found = repaired(TextProgram(STYLES["functions"], text))
    assert found.verified, found.reasons
    assert [edit.kind for edit in found.edits] == [EditKind.NEGATE, EditKind.NEGATE]


def test_updates_that_ascend_are_turned_round_together() -> None:
    """Not the difference of output and target, which is as it should be."""
    text = STYLES["updating"].text
    found = repaired(TextProgram(STYLES["updating"], text.replace("-= lr", "+= lr")))
    assert found.verified, found.reasons
    assert found.text == text


def test_a_helper_is_changed_where_its_parameter_promises_something_else() -> None:
    """``z * (1 - z)`` of a parameter ``z``: the formula is wrong, not the call."""
    found = repaired(TextProgram(STYLES["functions"], FUNCTIONS.replace("return s * (1 - s)", "return z * (1 - z)")))
    assert [edit.line for edit in found.edits] == [11]


def test_looks_that_are_there_judge_a_cure() -> None:
    """The program is not varied again; a constant that fits two samples only is refused."""
    program = TextProgram(
        STYLES["functions"], FUNCTIONS.replace("2 * (a2 - y) / m", "2 * (a2 - y)"), rows=2, varies=False
    )
    other = TextProgram(STYLES["functions"], program.text, rows=3)
    arrays = other.points()[0]
    varied = Varied(what="three samples", program=other, arrays=arrays, truth=tuple(other.truth(arrays)))  # type: ignore[arg-type]
    found = repaired(program, elsewhere=[varied])
    assert found.verified
    assert any("with three samples the gradient is wrong again" in reason for reason in found.reasons)


def test_constants_that_nothing_tells_apart_are_no_alternatives() -> None:
    """``/ 2`` and ``/ m`` are one number for two samples; where no other size can be had neither is called as right."""
    program = TextProgram(
        STYLES["functions"], FUNCTIONS.replace("2 * (a2 - y) / m", "2 * (a2 - y)"), rows=2, varies=False
    )
    found = repaired(program, elsewhere=[])
    constants = {EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE, EditKind.NEGATE, EditKind.REDUCTION}
    assert found.verified
    assert not [edit for others in found.alternatives for edit in others if edit.kind in constants]


def test_what_is_divided_by_under_another_name_is_not_multiplied_back() -> None:
    """``/ len(d)`` goes; ``* m`` does not come."""
    text = FUNCTIONS.replace("dW2 = a1.T @ d2", "dW2 = a1.T @ d2 / len(d2)")
    found = repaired(TextProgram(STYLES["functions"], text))
    assert found.verified
    assert "dW2 = a1.T @ d2\n" in found.text


SOFTMAX = """import numpy as np


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e, axis=1, keepdims=True)


def loss(params, X, y):
    p = softmax(np.tanh(X @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"])
    return -np.mean(np.sum(y * np.log(p), axis=1))


def backward(params, X, y):
    a1 = np.tanh(X @ params["W1"] + params["b1"])
    p = softmax(a1 @ params["W2"] + params["b2"])
    d2 = (p * y.sum(axis=1, keepdims=True) - y) / len(X)
    d1 = (d2 @ params["W2"].T) * (1 - a1 ** 2)
    return {"W1": X.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}
"""


def test_a_softmax_over_the_whole_array_is_mended_where_it_is() -> None:
    """Its gradient is right for no loss: the patch is of the forward pass, and only the whole check can judge it."""
    style = Style(text=SOFTMAX, drive=STYLES["functions"].drive)
    program = TextProgram(style, SOFTMAX.replace("np.sum(e, axis=1, keepdims=True)", "np.sum(e)"))
    points = program.points()
    truth = [[array * 0.7 + 0.1 for array in program.truth(arrays)] for arrays in points]
    found = repair(program, points=points, truth=truth, trace=program.trace(points[0]), max_trials=60)  # type: ignore[arg-type]
    assert found.verified, found.reasons
    assert (found.text, found.edits[0].kind, found.edits[0].role) == (SOFTMAX, EditKind.AXIS, Role.ACTIVATION)


def test_what_does_the_same_as_a_refused_cure_is_tried_elsewhere() -> None:
    """With targets of zero the error is the output: either may be multiplied by the slope, and one is meant."""
    text = FUNCTIONS.replace("    d2 = 2 * (a2 - y) / m", "    e = a2 - y\n    d2 = 2 * e / m")
    style = Style(text=text, drive=STYLES["functions"].drive)
    wrong = text.replace("d2 = 2 * e / m * sigmoid_derivative(z2)   # größer", "d2 = 2 * e / m * a2")
    programs = [TextProgram(style, wrong, rows=rows, varies=False) for rows in (7, 6)]
    programs[0].data = (programs[0].data[0], np.zeros((7, 3)))
    arrays = programs[1].points()[0]
    varied = Varied(what="other targets", program=programs[1], arrays=arrays, truth=tuple(programs[1].truth(arrays)))  # type: ignore[arg-type]
    found = repaired(programs[0], elsewhere=[varied])
    assert found.verified, found.reasons
    assert "2 * e / m" in found.text


def test_a_cure_that_could_not_be_put_to_the_proof_is_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time is used up before the whole check: no patch, and not forgotten either."""
    program = TextProgram(STYLES["functions"], FUNCTIONS.replace("d2 = 2 * (a2 - y)", "d2 = (a2 - y)"))

    def late(_text: str) -> None:
        raise UnavailableError("the time is used up")

    monkeypatch.setattr(program, "verify", late)
    found = repaired(program)
    assert not found.verified
    assert not found.patch
    assert found.partial is not None
    assert found.partial.blocks == (0, 1, 2, 3)
    assert "2 * (a2 - y)" in found.partial.text


def test_an_operand_that_holds_a_true_adjoint_stays() -> None:
    """With one output ``error @ W.T * slope`` would be as right as the delta that stands there."""
    wrong = FUNCTIONS.replace("* (1 - a1 ** 2)", "* a2 * (1 - a2)")
    found = repaired(TextProgram(STYLES["functions"], wrong))
    assert found.verified, found.reasons
    assert 'd1 = (d2 @ params["W2"].T) * (1 - a1 ** 2)' in found.text


@pytest.mark.parametrize("judged", [Verdict.INVALID, Verdict.FAIL])
def test_a_decay_that_makes_weights_grow_is_turned_round_rather_than_taken_out(judged: Verdict) -> None:
    """Where the check says that nothing but the decay is beside the gradient; else what passes is taken."""
    update = "self.W2 -= lr * np.dot(self.a1.T, delta2)"
    grown = "lam = 0.1\n        self.W2 = (1 + lr * lam) * self.W2 - lr * np.dot(self.a1.T, delta2)"
    text = STYLES["updating"].text.replace(update, grown)

    class Checked(TextProgram):
        def verify(self, text: str) -> Any:
            report = super().verify(text)
            decays = SimpleNamespace(verdict=judged, reason="", finding={"weight-decay": "seen"}.get)
            return decays if "(1 - lr * lam)" in text else report

    found = repaired(Checked(STYLES["updating"], text))
    assert found.verified
    assert found.decays is (judged is Verdict.INVALID)
    assert ("self.W2 = (1 - lr * lam) * self.W2 - lr" in found.text) is found.decays


HANDED = """import numpy as np


def forward(p, X, y):
    c = {"X": X, "t": y}
    c["h"] = np.tanh(X @ p["W1"] + p["b1"])
    c["y"] = c["h"] @ p["W2"] + p["b2"]
    return 0.5 * np.sum((c["y"] - y) ** 2) / len(X), c


def backward(p, c):
    g = {}
    dy = (c["y"] - c["t"]) / len(c["X"])
    g["W2"] = c["h"].T @ dy
    g["b2"] = dy.sum(axis=0)
    dz = dy @ p["W2"].T * (1 - c["h"] ** 2)
    g["W1"] = c["X"].T @ dz
    g["b1"] = dz.sum(axis=0)
    return g


def step(p, X, y, lr):
    value, c = forward(p, X, y)
    g = backward(p, c)
    for name in p:
        p[name] -= lr * g[name]
    return value
"""


def _handed(text: str, arrays: Any, data: Any) -> Any:
    space: dict[str, Any] = {}
    exec(compile(text, "student.py", "exec"), space)
    params = {name: np.array(array) for name, array in zip(BLOCKS, arrays, strict=True)}
    value = float(space["step"](params, *data, RATE))
    return value, [(before - params[name]) / RATE for before, name in zip(arrays, BLOCKS, strict=True)]


@pytest.mark.parametrize("rate", ["lr", str(RATE)])
def test_a_factor_is_put_where_the_gradient_is_computed_and_not_where_it_is_handed_over(rate: str) -> None:
    """``/ X.shape[0]`` in the step is shorter; the function that hands the gradient over would stay wrong."""
    right = HANDED.replace("lr * g[name]", f"{rate} * grads[name]").replace("g = backward", "grads = backward")
    wrong = right.replace('dy = (c["y"] - c["t"]) / len(c["X"])', 'dy = c["y"] - c["t"]')
    found = repaired(TextProgram(Style(text=right, drive=_handed, deltas=("dy", "dz")), wrong))
    assert found.verified, found.reasons
    assert [edit.before.strip() for edit in found.edits] == ['dy = c["y"] - c["t"]'], found.patch
