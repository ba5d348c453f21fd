"""NumPy's functions by their own names, one vector of all parameters, biases in the weights: as in a course's port."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import Diagnosis, Verdict
from gradcheck.submissions import check_file, diagnose_file

PROGRAM = """
import numpy as np
from numpy import dot, exp, hstack, log, ones, reshape
from scipy.optimize import minimize


def squash(z):
    return 1.0 / (1.0 + exp(-z))


def squashSlope(z):
    g = squash(z)
    return g * (1 - g)


def cost(theta, X, Y, lam):
    first = reshape(theta[:15], (5, 3))
    second = reshape(theta[15:], (3, 6))
    m = X.shape[0]
    a1 = hstack((ones((m, 1)), X))
    z2 = dot(a1, first.T)
    a2 = hstack((ones((m, 1)), squash(z2)))
    h = squash(dot(a2, second.T))
    J = -np.sum(Y * log(h) + (1 - Y) * log(1 - h)) / m
    J = J + lam / (2 * m) * (np.sum(first[:, 1:] ** 2) + np.sum(second[:, 1:] ** 2))
    d3 = h - Y
    d2 = dot(d3, second[:, 1:]) * squashSlope(z2)
    g1 = dot(d2.T, a1) / m
    g2 = dot(d3.T, a2) / m
    g1[:, 1:] = g1[:, 1:] + lam / m * first[:, 1:]
    g2[:, 1:] = g2[:, 1:] + lam / m * second[:, 1:]
    return J, hstack((g1.ravel(), g2.ravel()))


rng = np.random.default_rng(0)
X = rng.normal(size=(40, 2))
Y = np.eye(3)[rng.integers(0, 3, 40)]
found = minimize(lambda p: cost(p, X, Y, 0.4), rng.normal(size=33) * 0.5, jac=True, options={"maxiter": 30})
print(found.fun)
"""
SLOPE = (" * squashSlope(z2)", "", "missing-hidden-derivative")
BIASES = ("g2[:, 1:] = g2[:, 1:] + lam / m * second[:, 1:]", "g2 = g2 + lam / m * second", "regularisation-on-bias")
ONE_SUM = (
    "    g2 = dot(d3.T, a2) / m\n",
    "    g2 = dot(d3.T, a2) / m + lam / m * second\n",
    "regularisation-on-bias",
)


def test_right_one_passes(tmp_path: Path) -> None:
    """As it stands."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM, encoding="utf-8")
    assert check_file(file).verdict is Verdict.PASS


@pytest.mark.parametrize("slips", [(SLOPE,), (BIASES,), (SLOPE, BIASES)], ids=["slope", "biases", "both"])
def test_mistakes_are_named_and_cured(tmp_path: Path, slips: tuple[tuple[str, str, str], ...]) -> None:
    """One slip, the other, both: the entries of one vector are told apart, and lines of the module cost no trials."""
    _cured(tmp_path, PROGRAM, slips)


def test_biases_in_a_sum_of_one_line(tmp_path: Path) -> None:
    """Where there is no statement of its own to be sliced, zeros stand in the biases' place."""
    program = PROGRAM.replace("    g2[:, 1:] = g2[:, 1:] + lam / m * second[:, 1:]\n", "")
    _cured(tmp_path, program, (ONE_SUM,))


def _cured(tmp_path: Path, program: str, slips: tuple[tuple[str, str, str], ...]) -> None:
    for right, wrong, _bug in slips:
        assert program.count(right) == 1
        program = program.replace(right, wrong)
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")
    found = diagnose_file(file)
    assert isinstance(found, Diagnosis)
    assert found.patch_verified
    assert {bug.bug for bug in found.diagnoses} == {bug for _right, _wrong, bug in slips}
