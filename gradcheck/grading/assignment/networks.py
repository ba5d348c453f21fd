"""The network of an assignment file: whether its parts fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcheck.grading.assignment.problems import Problems, shown
from gradcheck.grading.assignment.records import Network
from gradcheck.grading.assignment.vocabulary import ONLY_LAST, OUTPUTS_OF

__all__ = ["read_network"]

AT = ("network",)


def read_network(values: Mapping[str, Any], problems: Problems) -> Network | None:
    """The network; None where its sizes cannot be used.

    Parameters
    ----------
    values : mapping
        What the table ``[network]`` holds, validated.
    problems : Problems
        What does not fit is noted here.

    Notes
    -----
    Where other keys cannot be used something stands in for them, so that the rest of the file can be held against the
    sizes all the same; with a problem noted, no assignment comes of it.
    """
    if "sizes" not in values:
        return None
    penalty = values.get("regularisation", {})
    network = Network(
        sizes=tuple(values["sizes"]),
        activations=tuple(values.get("activations", ())),
        loss=values.get("loss", ""),
        l2=float(penalty.get("l2", 0.0)),
        penalty=penalty.get("form", "half"),
    )
    if "activations" in values:
        _check_layers(network, problems)
        _check_outputs(network, problems)
    return network


def _check_layers(network: Network, problems: Problems) -> None:
    count = len(network.activations)
    if count != network.layers:
        problems.add(
            (*AT, "activations"),
            f"there are {count} activations for {network.layers} layers with weights (sizes = {list(network.sizes)})",
            f"Write {network.layers}, one for each size after the first",
        )
    for layer, name in enumerate(network.activations[:-1]):
        if name in ONLY_LAST:
            problems.add(
                (*AT, "activations", layer),
                f"{shown(name)} stands in layer {layer + 1} of {network.layers}",
                "Use it in the last layer only",
            )


def _check_outputs(network: Network, problems: Problems) -> None:
    last = network.activations[-1]
    usable = OUTPUTS_OF.get(network.loss)
    if usable is not None and last not in usable:
        problems.add(
            (*AT, "loss"),
            f"{shown(network.loss)} does not go with a last activation {shown(last)}",
            f"Let the last activation be {' or '.join(sorted(usable))}, or choose another loss",
        )
    if network.sizes[-1] == 1 and (last == "softmax" or network.loss.startswith("softmax")):
        problems.add(
            (*AT, "sizes"),
            "a softmax over one output is always 1",
            "Write as many outputs as there are classes, or use sigmoid with bce",
        )
