"""``gradcheck sandbox``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import any_seed_option, format_option, quiet_option, session_options
from gradcheck.cli.screen import draw, emit, output_console, progress

if TYPE_CHECKING:
    from rich.console import Console

    from gradcheck.submissions.isolation.probing import Tried

__all__ = ["sandbox"]


@click.command(cls=Command, short_help="Which isolation this machine gives, shown by attacks.")
@format_option("text", "json")
@any_seed_option
@quiet_option
@session_options
def sandbox(output_format: str, quiet: bool) -> int:  # noqa: FBT001 - by name
    """Tell which isolation this machine gives to the files that are checked, and show it by attacks.

    Each attack runs as a file would: in a process of its own, which has given up its rights. None does harm where it
    succeeds.

    Exit codes: 0 full isolation, 3 a part of it, 1 an attack succeeded that should have been refused.

    \b
    Examples:
      gradcheck sandbox
      gradcheck sandbox --format json
    """
    from gradcheck.submissions.isolation.probing import probe

    with progress("Attacking", quiet=quiet) as advance:
        tried = probe(advance=advance)
    if output_format == "json":
        from gradcheck.reports.json import dump

        emit(dump(tried.to_dict()))
    elif quiet:
        emit(_summary(tried))
    else:
        draw(output_console(), lambda console: _show(tried, console))
    return tried.exit_code


def _summary(tried: Tried) -> str:
    refused = sum(trial.refused for trial in tried.trials)
    level = tried.reached.level
    return f"{level.name.lower()}: {level.words}; {refused} of {len(tried.trials)} attacks refused"


def _show(tried: Tried, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    reached = tried.reached
    console.print(Text(f"Isolation: {_summary(tried)}."), soft_wrap=True)
    layers = {
        f"Landlock {reached.landlock}": reached.landlock,
        "seccomp": reached.seccomp,
        "limits": reached.limits,
        str(reached.outer): reached.outer,
    }
    console.print(Text(f"Layers: {', '.join(name for name, there in layers.items() if there) or 'none'}."))
    for item in reached.lacking:
        console.print(Text(f"Missing: {item}."), soft_wrap=True)
    console.print()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("right", "attack", "refused", "by"):
        table.add_column(heading)
    for trial in tried.trials:
        verdict = Text("yes", style="green") if trial.refused else Text("NO", style="bold red")
        table.add_row(trial.attack.right, trial.attack.tries, verdict, trial.by or "nothing")
    console.print(table)
    if sys.platform != "linux":
        console.print(Text("Only Linux has the kernel's locks; here, check no files that you do not trust."))
