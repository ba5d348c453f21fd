"""What bugs are called, and how sure that is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gradcheck.records import DiagnosedBug
from gradcheck.reports import naming
from gradcheck.reports.bug_words import BUG_WORDS


@pytest.mark.parametrize(
    ("confidence", "told"),
    [(1.0, "almost certain (99 %)"), (0.95, "almost certain (95 %)"), (0.9, "very likely (90 %)"),
     (0.6, "likely (60 %)"), (0.5, "possible (50 %)"), (0.1, "a guess (10 %)"), (0.0, "a guess (1 %)")],
)  # fmt: skip
def test_how_sure_in_words(confidence: float, told: str) -> None:
    """How sure in words, with the number."""
    assert naming.sureness(DiagnosedBug(bug="sign-flip", confidence=confidence, message="x")) == told


@pytest.mark.parametrize(("others", "told"), [(1, "one of these two: "), (2, "one of these three: "),
                                              (9, "one of these 10: "), (0, "")])  # fmt: skip
def test_look_alikes_are_counted(others: int, told: str) -> None:
    """Look-alikes are counted with the bug itself."""
    bug = DiagnosedBug(bug="a", confidence=0.9, message="x", same_as=tuple(f"b{n}" for n in range(others)))
    assert naming.sureness(bug) == f"{told}very likely (90 %)"


def test_the_catalogue_names_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue names a bug; a later id reads as its own words."""
    entry = SimpleNamespace(id="sign-flip", title="a sign the wrong way round", told_apart="the update line")
    monkeypatch.setattr(naming, "_catalogue", lambda: {entry.id: (entry.title, entry.told_apart)})
    assert naming.bug_title("sign-flip") == "a sign the wrong way round"
    assert naming.told_apart("sign-flip") == "the update line"
    assert naming.bug_title("double-mean") == BUG_WORDS["double-mean"]
    assert naming.bug_title("some-later-bug") == "some later bug"
    assert naming.told_apart("some-later-bug") == ""
