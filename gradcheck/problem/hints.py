"""What the code's own text suggests: clipping in the backward pass, a constant beside a logarithm."""

from __future__ import annotations

import collections
import dis
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.problem.driver import Hints
from gradcheck.problem.reachable import (
    class_dict,
    functions_among,
    global_names,
    instance_dict,
    linked,
    own_packages,
    read_slots,
    slot_members,
    walk,
)
from gradcheck.problem.state import code_objects

__all__ = ["find_hints"]

# Constants that learners put beside a logarithm lie between these (dimensionless); larger ones are rates or slopes.
SMOOTHING_RANGE = (1e-20, 1e-3)
_CLIP = re.compile("clip|clamp", re.IGNORECASE)
# log, np.log1p, safe_log, log_loss, log_softmax, logsumexp, xlogy, cross-entropies; not logits, logistic, logger.
_LOGARITHM = re.compile(
    r"(^|_)x?log(2|10|1p|1py|y|addexp2?|sumexp)?($|_)|^(rel_)?entr$|^kl_div$|cross_?entropy", re.IGNORECASE
)

# Logarithms that are what they are called; others (a library's log_loss) may add a constant of their own.
_PLAIN = frozenset(
    {"log", "log2", "log10", "log1p", "logaddexp", "logaddexp2", "logsumexp", "log_softmax", "xlogy", "xlog1py"}
    | {"entr", "rel_entr", "kl_div"}
)
# Names under which small numbers are had: np.finfo(float).eps, sys.float_info.epsilon, np.nextafter.
_TINY = re.compile("finfo|eps|tiny|nextafter|spacing|smallest|resolution|float_info", re.IGNORECASE)

# What a name holds that is bound when the code runs.
_UNKNOWN = object()
# Since Python 3.12 one instruction loads attributes and methods, and its lowest bit says which.
_AS_METHOD = 1 if sys.version_info >= (3, 12) else 0
_NAMING = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_ATTR", "LOAD_METHOD"})
# Instructions that stand between a module's name and its attribute's.
_BETWEEN = frozenset({"CACHE", "PUSH_NULL", "EXTENDED_ARG"})


def find_hints(callables: Mapping[str, Callable[..., Any]], links: Mapping[int, list[Any]] | None = None) -> Hints:
    """Look through the loss (``callables["loss"]``) and the others.

    Parameters
    ----------
    callables : mapping of label to callable
    links : mapping, optional
        Of a walk from all of them that has been taken already (``reachable.linked``).

    Returns
    -------
    Hints
        ``clips_gradient`` when the others clip, in code that the loss does not reach, at other bounds than it does;
        ``logarithm`` and ``smoothing`` from the functions of the loss that take a logarithm, with the constants in
        their code, defaults, closures, globals, and in attributes that they name.
    """
    if links is None:
        links = {}
        collections.deque(walk(callables, links=links), maxlen=0)
    own = own_packages(callables.values())
    reached = list(linked(callables["loss"], links))
    functions = functions_among(reached, own)
    others = [function for label, function in callables.items() if label != "loss"]
    before = set(code_objects(functions))
    behind = {code for other in others for code in code_objects(functions_among(linked(other, links), own))} - before
    with_log = [function for function in functions if _takes_logarithm(function)]
    small = {value for function in with_log for value in _values(function) if _is_small(value)}
    names = {name for function in with_log for name in global_names(function.__code__)}
    if with_log:
        small |= {value for value in _attributes(reached, names) if _is_small(value)}
    return Hints(
        clips_gradient=not set().union(*map(_clipping, behind)) <= set().union(*map(_clipping, before)),
        logarithm=bool(with_log),
        smoothing=tuple(sorted(map(float, small))),
        unsmoothed=bool(with_log) and not small and not _may_hold_small(functions, reached),
    )


def _may_hold_small(functions: Iterable[types.FunctionType], reached: Iterable[Any]) -> bool:
    """Whether code may come by a small constant, beside a logarithm or in a helper of it, in a way that is not seen."""
    names: set[str] = set()
    for function in functions:
        if any(map(_is_tiny, _values(function))):
            return True
        names |= {name for code in code_objects([function]) for name in code.co_names}
    if any(_TINY.search(name) or (_LOGARITHM.search(name) and name not in _PLAIN) for name in names):
        return True
    return any(map(_is_tiny, _attributes(reached, names)))


