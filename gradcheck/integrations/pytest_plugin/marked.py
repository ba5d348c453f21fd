"""Runs a marked function: what it returns is a problem, and its gradient is checked."""

from __future__ import annotations

import ast
import functools
import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gradcheck.integrations.pytest_plugin.cases import SEED, case_of
from gradcheck.integrations.pytest_plugin.checker import demand
from gradcheck.integrations.pytest_plugin.failures import Again
from gradcheck.integrations.pytest_plugin.keeping import BARE, MARKER, seed_of
from gradcheck.problem import Problem

__all__ = ["run_marked"]


def run_marked(item: pytest.Function) -> None:
    """Call a marked function with its fixtures and its case, and check the problem that it returns."""
    __tracebackhide__ = True
    marker = item.get_closest_marker(MARKER)
    assert marker is not None
    item.stash[BARE] = True
    case = case_of(item)
    seed = seed_of(item.config) + case.point
    parameters = inspect.signature(item.obj).parameters
    given = {name: value for name, value in item.funcargs.items() if name in parameters}
    keywords = {name: value for name, value in case.keywords.items() if name not in given}
    if SEED in parameters and SEED not in given:
        keywords.setdefault(SEED, seed)
    problem = item.obj(**given, **keywords)
    if not isinstance(problem, Problem):
        pytest.fail(
            f"{item.name} returned a {type(problem).__name__}; a function that is marked gradcheck returns "
            "gradcheck.Problem(loss, gradient, params).",
            pytrace=False,
        )
    options = {name: marker.kwargs[name] for name in ("rtol", "atol", "config") if name in marker.kwargs}
    alone = not given  # without fixtures it can be built again, at other sizes too
    demand(
        item,
        problem,
        functools.partial(item.obj, **keywords) if alone else None,
        verdict=marker.kwargs.get("verdict", "PASS"),
        seed=seed,
        options=options,
        again=Again(seed=seed_of(item.config), program=_program(item, keywords, seed, options) if alone else None),
    )


def _program(item: pytest.Function, keywords: Mapping[str, Any], seed: int, options: Mapping[str, Any]) -> str | None:
    """Python that builds the problem once more and diagnoses it, if all that it needs can be written down."""
    said = {**keywords, **options}
    if item.cls is not None or not all(map(_can_be_written, said.values())):
        return None
    path = Path(os.path.relpath(item.path, item.config.invocation_params.dir)).as_posix()
    call = ", ".join(f"{name}={value!r}" for name, value in keywords.items())
    told = "".join(f", {name}={value!r}" for name, value in options.items())
    return (
        "import runpy\n"
        "import gradcheck\n"
        f"build = runpy.run_path({path!r})[{item.function.__name__!r}]\n"
        f"print(gradcheck.diagnose(build({call}), rng={seed}{told}))"
    )


def _can_be_written(value: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError):
        return False
