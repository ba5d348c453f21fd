"""The READMEs: their screens and recordings are what the commands print, and both languages say the same."""

from __future__ import annotations

import re
import runpy
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
MOST_BYTES = 60_000  # of a picture that everyone loads who looks at the page
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def screens() -> SimpleNamespace:
    """The script that writes the screens."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "readme_screen.py")))


@pytest.fixture(scope="module")
def recording() -> SimpleNamespace:
    """The script that records the demonstration."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "readme_recording.py")))


def _without_numbers(words: list[str]) -> list[str]:
    """Words and signs, in which runs of digits are one."""
    plain = re.sub(r"-?\d[\d.]*(e[+-]?\d+)?", "0", " ".join(words))
    return plain.replace("─", "").split()


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", READMES)
def test_the_screen_is_real(screens: SimpleNamespace, name: str) -> None:
    """Each shows one screen, word for word what its command prints; numbers may differ in their last digits."""
    page = _text(name)
    (found,) = screens.SCREEN.finditer(page)
    assert "\n--- a/xor_missing_factor.py\n" in found["shown"]
    now = screens.retold(page, ROOT)
    assert _without_numbers(now.split()) == _without_numbers(page.split()), "python docs/readme_screen.py"


def test_the_screens_are_in_their_languages(screens: SimpleNamespace) -> None:
    """What is said above the patch is English on the one page, Chinese on the other; the patch is the same."""
    english, chinese = (next(screens.SCREEN.finditer(_text(name)))["shown"] for name in READMES)
    assert not CHINESE.search(english)
    assert all(CHINESE.search(line) for line in chinese.partition("\n---")[0].strip().splitlines())
    assert english.partition("\n---")[2] == chinese.partition("\n---")[2]


def test_both_say_the_same() -> None:
    """Both have the same commands, marked alike, and lead to the same places in the same order."""
    english, chinese = map(_text, READMES)
    assert _commands(english) == _commands(chinese)
    assert [line for line in _commands(english) if line.startswith("<")] == [
        "<!-- command: use -->", "<!-- command: test -->",
    ]  # fmt: skip
    assert len(_commands(english)) == 5
    assert _places(english) == _places(chinese)
    assert f"]({READMES[1]})" in english
    assert f"]({READMES[0]})" in chinese


def _commands(page: str) -> list[str]:
    """Marks and commands of a page in their order, without the option that names a language."""
    plain = page.replace(" --lang zh_CN", "")
    return re.findall(r"^(<!-- command: \w+ -->|\$ .*|python3 .*)$", plain, re.MULTILINE)


def _places(page: str) -> list[str]:
    """Where links and pictures lead, but for the other language and its pages."""
    links = [place for place in LINK.findall(page) if place not in READMES and not place.startswith("docs/zh/")]
    return [re.sub(r"\.(en|zh_CN)\.svg$", ".svg", place) for place in links]


@pytest.mark.parametrize("language", ["en", pytest.param("zh_CN", marks=pytest.mark.slow)])
def test_the_recording_is_real(recording: SimpleNamespace, language: str) -> None:
    """The picture shows what the demonstration's commands print; numbers may differ in their last digits."""
    picture = (recording.PICTURES / f"demo.{language}.svg").read_text(encoding="utf-8")
    now = recording.recorded(recording.scenes(language))
    shown, expected = (_without_numbers(recording.shown_in(each)) for each in (picture, now))
    assert shown == expected, "python docs/readme_recording.py"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_recording_is_a_picture_alone(recording: SimpleNamespace, language: str) -> None:
    """It is well formed and small, fetches nothing, runs nothing, and stands still for who wants that."""
    text = (recording.PICTURES / f"demo.{language}.svg").read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}
    assert tags == {"svg", "style", "rect", "g", "circle", "text"}
    assert re.findall(r"https?://[^\s\"]+|url\(|@import|href", text) == ["http://www.w3.org/2000/svg"]
    assert "prefers-reduced-motion: reduce" in text
    assert "\n#s1 { visibility: visible }\n" in text  # and shows something where nothing can move
    words = recording.shown_in(text)
    assert {"check", "diagnose", "fix", "grade", "FAIL", "PASS"} <= set(words)
    assert recording.shown_in(text.replace(">PASS<", ">FAIL<")) != words
