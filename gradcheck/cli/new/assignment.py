"""``gradcheck new assignment``."""

from __future__ import annotations

import re
from pathlib import Path

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.meant import typed
from gradcheck.cli.new.written import tell, written_options
from gradcheck.cli.paths import NEW_FILE, exists_already
from gradcheck.cli.screen import emit, emit_exactly
from gradcheck.language import tr

__all__ = ["assignment"]

# Of READY, which is imported when the command runs.
START = "binary-classifier"


def _begun(_ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Names of ready assignments that a shell may complete."""
    from gradcheck.grading.assignment.ready import READY

    return [name for name in READY if name.startswith(begun)]


@click.command(cls=Command, short_help="Write an assignment for a class, commented and valid as it is.")
@click.argument("name", metavar="[NAME]", required=False, shell_complete=_begun)
@click.option(
    "--from",
    "start",
    metavar="READY",
    shell_complete=_begun,
    help="Which ready assignment to start from; --list shows them.",
)
@click.option(
    "--out", metavar="FILE", type=NEW_FILE,
    help="Where to write it; by default NAME.toml, or assignment.toml; - for standard output.",
)  # fmt: skip
@click.option("--list", "listed", is_flag=True, help="Show the ready assignments, and write nothing.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@written_options
def assignment(
    name: str | None,
    start: str | None,
    out: Path | None,
    listed: bool,  # noqa: FBT001
    force: bool,  # noqa: FBT001
    output_format: str,
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
        emit(_listed() if output_format == "json" else "\n".join(_row(each) for each in READY))
        return 0
    own = name if name and name not in READY else None
    if start is None:
        start = name if name in READY else START
    place = out if out is not None else Path(f"{_file_name(name)}.toml")
    shown = str(place) == "-"
    if not shown and place.exists() and not force:
        raise click.UsageError(exists_already(place))
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
    lines = []
    if not quiet:
        lines.append(tr("What students hand in is said at its top ({summary})", summary=tr(ready.summary)))
        words = ["gradcheck", "grade", "submissions/", "--assignment", str(place), "--out", "results/"]
        lines.append(tr("Use it: {command}", command=typed(words)))
    tell(output_format, [place], lines)
    return 0


def _listed() -> str:
    from gradcheck.grading.assignment.ready import READY, ready_assignment
    from gradcheck.reports.json import dump

    found = [{"name": name, "summary": tr(ready_assignment(name).summary)} for name in READY]
    return dump({"schema": "gradcheck/assignments@1", "assignments": found})


def _row(name: str) -> str:
    from gradcheck.grading.assignment.ready import ready_assignment

    return f"{name:<20}{tr(ready_assignment(name).summary)}"


def _file_name(name: str | None) -> str:
    """A name for the file: letters and digits of the assignment's own, or ``assignment``."""
    words = re.findall(r"[^\W_]+", name or "")
    return "-".join(words).lower() or "assignment"
