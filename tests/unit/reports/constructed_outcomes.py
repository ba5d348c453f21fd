"""Constructed outcomes of a gate: every standing and verdict, and names that want to be markup."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from constructed_diagnoses import ACTIVATION, ALL_WELL, NOTHING_FITS, ONE, TWO, UNREADABLE, diagnosis

from gradcheck.gate import BaselineEntry, Outcome, Skipped, Standing, outcome_of
from gradcheck.records import CheckReport, ReportSet, Verdict

ROOT = Path.cwd()
UNDECIDED = diagnosis(Verdict.INCONCLUSIVE, reason="the numbers cannot decide: float16", network="half")
NOTEBOOK = diagnosis(
    file="homework.ipynb",
    diagnoses=(dataclasses.replace(ACTIVATION, cell=2, cell_line=7),),
    patch=ONE.patch,
    patch_verified=True,
)
SKIPPED = (Skipped(file="setup.py", reason="no network was recognised in it."),)
GONE = BaselineEntry(
    rule="sign-flip", fingerprint="0" * 32, file="old.py", program="old.py", network="train", blocks=("W",)
)

# A submission may call its network, its variables and its files what it likes, and raise what it likes.
NASTY = (
    "a [a](http://evil.example)\n::error::owned\r\n##[error]owned <script>x</script> | `x` @all ]]> %0A::x "
    "\x1b[31m\x00\ud800"
)


def outcome(*results: CheckReport, **fields: Any) -> Outcome:
    """What a gate would say of some results."""
    return dataclasses.replace(outcome_of(ReportSet(results=results), ROOT), **fields)


def known(found: Outcome) -> Outcome:
    """The same with every failure in a baseline."""
    failures = tuple(dataclasses.replace(failure, standing=Standing.KNOWN) for failure in found.failures)
    return dataclasses.replace(found, failures=failures, compared=True)


EVERYTHING = outcome(
    ONE, TWO, NOTHING_FITS, UNREADABLE, UNDECIDED, NOTEBOOK, ALL_WELL, skipped=SKIPPED, fixed=(GONE,), compared=True
)
HOSTILE = outcome(
    diagnosis(
        file=f"net{NASTY}.py",
        network=NASTY,
        reason=NASTY,
        diagnoses=(dataclasses.replace(ACTIVATION, message=NASTY, code=NASTY, blocks=(NASTY,), evidence=(NASTY,)),),
    ),
    diagnosis(file=f"plain{NASTY}.py", network=NASTY, reason=NASTY),
    skipped=(Skipped(file=NASTY, reason=NASTY),),
)
MANY = outcome(*(diagnosis(file=f"f{number}.py", diagnoses=(ACTIVATION,)) for number in range(37)))
