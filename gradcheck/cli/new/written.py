"""What a command says that has written files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gradcheck.cli.options import any_seed_option, format_option, quiet_option, session_options
from gradcheck.cli.screen import emit
from gradcheck.language import tr

__all__ = ["tell", "written_options"]


def written_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command has that writes files to start from."""
    for option in (session_options, quiet_option, any_seed_option, format_option("text", "json")):
        function = option(function)
    return function


def tell(output_format: str, files: Sequence[Path], notes: Sequence[str]) -> None:
    """Say what was written.

    Parameters
    ----------
    output_format : {'text', 'json'}
    files : sequence of Path
    notes : sequence of str
        What is to be done with them.
    """
    if output_format == "json":
        from gradcheck.reports.json import dump

        emit(dump({"schema": "gradcheck/written@1", "files": [str(file) for file in files], "notes": list(notes)}))
    else:
        emit("\n".join([*(tr("Written: {file}", file=file) for file in files), *notes]))
