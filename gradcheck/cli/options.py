"""Options that commands share, and the state that belongs to one run of the command line."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradcheck.cli.language import lang_option
from gradcheck.cli.paths import FILE
from gradcheck.language import tr

if TYPE_CHECKING:
    from gradcheck.submissions.isolation.terms import Terms

__all__ = [
    "FloatRange",
    "IntRange",
    "Session",
    "any_seed_option",
    "debug_from_environment",
    "engine_options",
    "format_option",
    "quiet_option",
    "seed_option",
    "session_options",
    "submission_options",
    "time_limit_option",
]

ISOLATION_LEVELS = ("process", "limits", "filtered", "full")
DEBUG_VARIABLE = "GRADCHECK_DEBUG"
Function = TypeVar("Function", bound=Callable[..., Any])


class IntRange(click.IntRange):
    """Whole numbers, whose name is translated where one is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or a usage error."""
        self.name = tr("integer range")
        return super().convert(value, param, ctx)


class FloatRange(click.FloatRange):
    """Numbers, whose name is translated where one is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or a usage error."""
        self.name = tr("float range")
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):  # within any range, and no tolerance and no time
            self.fail(tr("{value} is not finite; give a number.", value=value), param, ctx)
        return number


@dataclass(slots=True)
class Session:
    """One run of the command line: whether an unexpected exception shows its traceback."""

    debug: bool = False


def debug_from_environment() -> bool:
    """Whether the environment asks for tracebacks."""
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")


def _adapter_option(function: Function) -> Function:
    """Add ``--adapter``."""
    option = click.option(
        "--adapter",
        metavar="FILE",
        type=FILE,
        help="A file with build(module, ...) -> gradcheck.Problem, for code whose interface is not recognised.",
    )
    return option(function)


def session_options(function: Function) -> Function:
    """Add what every command has: ``--lang`` and ``--debug``."""
    debug = click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_set_debug,
        help="Show the traceback of an error of gradcheck itself (or set GRADCHECK_DEBUG=1).",
    )
    return lang_option(debug(function))


def format_option(*formats: str) -> Callable[[Function], Function]:
    """Add ``--format``; the first of the formats is the default."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats, case_sensitive=False),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
    )


def _isolation_option(function: Function) -> Function:
    """Add ``--require-isolation``."""
    option = click.option(
        "--require-isolation",
        type=click.Choice(ISOLATION_LEVELS, case_sensitive=False),
        help="Run no file with less isolation than this; what this machine gives, `gradcheck sandbox` says.",
    )
    return option(function)


def submission_options(*own: Callable[[Any], Any], formats: tuple[str, ...]) -> Callable[[Function], Function]:
    """Add what every command has that runs files, ``--adapter`` first; the language and debugging last.

    Parameters
    ----------
    *own : callable
        Options of the one command, as ``click.option`` makes them; the help shows them after ``--adapter``.
    formats : tuple of str
        Of its result; the first is the default.
    """
    asked = (time_limit_option, _isolation_option, format_option(*formats), seed_option())

    def decorate(function: Function) -> Function:
        options: tuple[Callable[[Any], Any], ...] = (_adapter_option, *own, *asked, quiet_option, session_options)
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def engine_options(
    *, seed: int, require_isolation: str | None, adapter: Path | None, time_limit: float | None, **own: Any
) -> dict[str, Any]:
    """What the engine takes, from what ``submission_options`` let type; ``None`` where nothing was typed.

    Parameters
    ----------
    seed, require_isolation, adapter, time_limit
        As typed.
    **own
        Options of the one command that the engine takes as they are.
    """
    return {"rng": seed, "isolation": _terms(require_isolation), "adapter": adapter, "time_limit": time_limit, **own}


def _terms(require_isolation: str | None) -> Terms | None:
    if require_isolation is None:
        return None
    from gradcheck.submissions.isolation.confinement import Level
    from gradcheck.submissions.isolation.terms import Terms

    return Terms(require=Level[require_isolation.upper()])


def quiet_option(function: Function) -> Function:
    """Add ``-q``."""
    return click.option("-q", "--quiet", is_flag=True, help="One line a result, and no progress.")(function)


def seed_option(default: int | None = 0) -> Callable[[Function], Function]:
    """Add ``--seed``."""
    return click.option(
        "--seed",
        metavar="N",
        type=IntRange(min=0),
        default=default,
        show_default=default is not None,
        help="Seed of all random draws; the same seed gives the same output.",
    )


def any_seed_option(function: Function) -> Function:
    """Add ``--seed`` to a command that draws nothing: a script may give one to every command."""
    option = click.option(
        "--seed",
        metavar="N",
        type=IntRange(min=0),
        expose_value=False,
        help="Taken as by every command; nothing here is drawn.",
    )
    return option(function)


def time_limit_option(function: Function) -> Function:
    """Add ``--time-limit``."""
    option = click.option(
        "--time-limit",
        type=FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Seconds that loading a file, or any one evaluation in it, may take.",
    )
    return option(function)


def _set_debug(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: ARG001, FBT001 - click's
    if value and isinstance(ctx.obj, Session):
        ctx.obj.debug = True
