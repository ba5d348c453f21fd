"""Suspected lines in the words of a report: which, why, of which layer, and on what that rests."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from course_programs import Change, line_of, module, spoilt

from gradcheck.diagnosis.adjoints.suspicion import Suspicion, suspicion
from gradcheck.diagnosis.observing import Look, Observer
from gradcheck.diagnosis.programs.local import LocalProgram
from gradcheck.diagnosis.programs.program import SourceText

HIDDEN: Change = ("    dZ1 = dA1 * (1 - A1 ** 2)\n", "    dZ1 = dA1 * (1 - A1)\n")
WEIGHT: Change = ("    dW2 = A1.T @ dZ2\n", "    dW2 = (A1 ** 2).T @ dZ2\n")
OUTPUT: Change = ("    dZ2 = 2 * (output - Y) / m\n", "    dZ2 = 2 * (output - Y ** 2) / m\n")


def looks_at(folder: Path, *changes: Change) -> tuple[list[Look], SourceText]:
    """Two looks at a spoilt program, and its text."""
    program = LocalProgram(module(folder, spoilt(*changes)).build())
    watching = Observer(program, np.random.default_rng(0))
    source = program.source
    assert source is not None
    return [watching.look(arrays, "here") for arrays in watching.points(2)], source


@pytest.mark.parametrize(
    ("change", "piece", "layer"),
    [(HIDDEN, "dZ1 = dA1", 0), (WEIGHT, "dW2 = ", 1), (OUTPUT, "dZ2 = 2", 1)],
    ids=["hidden delta", "weight gradient", "output delta"],
)
def test_the_wrong_line_comes_first(change: Change, piece: str, layer: int, tmp_path: Path) -> None:
    """The line that was spoilt is the first of the suspected ones, with its layer and a sentence that quotes it."""
    looks, source = looks_at(tmp_path, change)
    found = suspicion(looks, source)
    line = line_of(source.text, piece)
    assert found.lines[0] == line
    assert found.layers.get(line) == layer
    assert found.basis
    assert len(found.lines) == len(set(found.lines))
    assert found.sentences[line].startswith(f"Line {line} ({source.line(line)}) computes d")
    assert "should be" in found.sentences[line]
    assert found.sentences[line].endswith(".")


def test_a_single_candidate_is_the_first_wrong_line(tmp_path: Path) -> None:
    """Where only one line can be wrong it is said to be."""
    looks, source = looks_at(tmp_path, WEIGHT)
    assert suspicion(looks, source).first_wrong == line_of(source.text, "dW2 = ")


def test_names_of_the_code_are_found(tmp_path: Path) -> None:
    """The network carries the code's own names for its quantities."""
    looks, source = looks_at(tmp_path, HIDDEN)
    network = suspicion(looks, source).network
    assert network is not None
    assert network.layers[0].names["pre_activation"] == "Z1"
    assert network.layers[0].names["output"] == "A1"


def test_lines_of_layers(tmp_path: Path) -> None:
    """Of a layer that has a suspected line that line; of one that has none, and of no layer, all lines."""
    looks, source = looks_at(tmp_path, HIDDEN, WEIGHT)
    found = suspicion(looks, source)
    first, last = line_of(source.text, "dZ1 = dA1"), line_of(source.text, "dW2 = ")
    assert {first, last} <= set(found.lines)
    assert first in found.of_layers([0])
    assert last not in found.of_layers([0])
    assert last in found.of_layers([1])
    assert found.of_layers([7]) == found.of_layers([]) == found.lines


def test_without_a_text_lines_are_not_quoted(tmp_path: Path) -> None:
    """The numbers of lines are known from the trace alone."""
    looks, source = looks_at(tmp_path, HIDDEN)
    found = suspicion(looks, None)
    line = line_of(source.text, "dZ1 = dA1")
    assert found.lines[0] == line
    assert "(" not in found.sentences[line].split("computes")[0]


def test_long_lines_are_not_quoted(tmp_path: Path) -> None:
    """A sentence stays a sentence: a line of more than sixty characters is named by its number."""
    comment = "  # " + "long " * 20
    looks, source = looks_at(tmp_path, HIDDEN, ("(1 - A1)\n", f"(1 - A1){comment}\n"))
    line = line_of(source.text, "dZ1 = dA1")
    assert suspicion(looks, source).sentences[line].startswith(f"Line {line} computes dZ1")


def test_nothing_traced_suspects_nothing(tmp_path: Path) -> None:
    """Without looks, and with looks that have no trace, there is no suspicion and no basis."""
    looks, source = looks_at(tmp_path, HIDDEN)
    assert suspicion([], source) == Suspicion()
    assert suspicion([dataclasses.replace(look, trace=None) for look in looks], source) == Suspicion()


def test_a_look_without_a_trace_is_left_out(tmp_path: Path) -> None:
    """One look of two has a trace: it is enough."""
    looks, source = looks_at(tmp_path, HIDDEN)
    found = suspicion([dataclasses.replace(looks[0], trace=None), looks[1]], source)
    assert found.lines[0] == line_of(source.text, "dZ1 = dA1")


def test_without_layers_there_are_still_lines(tmp_path: Path) -> None:
    """Where neither forward pass nor layers are known, blocks alone tell which lines are suspected."""
    looks, source = looks_at(tmp_path, WEIGHT)
    blind = [dataclasses.replace(look, forward=None, network=None) for look in looks]
    found, full = suspicion(blind, source), suspicion(looks, source)
    assert line_of(source.text, "dW2 = ") in found.lines
    assert found.network is None
    assert found.basis != full.basis


def test_a_right_gradient_has_no_suspects(tmp_path: Path) -> None:
    """Of right code no line is suspected."""
    looks, source = looks_at(tmp_path)
    found = suspicion(looks, source)
    assert (found.lines, found.first_wrong, dict(found.sentences)) == ((), None, {})
