"""Check a file, every network in it, or a folder's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig
from gradcheck.records import CheckReport, ReportSet
from gradcheck.submissions.configuration import find_settings
from gradcheck.submissions.course import Course
from gradcheck.submissions.folder import each_file
from gradcheck.submissions.isolation.terms import Terms
from gradcheck.submissions.request import TIME_LIMIT, Request, requested, unless_default
from gradcheck.submissions.text.locating import located_all

__all__ = ["check_file", "check_path", "checked"]


def check_path(
    path: str | Path, *, adapter: str | Path | None = None, ignore: Sequence[str] | None = None, **options: Any
) -> CheckReport | ReportSet:
    """Check a file or notebook, or every program of a folder and below it.

    Parameters
    ----------
    path : str or Path
    adapter : str or Path, optional
        For every file alike.
    ignore : sequence of str, optional
        Patterns of files in a folder that are left out, such as ``tests/*``.
    **options
        As for ``check_file``; ``None`` says nothing. Settings are those beside ``path``, for every file alike.

    Raises
    ------
    SubmissionError
        If a folder holds no Python file, a single file cannot be loaded, or the settings cannot be used.
    """
    settings = find_settings(Path(path))
    return each_file(
        path,
        lambda file: checked(requested(file, settings, adapter=adapter, **options)),
        adapter=settings.adapter if adapter is None else adapter,
        ignore=settings.ignore if ignore is None else ignore,
    )


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
        Settings beside it or above, in a ``gradcheck.toml`` or in ``[tool.gradcheck]`` of a ``pyproject.toml``, stand
        for the arguments that are not given.
    adapter : str or Path, optional
        A file with ``build(module, ...) -> Problem``, for code whose interface is not recognised.
    rng, rtol, atol, config
        As for ``check``.
    time_limit : float
        Seconds that loading, and any single evaluation, may take. The default itself gives way to settings.
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
        what it lacked, and an adapter to start from. Or if this machine does not give the isolation asked for, or the
        settings cannot be used: file, line, key and cure.
    """
    return checked(
        requested(
            path, adapter=adapter, rng=rng, rtol=rtol, atol=atol, config=config, time_limit=unless_default(time_limit),
            keywords=keywords, isolation=isolation,
        )
    )  # fmt: skip


def checked(request: Request) -> CheckReport | ReportSet:
    """What ``check_file`` returns, with nothing asked of what lies beside the file.

    Parameters
    ----------
    request : Request

    Raises
    ------
    SubmissionError
        As for ``check_file``.
    """
    course = Course(request)
    return located_all(course.run(), course.source)
