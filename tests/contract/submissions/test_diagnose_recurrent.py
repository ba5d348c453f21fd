"""A recurrent network trained by AdaGrad on one character after the other: its mistake is found in its own lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import Diagnosis, Verdict
from gradcheck.submissions import check_file, diagnose_file

PROGRAM = """
import numpy as np

rng = np.random.default_rng(1)
text = "to be or not to be "
chars = sorted(set(text))
number = {c: i for i, c in enumerate(chars)}
V, H = len(chars), 6
Wxh, Whh, Why = rng.normal(0, 0.3, (H, V)), rng.normal(0, 0.3, (H, H)), rng.normal(0, 0.3, (V, H))
bh, by = np.zeros((H, 1)), np.zeros((V, 1))


def loss_and_gradients(inputs, targets, h):
    xs, hs, ps, loss = {}, {-1: h}, {}, 0.0
    for t, i in enumerate(inputs):
        xs[t] = np.zeros((V, 1))
        xs[t][i] = 1
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        e = np.exp(Why @ hs[t] + by)
        ps[t] = e / e.sum()
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy, dbh, dby = (np.zeros_like(p) for p in (Wxh, Whh, Why, bh, by))
    dnext = np.zeros_like(h)
    for t in reversed(range(len(inputs))):
        dy = ps[t].copy()
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dh = Why.T @ dy
        dz = (1 - hs[t] ** 2) * dh
        dbh += dz
        dWxh += dz @ xs[t].T
        dWhh += dz @ hs[t - 1].T
        dnext = Whh.T @ dz
    return loss, [dWxh, dWhh, dWhy, dbh, dby]


memory = [np.zeros_like(p) for p in (Wxh, Whh, Why, bh, by)]
for turn in range(100):
    start = turn % (len(text) - 5)
    inputs = [number[c] for c in text[start:start + 4]]
    targets = [number[c] for c in text[start + 1:start + 5]]
    loss, gradients = loss_and_gradients(inputs, targets, np.zeros((H, 1)))
    for param, gradient, m in zip((Wxh, Whh, Why, bh, by), gradients, memory):
        m += gradient * gradient
        param -= 0.1 * gradient / np.sqrt(m + 1e-8)
    if turn % 20 == 0:
        print(turn, loss)
"""


@pytest.mark.slow
def test_what_a_later_step_hands_back_and_nobody_adds(tmp_path: Path) -> None:
    """Its terms are all of the loss; the arrays that AdaGrad writes into beside it do not stand in the way."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM, encoding="utf-8")
    found = diagnose_file(file)
    assert isinstance(found, Diagnosis)
    assert [block.name for block in found.blocks if block.verdict.name == "FAIL"] == ["Wxh", "Whh", "bh"]
    assert found.patch_verified
    assert "+ dnext" in (found.patch or "")
    (bug,) = found.diagnoses
    assert "gradient-stopped" in (bug.bug, *bug.same_as)
    assert PROGRAM.splitlines()[(bug.line or 0) - 1].strip() == "dh = Why.T @ dy"


SAMPLED = PROGRAM.replace("dh = Why.T @ dy", "dh = Why.T @ dy + dnext").replace(
    "        print(turn, loss)",
    """        h, i, written = np.zeros((H, 1)), inputs[0], []
        for _ in range(5):
            h = np.tanh(Wxh[:, [i]] + Whh @ h + bh)
            e = np.exp(Why @ h + by)
            i = np.random.choice(V, p=(e / e.sum()).ravel())
            written.append(chars[i])
        print(turn, loss, "".join(written))""",
)


@pytest.mark.parametrize(
    ("right", "wrong", "blocks"), [("", "", []), ("dz @ hs[t - 1].T", "dz @ hs[t].T", ["Whh"])], ids=["right", "wrong"]
)
def test_text_that_is_drawn_while_it_trains(tmp_path: Path, right: str, wrong: str, blocks: list[str]) -> None:
    """What looks for sums that are kept spoils AdaGrad's: that drawing by spoilt parameters fails says nothing."""
    file = tmp_path / "program.py"
    file.write_text(SAMPLED.replace(right, wrong) if right else SAMPLED, encoding="utf-8")
    report = check_file(file)
    assert report.verdict is (Verdict.FAIL if blocks else Verdict.PASS)
    assert [block.name for block in report.blocks if block.verdict is Verdict.FAIL] == blocks
