"""Problems that somebody wrote down: an adapter's ``build(module, ...)``, or a file's own ``gradcheck_problem(...)``.

Both run in the child, beside the submission. Only the keywords that their signature names are passed.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.errors import SubmissionError
from gradcheck.language import tr
from gradcheck.problem import Problem
from gradcheck.submissions.network import Network
from gradcheck.submissions.running.loading import explain
from gradcheck.submissions.text.source import read_source

__all__ = ["DEFAULTS", "names_of", "own_problem", "template"]

# A family's keywords with the sizes that tell most bugs apart: all different, three outputs, unit weights.
DEFAULTS: dict[str, Any] = {
    "batch": 7, "outputs": 3, "features": 4, "hidden": 5, "learning_rate": 0.1, "regularisation": 0.0,
    "weight_scale": 1.0, "input_scale": 1.0, "dtype": "float64", "seed": 0,
}  # fmt: skip

# How the names of functions begin that make one call each.
RUN = "run_"

TEMPLATE = '''"""Adapter: tells gradcheck how to drive {file}."""

import numpy as np

from gradcheck import Problem


def build(module, *, batch=7, features=4, hidden=5, outputs=3, seed=0):
    """`module` is {file}, already executed.{names}"""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((batch, features))
    Y = rng.random((batch, outputs))
    params = {{"W1": rng.standard_normal((features, hidden)), "b1": rng.standard_normal((1, hidden))}}

    def loss(params):
        return {loss}  # of X, Y and params: the number that training makes small

    def gradient(params):
        return {gradient}  # of X, Y and params: its derivative by each parameter, under the same keys

    return Problem(loss, gradient, params)
'''


def own_problem(module: types.ModuleType, adapter: Path | None, keywords: dict[str, Any]) -> Network | None:
    """The problem that the adapter builds, or the file's own ``gradcheck_problem``; None when there is neither.

    Raises
    ------
    SubmissionError
        If the adapter cannot be read or run, has no ``build``, or does not return a ``Problem``.
    """
    if adapter is not None:
        space = _load(adapter)
        function, label, path = space["build"], f"{adapter.name}: build()", adapter
        built = _build(function, (module,), keywords, label, path)
        return Network(
            problem=built, interface="adapter", name="", loss=tr("as {adapter} says", adapter=adapter.name),
            own_use=False, build=_family(function, module), required=_required_names(function),
            runs=_runs(space, module),
        )  # fmt: skip
    own = getattr(module, "gradcheck_problem", None)
    if not isinstance(own, types.FunctionType):
        return None
    path = Path(str(getattr(module, "__file__", "submission")))
    built = _build(own, (), keywords, "gradcheck_problem()", path)
    return Network(
        problem=built, interface="problem-function", name="", loss=tr("as gradcheck_problem says"), own_use=False,
        build=own, required=_required_names(own),
    )  # fmt: skip


def _runs(space: dict[str, Any], module: types.ModuleType) -> dict[str, Callable[[dict[str, Any]], None]]:
    """Single calls that the adapter makes: its functions ``run_NAME(module, values)``."""
    return {
        name.removeprefix(RUN): functools.partial(value, module)
        for name, value in space.items()
        if name.startswith(RUN) and isinstance(value, types.FunctionType)
    }


def _load(path: Path) -> dict[str, Any]:
    found = _code_of(path)
    space: dict[str, Any] = {"__name__": "gradcheck_adapter", "__file__": str(path)}
    try:
        exec(found if isinstance(found, types.CodeType) else compile(found, str(path), "exec"), space)
    except BaseException as error:
        explained = explain(error, read_source(path))
        raise SubmissionError(
            tr("the adapter {file} cannot be run: {error}", file=path.name, error=explained)
        ) from None
    build = space.get("build")
    if not callable(build):
        raise SubmissionError(
            tr(
                "the adapter {file} defines no build: expected `def build(module, *, batch=7, ...) -> Problem`.",
                file=path.name,
            )
        )
    return space


def _code_of(path: Path) -> types.CodeType | ast.Module:
    """An adapter's code, in a third of the time that its tree takes; the tree where reading it must say what it is."""
    if path.suffix == ".py":
        no_code = contextlib.suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError)
        with no_code, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    return read_source(path).tree


def _build(
    function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any], label: str, path: Path
) -> Problem:
    known = {**DEFAULTS, **keywords}
    takes = [
        (name, parameter)
        for name, parameter in inspect.signature(function).parameters.items()
        if name in known and parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    passed = {name: keywords[name] for name, _ in takes if name in keywords}
    passed.update({name: known[name] for name, parameter in takes if parameter.default is parameter.empty})
    try:
        built = function(*arguments, **passed)
    except BaseException as error:
        raise SubmissionError(
            tr("{label} failed: {error}", label=label, error=explain(error, read_source(path)))
        ) from None
    if not isinstance(built, Problem):
        raise SubmissionError(
            tr("{label} returned a {type}; expected a gradcheck.Problem.", label=label, type=type(built).__name__)
        )
    return built


def _family(build: Callable[..., Any], module: types.ModuleType) -> Callable[..., Any]:
    """An adapter's ``build`` with the signature of a family."""
    return functools.partial(build, module)


def _required_names(function: Callable[..., Any]) -> frozenset[str]:
    takes = inspect.signature(function).parameters.items()
    return frozenset(name for name, parameter in takes if name in DEFAULTS and parameter.default is parameter.empty)


def names_of(module: types.ModuleType) -> dict[str, Any]:
    """What a module defines: functions with their arguments, classes with their methods, arrays with their shapes."""
    functions, classes = {}, {}
    for name, value in vars(module).items():
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__ and not name.startswith("__"):
            functions[name] = [str(parameter) for parameter in inspect.signature(value).parameters]
        elif isinstance(value, type) and value.__module__ == module.__name__:
            classes[name] = [key for key, item in vars(value).items() if callable(item) and not key.startswith("__")]
    arrays = {
        name: list(value.shape)
        for name, value in vars(module).items()
        if isinstance(value, np.ndarray) and not name.startswith("__")
    }
    return {"functions": functions, "classes": classes, "arrays": dict(list(arrays.items())[:20])}


def template(file: str, names: dict[str, Any]) -> str:
    """A ready adapter filled with the names found in the file."""
    functions = [str(name) for name in names.get("functions", {})]
    listed = [f"{name}({', '.join(map(str, arguments))})" for name, arguments in names.get("functions", {}).items()]
    listed += [f"{name}: {', '.join(map(str, methods))}" for name, methods in names.get("classes", {}).items()]
    listed += [f"the array {name} {tuple(shape)}" for name, shape in names.get("arrays", {}).items()]
    shown = "\n\n    It defines " + "; ".join(listed)[:600] + ".\n    " if listed else ""
    return TEMPLATE.format(
        file=file,
        names=shown,
        loss=_call(functions, ("loss", "cost", "error")),
        gradient=_call(functions, ("back", "grad")),
    )


def _call(functions: list[str], words: tuple[str, ...]) -> str:
    """A call of the first function with one of these words in its name, or dots to fill in."""
    found = next((name for name in functions if any(word in name.lower() for word in words)), None)
    return "..." if found is None else f"module.{found}(...)"
