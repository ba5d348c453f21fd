"""The gradebook: what is kept, what is measured again, whose mark moved; and that nothing is lost."""

import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.gradebook import Gradebook, Key
from gradcheck.grading.gradebook.gradebook import Override

NOW = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
KEY = Key(digest="d", assignment="a", version="1", mode="marked")


def _record(forward: float = 2.0, gradient: float = 5.0, *, state: str = "graded") -> dict[str, Any]:
    marks = [{"item": "forward", "points": forward}, {"item": "gradient", "points": gradient}]
    marks = marks if state == "graded" else []
    points = forward + gradient if state == "graded" else None
    grade = {"state": state, "points": points, "of": 10.0, "fingerprint": None, "marks": marks, "submission": "?"}
    return {"schema": "gradcheck/diagnosis@1", "grade": grade}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Gradebook]:
    """A new one."""
    with Gradebook(tmp_path / "gradebook.sqlite") as opened:
        yield opened


def _other(**changes: str) -> Key:
    return Key(**{**{name: getattr(KEY, name) for name in ("digest", "assignment", "version", "mode")}, **changes})


def test_a_record_is_kept_by_content(book: Gradebook) -> None:
    """Two submissions of one content share it, each under its own key."""
    book.put("ada.py", KEY, _record(), NOW)
    assert book.record(KEY) == _record()
    assert book.holds("ada.py", KEY)
    assert not book.holds("bo.py", KEY)
    book.put("bo.py", KEY, _record(), NOW)
    assert [(key, record["grade"]["submission"]) for key, record in book.records()] == [
        ("ada.py", "ada.py"),
        ("bo.py", "bo.py"),
    ]


@pytest.mark.parametrize("field", ["digest", "assignment", "version", "mode"])
def test_whatever_changes_makes_another_record(field: str, book: Gradebook) -> None:
    """Nothing is taken from a run that measured something else."""
    book.put("ada.py", KEY, _record(), NOW)
    assert book.record(_other(**{field: "other"})) is None
    assert not book.holds("ada.py", _other(**{field: "other"}))


def test_a_fault_of_ours_is_run_again(book: Gradebook) -> None:
    """It is kept to be shown, and never taken for the last word."""
    book.put("ada.py", KEY, _record(state="internal"), NOW)
    assert book.record(KEY) is None
    assert not book.holds("ada.py", KEY)
    assert len(list(book.records())) == 1


def test_whose_mark_moved_and_why(book: Gradebook) -> None:
    """Items and the sum, with what has changed since."""
    assert book.put("ada.py", KEY, _record(), NOW) == []
    moves = book.put("ada.py", _other(assignment="b"), _record(gradient=6.0), NOW)
    assert [(move.item, move.before, move.after, move.why) for move in moves] == [
        ("", 7.0, 8.0, ("assignment",)),
        ("gradient", 5.0, 6.0, ("assignment",)),
    ]
    assert book.put("ada.py", _other(assignment="b", digest="e"), _record(gradient=6.0), NOW) == []
    (*_, last) = book.put("ada.py", KEY, _record(state="ungradable"), NOW)
    assert book.moves()[-1] == last
    assert [move.after for move in book.moves()] == [8.0, 6.0, None, None, None]


def test_ungradable_is_no_mark(book: Gradebook, tmp_path: Path) -> None:
    """NULL in the file, not zero."""
    book.put("ada.py", KEY, _record(state="ungradable"), NOW)
    database = sqlite3.connect(tmp_path / "gradebook.sqlite")
    try:
        assert database.execute("SELECT state, points FROM records").fetchall() == [("ungradable", None)]
    finally:
        database.close()


def test_who_is_gone_is_not_shown(book: Gradebook) -> None:
    """Kept, but no longer in the class; back again when handed in anew."""
    book.put("ada.py", KEY, _record(), NOW)
    book.put("bo.py", KEY, _record(), NOW)
    assert book.present(["bo.py"]) == ["ada.py"]
    assert [key for key, _ in book.records()] == ["bo.py"]
    assert not book.holds("ada.py", KEY)
    assert book.put("ada.py", KEY, _record(), NOW) == []
    assert [key for key, _ in book.records()] == ["ada.py", "bo.py"]


def test_overrides_survive_a_new_run(book: Gradebook) -> None:
    """They are a person's, with a reason; no run touches them."""
    given = Override(key="ada.py", item="gradient", points=6.0, reason="explained it in person")
    book.override(given, NOW)
    book.put("ada.py", KEY, _record(), NOW)
    book.put("ada.py", _other(assignment="b"), _record(gradient=0.0), NOW)
    assert book.overrides() == [given]
    assert book.withdraw("ada.py", "gradient")
    assert not book.withdraw("ada.py", "gradient")
    assert book.overrides() == []


def test_an_override_has_a_reason(book: Gradebook) -> None:
    """A number alone is refused."""
    with pytest.raises(GradingError, match="reason"):
        book.override(Override(key="ada.py", item="", points=1.0, reason="  "), NOW)


def test_any_text_is_kept(book: Gradebook) -> None:
    """What a program says need not be text that can be encoded."""
    said = {**_record(), "reason": "half a pair: \udcff, \ud800; \0; \U0001f600"}
    book.put("ada.py", KEY, said, NOW)
    assert book.record(KEY) == said


