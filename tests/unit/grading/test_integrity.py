"""Findings for staff."""

import ast

import numpy as np
import pytest

from gradcheck.grading.assignment.records import Integrity, Network
from gradcheck.grading.integrity import integrity_findings, memorised
from gradcheck.grading.reference.points import point_of
from gradcheck.grading.subject.replies import Reply
from gradcheck.submissions.exchange.session import Status

RULES = Integrity(forbid=("torch", "scipy.optimize"))
NETWORK = Network(sizes=(2, 3, 1), activations=("tanh", "linear"), loss="mse")
POINTS = tuple(point_of(NETWORK, batch=3, seed=seed) for seed in (1, 2, 3))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("import torch", 1),
        ("import torch.nn as nn", 1),
        ("from scipy import optimize", 1),
        ("from scipy.optimize import minimize", 1),
        ("def f():\n    import torch", 1),
        ("import scipy.special", 0),
        ("import torchless", 0),
        ("from .torch import x", 0),
    ],
)
def test_forbidden_imports(text: str, count: int) -> None:
    """Modules and what is below them, wherever they are imported."""
    found = integrity_findings(ast.parse(text), RULES, None, [], {})
    assert [finding.id for finding in found] == ["forbidden-library"] * count


def test_attempts() -> None:
    """What a process was refused, and how it ended; each once."""
    found = integrity_findings(
        ast.parse(""), RULES, None, [Status.PROTOCOL, Status.PROTOCOL, Status.TIME], {"forbidden": ["sockets"]}
    )
    assert [finding.id for finding in found] == ["sandbox-attempt", "channel-attempt"]


def test_memorised_answers() -> None:
    """The same at every point; a constant zero may be a slip, and one point tells nothing."""
    same = [Reply(values={"output": np.full((3, 1), 0.3)})] * 3
    differ = [Reply(values={"output": np.full((3, 1), 0.3 * n)}) for n in range(3)]
    zero = [Reply(values={"output": np.zeros((3, 1))})] * 3
    answers = {"output": same, "loss": differ, "gradient": zero}
    assert [finding.id for finding in memorised(POINTS, answers)] == ["memorised-output"]
    assert list(memorised(POINTS[:1], {"output": same[:1]})) == []
    assert list(memorised(POINTS, {"gradient": []})) == []
