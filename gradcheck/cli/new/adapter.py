"""``gradcheck new adapter``."""

from __future__ import annotations

from pathlib import Path

import click

from gradcheck.cli.options import debug_option, quiet_option, time_limit_option
from gradcheck.cli.screen import emit

__all__ = ["adapter"]


@click.command(short_help="Write an adapter for a file, filled in with what was found in it.")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it; by default NAME_adapter.py beside the file, - for standard output.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@time_limit_option
@quiet_option
@debug_option
def adapter(path: Path, out: Path | None, force: bool, time_limit: float | None, quiet: bool) -> int:  # noqa: FBT001
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
        raise click.UsageError(f"{place} exists already: give --force to write over it, or another --out.")
    try:
        draft = draft_adapter(path, time_limit=TIME_LIMIT if time_limit is None else time_limit)
        if not shown:
            place.write_text(draft.text, encoding="utf-8")
    except (SubmissionError, OSError) as error:
        raise click.UsageError(str(error)) from None
    if shown:
        emit(draft.text)
        return 0
    lines = [f"Written: {place}"]
    if draft.missing:
        lines.append(f"To fill in: {', '.join(draft.missing)}.")
    if draft.recognised and not quiet:
        lines.append(f"The file is recognised without it, too ({draft.recognised}).")
    if not quiet:
        lines.append(f"Use it: gradcheck check {path} --adapter {place}")
    emit("\n".join(lines))
    return 0
