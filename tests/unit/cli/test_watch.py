"""``gradcheck watch`` without its engine: what it needs, and when it looks again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gradcheck.records import CheckReport, Verdict


def _watchfiles(*saves: Callable[[], None] | None) -> Any:
    """A watcher for which things happen one after the other, and then Ctrl-C; None is a second without a change."""

    def watch(*folders: Path, **options: Any) -> Iterator[set[str]]:
        assert all(folder.is_dir() for folder in folders)
        assert options["yield_on_timeout"]
        for save in saves:
            if save is not None:
                save()
            yield set() if save is None else {"changed"}
        raise KeyboardInterrupt

    return SimpleNamespace(watch=watch)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A program."""
    path = tmp_path / "net.py"
    path.write_text("x = 1\n", encoding="utf-8")
    return path


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch, report: Any) -> list[str]:
    """An engine that remembers the text that it saw."""
    seen: list[str] = []

    def check_path(path: Path, **_: Any) -> CheckReport:
        seen.append(path.read_text(encoding="utf-8") if path.is_file() else path.name)
        found: CheckReport = report(Verdict.PASS, file=str(path))
        return found

    monkeypatch.setattr("gradcheck.submissions.check_path", check_path)
    return seen


def test_a_missing_watcher_is_told(run: Any, looks: list[str], monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """A missing watcher is told, with what to install, before anything is run."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    outcome = run("watch", str(file))
    assert (outcome.code, outcome.out, looks) == (2, "", [])
    assert "pip install 'gradcheck[watch]'" in outcome.err


def test_only_what_is_saved_is_looked_at_again(
    run: Any, looks: list[str], monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """It looks once, and again where the file's content may differ; not where another file, or nothing, was saved."""

    def save(text: str) -> Callable[[], None]:
        return lambda: [file.unlink(), file.write_text(text, encoding="utf-8")][0]  # type: ignore[func-returns-value]

    other = file.with_name("other.py")
    monkeypatch.setitem(sys.modules, "watchfiles", _watchfiles(save("y"), other.touch, None, save("z"), lambda: None))
    outcome = run("watch", str(file))
    assert outcome.code == 0
    assert looks == ["x = 1\n", "y", "z"]
    assert outcome.err.count("Ctrl-C ends") == 3


def test_what_was_saved_before_watching_began_is_seen(
    run: Any, looks: list[str], monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """What was saved during the first look is seen at the first second without a change."""
    watcher = _watchfiles(None, None)

    def watch(*folders: Path, **options: Any) -> Iterator[set[str]]:
        file.write_text("saved meanwhile", encoding="utf-8")
        yield from watcher.watch(*folders, **options)

    monkeypatch.setitem(sys.modules, "watchfiles", SimpleNamespace(watch=watch))
    run("watch", str(file))
    assert looks == ["x = 1\n", "saved meanwhile"]


@pytest.mark.usefixtures("looks")
def test_a_path_that_is_not_there_is_told(run: Any, tmp_path: Path) -> None:
    """A path that is not there is told."""
    outcome = run("watch", str(tmp_path / "nosuch.py"))
    assert outcome.code == 2
    assert "does not exist" in outcome.err
