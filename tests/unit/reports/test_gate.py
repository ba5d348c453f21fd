"""A gate's outcome in a build's log."""

from __future__ import annotations

import dataclasses
import io

from constructed_diagnoses import ALL_WELL, ONE
from constructed_outcomes import EVERYTHING, GONE, HOSTILE, NOTEBOOK, known, outcome
from rich.console import Console

from gradcheck.gate import Outcome, Skipped
from gradcheck.records import Finding, Severity
from gradcheck.reports.gate import headline, print_outcome


def _text(found: Outcome, *, quiet: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=80, color_system=None, markup=False, emoji=False, highlight=False)
    print_outcome(found, console, quiet=quiet)
    return stream.getvalue()


def test_a_new_failure_is_told_in_full_and_in_a_line() -> None:
    """A new failure is told in full, and in a line that an editor can open."""
    text = _text(outcome(ONE, ALL_WELL))
    assert "The fix" in text
    assert "FAIL  network.py:40  The derivative taken at the activation's output (derivative-at-activation)" in text
    assert text.rstrip().endswith("2 networks checked, 1 right, 1 new failure.")


def test_known_fixed_and_skipped_are_a_line_each() -> None:
    """Known, fixed and skipped are a line each."""
    text = _text(known(outcome(ONE, skipped=(Skipped(file="setup.py", reason="no network"),), fixed=(GONE,))))
    assert "The fix" not in text
    assert "known  network.py:40" in text
    assert "fixed  old.py  A wrong sign in every block (sign-flip)" in text
    assert "skipped  setup.py  no network" in text
    assert "no new failures, 1 known, 1 fixed, 1 file skipped" in text
    assert "--update-baseline" in text


def test_what_is_doubtful_of_a_right_network_is_a_line() -> None:
    """With its file and its rule; of a wrong one the report tells it, and quietly nothing does."""
    warning = Finding(id="printed-loss-differs", severity=Severity.WARNING, message="What is printed\nis another.")
    note = Finding(id="low-precision", severity=Severity.INFO, message="In float32.")
    right = dataclasses.replace(ALL_WELL, findings=(warning, note))
    text = _text(outcome(right))
    assert f"warned  {right.file}" in text
    assert "What is printed is another. (printed-loss-differs)" in text
    assert "float32" not in text
    assert "warned" not in _text(outcome(right), quiet=True)
    assert "warned" not in _text(outcome(dataclasses.replace(ONE, findings=(warning,))))


def test_nothing_recognised_names_the_cure() -> None:
    """Nothing recognised names the cure, quietly too, unless it is allowed."""
    for quiet in (False, True):
        assert "--allow-empty" in _text(outcome(), quiet=quiet)
        assert "--allow-empty" not in _text(outcome(empty_allowed=True), quiet=quiet)


def test_nothing_changed_is_told_as_that() -> None:
    """Nothing changed is another thing than nothing recognised."""
    text = _text(outcome(unchanged=("net.py",)))
    assert "Nothing has changed" in text
    assert "--allow-empty" in text
    assert "Nothing has changed" not in _text(outcome(unchanged=("net.py",), looked_at=("other.py",)))


def test_quiet_is_a_line_for_each_new_failure() -> None:
    """Quiet is a line for each new failure, and nothing for what is known."""
    assert len(_text(EVERYTHING, quiet=True).splitlines()) == len(EVERYTHING.new)
    assert _text(known(EVERYTHING), quiet=True) == ""


def test_a_wrong_gradient_stands_last() -> None:
    """A build's log is read from its end: what is wrong comes after what was not checked."""
    text = _text(EVERYTHING)
    assert text.index("INVALID  network.py") < text.index("FAIL  network.py")


def test_many_skipped_files_are_counted() -> None:
    """Many skipped files are counted."""
    found = outcome(ALL_WELL, skipped=tuple(Skipped(file=f"{n}.py", reason="x") for n in range(50)))
    assert "skipped  and 30 more" in _text(found)
    assert headline(found).endswith("50 files skipped")


def test_a_notebook_names_its_cell() -> None:
    """A notebook names its cell."""
    assert "FAIL  homework.ipynb, cell 2, line 7  " in _text(outcome(NOTEBOOK))


def test_hostile_text_stays_on_its_line() -> None:
    """Hostile text steers no terminal, and begins no line of the list."""
    text = _text(HOSTILE, quiet=True)
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2
    assert "\x1b" not in _text(HOSTILE)


def test_what_did_not_run_comes_first_and_is_counted() -> None:
    """What did not run may hold back-propagation: it comes first among what is skipped, and is counted."""
    ran, not_run = Skipped(file="a.py", reason="x"), Skipped(file="b.py", reason="raised", ran=False)
    text = _text(outcome(ALL_WELL, skipped=(ran, not_run)))
    assert text.index("not run  b.py  raised") < text.index("skipped  a.py  x")
    assert "2 files skipped, 1 of which did not run" in text
