"""No message is missing in another language, and none is filled in otherwise than in English."""

from __future__ import annotations

import importlib
import string
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import read_po
from translation import english_left, facts, unwrapped

from gradcheck.checks.places import State
from gradcheck.gate import Standing
from gradcheck.records import Severity

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "gradcheck" / "language" / "locale").rglob("*.po"))


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("room", sorted({path.stem for path in CATALOGUES}))
def test_catalogues_are_up_to_date(room: str) -> None:
    """Every message of the code is translated, no translation is left over, and what gettext reads is what is here."""
    command = [sys.executable, str(ROOT / "docs" / "messages.py"), "--check", room]
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


@pytest.fixture(name="messages")
def fixture_messages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program that keeps the catalogues."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("messages")


def test_messages_are_found_wherever_they_stand(
    messages: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In f-strings and in either branch too; what is put together before it is looked up is refused."""
    module = tmp_path / "module.py"
    module.write_text(
        'A = f"{tr(\'in a field\')}!"\nB = tr("one way" if A else "the other", x=tr("within"))\n'
        'C = trn("one", "many", 2)\nD = tr(A)\nE = language.mark("of the room")\n'
    )
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    found = [text for _, _, text in messages.extracted("check")]
    assert found == ["in a field", "one way", "the other", "within", ("one", "many"), "of the room"]
    module.write_text('A = tr(f"{1} thing")\n')
    with pytest.raises(SystemExit, match=r"module.py:1: an f-string cannot be translated"):
        list(messages.extracted("check"))


def test_help_of_commands_is_found(messages: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A command's paragraphs, without its examples, and what it says of its options; no docstring of anything else."""
    module = tmp_path / "module.py"
    module.write_text(
        'import click\n\n@click.command(short_help="In short.")\n@click.option("--n", help="How many.")\n'
        'def said(n):\n    """At length,\n    on two lines.\n\n    More.\n\n'
        '    \\b\n    Examples:\n      x y z\n    """\n\n'
        'def other():\n    """Not said."""\n'
    )
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    assert {text for _, _, text in messages.extracted("check")} == {
        "In short.", "How many.", "At length, on two lines.", "More.",
    }  # fmt: skip
    module.write_text('parser.add_argument("--n", help="Of another program.")\n')
    assert list(messages.extracted("check")) == []


def test_a_missing_message_is_told(messages: ModuleType) -> None:
    """The check above can fail: a message without a translation, and one that nobody says any more."""
    catalogue = messages.Catalog(locale="zh_CN")
    catalogue.add("said", "说了")
    assert messages.missing(catalogue) == []
    catalogue.add("not said")
    assert messages.missing(catalogue) == ["not said"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("梯度 the loss is inf。", ["the loss is inf"]),
        ("Only W1 is wrong: look at the line", ["is wrong: look at the line"]),
        ("wrong\n   on two lines", ["wrong on two lines"]),
        ("再检查一次：gradcheck check 'my file.py' a/net.py --seed 3", []),
        ("试试 --oracle complex-step 或 --oracle autodiff", []),
        ("请写成 np.sum(delta, axis=0, keepdims=True) 或 lambda rate: step(rate)", []),
        ("bias-sum-without-axis 和 input-mutated softmax-elementwise", []),
        ("FAIL INVALID float64 W1 b1", []),
        ("两个 relative error", []),
        ("ValueError: oh my dear", []),
    ],
)
def test_what_is_left_in_english_is_found(text: str, expected: list[str]) -> None:
    """Three words in a row, across lines too; not what is code, a command, a name or allowed."""
    assert english_left(text, "oh my dear") == expected


def test_facts_are_numbers_names_and_verdicts() -> None:
    """Each as often as it is said."""
    assert facts("FAIL  net.py: W1 is 1,000 times off (2e-9), W1 of (2, 4).") == {
        "FAIL": 1, "net.py": 1, "W1": 2, "1,000": 1, "2e-9": 1, "2": 1, "4": 1,
    }  # fmt: skip


# By room and module what stays English, and why; the rest of a room's texts of three words and more are messages.
STAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "check": {
        # Python's and NumPy's own words, where ours take their place.
        "__init__.py": ("module 'gradcheck' has no attribute ¦",),
        "oracles/autodiff/boxes.py": (
            "¦ object has no attribute ¦",
            "can only convert an array of size 1 to a Python scalar",
        ),
        # Names of points, which programs read in the JSON, and states that nobody sees.
        "checks/investigation.py": ("fresh at scale ¦",),
        "checks/saturation.py": ("fresh, outputs equal", "fresh, outputs halved ¦ times"),
        "checks/places.py": tuple(state.value for state in State),
        "records/verdicts.py": tuple(severity.value for severity in Severity),
        # What git says, what a program says of itself, and what JSON does not hold.
        "gate/changes.py": ("not a git repository",),
        "gate/outcome.py": (Standing.KNOWN.value,),
        # Said of a language, to somebody who may not read the one that is spoken.
        "language/choosing.py": ("¦: expected one of ¦; there is no other translation yet",),
        # The fonts that figures are drawn in have no Chinese characters.
        "reports/figures.py": ("*",),
        "reports/figures_check.py": ("*",),
        # Styles of the terminal.
        "reports/gate.py": ("not bold default",),
        "reports/terminal.py": ("not bold default",),
    },
}


@pytest.mark.parametrize("room", STAYS)
def test_every_text_of_a_room_is_a_message(messages: ModuleType, room: str) -> None:
    """Or is known to stay English; and what is known so is still there."""
    found = {}
    for path in messages.files_of(room):
        texts = set(unwrapped(path)) if path.suffix == ".py" else set()
        if texts:
            found[path.relative_to(messages.PACKAGE).as_posix()] = texts
    expected = {name: found.get(name, set()) if "*" in texts else set(texts) for name, texts in STAYS[room].items()}
    assert found == expected


def test_texts_that_are_not_wrapped_are_found(tmp_path: Path) -> None:
    """Outside docstrings and marks, f-strings too."""
    module = tmp_path / "module.py"
    module.write_text(
        '"""What it is for."""\nA = mark("this is marked")\nB = "this is not marked"\n'
        'def f(x):\n    """What it says at all."""\n    return tr("this is said", x=x) + f"{x} is not said {x}"\n'
    )
    assert unwrapped(module) == ["this is not marked", "¦ is not said ¦"]
