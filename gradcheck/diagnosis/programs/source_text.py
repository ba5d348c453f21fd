"""The text of the code that a gradient comes from, where that can be known."""

from __future__ import annotations

import dis
import linecache
import os
import types
from collections.abc import Sequence

from gradcheck.diagnosis.programs.program import SourceText
from gradcheck.diagnosis.programs.trials import nested, parse
from gradcheck.problem import Problem
from gradcheck.problem.local import LocalDriver
from gradcheck.problem.state import user_functions

__all__ = ["source_of"]

ARITHMETIC = frozenset({"BINARY_OP", "UNARY_NEGATIVE"})


def source_of(problem: Problem) -> tuple[SourceText | None, str]:
    """The file of the gradient's own code, if its text is that of the code that runs."""
    driver = problem.driver
    if not isinstance(driver, LocalDriver):
        return None, ""
    callables = driver._callables  # noqa: SLF001 (the user's functions)
    gradients = [function for label, function in callables.items() if label != "loss"]
    functions = [found for root in gradients for found in user_functions(root)]
    computing = [function for function in functions if _computes(function)]
    reached = {*functions, *user_functions(callables["loss"])}
    for function in [*computing, *functions]:
        filename = function.__code__.co_filename
        text = "".join(linecache.getlines(filename))
        codes = [other.__code__ for other in reached if other.__code__.co_filename == filename]
        if text and _holds(text, filename, codes):
            name = filename.replace("\\", "/").rsplit("/", 1)[-1]
            return SourceText(name=name, text=text, file=_place(filename)), filename
    return None, ""


def _place(filename: str) -> str | None:
    """Where a file of code lies; None for code that no file holds, such as a cell of a notebook."""
    place = os.path.abspath(filename)  # noqa: PTH100 - Path.resolve() would follow links
    return place if os.path.isfile(place) else None  # noqa: PTH113 - of a text that may hold what no path can


def _computes(function: types.FunctionType) -> bool:
    """Whether a function does arithmetic, rather than pass a call on."""
    return any(instruction.opname in ARITHMETIC for instruction in dis.get_instructions(function.__code__))


def _holds(text: str, filename: str, codes: Sequence[types.CodeType]) -> bool:
    """Whether a text is what some functions' code was compiled from."""
    try:
        pending = [compile(parse(text, filename), filename, "exec", dont_inherit=True)]
    except (SyntaxError, ValueError, RecursionError):
        return False
    held: set[types.CodeType] = set()
    while pending:
        found = pending.pop()
        held.add(found)
        pending += nested(found)
    return held.issuperset(codes)
