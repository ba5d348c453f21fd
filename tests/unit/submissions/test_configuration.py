"""Settings beside the files: the nearest counts, every key is validated, and what was typed wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.submissions.configuration import Settings, find_settings, read_settings

FULL = """\
adapter = "a.py"
time-limit = 3
rtol = 1e-4
atol = 0
ignore = ["tests/*"]
keywords = {batch = 4, mode = "x"}
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    """With the adapter as seen from the settings' folder."""
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "gradcheck.toml").write_text(FULL)
    expected = Settings(
        file=tmp_path / "gradcheck.toml", adapter=tmp_path / "a.py", time_limit=3.0, rtol=1e-4, atol=0.0,
        ignore=("tests/*",), keywords={"batch": 4, "mode": "x"},
    )  # fmt: skip
    assert read_settings(tmp_path / "gradcheck.toml") == expected


def test_the_nearest_counts(tmp_path: Path) -> None:
    """Folders are gone up; a gradcheck.toml is before a pyproject.toml, and one that says nothing of it is passed."""
    inner = tmp_path / "one" / "two"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.gradcheck]\nrtol = 1e-3\n")
    (tmp_path / "one" / "pyproject.toml").write_text("[tool.other]\nrtol = 1\n")
    assert find_settings(inner / "net.py").rtol == 1e-3
    assert find_settings(inner).rtol == 1e-3
    (tmp_path / "gradcheck.toml").write_text("rtol = 1e-5\n")
    assert find_settings(inner / "net.py").rtol == 1e-5
    (tmp_path / "one" / ".git").mkdir()
    assert find_settings(inner / "net.py") == Settings()


def test_a_link_to_itself_has_settings_too(tmp_path: Path) -> None:
    """What is wrong with it, reading it will tell."""
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "gradcheck.toml").write_text("rtol = 1e-5\n")
    assert find_settings(tmp_path / "loop.py").rtol == 1e-5


BAD = {
    "unknown": ("rtol = 1\ntimelimit = 3\n", r"line 2: the key timelimit is not known\. Did you mean time-limit\?"),
    "rtol": ("rtol = -1\n", r"line 1: rtol = -1; expected a number, 0 or above"),
    "boolean": ("rtol = true\n", "line 1: rtol = True; expected a number"),
    "time": ("\ntime-limit = 0\n", "line 2: time-limit = 0; expected a number of seconds above 0"),
    "adapter": ('adapter = "no.py"\n', "line 1: adapter = 'no.py'; there is no file .*no.py"),
    "adapter-kind": ("adapter = 3\n", "line 1: adapter = 3; expected the path of a Python file"),
    "ignore": ('ignore = "x"\n', "line 1: ignore = 'x'; expected a list of patterns"),
    "keywords": ("keywords = 3\n", "line 1: keywords = 3; expected a table"),
    "keyword": ("keywords = {batch = inf}\n", "line 1: keywords = .*; expected a table"),
    "endless time": ("time-limit = inf\n", "line 1: time-limit = inf; expected a number of seconds"),
    "endless tolerance": ("atol = inf\n", "line 1: atol = inf; expected a number"),
    "no number": ("rtol = nan\n", "line 1: rtol = nan; expected a number"),
    "syntax": ("rtol = \n", r"gradcheck\.toml is not TOML: .*line 1"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_what_is_not_understood(tmp_path: Path, text: str, message: str) -> None:
    """The message names file, line and key, and says what was expected."""
    (tmp_path / "gradcheck.toml").write_text(text)
    with pytest.raises(SubmissionError, match=message) as caught:
        find_settings(tmp_path / "net.py")
    assert "gradcheck.toml" in str(caught.value)


def test_somebody_elses_broken_pyproject(tmp_path: Path) -> None:
    """It is no business of gradcheck's, unless it has a table for it."""
    (tmp_path / "pyproject.toml").write_text("[tool\n")
    assert read_settings(tmp_path / "pyproject.toml") is None
    (tmp_path / "pyproject.toml").write_text("[tool.gradcheck]\nrtol =\n")
    with pytest.raises(SubmissionError, match="is not TOML"):
        read_settings(tmp_path / "pyproject.toml")


def test_what_was_typed_wins() -> None:
    """Nothing is passed on where neither says anything."""
    settings = Settings(rtol=1e-3, time_limit=5.0, ignore=("a",), keywords={"batch": 4})
    assert settings.options(rtol=1e-9, adapter=None) == {"rtol": 1e-9, "time_limit": 5.0, "keywords": {"batch": 4}}
    assert settings.options(keywords={})["keywords"] == {}
    assert Settings().options(rtol=None) == {}
