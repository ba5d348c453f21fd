"""What the pages say that a program can check: keys, exit codes, links, numbers of decisions."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import gradcheck
from gradcheck import CheckConfig, CheckReport, Problem, Verdict
from gradcheck.cli import root

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _report() -> CheckReport:
    """A failing report with all its parts."""
    config = CheckConfig(order_test=True)
    problem = Problem(lambda w: float(np.sum(w**3)), lambda w: 2 * w**2, np.array([1.0, 2.0, 3.0]))
    return gradcheck.check(problem, config=config)


def _cells(page: str, header: str) -> Iterator[list[str]]:
    """The rows of the tables of a page whose header row begins with ``header``."""
    inside = False
    for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith(f"| {header} "):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            yield cells


def test_every_json_key_is_described() -> None:
    """The page on JSON names each key of a report and of a block, and none that is not there."""
    described = {name for cells in _cells("reference/json.md", "key") for name in re.findall(r"`(\w+)`", cells[0])}
    document: dict[str, Any] = _report().to_dict()
    assert described == (set(document) | set(document["blocks"][0])) - {"schema"}


@pytest.mark.parametrize("verdict", list(Verdict), ids=lambda verdict: verdict.name)
def test_exit_codes_are_described(verdict: Verdict) -> None:
    """The page on exit codes gives each verdict the code that it has."""
    codes = {code for code, name, _ in _cells("reference/exit-codes.md", "code") if f"`{verdict.name}`" in name}
    assert codes == {str(verdict.exit_code)}


def _commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    """A group and all below it, by what is typed to run them."""
    yield prefix, group
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


COMMANDS = dict(_commands(root, "gradcheck"))


def _option_row(option: click.Option) -> list[str]:
    """The cells of an option: how it is typed, the values of a choice, the default, the words of ``--help``."""
    kind = "N" if isinstance(option.type, click.IntRange) else option.type.name.upper()
    metavar = "" if option.is_flag else f" {option.metavar or kind}"
    values = option.type.choices if isinstance(option.type, click.Choice) else ()
    given = isinstance(option.default, int | float | str | Path) and not option.is_flag
    return [
        f"`{', '.join(option.opts)}{metavar}`",
        ", ".join(f"`{value}`" for value in values),
        f"`{option.default}`" if given else "",
        option.help or "",
    ]


def _section(name: str) -> str:
    """The part of the page on the command line that is about one command."""
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^## `{name}( [^`a-z]*)?`\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    return str(found[1])


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_described(name: str) -> None:
    """The page on the command line lists each command's options with values, defaults and words, and no others."""
    command = COMMANDS[name]
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    rows = [_option_row(option) for option in options]
    lines = [line for line in _section(name).splitlines() if line.startswith("| `")]
    expected = ["| " + " | ".join(cells) + " |" for cells in rows]
    assert lines == expected, "docs/reference/cli.md should show:\n" + "\n".join(expected)


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_described(name: str) -> None:
    """The page on the command line says of each command what it does, its arguments and its exit codes."""
    section, command = _section(name), COMMANDS[name]
    assert (command.help or "").splitlines()[0] in section
    assert "Exit code" in section
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    typed = " ".join(str(argument.metavar) for argument in arguments)
    assert f"## `{name} {typed}`\n" in page if typed else f"## `{name}`\n" in page


def test_no_other_commands_are_described() -> None:
    """The page on the command line has a part for each command, in the order of ``--help``."""
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^## `(gradcheck(?: [a-z]+)*)", page, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that exists."""
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_decisions_are_numbered() -> None:
    """Decisions have four-digit numbers, each once, and the title repeats the number."""
    pages = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    numbers = [page.name[:4] for page in pages]
    assert len(set(numbers)) == len(numbers)
    assert [page.read_text(encoding="utf-8")[:7] for page in pages] == [f"# {number}." for number in numbers]


def test_readme_screen_is_real() -> None:
    """The README shows what the command prints, word for word; numbers may differ in their last digits."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ((command, screen),) = re.findall(r"```text\n\$ gradcheck (.*?)\n(.*?)\n```", readme, re.DOTALL)
    ran = subprocess.run(
        [Path(sysconfig.get_path("scripts")) / "gradcheck", *command.split()],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == Verdict.FAIL.exit_code, ran.stderr
    assert _without_numbers(ran.stdout) == _without_numbers(screen), f"python docs/readme_screen.py\n{ran.stdout}"


def _without_numbers(text: str) -> list[str]:
    """The words and signs of a text; runs of digits, and of blanks and rules that align them, are one."""
    return re.sub(r"-?\d[\d.]*(e[+-]?\d+)?", "0", text).replace("─", "").split()
