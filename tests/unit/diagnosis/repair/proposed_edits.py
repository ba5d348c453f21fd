"""What is proposed for the lines of a text that has run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.programs.tracing import recording
from gradcheck.diagnosis.repair.change import Setting
from gradcheck.diagnosis.repair.edits import GENERATORS
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.splices import apply
from gradcheck.diagnosis.repair.syntax import Tree

RNG = np.random.default_rng(9)
GIVEN = {
    **{name: RNG.normal(size=(6, 3)) for name in "dcxgz"},
    **{name: RNG.normal(size=(3, 3)) for name in ("W", "V")},
    **{name: RNG.normal(size=3) for name in "be"},
    "s": 1.5,
    "lam": 0.1,
    "m": 6,
    "leak": 0.2,
}


def proposed(text: str, given: Mapping[str, Any] = GIVEN) -> dict[str, EditKind]:
    """Texts that are proposed for any line of a text that has run, and by which kind of edit."""
    with recording({"f.py": text}) as recorder:
        exec(compile(text, "f.py", "exec"), {"np": np, **given})
    tree = Tree(text)
    sizes = {"batch": 6.0, "outputs": 3.0, "regularisation": 0.1}
    scope = Scope(tree, sizes, recorder.trace(), None, {"W": given["W"], "b": given["b"]})
    setting = Setting(tree=tree, scope=scope, blocks=("W", "b"), shapes=((3, 3), (3,)))
    return {
        apply(text, change.splices): change.kind
        for statement in tree.statements
        for generator in GENERATORS
        for change in generator(setting, statement)
    }
