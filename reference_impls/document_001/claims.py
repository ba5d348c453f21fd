"""What document 001 says about its experiments, to be measured over many seeds.

The text sets no seed, so the pair of costs that it prints is asked to be one that its code gives: at least one run
in a hundred lies on either side of each number.
"""

from collections.abc import Sequence

import numpy as np

from reference_impls.arrays import FloatArray, Progress, no_progress
from reference_impls.document_001 import published
from reference_impls.document_001.experiments import (
    LINEAR_ON_LINEAR,
    LINEAR_ON_SQUARES,
    RELU_ON_SQUARES,
    costs,
)
from reference_impls.records import Claim, Direction

__all__ = ["CLAIMS", "cost_advantage", "linear_fall", "printed_first", "printed_last", "underfit", "untrained_span"]

SEEDS = 300
PRINTED_FIRST, PRINTED_LAST = 0.2226, 0.0623


def untrained_span(seeds: Sequence[int], progress: Progress | None = None) -> FloatArray:
    """Return the range of an untrained network's outputs over that of its targets, shape ``(seeds,)``."""
    experiments = [published.predict01(np.random.RandomState(seed)) for seed in seeds]
    (progress or no_progress)(len(seeds), len(seeds))
    return np.array([float(np.ptp(run.output) / np.ptp(run.y)) for run in experiments])


def linear_fall(seeds: Sequence[int], progress: Progress | None = None) -> FloatArray:
    """Return the last printed cost over the first, linear network on linear data, shape ``(seeds,)``."""
    first, last = costs(seeds, LINEAR_ON_LINEAR, progress)
    return last / first


def underfit(seeds: Sequence[int], progress: Progress | None = None) -> FloatArray:
    """Return the last printed cost of the linear network on squared data, shape ``(seeds,)``."""
    return costs(seeds, LINEAR_ON_SQUARES, progress)[1]


def cost_advantage(seeds: Sequence[int], progress: Progress | None = None) -> FloatArray:
    """Return the last cost without activation over that with ReLU, same data and start, shape ``(seeds,)``."""
    report = progress or no_progress
    linear = costs(seeds, LINEAR_ON_SQUARES, lambda done, total: report(done, 2 * total))[1]
    relu = costs(seeds, RELU_ON_SQUARES, lambda done, total: report(done + total, 2 * total))[1]
    return linear / relu


def printed_first(seeds: Sequence[int], progress: Progress | None = None) -> FloatArray:
    """Return the first printed cost of the ReLU network, shape ``(seeds,)``."""
    return costs(seeds, RELU_ON_SQUARES, progress)[0]


def printed_last(seeds: Sequence[int], progress: Progress | None = None) -> FloatArray:
    """Return the last printed cost of the ReLU network, shape ``(seeds,)``."""
    return costs(seeds, RELU_ON_SQUARES, progress)[1]


def _printed(end: str, direction: Direction) -> Claim:
    """Make the row of one side of one printed cost."""
    first = end == "first"
    value = PRINTED_FIRST if first else PRINTED_LAST
    side = "low" if direction == "at most" else "high"
    return Claim(
        id=f"001-printed-{end}-{side}",
        document="001",
        statement=f"The printed {end} cost {value} is one that the code gives: one run of 100 has {direction} it.",
        place="printed costs of the complete example, " + ("step 0" if first else "step 290"),
        metric="mean squared error of the ReLU network at " + ("step 0" if first else "step 290"),
        threshold=value,
        direction=direction,
        rate_required=0.01,
        seeds=SEEDS,
        epochs=RELU_ON_SQUARES.steps,
        expectation="holds",
        run=printed_first if first else printed_last,
    )


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="001-untrained",
        document="001",
        statement="Untrained, the outputs differ from the targets in magnitude (taken as: a fifth of their range).",
        place="below the first figure",
        metric="range of the outputs over range of the targets, dimensionless",
        threshold=0.2,
        direction="at most",
        rate_required=0.95,
        seeds=SEEDS,
        epochs=0,
        expectation="holds",
        run=untrained_span,
    ),
    Claim(
        id="001-linear-learns",
        document="001",
        statement="50 steps fit the linear network to the linear data (taken as: the cost halves).",
        place="second experiment",
        metric="last printed cost over the first, dimensionless",
        threshold=0.5,
        direction="at most",
        rate_required=0.95,
        seeds=SEEDS,
        epochs=LINEAR_ON_LINEAR.steps,
        expectation="holds",
        run=linear_fall,
    ),
    Claim(
        id="001-linear-underfits",
        document="001",
        statement="Without an activation the network underfits the squared data: the error stays above the noise.",
        place="below the figure of the third experiment",
        metric="last printed mean squared error; the noise has variance 0.04",
        threshold=0.08,
        direction="at least",
        rate_required=0.95,
        seeds=SEEDS,
        epochs=LINEAR_ON_SQUARES.steps,
        expectation="holds",
        run=underfit,
    ),
    Claim(
        id="001-relu-better",
        document="001",
        statement="With ReLU the fit is markedly better (taken as: two thirds of the cost or less in four runs of "
        "five; in about one of ten nothing is gained).",
        place="below the figure of the fourth experiment, and the introduction",
        metric="last cost without activation over last cost with ReLU, dimensionless",
        threshold=1.5,
        direction="at least",
        rate_required=0.8,
        seeds=SEEDS,
        epochs=RELU_ON_SQUARES.steps,
        expectation="holds",
        run=cost_advantage,
    ),
    _printed("first", "at most"),
    _printed("first", "at least"),
    _printed("last", "at most"),
    _printed("last", "at least"),
)
