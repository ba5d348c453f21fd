"""``gradcheck bugs``: the catalogue of what goes wrong in hand-written back-propagation."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.group import CommandRow, RegistryGroup
from gradcheck.cli.options import debug_option, format_option, quiet_option
from gradcheck.cli.screen import draw, emit, output_console

if TYPE_CHECKING:
    from rich.console import Console

    from gradcheck.diagnosis.catalogue import Bug

__all__ = ["ROWS", "bugs", "listing", "show"]

ROWS = (
    CommandRow(name="list", target="gradcheck.cli.bugs:listing", summary="Show every bug by its id."),
    CommandRow(name="show", target="gradcheck.cli.bugs:show", summary="Explain one bug: why, the formula, an example."),
)


@click.command(cls=RegistryGroup, rows=ROWS, invoke_without_command=True)
@click.pass_context
def bugs(ctx: click.Context) -> int:
    """The bugs that hand-written back-propagation has, by the ids that a diagnosis names them with.

    Without a command: the list of bugs.

    \b
    Examples:
      gradcheck bugs list
      gradcheck bugs show missing-factor-2
    """
    if ctx.invoked_subcommand is None:
        code: int = ctx.invoke(listing)
        return code
    return 0


@click.command("list", short_help="Show every bug by its id.")
@format_option("text", "json")
@quiet_option
@debug_option
def listing(output_format: str, quiet: bool) -> int:  # noqa: FBT001 - click passes it by name
    """Show every bug by its id, family by family, and the conventions that look like bugs and are right.

    With -q: the ids alone.

    \b
    Examples:
      gradcheck bugs list
      gradcheck bugs list --format json
    """
    from gradcheck.diagnosis.catalogue import CATALOGUE

    if output_format == "json":
        emit(json.dumps(_list_to_dict(), indent=2))
    elif quiet:
        emit("\n".join(CATALOGUE))
    else:
        draw(output_console(), _print_list)
    return 0


@click.command("show", short_help="Explain one bug: why, the formula, an example.")
@click.argument("identifier", metavar="ID")
@format_option("text", "json")
@quiet_option
@debug_option
def show(identifier: str, output_format: str, quiet: bool) -> int:  # noqa: FBT001 - click passes it by name
    """Explain one bug: what is wrong, why, the right formula, how it shows, and an example.

    With -q: what is wrong, in a line.

    \b
    Examples:
      gradcheck bugs show missing-factor-2
      gradcheck bugs show updated-weights-used --format json
    """
    from gradcheck.diagnosis.catalogue.textbook import in_textbook_names

    entry = _entry(identifier)
    if output_format == "json":
        emit(json.dumps({"schema": "gradcheck/bug@1", **_to_dict(entry)}, indent=2))
    elif quiet:
        emit(f"{entry.id}: {in_textbook_names(entry.what)}")
    else:
        draw(output_console(), lambda console: _print(entry, console))
    return 0


def _entry(identifier: str) -> Bug:
    """The bug of an id, or a usage error that names close ones."""
    from gradcheck.diagnosis.catalogue import CATALOGUE

    if identifier in CATALOGUE:
        return CATALOGUE[identifier]
    close = difflib.get_close_matches(identifier.lower(), CATALOGUE, n=1, cutoff=0.5)
    meant = f"Did you mean '{close[0]}'?" if close else "`gradcheck bugs list` shows all ids."
    raise click.UsageError(f"No such bug '{identifier}'. {meant}")


def _list_to_dict() -> dict[str, Any]:
    from gradcheck.diagnosis.catalogue import CATALOGUE, CONVENTIONS

    return {
        "schema": "gradcheck/bugs@1",
        "bugs": [
            {"id": entry.id, "family": entry.family.value, "title": entry.title, "gradient_wrong": entry.gradient_wrong}
            for entry in CATALOGUE.values()
        ],
        "conventions": [
            {"id": each.id, "what": each.what, "why": each.why, "looks_like": list(each.looks_like)}
            for each in CONVENTIONS
        ],
    }


def _to_dict(entry: Bug) -> dict[str, Any]:
    from gradcheck.diagnosis.catalogue.textbook import in_textbook_names

    texts = ("what", "why", "formula_wrong", "formula_right", "cause", "signature", "told_apart")
    example = entry.example
    return {
        "id": entry.id,
        "family": entry.family.value,
        "title": entry.title,
        **{name: in_textbook_names(getattr(entry, name)) for name in texts},
        "ratios": [constant.formula for constant in entry.constants],
        "same_as": list(entry.same_as),
        "overlaps": list(entry.overlaps),
        "findings": list(entry.findings),
        "gradient_wrong": entry.gradient_wrong,
        "example": None if example is None else {"wrong": example.wrong, "right": example.right},
    }


def _print_list(console: Console) -> None:
    from rich.text import Text

    from gradcheck.diagnosis.catalogue import CATALOGUE, CONVENTIONS, Family
    from gradcheck.reports.layout import bullets, headed_table

    for family in Family:
        table = headed_table("bug", "what it is", unbroken=("bug",))
        for entry in CATALOGUE.values():
            if entry.family is family:
                table.add_row(Text(entry.id), Text(entry.title))
        console.print(Text(family.value, style="bold"), table, "", sep="\n")
    console.print(Text("Looks like a bug, and is right", style="bold"))
    console.print(bullets([f"{each.what} {each.why}" for each in CONVENTIONS]))


def _print(entry: Bug, console: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    said = _to_dict(entry)
    console.print(Text(f"{entry.title[0].upper()}{entry.title[1:]}", style="bold"))
    console.print(Text(f"{entry.id}, of the family: {entry.family.value}", style="dim"))
    for heading, lines in _parts(said):
        console.print("")
        console.print(Text(heading, style="bold"))
        for line in lines:
            style = {"- ": "red", "+ ": "green"}.get(line[:2], "") if heading.startswith("Example") else ""
            console.print(Padding(Text(line, style=style), (0, 0, 0, 2)))


def _parts(said: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Headings and their lines, without those that have none."""
    formulas = [f"wrong  {said['formula_wrong']}", f"right  {said['formula_right']}"] if said["formula_right"] else []
    others = [f"Nothing from outside tells it from {', '.join(said['same_as'])}."] if said["same_as"] else []
    others += [f"The same seen from another side: {', '.join(said['overlaps'])}."] if said["overlaps"] else []
    ratios = [f"Ratio to the true gradient: {' or '.join(said['ratios'])}."] if said["ratios"] else []
    parts = [
        ("What is wrong", [said["what"]]),
        ("Why", [said["why"]]),
        ("Formula", formulas),
        ("Usual cause", [said["cause"]]),
        ("How the numbers show it", [said["signature"], *ratios]),
        ("What tells it from others", [said["told_apart"], *others]),
        ("Example: - wrong, + right", _changes(said["example"])),
    ]
    return [(heading, [line for line in lines if line]) for heading, lines in parts if any(lines)]


def _changes(example: dict[str, str] | None) -> list[str]:
    """The lines in which the wrong program and the right one differ."""
    if example is None:
        return []
    compared = difflib.ndiff(example["wrong"].splitlines(), example["right"].splitlines())
    return [line.rstrip() for line in compared if line[:2] in {"- ", "+ "} and line[2:].strip()]
