"""Which interface a network has, by where its parameters live."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.submissions.steps.places import Place

__all__ = ["classify"]


def classify(places: Sequence[Place]) -> str:
    """The interface's id.

    Parameters
    ----------
    places : sequence of Place
        The parameters.

    Returns
    -------
    str
        ``params-dict`` (all in one mapping), ``layer-dicts`` (a mapping a layer), ``weights-lists`` (lists that an
        object holds), ``updating-class`` (attributes of objects), else ``training-loop`` (variables).
    """
    holders = {id(place.container): place.container for place in places}
    if all(isinstance(holder, dict) for holder in holders.values()):
        return "params-dict" if len(holders) == 1 else "layer-dicts"
    inner = [place.path[-1][0] if place.path else "" for place in places]
    in_object = any(kind == "attribute" for place in places for kind, _ in place.path)
    if in_object and all(kind == "item" for kind in inner):
        return "weights-lists"
    if in_object:
        return "updating-class"
    return "training-loop"
