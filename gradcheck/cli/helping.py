"""Commands whose ``--help`` is in the language that is spoken, folded as that language is."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable
from typing import Any

import click

from gradcheck.language import current, mark, tr

__all__ = ["Command", "Translated", "paragraphs"]

# What click writes into every help itself, in the words of its releases since 8.1.
CLICK_WRITES = (
    mark("Options"),
    mark("[OPTIONS]"),
    mark("COMMAND [ARGS]..."),
    mark("[COMMAND] [ARGS]..."),
    mark("default: {default}"),
    mark("required"),
)
HELP_OPTION = mark("Show this message and exit.")
EXAMPLES = mark("Examples:")
UNSEEN = "\u200b"  # behind a wide character: a blank of no width
AS_IT_IS = "\b"  # before a paragraph that click shall not fold
FOLDED_BY_CLICK = ("en",)  # languages with blanks between their words


def paragraphs(text: str) -> list[str]:
    """The messages of a help text: each paragraph on one line, without the examples, which are typed words."""
    parts = inspect.cleandoc(text).split("\n\n")
    return [" ".join(part.split()) for part in parts if not part.startswith(AS_IT_IS)]


class _Formatter(click.HelpFormatter):
    """Folds at the width of characters, and between Chinese ones, where click knows blanks alone."""

    def write(self, string: str) -> None:
        """Write, without what only made click count cells."""
        super().write(string.replace(UNSEEN, ""))

    def write_heading(self, heading: str) -> None:
        """A heading with the colon of its language."""
        self.write(" " * self.current_indent + tr("{heading}:", heading=heading) + "\n")

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """What is typed, behind the colon of its language."""
        super().write_usage(prog, args, tr("Usage: ") if prefix is None else prefix)

    def write_text(self, text: str) -> None:
        """Paragraphs, folded."""
        super().write_text(_folded(text, self.width - self.current_indent))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Options or commands, each with what is said of it beside it, folded."""
        rows = [(_counted_in_cells(name), text) for name, text in rows]
        beside = min(max(len(name) for name, _ in rows), col_max) + col_spacing
        room = max(self.width - beside - 2, 10)  # as click reckons it
        super().write_dl([(name, _folded(text, room)) for name, text in rows], col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


class Translated(click.Command):
    """What commands and groups have in common: help, options and usage in the language that is spoken."""

    context_class = _Context

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """What may be typed."""
        return [tr(piece) for piece in super().collect_usage_pieces(ctx)]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """``--help``, which click keeps in the language in which it was first asked for."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = tr(HELP_OPTION)
        return option

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of a copy of this command that has all of its texts translated."""
        spoken = copy.copy(self)
        spoken.help = None if self.help is None else _spoken(self.help)
        spoken.epilog = None if self.epilog is None else tr(self.epilog)
        spoken.params = [_spoken_of(each) for each in self.params]
        super(Translated, spoken).format_help(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take a command line apart; what is missing or wrong in it has the name that the help gives it."""
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as error:
            error.param = error.param and _spoken_of(error.param)
            raise

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """What may follow, with what is said of each."""
        items = super().shell_complete(ctx, incomplete)
        for item in items:
            item.help = item.help and tr(item.help)
        return items


class Command(Translated):
    """A command that is no group."""


def _spoken_of(parameter: click.Parameter) -> click.Parameter:
    """A copy with its help, and the word for its value, in the language that is spoken."""
    spoken = copy.copy(parameter)
    if spoken.metavar is not None:
        spoken.metavar = tr(spoken.metavar)
    if isinstance(spoken, click.Option) and spoken.help is not None:
        spoken.help = tr(spoken.help)
    return spoken


def _spoken(text: str) -> str:
    """A help text with its paragraphs translated; the lines of examples stay as they are."""
    said = iter([tr(message) for message in paragraphs(text)])
    parts = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        part.replace(EXAMPLES, tr(EXAMPLES), 1) if part.startswith(AS_IT_IS) else next(said) for part in parts
    )


def _counted_in_cells(name: str) -> str:
    """A name as long as it is wide: click takes a character for a cell."""
    if name.isascii():
        return name
    from rich.cells import cell_len

    return "".join(each + UNSEEN * (cell_len(each) - 1) for each in name)


def _folded(text: str, width: int) -> str:
    """A text with the lines that it shall have, where click would not find them."""
    if current() in FOLDED_BY_CLICK:
        return text
    from gradcheck.reports.prose import folded

    parts = text.split("\n\n")
    return "\n\n".join(
        part if part.startswith(AS_IT_IS) else "\n".join([AS_IT_IS, *folded(part, width)]) for part in parts
    )
