"""The corpus: deterministic, complete, and what it is said to be."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.wrong_programs.corpus import candidates
from benchmarks.wrong_programs.proof import digest_of, load_proofs
from benchmarks.wrong_programs.proving import proved_programs
from benchmarks.wrong_programs.truth import ACCEPTED, PROOFS, Half, Program, Proof, proof_of
from gradcheck.diagnosis.catalogue import CATALOGUE

TREE = Path(__file__).resolve().parents[3]

FINGERPRINT = """
import hashlib
from benchmarks.wrong_programs.corpus import candidates
parts = "".join(program.name + program.text + repr(program.bugs) for program in candidates())
print(hashlib.sha256(parts.encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    """The programs whose truth is proved."""
    return proved_programs()[0]


@pytest.fixture(scope="module")
def wrong(programs: list[Program]) -> list[Program]:
    """Those with a bug."""
    return [program for program in programs if program.bugs]


def test_generator_is_deterministic() -> None:
    """Another process with another hash seed composes the same programs."""
    found = subprocess.run(
        [sys.executable, "-c", FINGERPRINT],
        check=True,
        capture_output=True,
        text=True,
        cwd=TREE,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    parts = "".join(program.name + program.text + repr(program.bugs) for program in candidates())
    assert found.stdout.strip() == hashlib.sha256(parts.encode()).hexdigest()


def test_names_are_unique_and_halves_are_halves(programs: list[Program]) -> None:
    """A program's half is a function of its name, and no half is much larger than the other."""
    assert len({program.name for program in programs}) == len(programs)
    tune = sum(program.half is Half.TUNE for program in programs)
    assert 0.4 < tune / len(programs) < 0.6


def test_proofs_are_of_the_programs_as_they_are() -> None:
    """Every program was proved, or is known to be hidden, with the text that it has now; nothing else is kept."""
    proofs = load_proofs()
    stale = [program.name for program in candidates() if proofs[program.name].digest != digest_of(program)]
    assert not stale, "run: python -m benchmarks wrong-programs --prove"
    assert set(proofs) == {program.name for program in candidates()}


def test_hidden_programs_are_few() -> None:
    """A bug that never shows is no program: at most one in fifty is left out, each with its reason."""
    hidden = [proved for proved in load_proofs().values() if proved.hidden]
    assert len(hidden) <= len(load_proofs()) / 50


def test_there_are_enough(programs: list[Program], wrong: list[Program]) -> None:
    """Enough wrong ones, a third of them with several bugs, enough right ones, enough written by hand."""
    assert len(wrong) >= 200
    assert sum(len(program.bugs) > 1 for program in wrong) >= len(wrong) / 3
    assert len(programs) - len(wrong) >= 60
    assert sum(program.handwritten for program in wrong) >= 50


@pytest.mark.parametrize("bug", CATALOGUE)
def test_every_id_occurs(wrong: list[Program], bug: str) -> None:
    """Every id of the catalogue is the bug of a program."""
    assert any(found.id == bug for program in wrong for found in program.bugs)


def test_most_ids_occur_in_several_styles(wrong: list[Program]) -> None:
    """Three in four of the ids of wrong gradients are shown in two styles or more."""
    styles = defaultdict(set)
    for program in wrong:
        for bug in program.bugs:
            styles[bug.id].add(program.name.split(".")[0] + ("" if not program.handwritten else program.name))
    wide = [bug for bug, found in styles.items() if len(found) > 1]
    assert len(wide) >= 0.75 * sum(proof_of(bug) is Proof.GRADIENT for bug in CATALOGUE)


def test_accepted_names_are_of_the_catalogue(wrong: list[Program]) -> None:
    """No slip in an id: neither of a bug nor of what is accepted for it, nor of how it is proved."""
    named = {name for program in wrong for bug in program.bugs for name in bug.names}
    assert named | set(ACCEPTED) | set(PROOFS) <= set(CATALOGUE)


def test_truth_fits_the_text(wrong: list[Program]) -> None:
    """A wrong program is Python, is not the right one, and its lines are lines of it."""
    for program in wrong:
        ast.parse(program.text)
        assert program.text != program.right, program.name
        count = len(program.text.splitlines())
        for bug in program.bugs:
            assert bug.lines, f"{program.name}: {bug.key} has no line"
            assert all(1 <= line <= count + 1 for line in (*bug.lines, *bug.also)), program.name


def test_nothing_of_the_notation_is_left(programs: list[Program]) -> None:
    """A program reads like a program."""
    for program in programs:
        assert "<<" not in program.text, program.name
        left = [line for line in program.text.splitlines() if line.strip().startswith(("#!", "#~", "#=", "#$", "#if"))]
        assert not left, program.name
