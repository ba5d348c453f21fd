"""What a verdict on right code costs, at any number of parameters and blocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks.bugs import BUGS
from networks.cases import LARGE, MEDIUM
from networks.network import Parts, build_network, parts_of
from networks.running import counted, many_blocks
from networks.specification import Specification

from gradcheck import Problem, Verdict, check

SIZES = {
    "22 parameters": Specification(sizes=(2, 4, 2)),
    "1,320 parameters": Specification(sizes=(30, 32, 10), activation="relu-0", initialisation="he"),
    "79,510 parameters, ReLU": MEDIUM,
    "79,510 parameters, tanh": replace(MEDIUM, activation="tanh", loss="half-sse"),
    "479,200 parameters": replace(LARGE, batch=8),
    "20 layers": Specification(sizes=(6,) * 21, batch=5),
}


@pytest.mark.parametrize("spec", SIZES.values(), ids=SIZES)
def test_cost_does_not_grow_with_parameters(spec: Specification) -> None:
    """Ten losses and four gradients, from 22 parameters to half a million."""
    report = check(Problem(*parts_of(*build_network(spec))))
    assert report.verdict is Verdict.PASS
    assert report.evaluations.loss <= 10
    assert report.evaluations.gradient <= 4


@pytest.mark.parametrize("spread", [1.0, 1e3, 1e-9], ids=["equal", "1000", "1e-9"])
@pytest.mark.parametrize("count", [1, 30, 1000])
def test_cost_does_not_grow_with_blocks(count: int, spread: float) -> None:
    """Ten losses and four gradients for a thousand blocks; forty losses at worst where gradients' sizes differ."""
    report = check(Problem(*many_blocks(count, spread=spread)))
    assert report.verdict is Verdict.PASS
    assert len(report.blocks) == count
    assert report.evaluations.loss <= (10 if spread == 1.0 else 40)
    assert report.evaluations.gradient <= (4 if spread == 1.0 else 8)


@pytest.mark.parametrize("spread", [1.0, 1e-6])
@pytest.mark.parametrize("wrong", [0, 437, 999])
def test_one_wrong_block_of_a_thousand(wrong: int, spread: float) -> None:
    """A wrong block among a thousand is found, named, and no other."""
    parts = many_blocks(1000, spread=spread)

    def gradient(params: list[np.ndarray]) -> list[np.ndarray]:
        blocks = parts.gradient(params)
        blocks[wrong] = 1.01 * blocks[wrong]
        return blocks  # type: ignore[no-any-return]

    report = check(Problem(parts.loss, gradient, parts.params))
    assert report.verdict is Verdict.FAIL
    assert [block.name for block in report.blocks if block.verdict is Verdict.FAIL] == [f"[{wrong}]"]


def _buggy(name: str) -> Parts:
    return next(bug for bug in BUGS if bug.name == name).wrong()


@pytest.mark.parametrize(
    "parts",
    [parts_of(*build_network(Specification(sizes=(3, 5, 2)))), _buggy("missing-factor-2"), _buggy("one entry x 2")],
    ids=["right", "factor", "entry"],
)
@pytest.mark.parametrize("oracle", ["finite-difference", "complex-step"])
def test_evaluations_are_counted(parts: Parts, oracle: str) -> None:
    """The report's counts are the calls that the code has seen."""
    from gradcheck import CheckConfig

    watched, calls = counted(parts)
    report = check(Problem(*watched), config=CheckConfig(oracle=oracle))  # type: ignore[arg-type]
    assert report.evaluations.gradient == calls.total("gradient")
    assert report.evaluations.loss == calls.total("loss")
