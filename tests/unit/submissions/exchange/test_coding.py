"""Answers cross as arrays and checked JSON: what was packed comes back, and nothing that does not fit together."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradcheck.diagnosis.programs.program import Event, Forward, Intermediate, Trace, Trial, UnavailableError
from gradcheck.submissions.exchange import coding
from gradcheck.submissions.exchange.protocol import Frame, ProtocolError, decode, encode

SHAPES = ((2, 3), (), (0, 4))
ARRAYS = [np.arange(6.0).reshape(2, 3), np.array(np.nan), np.zeros((0, 4))]


def crossed(packed: coding.Packed) -> tuple[dict[str, Any], list[Any]]:
    """Through a frame, as between processes."""
    frame = decode(encode(Frame(id=1, op="ok", data=packed[0], arrays=tuple(packed[1]))))
    return dict(frame.data), list(frame.arrays)


def trace(function: str = "Net.backward") -> Trace:
    """Three events, one of a number."""
    events = [
        Event(order=i, line=10 + i, function=function, call=i, turn=2 * i, name=name, value=value)
        for i, (name, value) in enumerate(zip(("a", "self.W[0]", "return"), ARRAYS, strict=True))
    ]
    return Trace(events=tuple(events), lines=((function, 10), ("<module>", 3)), complete=False)


def forward() -> Forward:
    """A parameter, a constant, their product's transpose, and a sum without an adjoint."""
    value = np.arange(6.0).reshape(2, 3)
    options = {"axis": (0, 1), "keepdims": True, "index": (slice(None, 2), Ellipsis, None, 3), "name": "x", "bad": {}}
    return Forward(
        values=(
            Intermediate(number=0, operation="parameter", value=value, adjoint=2 * value, block="W1"),
            Intermediate(number=1, operation="constant", value=np.array(2.0)),
            Intermediate(
                number=2, operation="transpose", inputs=(0,), value=value.T, adjoint=value.T, line=7, function="f",
                entries=np.array([[1, 4], [2, 5], [3, 6]]), options={"axes": [1, 0]},
            ),
            Intermediate(number=3, operation="sum", inputs=(2, 1), options=options, value=np.array(15.0)),
        ),
        loss=3,
    )  # fmt: skip


