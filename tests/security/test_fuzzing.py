"""No bytes crash the controller: frames, answers, sources and a child's accounts, as Hypothesis makes them up."""

# ruff: noqa: E501 - a strategy is one row
from __future__ import annotations

import contextlib
import itertools
import json
import string
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.errors import SubmissionError
from gradcheck.problem import OracleUnavailableError, StructureMismatchError
from gradcheck.records import Verdict
from gradcheck.submissions.exchange.protocol import DTYPES, MAGIC, Frame, ProtocolError, decode, encode
from gradcheck.submissions.exchange.remote import RemoteDriver, RemoteError, parse_findings
from gradcheck.submissions.exchange.session import SessionError, Status
from gradcheck.submissions.isolation.confinement import Reached
from gradcheck.submissions.isolation.messages import Ending, Order
from gradcheck.submissions.request import Request
from gradcheck.submissions.text.conduct import conduct
from gradcheck.submissions.text.source import read_source
from gradcheck.submissions.verdict import check_network

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
HEADERS = st.dictionaries(st.sampled_from(["id", "op", "data", "arrays", "more"]), JSON, max_size=5)
DESCRIBED = st.fixed_dictionaries(
    {"dtype": st.sampled_from([*DTYPES, "object", "U4", ""]), "shape": st.lists(st.integers(-2, 2**40), max_size=4)}
)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_frame_or_a_protocol_error(blob: bytes) -> None:
    """Nothing else is raised."""
    with contextlib.suppress(ProtocolError):
        assert isinstance(decode(blob), Frame)


@given(HEADERS, st.binary(max_size=64), st.integers(-8, 8))
def test_any_header_is_a_frame_or_a_protocol_error(header: dict[str, Any], payload: bytes, off: int) -> None:
    """With the right magic number, and lengths that are nearly right."""
    blob = json.dumps(header).encode()
    head = struct.pack(">4sIQ", MAGIC, max(0, len(blob) + off), len(payload))
    with contextlib.suppress(ProtocolError):
        frame = decode(head + blob + payload)
        assert off == 0
        assert set(header) == {"id", "op", "data", "arrays"}
        assert isinstance(frame.id, int)


@given(st.lists(DESCRIBED, max_size=3), st.integers(0, 64))
def test_any_shapes_are_held_against_the_payload(arrays: list[dict[str, Any]], size: int) -> None:
    """Announced sizes are reckoned without making room for them."""
    header = json.dumps({"id": 1, "op": "ok", "data": {}, "arrays": arrays}).encode()
    blob = struct.pack(">4sIQ", MAGIC, len(header), size) + header + bytes(size)
    with contextlib.suppress(ProtocolError):
        assert sum(array.nbytes for array in decode(blob).arrays) == size


@given(st.data())
def test_a_damaged_frame_is_a_frame_or_a_protocol_error(data: st.DataObject) -> None:
    """One byte changed, a piece cut out, or a piece twice."""
    blob = bytearray(encode(Frame(id=7, op="ok", data={"leaves": [{"kind": "array"}]}, arrays=(np.arange(6.0),))))
    place = data.draw(st.integers(0, len(blob) - 1))
    kind = data.draw(st.sampled_from(["change", "cut", "double"]))
    if kind == "change":
        blob[place] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del blob[place : place + data.draw(st.integers(1, 9))]
    else:
        blob[place:place] = blob[place : place + 9]
    with contextlib.suppress(ProtocolError):
        decode(bytes(blob))


class _Told:
    """A session whose child answers what it is told to."""

    failure: SessionError | None = None

    def __init__(self, answer: Frame) -> None:
        self._answer = answer

    def request(self, *_args: Any, **_kwargs: Any) -> Frame:
        return self._answer

    def abandon(self, detail: str) -> SessionError:
        self.failure = SessionError(Status.INTERNAL, detail)
        return self.failure


ALLOWED = (OracleUnavailableError, StructureMismatchError, RemoteError, SessionError)
OPS = st.sampled_from(["ok", "raised", "structure", "unavailable", "internal", "network", "x"])
ARRAYS = st.lists(st.sampled_from([np.ones(2), np.zeros((2, 3)), np.array(1.0), np.array([], dtype="i4")]), max_size=3)


