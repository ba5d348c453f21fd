"""Properties that hold whatever the inputs are, over inputs that Hypothesis looks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.errors import GradingError
from gradcheck.grading.assignment.kind import Kind, Option
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import agree, described
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.reference.points import Point, point_of

__all__ = ["KIND", "PROPERTIES", "measure"]

# Rounding, over sums of other orders.
RTOL = 1e-6


def _permutation(bench: Bench, point: Point, seed: int) -> str:
    """Samples in another order give the outputs in that order, and the same loss."""
    order = np.random.default_rng(seed).permutation(point.batch)
    other = replace(point, X=point.X[order], Y=point.Y[order])
    first, second = bench.subject.ask("forward", [point, other], ("output",))
    if not (first.complete and second.complete):
        return "the forward pass cannot be run"
    if not agree(second.values["output"], first.values["output"][order], RTOL):
        return "samples in another order give other outputs"
    if bench.subject.can("loss"):
        one, two = bench.subject.ask("loss", [point, other], ("loss",))
        if one.complete and two.complete and not agree(two.values["loss"], one.values["loss"], RTOL):
            return "samples in another order give another loss"
    return ""


def _independence(bench: Bench, point: Point, _seed: int) -> str:
    """What a sample gives does not depend on the others in its batch."""
    half = replace(point, X=point.X[:1], Y=point.Y[:1])
    whole, alone = bench.subject.ask("forward", [point, half], ("output",))
    if not (whole.complete and alone.complete):
        return "the forward pass cannot be run"
    same = agree(alone.values["output"], whole.values["output"][:1], RTOL)
    return "" if same else "a sample alone gives other outputs than in a batch"


def _outputs(bench: Bench, point: Point, _seed: int) -> str:
    """The outputs are those of the network meant."""
    reply = bench.subject.ask("forward", [point], ("output",))[0]
    if not reply.complete:
        return "the forward pass cannot be run"
    right = bench.reference.output(point)
    return "" if agree(reply.values["output"], right, RTOL) else described(reply.values["output"], right)


def _direction(bench: Bench, point: Point, _seed: int) -> str:
    """A small step against the gradient makes the loss meant smaller."""
    reply = bench.subject.gradient([point])[0]
    if not reply.complete:
        return "the gradient cannot be computed"
    slopes = {name: reply.values[f"d{name}"] for name in point.params}
    norm = float(np.sqrt(sum(np.sum(slope**2) for slope in slopes.values())))
    if not np.isfinite(norm):
        return "the gradient is not a number"
    if norm < SMALL:
        return ""
    stepped = point.with_params({name: point.params[name] - STEP / norm * slopes[name] for name in point.params})
    fell = bench.reference.loss(stepped) < bench.reference.loss(point)
    return "" if fell else "a small step against the gradient makes the loss larger"


# Length of a step over which a loss of order one is straight to 1e-4; gradients below it are the minimum itself.
STEP, SMALL = 1e-4, 1e-3
PROPERTIES: dict[str, Callable[[Bench, Point, int], str]] = {
    "permutation": _permutation,
    "independence": _independence,
    "outputs": _outputs,
    "descent": _direction,
}
KIND = Kind(
    name="property",
    summary="A property holds for all inputs that Hypothesis looks for; what breaks it is shown at its smallest.",
    options=(
        Option(name="property", schema={"enum": list(PROPERTIES)}, default="permutation",
               meaning="permutation: the order of samples does not matter; independence: nor do the others in a "
               "batch; outputs: they are those of the network; descent: a small step against the gradient descends"),
        Option(name="examples", schema={"type": "integer", "minimum": 1, "maximum": 1000}, default=20,
               meaning="how many inputs are tried"),
    ),
    needs=(("forward",),),
)  # fmt: skip


def measure(bench: Bench, item: Item) -> Measured:
    """Sizes, scales and seeds are what Hypothesis varies; everything is drawn from the same ones each time.

    Raises
    ------
    GradingError
        If Hypothesis is not installed.
    """
    name = str(item.options.get("property") or "permutation")
    examples = int(item.options.get("examples") or 20)
    try:
        import hypothesis
        from hypothesis import strategies
    except ImportError:
        raise GradingError(
            f"the item {item.path} is looked for by Hypothesis, which is not installed: pip install hypothesis"
        ) from None
    found: dict[str, Any] = {}

    @hypothesis.seed(bench.seed)
    @hypothesis.settings(
        max_examples=examples, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(
        batch=strategies.integers(1, 8), scale=strategies.sampled_from([0.1, 1.0, 3.0]),
        seed=strategies.integers(0, 10_000),
    )  # fmt: skip
    def holds(batch: int, scale: float, seed: int) -> None:
        point = point_of(bench.assignment.network, batch=batch, seed=seed, input_scale=scale)
        words = PROPERTIES[name](bench, point, seed)
        if words:
            found.update(words=words, batch=batch, scale=scale, seed=seed)
            raise AssertionError(words)

    try:
        holds()
    except Exception as error:
        if not found:
            raise GradingError(f"the property {name} could not be looked at: {error}") from error
        place = f"a batch of {found['batch']}, inputs of size {found['scale']:g}, seed {found['seed']}"
        return failed(f"The property '{name}' does not hold: {found['words']}.", f"smallest example: {place}")
    return Measured(share=1.0, evidence=(f"held for {examples} inputs",))
