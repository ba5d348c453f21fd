"""Reading the variables of a function that runs a comprehension ends no process, and changes nothing it computes."""

from __future__ import annotations

import dis
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from gradcheck.diagnosis.programs.frames import shadowed, variables

FILE = "comprehending.py"
INLINED = "LOAD_FAST_AND_CLEAR" in dis.opmap
# In each a comprehension over several lines has a variable of its own that is called k.
BEHIND = {
    "a variable that a function inside reads": """
def step(items):  # outside
    def read():
        return k  # outside
    k = 3  # outside
    made = {k: value
            for k, value
            in enumerate(items)}
    return (made,
            read())  # outside
""",
    "one that is bound afterwards": """
def step(items):  # outside
    made = [k + 1
            for k in items]
    for k in range(2):  # outside
        def read():
            return k
    return made, read()  # outside
""",
    "an argument": """
def step(items, k=5):
    read = lambda: k
    return ([k
             for k in items],
            read(), k)  # outside
""",
    "a variable of the function around it": """
def outer():
    k = 5
    def step(items):  # outside
        nonlocal k
        made = {k: value
                for k, value
                in enumerate(items)}
        k += 1  # outside
        return (made,
                k)  # outside
    return step
step = outer()
""",
    "comprehensions in one another": """
def step(items):  # outside
    read = lambda: k
    k = 3
    return ([[k for k in range(int(k))]
             for k in items
             for _ in [k
                       for k in items]],
            [k for k in items] + [k
                                  for k in items], read())
""",
    "one that raises": """
def step(items):  # outside
    read = lambda: k
    k = 3  # outside
    try:  # outside
        made = [1 /
                (k - k)
                for k in items]
    except ZeroDivisionError:  # outside
        made = [k]  # outside
    return (made,
            read())  # outside
""",
}
Read = Callable[[types.FrameType], None]


def _step(text: str) -> Callable[[list[float]], Any]:
    space: dict[str, Any] = {}
    exec(compile(text, FILE, "exec"), space)
    return space["step"]  # type: ignore[no-any-return]


def _read_everywhere(text: str, read: Read) -> Any:
    """What the step returns with a tracer that reads at every line, call, return and error."""
    step, before = _step(text), sys.gettrace()

    def trace(frame: types.FrameType, _event: str, _value: Any) -> Any:
        if frame.f_code.co_filename != FILE:
            return None
        read(frame)
        return trace

    sys.settrace(trace)
    try:
        return step([7.0, 8.0])
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("name", BEHIND)
def test_what_is_computed_stays_the_same(name: str) -> None:
    """In Python 3.13.0 to 3.13.2 ``f_locals`` ends the process here; in 3.12 it gives that variable another value."""
    text = BEHIND[name]
    seen: list[dict[str, Any]] = []
    result = _read_everywhere(text, lambda frame: seen.append(dict(variables(frame))))
    assert result == _step(text)([7.0, 8.0])
    assert any("k" in found for found in seen)
    assert all(found["items"] == [7.0, 8.0] for found in seen if "items" in found)


@pytest.mark.skipif(not INLINED, reason="comprehensions run in frames of their own")
@pytest.mark.parametrize("name", BEHIND)
def test_the_name_is_the_comprehensions_only_there(name: str) -> None:
    """Before and after, it is the function's; also where the comprehension has raised."""
    lines = BEHIND[name].splitlines()
    told: set[str] = set()

    def read(frame: types.FrameType) -> None:
        if frame.f_code.co_name == "step" and "k" in shadowed(frame.f_code, frame.f_lasti):
            told.add(lines[frame.f_lineno - 1])

    _read_everywhere(BEHIND[name], read)
    assert any("for k" in line for line in told)
    assert not [line for line in told if line.endswith("# outside")]


def test_all_that_a_plain_frame_holds() -> None:
    """Where no comprehension is in the way, it is what the frame says."""
    inner = 3

    def read() -> dict[str, Any]:
        return dict(variables(sys._getframe(1)))

    found = read()
    assert found["inner"] == inner
    assert found.keys() == {"inner", "read"}
