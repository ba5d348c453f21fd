"""``gradcheck new adapter``."""

from __future__ import annotations

from pathlib import Path

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.meant import typed
from gradcheck.cli.new.written import tell, written_options
from gradcheck.cli.options import time_limit_option
from gradcheck.cli.paths import FILE, NEW_FILE, exists_already
from gradcheck.cli.screen import emit
from gradcheck.language import listed, tr

__all__ = ["adapter"]


@click.command(cls=Command, short_help="Write an adapter for a file, filled in with what was found in it.")
@click.argument("path", metavar="FILE", type=FILE)
@click.option(
    "--out", metavar="FILE", type=NEW_FILE,
    help="Where to write it; by default NAME_adapter.py beside the file, - for standard output.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@time_limit_option
@written_options
def adapter(
    path: Path,
    out: Path | None,
    force: bool,  # noqa: FBT001 - by name
    time_limit: float | None,
    output_format: str,
    quiet: bool,  # noqa: FBT001 - by name
) -> int:
    """Write an adapter for a file: the few lines that tell gradcheck how to drive code that it does not recognise.

    FILE is a Python file or a notebook. It is run as for a check; the functions, classes, parameters and data that
    were found are filled in. Where they say enough the adapter runs as it is written; what is to be filled in by hand
    is said.

    Exit codes: 0 when it was written, 2 when it could not be.

    \b
    Examples:
      gradcheck new adapter odd.py
      gradcheck new adapter odd.py --out adapters/odd.py --force
    """
    from gradcheck.errors import SubmissionError
    from gradcheck.submissions.adapter_writing import draft_adapter
    from gradcheck.submissions.request import TIME_LIMIT

    place = out if out is not None else path.with_name(f"{path.stem}_adapter.py")
    shown = str(place) == "-"
    if not shown and place.exists() and not force:
        raise click.UsageError(exists_already(place))
    try:
        draft = draft_adapter(path, time_limit=TIME_LIMIT if time_limit is None else time_limit)
        if not shown:
            place.write_text(draft.text, encoding="utf-8")
    except (SubmissionError, OSError) as error:
        raise click.UsageError(str(error)) from None
    if shown:
        emit(draft.text)
        return 0
    lines = []
    if draft.missing:
        lines.append(tr("To fill in: {names}.", names=listed(draft.missing)))
    if draft.recognised and not quiet:
        lines.append(tr("The file is recognised without it, too ({interface}).", interface=draft.recognised))
    if not quiet:
        lines.append(tr("Use it: {command}", command=typed(["gradcheck", "check", str(path), "--adapter", str(place)])))
    tell(output_format, [place], lines)
    return 0
