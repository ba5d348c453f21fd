"""Wrong gradients: what a bug of the catalogue makes of right back-propagation, by the catalogue's own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from gradcheck.diagnosis.backward import Deviation
from gradcheck.diagnosis.backward import backward as claimed
from gradcheck.diagnosis.catalogue import CATALOGUE, Family
from gradcheck.diagnosis.network import Layer, Network
from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.strategies.architecture import Array

__all__ = ["AVERAGED", "LOSSES_WITH", "PLANTABLE", "network_at", "places", "planted_gradient"]

# Of the bugs that depend on a learning rate.
RATE = 0.125
# Of flat targets, which these networks do not have.
ELSEWHERE = ("target-broadcast",)
# What the catalogue can compute of a network and is no matter of dropout, batch normalisation, state or precision.
PLANTABLE: tuple[str, ...] = tuple(
    entry.id
    for entry in CATALOGUE.values()
    if entry.gradient_wrong
    and (entry.deviations or entry.at_rate)
    and (entry.family is not Family.STATE or entry.id.startswith("regularisation-"))
    and entry.id not in ELSEWHERE
)

# What the loss must be for a bug to be what its name says: one that is averaged over the samples, or added up, ...
AVERAGED: Mapping[str, bool] = MappingProxyType(
    {
        "sum-instead-of-mean": True,
        "double-mean": True,
        "features-for-batch-size": True,
        "mean-instead-of-sum": False,
    }
)
# ... and one with a square in it, or with a square and nothing that takes its 2 away.
LOSSES_WITH: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"missing-factor-2": ("squares",), "extra-factor-2": ("squares", "half-squares")}
)

Params = Mapping[str, Array]
Forward = Callable[[Params], tuple[Sequence[Array], Sequence[Array]]]
Backward = Callable[[Params], tuple[Sequence[Array], Sequence[Array], Sequence[Array | None]]]


def planted_gradient(
    bug: str,
    place: str,
    forward: Forward,
    backward: Backward,
    inputs: Array,
    targets: Array,
    *,
    activations: Sequence[str],
    loss: str,
    scale: float,
    l2: float = 0.0,
) -> Callable[[Params], dict[str, Array]]:
    """A gradient function that has one bug.

    Parameters
    ----------
    bug : str
        Catalogue id.
    place : str
        Which of the places that the bug has in such a network, one of ``places``; the first if it is empty.
    forward : callable
        ``forward(params)`` returns pre-activations and activations, a list each, from the first layer to the last.
    backward : callable
        ``backward(params)`` returns the right ``dL/da``, ``dL/dz`` and ``f'(z)``, a list each; None for a slope that
        there is not.
    inputs, targets : ndarray (m, features), (m, outputs)
    activations : sequence of str
        Of each layer.
    loss : {"mse", "bce", "ce"}
    scale : float
        What the loss multiplies the sum of squares, or of cross-entropies, by (dimensionless).
    l2 : float
        What the loss multiplies the sum of the squared weights by.

    Returns
    -------
    callable
        ``gradient(params)``; right where the bug has no such place.

    Raises
    ------
    InvalidArgumentError
        For an id that the catalogue cannot plant.
    """
    if bug not in PLANTABLE:
        raise InvalidArgumentError(f"bug={bug!r} cannot be planted; expected one of {', '.join(PLANTABLE)}.")

    def gradient(params: Params) -> dict[str, Array]:
        network = network_at(
            forward, backward, params, inputs, targets, activations=activations, loss=loss, scale=scale, l2=l2
        )
        found = places(bug, network)
        chosen = found.get(place) if place else next(iter(found.values()), None)
        values = claimed(network, *([] if chosen is None else [chosen]))
        return {name: np.asarray(values[name]).astype(value.dtype) for name, value in params.items()}

    return gradient


def places(bug: str, network: Network) -> dict[str, Deviation]:
    """The ways in which a bug could be in a network, by layers and words, in the catalogue's order."""
    entry = CATALOGUE[bug]
    with np.errstate(all="ignore"):
        if entry.deviations is not None:
            found = list(entry.deviations(network))
        else:
            found = [] if entry.at_rate is None else list(entry.at_rate(network, RATE, {}))
    named: dict[str, Deviation] = {}
    for deviation in found:
        named.setdefault(_called(deviation), deviation)
    return named


def _called(deviation: Deviation) -> str:
    where = " and ".join(str(index + 1) for index in deviation.layers)
    return ": ".join(part for part in (f"layer {where}" if where else "", deviation.what) if part) or "everywhere"


def network_at(
    forward: Forward,
    backward: Backward,
    params: Params,
    inputs: Array,
    targets: Array,
    *,
    activations: Sequence[str],
    loss: str,
    scale: float,
    l2: float,
) -> Network:
    """The quantities of a network at one point, as the catalogue's rules read them; parameters as above.

    In float64, whatever the network computes in: the rules tell what is equal from what is not by exact numbers.
    """
    params = {name: value.astype(np.float64) for name, value in params.items()}
    inputs, targets = inputs.astype(np.float64), targets.astype(np.float64)
    passed, adjoints = forward(params), backward(params)
    layers = []
    before = inputs
    rows = zip(activations, *passed, *adjoints, strict=True)
    for number, (activation, z, a, output_adjoint, delta, slope) in enumerate(rows, start=1):
        layer = Layer(
            weight=f"W{number}", bias=f"b{number}", inputs=before, weights=params[f"W{number}"],
            bias_values=params[f"b{number}"], pre_activation=z, output=a, output_adjoint=output_adjoint, delta=delta,
            slope=slope, activation=activation,
        )  # fmt: skip
        layers.append(layer)
        before = a
    return Network(
        layers=tuple(layers),
        shapes={name: value.shape for name, value in params.items()},
        penalty={name: 2.0 * l2 * value for name, value in params.items() if l2 and name.startswith("W")},
        targets=targets,
        loss=loss,
        scale=scale,
    )
