"""What the code's own text suggests: clipping in the backward pass, a constant beside a logarithm."""

from __future__ import annotations

import collections
import re
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
        ``clips_gradient`` when the others name a clipping function that the loss does not; ``logarithm`` and
        ``smoothing`` from the functions of the loss that name a logarithm, with the constants in their code, defaults,
        closures, globals, and in attributes that they name.
    """
    if links is None:
        links = {}
        collections.deque(walk(callables, links=links), maxlen=0)
    own = own_packages(callables.values())
    reached = list(linked(callables["loss"], links))
    functions = functions_among(reached, own)
    loss_names = {name for code in code_objects(functions) for name in code.co_names}
    other_names = {
        name
        for label, function in callables.items()
        if label != "loss"
        for code in code_objects(functions_among(linked(function, links), own))
        for name in (*code.co_names, code.co_name)
    }
    with_log = [function for function in functions if _names_logarithm(function)]
    small = {value for function in with_log for value in _values(function) if _is_small(value)}
    names = {name for function in with_log for name in global_names(function.__code__)}
    if with_log:
        small |= {value for value in _attributes(reached, names) if _is_small(value)}
    return Hints(
        clips_gradient=any(_CLIP.search(name) for name in other_names - loss_names),
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


def _names_logarithm(function: types.FunctionType) -> bool:
    """Whether its code names a logarithm, by whatever name it was imported."""
    for name in global_names(function.__code__):
        value = function.__globals__.get(name)
        known = value.__name__ if isinstance(value, (np.ufunc, types.BuiltinFunctionType)) else name
        if _LOGARITHM.search(known):
            return True
    return False


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
