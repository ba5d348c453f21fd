"""The captured step over other data: fewer samples, larger inputs, targets shuffled, another rate or penalty.

What is data is told by what it is compared with: the operand of the output's difference that does not depend on the
parameters holds the targets, the other arrays with as many samples hold the inputs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from gradcheck.diagnosis.programs.program import UnavailableError, Variation
from gradcheck.language import listed, tr
from gradcheck.problem import Problem
from gradcheck.submissions.losses import implied_loss
from gradcheck.submissions.network import Network
from gradcheck.submissions.recognition.natural_step import natural_step
from gradcheck.submissions.running.importing import is_own
from gradcheck.submissions.running.synthesis import role_of
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.place_names import last_word
from gradcheck.submissions.steps.places import Place, roots_of
from gradcheck.submissions.text.sites import RATE_NAME

__all__ = ["Data", "data_of", "pose", "sizes_of"]

SEED = 31
PENALTY_NAME = re.compile(r"lam|reg|l2|decay|beta", re.IGNORECASE)
SHARE_NAME = re.compile(r"_*(beta|decay)_*", re.IGNORECASE)
OTHER_SIZES = ("batch", "outputs", "features", "hidden", "seed")


@dataclass(frozen=True, slots=True)
class Data:
    """Where a step keeps its samples, and along which axis they lie."""

    inputs: tuple[Place, ...]
    targets: tuple[Place, ...]
    axis: int
    samples: int
    outputs: int | None


def pose(network: Network, variation: Variation) -> Network:
    """The network over other data.

    Parameters
    ----------
    network : Network
        Driven by an experiment.
    variation : Variation

    Raises
    ------
    UnavailableError
        Where this code cannot be varied so; the message says why.
    """
    experiment, given = network.experiment, variation.given()
    if experiment is None or network.pose is None:
        raise UnavailableError(tr("the file gives one problem, and no way to build it otherwise"))
    fixed = [name for name in OTHER_SIZES if name in given]
    if fixed:
        raise UnavailableError(
            tr("{fixed}: the file trains on data of its own, whose sizes are fixed", fixed=listed(fixed))
        )
    if variation.rows is not None and network.implied:
        raise UnavailableError(tr("the loss that the output delta implies is known for this number of samples alone"))
    changes = [make(experiment, given[name]) for name, make in CHANGES.items() if name in given]
    rate = None
    if variation.learning_rate is not None:
        rate = (experiment.rates.own or 0.0) * variation.learning_rate

    def change_all() -> None:
        for change in changes:
            change()

    other = experiment.posed(change_all)
    if variation.permute_targets and len(experiment.items) > 1:
        other.items, other.all_items = (tuple(map(_turned, kept)) for kept in (other.items, other.all_items))
    if rate is not None:
        other.rates = replace(other.rates, own=rate)
    varied = replace(network, problem=network.pose(other), experiment=other)
    try:
        _require_that_it_runs(varied)
    finally:
        experiment.restore()
    return varied if rate is None else replace(varied, problem=_at_own_rate(varied, rate))


def sizes_of(experiment: Experiment) -> dict[str, float]:
    """Sizes and rates, as far as they can be told."""
    found: dict[str, float] = {}
    if experiment.rates.own:
        found["learning_rate"] = float(experiment.rates.own)
    penalties = _penalties(experiment)
    if len({float(place.value) for place in penalties}) == 1:
        found["regularisation"] = float(penalties[0].value)
    try:
        data = data_of(experiment)
    except UnavailableError:
        return found
    if len(experiment.items) == 1:
        found["batch"] = float(data.samples)
    if data.outputs is not None:
        found["outputs"] = float(data.outputs)
    for place in data.inputs:
        shape = np.shape(place.value)
        if len(shape) == 2:
            found["features"] = float(shape[1 - data.axis % 2])
            break
    return found


def data_of(experiment: Experiment) -> Data:
    """The arrays of samples that a step reads.

    Raises
    ------
    UnavailableError
        Where they cannot be told.
    """
    rng = np.random.default_rng(SEED)
    try:
        pairs = implied_loss.output_pairs(experiment, rng)
        log = experiment.observe(experiment.values())
        operands = [pair for key, left in pairs if (pair := _operands(log, key, output_is_left=left)) is not None]
    except Exception:
        operands = []
    finally:
        experiment.restore()
    arrays = _arrays(experiment)
    targets = [place for place in arrays if any(_is_part(place.value, target) for _, target in operands)]
    shapes = [np.shape(output) for output, _ in operands]
    best: tuple[int, Data] | None = None
    for axis in (0, -1):
        lengths = {np.shape(place.value)[axis] for place in (targets or arrays)}
        lengths &= {shape[axis] for shape in shapes if shape} or lengths
        for length in lengths - {1}:
            alike = [place for place in arrays if np.shape(place.value)[axis] == length]
            own = [place for place in alike if any(place is target for target in targets)]
            own = own or [place for place in alike if role_of(last_word(place)) == "targets"]
            inputs = [place for place in alike if not any(place is target for target in own)]
            named = [place for place in inputs if role_of(last_word(place)) == "inputs"]
            inputs = named or [place for place in inputs if np.asarray(place.value).dtype.kind == "f"]
            score = 2 * bool(own) + bool(inputs) + bool(named)
            outputs = next((int(np.prod(shape)) // length for shape in shapes if shape and shape[axis] == length), None)
            if best is None or score > best[0]:
                best = (score, Data(tuple(inputs), tuple(own), axis, int(length), outputs))
    if best is None or best[0] < 2:
        raise UnavailableError(tr("it cannot be told which of its arrays are the samples"))
    return best[1]


def _operands(log: Any, key: Any, *, output_is_left: bool) -> tuple[Any, Any] | None:
    pair = implied_loss.pair_of(log, key)
    if pair is None:
        return None
    return pair if output_is_left else pair[::-1]


def _is_part(held: Any, target: Any) -> bool:
    """Whether an array is what was subtracted, or of the same numbers in another shape."""
    held, target = np.asarray(held), np.asarray(target)
    if held.size != target.size or held.size < 2:
        return False
    return np.shares_memory(held, target) or bool(
        np.array_equal(held.ravel(), target.ravel()) or np.array_equal(held.ravel(), target.T.ravel())
    )


def _arrays(experiment: Experiment) -> list[Place]:
    """Arrays that are no parameters."""
    held = {id(place.value) for place in experiment.places.values()}
    found = []
    for place in _places(experiment):
        value = place.value
        if isinstance(value, np.ndarray) and value.ndim and value.size > 1 and id(value) not in held:
            found.append(place)
    return found


def _numbers(experiment: Experiment) -> list[Place]:
    return [place for place in _places(experiment) if isinstance(place.value, (float, np.floating))]


def _places(experiment: Experiment) -> list[Place]:
    experiment.restore()
    return experiment.in_reach()


def _penalties(experiment: Experiment) -> list[Place]:
    """Strengths of penalties, by their names; beside averages of gradients ``beta`` and ``decay`` are those' shares."""
    averages = bool(experiment.buffers) or experiment.read is not None

    def is_one(place: Place) -> bool:
        word = last_word(place)
        named = bool(PENALTY_NAME.search(word)) and role_of(word) == "regularisation"
        return named and float(place.value) != 0.0 and not (averages and SHARE_NAME.fullmatch(word))

    return [place for place in _numbers(experiment) if is_one(place)]


