"""Frames of any content arrive; any other bytes are refused in the protocol's own words."""

from __future__ import annotations

import contextlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from gradcheck.submissions.exchange.protocol import DTYPES, Frame, ProtocolError, decode, encode

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda name: arrays_of.arrays(
        np.dtype(name), arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    )
)
FRAMES = st.builds(
    lambda number, op, data, arrays: Frame(id=number, op=op, data=data, arrays=tuple(arrays)),
    st.integers(0, 2**31),
    TEXT,
    st.dictionaries(TEXT, JSON, max_size=3),
    st.lists(ARRAYS, max_size=3),
)


@given(FRAMES)
def test_what_is_sent_arrives(frame: Frame) -> None:
    """Header, data, and arrays bit for bit (NaN payloads and signed zeros included)."""
    back = decode(encode(frame))
    assert (back.id, back.op, dict(back.data)) == (frame.id, frame.op, dict(frame.data))
    assert [(a.dtype, a.shape, a.tobytes()) for a in back.arrays] == [
        (a.dtype, a.shape, a.tobytes()) for a in frame.arrays
    ]


@given(FRAMES, st.data())
def test_a_part_or_more_is_refused(frame: Frame, data: st.DataObject) -> None:
    """No proper beginning of a frame is a frame, nor is one with something after it."""
    blob = encode(frame)
    cut = data.draw(st.integers(0, len(blob) - 1))
    for other in (blob[:cut], blob + b"\0"):
        try:
            decode(other)
        except ProtocolError:
            continue
        raise AssertionError("it was taken for a frame")


@given(FRAMES, st.data())
def test_a_changed_byte_never_escapes(frame: Frame, data: st.DataObject) -> None:
    """It is another frame, or refused; no other exception."""
    blob = bytearray(encode(frame))
    blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ProtocolError):
        assert isinstance(decode(bytes(blob)), Frame)


@given(st.binary(max_size=200))
def test_noise_never_escapes(noise: bytes) -> None:
    """Random bytes are no frame."""
    with contextlib.suppress(ProtocolError):
        assert isinstance(decode(noise), Frame)
