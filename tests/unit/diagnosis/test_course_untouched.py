"""A diagnosis leaves the user's arrays, functions, files and random state as they were, and repeats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_programs import (
    BIAS,
    DERIVATIVE,
    Change,
    diagnosed,
    module,
    spoilt,
)

import gradcheck
from gradcheck import Problem, Verdict, check


def _state(module: Any) -> dict[str, Any]:
    return {
        name: (value.__code__, value.__defaults__, dict(value.__kwdefaults__ or {}))
        if hasattr(value, "__code__")
        else value
        for name, value in vars(module).items()
        if not name.startswith("__")
    }


@pytest.mark.parametrize("changes", [(), (DERIVATIVE,), (DERIVATIVE, BIAS)], ids=["right", "one bug", "two bugs"])
def test_nothing_of_the_user_changes(changes: tuple[Change, ...], tmp_path: Path) -> None:
    """Arrays, functions, globals, the file and NumPy's random state are as before."""
    own = module(tmp_path, spoilt(*changes))
    problem = own.build()
    arrays = problem.values()
    before, text = [array.copy() for array in arrays], Path(own.__file__).read_bytes()
    state = _state(own)
    np.random.seed(11)  # noqa: NPY002
    random = np.random.get_state()[1].tobytes()  # type: ignore[index,union-attr]  # noqa: NPY002
    gradcheck.diagnose(problem)
    assert np.random.get_state()[1].tobytes() == random  # type: ignore[index,union-attr]  # noqa: NPY002
    assert _state(own) == state
    assert Path(own.__file__).read_bytes() == text
    assert all(np.array_equal(a, b) for a, b in zip(problem.values(), before, strict=True))


def test_live_arrays_stay(tmp_path: Path) -> None:
    """Arrays that the code itself holds are the same objects with the same bits."""
    own = module(tmp_path, spoilt(DERIVATIVE))
    made = own.build().values()
    held: dict[str, Any] = dict(zip(("W1", "b1", "W2", "b2"), (array.copy() for array in made), strict=True))
    kept, before = dict(held), {name: array.copy() for name, array in held.items()}
    x, y = np.ones((5, 4)) * np.arange(5)[:, None] / 5 - 0.3, np.eye(5, 3)
    problem = Problem.live(lambda: own.compute_loss(held, x, y), lambda: own.backward(held, x, y), held)
    assert gradcheck.diagnose(problem).verdict is Verdict.FAIL
    for name, array in kept.items():
        assert held[name] is array
        assert np.array_equal(array, before[name])


def test_the_same_seed_says_the_same(tmp_path: Path) -> None:
    """Two diagnoses with one seed are one JSON, whatever NumPy's own generator does; the report is the check's."""
    told = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        told.append(json.dumps(diagnosed(tmp_path, DERIVATIVE, BIAS, rng=5).to_dict(), sort_keys=True))
    assert told[0] == told[1]
    report: Mapping[str, Any] = check(module(tmp_path, spoilt(DERIVATIVE, BIAS)).build(), rng=5).to_dict()
    diagnosis = json.loads(told[0])
    for key in ("verdict", "reason", "blocks", "power", "seed", "findings"):
        assert diagnosis[key] == json.loads(json.dumps(report[key])), key
