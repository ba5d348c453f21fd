"""``gradcheck bugs``: the catalogue of what goes wrong in hand-written back-propagation."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.group import CommandRow, RegistryGroup
from gradcheck.cli.helping import Command
from gradcheck.cli.language import lang_option
from gradcheck.cli.meant import close_command, in_a_row, suggestion
from gradcheck.cli.options import any_seed_option, format_option, quiet_option, session_options
from gradcheck.cli.screen import draw, emit, output_console
from gradcheck.language import listed, mark, tr

if TYPE_CHECKING:
    from rich.console import Console

    from gradcheck.diagnosis.catalogue import Bug

__all__ = ["ROWS", "bugs", "listing", "show"]

EXAMPLE = mark("Example: - wrong, + right")
ROWS = (
    CommandRow(name="list", target="gradcheck.cli.bugs:listing", summary="Show every bug by its id."),
    CommandRow(name="show", target="gradcheck.cli.bugs:show", summary="Explain one bug: why, the formula, an example."),
)


def _forgotten(word: str) -> str | None:
    """The id of a bug was to be shown."""
    from gradcheck.diagnosis.catalogue import CATALOGUE

    return "show" if word in CATALOGUE else None


@click.command(cls=RegistryGroup, rows=ROWS, guess=_forgotten, invoke_without_command=True)
@lang_option
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


@click.command("list", cls=Command, short_help="Show every bug by its id.")
@format_option("text", "json")
@any_seed_option
@quiet_option
@session_options
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


def _begun(_ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Ids that a shell may complete."""
    from gradcheck.diagnosis.catalogue import CATALOGUE

    return [identifier for identifier in CATALOGUE if identifier.startswith(begun)]


@click.command("show", cls=Command, short_help="Explain one bug: why, the formula, an example.")
@click.argument("identifier", metavar="ID", shell_complete=_begun)
@format_option("text", "json")
@any_seed_option
@quiet_option
@session_options
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
        emit(f"{entry.id}: {in_textbook_names(tr(entry.what))}")
    else:
        draw(output_console(), lambda console: _print(entry, console))
    return 0


def _entry(identifier: str) -> Bug:
    """The bug of an id, or a usage error that names close ones."""
    from gradcheck.diagnosis.catalogue import CATALOGUE
    from gradcheck.reports.unicode import printable

    if identifier in CATALOGUE:
        return CATALOGUE[identifier]
    unknown, close = (
        tr("No such bug '{identifier}'.", identifier=printable(identifier)),
        close_command(identifier, CATALOGUE),
    )
    if close is None:
        raise click.UsageError(in_a_row(unknown, tr("`gradcheck bugs list` shows all ids.")))
    raise click.UsageError(in_a_row(unknown, suggestion(["gradcheck", "bugs", "show", close])))


def _list_to_dict() -> dict[str, Any]:
    from gradcheck.diagnosis.catalogue import CATALOGUE, CONVENTIONS

    return {
        "schema": "gradcheck/bugs@1",
        "bugs": [
            {
                "id": entry.id,
                "family": entry.family.value,
                "title": tr(entry.title),
                "gradient_wrong": entry.gradient_wrong,
            }
            for entry in CATALOGUE.values()
        ],
        "conventions": [
            {"id": each.id, "what": tr(each.what), "why": tr(each.why), "looks_like": list(each.looks_like)}
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
        "title": tr(entry.title),
        **{name: in_textbook_names(tr(getattr(entry, name))) for name in texts},
        "ratios": [tr(constant.formula) for constant in entry.constants],
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
    from gradcheck.reports.prose import Prose

    for family in Family:
        bug, what = tr("bug"), tr("what it is")
        table = headed_table(bug, what, unbroken=(bug,))
        for entry in CATALOGUE.values():
            if entry.family is family:
                table.add_row(Text(entry.id), Prose(tr(entry.title)))
        console.print(Text(tr(family.value), style="bold"), table, "", sep="\n")
    console.print(Text(tr("Looks like a bug, and is right"), style="bold"))
    console.print(bullets([f"{tr(each.what)} {tr(each.why)}" for each in CONVENTIONS]))


def _print(entry: Bug, console: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from gradcheck.reports.prose import Prose

    said = _to_dict(entry)
    console.print(Text(f"{said['title'][0].upper()}{said['title'][1:]}", style="bold"))
    console.print(Text(tr("{bug}, of the family: {family}", bug=entry.id, family=tr(entry.family.value)), style="dim"))
    for heading, lines in _parts(said):
        console.print("")
        console.print(Text(heading, style="bold"))
        for line in lines:
            style = {"- ": "red", "+ ": "green"}.get(line[:2], "")
            shown = Text(line, style=style) if heading == tr(EXAMPLE) else Prose(line)
            console.print(Padding(shown, (0, 0, 0, 2)))


def _parts(said: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Headings and their lines, without those that have none."""
    formulas = []
    if said["formula_right"]:
        formulas = [f"{tr('wrong')}  {said['formula_wrong']}", f"{tr('right')}  {said['formula_right']}"]
    others = []
    if said["same_as"]:
        others.append(tr("Nothing from outside tells it from {bugs}.", bugs=listed(said["same_as"])))
    if said["overlaps"]:
        others.append(tr("The same seen from another side: {bugs}.", bugs=listed(said["overlaps"])))
    ratios = []
    if said["ratios"]:
        ratios = [tr("Ratio to the true gradient: {ratios}.", ratios=tr(" or ").join(said["ratios"]))]
    parts = [
        (tr("What is wrong"), [said["what"]]),
        (tr("Why"), [said["why"]]),
        (tr("Formula"), formulas),
        (tr("Usual cause"), [said["cause"]]),
        (tr("How the numbers show it"), [said["signature"], *ratios]),
        (tr("What tells it from others"), [said["told_apart"], *others]),
        (tr(EXAMPLE), _changes(said["example"])),
    ]
    return [(heading, [line for line in lines if line]) for heading, lines in parts if any(lines)]


def _changes(example: dict[str, str] | None) -> list[str]:
    """The lines in which the wrong program and the right one differ."""
    if example is None:
        return []
    compared = difflib.ndiff(example["wrong"].splitlines(), example["right"].splitlines())
    return [line.rstrip() for line in compared if line[:2] in {"- ", "+ "} and line[2:].strip()]
