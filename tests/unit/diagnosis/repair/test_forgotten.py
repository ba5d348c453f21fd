"""Biases that nothing updates are found by how they are made and read, and get an update like that of their weights."""

from pathlib import Path

import pytest

from gradcheck import diagnose_file
from gradcheck.diagnosis.repair.change import Setting
from gradcheck.diagnosis.repair.forgotten import bare, missing_updates
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.splices import apply
from gradcheck.diagnosis.repair.syntax import Tree

LISTS = """w = [[0.1, 0.2], [0.3, 0.4]]
b = [0.0, 0.0]
for x, t in data:
    y = [w[k][0] * x[0] + w[k][1] * x[1] + b[k] for k in range(2)]
    for k in range(2):
        for j in range(2):
            w[k][j] -= rate * (y[k] - t[k]) * x[j]
"""


PROGRAM = """import math

data = [([0.1, 0.9], 0.2), ([0.8, 0.4], 0.9), ([0.5, 0.3], 0.4)]
w_in = [[0.3, -0.5], [0.7, 0.2], [-0.4, 0.6]]
b_in = [0.0, 0.1, 0.0]
w_out = [0.5, -0.3, 0.8]
rate = 0.3
history = []
for epoch in range(200):
    total = 0.0
    for x, t in data:
        h = [math.tanh(sum(w * v for w, v in zip(w_in[j], x)) + b_in[j]) for j in range(3)]
        y = sum(w_out[j] * h[j] for j in range(3))
        total += 0.5 * (y - t) ** 2
        d = []
        for j in range(3):
            d.append((y - t) * w_out[j] * (1 - h[j]))
        for j in range(3):
            w_out[j] -= rate * (y - t) * h[j]
            for i in range(2):
                w_in[j][i] -= rate * d[j] * x[i]
    history.append(total)
"""


def updated(text: str, block: str = "w") -> list[str]:
    """The text with each update that is proposed."""
    tree = Tree(text)
    setting = Setting(tree=tree, scope=Scope(tree, {}, None, None), blocks=(block,), shapes=((2, 2),))
    return [apply(text, change.splices) for change in missing_updates(setting)]


def test_a_bias_beside_its_weights() -> None:
    """In plain lists, behind the inner loop."""
    assert f"{LISTS}        b[k] -= rate * (y[k] - t[k])\n" in updated(LISTS)


@pytest.mark.parametrize(
    "text",
    [
        f"{LISTS}    b = [v - 1.0 for v in b]\n",
        LISTS.replace(" + b[k]", ""),
        LISTS.replace("b = [0.0, 0.0]", "b = read(path)"),
    ],
    ids=["it is updated", "it is not read", "it is data"],
)
def test_what_is_no_forgotten_bias(text: str) -> None:
    """Nothing is proposed."""
    assert updated(text) == []


def test_a_block_is_known_without_its_owner_and_place() -> None:
    """As the check names it, and as the text does."""
    assert [bare(name) for name in ("b_in", "self.c", "net.b[0]", "p['b1']")] == ["b_in", "c", "b", "b1"]


def test_a_patch_does_not_leave_one_behind(tmp_path: Path) -> None:
    """What no line updates is no parameter to the check, until the patch updates it: then it must be right too."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    found = diagnose_file(path, time_limit=60)
    assert found.patch_verified, found
    assert "+            b_in[j] -= rate * d[j]\n" in found.patch
    assert "(1 - h[j] ** 2)" in found.patch
