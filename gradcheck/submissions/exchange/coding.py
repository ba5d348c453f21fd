"""Answers to a diagnosis's questions as frames carry them: integers and numbers as arrays, names as checked JSON.

Tables of integers go into arrays, since a frame's header is small. Whoever reads them trusts nothing: indices are
looked up with their bounds, sizes must add up, names are clipped.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.programs.program import Array, Event, Forward, Intermediate, Trace, Trial
from gradcheck.submissions.exchange.protocol import ProtocolError

__all__ = [
    "pack_arrays",
    "pack_forward",
    "pack_trace",
    "pack_trials",
    "unpack_arrays",
    "unpack_forward",
    "unpack_trace",
    "unpack_trials",
]

Packed = tuple[dict[str, Any], list[npt.NDArray[Any]]]
Integers = npt.NDArray[np.int64]

MAX_NAME = 120
MAX_OPTIONS = 500
MAX_NAMES = 4000
MAX_MESSAGE = 2000
MAX_DIMENSIONS = 32
NONE = -1


class _Names:
    """Strings by number."""

    def __init__(self, longest: int = MAX_NAME) -> None:
        self._numbers: dict[str, int] = {}
        self._longest = longest

    def number(self, name: str | None) -> int:
        if name is None:
            return NONE
        clipped = name[: self._longest]
        if clipped not in self._numbers and len(self._numbers) >= MAX_NAMES:
            return NONE
        return self._numbers.setdefault(clipped, len(self._numbers))

    @property
    def listed(self) -> list[str]:
        return list(self._numbers)


def pack_arrays(arrays: Sequence[Any]) -> list[npt.NDArray[Any]]:
    """Float arrays of any shapes as three: their dimensions, their shapes, their entries."""
    dimensions = np.array([np.ndim(array) for array in arrays], dtype=np.int64)
    shapes = np.array([size for array in arrays for size in np.shape(array)], dtype=np.int64)
    flat = [np.asarray(array, dtype=np.float64).ravel() for array in arrays]
    return [dimensions, shapes, np.concatenate(flat) if flat else np.empty(0)]


def unpack_arrays(packed: Sequence[npt.NDArray[Any]]) -> list[Array]:
    """What ``pack_arrays`` packed.

    Raises
    ------
    ProtocolError
        If the three do not belong together.
    """
    dimensions, shapes = _integers(packed[0]), _integers(packed[1])
    values = _floats(packed[2])
    arrays: list[Array] = []
    at, offset = 0, 0
    for count in dimensions:
        if not 0 <= count <= MAX_DIMENSIONS or at + count > len(shapes):
            raise ProtocolError("an array with impossible dimensions")
        shape = tuple(int(size) for size in shapes[at : at + int(count)])
        at += int(count)
        size = math.prod(shape)
        if any(part < 0 for part in shape) or offset + size > values.size:
            raise ProtocolError("an array with impossible sizes")
        arrays.append(values[offset : offset + size].reshape(shape))
        offset += size
    if at != len(shapes) or offset != values.size:
        raise ProtocolError("numbers that belong to no array")
    return arrays


def pack_trace(trace: Trace) -> Packed:
    """Five arrays."""
    functions, names = _Names(), _Names()
    kept, given = (
        [e for e in listed if functions.number(e.function) != NONE and names.number(e.name) != NONE]
        for listed in (trace.events, trace.given)
    )
    events = [*kept, *given]
    table = [
        (e.order, e.line, functions.number(e.function), e.call, e.turn, names.number(e.name)) for e in events
    ]  # fmt: skip
    lines = [(functions.number(function), line) for function, line in trace.lines]
    data = {
        "functions": functions.listed,
        "names": names.listed,
        "complete": trace.complete and len(kept) == len(trace.events),
        "given": len(given),
    }
    return data, [_table(table, 6), _table(lines, 2), *pack_arrays([event.value for event in events])]


def unpack_trace(data: Mapping[str, Any], arrays: Sequence[npt.NDArray[Any]]) -> Trace:
    """What ``pack_trace`` packed.

    Raises
    ------
    ProtocolError
    """
    if len(arrays) != 5:
        raise ProtocolError("a trace of other arrays")
    functions, names = _strings(data.get("functions")), _strings(data.get("names"))
    table, lines = _rows(arrays[0], 6), _rows(arrays[1], 2)
    values = unpack_arrays(arrays[2:])
    if len(values) != len(table):
        raise ProtocolError("a trace of more events than values")
    events = tuple(
        Event(
            order=order, line=line, function=_look(functions, function), call=call, turn=turn,
            name=_look(names, name), value=value,
        )
        for (order, line, function, call, turn, name), value in zip(table.tolist(), values, strict=True)
    )  # fmt: skip
    ran = tuple((_look(functions, function), line) for function, line in lines.tolist())
    given = data.get("given", 0)
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= len(events):
        raise ProtocolError("a trace that was given more than it holds")
    own = len(events) - given
    return Trace(events=events[:own], lines=ran, complete=data.get("complete") is True, given=events[own:])


def pack_forward(forward: Forward, blocks: Sequence[str]) -> Packed:
    """A graph, its values and its adjoints."""
    operations, functions, options = _Names(), _Names(), _Names(MAX_OPTIONS)
    names = {name: position for position, name in enumerate(blocks)}
    rows, inputs, adjoints, entries = [], [], [], []
    for value in forward.values:
        rows.append((
            operations.number(value.operation),
            len(value.inputs),
            NONE if value.line is None else value.line,
            functions.number(value.function),
            NONE if value.block is None else names.get(value.block, NONE),
            options.number(_options(value.options)),
            int(value.adjoint is not None),
            int(value.entries is not None),
        ))  # fmt: skip
        inputs += list(value.inputs)
        adjoints += [] if value.adjoint is None else [value.adjoint]
        entries += [] if value.entries is None else [np.asarray(value.entries, dtype=np.float64)]
    data = {
        "operations": operations.listed,
        "functions": functions.listed,
        "options": options.listed,
        "loss": forward.loss,
    }
    parts = [_table(rows, 8), np.array(inputs, dtype=np.int64)]
    parts += pack_arrays([value.value for value in forward.values])
    return data, [*parts, *pack_arrays(adjoints), *pack_arrays(entries)]


def unpack_forward(data: Mapping[str, Any], arrays: Sequence[npt.NDArray[Any]], blocks: Sequence[str]) -> Forward:
    """What ``pack_forward`` packed.

    Raises
    ------
    ProtocolError
    """
    if len(arrays) != 11:
        raise ProtocolError("a forward pass of other arrays")
    operations, functions = _strings(data.get("operations")), _strings(data.get("functions"))
    options = [_parsed_options(text) for text in _strings(data.get("options"), MAX_OPTIONS)]
    rows, inputs = _rows(arrays[0], 8).tolist(), _integers(arrays[1]).tolist()
    values = unpack_arrays(arrays[2:5])
    adjoints, entries = iter(unpack_arrays(arrays[5:8])), iter(unpack_arrays(arrays[8:11]))
    loss = data.get("loss")
    if len(values) != len(rows) or not isinstance(loss, int) or not 0 <= loss < len(rows):
        raise ProtocolError("a forward pass without its loss")
    found, at = [], 0
    for number, (operation, count, line, function, block, option, has_adjoint, has_entries) in enumerate(rows):
        operands = tuple(inputs[at : at + count])
        at += max(count, 0)
        if len(operands) != count or any(not 0 <= operand < number for operand in operands):
            raise ProtocolError("an operation on what does not exist yet")
        shape = values[number].shape
        adjoint = _next(adjoints, shape) if has_adjoint else None
        moved = _next(entries, shape) if has_entries else None
        found.append(
            Intermediate(
                number=number,
                operation=_look(operations, operation),
                inputs=operands,
                options=options[option] if 0 <= option < len(options) else {},
                entries=None if moved is None else moved.astype(np.intp),
                value=values[number],
                adjoint=adjoint,
                line=line if line >= 0 else None,
                function=_look(functions, function) if function >= 0 else None,
                block=_look(blocks, block) if block >= 0 else None,
            )
        )
    return Forward(values=tuple(found), loss=loss)


def pack_trials(trials: Iterable[Trial | Exception]) -> Packed:
    """Gradients of those that ran, what became of the others, and traces where there are some."""
    described: list[dict[str, Any]] = []
    losses: list[float] = []
    gradients: list[Array] = []
    traces: list[npt.NDArray[Any]] = []
    for trial in trials:
        if not isinstance(trial, Trial):
            described.append({"kind": "unavailable", "message": str(trial)[:MAX_MESSAGE]})
            losses.append(np.nan)
            continue
        item: dict[str, Any] = {"kind": "ran", "count": len(trial.gradient)}
        if trial.error is not None:
            item["error"] = trial.error[:MAX_MESSAGE]
        if trial.trace is not None:
            item["trace"], arrays = pack_trace(trial.trace)
            traces += arrays
        described.append(item)
        losses.append(trial.loss)
        gradients += list(trial.gradient)
    return {"trials": described}, [np.array(losses, dtype=np.float64), *pack_arrays(gradients), *traces]


def unpack_trials(
    data: Mapping[str, Any], arrays: Sequence[npt.NDArray[Any]], shapes: Sequence[tuple[int, ...]]
) -> list[Trial | str]:
    """What ``pack_trials`` packed; a string says why one could not be tried.

    Raises
    ------
    ProtocolError
    """
    described = data.get("trials")
    if not isinstance(described, list) or len(arrays) < 4 or len(described) != arrays[0].size:
        raise ProtocolError("trials of other arrays")
    losses, gradients = _floats(arrays[0]), iter(unpack_arrays(arrays[1:4]))
    traces = iter(arrays[4:])
    found: list[Trial | str] = []
    for item, loss in zip(described, losses.ravel().tolist(), strict=True):
        if not isinstance(item, Mapping) or item.get("kind") not in ("ran", "unavailable"):
            raise ProtocolError("a trial of another kind")
        if item["kind"] == "unavailable":
            found.append(str(item.get("message", ""))[:MAX_MESSAGE])
            continue
        error = item.get("error")
        parts = [_next(gradients, shape) for shape in shapes] if item.get("count") else []
        trace = None
        if isinstance(item.get("trace"), Mapping):
            trace = unpack_trace(item["trace"], list(itertools.islice(traces, 5)))
        message = None if error is None else str(error)[:MAX_MESSAGE]
        found.append(Trial(gradient=tuple(parts), loss=loss, trace=trace, error=message))
    return found


# --- parts ----------------------------------------------------------------------------------------------------------


def _table(rows: Sequence[tuple[int, ...]], width: int) -> Integers:
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def _integers(array: npt.NDArray[Any]) -> Integers:
    if array.dtype != np.int64 or array.ndim != 1:
        raise ProtocolError("a list of integers is something else")
    return array


def _floats(array: npt.NDArray[Any]) -> Array:
    if array.dtype != np.float64 or array.ndim != 1:
        raise ProtocolError("a list of numbers is something else")
    return array


def _rows(array: npt.NDArray[Any], width: int) -> Integers:
    if array.dtype != np.int64 or array.ndim != 2 or array.shape[1] != width:
        raise ProtocolError("a table of integers is something else")
    return array


def _strings(listed: Any, longest: int = MAX_NAME) -> list[str]:
    if not isinstance(listed, list) or any(not isinstance(item, str) for item in listed):
        raise ProtocolError("a list of names is something else")
    return [item[:longest] for item in listed[:MAX_NAMES]]


def _look(names: Sequence[str], number: int) -> str:
    if not 0 <= number < len(names):
        raise ProtocolError("a name that is not listed")
    return names[number]


def _next(arrays: Any, shape: tuple[int, ...]) -> Array:
    found: Array | None = next(arrays, None)
    if found is None or found.shape != shape:
        raise ProtocolError("an array of another shape")
    return found


def _options(options: Mapping[str, Any]) -> str | None:
    """Options as text; what is no plain data, or too long, is left out."""
    plain = {str(name): _plain(value) for name, value in options.items()}
    text = json.dumps({name: value for name, value in plain.items() if value is not NotImplemented})
    return text if len(text) <= MAX_OPTIONS else None


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value if not isinstance(value, float) or math.isfinite(value) else NotImplemented
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, slice):
        return {"slice": [_plain(part) for part in (value.start, value.stop, value.step)]}
    if isinstance(value, (tuple, list)):
        parts = [_plain(part) for part in value]
        kind = "tuple" if isinstance(value, tuple) else "list"
        return NotImplemented if any(part is NotImplemented for part in parts) else {kind: parts}
    return NotImplemented


def _parsed_options(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("options that are no JSON") from None
    if not isinstance(found, dict):
        raise ProtocolError("options that are no mapping")
    return {name: _object(value) for name, value in found.items()}


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("slice"), list) and len(value["slice"]) == 3:
        return slice(*[_object(part) for part in value["slice"]])
    if isinstance(value.get("tuple"), list):
        return tuple(_object(part) for part in value["tuple"])
    if isinstance(value.get("list"), list):
        return [_object(part) for part in value["list"]]
    return Ellipsis if value.get("ellipsis") is True else None
