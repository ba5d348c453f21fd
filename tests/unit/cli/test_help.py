"""``--help``: all of it in the language that is spoken, and in English just what click makes of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.shell_completion import CompletionItem
from rich.cells import cell_len
from translation import english_left

from gradcheck._version import __version__
from gradcheck.cli import root
from gradcheck.cli.helping import Translated, paragraphs
from gradcheck.cli.language import speaking
from gradcheck.cli.root import NEXT_STEPS
from gradcheck.language import ENVIRONMENT, LANGUAGES, tr

WIDTHS = (60, 80, 100)
# Names of programs and formats, which every language has.
NAMES = ("GitHub Actions", "Taylor", "Dask", "unified diff", "Classroom 50", "JUnit XML")


def _contexts(group: click.Group, above: click.Context | None = None) -> Iterator[click.Context]:
    """A context of each command, below those of its groups, as a run makes it."""
    context = group.context_class(
        group, info_name=group.name if above else "gradcheck", parent=above, **group.context_settings
    )
    yield context
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _contexts(command, context)
        else:
            yield command.context_class(command, info_name=name, parent=context, **command.context_settings)


def _paths() -> list[str]:
    return [context.command_path for context in _contexts(root)]


def _context(path: str) -> click.Context:
    return next(context for context in _contexts(root) if context.command_path == path)


def _help(path: str, width: int, language: str) -> str:
    with speaking(language):
        context = _context(path)
        context.terminal_width = width
        return context.get_help()


def _prose(text: str) -> str:
    """Without the usage, examples, and names of options and commands with their values."""
    kept = [line for line in text.splitlines() if not re.match(r"\s+(?:gradcheck|eval) |用法：", line)]
    return "\n".join(re.sub(r"^  (?:-|[a-z]+ ).*?(?:  +|$)", "", line) for line in kept)


@pytest.mark.parametrize("path", _paths())
def test_every_command_is_translated(path: str) -> None:
    """Commands, groups, and what is added to either, are of the kind that translates its help."""
    assert isinstance(_context(path).command, Translated)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", _paths())
def test_english_help_is_what_click_makes_of_it(path: str, width: int) -> None:
    """Neither a word nor a line break is another."""
    context = _context(path)
    plain = click.HelpFormatter(width=width)
    command = context.command
    command.format_usage(context, plain)
    command.format_help_text(context, plain)
    command.format_options(context, plain)
    command.format_epilog(context, plain)
    assert _help(path, width, "en") == plain.getvalue().rstrip("\n")


@pytest.mark.parametrize("path", _paths())
def test_nothing_of_the_help_stays_english(path: str) -> None:
    """Neither a text nor a word that click adds; and every text is there, with every option."""
    command = _context(path).command
    said = _help(path, 80, "zh_CN")
    assert english_left(_prose(said), *NAMES) == []
    assert not re.search(r"Usage|Options:|Commands:|Examples:|default:|required|OPTIONS|COMMAND|ARGS", said)
    options = [each for each in command.params if isinstance(each, click.Option)]
    texts = [*(each.help or "" for each in options), command.epilog or "", *paragraphs(command.help or "")]
    with speaking("zh_CN"):
        assert [text for text in texts if text and tr(text) == text] == []
        inside = re.sub(r"\s", "", said)
        assert [text for text in texts if re.sub(r"\s", "", tr(text)) not in inside] == []
    assert [name for each in options for name in each.opts if name not in said] == []


@pytest.mark.parametrize("path", _paths())
def test_the_word_for_a_value_is_translated(path: str) -> None:
    """In the usage and beside the option; what is said of each begins in one column, as wide as the names are."""
    command = _context(path).command
    said = _help(path, 200, "zh_CN")
    words = [each.metavar for each in command.params if each.metavar]
    with speaking("zh_CN"):
        assert [word for word in words if tr(word) == word] == []
        assert [word for word in words if tr(word) not in said] == []
    assert not re.search(r"\b(PATH|FILE|NUMBER|DIR|SECONDS|LANG)\b", _without_examples(said))
    beside = [match[0] for line in said.splitlines() if (match := re.match(r"  -.*?\S  +(?=\S)", line))]
    assert len({cell_len(name) for name in beside}) <= 1


def _without_examples(said: str) -> str:
    return "\n".join(line for line in said.splitlines() if not line.startswith("    gradcheck"))


def test_a_missing_value_has_the_name_that_the_help_gives_it(run: Any) -> None:
    """In either language."""
    assert "路径..." in run("check", "--lang", "zh_CN").err
    assert "PATH..." in run("check").err


def test_the_version_is_said_in_the_language_that_is_spoken(run: Any) -> None:
    """The number is the same."""
    english, chinese = run("--version").out.strip(), run("--lang", "zh_CN", "--version").out.strip()
    assert english == f"gradcheck, version {__version__}"
    assert chinese == f"gradcheck，版本 {__version__}"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", _paths())
def test_chinese_help_fits_the_terminal(path: str, width: int) -> None:
    """No line is wider, in cells, but examples and usage, which are typed; none begins with punctuation."""
    lines = _help(path, width, "zh_CN").splitlines()
    prose = [line for line in lines if not re.match(r"\s+(?:gradcheck|eval) ", line)]
    assert max(map(cell_len, prose)) <= width
    assert [line for line in prose if line.strip()[:1] in set("，。；：、）")] == []


def test_examples_are_the_same_in_every_language() -> None:
    """They are typed words."""
    for path in _paths():
        english, chinese = (
            [line for line in _help(path, 80, language).splitlines() if line.startswith("    gradcheck")]
            for language in ("en", "zh_CN")
        )
        assert english == chinese


def test_each_run_has_its_own_language(run: Any) -> None:
    """What was shown in another language before leaves nothing, also of what click keeps."""
    english = run("check", "--help").out
    chinese = run("check", "--help", "--lang", "zh_CN").out
    assert "显示这份帮助并退出。" in chinese
    assert run("check", "--help").out == english
    assert "Show this message and exit." in english


def test_help_of_a_process_speaks_its_language() -> None:
    """By the option and by the environment, from the program's start."""
    command = [sys.executable, "-m", "gradcheck"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    for words, language in ((["--lang", "zh_CN", "--help"], "en"), (["check", "--help"], "zh_CN")):
        shown = subprocess.run(
            [*command, *words], env={**environment, ENVIRONMENT: language}, capture_output=True, check=True
        ).stdout.decode("utf-8")
        assert "显示这份帮助并退出。" in shown
        assert english_left(_prose(shown), *NAMES) == []


def test_usage_of_an_error_is_translated(run: Any) -> None:
    """With the words that click puts into it."""
    assert "用法：gradcheck check [选项] 路径..." in run("check", "--lang", "zh_CN").err
    assert "用法：gradcheck new [选项] 命令 [参数]..." in run("new", "--lang", "zh_CN", "zzz").err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("check",), "缺少参数 '路径...'"),
        (("completion",), "可选的值："),
        (("new",), "缺少命令。"),
        (("check", "--seed", "x", "y.py"), "'x' 不是有效的整数"),
        (("check", "--rtol", "x", "y.py"), "'x' 不是有效的数"),
        (("grade", "--jobs", "0"), "不在范围 x>=1 内"),
        (("check", "--adapter"), "选项 '--adapter' 需要"),
        (("new", "gradescope"), "缺少选项 '--assignment'"),
        (("check", "--quiet=1", "y.py"), "不接受值"),
    ],
    ids=" ".join,
)
def test_errors_of_the_command_line_are_translated(run: Any, typed: tuple[str, ...], said: str) -> None:
    """Those that click tells, too."""
    outcome = run(typed[0], "--lang", "zh_CN", *typed[1:])
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert english_left(outcome.err, "bash", "zsh", "fish") == []