def same(a: Any, b: Any) -> bool:
    """Fields alike, arrays with their shapes."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=True))
    return bool(a == b)


@given(st.lists(hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)), max_size=5))
def test_arrays_come_back(arrays: list[Any]) -> None:
    """Any shapes, any numbers."""
    found = coding.unpack_arrays(coding.pack_arrays(arrays))
    assert len(found) == len(arrays)
    assert all(map(same, arrays, found))


def test_a_trace_comes_back() -> None:
    """Event by event."""
    found = coding.unpack_trace(*crossed(coding.pack_trace(trace())))
    assert (found.lines, found.complete) == (trace().lines, False)
    for a, b in zip(trace().events, found.events, strict=True):
        for name in ("order", "line", "function", "call", "turn", "name", "value"):
            assert same(getattr(a, name), getattr(b, name)), name


def test_a_forward_pass_comes_back() -> None:
    """Value by value, with what can be told of its options."""
    found = coding.unpack_forward(*crossed(coding.pack_forward(forward(), ["b1", "W1"])), ["b1", "W1"])
    assert found.loss == 3
    for a, b in zip(forward().values, found.values, strict=True):
        for name in ("number", "operation", "inputs", "value", "adjoint", "line", "function", "block", "entries"):
            assert same(getattr(a, name), getattr(b, name)), name
    assert found.values[2].options == {"axes": [1, 0]}
    expected = {k: v for k, v in forward().values[3].options.items() if k != "bad"}
    assert found.values[3].options == expected


def test_trials_come_back() -> None:
    """Those that ran, that raised, that were traced and that could not be tried."""
    gradient = tuple(np.full(shape, 2.0) for shape in SHAPES)
    trials = [
        Trial(gradient=gradient, loss=1.5),
        Trial(error="ValueError: no"),
        UnavailableError("does not run again"),
        Trial(gradient=gradient, loss=2.5, trace=trace("f")),
        Trial(gradient=gradient, loss=3.5, trace=trace("g")),
    ]
    found = coding.unpack_trials(*crossed(coding.pack_trials(trials)), SHAPES)
    assert found[2] == "does not run again"
    ran = [item for item in found if isinstance(item, Trial)]
    assert [item.error for item in ran] == [None, "ValueError: no", None, None]
    assert [item.loss for item in ran if not item.error] == [1.5, 2.5, 3.5]
    assert [item.trace.events[0].function for item in ran if item.trace] == ["f", "g"]
    assert all(map(same, gradient, ran[3].gradient))
    assert ran[1].gradient == ()


def test_names_are_clipped() -> None:
    """A hostile name is as long as any other."""
    found = coding.unpack_trace(*crossed(coding.pack_trace(trace("x" * 10_000))))
    assert len(found.events[0].function) == coding.MAX_NAME


def spoilt(packed: coding.Packed, data: dict[str, Any], arrays: dict[int, Any]) -> coding.Packed:
    """With other contents."""
    changed = list(packed[1])
    for position, array in arrays.items():
        changed[position] = array
    return {**copy.deepcopy(packed[0]), **data}, changed


def edited(array: Any, index: Any, value: int) -> Any:
    """A copy with one other entry."""
    found = array.copy()
    found[index] = value
    return found


TRACE = coding.pack_trace(trace())
LIES_OF_A_TRACE: dict[str, tuple[dict[str, Any], dict[int, Any]]] = {
    "a function that is not listed": ({}, {0: edited(TRACE[1][0], (0, 2), 9)}),
    "a negative name": ({}, {0: edited(TRACE[1][0], (0, 5), -1)}),
    "names that are no list": ({"names": "abc"}, {}),
    "names that are no strings": ({"names": [1, 2, 3]}, {}),
    "a table of floats": ({}, {0: TRACE[1][0].astype(float)}),
    "a narrower table": ({}, {0: TRACE[1][0][:, :5]}),
    "fewer values": ({}, {2: TRACE[1][2][:2], 3: TRACE[1][3][:2], 4: TRACE[1][4][:7]}),
    "too few numbers": ({}, {4: TRACE[1][4][:-1]}),
    "too many numbers": ({}, {4: np.append(TRACE[1][4], 1.0)}),
    "a negative size": ({}, {3: edited(TRACE[1][3], 0, -2)}),
    "a huge size": ({}, {3: edited(TRACE[1][3], 0, 1 << 60)}),
    "too many dimensions": ({}, {2: edited(TRACE[1][2], 0, 99)}),
    "negative dimensions": ({}, {2: edited(TRACE[1][2], 0, -1)}),
    "numbers as integers": ({}, {4: np.ones(TRACE[1][4].size, dtype=np.int64)}),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES_OF_A_TRACE)
def test_a_trace_that_contradicts_itself_is_refused(name: str) -> None:
    """Whatever a child sends."""
    with pytest.raises(ProtocolError):
        coding.unpack_trace(*spoilt(TRACE, *LIES_OF_A_TRACE[name]))


FORWARD = coding.pack_forward(forward(), ["W1"])
LIES_OF_A_FORWARD: dict[str, tuple[dict[str, Any], dict[int, Any]]] = {
    "a loss that is none": ({"loss": 4}, {}),
    "a loss that is no number": ({"loss": "3"}, {}),
    "an operand of the future": ({}, {1: edited(FORWARD[1][1], 0, 2)}),
    "a negative operand": ({}, {1: edited(FORWARD[1][1], 0, -1)}),
    "a negative count": ({}, {0: edited(FORWARD[1][0], (2, 1), -1)}),
    "an operation without a name": ({}, {0: edited(FORWARD[1][0], (2, 0), 77)}),
    "an unknown block": ({}, {0: edited(FORWARD[1][0], (0, 4), 5)}),
    "an adjoint that is missing": ({}, {0: edited(FORWARD[1][0], (3, 6), 1)}),
    "options that are no JSON": ({"options": ["{", "{}", "{}"]}, {}),
    "options that are no mapping": ({"options": ["[]", "[]", "[]"]}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES_OF_A_FORWARD)
def test_a_forward_pass_that_contradicts_itself_is_refused(name: str) -> None:
    """Whatever a child sends."""
    with pytest.raises(ProtocolError):
        coding.unpack_forward(*spoilt(FORWARD, *LIES_OF_A_FORWARD[name]), ["W1"])


def test_gradients_of_other_shapes_are_refused() -> None:
    """A trial's gradient has the blocks' shapes or is none."""
    packed = crossed(coding.pack_trials([Trial(gradient=(np.ones(3),), loss=1.0)]))
    with pytest.raises(ProtocolError, match="another shape"):
        coding.unpack_trials(*packed, [(2,)])
    with pytest.raises(ProtocolError):
        coding.unpack_trials({"trials": [{"kind": "ran"}] * 2}, packed[1], [(3,)])
    with pytest.raises(ProtocolError):
        coding.unpack_trials({"trials": [{"kind": "verdict"}]}, packed[1], [(3,)])


def test_what_a_trace_was_given_comes_back_apart() -> None:
    """Its events are no lines' events."""
    own = trace()
    whole = dataclasses.replace(own, events=own.events[:2], given=own.events[2:])
    packed, arrays = coding.pack_trace(whole)
    found = coding.unpack_trace(packed, arrays)
    assert [event.name for event in found.events] == ["a", "self.W[0]"]
    assert [event.name for event in found.given] == ["return"]
    with pytest.raises(ProtocolError, match="given more"):
        coding.unpack_trace({**packed, "given": 9}, arrays)
