"""The ready assignments: a solution earns everything, and what is wrong loses where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.grading.assignment import read_assignment
from gradcheck.grading.assignment.ready import READY, ready_assignment
from gradcheck.grading.batch.work import Work
from gradcheck.grading.records import GradeRecord, Outcome, State
from gradcheck.grading.worker import grade_work

ROOT = Path(__file__).resolve().parents[3]
SOLUTIONS = {name: (ROOT / "examples" / "assignments" / f"{name}.py").read_text(encoding="utf-8") for name in READY}

# The line that is right, what is written for it, and the items that must lose by it, among others.
SLIPS = [
    ("binary-classifier", "def relu(Z):\n    return np.maximum(0, Z)", "def relu(Z):\n    return Z", {"forward/relu"}),
    ("binary-classifier", "return A2, {", "return A2 + 0.1, {", {"forward/output"}),
    ("binary-classifier", "return -np.mean(", "return np.mean(", {"loss"}),
    ("binary-classifier", '"dW1": X.T @ dZ1', '"dW1": X.T @ dZ1 * 1.5', {"gradients/W1", "gradients/meant"}),
    ("binary-classifier", "value - learning_rate", "value + learning_rate", {"update"}),  # charged once, there
    ("binary-classifier", "value - learning_rate", "value / 2 - learning_rate", {"update", "convergence"}),
    ("binary-classifier", "Z1 = X @", "X -= 0.5\n    Z1 = (X + 0.5) @", {"purity"}),
    (
        "xor-class",
        "return x * (1 - x)",
        "return x * (1 + x)",
        {"activation/derivative", "gradients/W1", "gradients/b1"},
    ),
    ("xor-class", "2 * (self.a2 - y)", "3 * (self.a2 - y)", {"gradients/W2"}),
    ("xor-class", "self.b1 -= learning_rate * np.sum(dz1, axis=0, keepdims=True)", "pass", {"gradients/b1"}),
    ("softmax-classifier", "hidden.T @ dscores + reg * W2", "hidden.T @ dscores", {"gradients/W2", "gradients/meant"}),
    ("softmax-classifier", "dscores /= len(X)", "pass", {"gradients/W2", "gradients/b2"}),
    ("softmax-classifier", "scores = scores - scores.max(axis=1, keepdims=True)", "pass", {"robustness"}),
    (
        "softmax-classifier",
        'return hidden @ self.params["W2"] + self.params["b2"]',
        'scores = hidden @ self.params["W2"] + self.params["b2"]\n        return scores - scores.mean(axis=0)',
        {"forward", "property"},
    ),
    ("deep-relu", "return W.T @ dZ,", "return 2 * W.T @ dZ,", {"backward/one-layer", "backward/W2"}),
    ("deep-relu", "return (Z > 0).astype(float)", "return np.ones_like(Z)", {"backward/derivative", "backward/W2"}),
]


def _graded(name: str, text: str, folder: Path) -> GradeRecord:
    (folder / "assignment.toml").write_text(ready_assignment(name).text, encoding="utf-8")
    (folder / "student.py").write_text(text, encoding="utf-8")
    work = Work(key="student.py", path=folder / "student.py", digest="0" * 64)
    return grade_work(work, read_assignment(folder / "assignment.toml"), seed=11, diagnose=False)


@pytest.mark.parametrize("name", READY)
def test_a_solution_earns_everything(tmp_path: Path, name: str) -> None:
    """The one in examples/assignments, at points that were not chosen for it; nothing is found for staff either."""
    record = _graded(name, SOLUTIONS[name], tmp_path)
    assert record.state is State.GRADED
    assert {mark.item: mark.outcome for mark in record.marks if mark.outcome is not Outcome.EARNED} == {}
    assert record.points == record.of == read_assignment(tmp_path / "assignment.toml").points
    assert [finding.id for finding in record.findings] == []


@pytest.mark.parametrize(
    ("name", "right", "wrong", "items"),
    SLIPS,
    ids=[f"{name}: {right[:30]} to {wrong[:30]}" for name, right, wrong, _ in SLIPS],
)
def test_a_slip_loses_where_it_is(tmp_path: Path, name: str, right: str, wrong: str, items: set[str]) -> None:
    """Items that look at the spoiled line lose points; those before it do not."""
    assert SOLUTIONS[name].count(right) == 1
    record = _graded(name, SOLUTIONS[name].replace(right, wrong), tmp_path)
    assert record.state is State.GRADED
    lost = {mark.item for mark in record.marks if mark.points < mark.of}
    assert items <= lost
    assert "loads" not in lost


def test_a_sign_that_is_wrong_everywhere_costs_more_than_a_slip_in_one_bias(tmp_path: Path) -> None:
    """Charged once, at the weights of the last layer: several times what a sum over everything takes."""
    lost = []
    for right, wrong in (
        ("2 * (self.a2 - y)", "2 * (y - self.a2)"),
        ("np.sum(dz1, axis=0, keepdims=True)", "np.sum(dz1)"),
    ):
        record = _graded("xor-class", SOLUTIONS["xor-class"].replace(right, wrong), tmp_path)
        assert record.points is not None
        lost.append(record.of - record.points)
    assert lost == [2.5, 0.5]


@pytest.mark.parametrize(
    ("name", "document", "points"), [("binary-classifier", "000", 20.0), ("xor-class", "002", 18.75)]
)
def test_a_document_can_be_handed_in(tmp_path: Path, name: str, document: str, points: float) -> None:
    """The text's own program has the interface: all but the factor 2 that the gradient of document 002 lacks."""
    text = (ROOT / "examples" / f"document_{document}.py").read_text(encoding="utf-8")
    record = _graded(name, text, tmp_path)
    assert record.points == points


def test_every_kind_is_in_a_ready_one() -> None:
    """Whoever looks for an example of a kind finds one."""
    from gradcheck.grading.items import KINDS

    used = {name for name in KINDS for ready in READY if f'checks = "{name}"' in ready_assignment(ready).text}
    assert used == set(KINDS)
