"""``gradcheck sandbox``, and ``--require-isolation`` of the commands that run files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cli import main
from gradcheck.submissions.isolation import probing
from gradcheck.submissions.isolation.attacks import ATTACKS
from gradcheck.submissions.isolation.confinement import Level, Reached
from gradcheck.submissions.isolation.probing import Trial, Tried

ALL = Reached(level=Level.FULL, landlock=6, seccomp=True, limits=True)
SOME = Reached(level=Level.FILTERED, landlock=0, seccomp=True, limits=True, lacking=("Landlock: none here",))


def _tried(reached: Reached, *holes: str) -> Tried:
    """As if every attack but those had been refused."""
    return Tried(
        reached=reached,
        trials=tuple(
            Trial(attack=a, refused=a.tries not in holes, by="" if a.tries in holes else "seccomp") for a in ATTACKS
        ),
    )


@pytest.mark.parametrize(
    ("tried", "code", "words"),
    [
        (_tried(ALL), 0, ["full", "17 of 17"]),
        (_tried(SOME, "read a file that it was not given"), 3, ["Missing: Landlock: none here", "NO", "nothing"]),
        (_tried(ALL, "read a file that it was not given"), 1, ["NO", "16 of 17"]),
        (_tried(SOME, "fork"), 1, ["NO"]),
    ],
    ids=["full", "partial", "hole", "hole-in-part"],
)
def test_the_table_and_the_code(
    tried: Tried, code: int, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 for full isolation, 3 for a part, 1 for an attack that should have been refused."""
    monkeypatch.setattr(probing, "probe", lambda **_options: tried)
    assert main(["sandbox"]) == code
    told = " ".join(capsys.readouterr().out.split())
    assert all(word in told for word in words), told
    assert main(["sandbox", "--format", "json"]) == code
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == "gradcheck/sandbox@1"
    assert [row["refused"] for row in record["attacks"]] == [trial.refused for trial in tried.trials]
    assert main(["sandbox", "-q"]) == code
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's locks are Linux's")
def test_this_machine_is_attacked(capsys: pytest.CaptureFixture[str]) -> None:
    """What is said to be refused is refused."""
    code = main(["sandbox", "--format", "json"])
    record: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == (0 if record["isolation"]["level"] == "full" else 3)
    if code == 0:
        assert all(row["refused"] and row["by"] for row in record["attacks"])


@pytest.mark.parametrize("command", ["check", "diagnose", "fix"])
def test_less_than_is_required_is_refused(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a sentence, before a line of the file has run."""
    from gradcheck.submissions import course
    from gradcheck.submissions.exchange.session import Session

    def weak(**options: Any) -> Session:
        return Session(**options, without=frozenset({"landlock", "seccomp"}))

    monkeypatch.setattr(course, "Session", weak)
    file = tmp_path / "student.py"
    file.write_text("import gradcheck_test_never_imported", encoding="utf-8")
    assert main([command, "--require-isolation", "full", str(file)]) == 2
    told = " ".join(capsys.readouterr().out.split())
    assert "isolation 'full' is required" in told
    assert "gradcheck sandbox" in told
    assert "never_imported" not in told


def test_a_level_that_does_not_exist_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With those that do."""
    assert main(["check", "--require-isolation", "best", str(tmp_path)]) == 2
    assert "full" in capsys.readouterr().err
