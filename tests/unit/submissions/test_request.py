"""What is asked about a file: what was said, else what is set beside it, else the defaults."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from gradcheck import check_file, diagnose_file
from gradcheck.errors import InvalidArgumentError, SubmissionError
from gradcheck.submissions.configuration import Settings
from gradcheck.submissions.request import TIME_LIMIT, Request, requested, unless_default

FULL = """\
adapter = "how.py"
time-limit = 3
rtol = 1e-4
atol = 0.5
ignore = ["tests/*"]
keywords = {batch = 4}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with settings beside it."""
    (tmp_path / "how.py").write_text("x = 1\n")
    (tmp_path / "gradcheck.toml").write_text(FULL)
    return tmp_path / "net.py"


def test_settings_stand_for_what_was_not_said(file: Path) -> None:
    """All that a request has; what to leave out of a folder is no part of it."""
    request = requested(file, rtol=None, isolation=None, rng=3)
    assert request.obeyed is not None
    assert "rtol = 0.0001, atol = 0.5, time-limit = 3.0" in request.obeyed.message
    assert dataclasses.replace(request, obeyed=None) == Request(
        file=file, adapter=file.parent / "how.py", rng=3, rtol=1e-4, atol=0.5, time_limit=3.0, keywords={"batch": 4}
    )


SAID: dict[str, Any] = {
    "adapter": Path("other.py"), "rtol": 1e-9, "atol": 0.0, "time_limit": TIME_LIMIT, "keywords": {},
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SAID.items(), ids=SAID)
def test_what_was_said_wins(file: Path, name: str, value: Any) -> None:
    """Zero and nothing are said too."""
    assert getattr(requested(file, **{name: value}), name) == value


def test_other_settings_are_not_read(file: Path) -> None:
    """Those of a folder hold for all that is in it; a request that is made directly asks for none."""
    assert requested(file, Settings(atol=0.1)) == Request(file=file, atol=0.1)
    assert Request(file=file).rtol is None


def test_settings_that_are_wrong(file: Path) -> None:
    """Are told before anything runs."""
    (file.parent / "gradcheck.toml").write_text("rtol = 'x'\n")
    with pytest.raises(SubmissionError, match=r"gradcheck\.toml, line 1: rtol = 'x'; expected a number"):
        requested(file)


def test_a_default_says_nothing() -> None:
    """The default of a time limit gives way to settings; any other does not."""
    assert unless_default(TIME_LIMIT) is None
    assert unless_default(7.0) == 7.0


def test_the_opening_is_plain(tmp_path: Path) -> None:
    """What a child is told: whole paths, and a dictionary of its own."""
    keywords = {"batch": 4}
    request = Request(file=tmp_path / "net.py", adapter=tmp_path / "how.py", keywords=keywords)
    opening = request.opening()
    assert opening == {
        "path": str((tmp_path / "net.py").resolve()),
        "adapter": str((tmp_path / "how.py").resolve()),
        "keywords": keywords,
    }
    assert opening["keywords"] is not keywords


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"rng": "a"}, "rng='a'; expected a numpy.random.Generator or a seed"),
        ({"rng": -1}, "rng=-1"),
        ({"rng": 1.5}, "rng=1.5"),
        ({"rtol": -1.0}, "rtol=-1.0; expected a finite number"),
        ({"atol": float("nan")}, "atol=nan"),
        ({"rtol": "small"}, "rtol='small'"),
        ({"time_limit": -1.0}, "time_limit=-1.0; expected seconds, above 0"),
        ({"time_limit": "long"}, "time_limit='long'"),
    ],
    ids=str,
)
@pytest.mark.parametrize("function", [check_file, diagnose_file])
def test_what_cannot_be_used_is_refused_before_anything_runs(
    tmp_path: Path, function: Any, given: dict[str, Any], told: str
) -> None:
    """By name and value, as ``check`` does."""
    file = tmp_path / "network.py"
    file.write_text("raise SystemExit('it ran')\n", encoding="utf-8")
    with pytest.raises(InvalidArgumentError, match=re.escape(told)):
        function(file, **given)
