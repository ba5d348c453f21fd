"""What the last turn of a loop has left in variables is not remembered where every turn binds them first."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from gradcheck.submissions.running.leftovers import emptied


class Bulky:
    """A result that holds others."""


def _space(text: str) -> tuple[dict[str, Any], types.FunctionType]:
    space: dict[str, Any] = {"f": Bulky}
    exec(text, space)
    return space, space["__gradcheck_step_0__"]


BOUND_FIRST = (
    "x = f()\ndef __gradcheck_step_0__(item):\n    global x\n    for i in (item,):\n        x = f()\n        print(x)\n"
)


def test_is_emptied_and_put_back() -> None:
    """A global that every turn binds first."""
    space, step = _space(BOUND_FIRST)
    before = space["x"]

    with emptied(step):
        assert space["x"] is None

    assert space["x"] is before


def test_a_cell_is_emptied_and_put_back() -> None:
    """The same of a function's variable."""

    def made() -> tuple[Callable[[Any], None], Callable[[], Any]]:
        x = Bulky()

        def __gradcheck_step_0__(item: Any) -> None:  # noqa: N807 (as the loops' own are called)
            nonlocal x
            x = item

        def look() -> Any:
            return __gradcheck_step_0__.__closure__[0].cell_contents  # type: ignore[index]

        return __gradcheck_step_0__, look

    step, look = made()
    before = look()
    assert isinstance(step, types.FunctionType)

    with emptied(step):
        assert look() is None

    assert look() is before


@pytest.mark.parametrize(
    "before",
    ["[a for a in (1, 2)]", "{a: [b for b in (a,) if b] for a in (1, 2) if a for c in (a,)}"],
    ids=["one", "several"],
)
def test_comprehensions_before_are_in_no_way(before: str) -> None:
    """What stands behind them is reached on every way, also where they run in the step's own code."""
    space, step = _space(BOUND_FIRST.replace("        x = f()", f"        y = {before}\n        x = f()"))

    with emptied(step):
        assert space["x"] is None


@pytest.mark.parametrize(
    "text",
    [
        BOUND_FIRST.replace("x = f()\n        print", "print(x)\n        x = f()\n        print"),  # read first
        BOUND_FIRST.replace("        x = f()", "        if i:\n            x = f()"),  # not on every way
        BOUND_FIRST.replace("        x = f()", "        [x := f() for a in ()]"),  # never, perhaps
        BOUND_FIRST.replace("        x = f()", "        [a for a in (1,)] if i else 0\n        if i: x = f()"),
        BOUND_FIRST + "def other():\n    return x\n",  # read by a function that the step may call
        BOUND_FIRST.replace("x = f()\ndef", "x = 1.5\ndef"),  # a number costs nothing
    ],
    ids=["read first", "on one way only", "in a comprehension", "behind one", "read elsewhere", "a number"],
)
def test_is_kept(text: str) -> None:
    """Whatever could be read before it is bound, and what costs nothing."""
    space, step = _space(text)
    before = space["x"]

    with emptied(step):
        assert space["x"] is before


def test_what_a_function_reads_first_is_kept() -> None:
    """A step may define one that reads its variable, and call it before it binds that variable."""

    def made() -> tuple[Callable[[Any], None], Callable[[], Any]]:
        last = Bulky()

        def __gradcheck_step_0__(item: Any) -> None:  # noqa: N807 (as the loops' own are called)
            nonlocal last
            read = lambda: last  # noqa: E731 (a function in one line)
            last = [read(), item]  # type: ignore[assignment]

        def look() -> Any:
            return __gradcheck_step_0__.__closure__[0].cell_contents  # type: ignore[index]

        return __gradcheck_step_0__, look

    step, look = made()
    before = look()
    assert isinstance(step, types.FunctionType)

    with emptied(step):
        assert look() is before
