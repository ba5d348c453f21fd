"""Frames between the controller and the child that runs a submission: a checked JSON header, then raw array bytes.

A frame is ``magic (4 bytes), length of the header (4), length of the payload (8), header, payload``, big-endian. The
header is a JSON object with exactly the keys ``id`` (int), ``op`` (str), ``data`` (object) and ``arrays`` (list of
``{"dtype", "shape"}``); the payload holds those arrays one after the other, in C order, and nothing else. Nothing is
ever unpickled, and nothing that arrives is trusted beyond being numbers of the announced shapes.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "DTYPES",
    "MAX_HEADER",
    "MAX_PAYLOAD",
    "Frame",
    "ProtocolError",
    "crosses",
    "decode",
    "encode",
    "read_frame",
    "text_of",
]

Array = npt.NDArray[Any]

MAGIC = b"GCK1"
PREFIX = struct.Struct(">4sIQ")
MAX_HEADER = 1 << 20
MAX_PAYLOAD = 1 << 30
MAX_DIMENSIONS = 32
MAX_TEXT = 4000
DTYPES = (
    *("float64", "float32", "float16", "complex128", "complex64"),
    *("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"),
)
HEADER_KEYS = {"id", "op", "data", "arrays"}
# Names of dtypes are spelled out anew each time that they are asked for, which takes longer than to encode an array.
NAMES = {np.dtype(name): name for name in DTYPES}
LITTLE = {name: np.dtype(name).newbyteorder("<") for name in DTYPES}
NATIVE = {name: np.dtype(name) for name in DTYPES}


class ProtocolError(Exception):
    """Bytes that are not a frame, or a frame that is not what was announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message: ``op`` is a request's operation or a reply's status; ``id`` pairs them."""

    id: int
    op: str
    data: Mapping[str, Any] = field(default_factory=dict)
    arrays: tuple[Array, ...] = ()


def encode(frame: Frame) -> bytes:
    """The bytes of a frame.

    Raises
    ------
    ProtocolError
        If an array has a dtype that does not cross, or the frame is too large.

    Examples
    --------
    >>> import numpy as np
    >>> frame = Frame(id=1, op="loss", arrays=(np.ones(2),))
    >>> decode(encode(frame)).arrays[0]
    array([1., 1.])
    """
    parts, described = [], []
    for array in frame.arrays:
        name = NAMES.get(array.dtype) or array.dtype.name  # one of another byte order is no key
        if name not in LITTLE:
            raise ProtocolError(f"dtype {array.dtype} does not cross; expected one of {', '.join(DTYPES)}")
        parts.append(array.astype(LITTLE[name], copy=False).tobytes(order="C"))
        described.append({"dtype": name, "shape": list(array.shape)})
    header = _ENCODER.encode({"id": frame.id, "op": frame.op, "data": dict(frame.data), "arrays": described}).encode()
    payload = b"".join(parts)
    _bound(len(header), len(payload))
    return PREFIX.pack(MAGIC, len(header), len(payload)) + header + payload


def crosses(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a dtype can be sent."""
    return dtype in NAMES or dtype.name in LITTLE


def decode(blob: bytes) -> Frame:
    """The frame that exactly these bytes are.

    Raises
    ------
    ProtocolError
        If they are truncated, or more than one frame.
    """
    position = 0

    def read(count: int) -> bytes:
        nonlocal position
        piece = blob[position : position + count]
        if len(piece) < count:
            raise ProtocolError(f"truncated: {len(piece)} bytes of {count}")
        position += count
        return piece

    frame = read_frame(read)
    if position != len(blob):
        raise ProtocolError(f"surplus: {len(blob) - position} bytes after the frame")
    return frame


def read_frame(read: Callable[[int], bytes]) -> Frame:
    """Read one frame.

    Parameters
    ----------
    read : callable
        ``read(count)`` returns exactly ``count`` bytes or raises.

    Raises
    ------
    ProtocolError
        For another magic number, lengths over the limits, a header that breaks the schema, or a payload that is not
        the announced arrays.
    """
    magic, header_length, payload_length = PREFIX.unpack(read(PREFIX.size))
    if magic != MAGIC:
        raise ProtocolError(f"not a frame: starts with {magic!r}")
    _bound(header_length, payload_length)
    header = _parse_header(read(header_length))
    shapes = [_parse_array(description) for description in header["arrays"]]
    expected = sum(NATIVE[name].itemsize * math.prod(shape) for name, shape in shapes)
    if expected != payload_length:
        raise ProtocolError(f"the payload has {payload_length} bytes; its header announces {expected}")
    payload = read(payload_length)
    arrays, offset = [], 0
    for name, shape in shapes:
        count = math.prod(shape)
        flat = np.frombuffer(payload, dtype=LITTLE[name], count=count, offset=offset)
        arrays.append(flat.astype(NATIVE[name]).reshape(shape))
        offset += count * flat.itemsize
    return Frame(id=header["id"], op=header["op"], data=header["data"], arrays=tuple(arrays))


def _bound(header_length: int, payload_length: int) -> None:
    if header_length > MAX_HEADER or payload_length > MAX_PAYLOAD:
        raise ProtocolError(
            f"oversized: header of {header_length} bytes (limit {MAX_HEADER}), "
            f"payload of {payload_length} (limit {MAX_PAYLOAD})"
        )


def _parse_header(raw: bytes) -> dict[str, Any]:
    try:
        header = _DECODER.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the header is not JSON: {error}") from None
    if not isinstance(header, dict) or set(header) != HEADER_KEYS:
        raise ProtocolError(f"the header's keys are not {sorted(HEADER_KEYS)}")
    kinds: Sequence[tuple[str, type]] = (("id", int), ("op", str), ("data", dict), ("arrays", list))
    for key, kind in kinds:
        if not isinstance(header[key], kind) or isinstance(header[key], bool):
            raise ProtocolError(f"header[{key!r}] is not of type {kind.__name__}")
    return header


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_ENCODER = json.JSONEncoder(allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _parse_array(description: Any) -> tuple[str, tuple[int, ...]]:
    if not isinstance(description, dict) or set(description) != {"dtype", "shape"}:
        raise ProtocolError("an array's description has other keys than dtype and shape")
    name, shape = description["dtype"], description["shape"]
    if not isinstance(name, str) or name not in NATIVE:
        raise ProtocolError(f"dtype {name!r} does not cross")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise ProtocolError("an array's shape is not a list of at most 32 sizes")
    for size in shape:  # what JSON brings is exactly an int, or none
        if type(size) is not int or not 0 <= size <= MAX_PAYLOAD:
            raise ProtocolError(f"shape {shape!r} has a size that is not a count")
    return name, tuple(shape)


def text_of(value: Any) -> str:
    """A value of a frame as text of bounded length; empty for what is not there."""
    return str(value)[:MAX_TEXT] if value is not None else ""
