"""The group of reference commands and their table."""

from __future__ import annotations

import click

from gradcheck.cli.group import CommandRow, RegistryGroup
from gradcheck.cli.language import lang_option

__all__ = ["ROWS", "references"]

PACKAGE = "gradcheck.cli.references"
ROWS = (
    CommandRow(
        name="list", target=f"{PACKAGE}.listing:listing", summary="Show every network and what is expected of it."
    ),
    CommandRow(name="verify", target=f"{PACKAGE}.verify:verify", summary="Check the gradient of every network."),
    CommandRow(name="train", target=f"{PACKAGE}.train:train", summary="Train one network as its text does."),
    CommandRow(name="claims", target=f"{PACKAGE}.claims:claims", summary="Measure which of the texts' claims hold."),
    CommandRow(name="plot", target=f"{PACKAGE}.plot:plot", summary="Write the texts' figures to files."),
)


@click.command(cls=RegistryGroup, rows=ROWS, invoke_without_command=True)
@lang_option
@click.pass_context
def references(ctx: click.Context) -> int:
    """The networks of four published texts on back-propagation, as published and put right.

    Without a command: the list of networks.

    \b
    Examples:
      gradcheck references verify
      gradcheck references train 000-published
      gradcheck references claims --document 002 --seeds 100
      gradcheck references plot --format png --out figures
    """
    if ctx.invoked_subcommand is None:
        listing = ROWS[0].load()
        code: int = ctx.invoke(listing)
        return code
    return 0
