"""What the pages say that a program can check: keys, exit codes, links, numbers of decisions."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import gradcheck
from gradcheck import CheckConfig, CheckReport, Problem, Verdict
from gradcheck.cli import root
from gradcheck.schemas import SCHEMAS, load_schema

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("[!_]*.md")),
    *sorted(page for page in (ROOT / "docs").glob("[!_]*/**/*.md") if page.parent.name != "bugs"),  # written
]


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


@pytest.fixture(scope="module")
def command_page() -> Iterator[str]:
    """The generated part of the page on the command line."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        yield importlib.import_module("command_pages").pages()["commands.md"]
    finally:
        sys.path.remove(str(ROOT / "docs"))


def _section(page: str, name: str) -> str:
    (found,) = re.findall(rf"^## `{name}(?: [^`a-z]*)?`\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_described(name: str, command_page: str) -> None:
    """Each option in a row of its own: every way to type it, values, default, and nothing that is no option."""
    options = [each for each in COMMANDS[name].params if isinstance(each, click.Option) and not each.hidden]
    rows = [line for line in _section(command_page, name).splitlines() if line.startswith("| `")]
    assert len(rows) == len(options)
    for option, row in zip(options, rows, strict=True):
        spelt, values, default, meaning = (cell.strip() for cell in row.strip("|").split(" | "))
        assert set(re.findall(r"(?<!\S|\w)--?[a-z][\w-]*", spelt.replace("`", " "))) == {
            *option.opts,
            *option.secondary_opts,
        }
        assert values.replace("`", "").split(", ") == (
            list(option.type.choices) if isinstance(option.type, click.Choice) else [""]
        )
        if isinstance(option.default, int | str) and not option.is_flag:
            assert default == f"`{option.default}`"
        assert meaning.replace("`", "") == (option.help or "").replace("`", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_described(name: str, command_page: str) -> None:
    """What each does, its arguments, its examples and its exit codes."""
    section, command = _section(command_page, name), COMMANDS[name]
    assert (command.help or "").splitlines()[0] in section
    assert re.search(r"Exit", section)
    typed = " ".join([name, *(str(each.metavar) for each in command.params if isinstance(each, click.Argument))])
    assert f"## `{typed}`\n" in command_page
    said = inspect.cleandoc(command.help or "").splitlines()  # Python 3.13 takes the indentation away itself
    examples = [line.strip() for line in said if line.startswith("  gradcheck ")]
    assert examples == [line for line in section.splitlines() if line.startswith("gradcheck ")]


def test_no_other_commands_are_described(command_page: str) -> None:
    """A part for each command, in the order of ``--help``; and the page includes it."""
    assert re.findall(r"^## `(gradcheck(?: [a-z]+)*)", command_page, re.MULTILINE) == list(COMMANDS)
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert "```{include} ../_generated/commands.md\n```" in page


def test_notes_are_of_commands(command_page: str) -> None:
    """What the page adds to ``--help`` belongs to a command that there is."""
    notes = importlib.import_module("command_pages").NOTES
    assert set(notes) <= set(COMMANDS)
    assert all(note in command_page for note in notes.values())


def test_schemas_are_described() -> None:
    """Every key of every schema, also of the objects within, stands on the page of schemas."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        page = importlib.import_module("schema_pages").pages()["schemas.md"]
    finally:
        sys.path.remove(str(ROOT / "docs"))
    parts = dict(
        re.findall(r"^\(([a-z-]+)-schema\)=\n(.*?)(?=^\([a-z-]+-schema\)=|\Z)", page, re.DOTALL | re.MULTILINE)
    )
    assert list(parts) == list(SCHEMAS)
    for name in SCHEMAS:
        schema = load_schema(name)
        described = {
            key for row in re.findall(r"^\| `([\w.\[\]]+)`", parts[name], re.MULTILINE) for key in row.split(".")
        }
        keys = set(schema["properties"])
        for definition in schema.get("$defs", {}).values():
            if "$id" not in definition:  # another schema, which has a section of its own
                keys |= set(definition.get("properties", {}))
        assert keys <= {key.removesuffix("[]") for key in described}, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that exists."""
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_integration_is_on_the_page_of_names() -> None:
    """Those that are imported by name; a plugin, an autograder's inside and what they share are not."""
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"automodule:: gradcheck\.integrations\.(\w+)", page))
    found = {path.stem for path in (ROOT / "gradcheck" / "integrations").iterdir() if not path.name.startswith("_")}
    assert found - listed == {"functions", "gradescope", "pytest_plugin"}
    assert listed <= found


def test_contributing_names_files_that_exist() -> None:
    """Every path and file that it names, and every tox environment; those in capitals are yours to fill in."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|toml|md))`", page)
    given = [name for name in named if not re.search(r"[A-Z]{3}", name) or (ROOT / name).exists()]
    tracked = {
        path.name
        for folder in ("gradcheck", "reference_impls", "benchmarks", "tests", "docs")
        for path in (ROOT / folder).rglob("*.py")
    }
    missing = [name for name in given if not (ROOT / name).exists() and name not in tracked]
    assert len(given) > 25
    assert missing == []
    environments = set(re.findall(r"tox -e ([a-z]+)\b", page))
    assert environments <= set(
        re.findall(r"^\[testenv:([\w-]+)\]", (ROOT / "tox.ini").read_text("utf-8"), re.MULTILINE)
    )
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert set(re.findall(r"^\| `tests/(\w+)` ", page, re.MULTILINE)) == folders


def test_decisions_are_numbered() -> None:
    """Decisions have four-digit numbers, each once, and the title repeats the number."""
    pages = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    numbers = [page.name[:4] for page in pages]
    assert len(set(numbers)) == len(numbers)
    assert [page.read_text(encoding="utf-8")[:7] for page in pages] == [f"# {number}." for number in numbers]