@given(
    OPS, st.dictionaries(st.sampled_from(["leaves", "errors", "names", "message", "type", "findings"]), JSON), ARRAYS
)
def test_any_answer_is_a_value_or_an_error_that_is_expected(op: str, data: dict[str, Any], arrays: list[Any]) -> None:
    """The driver takes nothing for granted."""
    introduction = Frame(id=1, op="network", data={"blocks": [{"name": "W", "dtype": "float64"}]}, arrays=(np.ones(2),))
    driver = RemoteDriver(_Told(Frame(id=2, op=op, data=data, arrays=tuple(arrays))), introduction)  # type: ignore[arg-type]
    for ask in (driver.loss, driver.gradient, driver.autodiff):
        with contextlib.suppress(*ALLOWED):
            ask([np.ones(2)])
    for tell in (driver.mutated, driver.findings, driver.begin, driver.end):
        with contextlib.suppress(*ALLOWED):
            tell()


@given(
    st.lists(
        st.tuples(OPS, st.dictionaries(st.sampled_from(["leaves", "errors", "names", "type"]), JSON), ARRAYS),
        min_size=1,
        max_size=6,
    )
)
def test_no_lie_crashes_a_check(answers: list[tuple[str, dict[str, Any], list[Any]]]) -> None:
    """Answers in turn, of any kind: a report that is no pass, whatever they are."""
    frames = itertools.cycle([Frame(id=2, op=op, data=data, arrays=tuple(arrays)) for op, data, arrays in answers])
    told = _Told(next(frames))
    told.request = lambda *_args, **_kwargs: next(frames)  # type: ignore[method-assign]
    introduction = Frame(id=1, op="network", data={"blocks": [{"name": "W", "dtype": "float64"}]}, arrays=(np.ones(2),))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "student.py"
        file.write_text("x = 1", encoding="utf-8")
        report = check_network(told, introduction, Request(file=file), [])  # type: ignore[arg-type]
    assert report.verdict is not Verdict.PASS


@given(JSON)
def test_any_findings_are_findings_or_nothing(described: Any) -> None:
    """Ids are plain words, messages are bounded."""
    for finding in parse_findings(described):
        assert set(finding.id) <= set(string.ascii_lowercase + string.digits + "-")
        assert len(finding.message) <= 2000


@given(JSON)
def test_any_introduction_is_a_driver_or_a_value_error(blocks: Any) -> None:
    """A network that is described by nonsense is none."""
    frame = Frame(id=1, op="network", data={"blocks": blocks}, arrays=(np.ones(2),))
    with contextlib.suppress(ValueError):
        RemoteDriver(_Told(frame), frame)  # type: ignore[arg-type]


@given(st.dictionaries(st.sampled_from(["level", "landlock", "seccomp", "limits", "outer", "lacking"]), JSON))
def test_any_account_of_isolation_is_one_or_refused(told: dict[str, Any]) -> None:
    """Before a line was read, but checked all the same."""
    with contextlib.suppress(KeyError, ValueError, TypeError, OverflowError):
        Reached.from_dict(told)


@given(st.binary(max_size=64))
def test_any_packet_of_a_zygote_is_one_or_refused(packet: bytes) -> None:
    """Of the size that they have."""
    for kind in (Order, Ending):
        with contextlib.suppress(struct.error):
            kind.decode(packet)


def _read(blob: bytes, suffix: str) -> None:
    """The loader's first step, on any bytes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"file{suffix}"
        file.write_bytes(blob)
        with contextlib.suppress(SubmissionError):
            conduct(read_source(file).tree)


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
@given(blob=st.binary(max_size=300))
def test_any_file_is_a_source_or_a_submission_error(suffix: str, blob: bytes) -> None:
    """Whatever its bytes are."""
    _read(blob, suffix)


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "import numpy as np", "def f(x):", "    return x", "for i in range(3):", "\t", "class A:", "'''", "\\", "\0", "\x0c",
            "# -*- coding: latin-1 -*-", "# coding: nosuch", "W -= lr * dW", "é", "\ufeff", "(" * 120, "lambda: 0", "%matplotlib inline",
            "x = 1" + "+1" * 300, "-" * 400 + "1", "\r", "match x:", "    case 1: pass", "async def g(): await f", "𝕏 = 1", "!ls",
        ]
    ),
    max_size=12,
)  # fmt: skip


@given(FRAGMENTS)
def test_any_lines_are_a_source_or_a_submission_error(lines: list[str]) -> None:
    """Text that is nearly Python."""
    _read("\n".join(lines).encode("utf-8"), ".py")


@given(
    JSON,
    st.lists(
        st.fixed_dictionaries(
            {"cell_type": st.sampled_from(["code", "markdown", "x"]), "source": JSON, "outputs": JSON}
        ),
        max_size=3,
    ),
)
def test_any_notebook_is_a_source_or_a_submission_error(metadata: Any, cells: list[Any]) -> None:
    """Cells and outputs of any kind."""
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    _read(json.dumps(notebook).encode(), ".ipynb")
