"""Right gradients as a data table: a small one that covers every kind, and as many drawn at random as are asked for."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from networks.losses import LOSSES
from networks.models import MODELS
from networks.network import Parts, build_network, parts_of
from networks.specification import STRUCTURES, Specification

__all__ = ["FAMILIES", "LARGE", "MEDIUM", "RightCase", "fast_cases", "random_cases"]

# 79,510 and 479,060 parameters.
MEDIUM = Specification(sizes=(784, 100, 10), activation="relu-0", loss="ce-logits", initialisation="he", batch=16)
LARGE = Specification(sizes=(784, 500, 160, 40), activation="tanh", loss="mse-entries", batch=256)

SMOOTH = ("tanh", "sigmoid", "softplus", "elu")
KINKED = ("relu-0", "relu-half", "relu-1", "leaky")
TWO = ("tanh", "relu-0")
THREE = (*TWO, "sigmoid")
SIZES = ((2, 4, 1), (3, 5, 2), (4, 1), (5, 6, 4, 3), (3, 4, 5, 3, 2), (10, 16, 3), (30, 20, 10))

# Losses that move in steps (1 - p near p = 1 under a logarithm), which differences settle on a wrong slope of.
ROUGH = (
    Specification(
        sizes=(30, 20, 10), activation="leaky", loss="bce-clip", batch=5, initialisation="unit", l2=0.1, seed=1013633538
    ),
    Specification(
        sizes=(3, 5, 2),
        activation="sigmoid",
        loss="bce-clip",
        batch=2,
        initialisation="saturated-10",
        l2=0.1,
        l1=0.01,
        layout="columns",
        structure="flat",
        seed=293457952,
    ),
    Specification(
        sizes=(3, 4, 5, 3, 2),
        activation="softplus",
        loss="bce-smoothed",
        batch=2,
        initialisation="tiny",
        biases="zero",
        input_scale=1e3,
        l2=0.1,
        structure="list",
        seed=1093654596,
    ),
    Specification(
        sizes=(5, 6, 4, 3),
        activation="elu",
        loss="bce-smoothed",
        batch=64,
        initialisation="unit",
        biases="zero",
        input_scale=1e3,
        l2=0.1,
        layout="columns",
        structure="nested",
        seed=1338861832,
    ),
)
# A gradient of 1e-30, lost in the rounding of the loss and of the claim alike.
LOST = Specification(
    sizes=(2, 4, 3),
    activation="relu-half",
    loss="softmax-mse",
    batch=1,
    initialisation="unit",
    input_scale=1e3,
    structure="flat",
    seed=1103474211,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RightCase:
    """A problem whose gradient is right.

    Attributes
    ----------
    id, family : str
    make : callable
        ``make() -> Parts``.
    spec : Specification or None
        Of a fully connected network.
    may_be_undecided : bool
        Whether ``INCONCLUSIVE`` is an honest answer (a loss + 1e6 leaves differences little to work with).
    """

    id: str
    family: str
    make: Callable[[], Parts]
    spec: Specification | None = None
    may_be_undecided: bool = False


def _network_parts(spec: Specification) -> Parts:
    return parts_of(*build_network(spec))


def _case(family: str, spec: Specification, *, undecided: bool = False) -> RightCase:
    return RightCase(
        id=f"{family}: {spec.id}",
        family=family,
        make=functools.partial(_network_parts, spec),
        spec=spec,
        may_be_undecided=undecided,
    )


def _outputs_for(loss: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes with at least two outputs where the targets are one-hot."""
    return (*sizes[:-1], max(sizes[-1], 3)) if LOSSES[loss].targets == "one-hot" else sizes


def fast_cases() -> list[RightCase]:
    """Every kind at least once, about 150 in all."""
    small = Specification(sizes=(3, 6, 4, 2))
    cases = [_case(family, spec) for family, specs in _fast_specs(small).items() for spec in specs]
    cases += [_case("rough", spec) for spec in ROUGH] + [_case("rough", LOST, undecided=True)]
    cases += [_case("offset", replace(small, loss_offset=1e6, activation=a), undecided=True) for a in TWO]
    return cases + [_model_case(name, seed) for name in MODELS for seed in range(2)]


