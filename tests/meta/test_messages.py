"""No message is missing in another language, and none is filled in otherwise than in English."""

from __future__ import annotations

import string
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "gradcheck" / "language" / "locale").rglob("*.po"))


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_catalogues_are_up_to_date() -> None:
    """Every message of the code is translated, no translation is left over, and what gettext reads is what is here."""
    command = [sys.executable, str(ROOT / "docs" / "messages.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_translations_are_filled_in_alike(path: Path) -> None:
    """A translation names the values that the English message names, and can be formatted."""
    with path.open("rb") as file:
        catalogue = read_po(file)
    wrong = []
    for message in catalogue:
        texts = message.id if isinstance(message.id, tuple | list) else (message.id,)
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if not message.id:
            continue
        try:
            expected, found = _fields(texts[-1]), set().union(*(_fields(text) for text in said))
        except ValueError:  # code with braces, which is never filled in
            expected, found = set(), set() if said == texts else {"other braces than in English"}
        if expected != found:
            wrong.append((texts[-1], said))
    assert wrong == []


def test_a_missing_message_is_told() -> None:
    """The check above can fail: a message without a translation, and one that nobody says any more."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import messages
    finally:
        sys.path.remove(str(ROOT / "docs"))
    catalogue = messages.Catalog(locale="zh_CN")
    catalogue.add("said", "说了")
    assert messages.missing(catalogue) == []
    catalogue.add("not said")
    assert messages.missing(catalogue) == ["not said"]
