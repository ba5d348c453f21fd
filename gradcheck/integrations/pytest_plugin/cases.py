"""The cases of a marked function: each value of each keyword, at each point."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from gradcheck.integrations.pytest_plugin.keeping import seed_of

__all__ = ["SEED", "Case", "case_of", "parametrise"]

# The parameter that carries a case; a function does not name it, so that its keywords can have defaults.
CASE = "gradcheck_case"
SEED = "seed"  # what a function draws its point from
OPTIONS = ("points", "verdict", "rtol", "atol", "config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to call a marked function.

    Attributes
    ----------
    point : int
        Counted from 0: added to the seed of the run.
    keywords : mapping
        What the function is called with, besides its fixtures.
    """

    point: int = 0
    keywords: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        said = [f"point{self.point}"] if self.point else []
        return "-".join([*(_said(name, value) for name, value in self.keywords.items()), *said]) or "point0"


def case_of(item: pytest.Function) -> Case:
    """The case that a test stands for."""
    callspec = getattr(item, "callspec", None)
    case: Case = callspec.params[CASE] if callspec is not None else Case()
    return case


def parametrise(metafunc: pytest.Metafunc, marker: pytest.Mark) -> None:
    """Make a test of each case of a marked function; a mark that cannot be used is an error of the collection."""
    sizes = {name: value for name, value in marker.kwargs.items() if name not in OPTIONS}
    points = marker.kwargs.get("points", 1)
    complaint = _complaint(metafunc.function, marker, sizes, points)
    if complaint is not None:
        pytest.fail(f"{metafunc.definition.nodeid}: {complaint}", pytrace=False)
    for name in [name for name in sizes if name in metafunc.fixturenames]:  # it has no default
        values = _values(sizes.pop(name))
        metafunc.parametrize(name, values, ids=[_said(name, value) for value in values])
    axes = [[(name, value) for value in _values(given)] for name, given in sizes.items()]
    cases = [Case(point=point, keywords=dict(pairs)) for pairs in itertools.product(*axes) for point in range(points)]
    metafunc.fixturenames.append(CASE)
    ids = [str(case) for case in cases]
    fixtures = getattr(metafunc, "_arg2fixturedefs", {})
    if SEED in metafunc.fixturenames and SEED not in marker.kwargs and SEED not in fixtures:  # it has no default
        seeds = [seed_of(metafunc.config) + case.point for case in cases]
        metafunc.parametrize((CASE, SEED), list(zip(cases, seeds, strict=True)), ids=ids)
    else:
        metafunc.parametrize(CASE, cases, ids=ids)


def _values(given: Any) -> list[Any]:
    """A list is one value a case, anything else a single value."""
    return given if isinstance(given, list) else [given]


def _said(name: str, value: Any) -> str:
    shown = getattr(value, "__name__", None) or str(value)
    return shown if isinstance(value, (str, type)) else f"{name}{shown}"


def _complaint(function: Any, marker: pytest.Mark, sizes: Mapping[str, Any], points: Any) -> str | None:
    if marker.args:
        return f"the mark gradcheck takes keywords alone, such as batch=[1, 7]; it was given {marker.args!r}."
    if not isinstance(points, int) or isinstance(points, bool) or points < 1:
        return f"points={points!r}; expected a whole number, 1 or more."
    parameters = inspect.signature(function).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for name, given in sizes.items():
        if name not in parameters and not takes_any:
            named = ", ".join(parameters) or "none"
            return f"the mark gradcheck gives {name}={given!r}, which the function does not take (it takes: {named})."
        if isinstance(given, list) and not given:
            return f"{name}=[] leaves nothing to check; name at least one value."
    if points > 1 and not (takes_any or SEED in parameters):
        return f"points={points} needs a keyword `seed`, from which the function draws its point: they would be alike."
    return None
