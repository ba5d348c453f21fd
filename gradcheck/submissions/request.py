"""What is asked about a file: one record that travels from the caller to whatever runs, checks and repairs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig
from gradcheck.checks.config import require_tolerances
from gradcheck.errors import InvalidArgumentError
from gradcheck.language import tr
from gradcheck.problem.generators import generator_of
from gradcheck.records import Finding, Severity
from gradcheck.submissions.configuration import Settings, find_settings
from gradcheck.submissions.isolation.terms import Terms

__all__ = ["TIME_LIMIT", "Request", "requested", "unless_default"]

# Seconds for running the program up to its next network, and for any one question about it.
TIME_LIMIT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A file, and how it is to be run and checked.

    The record itself looks at nothing that lies beside the file: whoever grades files that others hand in makes it
    directly, so that no settings of theirs are obeyed.

    Attributes
    ----------
    file : Path
    adapter : Path or None
        A file with ``build(module, ...) -> Problem``.
    rng, rtol, atol, config
        As for ``check``.
    time_limit : float
        Seconds that loading, and any single question, may take.
    keywords : mapping of str to int or float or str
        Passed to the adapter's ``build`` and to ``gradcheck_problem``.
    isolation : Terms
        What the file may read, and with how little isolation it is not run.
    obeyed : Finding or None
        Which settings beside the file hold here: a file may bring its own, and a wider tolerance with them.

    Raises
    ------
    InvalidArgumentError
        If a tolerance, a generator or a time limit is none.
    """

    file: Path
    adapter: Path | None = None
    rng: np.random.Generator | int | None = None
    rtol: float | None = None
    atol: float | None = None
    config: CheckConfig | None = None
    time_limit: float = TIME_LIMIT
    keywords: Mapping[str, Any] = field(default_factory=dict)
    isolation: Terms = field(default_factory=Terms)
    obeyed: Finding | None = None

    def __post_init__(self) -> None:
        require_tolerances(rtol=self.rtol, atol=self.atol)
        if self.rng is not None:
            generator_of(self.rng)
        limit: object = self.time_limit
        if not isinstance(limit, (int, float)) or not limit > 0.0:
            told = tr("{argument}; expected seconds, above 0.", argument=f"time_limit={limit!r}")
            raise InvalidArgumentError(told)

    def opening(self) -> dict[str, Any]:
        """What a child is told to open."""
        return {
            "path": str(self.file.resolve()),
            "adapter": None if self.adapter is None else str(self.adapter.resolve()),
            "keywords": dict(self.keywords),
        }


def requested(path: str | Path, settings: Settings | None = None, **said: Any) -> Request:
    """A request in which the settings beside the file stand for whatever was not said.

    Parameters
    ----------
    path : str or Path
    settings : Settings, optional
        Instead of those beside the file: the settings of a folder hold for every file in it.
    **said
        Attributes of ``Request``; ``None`` says nothing.

    Raises
    ------
    SubmissionError
        If the settings cannot be used.
    """
    file = Path(path)
    settings = find_settings(file) if settings is None else settings
    options = settings.options(**said)
    if "adapter" in options:
        options["adapter"] = Path(options["adapter"])
    return Request(file=file, obeyed=_obeyed(settings, **said), **options)


def _obeyed(settings: Settings, **said: Any) -> Finding | None:
    told = settings.obeyed(**said)
    if told is None or settings.file is None:
        return None
    message = tr(
        "{file} beside the program, or above it, was obeyed: {settings}. If you did not write it, say --rtol, --atol "
        "and --time-limit yourself.",
        file=settings.file.name,
        settings=told,
    )
    return Finding(id="settings-obeyed", severity=Severity.INFO, message=message)


def unless_default(time_limit: float) -> float | None:
    """A time limit that was said; ``None`` for the default, which nobody can tell from one that was typed."""
    return None if time_limit == TIME_LIMIT else time_limit
