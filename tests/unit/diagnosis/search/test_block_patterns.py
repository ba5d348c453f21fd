"""What single blocks are instead of their true gradients, where no chain of layers is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcheck.diagnosis.matching import Observation
from gradcheck.diagnosis.network import Array
from gradcheck.diagnosis.search.hypotheses import hypotheses

TRUE = {"kernel": (4, 4), "twin": (4, 4), "bias": (5,)}


def _seen(spoil: Callable[[dict[str, Array]], dict[str, Array]], count: int = 2) -> list[Observation]:
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        true = {name: rng.standard_normal(shape) for name, shape in TRUE.items()}
        found.append(Observation(claimed={**true, **spoil(true)}, true=true, what=f"point {seed}"))
    return found


@pytest.mark.parametrize(
    ("bug", "spoil"),
    [
        ("bias-sum-without-axis", lambda true: {"bias": np.full(5, true["bias"].sum())}),
        ("bias-gradient-missing", lambda _: {"bias": np.zeros(5)}),
        ("gradient-stopped", lambda _: {"kernel": np.zeros((4, 4))}),
        ("transposed-block", lambda true: {"kernel": true["kernel"].T}),
        ("swapped-blocks", lambda true: {"kernel": true["twin"], "twin": true["kernel"]}),
    ],
)
def test_a_block_has_the_pattern_of_a_bug(bug: str, spoil: Callable[[dict[str, Array]], dict[str, Array]]) -> None:
    """Named, with the blocks that are wrong, in every configuration."""
    (best, *_) = hypotheses(_seen(spoil))
    assert [named.bug for named in best.bugs] == [bug]
    assert best.complete
    assert best.evidence


def test_two_blocks_with_two_patterns() -> None:
    """Two bugs."""
    (best, *_) = hypotheses(
        _seen(lambda true: {"bias": np.full(5, true["bias"].sum()), "kernel": true["kernel"].T.copy()})
    )
    assert {named.bug for named in best.bugs} == {"bias-sum-without-axis", "transposed-block"}
    assert best.complete


def test_what_has_no_pattern_stays_unexplained() -> None:
    """A block that nothing explains is said to be one, and alone it is no account at all."""
    noise = np.random.default_rng(9).standard_normal((4, 4))
    assert hypotheses(_seen(lambda true: {"kernel": true["kernel"] + noise})) == ()
    (best, *_) = hypotheses(_seen(lambda true: {"kernel": true["kernel"] + noise, "bias": np.zeros(5)}))
    assert best.unexplained == ("kernel",)


def test_the_sum_of_something_else_is_no_sum() -> None:
    """One number for all units, but not that of the gradient."""
    assert not any(
        named.bug == "bias-sum-without-axis"
        for each in hypotheses(_seen(lambda true: {"bias": np.full(5, true["kernel"].sum() + 1.0)}))
        for named in each.bugs
    )