def _clipping(code: types.CodeType) -> set[tuple[Any, ...]]:
    """What code clips with, and the numbers and globals that are handed to it: its own forward pass has the loss's."""
    found: set[tuple[Any, ...]] = {(code.co_name,)} if _CLIP.search(code.co_name) else set()
    if not any(map(_CLIP.search, code.co_names)):
        return found
    instructions = list(dis.get_instructions(code))
    calls = [part for part in map(_span, instructions) if part is not None and part[0].startswith("CALL")]
    for instruction in instructions:
        if instruction.opname not in _NAMING or not _CLIP.search(instruction.argval):
            continue
        name = _span(instruction)
        own = [(start, end) for _, start, end in calls if name is not None and start == name[1] and end > name[2]]
        numbers: list[str] = []
        if own:
            start, end = min(own, key=lambda span: span[1])
            inside = [(other, _span(other)) for other in instructions if other.opname in ("LOAD_CONST", "LOAD_GLOBAL")]
            numbers = [repr(other.argval) for other, at in inside if at is not None and start <= at[1] and at[2] <= end]
        found.add((instruction.argval, *numbers))
    return found


def _span(instruction: dis.Instruction) -> tuple[str, tuple[int, int], tuple[int, int]] | None:
    """What it does, and the part of the text that it stands for; None where that is not known."""
    at = instruction.positions
    if at is None or None in (at.lineno, at.col_offset, at.end_lineno, at.end_col_offset):
        return None
    return instruction.opname, (at.lineno, at.col_offset), (at.end_lineno, at.end_col_offset)  # type: ignore[return-value]


def _takes_logarithm(function: types.FunctionType) -> bool:
    """Whether its code, or what is defined inside it, names a logarithm that can be called, by whatever name it has."""
    codes = [function.__code__]
    for code in codes:  # grows as it goes
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
        if not _may_name_logarithm(code, function.__globals__):
            continue
        owner: Any = None
        for instruction in dis.get_instructions(code):
            name = instruction.argval
            if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                owner = function.__globals__.get(name, _UNKNOWN)
                if callable(owner) and _LOGARITHM.search(_known_as(owner, name)):
                    return True
            elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                called = instruction.opname == "LOAD_METHOD" or bool((instruction.arg or 0) & _AS_METHOD)
                owner = vars(owner).get(name, _UNKNOWN) if isinstance(owner, types.ModuleType) else _UNKNOWN
                if _LOGARITHM.search(_known_as(owner, name)) and (called if owner is _UNKNOWN else callable(owner)):
                    return True
            elif instruction.opname not in _BETWEEN:
                owner = _UNKNOWN
    return False


def _may_name_logarithm(code: types.CodeType, space: Mapping[str, Any]) -> bool:
    """Whether its instructions are worth reading, which takes far longer than its list of names."""
    owners = [space.get(name, _UNKNOWN) for name in code.co_names]
    modules = [owner for owner in owners if isinstance(owner, types.ModuleType)]
    held = (vars(module).get(name, _UNKNOWN) for module in modules for name in code.co_names)
    known = (_known_as(value, "") for value in (*owners, *held))
    return any(map(_LOGARITHM.search, (*code.co_names, *known)))


def _known_as(value: Any, name: str) -> str:
    """What a library calls a function that is imported by another name."""
    return value.__name__ if isinstance(value, (np.ufunc, types.BuiltinFunctionType)) else name


def _values(function: types.FunctionType) -> Iterator[Any]:
    """Constants in a function's code, defaults and closure, and the globals that it names."""
    yield from _constants(function.__code__)
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from (function.__globals__.get(name) for name in global_names(function.__code__))
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a name that is assigned later
            continue


def _constants(code: types.CodeType) -> Iterator[Any]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _constants(constant)
        else:
            yield constant


def _attributes(reached: Iterable[Any], names: set[str]) -> Iterator[Any]:
    """What attributes of these names hold, on any object, class or module that the code reaches."""
    for value in reached:
        if isinstance(value, type):
            spaces: list[Mapping[str, Any]] = [class_dict(value)]
        else:
            spaces = [instance_dict(value) or {}, read_slots(value, slot_members(type(value)))]
        for space in spaces:
            yield from (space[name] for name in names & space.keys())


def _is_small(value: Any) -> bool:
    low, high = SMOOTHING_RANGE
    return isinstance(value, (float, np.floating)) and bool(low <= value <= high)


def _is_tiny(value: Any) -> bool:
    """The same without a lower end: 1e-30 keeps a logarithm finite, too."""
    return isinstance(value, (float, np.floating)) and bool(0.0 < value <= SMOOTHING_RANGE[1])