# --- changes --------------------------------------------------------------------------------------------------------


def _rows(experiment: Experiment, rows: int) -> Callable[[], None]:
    if len(experiment.items) > 1:
        raise UnavailableError(tr("a step takes one sample at a time"))
    data = data_of(experiment)
    if not 0 < rows < data.samples:
        raise UnavailableError(
            tr("there are {samples} samples, so that {rows} of them are no fewer", samples=data.samples, rows=rows)
        )
    counted = _counts(experiment, data.samples)
    sliced = [place for place in _arrays(experiment) if np.shape(place.value)[data.axis] == data.samples]

    def change() -> None:
        for place in sliced:
            index = np.arange(rows)
            place.value = np.ascontiguousarray(np.take(place.value, index, axis=data.axis))
        for put in counted:
            put(rows)

    return change


def _counts(experiment: Experiment, samples: int) -> list[Callable[[int], None]]:
    """Where variables hold the number of samples."""
    found: list[Callable[[int], None]] = []
    for _, get, put in roots_of(cast("Any", experiment.step)):
        try:
            value = get()
        except (ValueError, KeyError):  # not bound yet
            continue
        if type(value) is int and value == samples:
            found.append(put)
        elif is_own(type(value)) and hasattr(value, "__dict__"):
            for name, held in vars(value).items():
                if type(held) is int and held == samples:
                    found.append(functools.partial(setattr, value, name))
    return found


