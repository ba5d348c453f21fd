"""``gradcheck new assignment``."""

from __future__ import annotations

import re
from pathlib import Path

import click

from gradcheck.cli.options import debug_option, quiet_option
from gradcheck.cli.screen import emit, emit_exactly

__all__ = ["assignment"]

# Of READY, which is imported when the command runs.
START = "binary-classifier"


@click.command(short_help="Write an assignment for a class, commented and valid as it is.")
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--from", "start", metavar="READY", help="Which ready assignment to start from; --list shows them.")
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it; by default NAME.toml, or assignment.toml; - for standard output.",
)  # fmt: skip
@click.option("--list", "listed", is_flag=True, help="Show the ready assignments, and write nothing.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@quiet_option
@debug_option
def assignment(
    name: str | None,
    start: str | None,
    out: Path | None,
    listed: bool,  # noqa: FBT001
    force: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
) -> int:
    """Write the file that says what a class was asked for, and what each part of it is worth.

    NAME is what it is called, or that of a ready assignment, which is then what it starts from. The file is commented,
    has a whole rubric, and can be used as it is: `gradcheck grade` reads it.

    Exit codes: 0 when it was written, 2 when it could not be.

    \b
    Examples:
      gradcheck new assignment --list
      gradcheck new assignment
      gradcheck new assignment "Week 3" --from softmax-classifier
      gradcheck new assignment xor-class --out course/xor.toml
    """
    from gradcheck.errors import GradingError
    from gradcheck.grading.assignment.ready import READY, ready_assignment

    if listed:
        emit("\n".join(_row(each) for each in READY))
        return 0
    own = name if name and name not in READY else None
    if start is None:
        start = name if name in READY else START
    place = out if out is not None else Path(f"{_file_name(name)}.toml")
    shown = str(place) == "-"
    if not shown and place.exists() and not force:
        raise click.UsageError(f"{place} exists already: give --force to write over it, or another --out.")
    try:
        ready = ready_assignment(start)
        text = ready.text if own is None else ready.titled(own)
        if not shown:
            place.write_text(text, encoding="utf-8")
    except (GradingError, OSError) as error:
        raise click.UsageError(str(error)) from None
    if shown:
        emit_exactly(text.encode())
        return 0
    lines = [f"Written: {place}"]
    if not quiet:
        lines.append(f"What students hand in is said at its top ({ready.summary})")
        lines.append(f"Use it: gradcheck grade submissions/ --assignment {place} --out results/")
    emit("\n".join(lines))
    return 0


def _row(name: str) -> str:
    from gradcheck.grading.assignment.ready import ready_assignment

    return f"{name:<20}{ready_assignment(name).summary}"


def _file_name(name: str | None) -> str:
    """A name for the file: letters and digits of the assignment's own, or ``assignment``."""
    words = re.findall(r"[^\W_]+", name or "")
    return "-".join(words).lower() or "assignment"
