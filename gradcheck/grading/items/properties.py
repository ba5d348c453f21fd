"""Properties that hold whatever the inputs are, over inputs that Hypothesis looks for."""

from __future__ import annotations

import contextlib
import functools
import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gradcheck.grading.assignment.kind import Kind, Option
from gradcheck.grading.assignment.records import Item, Network
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import agree, described
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.reference.points import Point, point_of
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.subject import Question
from gradcheck.language import mark, tr

__all__ = ["KIND", "PROPERTIES", "measure", "questions"]

# Rounding, over sums of other orders.
RTOL = 1e-6
# Inputs that are tried to make a failing one smaller.
SHRINKS = 30
# Examples of a class whose points are kept.
KEPT = 8


def _permutation(bench: Bench, points: Sequence[Point], seeds: Sequence[int]) -> list[str]:
    """Samples in another order give the outputs in that order, and the same loss."""
    orders, others = _reordered(tuple(points), tuple(seeds))
    outputs, *losses = bench.answers(_asked_of_orders(bench, points, seeds))
    pairs = _paired(outputs, others)
    said = tr("samples in another order give other outputs")
    words = [_unlike(one, other, "output", order, said) for (one, other), order in zip(pairs, orders, strict=True)]
    for replies in losses:
        said = tr("samples in another order give another loss")
        found = [_unlike(one, other, "loss", None, said) for one, other in _paired(replies, others)]
        words = [told or also for told, also in zip(words, found, strict=True)]
    return words


def _asked_of_orders(bench: Bench, points: Sequence[Point], seeds: Sequence[int]) -> list[Question]:
    _, others = _reordered(tuple(points), tuple(seeds))
    asked = [Question(name="forward", points=[*points, *others.values()], roles=("output",))]
    if bench.subject.can("loss") and all(reply.complete for reply in bench.losses):  # else it is charged there
        asked.append(replace(asked[0], name="loss", roles=("loss",)))
    return asked


@functools.lru_cache(maxsize=KEPT)
def _reordered(
    points: tuple[Point, ...], seeds: tuple[int, ...]
) -> tuple[list[npt.NDArray[np.intp]], dict[int, Point]]:
    """Orders of samples, and by their number the points whose samples come in another one than before."""
    orders = [np.random.default_rng(seed).permutation(point.batch) for point, seed in zip(points, seeds, strict=True)]
    others = {
        number: replace(point, X=point.X[order], Y=point.Y[order])
        for number, (point, order) in enumerate(zip(points, orders, strict=True))
        if np.any(order != np.arange(point.batch))
    }
    return orders, others


def _paired(replies: Sequence[Reply], others: Mapping[int, Point]) -> list[tuple[Reply, Reply]]:
    """Each point's reply, and that to the other order; the same one where there is no other."""
    count = len(replies) - len(others)
    second = dict(zip(others, replies[count:], strict=True))
    return [(reply, second.get(number, reply)) for number, reply in enumerate(replies[:count])]


def _independence(bench: Bench, points: Sequence[Point], _seeds: Sequence[int]) -> list[str]:
    """What a sample gives does not depend on the others in its batch."""
    whole, single = _halves(bench.answers(_asked_of_firsts(bench, points, ()))[0])
    said = tr("a sample alone gives other outputs than in a batch")
    first = np.arange(1)
    return [_unlike(one, other, "output", first, said) for one, other in zip(whole, single, strict=True)]


def _asked_of_firsts(_bench: Bench, points: Sequence[Point], _seeds: Sequence[int]) -> list[Question]:
    return [Question(name="forward", points=[*points, *_firsts(tuple(points))], roles=("output",))]


