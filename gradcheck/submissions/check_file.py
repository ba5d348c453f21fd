"""Check a file, every network in it, or a folder's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig
from gradcheck.records import CheckReport, ReportSet
from gradcheck.submissions.course import TIME_LIMIT, Course, each_file
from gradcheck.submissions.isolation.terms import Terms
from gradcheck.submissions.locating import located_all

__all__ = ["TIME_LIMIT", "check_file", "check_path"]


def check_path(
    path: str | Path, *, adapter: str | Path | None = None, ignore: Sequence[str] = (), **options: Any
) -> CheckReport | ReportSet:
    """Check a file or notebook, or every program of a folder and below it.

    Parameters
    ----------
    path : str or Path
    adapter : str or Path, optional
        For every file alike.
    ignore : sequence of str
        Patterns of files in a folder that are left out, such as ``tests/*``.
    **options
        As for ``check_file``.

    Raises
    ------
    SubmissionError
        If a folder holds no Python file, or a single file cannot be loaded.
    """
    return each_file(path, lambda file: check_file(file, adapter=adapter, **options), adapter=adapter, ignore=ignore)


def check_file(
    path: str | Path,
    *,
    adapter: str | Path | None = None,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    time_limit: float = TIME_LIMIT,
    keywords: Mapping[str, Any] | None = None,
    isolation: Terms | None = None,
) -> CheckReport | ReportSet:
    """Check the gradient of every network in a Python file or notebook.

    The file runs in a process of its own, up to the first step of its training; the loss and the gradient that it
    computes there are asked for at fresh parameters.

    Parameters
    ----------
    path : str or Path
    adapter : str or Path, optional
        A file with ``build(module, ...) -> Problem``, for code whose interface is not recognised.
    rng, rtol, atol, config
        As for ``check``.
    time_limit : float
        Seconds that loading, and any single evaluation, may take.
    keywords : mapping, optional
        Passed to the adapter's ``build`` (sizes, seed, ...), as far as it names them.
    isolation : Terms, optional
        What the file may read besides Python and its libraries (by default itself and what lies beside it), and the
        level of isolation without which nothing of it is run.

    Returns
    -------
    CheckReport or ReportSet
        One report, or one for each network when there are several.

    Raises
    ------
    SubmissionError
        If the file cannot be read or is not Python, or nothing in it is recognised as a network: what was looked for,
        what it lacked, and an adapter to start from. Or if this machine does not give the isolation asked for.
    """
    course = Course(
        Path(path), adapter=adapter, rng=rng, rtol=rtol, atol=atol, config=config, time_limit=time_limit,
        keywords=keywords, isolation=isolation,
    )  # fmt: skip
    return located_all(course.run(), course.source)
