"""A click group whose commands stand in a table, none imported before it is called; a mistyped name is recognised."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from gradcheck.cli.helping import Translated
from gradcheck.cli.meant import close_command, in_a_row, suggestion
from gradcheck.language import listed, tr

__all__ = ["CommandRow", "RegistryGroup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRow:
    """One command: its name, the module and attribute that hold it, and its line in ``--help``."""

    name: str
    target: str
    summary: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


class RegistryGroup(Translated, click.Group):
    """A group over rows; ``--help`` lists them without importing any.

    Parameters
    ----------
    rows : sequence of CommandRow
    guess : callable
        ``guess(word)`` is the name of the command that a word was an argument for, or None.
    """

    def __init__(
        self,
        *arguments: Any,
        rows: Sequence[CommandRow] = (),
        guess: Callable[[str], str | None] = lambda _word: None,
        **keywords: Any,
    ) -> None:
        super().__init__(*arguments, **keywords)
        self.rows = {row.name: row for row in rows}
        self.guess = guess

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the table."""
        return list(self.rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """The command of that name, imported now."""
        row = self.rows.get(cmd_name)
        return None if row is None else row.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the table of commands from the rows' own summaries."""
        with formatter.section(tr("Commands")):
            formatter.write_dl([(row.name, tr(row.summary)) for row in self.rows.values()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        name = args[0]
        if name not in self.rows and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(self._unknown(ctx, args), ctx)
        return super().resolve_command(ctx, args)

    def _unknown(self, ctx: click.Context, typed: Sequence[str]) -> str:
        from gradcheck.reports.unicode import printable

        name, *others = typed
        group, shown = ctx.command_path.split(), printable(name)
        unknown = tr("No such command '{name}'.", name=shown)
        forgotten = self.guess(name)
        if forgotten is not None:
            return in_a_row(unknown, suggestion([*group, forgotten, *typed]))
        close = close_command(name, self.rows)
        if close is not None:
            return in_a_row(unknown, suggestion([*group, close, *others]))
        return in_a_row(unknown, tr("There are: {names}.", names=listed(self.rows)))
