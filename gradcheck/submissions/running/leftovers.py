"""Variables that every step binds before it reads them: what the last turn has left in them is nobody's state.

Such a variable may hold a whole graph of results (``loss`` of a scalar autograd): to remember it, and put it back
before every run, takes longer than the runs.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

__all__ = ["emptied"]

# What holds nothing else costs nothing to remember.
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.ndarray, np.generic)

# Instructions that read a variable from outside a function.
READING = frozenset({"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE", "LOAD_GLOBAL", "LOAD_NAME"}) | {
    "LOAD_FROM_DICT_OR_DEREF",
    "LOAD_FROM_DICT_OR_GLOBALS",
}


@contextlib.contextmanager
def emptied(step: types.FunctionType) -> Iterator[None]:
    """Inside, such variables hold nothing; those that hold a number or an array keep it.

    Parameters
    ----------
    step : function
        One turn of a loop, with the loop's variables as its cells or its module's globals.
    """
    kept: list[tuple[Callable[[Any], None], Any]] = []
    for get, put in _leftovers(step):
        kept.append((put, get()))
        put(None)
    try:
        yield
    finally:
        for put, value in kept:
            put(value)


def _leftovers(step: types.FunctionType) -> Iterator[tuple[Callable[[], Any], Callable[[Any], None]]]:
    names = _bound_first(step.__code__)
    space = step.__globals__
    cells = dict(zip(step.__code__.co_freevars, step.__closure__ or (), strict=True))
    bulky = [name for name in sorted(names) if not isinstance(_held(cells.get(name), space, name), PLAIN)]
    read = _read_elsewhere(space) if bulky else set()
    for name in bulky:
        if name in read:
            continue
        if name in cells:
            yield (
                functools.partial(getattr, cells[name], "cell_contents"),
                functools.partial(setattr, cells[name], "cell_contents"),
            )
        else:
            yield functools.partial(space.__getitem__, name), functools.partial(space.__setitem__, name)


def _held(cell: types.CellType | None, space: Mapping[str, Any], name: str) -> Any:
    if cell is None:
        return space.get(name)
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _bound_first(code: types.CodeType) -> set[str]:
    r"""Variables outside a function whose first mention in it is that they are bound, on every way through it.

    Examples
    --------
    >>> space = {}
    >>> exec("def step(item):\n for i in item:\n  global a, b, c\n  a = f(b)\n  b = 1\n  if a: c = 2", space)
    >>> sorted(_bound_first(space["step"].__code__) - {"i"})
    ['a']
    """
    first: dict[str, bool] = {}
    straight, looped, comprehends = True, False, False
    around: list[tuple[int, bool]] = []  # where a comprehension ends that runs in the step's own code, and what held
    for instruction in dis.get_instructions(code):
        name = instruction.argval
        while around and instruction.offset >= around[-1][0]:
            straight = around.pop()[1]
        if instruction.opname in ("STORE_DEREF", "STORE_GLOBAL"):
            first.setdefault(name, straight)
        elif instruction.opname == "LOAD_FAST_AND_CLEAR":
            comprehends = True
        elif instruction.opname == "FOR_ITER" and comprehends:
            around.append((name, straight))
            straight = comprehends = False
        elif instruction.opname == "FOR_ITER" and not looped:
            looped = True  # the one around the body
        elif instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs:
            straight = False
        else:
            for used in _read(instruction, code):
                first.setdefault(used, False)
    return {name for name, bound in first.items() if bound}


def _read(instruction: dis.Instruction, code: types.CodeType) -> tuple[str, ...]:
    """Variables outside a function that an instruction reads, or hands to another function that does."""
    if instruction.opname in READING:
        return (instruction.argval,)
    if not instruction.opname.startswith("LOAD_FAST"):  # so called from Python 3.13 on for what is handed on
        return ()
    names = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
    return tuple(name for name in names if name in code.co_freevars)


def _read_elsewhere(space: Mapping[str, Any]) -> set[str]:
    """Names that other functions of the program mention: they may be called before the variable is bound."""
    names: set[str] = set()
    pending: list[Any] = [*space.values()]
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, (staticmethod, classmethod)):
            pending.append(value.__func__)
        elif isinstance(value, property):
            pending += [value.fget, value.fset]
        elif isinstance(value, type) and value.__module__ == space.get("__name__"):
            pending += vars(value).values()
        elif isinstance(value, types.FunctionType) and value.__globals__ is space:
            pending.append(value.__code__)
        elif isinstance(value, types.CodeType) and not value.co_name.startswith("__gradcheck"):  # a loop's own copy
            names |= {*value.co_names, *value.co_freevars}
            pending += value.co_consts
    return names