def _fast_specs(small: Specification) -> dict[str, list[Specification]]:
    scales, starts = (1e-8, 1e-4, 1e6), ("tiny", "he", "saturated-3", "saturated-10")
    xor = Specification(sizes=(2, 4, 1), data="xor", biases="zero", output="sigmoid")
    return {
        "plain": list(_plain()),
        "loss": [Specification(sizes=_outputs_for(name, (3, 5, 2)), loss=name) for name in LOSSES],
        "initialisation": [replace(small, initialisation=i, activation=a) for i in starts for a in THREE],
        "zero weights": [replace(small, initialisation="zeros", activation=a) for a in ("tanh", "sigmoid", "relu-1")],
        "xor": [
            replace(xor, activation=activation, loss=loss, seed=seed)
            for activation in KINKED
            for loss in ("mse-entries", "bce-epsilon")
            for seed in range(2)
        ],
        "padded": [replace(small, sizes=(8, 6, 2), data="padded", activation=a) for a in TWO],
        "inputs x 1000": [replace(small, activation=a, input_scale=1e3) for a in ("relu-0", "leaky", "tanh")],
        "scaled loss": [replace(small, activation=a, loss_scale=scale) for a in TWO for scale in scales],
        "structure": [replace(small, activation=a, structure=s) for a in TWO for s in STRUCTURES[1:]],
        "columns": [replace(small, activation=a, layout="columns") for a in ("tanh", "relu-half", "sigmoid")]
        + [replace(small, loss=loss, layout="columns", sizes=(3, 5, 3)) for loss in ("bce-clip", "ce-logits")],
        "penalty": [replace(small, l2=0.1), replace(small, l1=0.01, activation="relu-0")],
        "batch": [replace(small, batch=batch, activation=a) for batch in (1, 3) for a in TWO],
        "low precision": _low_precision(0),
        "wide": [MEDIUM, replace(MEDIUM, activation="tanh", loss="sse")],
        "saturated": _saturated(0),
    }


def _plain() -> Iterator[Specification]:
    for number, activation in enumerate((*SMOOTH, *KINKED, "identity")):
        for loss in ("mse-entries", "bce-epsilon", "ce-logits"):
            sizes = _outputs_for(loss, SIZES[number % len(SIZES)])
            yield Specification(sizes=sizes, activation=activation, loss=loss, seed=number)


def _model_case(name: str, seed: int) -> RightCase:
    return RightCase(id=f"model: {name} seed{seed}", family="model", make=functools.partial(MODELS[name], seed))


def _low_precision(seed: int) -> list[Specification]:
    base = Specification(sizes=(4, 6, 3), seed=seed)
    return [
        replace(base, dtype=dtype, activation=activation, cast=cast)
        for dtype, cast in (("float32", None), ("float32", "float32"), ("float64", "float32"), ("float16", None))
        for activation in ("tanh", "relu-0")
    ] + [
        replace(base, dtype="float16", cast="float16"),
        replace(base, dtype="float32", cast="float32", loss="ce-logits"),
        replace(base, dtype="float32", cast="float32", loss="bce-epsilon"),
    ]


def _saturated(seed: int) -> list[Specification]:
    """Losses with a logarithm behind outputs that saturate."""
    base = Specification(sizes=(3, 8, 2), initialisation="saturated-10", seed=seed)
    return [
        replace(base, activation=activation, loss=loss, sizes=_outputs_for(loss, base.sizes))
        for activation in ("tanh", "relu-0")
        for loss in ("bce-epsilon", "bce-clip", "bce-logits", "ce-logits", "ce-epsilon")
    ]


