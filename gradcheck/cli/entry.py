"""From the shell into a command and back: exit codes, error lines, interrupts, and streams that can print anything."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import click

from gradcheck.cli.options import Session, debug_from_environment
from gradcheck.cli.root import root
from gradcheck.cli.screen import forgive_encodings
from gradcheck.errors import GradcheckError

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
    session = Session(debug=debug_from_environment())
    try:
        code = root.main(args=arguments, prog_name="gradcheck", standalone_mode=False, obj=session)
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        _say("Interrupted.")
        return INTERRUPTED
    except GradcheckError as error:
        _say(f"Error: {error}")
        return USAGE
    except Exception as error:  # noqa: BLE001 - a learner never sees a traceback of ours
        _say_bug(error, session)
        return USAGE
    return code if isinstance(code, int) else 0


def _say(line: str) -> None:
    click.echo(line, err=True)


def _say_bug(error: Exception, session: Session) -> None:
    if session.debug:
        traceback.print_exception(error, file=sys.stderr)
    hint = "" if session.debug else " Run it again with --debug for the details to report."
    message = " ".join(str(error).split())
    _say(f"gradcheck itself has failed: {type(error).__name__}: {message}. This is a bug of gradcheck.{hint}")
