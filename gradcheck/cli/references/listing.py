"""``gradcheck references list``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import any_seed_option, format_option, quiet_option, session_options
from gradcheck.cli.references.catalogue import Variant, load_catalogue
from gradcheck.cli.screen import draw, emit, output_console

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["listing"]


@click.command("list", cls=Command, short_help="Show every network and what is expected of it.")
@format_option("text", "json")
@any_seed_option
@quiet_option
@session_options
def listing(output_format: str, quiet: bool) -> int:  # noqa: FBT001 - click passes it by name
    """Show every network and what a gradient check is expected to say of it.

    With -q: the ids alone.

    \b
    Examples:
      gradcheck references list
      gradcheck references list --format json
    """
    variants = load_catalogue().variants
    if output_format == "json":
        listed = [_to_dict(variant) for variant in variants]
        emit(json.dumps({"schema": "gradcheck/references-list@1", "variants": listed}, indent=2))
    elif quiet:
        emit("\n".join(variant.id for variant in variants))
    else:
        draw(output_console(), lambda console: _print(variants, console))
    return 0


def _to_dict(variant: Variant) -> dict[str, Any]:
    return {
        "id": variant.id,
        "document": variant.document,
        "form": variant.form,
        "title": variant.title,
        "network": variant.network,
        "source": variant.source,
        "expected_verdict": variant.expected_verdict,
        "expected_bugs": list(variant.expected_bugs),
        "expected_findings": list(variant.expected_findings),
        "note": variant.note,
    }


def _print(variants: Any, console: Console) -> None:
    from rich.text import Text

    from gradcheck.records import Verdict
    from gradcheck.reports.blocks import VERDICT_STYLES
    from gradcheck.reports.layout import headed_table

    table = headed_table("variant", "expected", "what it is", unbroken=("variant",))
    for variant in variants:
        verdict = variant.expected_verdict.upper()
        expected = Text(verdict, style=VERDICT_STYLES[Verdict[verdict]])
        table.add_row(Text(variant.id), expected, Text("; ".join((variant.title, *variant.expected_bugs))))
    console.print(table)
