"""Functions of one array, entry by entry, held against what is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.grading.assignment.kind import Option
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.discretion import said
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import RTOL, agree, described
from gradcheck.grading.items.faults import without_place
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.reference.network import activation_value
from gradcheck.grading.reference.points import Array
from gradcheck.language import mark, tr

__all__ = ["OPTION", "asked_names", "compare"]

OPTION = Option(
    name="activation",
    schema={"type": "string"},
    meaning="which one, such as sigmoid; all that are declared by default",
    refers="activation",
)
WRONG = {
    "activation": mark("The activation of {name} is wrong: {told}."),
    "derivative": mark("The derivative of {name} is wrong: {told}."),
}
Cases = Sequence[tuple[Mapping[str, Array], Callable[[str], Mapping[str, Array]]]]


def asked_names(item: Item, declared: Iterable[str]) -> tuple[str, ...]:
    """Which activations an item is about."""
    chosen = item.options.get("activation")
    return (str(chosen),) if chosen else tuple(declared)


def compare(bench: Bench, names: Sequence[str], kind: str, role: str, cases: Cases) -> Measured:
    """Every function at every array.

    Parameters
    ----------
    bench : Bench
    names : sequence of str
        Of activations.
    kind : str
        ``activation`` or ``derivative``: of the runs.
    role : str
        Of the result.
    cases : sequence of (values by role, readings)
        ``readings(name)`` are the values that are right, by what is said of them.
    """
    evidence: list[str] = []
    wrong: list[str] = []
    for name in names:
        for values, readings in cases:
            given = {**values, "a": activation_value(name, values["z"])}
            told, right = _one(bench, f"{kind}_{name}", given, role, readings(name))
            evidence.append(f"{name}: {told}")
            wrong += [] if right else [tr(WRONG[kind], name=name, told=without_place(told))]
    if wrong:
        share = 1.0 - len(wrong) / max(len(evidence), 1)
        return failed(wrong[0], *evidence, share=share)
    return Measured(share=1.0, evidence=tuple(evidence))


def _one(
    bench: Bench, run: str, given: Mapping[str, Any], role: str, readings: Mapping[str, Array]
) -> tuple[str, bool]:
    if not bench.subject.can(run):
        return tr("the assignment declares no call for it"), False
    answered = bench.subject.raw(run, [given], (role,), bench.points[0])[0]
    if answered.fault is not None:
        return tr("it raises {error}", error=said(without_place(answered.fault.message))), False
    found = answered.found.get(role)
    if found is None:
        kind = answered.kinds.get(role)
        told = (
            tr("it gives {kind}, expected an array", kind=said(kind))
            if kind
            else tr("it gives nothing, expected an array")
        )
        return told, False
    array = np.asarray(found, dtype=np.float64)
    for reading, right in readings.items():
        if agree(array, right, RTOL):
            return reading, True
    return described(array, next(iter(readings.values()))), False
