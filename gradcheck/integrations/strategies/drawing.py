"""Hypothesis strategies: networks, batches, parameters and wrong gradients; all shrink to the smallest that will do."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from hypothesis import note, reject
from hypothesis import strategies as st

from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.strategies.architecture import ACTIVATIONS, DTYPES, LOSSES, Architecture, Array, Batch
from gradcheck.integrations.strategies.example import NetworkExample
from gradcheck.integrations.strategies.kinks import away_from_kinks, near_kink
from gradcheck.integrations.strategies.planting import AVERAGED, LOSSES_WITH, PLANTABLE

__all__ = ["architectures", "batches", "networks", "parameters", "wrong_gradients"]

HIDDEN = tuple(name for name, row in ACTIVATIONS.items() if row.slope is not None)
Kind = tuple[tuple[str, ...], str]  # activations and loss
KINKS = ("away", "near", "any")
# Entries are multiples of a quarter up to 1.5, none of them 0: exact in every dtype, short to read, and far from
# saturation.
QUARTERS, UNIT = 6, 0.25
# Which of the places that a bug has. Drawn also where there is one: of two examples the one that takes fewer draws
# counts as the simpler, however large its network is.
PLACES = st.integers(0, 23)
# Numbers that are tried until a bug shows: a network may shrink though the bug does not show there with the same ones.
TURNS = 8
LEAST_SIDE = 16  # arrays up to this size are cut from one table
SEEDS = st.integers(0, (1 << 16) - 1)
PENALTY = 0.125
DISTANCES = (0.0, 1e-12, -1e-12, 1e-9, -1e-9, 1e-7, -1e-7, 1e-5, -1e-5)
# Layer sizes at which it is tried whether a bug can be in a kind of network: all different, and all alike.
TRIED_SIZES = ((3, 4, 5, 2), (3, 3, 3, 3))


@st.composite
def architectures(
    draw: st.DrawFn,
    /,
    *,
    max_layers: int = 3,
    max_units: int = 4,
    activations: Collection[str] = HIDDEN,
    losses: Collection[str] = tuple(LOSSES),
    dtypes: Collection[str] = ("float64",),
    regularised: bool | None = None,
) -> Architecture:
    """Fully connected networks without their numbers.

    Parameters
    ----------
    max_layers, max_units : int
        At most so many layers with weights, and units in a layer.
    activations : collection of str
        Of the hidden layers; the output's goes with the loss.
    losses, dtypes : collection of str
    regularised : bool, optional
        Whether there is an L2 penalty; drawn if not given.

    Returns
    -------
    SearchStrategy of Architecture
        Shrinks to one linear layer with one input, one output and a sum of squares.
    """
    hidden = draw(st.lists(st.sampled_from(_known("activations", activations, HIDDEN)), max_size=max_layers - 1))
    loss = draw(st.sampled_from(_known("losses", losses, LOSSES)))
    layers = (*hidden, draw(st.sampled_from(LOSSES[loss].outputs)))
    return _sized(draw, layers, loss, (max_layers, max_units), dtypes, regularised)


@st.composite
def batches(draw: st.DrawFn, /, architecture: Architecture, *, max_samples: int = 5) -> Batch:
    """Samples for a network: inputs and, as its loss wants them, real, binary or one-hot targets.

    Parameters
    ----------
    architecture : Architecture
    max_samples : int

    Returns
    -------
    SearchStrategy of Batch
        Shrinks to one sample.
    """
    return _batch(architecture, draw(st.integers(1, max_samples)), draw(SEEDS))


@st.composite
def parameters(
    draw: st.DrawFn, /, architecture: Architecture, batch: Batch, *, kinks: str = "away"
) -> dict[str, Array]:
    """Weights and biases for a network and a batch.

    Parameters
    ----------
    architecture : Architecture
    batch : Batch
    kinks : {"away", "near", "any"}
        ``away``: every unit with a kink is at least 0.03 from it; ``near``: one is within 1e-5 of it, or on it, which
        makes a network without kinks an ``any``; ``any``: as drawn, often on a kink.

    Returns
    -------
    SearchStrategy of dict of name to ndarray
        Keeps its numbers while the sizes shrink.
    """
    seed = draw(SEEDS)
    return _parameters(architecture, batch, seed, kinks, _kink(draw, architecture, len(batch), kinks))


@st.composite
def networks(draw: st.DrawFn, /, *, kinks: str = "away", max_samples: int = 5, **options: Any) -> NetworkExample:
    """Networks with a batch, a point and a right gradient.

    Parameters
    ----------
    kinks : {"away", "near", "any"}
        As for ``parameters``.
    max_samples : int
    **options
        As for ``architectures``.

    Returns
    -------
    SearchStrategy of NetworkExample
        ``.problem()`` is to be checked. A failing test prints its ``.program()``.
    """
    architecture = draw(architectures(**options))
    batch = draw(batches(architecture, max_samples=max_samples))
    params = draw(parameters(architecture, batch, kinks=kinks))
    return _noted(NetworkExample(architecture=architecture, batch=batch, params=params))


@st.composite
def wrong_gradients(
    draw: st.DrawFn,
    /,
    bugs: str | Collection[str] = PLANTABLE,
    *,
    kinks: str = "away",
    max_samples: int = 5,
    max_layers: int = 3,
    max_units: int = 4,
    losses: Collection[str] = tuple(LOSSES),
    dtypes: Collection[str] = ("float64",),
) -> NetworkExample:
    """Networks whose gradient has a bug of the catalogue, at points that show it.

    Parameters
    ----------
    bugs : str or collection of str
        Catalogue ids, of ``PLANTABLE``.
    kinks, max_samples, max_layers, max_units, losses, dtypes
        As for ``networks``.

    Returns
    -------
    SearchStrategy of NetworkExample
        Shrinks to the smallest network and batch in which the bug changes the gradient.

    Raises
    ------
    InvalidArgumentError
        For an id that the catalogue cannot plant in networks of so many layers with such losses.
    """
    wanted = _known("bugs", (bugs,) if isinstance(bugs, str) else bugs, PLANTABLE)
    bug = draw(st.sampled_from(wanted))
    kinds, regularised = kinds_with(bug)
    allowed = _known("losses", losses, LOSSES)
    kinds = tuple((layers, loss) for layers, loss in kinds if len(layers) <= max_layers and loss in allowed)
    if not kinds:
        raise InvalidArgumentError(
            f"bugs={bug!r} is in no network of at most {max_layers} fully connected layers with losses={allowed!r}."
        )
    layers, loss = draw(st.sampled_from(kinds))
    architecture = _sized(draw, layers, loss, (max_layers, max_units), dtypes, regularised, averaged=AVERAGED.get(bug))
    samples, seeds = draw(st.integers(1, max_samples)), (draw(SEEDS), draw(SEEDS))
    kink, number = _kink(draw, architecture, samples, kinks), draw(PLACES)
    for turn in range(TURNS):
        batch = _batch(architecture, samples, seeds[0] + turn)
        params = _parameters(architecture, batch, seeds[1] + turn, kinks, kink)
        example = _planted(NetworkExample(architecture=architecture, batch=batch, params=params), bug, number)
        if example is not None:
            break
    else:
        reject()
    return _noted(example)


@functools.cache
def kinds_with(bug: str) -> tuple[tuple[Kind, ...], bool | None]:
    """The kinds of network that a bug can be in, the simplest first, and whether only with a penalty: by trying it."""
    every = [
        ((*(name,) * hidden, output), loss)
        for loss, row in LOSSES.items()
        if loss in LOSSES_WITH.get(bug, LOSSES)
        for output in row.outputs
        for hidden in range(3)
        for name in (HIDDEN if hidden else HIDDEN[:1])
    ]
    for penalty, regularised in ((0.0, None), (PENALTY, True)):
        found = tuple(kind for kind in every if any(_fits(bug, *kind, sizes, penalty) for sizes in TRIED_SIZES))
        if found:
            return found, regularised
    return (), None


def _fits(bug: str, layers: tuple[str, ...], loss: str, sizes: Sequence[int], penalty: float) -> bool:
    rng = np.random.default_rng(0)
    used = (*sizes[: len(layers)], sizes[-1])
    architecture = Architecture(sizes=used, activations=layers, loss=loss, l2=penalty)
    example = NetworkExample(
        architecture=architecture,
        batch=Batch(inputs=rng.normal(size=(4, used[0])), targets=np.eye(used[-1])[np.arange(4) % used[-1]]),
        params={name: rng.normal(size=shape) for name, shape in architecture.shapes.items()},
    )
    return bool(example.places(bug))


def _planted(right: NetworkExample, bug: str, number: int) -> NetworkExample | None:
    """The network with a bug at one of its places, if that shows."""
    found = right.places(bug)
    if not found:
        return None
    example = NetworkExample(
        architecture=right.architecture, batch=right.batch, params=right.params, bug=bug,
        place=found[number % len(found)],
    )  # fmt: skip
    return example if example.shows() else None


def _batch(architecture: Architecture, samples: int, seed: int) -> Batch:
    outputs, kind = architecture.sizes[-1], LOSSES[architecture.loss].targets
    inputs = numbers(seed, "X", (samples, architecture.sizes[0]), architecture.dtype)
    targets = numbers(seed, "Y", (samples, outputs), architecture.dtype)
    if kind == "one-hot":
        targets = np.eye(outputs, dtype=architecture.dtype)[np.argmax(targets, axis=1)]
    elif kind == "binary":
        targets = (targets > 0).astype(architecture.dtype)
    return Batch(inputs=inputs, targets=targets)


def _kink(draw: st.DrawFn, architecture: Architecture, samples: int, kinks: str) -> tuple[int, int, float] | None:
    """Unit, sample and distance of the pre-activation that is to be near a kink, if one is."""
    (kinks,) = _known("kinks", (kinks,), KINKS)
    if kinks != "near" or not architecture.kinked:
        return None
    unit, sample = draw(st.integers(0, max(architecture.sizes) - 1)), draw(st.integers(0, samples - 1))
    return unit, sample, draw(st.sampled_from(DISTANCES))


def _parameters(
    architecture: Architecture, batch: Batch, seed: int, kinks: str, kink: tuple[int, int, float] | None
) -> dict[str, Array]:
    found = {name: numbers(seed, name, shape, architecture.dtype) for name, shape in architecture.shapes.items()}
    if kink is not None:
        unit, sample, distance = kink
        return near_kink(architecture, batch, found, unit=unit, sample=sample, distance=distance)
    return away_from_kinks(architecture, batch, found) if kinks == "away" and architecture.kinked else found


def _noted(example: NetworkExample) -> NetworkExample:
    """Have a failing test print the program."""
    note(f"The network, to copy and run:\n\n{example.program()}")
    return example


def _sized(
    draw: st.DrawFn,
    layers: tuple[str, ...],
    loss: str,
    most: tuple[int, int],
    dtypes: Collection[str],
    regularised: bool | None,  # noqa: FBT001 - by name in what is public
    *,
    averaged: bool | None = None,
) -> Architecture:
    """A network with these activations, of any size; `most` are layers and units; `averaged` is drawn if not given.

    As many sizes are drawn as the largest network has: what comes after them is the same when layers go.
    """
    max_layers, max_units = most
    least = 2 if LOSSES[loss].targets == "one-hot" else 1
    outputs, *inner = (draw(st.integers(1, max_units)) for _ in range(max_layers + 1))
    penalty, mean = draw(st.booleans()), draw(st.booleans())
    return Architecture(
        sizes=(*inner[: len(layers)], max(outputs, least)),
        activations=layers,
        loss=loss,
        mean=mean if averaged is None else averaged,
        l2=PENALTY if (penalty if regularised is None else regularised) else 0.0,
        dtype=draw(st.sampled_from(_known("dtypes", dtypes, DTYPES))),
    )


def numbers(seed: int, name: str, shape: tuple[int, ...], dtype: str) -> Array:
    """Entries that depend on the seed, the name of the array and their place in it: the same in smaller arrays.

    So a network keeps its numbers while it is shrunk, and what it shows.
    """
    side = max(LEAST_SIDE, 1 << (max(shape) - 1).bit_length())
    rng = np.random.default_rng([seed, *name.encode()])
    table = UNIT * rng.integers(1, QUARTERS + 1, size=(side, side)) * rng.choice((-1, 1), size=(side, side))
    return np.array(table[tuple(map(slice, shape))] if len(shape) == 2 else table[0, : shape[0]], dtype=dtype)


def _known(name: str, given: Collection[str], table: Collection[str]) -> list[str]:
    """The given names in the table's order, which is the simplest first."""
    unknown = [item for item in given if item not in table]
    if unknown or not given:
        raise InvalidArgumentError(f"{name}={given!r}; expected some of {', '.join(table)}.")
    return [item for item in table if item in given]