def test_settings_last(tmp_path: Path) -> None:
    """The seed of a class is drawn once."""
    with Gradebook(tmp_path / "g.sqlite") as book:
        assert book.setting("seed") is None
        book.keep("seed", "41")
    with Gradebook(tmp_path / "g.sqlite") as book:
        assert book.setting("seed") == "41"


WRITER = """
import datetime as dt, json, sys
from pathlib import Path
from gradcheck.grading.gradebook import Gradebook, Key
record = json.loads(sys.argv[2])
record["padding"] = "x" * 20000
with Gradebook(Path(sys.argv[1])) as book:
    for number in range(100000):
        key = Key(digest=str(number), assignment="a", version="1", mode="marked")
        book.put(f"s{number:05}", key, record, dt.datetime.now(dt.UTC))
        print(number, flush=True)
"""


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """What `put` has returned from is there; the file opens, and is sound."""
    place = tmp_path / "gradebook.sqlite"
    for delay in (0.0, 0.05, 0.13):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(place), json.dumps(_record())], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        said = process.stdout.read().split("\n")
        process.wait()
        process.stdout.close()
        whole = [int(line) for line in said if line.isdigit()][:-1]  # the last line may be cut
        with Gradebook(place) as book:
            held = [key for key, _ in book.records()]
        assert len(held) > max(whole, default=0)
    database = sqlite3.connect(place)
    try:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        database.close()


def _put_many(book: Gradebook, record: dict[str, Any]) -> None:
    for number in range(10):
        book.put(f"s{number}", _other(digest=str(number)), record, NOW)


def test_a_full_disk(tmp_path: Path) -> None:
    """What was kept before stays, the message says what to do, and with room the run goes on."""
    place = tmp_path / "gradebook.sqlite"
    large = {**_record(), "padding": "x" * 100_000}
    with Gradebook(place) as book:
        book._database.execute("PRAGMA max_page_count = 60")
        with pytest.raises(GradingError, match="disk is full") as told:
            _put_many(book, large)
        stored = len(list(book.records()))
        assert str(place) in str(told.value)
        assert "kept" in str(told.value)
        assert 1 <= stored < 10
        book._database.execute("PRAGMA max_page_count = 100000")
        book.put("later", _other(digest="later"), large, NOW)
    with Gradebook(place) as book:
        assert len(list(book.records())) == stored + 1


@pytest.mark.parametrize("spoilt", ["cut", "zeros", "noise", "mixed"])
def test_a_torn_log(spoilt: str, tmp_path: Path) -> None:
    """A power cut leaves anything at the end of the log: what came before stays, and the run goes on."""
    kept, rng = [], np.random.default_rng(7)
    with Gradebook(tmp_path / "gradebook.sqlite") as book:
        _put_many(book, _record())
        whole = [(tmp_path / f"gradebook.sqlite{end}").read_bytes() for end in ("", "-wal")]
    for number in range(24):
        place = tmp_path / str(number) / "gradebook.sqlite"
        place.parent.mkdir()
        place.write_bytes(whole[0])
        lost = int(rng.integers(1, len(whole[1])))
        head, tail = whole[1][:-lost], whole[1][-lost:]
        other = {"cut": b"", "zeros": bytes(lost), "noise": rng.bytes(lost), "mixed": tail[::-1]}[spoilt]
        place.with_name("gradebook.sqlite-wal").write_bytes(head + other)
        with Gradebook(place) as book:
            keys = [key for key, _ in book.records()]
            assert keys == [f"s{count}" for count in range(len(keys))]  # the first ones, whole
            assert all(record["grade"]["points"] == 7.0 for _, record in book.records())
            kept.append(len(keys))
            _put_many(book, _record())
            assert len(list(book.records())) == 10
    assert min(kept) < max(kept)


def _foreign(place: Path) -> None:
    database = sqlite3.connect(place)
    database.execute("CREATE TABLE mine (x)")
    database.commit()
    database.close()


def _newer(place: Path) -> None:
    with Gradebook(place) as book:
        book.keep("format", "99")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda place: place.write_bytes(b"no database at all" * 100), "no gradebook"),
        (_foreign, "another program"),
        (_newer, "format 99"),
        (lambda place: place.mkdir(), "unable to open"),
    ],
    ids=["text", "foreign", "newer", "folder"],
)
def test_what_is_no_gradebook(make: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    """Refused in words, and left as it was."""
    place = tmp_path / "g.sqlite"
    make(place)
    with pytest.raises(GradingError, match=message):
        Gradebook(place)


def test_two_runs_at_once_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And say so, if one never ends."""
    monkeypatch.setattr("gradcheck.grading.gradebook.gradebook.BUSY", 0.05)
    place = tmp_path / "g.sqlite"
    with Gradebook(place) as book, Gradebook(place) as other:
        other._database.execute("BEGIN IMMEDIATE")
        with pytest.raises(GradingError, match="another run"):
            book.put("ada.py", KEY, _record(), NOW)
        other._database.execute("COMMIT")
        book.put("ada.py", KEY, _record(), NOW)
