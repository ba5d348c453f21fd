"""From the shell into a command and back: exit codes, error lines, interrupts, and streams that can print anything."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import click

from gradcheck.cli.language import asked_for, can_show, speaking
from gradcheck.cli.meant import in_a_row
from gradcheck.cli.options import Session, debug_from_environment
from gradcheck.cli.root import root
from gradcheck.cli.screen import forgive_encodings
from gradcheck.errors import GradcheckError
from gradcheck.language import LANGUAGES, system_language, tr

__all__ = ["main"]

USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of the process by default.

    Returns
    -------
    int
        The exit code: 0 pass, 1 fail, 2 usage error or nothing could be checked, 3 inconclusive, 130 interrupted.
    """
    forgive_encodings()
    typed = sys.argv[1:] if arguments is None else list(arguments)
    try:
        language = _spoken(typed)
    except GradcheckError as error:
        _say_error(error)
        return USAGE
    with speaking(language):
        return _run(typed)


def _spoken(arguments: Sequence[str]) -> str:
    """The language that was asked for; English where standard output has no characters for it, which is said."""
    wanted = asked_for(arguments) or system_language()
    if can_show(sys.stdout, wanted):
        return wanted
    _say(
        f"The encoding of standard output, {sys.stdout.encoding}, has no characters for {wanted}: this is said in "
        f"English. Set PYTHONIOENCODING=utf-8 to have it in {wanted}."
    )
    return next(iter(LANGUAGES))


def _run(arguments: list[str]) -> int:
    session = Session(debug=debug_from_environment())
    try:
        code = root.main(args=arguments, prog_name="gradcheck", standalone_mode=False, obj=session)
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        _say(tr("Interrupted."))
        return INTERRUPTED
    except GradcheckError as error:
        _say_error(error)
        return USAGE
    except Exception as error:  # noqa: BLE001 - a learner never sees a traceback of ours
        _say_bug(error, session)
        return USAGE
    return code if isinstance(code, int) else 0


def _say(line: str) -> None:
    click.echo(line, err=True)


def _say_error(error: GradcheckError) -> None:
    _say(tr("Error: {message}", message=error))


def _say_bug(error: Exception, session: Session) -> None:
    if session.debug:
        traceback.print_exception(error, file=sys.stderr)
    message = " ".join(str(error).split())
    said = tr(
        "gradcheck itself has failed: {kind}: {message}. This is a bug of gradcheck.",
        kind=type(error).__name__,
        message=message,
    )
    _say(said if session.debug else in_a_row(said, tr("Run it again with --debug for the details to report.")))
