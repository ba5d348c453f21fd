"""Which language is spoken, and messages in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gradcheck
from gradcheck import language
from gradcheck.errors import InvalidArgumentError
from gradcheck.language import messages

PACKAGE = Path(gradcheck.__file__).parent


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with language.using("en"):
        yield


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("en", "en"), ("en_GB.UTF-8", "en"), ("C", "en"), ("POSIX", "en"), ("English_United States.1252", "en"),
        ("zh", "zh_CN"), ("zh_CN.UTF-8", "zh_CN"), ("zh-Hans", "zh_CN"), ("zh_SG@pinyin", "zh_CN"),
        ("Chinese (Simplified)_China.936", "zh_CN"),
        ("zh_TW", None), ("zh-Hant-HK", None), ("Chinese (Traditional)_Taiwan.950", None), ("de_DE", None), ("", None),
    ],
)  # fmt: skip
def test_names_of_languages(name: str, expected: str | None) -> None:
    """In the forms of POSIX, BCP 47 and Windows."""
    assert language.language_of(name) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANGUAGE": "de:zh_CN:en", "LANG": "de_DE.UTF-8"}, "zh_CN"),
        ({"LC_MESSAGES": "zh_CN", "LANG": "en_US.UTF-8"}, "zh_CN"),
        ({"GRADCHECK_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"GRADCHECK_LANG": "zh", "LANG": "C"}, "zh_CN"),
    ],
)  # fmt: skip
def test_the_system_s_language(environment: dict[str, str], expected: str) -> None:
    """The variables in the order of gettext, ours before them; English where there is no translation."""
    assert language.system_language(environment) == expected


def test_no_such_language() -> None:
    """It says which there are, and speaks the one before."""
    with pytest.raises(InvalidArgumentError, match=r"language='fr': expected one of en \(English\), zh_CN"):
        language.use("fr")
    with pytest.raises(InvalidArgumentError, match="GRADCHECK_LANG=fr"):
        language.system_language({"GRADCHECK_LANG": "fr"})
    assert language.current() == "en"


def test_for_a_while() -> None:
    """And the one before afterwards, also where something fails."""
    spoken = []

    def fail() -> None:
        with language.using("zh-CN"):
            spoken.append(language.current())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [*spoken, language.current()] == ["zh_CN", "en"]


def test_templates() -> None:
    """Filled in where there are values, left alone where there are none; a text without a translation is English."""
    with language.using("zh_CN"):
        assert language.tr("nobody says this of {block}", block="W1") == "nobody says this of W1"
        assert language.tr("{'W': 1} is code") == "{'W': 1} is code"
        assert language.tr("") == ""  # which gettext takes for its header
        assert language.trn("{n} such thing in {place}", "{n} such things in {place}", 2, place="x") == (
            "2 such things in x"
        )
    assert language.mark("the same") == "the same"


def test_lists_and_sentences() -> None:
    """With the marks of each language, and capital letters where it has them."""
    said = {}
    for tag in ("en", "zh_CN"):
        with language.using(tag):
            said[tag] = (
                language.listed(["W1", 2], most=2),
                language.listed(range(4), most=2),
                language.clauses(["a", "b"]),
                language.phrases(["a", "b", "c"]),
                language.sentence("theta is wrong"),
                language.sentence("net.py is wrong", capital=False),
                language.sentence("is it?"),
            )
    assert said["en"] == ("W1, 2", "0, 1, ...", "a; b", "a, b, c", "Theta is wrong.", "net.py is wrong.", "Is it?")
    assert said["zh_CN"] == ("W1、2", "0、1 等", "a；b", "a，b，c", "theta is wrong。", "net.py is wrong。", "is it?")


def test_english_is_looked_up_nowhere() -> None:
    """A check in the language of the messages loads neither gettext nor a catalogue."""
    program = (
        "import sys\nfrom gradcheck import language\nlanguage.prepare()\n"
        "assert language.tr('{n} is', n=1) + language.trn('{n} a', '{n} b', 2) == '1 is2 b'\n"
        "assert 'gettext' not in sys.modules\n"
        "language.use('zh')\nlanguage.prepare()\nassert 'gettext' in sys.modules\n"
        "assert language.tr('the gradient') != 'the gradient'\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != language.ENVIRONMENT}
    subprocess.run([sys.executable, "-S", "-c", program], check=True, cwd=PACKAGE.parent, env=environment)


def test_every_room_has_a_catalogue() -> None:
    """In every language but English, for every room."""
    for tag in set(language.LANGUAGES) - {"en"}:
        assert {path.stem for path in (messages.FOLDER / tag / "LC_MESSAGES").glob("*.mo")} == set(messages.ROOMS)
