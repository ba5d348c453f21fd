"""Every attack on the machine is refused by every layer that is said to refuse it, and works where nothing does."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck.submissions.isolation import nursery
from gradcheck.submissions.isolation.confinement import Level
from gradcheck.submissions.isolation.probing import Tried, probe

sys.path.insert(0, str(Path(__file__).parent))
from machine_attacks import CASES as KNOWN, Case  # isort: skip
from newer_machine_attacks import NEWER  # isort: skip

CASES = (*KNOWN, *NEWER)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's locks are Linux's")
# What is left out of the confinement; the name of what remains.
LEVELS = {
    "full": frozenset[str](),
    "landlock": frozenset({"seccomp"}),
    "seccomp": frozenset({"landlock"}),
    "limits": frozenset({"landlock", "seccomp"}),
    "process": frozenset({"landlock", "seccomp", "limits"}),
}


@pytest.fixture(autouse=True, scope="module")
def _secret_in_the_environment() -> None:
    """Set before the process that children are forked from is started."""
    nursery.close_shared()
    os.environ["GRADCHECK_TEST_SECRET"] = "42"


def _tried(case: Case, level: str) -> Tried:
    if case.machine not in (None, platform.machine()):
        pytest.skip(f"an attack on {case.machine}")
    left = {"landlock", "seccomp", "limits"} - LEVELS[level]
    guarded = bool(left & set(case.attack.layers)) or "controller" in case.attack.layers
    if not guarded and not case.harmless:
        pytest.skip("nothing refuses it here, and it would do harm")
    return probe([case.attack], without=LEVELS[level])


def _rows() -> Iterator[Any]:
    """Every attack at every level; what only the controller ends takes seconds, and is the same at those between."""
    for case in CASES:
        for level in LEVELS:
            same = "controller" in case.attack.layers and level not in ("full", "process")
            marks = [pytest.mark.slow] if same else []
            yield pytest.param(case, level, id=f"{case.name}-{level}", marks=marks)


@pytest.mark.parametrize(("case", "level"), list(_rows()))
def test_an_attack_ends_as_the_table_says(case: Case, level: str) -> None:
    """Refused wherever a layer that refuses it is there; with none of them it works."""
    tried = _tried(case, level)
    reached, (trial,) = tried.reached, tried.trials
    there = {
        "controller": True,
        "limits": reached.limits,
        "seccomp": reached.seccomp,
        "landlock": reached.landlock >= case.attack.landlock,
    }
    if any(there[layer] for layer in case.attack.layers):
        assert trial.refused, f"{case.attack.tries}: it succeeded at level {level}"
        assert tried.exit_code != 1
    elif case.works:
        assert not trial.refused, f"{case.attack.tries}: refused by {trial.by} where nothing should refuse it"


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: case.name)
def test_an_interpreter_of_its_own_is_shut_in_as_well(case: Case) -> None:
    """Where nothing is forked, the child gives up the same rights."""
    if case.machine not in (None, platform.machine()):
        pytest.skip(f"an attack on {case.machine}")
    tried = probe([case.attack], forked=False)
    if tried.reached.level is Level.FULL:
        assert tried.trials[0].refused


def test_there_are_enough_of_them() -> None:
    """The table has what it is to have, each under a name of its own."""
    assert len(CASES) >= 140
    assert len({case.name for case in CASES}) == len(CASES)


def test_a_successful_attack_is_reported() -> None:
    """The table of `gradcheck sandbox` can say NO, and its exit code tells a hole from a level."""
    case = next(case for case in CASES if case.name == "relative")
    tried = probe([case.attack], without=LEVELS["process"])
    assert not tried.trials[0].refused
    assert tried.exit_code == 3  # nothing was said to refuse it
