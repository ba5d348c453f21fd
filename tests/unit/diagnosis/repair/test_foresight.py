"""What the values of a run tell of a change before it is tried."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.programs.tracing import recording
from gradcheck.diagnosis.repair.change import Change, Setting
from gradcheck.diagnosis.repair.foresight import Foresight
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Tree

TEXT = """def backward(d, h, rows):
    dW = h.T @ d
    db = d.sum(0)
    part = guess(d)
    for row in rows:
        total = row + d[0]
    return dW, db, part, total


backward(d, h, rows)
"""
RNG = np.random.default_rng(2)
GIVEN = {
    "d": RNG.normal(size=(5, 3)),
    "h": RNG.normal(size=(5, 4)),
    "rows": [np.zeros(3), np.ones(3)],
    "guess": np.tanh,
}


def in_vain(old: str, new: str) -> bool:
    """Whether one text in the place of another is foreseen to change nothing, or not to run."""
    with recording({"f.py": TEXT}) as recorder:
        exec(compile(TEXT, "f.py", "exec"), dict(GIVEN))
    tree = Tree(TEXT)
    setting = Setting(tree=tree, scope=Scope(tree, {}, recorder.trace(), None, {}))
    start = TEXT.index(old)
    statement = next(each for each in tree.statements if each.start <= start < each.end)
    change = Change(kind=EditKind.FORMULA, splices=(Splice(start, start + len(old), new),), statement=statement)
    return Foresight(setting).is_in_vain(change)


@pytest.mark.parametrize(
    ("old", "new"), [("h.T @ d", "h @ d"), ("d.sum(0)", "d.sum(axis=0)")], ids=["shapes", "the same numbers"]
)
def test_what_is_in_vain(old: str, new: str) -> None:
    """Arrays that do not fit each other, and another spelling."""
    assert in_vain(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [("h.T @ d", "-h.T @ d"), ("d.sum(0)", "d.mean(0)"), ("guess(d)", "guess(d) + h"), ("row + d[0]", "row + (d[0])")],
    ids=["a sign", "another number", "a function that nobody knows", "a line that ran twice"],
)
def test_what_may_help(old: str, new: str) -> None:
    """Other numbers; and of what is not known, or was only seen in one turn, nothing is said."""
    assert not in_vain(old, new)
