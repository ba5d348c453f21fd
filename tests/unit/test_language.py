"""Which language is spoken, and messages in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gradcheck import language
from gradcheck.errors import InvalidArgumentError
from gradcheck.language import messages


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


def test_every_room_has_a_catalogue() -> None:
    """In every language but English, for every room."""
    for tag in set(language.LANGUAGES) - {"en"}:
        assert {path.stem for path in (messages.FOLDER / tag / "LC_MESSAGES").glob("*.mo")} == set(messages.ROOMS)
