"""What the command line itself says is Chinese where Chinese is spoken, and nothing that it says is left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from translation import english_left, unwrapped

import gradcheck.cli
from gradcheck.cli import root
from gradcheck.cli.completion import INSTALLED
from gradcheck.cli.demo.steps import NEXT
from gradcheck.cli.group import RegistryGroup
from gradcheck.cli.root import NEXT_STEPS
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.grading.assignment.ready import READY, ready_assignment

FOLDER = Path(gradcheck.cli.__file__).parent
# What stays English: the networks of the English texts, and the attacks of the sandbox.
ENGLISH = ("references", "sandbox.py")
# Typed words, and the one sentence that is said because a stream has no Chinese.
TYPED = {
    *(command for command, _ in (*NEXT_STEPS, *NEXT)),
    *INSTALLED.values(),
    "# To have it in every new shell:  ¦",
    (
        "The encoding of standard output, ¦, has no characters for ¦: this is said in English. "
        "Set PYTHONIOENCODING=utf-8 to have it in ¦."
    ),
}
MODULES = [path for path in sorted(FOLDER.rglob("*.py")) if path.relative_to(FOLDER).parts[0] not in ENGLISH]


def _help(group: click.Group) -> Iterator[str]:
    """The texts of ``--help``, which are translated where they are shown."""
    yield group.epilog or ""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(group, RegistryGroup):
            yield group.rows[name].summary
        yield command.short_help or ""
        yield from (each.help or "" for each in command.params if isinstance(each, click.Option))
        if isinstance(command, click.Group):
            yield from _help(command)


HELP = set(_help(root))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_every_message_is_translated(path: Path) -> None:
    """No text of three or more words is said as it is, but for help and for what is typed."""
    assert [text for text in unwrapped(path) if text not in HELP | TYPED] == []


def test_a_message_that_is_not_wrapped_is_seen(tmp_path: Path) -> None:
    """The test above can fail."""
    module = tmp_path / "module.py"
    module.write_text('raise click.UsageError(f"no such file {name} here today")\n', encoding="utf-8")
    assert unwrapped(module) == ["no such file ¦ here today"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("chek", "x.py"),
        ("network.py",),
        ("zzz",),
        ("check",),
        ("check", "--fromat", "x"),
        ("check", "--format", "x", "y.py"),
        ("check", "--seed", "x", "y.py"),
        ("check", "--rtol", "-1", "y.py"),
        ("fix", "a.py", "b.py"),
        ("fix", "a.py", "--no-backup"),
        ("grade", "x"),
        ("grade", "--self-test"),
        ("grade", "--self-test", "x", "--out", "y", "--assignment", "class.toml"),
        ("grade", "x", "--assignment", "clas.toml", "--out", "y"),
        ("grade", "x", "--assignment", "class.toml", "--out", "y", "--jobs", "2", "--scheduler", "z"),
        ("grade", "x", "--assignment", "class.toml", "--out", "y", "--junit", "nowhere/j.xml"),
        ("grade", "--gradescope", "--anonymous"),
        ("ci", ".", "--update-baseline"),
        ("ci", ".", "--sarif", "nowhere/s.sarif"),
        ("new", "assignment", "xor-class"),
        ("new", "assignment", "--out", "class.toml"),
        ("new", "ci"),
        ("new", "ci", "--provider", "tox", "--provider", "gitlab", "--out", "x"),
        ("new", "ci", "a$b"),
        ("bugs", "list"),
        ("bugs", "show", "sign-flp"),
        ("bugs", "show", "zzzzzz"),
        ("demo", "--keep", "."),
    ],
    ids=" ".join,
)
def test_what_is_said_is_chinese(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """No run of three English words in what is said, but for typed words and what the ready assignments are called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.toml").write_text("", encoding="utf-8")
    outcome = run("--lang", "zh_CN", *arguments)
    said = "\n".join(line for line in (outcome.out + outcome.err).splitlines() if not line.startswith("用法："))
    assert any("\u4e00" <= character <= "\u9fff" for character in said)
    summaries = [ready_assignment(name).summary for name in READY]
    typed = [word for word in arguments if " " in word] + [command for command, _ in NEXT_STEPS]
    assert english_left(said, *summaries, *typed, "Configure Autograder") == []


@pytest.mark.parametrize("bug", CATALOGUE)
def test_every_bug_is_explained_in_chinese(run: Any, bug: str) -> None:
    """Every bug is explained in Chinese; the lines of its example are code."""
    outcome = run("bugs", "show", bug, "--lang", "zh_CN")
    assert outcome.code == 0
    prose = [line for line in outcome.out.splitlines() if not line.strip().startswith(("+ ", "- "))]
    assert english_left("\n".join(prose).partition("示例：")[0]) == []
