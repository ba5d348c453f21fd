"""The language of a run: where it is named, what click says in it, and what is left as it was afterwards."""

from __future__ import annotations

import gettext
import inspect
import io
import os
import re
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from gradcheck import language
from gradcheck.cli.language import CLICK_SAYS, asked_for, can_show, speaking
from gradcheck.language import tr

CHINESE = "这个文件里的梯度对吗"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--lang", "zh_CN", "check", "x.py"], "zh_CN"),
        (["check", "x.py", "--lang=zh-CN"], "zh_CN"),
        (["--lang", "zh", "check", "--lang", "en"], "en"),
        (["check", "x.py"], None),
        (["check", "--", "--lang", "zh"], None),
        (["--lang", "tlh"], None),
        (["check", "--lang"], None),
        ([], None),
    ],
    ids=str,
)
def test_the_language_is_found_before_anything_else_is_understood(arguments: list[str], found: str | None) -> None:
    """The language is found before anything else is understood; the last that is named counts."""
    assert asked_for(arguments) == found


@pytest.mark.parametrize(
    "arguments",
    [["--lang", "zh_CN"], ["--lang=zh"], ["--lang", "zh_CN.UTF-8"]],
    ids=str,
)
def test_before_the_command(run: Any, arguments: list[str]) -> None:
    """Before the command."""
    assert CHINESE in run(*arguments).out


@pytest.mark.parametrize("command", ["check", "diagnose", "fix", "grade"])
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_errors_of_the_command_line_are_told_in_it(run: Any, command: str, first: bool) -> None:
    """Errors of the command line are told in it, wherever it is named."""
    words = ["--lang", "zh_CN", command] if first else [command, "--lang", "zh_CN"]
    outcome = run(*words, "--fromat", "json", "x.py")
    assert (outcome.code, outcome.out) == (2, "")
    assert "没有 '--fromat' 这个选项" in outcome.err or "没有这个选项：--fromat" in outcome.err
    assert re.search("你是不是想用 '?--format", outcome.err)  # quotes, as of click 8.4
    assert re.search(f"运行 'gradcheck {command} (-h|--help)' 查看帮助", outcome.err)


def test_the_environment_decides_where_nothing_is_named(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment decides where nothing is named, and an option over it."""
    monkeypatch.setenv("GRADCHECK_LANG", "zh")
    assert CHINESE in run().out
    assert CHINESE not in run("--lang", "en").out
    monkeypatch.delenv("GRADCHECK_LANG")
    monkeypatch.setenv("LANGUAGE", "")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert CHINESE in run().out
    monkeypatch.setenv("LC_ALL", "C")
    assert CHINESE not in run().out


def test_an_unknown_language_is_a_usage_error(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown language is a usage error that names those that there are; so is one of the environment."""
    for arguments in (["--lang", "tlh"], ["check", "x.py", "--lang", "tlh"], ["bugs", "--lang", "tlh", "list"]):
        outcome = run(*arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert "'tlh'; there are: en (English), zh_CN (简体中文)." in outcome.err
    monkeypatch.setenv("GRADCHECK_LANG", "tlh")
    outcome = run("check", "x.py")
    assert (outcome.code, outcome.out) == (2, "")
    assert "GRADCHECK_LANG=tlh" in outcome.err


def test_nothing_of_it_is_left(run: Any) -> None:
    """Neither the language nor the environment nor gettext's domain is another after a run."""
    before = (language.current(), gettext.textdomain(), dict(os.environ))
    run("--lang", "zh_CN")
    assert (language.current(), gettext.textdomain(), dict(os.environ)) == before


def test_what_is_started_meanwhile_speaks_the_same() -> None:
    """What is started meanwhile speaks the same."""
    with speaking("zh_CN"):
        assert os.environ["GRADCHECK_LANG"] == "zh_CN"
        assert tr("Checking") == "正在检查"


def test_a_stream_that_cannot_show_it_gets_english_and_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stream without the characters gets English, and standard error says how to have them."""
    from gradcheck.cli import main

    narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert main(["--lang", "zh_CN"]) == 2
    narrow.flush()
    assert b"is the gradient in this file right" in narrow.buffer.getvalue()  # type: ignore[attr-defined]
    assert "PYTHONIOENCODING=utf-8" in capsys.readouterr().err


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", True), ("gbk", True), ("cp1252", False), ("ascii", False)])
def test_which_streams_can_show_chinese(encoding: str, shown: bool) -> None:
    """Which streams can show Chinese."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert can_show(stream, "zh_CN") is shown
    assert can_show(stream, "en")
    assert can_show(io.StringIO(), "zh_CN")


def test_click_says_what_is_translated_for_it() -> None:
    """Most of the messages are in the click that is installed; the others are of other releases."""
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(inspect.getfile(click)).parent.glob("*.py"))
    first = [message if isinstance(message, str) else message[0] for message in CLICK_SAYS]
    assert len([message for message in first if message in sources]) >= len(first) - 2