@functools.lru_cache(maxsize=KEPT)
def _firsts(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Their first samples alone."""
    return tuple(replace(point, X=point.X[:1], Y=point.Y[:1]) for point in points)


def _asked_of_outputs(_bench: Bench, points: Sequence[Point], _seeds: Sequence[int]) -> list[Question]:
    return [Question(name="forward", points=points, roles=("output",))]


def _asked_of_gradients(bench: Bench, points: Sequence[Point], _seeds: Sequence[int]) -> list[Question]:
    return [Question(name="gradient", points=points)] if bench.subject.can("gradient") else []


def _outputs(bench: Bench, points: Sequence[Point], _seeds: Sequence[int]) -> list[str]:
    """The outputs are those of the network meant."""
    words = []
    for reply, point in zip(bench.answers(_asked_of_outputs(bench, points, ()))[0], points, strict=True):
        if not reply.complete:
            words.append(tr(BROKEN))
            continue
        found, right = reply.values["output"], bench.reference.output(point)
        words.append("" if agree(found, right, RTOL) else described(found, right))
    return words


def _descent(bench: Bench, points: Sequence[Point], _seeds: Sequence[int]) -> list[str]:
    """A small step against the gradient makes the loss meant smaller."""
    replies = bench.answers([Question(name="gradient", points=points)])[0]
    return [_descends(bench, point, reply) for point, reply in zip(points, replies, strict=True)]


def _descends(bench: Bench, point: Point, reply: Reply) -> str:
    if not reply.complete:
        return tr("the gradient cannot be computed")
    slopes = {name: reply.values[f"d{name}"] for name in point.params}
    norm = float(np.sqrt(sum(np.sum(slope**2) for slope in slopes.values())))
    if not np.isfinite(norm):
        return tr("the gradient is not a number")
    if norm < SMALL:
        flat = _slope(bench, point) < FLAT
        return "" if flat else tr("the gradient is zero where the loss is not at its smallest")
    step = STEP / norm if bench.may_be_opposite and not bench.uphill else -STEP / norm
    stepped = point.with_params({name: point.params[name] + step * slopes[name] for name in point.params})
    fell = bench.reference.loss(stepped) < bench.reference.loss(point)
    return "" if fell else tr("a small step against the gradient makes the loss larger")


def _slope(bench: Bench, point: Point) -> float:
    """Norm of the gradient that is right."""
    right = bench.reference.expected(point).gradient
    return float(np.sqrt(sum(np.sum(slope**2) for slope in right.values())))


def _halves(replies: Sequence[Reply]) -> tuple[Sequence[Reply], Sequence[Reply]]:
    return replies[: len(replies) // 2], replies[len(replies) // 2 :]


def _unlike(one: Reply, other: Reply, role: str, order: npt.NDArray[np.intp] | None, words: str) -> str:
    """The words, where the second answer is not the first one in this order."""
    if not (one.complete and other.complete):
        return tr(BROKEN)
    wanted = one.values[role] if order is None else one.values[role][order]
    return "" if agree(other.values[role], wanted, RTOL) else words


# Length of a step over which a loss of order one is straight to 1e-4; gradients below SMALL are the minimum itself,
# unless the right one is far larger: a mean that is taken once too often makes it a tenth, and is charged elsewhere.
STEP, SMALL = 1e-4, 1e-3
FLAT = 10.0 * SMALL
BROKEN = mark("the forward pass cannot be run")
PROPERTIES: dict[str, Callable[[Bench, Sequence[Point], Sequence[int]], list[str]]] = {
    "permutation": _permutation,
    "independence": _independence,
    "outputs": _outputs,
    "descent": _descent,
}
ASKED: dict[str, Callable[[Bench, Sequence[Point], Sequence[int]], list[Question]]] = {
    "permutation": _asked_of_orders,
    "independence": _asked_of_firsts,
    "outputs": _asked_of_outputs,
    "descent": _asked_of_gradients,
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
    undeclared=False,
)  # fmt: skip


def measure(bench: Bench, item: Item) -> Measured:
    """Sizes, scales and seeds are what Hypothesis varies: the same for everybody; a failing one is made smaller."""
    name = str(item.options.get("property") or "permutation")
    tried = _tried(bench, item)
    words = _of(bench, name, tried)
    if not any(words):
        return Measured(share=1.0, evidence=(tr("held for {n} inputs", n=len(tried)),))
    smallest, said = _smallest(bench, name, next(e for e, told in zip(tried, words, strict=True) if told))
    batch, scale, seed = smallest
    return failed(
        tr("The property '{name}' does not hold: {told}.", name=name, told=said),
        tr("smallest example: a batch of {batch}, inputs of size {scale:g}, seed {seed}",
           batch=batch, scale=scale, seed=seed),
    )  # fmt: skip


def questions(bench: Bench, item: Item) -> list[Question]:
    """What is asked, before any failing example is made smaller."""
    name, tried = str(item.options.get("property") or "permutation"), _tried(bench, item)
    return ASKED[name](bench, _points(bench.assignment.network, tried), [seed for _, _, seed in tried])


Example = tuple[int, float, int]


def _tried(bench: Bench, item: Item) -> tuple[Example, ...]:
    """Those at which the property can fail: one sample, or an order that is the one before, tells nothing of orders."""
    examples = _examples(bench.seed, int(item.options.get("examples") or 20))
    if str(item.options.get("property") or "permutation") != "permutation":
        return examples
    points = _points(bench.assignment.network, examples)
    _, others = _reordered(points, tuple(seed for _, _, seed in examples))
    return tuple(examples[number] for number in others) or examples


def _of(bench: Bench, name: str, examples: Sequence[Example]) -> list[str]:
    """What is wrong at each, if anything."""
    points = _points(bench.assignment.network, tuple(examples))
    return PROPERTIES[name](bench, points, [seed for _, _, seed in examples])


@functools.lru_cache(maxsize=KEPT)
def _points(network: Network, examples: tuple[Example, ...]) -> tuple[Point, ...]:
    """The same points for all submissions."""
    return tuple(point_of(network, batch=batch, seed=seed, input_scale=scale) for batch, scale, seed in examples)


@functools.cache
def _examples(seed: int, count: int) -> tuple[Example, ...]:
    """Inputs that Hypothesis thinks of, drawn once: all submissions are asked about the same ones at once."""
    found: list[Example] = []

    def note(example: Example) -> None:
        found.append(example)

    _driven(note, seed, count)
    return tuple(dict.fromkeys(found))


def _smallest(bench: Bench, name: str, failing: Example) -> tuple[Example, str]:
    """The simplest input near a failing one that fails too, by Hypothesis."""
    last = failing, _of(bench, name, [failing])[0]

    def fails(example: Example) -> None:
        nonlocal last
        told = _of(bench, name, [example])[0] if all(map(operator.le, example, failing)) else ""
        if told:
            last = example, told
            raise AssertionError(told)

    with contextlib.suppress(Exception):  # it is raised again at the end, in one of several kinds
        _driven(fails, bench.seed, SHRINKS)
    return last


def _driven(act: Callable[[Example], None], seed: int, count: int) -> None:
    """Run something over what Hypothesis draws, the same each time."""
    import hypothesis
    from hypothesis import strategies

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(
        strategies.tuples(
            strategies.integers(1, 8), strategies.sampled_from([0.1, 1.0, 3.0]), strategies.integers(0, 10_000)
        )
    )
    def over(example: Example) -> None:
        act(example)

    with warnings.catch_warnings():  # other threads of a cluster's worker draw numbers: it is not done here
        warnings.simplefilter("ignore", hypothesis.errors.HypothesisDeprecationWarning)
        over()
