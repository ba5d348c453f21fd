"""Whether training gets where it should, over several seeds, with the statistics of that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np

from gradcheck.grading.assignment.kind import Kind, Option
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import LARGEST, Bench
from gradcheck.grading.items.comparing import common_ratio
from gradcheck.grading.items.faults import fault_of, wrong_of
from gradcheck.grading.items.gradient import right_blocks
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.records import Message, Outcome
from gradcheck.grading.reference.points import Array, Point, point_of, shape_of
from gradcheck.grading.subject.replies import Reply
from gradcheck.language import mark, tr

__all__ = ["KIND", "gradient_constant", "measure", "wilson_interval"]

KIND = Kind(
    name="convergence",
    summary="Training reaches a loss or an accuracy, from enough of several random beginnings.",
    options=(
        Option(name="epochs", schema={"type": "integer", "minimum": 1}, meaning="steps of each training",
               required=True),
        Option(name="learning_rate", schema={"type": "number", "exclusiveMinimum": 0}, meaning="the rate",
               default=0.1),
        Option(name="seeds", schema={"type": "integer", "minimum": 1, "maximum": 1000},
               meaning="how many random beginnings", default=5),
        Option(name="loss", schema={"type": "number"},
               meaning="a training has succeeded with a loss of at most this (dimensionless)"),
        Option(name="accuracy", schema={"type": "number", "minimum": 0, "maximum": 1},
               meaning="a training has succeeded with at least this share of samples on the right side"),
        Option(name="required", schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1},
               meaning="the share of trainings that must succeed", default=0.8),
    ),
    needs=(("train", "update"),),
    undeclared=False,
)  # fmt: skip
CONFIDENCE = 0.95
# Without a criterion a training must at least take this part off the loss.
FALL = 0.5
# Weights of the network that gives the targets, in terms of those that are drawn: its answers differ clearly.
TEACHER = 2.0
DIVERGES = mark("Training diverges: {told}, and {required:.0%} are required.")
FALLS_SHORT = mark("Training does not get where it should: {told}, and {required:.0%} are required.")


def measure(bench: Bench, item: Item) -> Measured:
    """Train from each beginning; the loss is computed here, from the parameters that come back."""
    options = item.options
    if not bench.subject.can("train"):
        return failed(tr("The code cannot be trained by the declared calls."))
    starts = [_start(bench, number, float(options.get("learning_rate") or 0.1)) for number in
              range(int(options.get("seeds") or 5))]  # fmt: skip
    starts = [replace(start, learning_rate=start.learning_rate / _constant(bench, starts[0])) for start in starts]
    names = bench.assignment.network.parameters
    extra = [{"epochs": int(options["epochs"]), "seed": number} for number in range(len(starts))]
    replies = bench.subject.ask("train", starts, (*names, "losses"), extra)
    for reply in replies:
        fault = fault_of(tr("Training"), reply) or wrong_of(tr("Training"), _parameters(reply))
        if fault is not None:
            return fault
    finals = [_final(bench, start, reply) for start, reply in zip(starts, replies, strict=True)]
    good = [_has_succeeded(options, first, *final) for (first, *final) in finals]
    return _judged(bench, item, replies, finals, good, starts)


def gradient_constant(bench: Bench, item: Item) -> float | None:
    """The constant that the code's gradient is of the one meant where training begins; None where it is none.

    Parameters
    ----------
    bench : Bench
    item : Item
        Of this kind.
    """
    start = _start(bench, 0, float(item.options.get("learning_rate") or 0.1))
    reply, right = bench.subject.gradient([start])[0], bench.reference.expected(start).gradient
    if not reply.complete:
        return None
    return common_ratio([reply.values[f"d{name}"] for name in start.params], [right[name] for name in start.params])


def wilson_interval(successes: int, runs: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval that a rate of successes lies in.

    Parameters
    ----------
    successes, runs : int
    confidence : float
        In (0, 1).

    References
    ----------
    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference, JASA 22, 209-212.

    Examples
    --------
    >>> [round(bound, 3) for bound in wilson_interval(9, 10)]
    [0.596, 0.982]
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    rate, square = successes / runs, z * z / runs
    centre = (rate + square / 2.0) / (1.0 + square)
    half = z / (1.0 + square) * math.sqrt(rate * (1.0 - rate) / runs + square / (4.0 * runs))
    return max(0.0, centre - half), min(1.0, centre + half)


def _start(bench: Bench, number: int, rate: float) -> Point:
    """A beginning: the assignment's data, and parameters of a seed of their own."""
    data, network = bench.assignment.data, bench.assignment.network
    if data.inputs is None or data.targets is None:
        drawn = point_of(network, batch=data.samples, seed=bench.seed, weight_scale=TEACHER)
        inputs, targets = drawn.X, _taught(bench, drawn)
    else:
        inputs, targets = data.inputs, data.targets
    params: Mapping[str, Array] = point_of(network, batch=1, seed=bench.seed + number + 1).params
    params = {name: value if name[0] == "W" else np.zeros_like(value) for name, value in params.items()}
    return Point(X=inputs, Y=targets, params=params, learning_rate=rate)


