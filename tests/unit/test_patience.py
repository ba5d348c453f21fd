"""Limits of time: seconds of an idle machine, however busy this one is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import patience
from gradcheck.patience import MOST, Patience, busyness, stretched
from gradcheck.submissions.exchange.session import Session, SessionError


@pytest.fixture
def schedule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the system tells how long this process ran and waited."""
    path = tmp_path / "schedstat"
    monkeypatch.setattr(patience, "SCHEDULE", path)
    return path


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("2000000000 0 100\n", 1.0),
        ("2000000000 6000000000 100\n", 4.0),
        ("2000000000 900000000000 100\n", MOST),
        ("1000000 900000000000 1\n", 1.0),
        ("0 0 0\n", 1.0),
        ("", 1.0),
        ("none here\n", 1.0),
    ],
    ids=["idle", "three others", "far too many", "hardly run", "kept by no kernel", "empty", "of another form"],
)
def test_how_busy_the_machine_is(schedule: Path, text: str, times: float) -> None:
    """Time that was waited for a processor, beside the time that one was had."""
    schedule.write_text(text, encoding="ascii")
    assert busyness() == pytest.approx(times)
    assert stretched(3.0) == pytest.approx(3.0 * times)


def test_without_the_system_s_word_time_is_the_clock_s(schedule: Path) -> None:
    """As outside Linux."""
    assert not schedule.exists()
    assert busyness() == 1.0


def test_patience_passes_more_slowly_on_a_busy_machine(schedule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And as the clock does on an idle one."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    ten = Patience(10.0)
    now[0] += 12.0
    assert ten.left() == pytest.approx(-2.0)
    schedule.write_text("1000000000 3000000000 1\n", encoding="ascii")
    assert ten.left() == pytest.approx(7.0)


SPINS = "import time\nend = time.monotonic() + 1.0\nwhile time.monotonic() < end:\n    pass\n"


@pytest.mark.parametrize(("waited", "status"), [(0, "TIME"), (9, "done")], ids=["idle", "busy"])
def test_a_program_is_waited_for_as_long_as_the_machine_makes_it_last(
    schedule: Path, tmp_path: Path, waited: int, status: str
) -> None:
    """A second of work against half a second's limit: late on an idle machine alone."""
    schedule.write_text(f"1000000000 {waited}000000000 1\n", encoding="ascii")
    program = tmp_path / "spins.py"
    program.write_text(SPINS, encoding="utf-8")
    with Session(time_limit=0.5) as session:
        try:
            reply = session.request("open", {"path": str(program)})
        except SessionError as error:
            found = error.status.name
        else:
            found = reply.op
    assert found == status
