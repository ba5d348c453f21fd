"""Frames: what is sent arrives, and what is not exactly a frame is refused."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from gradcheck.submissions.exchange.protocol import MAX_HEADER, MAX_PAYLOAD, Frame, ProtocolError, decode, encode

GOOD = {"id": 1, "op": "loss", "data": {}, "arrays": []}


def raw(header: object, payload: bytes = b"", *, magic: bytes = b"GCK1") -> bytes:
    """A frame with any header."""
    blob = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">4sIQ", magic, len(blob), len(payload)) + blob + payload


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(8.0).reshape(2, 4)),
        np.float32([1.5, np.nan, -np.inf]),
        np.array([1 + 2j]),
        np.array(3.0),
        np.empty((0, 4)),
        np.array([True, False]),
        np.arange(4, dtype=">i8"),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_arrive_as_they_were(array: np.ndarray) -> None:
    """Values, shape and kind survive, in this machine's byte order."""
    array.flags.writeable = False
    sent = Frame(id=7, op="gradient", data={"名": [1, None]}, arrays=(array, array))
    back = decode(encode(sent))
    assert (back.id, back.op, back.data) == (7, "gradient", {"名": [1, None]})
    for part in back.arrays:
        assert part.dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(part, array)


@pytest.mark.parametrize("cut", [0, 1, 15, 16, 30, -1])
def test_truncated(cut: int) -> None:
    """Every proper beginning of a frame is refused."""
    blob = encode(Frame(id=1, op="loss", arrays=(np.ones(3),)))
    with pytest.raises(ProtocolError, match="truncated"):
        decode(blob[:cut])


def test_surplus() -> None:
    """Nothing may follow a frame."""
    with pytest.raises(ProtocolError, match="surplus"):
        decode(encode(Frame(id=1, op="loss")) + b"\0")


@pytest.mark.parametrize("lengths", [(MAX_HEADER + 1, 0), (10, MAX_PAYLOAD + 1)])
def test_oversized(lengths: tuple[int, int]) -> None:
    """Announced lengths over the limits are refused before anything is read."""
    with pytest.raises(ProtocolError, match="oversized"):
        decode(struct.pack(">4sIQ", b"GCK1", *lengths))


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (raw(GOOD, magic=b"PICK"), "not a frame"),
        (raw(b"{nonsense"), "not JSON"),
        (raw(b'{"id": NaN}'), "not JSON"),
        (raw(b"\xff\xfe"), "not JSON"),
        (raw(b"[" * 5000), "not JSON"),
        (raw([]), "keys"),
        (raw({**GOOD, "more": 1}), "keys"),
        (raw({"id": 1, "op": "loss", "data": {}}), "keys"),
        (raw({**GOOD, "id": "1"}), "not of type int"),
        (raw({**GOOD, "id": True}), "not of type int"),
        (raw({**GOOD, "data": []}), "not of type dict"),
        (raw({**GOOD, "arrays": [{"dtype": "object", "shape": []}]}), "does not cross"),
        (raw({**GOOD, "arrays": [{"dtype": "float64", "shape": [-1]}]}), "not a count"),
        (raw({**GOOD, "arrays": [{"dtype": "float64", "shape": [True]}]}), "not a count"),
        (raw({**GOOD, "arrays": [{"dtype": "float64", "shape": [1] * 33}]}), "at most 32"),
        (raw({**GOOD, "arrays": [{"dtype": "float64"}]}), "other keys"),
        (raw({**GOOD, "arrays": [{"dtype": "float64", "shape": [2]}]}, b"\0" * 8), "announces 16"),
        (raw(GOOD, b"\0" * 8), "announces 0"),
    ],
)
def test_wrong_frames(blob: bytes, message: str) -> None:
    """Each rule of the header has its own refusal."""
    with pytest.raises(ProtocolError, match=message):
        decode(blob)


def test_objects_do_not_cross() -> None:
    """An object array would need pickle."""
    with pytest.raises(ProtocolError, match="does not cross"):
        encode(Frame(id=1, op="loss", arrays=(np.array([object()]),)))