def _constant(bench: Bench, start: Point) -> float:
    """What the loss is of the one meant, where that may be a constant: steps by its gradient are as much longer."""
    agreement = bench.loss_agreement
    allowed = agreement.right and "loss-constant" in agreement.conventions & bench.assignment.conventions
    if not allowed or right_blocks(bench) != set(start.params):
        return 1.0
    reply, right = bench.subject.ask("loss", [start], ("loss",))[0], bench.reference.loss(start)
    ratio = float(reply.values["loss"]) / right if reply.complete and right > 0.0 else 1.0
    return ratio if 1.0 / LARGEST < ratio < LARGEST else 1.0


def _taught(bench: Bench, drawn: Point) -> Array:
    """Targets that such a network can reach, since one of its kind has given them."""
    output, kind = bench.reference.output(drawn), shape_of(bench.assignment.network).targets
    if kind == "classes":
        return np.asarray(np.eye(output.shape[1])[np.argmax(output, axis=1)])
    return (output > np.median(output, axis=0)).astype(np.float64) if kind == "binary" else output


def _parameters(reply: Reply) -> Reply:
    return Reply(wrong={role: misfit for role, misfit in reply.wrong.items() if role != "losses"})


def _final(bench: Bench, start: Point, reply: Reply) -> tuple[float, float, float]:
    """The loss at the beginning, and loss and accuracy at the end, all computed here."""
    end = start.with_params({name: reply.values[name] for name in start.params})
    output = bench.reference.output(end)
    several = output.shape[1] > 1
    right = np.argmax(output, 1) == np.argmax(start.Y, 1) if several else (output > 0.5) == (start.Y > 0.5)
    return bench.reference.loss(start), bench.reference.loss(end), float(np.mean(right))


def _has_succeeded(options: Mapping[str, Any], first: float, loss: float, accuracy: float) -> bool:
    wanted, least = options.get("loss"), options.get("accuracy")
    if not math.isfinite(loss):
        return False
    if wanted is None and least is None:
        return loss <= FALL * first
    return (wanted is None or loss <= float(wanted)) and (least is None or accuracy >= float(least))


def _judged(
    bench: Bench, item: Item, replies: tuple[Reply, ...], finals: list[tuple[float, float, float]], good: list[bool],
    starts: list[Point],
) -> Measured:  # fmt: skip
    names = bench.assignment.network.parameters
    count, runs = sum(good), len(good)
    low, high = wilson_interval(count, runs)
    required = float(item.options.get("required") or 0.8)
    evidence = [tr("seed {seed}: loss {first:.4g} to {last:.4g}, accuracy {accuracy:.3g}",
                   seed=number, first=first, last=last, accuracy=accuracy)
                for number, (first, last, accuracy) in enumerate(finals)]  # fmt: skip
    told = tr(
        "{count} of {runs} trainings succeeded ({confidence:.0%} interval of the rate: {low:.2f} to {high:.2f})",
        count=count, runs=runs, confidence=CONFIDENCE, low=low, high=high,
    )  # fmt: skip
    curves = {"loss": _curve(replies[0])} if _curve(replies[0]) else {}
    still = all(np.array_equal(reply.values[name], starts[0].params[name]) for reply in replies[:1] for name in names)
    if still:
        message = Message(
            symptom=tr("Training gives no trained parameters back: those that it was given are as they were."),
            fix=tr("Change the parameters in place, or give them back."),
        )
        return Measured(share=0.0, message=message, evidence=(*evidence, told), curves=curves,
                        outcome=Outcome.UNVERIFIED if _curve(replies[0]) else None)  # fmt: skip
    if count >= required * runs:
        message = Message(symptom=tr("Training converges: {told}.", told=told))
        return Measured(share=1.0, message=message, evidence=(*evidence, told), curves=curves)
    diverged = any(not math.isfinite(last) for _, last, _ in finals)
    symptom = DIVERGES if diverged else FALLS_SHORT
    message = Message(symptom=tr(symptom, told=told, required=required))
    return Measured(share=0.0, message=message, evidence=(*evidence, told), curves=curves)


def _curve(reply: Reply) -> tuple[float, ...]:
    losses = reply.extra.get("losses")
    if losses is None or not np.all(np.isfinite(losses)):
        return ()
    flat = np.ravel(losses)
    chosen = np.unique(np.linspace(0, len(flat) - 1, min(len(flat), 200)).astype(int))
    return tuple(float(flat[index]) for index in chosen)
