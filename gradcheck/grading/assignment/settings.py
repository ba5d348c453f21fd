"""The other tables of an assignment file: reference, data, limits, what is shown, lateness and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.grading.assignment.files import Files, arrays_of
from gradcheck.grading.assignment.problems import Problems, nearest, shown
from gradcheck.grading.assignment.quantities import UNITS_OF_MEMORY, UNITS_OF_TIME, bytes_of, length_of
from gradcheck.grading.assignment.records import Data, Late, Limits, Network, Reference
from gradcheck.grading.records import Audience, Hint
from gradcheck.grading.reference.installed import installed_variants

__all__ = ["read_data", "read_late", "read_limits", "read_reference", "read_show"]

LEAST_MEMORY = 64 * 10**6
"""Bytes: with less NumPy cannot be imported and nothing could be graded."""

Values = Mapping[str, Any]
Array = NDArray[np.float64]


def read_reference(values: Values, files: Files, problems: Problems) -> Reference:
    """Where expected values come from."""
    name, file = values.get("implementation"), values.get("file")
    if name is not None and file is not None:
        problems.add(("reference", "file"), "there are two references", "Keep implementation or file")
    if name is not None:
        known = list(installed_variants())
        if name not in known:
            problems.add(("reference", "implementation"), f"no reference is called {shown(name)}", _cure(name, known))
    found = files.find(file, ("reference", "file"), problems) if file is not None else None
    return Reference(implementation=name, file=found)


def read_data(values: Values, network: Network | None, files: Files, problems: Problems) -> Data:
    """What is trained on, held against the network's sizes."""
    at = ("data",)
    samples = values.get("samples", Data().samples)
    if "file" in values:
        if "X" in values or "Y" in values:
            problems.add((*at, "file"), "there are two sources of data", "Keep file, or X and Y")
            return Data()
        path = files.find(values["file"], (*at, "file"), problems)
        arrays = arrays_of(files.contents[values["file"]]) if path is not None else {}
        if arrays is None:
            problems.add(
                (*at, "file"), "it holds no numbers X and Y", "Write it with np.savez('data.npz', X=inputs, Y=targets)"
            )
    else:
        path, arrays = None, _listed(values, problems)
    if problems.under(*at) or not arrays:
        return Data(samples=samples)
    inputs, targets = arrays["X"], arrays["Y"]
    targets = targets.reshape(-1, 1) if targets.ndim == 1 else targets
    _check_shapes(inputs, targets, network, problems)
    return Data(inputs=inputs, targets=targets, file=path, samples=len(inputs) if inputs.ndim else samples)


def read_limits(values: Values, problems: Problems) -> Limits:
    """What one submission may use."""
    amounts: dict[str, int | None] = {"memory": None, "output": None}
    for name in amounts.keys() & values.keys():
        given = values[name]
        amount = bytes_of(given) if isinstance(given, str) else given
        if amount is None or amount < 1:
            units = ", ".join(unit.replace("b", "B") if unit == "b" else unit for unit in UNITS_OF_MEMORY)
            problems.add(
                ("limits", name), f"{shown(given)} is no amount of memory", f"Write it like '512 MB'; units are {units}"
            )
        amounts[name] = amount
    memory = amounts["memory"]
    if memory is not None and not problems.under("limits", "memory") and memory < LEAST_MEMORY:
        problems.add(
            ("limits", "memory"),
            f"in {shown(values['memory'])} no program can import NumPy",
            f"Write at least '{LEAST_MEMORY // 10**6} MB'",
        )
    return Limits(time=float(values.get("time", Limits().time)), memory=memory, output=amounts["output"])


def read_show(values: Values, problems: Problems) -> dict[Audience, Hint]:
    """How far each audience sees."""
    if problems.under("show"):
        return {}
    show = {audience: Hint[values[audience.value].upper()] for audience in Audience}
    order = (Audience.NOW, Audience.AFTER_DUE, Audience.STAFF)
    for before, after in pairwise(order):
        if show[after] < show[before]:
            levels = show[after].name.lower(), show[before].name.lower()
            problems.add(
                ("show", after.value),
                f"{after.value} sees less ({levels[0]}) than {before.value} ({levels[1]})",
                "Let what is shown grow from now over after_due to staff",
            )
    return show


def read_late(values: Values, problems: Problems) -> Late:
    """What lateness costs."""
    due = values.get("due")
    if due is not None:
        _check_due(due, problems)
    grace = length_of(values["grace"]) if "grace" in values else timedelta(0)
    if grace is None:
        units = ", ".join(UNITS_OF_TIME)
        problems.add(
            ("late", "grace"),
            f"{shown(values['grace'])} is no length of time",
            f"Write it like '1 h'; units are {units}",
        )
    elif "due" not in values and (grace or values.get("per_day")):
        problems.add(("late",), "lateness costs something, and due is missing", "Write due = 2026-10-01T23:59:00+02:00")
    if problems.under("late"):
        return Late()
    try:
        if due is not None and grace is not None:
            _ = due + grace
    except OverflowError:
        problems.add(("late", "due"), "it lies beyond the calendar", "Write an earlier date")
    return Late(due=due, grace=grace or timedelta(0), per_day=float(values["per_day"]), most=float(values["most"]))


def _check_due(due: Any, problems: Problems) -> None:
    at = ("late", "due")
    if isinstance(due, datetime):
        if due.tzinfo is None:
            problems.add(at, f"{due.isoformat()} has no time zone", f"Write {due.isoformat()}Z, or +02:00 for Z")
    elif isinstance(due, date):
        problems.add(at, f"{due} has no time", f"Write {due}T23:59:00Z, or +02:00 for Z")
    else:
        problems.add(at, f"{shown(due)} is no date", "Write 2026-10-01T23:59:00+02:00, without quotes")


def _listed(values: Values, problems: Problems) -> dict[str, Array]:
    """X and Y as they are written in the file."""
    given = {name: values[name] for name in ("X", "Y") if name in values}
    if len(given) == 1:
        problems.add(("data",), f"there is {next(iter(given))} alone", "Write both X and Y")
        return {}
    arrays = {}
    for name, rows in given.items():
        if len({len(row) for row in rows}) > 1:
            problems.add(("data", name), "its rows differ in length", "Write as many numbers in each")
            return {}
        arrays[name] = np.array(rows, dtype=np.float64)
    return arrays


def _check_shapes(inputs: Array, targets: Array, network: Network | None, problems: Problems) -> None:
    at = ("data",)
    if inputs.ndim != 2 or targets.ndim != 2 or len(inputs) != len(targets) or len(inputs) < 2:
        problems.add(
            at,
            f"X has the shape {inputs.shape} and Y {targets.shape}",
            "Write (samples, features) and (samples, outputs), of at least two samples",
        )
    elif not (np.isfinite(inputs).all() and np.isfinite(targets).all()):
        problems.add(at, "there are numbers that are not finite", "Leave these samples out")
    elif network is not None:
        for name, array, size, what in (
            ("X", inputs, network.sizes[0], "features"),
            ("Y", targets, network.sizes[-1], "outputs"),
        ):
            if array.shape[1] != size:
                problems.add(
                    (*at, name),
                    f"it has {array.shape[1]} columns, and network.sizes says {size} {what}",
                    "Write samples in rows, or change network.sizes",
                )


def _cure(name: str, known: list[str]) -> str:
    if len(known) > 12:
        known = sorted(known, key=lambda each: not each.endswith("corrected"))[:12]
    return nearest(name, known, "an id of `gradcheck references list`, such as")
