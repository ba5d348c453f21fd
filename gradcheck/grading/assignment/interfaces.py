"""The interface of an assignment file: its calls parsed, its places found, defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gradcheck.errors import InvalidArgumentError
from gradcheck.grading.assignment.problems import Key, Problems, nearest, shown
from gradcheck.grading.assignment.records import Network
from gradcheck.submissions.declared.call_text import parse_call, parse_place
from gradcheck.submissions.declared.interface import (
    Biases,
    Call,
    Calls,
    Interface,
    Layout,
    Place,
    Step,
    Style,
    Targets,
    Weights,
)

__all__ = ["DECLARED", "read_interface"]

AT = ("interface",)
DECLARED = frozenset({Style.FUNCTIONS, Style.CLASS})
"""Styles that are driven by declared calls."""

# Keys that have a meaning in some styles only, with what to do where the style is another.
ONLY_IN = {
    "construct": (frozenset({Style.CLASS}), 'Take it out, or write style = "class"'),
    "adapter": (frozenset({Style.ADAPTER}), 'Take it out, or write style = "adapter"'),
    **dict.fromkeys(
        ("calls", "activations", "derivatives", "layers", "parameters", "gradients", "values"),
        (DECLARED, 'Take it out, or write style = "functions" or "class"'),
    ),
}
NEEDED = {
    Style.FUNCTIONS: ("calls", 'Write [interface.calls] with forward = "forward(X, params) -> output, cache"'),
    Style.CLASS: ("construct", 'Write construct = "NeuralNetwork(features, hidden, outputs)"'),
    Style.ADAPTER: ("adapter", 'Write adapter = "adapter.py"; `gradcheck new adapter FILE` writes one'),
}


def read_interface(
    content: Mapping[str, Any],
    tables: Mapping[str, Mapping[str, Any]],
    network: Network | None,
    adapter: Path | None,
    problems: Problems,
) -> Interface | None:
    """The interface, as far as it can be read; None where it has no style, or the network no sizes.

    Parameters
    ----------
    content : mapping
        The table ``[interface]`` as it was read.
    tables : mapping of str to mapping
        What can be used of it, and of the tables within it, by their names.
    network : Network or None
        Names the parameters; where it could not be read, places are not looked at.
    adapter : Path or None
        The adapter's file, found.
    problems : Problems
        What is wrong is noted here.
    """
    values = tables["interface"]
    if "style" not in values:
        return None
    style = Style(values["style"])
    _check_style(style, content, problems)
    calls = {
        kind: {name: _calls(text, (*AT, kind, name), problems) for name, text in tables[f"interface.{kind}"].items()}
        for kind in ("calls", "activations", "derivatives")
    }
    layers = tuple(
        _calls(text, (*AT, "layers", place), problems) for place, text in enumerate(values.get("layers", ()))
    )
    construct = _calls(values["construct"], (*AT, "construct"), problems) if "construct" in values else ()
    if network is None:
        return None
    layout = Layout(values.get("layout", "rows"))
    places = _Places(style=style, calls=calls["calls"], network=network, problems=problems)
    return Interface(
        style=style,
        layout=layout,
        weights=Weights(values.get("weights", "out-in" if layout is Layout.COLUMNS else "in-out")),
        biases=Biases(values.get("biases", "column" if layout is Layout.COLUMNS else "row")),
        targets=Targets(values.get("targets", "values")),
        construct=construct[0] if construct else None,
        calls=calls["calls"],
        activations=calls["activations"],
        derivatives=calls["derivatives"],
        layers=layers,
        parameters=places.of_parameters(values.get("parameters", {})) if style in DECLARED else {},
        gradients=places.of_gradients(values.get("gradients", {})) if style in DECLARED else {},
        values=places.of_values(values.get("values", {})),
        adapter=adapter,
    )


def _check_style(style: Style, content: Mapping[str, Any], problems: Problems) -> None:
    for name, (styles, cure) in ONLY_IN.items():
        if name in content and style not in styles:
            problems.add((*AT, name), f"{name} means nothing where the style is {shown(style.value)}", cure)
    name, cure = NEEDED.get(style, ("", ""))
    if name and not content.get(name):
        problems.add(AT, f"{name} is missing, which the style {shown(style.value)} needs", cure)


def _calls(text: str | list[str], at: Key, problems: Problems) -> Calls:
    """Calls made one after the other; none where one of them cannot be read."""
    try:
        return tuple(parse_call(each) for each in ([text] if isinstance(text, str) else text))
    except InvalidArgumentError as error:
        _note(error, at, problems)
        return ()


def _note(error: InvalidArgumentError, at: Key, problems: Problems) -> None:
    found, _, cure = str(error).rstrip(".").rpartition(". ")
    problems.add(at, found, cure)


class _Places:
    """Where the code keeps parameters, gradients and other values."""

    def __init__(self, *, style: Style, calls: Mapping[str, Calls], network: Network, problems: Problems) -> None:
        self._style, self._network, self._problems = style, network, problems
        self._made: tuple[Call, ...] = tuple(call for each in calls.values() for call in each)
        self._updating = "gradient" not in calls

    def of_parameters(self, given: Mapping[str, str]) -> dict[str, Place]:
        """Of every parameter, by its name."""
        return self._of(given, "parameters", "params", {name: name for name in self._network.parameters})

    def of_gradients(self, given: Mapping[str, str]) -> dict[str, Place]:
        """Of every parameter's gradient; none where the code hands none out, and only makes steps."""
        if self._updating and not given:
            return {}
        return self._of(given, "gradients", "gradients", {name: f"d{name}" for name in self._network.parameters})

    def of_values(self, given: Mapping[str, str]) -> dict[str, Place]:
        """Of other roles."""
        places = {}
        for name, text in given.items():
            place = self._parsed(text, (*AT, "values", name))
            if place is not None:
                places[name] = place
        return places

    def _of(self, given: Mapping[str, str], key: str, root: str, ours: Mapping[str, str]) -> dict[str, Place]:
        for name in given.keys() - ours.keys():
            self._problems.add((*AT, key, name), f"the network has no parameter {shown(name)}", nearest(name, ours))
        whole = any(root in (*call.takes, *call.gives) for call in self._made)
        places = {}
        for name, own in ours.items():
            place = self._parsed(given.get(name, own), (*AT, key, name))
            if place is None:
                continue
            places[name] = self._placed(place, root, own, whole=whole) if not place.steps else place
            self._check_root(places[name], root, own, (*AT, key, name))
        return places

    def _placed(self, place: Place, root: str, own: str, *, whole: bool) -> Place:
        """Where a name on its own is: a key of what holds them all, an attribute, or an argument of its own."""
        if whole:
            return Place(root=root, steps=(Step(key=place.root, attribute=False),))
        if self._style is Style.CLASS and not any(own in (*call.takes, *call.gives) for call in self._made):
            return Place(root="self", steps=(Step(key=place.root, attribute=True),))
        return Place(root=own)

    def _check_root(self, place: Place, root: str, own: str, at: Key) -> None:
        usable = [own, root, "module", *(["self"] if self._style is Style.CLASS else [])]
        if place.root not in usable:
            self._problems.add(
                at, f"{place} begins at {shown(place.root)}, which is nothing here", nearest(place.root, usable)
            )

    def _parsed(self, text: str, at: Key) -> Place | None:
        try:
            return parse_place(text)
        except InvalidArgumentError as error:
            _note(error, at, self._problems)
            return None


def all_calls(interface: Interface) -> Iterator[tuple[Key, Call]]:
    """Every declared call with its key."""
    for kind in ("calls", "activations", "derivatives"):
        for name, made in getattr(interface, kind).items():
            yield from (((*AT, kind, name), call) for call in made)
    for place, made in enumerate(interface.layers):
        yield from (((*AT, "layers", place), call) for call in made)
    if interface.construct is not None:
        yield (*AT, "construct"), interface.construct
