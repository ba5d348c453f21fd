"""Whether every item of a rubric can be measured through the interface that is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradcheck.grading.assignment.interfaces import DECLARED
from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.problems import Key, Problems, shown
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.assignment.roles import RESULTS
from gradcheck.grading.assignment.rubrics import leaf_keys
from gradcheck.submissions.declared.interface import Interface

__all__ = ["check_measurable", "place_of"]

FAMILIES = ("activations", "derivatives", "layers")
"""Calls that are declared beside ``[interface.calls]``."""


def check_measurable(
    rubric: Sequence[Item], kinds: Mapping[str, Kind], interface: Interface, problems: Problems
) -> None:
    """Note the items that cannot be.

    Parameters
    ----------
    rubric : sequence of Item
        Read without a problem.
    kinds : mapping of str to Kind
    interface : Interface
    problems : Problems
    """
    have = {name for name in FAMILIES if getattr(interface, name)} | set(interface.calls)
    have |= {name for name, role in RESULTS.items() if role in interface.values}
    for at, item in leaf_keys(rubric):
        kind = kinds[item.checks or ""]
        if interface.style not in DECLARED:
            if not kind.undeclared:
                style = shown(interface.style.value)
                problems.add(
                    (*at, "checks"),
                    f"{shown(kind.name)} needs declared calls, which an interface of the style {style} has not",
                    'Take the item out, or write style = "functions" or "class" with the calls',
                )
            continue
        for choices in kind.needs:
            if have.isdisjoint(choices):
                wanted = " or ".join(place_of(each) for each in choices)
                problems.add(
                    (*at, "checks"),
                    f"{shown(kind.name)} needs {wanted}, which is not declared",
                    "Declare it, or take the item out",
                )
        _check_layers(at, item, kind, interface, problems)
        _check_activations(at, item, kind, interface, problems)


def _check_layers(at: Key, item: Item, kind: Kind, interface: Interface, problems: Problems) -> None:
    count = len(interface.layers)
    for option in kind.options:
        if count and option.refers == "layer" and item.options[option.name] not in range(1, count + 1):
            problems.add(
                (*at, option.name),
                f"there is no layer {item.options[option.name]}: interface.layers declares {count}",
                f"Write a number from 1 to {count}, or declare more",
            )


def _check_activations(at: Key, item: Item, kind: Kind, interface: Interface, problems: Problems) -> None:
    families = [name for choices in kind.needs for name in choices if name in ("activations", "derivatives")]
    for option in kind.options:
        given = item.options[option.name] if option.refers == "activation" else None
        for name in given if isinstance(given, list) else [given] if given is not None else []:
            for family in families:
                if name not in getattr(interface, family):
                    problems.add(
                        (*at, option.name),
                        f"{shown(kind.name)} needs interface.{family}.{name}, which is not declared",
                        "Declare it, or take the item out",
                    )


def place_of(name: str) -> str:
    """Where a call that a kind needs is declared: ``interface.calls.forward``."""
    return f"interface.{name}" if name in FAMILIES else f"interface.calls.{name}"