def _draw_any(rng: np.random.Generator, activations: tuple[str, ...]) -> Specification:
    loss = str(rng.choice(list(LOSSES)))
    return Specification(
        sizes=_outputs_for(loss, SIZES[rng.integers(len(SIZES))]),
        activation=str(rng.choice(activations)),
        loss=loss,
        output=str(rng.choice(["identity", "sigmoid", "tanh"])),
        batch=int(rng.choice([1, 2, 5, 16, 64])),
        initialisation=str(rng.choice(["he", "xavier", "tiny", "unit"])),
        biases=str(rng.choice(["random", "zero"])),
        structure=str(rng.choice(["dict", "list", "nested", "flat"])),
        layout=str(rng.choice(["rows", "columns"])),
        l2=float(rng.choice([0.0, 0.0, 0.1])),
        l1=float(rng.choice([0.0, 0.0, 0.01])),
        seed=int(rng.integers(2**31)),
    )


def _draw_xor(rng: np.random.Generator) -> Specification:
    spec = _draw_any(rng, KINKED)
    sizes = (2, int(rng.choice([2, 4, 8, 32])), 1)
    loss = str(rng.choice(["mse-entries", "half-sse", "bce-epsilon", "bce-clip", "bce-logits"]))
    return replace(spec, sizes=sizes, loss=loss, data="xor", biases="zero", batch=4)


def _draw_wide(rng: np.random.Generator) -> Specification:
    spec = _draw_any(rng, ("relu-0", "relu-1", "tanh"))
    sizes = (int(rng.choice([50, 100])), int(rng.choice([64, 128, 256])), 10)
    return replace(spec, sizes=sizes, initialisation="he", batch=128, l1=0.0)


def _draw_low(rng: np.random.Generator) -> Specification:
    spec = _draw_any(rng, ("tanh", "relu-0", "relu-half", "sigmoid", "softplus"))
    dtype, cast = [("float32", None), ("float32", "float32"), ("float64", "float32"), ("float16", None)][
        rng.integers(4)
    ]
    if LOSSES[spec.loss].targets != "real" and (dtype == "float16" or spec.loss == "bce-clip"):
        spec = replace(spec, loss="mse-batch")  # 1e-8 is 0 in float16, 1 - 1e-15 is 1 in float32: no clip at all
    return replace(spec, dtype=dtype, cast=cast, batch=max(spec.batch, 5))


def _draw_saturated(rng: np.random.Generator) -> Specification:
    spec = _draw_any(rng, ("tanh", "relu-0", "sigmoid"))
    return replace(spec, initialisation=str(rng.choice(["saturated-3", "saturated-10"])))


# Families of the thousand, in equal shares.
FAMILIES: dict[str, Callable[[np.random.Generator], Specification]] = {
    "smooth": lambda rng: _draw_any(rng, SMOOTH),
    "kinked": lambda rng: _draw_any(rng, KINKED),
    "wide": _draw_wide,
    "xor": _draw_xor,
    "padded": lambda rng: replace(_draw_any(rng, (*SMOOTH, *KINKED)), data="padded", biases="zero"),
    "low precision": _draw_low,
    "tiny gradients": lambda rng: replace(_draw_any(rng, (*SMOOTH, *KINKED)), loss_scale=1e-8),
    "offset": lambda rng: replace(_draw_any(rng, ("tanh", "relu-0")), loss_offset=1e6),
    "saturated": _draw_saturated,
    "inputs x 1000": lambda rng: replace(_draw_any(rng, (*SMOOTH, *KINKED)), input_scale=1e3),
}


def random_cases(count: int, seed: int = 0) -> Iterator[RightCase]:
    """``count`` right problems: nine tenths networks of every family in turn, one tenth other models.

    Parameters
    ----------
    count : int
    seed : int
        The same seed gives the same problems.
    """
    rng = np.random.default_rng(seed)
    draws: list[tuple[str, Any]] = list(FAMILIES.items())
    models = itertools.cycle(MODELS)
    for number in range(count):
        turn = number % (len(draws) + 1)
        if turn == len(draws):
            yield _model_case(next(models), int(rng.integers(2**31)))
        else:
            family, draw = draws[turn]
            yield _case(family, draw(rng), undecided=family == "offset")
