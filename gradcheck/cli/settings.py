"""What was typed, before what lies beside the files: the options with which a path is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["options_for"]


def options_for(path: Path, **typed: Any) -> dict[str, Any]:
    """Options of ``check_path`` for one path.

    Parameters
    ----------
    path : Path
    **typed
        What the command line said; ``None`` where it said nothing.

    Raises
    ------
    SubmissionError
        If the settings beside it cannot be used.
    """
    from gradcheck.submissions.configuration import find_settings

    options = find_settings(path).options(**typed)
    if not path.is_dir():
        options.pop("ignore", None)
    return options
