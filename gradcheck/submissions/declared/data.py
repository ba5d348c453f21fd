"""The captured step of a recognised program over data that the controller sends, in the child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.submissions.network import Network
from gradcheck.submissions.recognition.posing import data_of
from gradcheck.submissions.steps.places import Place

__all__ = ["over_data"]


def over_data(network: Network, given: Mapping[str, Any]) -> Network:
    """The same step, with inputs and targets in the places of its own.

    Parameters
    ----------
    network : Network
        Driven by an experiment.
    given : mapping
        ``X (samples, features)`` and ``Y (samples, outputs)``, as many samples as its own.

    Raises
    ------
    UnavailableError
        Where its data cannot be told, or are of other sizes.
    """
    experiment = network.experiment
    if experiment is None or network.pose is None:
        raise UnavailableError("it trains in no loop whose data could be exchanged")
    if len(experiment.items) != 1:
        raise UnavailableError("its training takes one sample at a time")
    data = data_of(experiment)
    if not data.inputs or not data.targets:
        raise UnavailableError("it cannot be told which of its arrays are inputs and targets")
    columns = data.axis != 0
    changes = [(place, _fitted(place, given["X"], columns=columns)) for place in data.inputs]
    changes += [(place, _fitted(place, given["Y"], columns=columns)) for place in data.targets]

    def change() -> None:
        for place, value in changes:
            place.value = value

    other = experiment.posed(change)
    return replace(network, problem=network.pose(other), experiment=other)


def _fitted(place: Place, value: Any, *, columns: bool) -> Any:
    """An array in the shape of the one whose place it takes; whole numbers (0 and 1 of XOR) become any."""
    held = np.asarray(place.value)
    array = np.asarray(value, dtype=np.float64)
    array = np.ascontiguousarray(array.T) if columns and held.ndim > 1 else array
    if held.size == array.shape[-1 if columns else 0] < array.size:  # indices of classes
        array = np.argmax(array, axis=0 if columns else 1)
    if array.size != held.size:
        raise UnavailableError(f"its data have the shape {held.shape}, and those to be put in {array.shape}")
    single = held.dtype if held.dtype.kind == "f" else array.dtype
    return array.reshape(held.shape).astype(single)