def test_numbers_are_refused_in_english_as_click_does(run: Any) -> None:
    """By the names that click has for them."""
    assert "'x' is not a valid integer range." in run("check", "--seed", "x", "y.py").err
    assert "'x' is not a valid float range." in run("check", "--rtol", "x", "y.py").err


def test_what_a_shell_completes_is_explained_in_chinese() -> None:
    """Commands and options, with what is said of each."""
    with speaking("zh_CN"):
        context = _context("gradcheck")
        items: list[CompletionItem] = root.shell_complete(context, "")
        assert [item.help for item in items if item.value == "check"] == ["判断文件中的梯度是否正确。"]
        options = root.shell_complete(context, "--l")
        assert ["输出所用的语言" in (item.help or "") for item in options] == [True]


def test_languages_that_the_help_names_are_those_that_there_are() -> None:
    """And the variable is the one that is read."""
    option = next(each for each in root.params if each.name == "lang")
    assert isinstance(option, click.Option)
    assert (
        option.help == f"Language of what is said: {' or '.join(LANGUAGES)}; by default {ENVIRONMENT}, or the system's."
    )


def test_paragraphs_are_one_line_each_without_examples() -> None:
    """As the catalogue has them."""
    text = "One line\n    of two.\n\n    Another.\n\n    \b\n    Examples:\n      gradcheck demo\n    "
    assert paragraphs(text) == ["One line of two.", "Another."]


def test_what_to_do_next_is_said_in_chinese(run: Any) -> None:
    """All but the commands."""
    shown = run("--lang", "zh_CN").out
    assert english_left(shown, *(command for command, _ in NEXT_STEPS)) == []
    assert max(map(cell_len, shown.splitlines())) <= 80
