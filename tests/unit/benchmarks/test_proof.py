"""The truth of the programs, proved without the tool."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.wrong_programs.corpus import candidates
from benchmarks.wrong_programs.proof import load_proofs, prove, same_gradient
from benchmarks.wrong_programs.truth import Bug, Program

PROGRAMS = candidates()
NAMES = [program.name for program in PROGRAMS]
EVERY = 40  # of which the quick suite proves one


def _program(name: str) -> Program:
    return PROGRAMS[NAMES.index(name)]


@pytest.mark.parametrize("name", NAMES[::EVERY])
def test_sample(name: str) -> None:
    """A sample is what the stored proofs say that it is."""
    assert prove(_program(name)) == load_proofs()[name]


@pytest.mark.slow
def test_all() -> None:
    """Every program is what the stored proofs say that it is."""
    proofs = load_proofs()
    changed = [program.name for program in PROGRAMS if prove(program) != proofs[program.name]]
    assert not changed, f"{len(changed)} programs are not what proofs.json says: {', '.join(changed[:5])}"


WRONG = "single.softmax_mse_elementwise"


def test_a_wrong_program_called_right_is_found_out() -> None:
    """A right text that is wrong is left out, with the worst block and its error."""
    program = _program(WRONG)
    lie = dataclasses.replace(program, right=program.text)
    assert "the right text is wrong in " in prove(lie).hidden


def test_a_right_program_called_wrong_is_found_out() -> None:
    """A bug that is not there is left out."""
    program = _program(WRONG)
    lie = dataclasses.replace(program, text=program.right)
    assert prove(lie).hidden.startswith("softmax-elementwise: the gradient agrees")


@pytest.mark.parametrize(
    "bug",
    [
        "input-mutated",
        "nondeterministic",
        "gradient-accumulated",
        "integer-dtype",
        "low-precision",
        "crash",
        "softmax-overflow",
        "loss-epsilon",
        "learning-rate-too-large",
    ],
)
def test_a_right_program_has_none_of_the_others(bug: str) -> None:
    """Each of the other proofs fails on a right program."""
    program = _program("single.input_mutated_by_relu")
    lie = dataclasses.replace(
        program, text=program.right, bugs=(Bug(id=bug, key=bug, accepted=(), lines=(1,)),), singles=()
    )
    assert prove(lie).hidden.startswith(f"{bug}: ")


def test_a_bug_that_the_other_hides_is_found_out() -> None:
    """Of two bugs each must show beside the other."""
    program = next(p for p in PROGRAMS if len(p.bugs) > 1 and not load_proofs()[p.name].hidden)
    lie = dataclasses.replace(program, singles=(program.text, program.text))
    assert prove(lie).hidden == "one bug hides the other"


def test_patched_texts() -> None:
    """The right text is a cure, the wrong one is not, nor one that does not run or has another loss."""
    program = _program(WRONG)
    assert same_gradient(program, program.right)
    assert not same_gradient(program, program.text)
    assert not same_gradient(program, program.right.replace("softmax(X @ W", "softmx(X @ W"))
    assert not same_gradient(program, program.right.replace("loss = np.sum", "loss = 0 * np.sum"))