def _scaled_inputs(experiment: Experiment, factor: float) -> Callable[[], None]:
    data = data_of(experiment)
    if not data.inputs:
        raise UnavailableError(tr("it cannot be told which array holds the inputs"))

    def change() -> None:
        for place in data.inputs:
            place.value = (np.asarray(place.value) * factor).astype(np.result_type(place.value, np.float32))

    return change


def _permuted_targets(experiment: Experiment, permute: bool) -> Callable[[], None]:  # noqa: FBT001 (as its neighbours)
    if not permute or len(experiment.items) > 1:  # a loop's items are exchanged themselves
        return lambda: None
    data = data_of(experiment)
    if not data.targets:
        raise UnavailableError(tr("it cannot be told which array holds the targets"))
    order = np.random.default_rng(SEED).permutation(data.samples)
    if np.array_equal(order, np.arange(data.samples)):
        order = order[::-1]

    def change() -> None:
        for place in data.targets:
            axis = 0 if np.ndim(place.value) == 1 else data.axis
            if np.shape(place.value)[axis] == data.samples:
                place.value = np.ascontiguousarray(np.take(place.value, order, axis=axis))

    return change


def _turned(item: Any) -> Any:
    """A sample with the entries of its arrays in another order, single numbers as far from one as they were from 0."""
    if isinstance(item, tuple):
        return tuple(map(_turned, item))
    if isinstance(item, np.ndarray) and item.dtype.kind == "f":
        return 1.0 - item if item.size == 1 else np.roll(item.ravel(), 1).reshape(item.shape)
    if isinstance(item, list) and item and all(type(entry) is float for entry in item):
        return [1.0 - item[0]] if len(item) == 1 else [*item[-1:], *item[:-1]]
    return 1.0 - item if type(item) is float else item


def _penalty(experiment: Experiment, factor: float) -> Callable[[], None]:
    found = _penalties(experiment)
    if not found:
        raise UnavailableError(tr("no variable holds the strength of a penalty"))

    def change() -> None:
        for place in found:
            place.value = type(place.value)(place.value * factor)

    return change


def _rate(experiment: Experiment, factor: float) -> Callable[[], None]:
    own = experiment.rates.own
    if own is None:
        raise UnavailableError(tr("the code has no learning rate"))
    found = [
        place for place in _numbers(experiment) if float(place.value) == own and RATE_NAME.search(last_word(place))
    ]
    if not found:
        raise UnavailableError(tr("the learning rate is a number in the text, and no variable"))

    def change() -> None:
        for place in found:
            place.value = type(place.value)(place.value * factor)

    return change


CHANGES: dict[str, Callable[[Experiment, Any], Callable[[], None]]] = {
    "rows": _rows,
    "input_scale": _scaled_inputs,
    "permute_targets": _permuted_targets,
    "regularisation": _penalty,
    "learning_rate": _rate,
}


def _require_that_it_runs(network: Network) -> None:
    assert network.experiment is not None
    try:
        network.experiment.restore()
        loss = float(np.real(network.problem.driver.loss(network.problem.values())))
        network.experiment.run(network.experiment.items[0], rate=0.0)
    except Exception as error:
        raise UnavailableError(
            tr("with that the step raises {kind}: {error}", kind=type(error).__name__, error=error)
        ) from None
    finally:
        network.experiment.restore()
    if not np.isfinite(loss):
        raise UnavailableError(tr("with that the loss is not finite"))


def _at_own_rate(network: Network, rate: float) -> Problem:
    """The gradient that the code applies when it takes its own rate, which is divided out once."""
    experiment, driver = network.experiment, network.problem.driver
    assert experiment is not None

    def gradient() -> dict[str, Any]:
        before = {name: np.array(place.value, dtype=np.float64) for name, place in experiment.places.items()}
        natural_step(experiment)
        return {
            name: (before[name] - np.asarray(place.value, dtype=np.float64)) / rate
            for name, place in experiment.places.items()
        }

    from gradcheck.problem import ref

    params = {name: ref(place, "value") for name, place in experiment.places.items()}
    loss = driver._callables["loss"]  # type: ignore[attr-defined]  # noqa: SLF001 (of a driver of our own)
    return Problem.live(loss, gradient, params)
