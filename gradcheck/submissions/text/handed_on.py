"""Which variables a step binds in one assignment: ``W, b, V, c = update(...)`` hands all four on to the next turn."""

from __future__ import annotations

import dis
import types

__all__ = ["bound_together"]


def bound_together(code: types.CodeType) -> tuple[frozenset[str], ...]:
    """The names of each assignment of several values to several names, in a function's own code.

    Examples
    --------
    >>> def step(W, b):
    ...     W, b = b, W
    ...     for i, w in enumerate(W):
    ...         V, c = step(w, i)
    >>> [sorted(names) for names in bound_together(step.__code__)]
    [['i', 'w'], ['V', 'c']]
    """
    found: list[frozenset[str]] = []
    wanted, names = 0, set[str]()
    for instruction in dis.get_instructions(code):
        if instruction.opname == "UNPACK_SEQUENCE":
            wanted, names = int(instruction.arg or 0), set()
        elif wanted and instruction.opname.startswith("STORE_"):
            stored = instruction.argval
            both = stored if isinstance(stored, tuple) else (stored,)
            names.update(map(str, both[:1] if "LOAD" in instruction.opname else both))
            if len(names) >= wanted:
                found.append(frozenset(names))
                wanted = 0
        elif wanted and instruction.opname not in ("CACHE", "EXTENDED_ARG", "COPY", "SWAP"):
            wanted = 0
    return tuple(found)
