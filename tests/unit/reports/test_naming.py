"""What bugs are called, and how sure that is."""

from __future__ import annotations

import pytest

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.records import DiagnosedBug
from gradcheck.reports import naming


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


@pytest.mark.parametrize("identifier", CATALOGUE)
def test_the_catalogue_names_a_bug(identifier: str) -> None:
    """The catalogue names a bug, and says what tells it apart."""
    assert naming.bug_title(identifier) == CATALOGUE[identifier].title
    assert naming.told_apart(identifier)
    assert "{" not in naming.told_apart(identifier)


def test_a_later_bug_has_a_name_too() -> None:
    """A later bug has a name too: its own id in words."""
    assert naming.bug_title("some-later-bug") == "some later bug"
    assert naming.told_apart("some-later-bug") == ""
