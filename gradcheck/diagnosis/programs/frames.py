"""The variables of a function that runs, read without harm to it.

From Python 3.12 on a comprehension runs in the frame of the function around it. One whose variable is called like one
of that function's that is part of a closure makes ``f_locals`` harmful while it runs. In Python 3.13.0 to 3.13.2 a
variable of the comprehension's is taken for the cell of the function's, and the process ends with a segmentation fault
(gh-128396). In Python 3.12 two variables have one name there; what a tracer has read is written back, to both of them,
and the comprehension goes on with another value.
"""

from __future__ import annotations

import dis
import functools
import itertools
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["shadowed", "variables"]

CRASHES = (3, 13) <= sys.version_info < (3, 13, 3)
WRITES_BACK = (3, 12) <= sys.version_info < (3, 13)
# Keeps a variable of a function's for as long as a comprehension runs that has one of that name.
KEEPS = "LOAD_FAST_AND_CLEAR"


def variables(frame: types.FrameType) -> Mapping[str, Any]:
    """What a frame's names stand for now, as far as that can be asked.

    Parameters
    ----------
    frame : frame

    Returns
    -------
    mapping
        ``frame.f_locals``; within a comprehension, where the Python needs that, without its variables that are called
        like others in a closure, or empty.

    Examples
    --------
    >>> def doubled(x):
    ...     return variables(sys._getframe())["x"] * 2
    >>> doubled(21)
    42
    """
    code = frame.f_code
    asked = code.co_cellvars if CRASHES else code.co_freevars if WRITES_BACK and _is_traced() else ()
    if not asked:
        return frame.f_locals
    taken = shadowed(code, frame.f_lasti).intersection(asked)
    if not taken:
        return frame.f_locals
    if WRITES_BACK:  # all of them are read at once
        return {}
    space = frame.f_locals
    names = dict.fromkeys((*code.co_varnames, *code.co_cellvars, *code.co_freevars))
    return {name: space[name] for name in names if name not in taken and name in space}


def shadowed(code: types.CodeType, offset: int) -> frozenset[str]:
    """Variables in closures whose names a comprehension has for its own at one place.

    Parameters
    ----------
    code : code
    offset : int
        Of the instruction, as ``frame.f_lasti``.
    """
    return frozenset(name for name, first, last in _spans(code) if first <= offset <= last)


def _is_traced() -> bool:
    return sys.gettrace() is not None or sys.getprofile() is not None


@functools.lru_cache(maxsize=256)
def _spans(code: types.CodeType) -> tuple[tuple[str, int, int], ...]:
    """Such names, each with the first and last instruction between which it is the comprehension's."""
    closures = {*code.co_cellvars, *code.co_freevars}
    whole = dis.Bytecode(code)
    instructions = list(whole)
    stores = [(one.offset, name) for one in instructions for name in _stored(one) if name in closures]
    entries = list(whole.exception_entries)  # type: ignore[attr-defined]
    found = []
    for one in instructions:
        if one.opname == KEEPS and one.argval in closures:
            for start, after in _covered(entries, one.offset):
                # Behind the comprehension, and where it has raised: the first that is stored is what was kept.
                last = next((at for at, name in stores if name == one.argval and at >= after), len(code.co_code))
                found.append((one.argval, start, last))
    return tuple(found)


def _covered(entries: list[Any], offset: int) -> Iterator[tuple[int, int]]:
    """What runs after a name is kept and before it is put back: each part's first instruction, and the end of it."""
    inside = [entry for entry in entries if entry.start > offset]
    if not inside:
        yield offset, sys.maxsize
        return
    end = inside[0].end
    for entry in itertools.islice(inside, 1, None):
        if entry.start != end or entry.depth < inside[0].depth:  # those of comprehensions within it lie between
            break
        end = entry.end
    yield offset, end
    yield inside[0].target, inside[0].target


def _stored(instruction: dis.Instruction) -> tuple[str, ...]:
    """Names of fast variables that an instruction binds."""
    if not instruction.opname.startswith("STORE_FAST"):
        return ()
    names = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
    return names if instruction.opname == "STORE_FAST_STORE_FAST" else names[:1]
