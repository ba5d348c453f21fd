"""Slopes of what lists hold and methods hand back, and sums that were assigned."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from test_proposals import D, W, X, proposals

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.repair.activations import classify
from gradcheck.diagnosis.repair.change import Setting
from gradcheck.diagnosis.repair.edits.statements import assigning
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.syntax import Tree

K = EditKind

LISTS = """
def elu(x):
    return np.where(x > 0, x, np.exp(x) - 1)


def elu_slope(x):
    return np.where(x > 0, 1, np.exp(x))


def run(X):
    zs, acts = [], [X]
    for V in Vs:
        zs.append(acts[-1] @ V)
        acts.append(elu(zs[-1]))
    return zs, acts


def grads(X, d):
    zs, acts = run(X)
    for i in reversed(range(len(Vs))):
        g = acts[i].T @ d
        if i:
            d = d @ Vs[i].T
    return g


g = grads(X, D)
"""
METHODS = """
class Softplus:
    def forward(self, x):
        self.x = x
        return np.log(1 + np.exp(x))

    def backward(self, grad):
        return grad * self.x


layer = Softplus()
out = layer.forward(X)
back = layer.backward(X)
"""


def test_an_element_of_another_list_that_lags_behind() -> None:
    """``acts[i]`` is of ``zs[i - 1]``, as the data comes first: named by no line of the function itself."""
    given = {"np": np, "X": X, "D": D, "Vs": [W @ np.ones((3, 5)) / 9, np.ones((5, 3)) - np.eye(5)[:, :3]]}
    line = LISTS.split("\n").index("            d = d @ Vs[i].T") + 1
    found = proposals(LISTS, line, given, parameters={"W": W})
    assert found[LISTS.replace("d @ Vs[i].T", "d @ Vs[i].T * elu_slope(zs[i - 1])")] is K.ADD_DERIVATIVE


PLAIN = """def run(x):
    return [v * 0.5 for v in x], 0.1


def learn(x):
    h, out = run(x)
    errors = [out * v for v in x]
    return [errors[j] * (1 - errors[j]) for j in range(3)]


learn([0.3, 0.4, 0.7])
"""


def test_an_element_of_a_list_that_no_line_has_taken_one_of() -> None:
    """Where all is lists, a list that a call has handed back is one, too."""
    found = proposals(PLAIN, 8, {"range": range}, parameters={"W": W})
    assert found[PLAIN.replace("(1 - errors[j])", "(1 - h[j])")] is K.REPLACE_OPERAND


def test_what_a_method_hands_back_without_a_name() -> None:
    """Is told by its values, and its slope written of what the method keeps."""
    line = METHODS.split("\n").index("        return grad * self.x") + 1
    found = proposals(METHODS, line, {"np": np, "X": X}, parameters={"W": W})
    assert METHODS.replace("grad * self.x", "grad * (1 / (1 + np.exp(-self.x)))") in found


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("np.where(x > 0, x, np.exp(x) - 1)", ("elu", "value")),
        ("np.where(x > 0, 1.0, np.exp(x))", ("elu", "slope")),
        ("np.where(x > 0, 1.0, x + 1.0)", ("elu", "at_output")),
        ("x / (1 + np.exp(-x))", ("silu", "value")),
        ("np.where(x > 0, 1.0, 0.0)", ("relu", "slope")),
    ],
)
def test_a_helper_is_told_by_what_it_computes(formula: str, expected: tuple[str, str]) -> None:
    """A ReLU's slope is not that of an ELU at its output, which it is of all numbers above zero."""
    function = ast.parse(f"def f(x):\n    return {formula}").body[0]
    assert isinstance(function, ast.FunctionDef)
    found = {(part.kind, part.what) for part in classify(function, {"f": function})}
    assert expected in found
    assert len({kind for kind, _what in found}) == 1


@pytest.mark.parametrize(
    ("begun", "tier"),
    [("dK = np.zeros((2, 3))", 0), ("dK = {k: np.zeros_like(v) for k, v in p.items()}", 0), ("s = 0.0", 3)],
)
def test_what_was_zero_before_the_loop_was_meant_to_add_up(begun: str, tier: int) -> None:
    """The array or the dictionary that an entry is of as well as a number."""
    text = f"{begun}\nfor i in range(2):\n    dK[i] = x * i\n"
    tree = Tree(text)
    setting = Setting(tree=tree, scope=Scope(tree, {}, None, None, {}), blocks=(), shapes=())
    made = [change for statement in tree.statements[1:] for change in assigning(setting, statement)]
    assert [(change.kind, change.detail, change.tier) for change in made] == [(K.ASSIGN, "+=", tier)]


def test_gradients_that_are_cut_down_are_left_whole() -> None:
    """One or all of them; a copy of what they were before is no way to write that."""
    text = "a = np.clip(a, -1, 1)\nb = np.clip(b, -1, 1)\nreturned = a, b\n"
    found = proposals(text, 1, {"np": np, "a": X, "b": D}, parameters={"W": W})
    assert found["returned = a, b\n"] is K.DELETE
    assert found["b = np.clip(b, -1, 1)\nreturned = a, b\n"] is K.DELETE
    assert K.KEEP_COPY not in found.values()


@pytest.mark.parametrize(
    ("role", "detail", "named"),
    [
        (Role.OTHER, "+=", "gradient-stopped"),
        (Role.WEIGHT_GRADIENT, "+=", "gradient-stopped"),
        (Role.HIDDEN_DELTA, "+=", "upstream-lost"),
        (Role.WEIGHT_GRADIENT, "=", "gradient-accumulated"),
    ],
)
def test_a_sum_that_was_assigned_has_lost_something(role: Role, detail: str, named: str) -> None:
    """And one that should have been assigned has kept too much."""
    before, after = ("g = d", "g += d") if detail == "+=" else ("g += d", "g = d")
    cure = Edit(kind=K.ASSIGN, role=role, line=1, before=before, after=after, text=after, cost=1, detail=detail)
    scores = {bug.id: bug.explains(cure) for bug in CATALOGUE.values() if bug.explains is not None}
    assert max(scores, key=lambda each: scores[each]) == named
