"""A trace says, line by line, what was bound, changed in place and returned."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnosis.programs import tracing
from gradcheck.diagnosis.programs.program import Event, Trace
from gradcheck.diagnosis.programs.statements import MAX_ELEMENTS, statements

FILE = "traced.py"
Told = list[tuple[int, str, int, int, str, Any]]


def traced(text: str, limits: tracing.Limits | None = None, space: Mapping[str, Any] | None = None) -> Trace:
    """The trace of a program."""
    names = {"np": np, **(space or {})}
    with tracing.recording({FILE: text}, limits) as recorder:
        exec(compile(text, FILE, "exec"), names)
    return recorder.trace()


def told(trace: Trace) -> Told:
    """Line, function, call, turn, name and value of every event."""
    return [(e.line, e.function, e.call, e.turn, e.name, e.value.tolist()) for e in trace.events]


STATEMENTS = {
    "plain": ("a = np.ones(2)", [(1, "a", [1.0, 1.0])]),
    "number": ("a = 3", [(1, "a", 3.0)]),
    "in place": ("a = np.ones(2)\na *= 3", [(1, "a", [1.0, 1.0]), (2, "a", [3.0, 3.0])]),
    "item of an array": ("a = np.zeros(2)\na[1] = 5", [(1, "a", [0.0, 0.0]), (2, "a", [0.0, 5.0])]),
    "columns": (
        "a = np.zeros((2, 3))\na[:, 1:] = 5",
        [
            (1, "a", [[0.0] * 3] * 2),
            (2, "a[:, 1:]", [[5.0, 5.0]] * 2),
            (2, "a", [[0.0, 5.0, 5.0]] * 2),
        ],
    ),
    "slice": ("a = np.zeros(2)\na[:] = 5", [(1, "a", [0.0, 0.0]), (2, "a", [5.0, 5.0])]),
    "mask": ("a = np.array([1., -1.])\na[a < 0] = 0", [(1, "a", [1.0, -1.0]), (2, "a", [1.0, 0.0])]),
    "string key": ("g = {}\ng['W1'] = 2.0", [(2, "g['W1']", 2.0)]),
    "computed key": ("g = {}\nl = 1\ng['W' + str(l + 1)] = 2.0", [(2, "l", 1.0), (3, "g['W2']", 2.0)]),
    "formatted key": ("g = {}\nl = 1\ng[f'W{l}'] = 2.0", [(2, "l", 1.0), (3, "g['W1']", 2.0)]),
    "list by index": ("d = [None] * 2\nd[1] = 2.0", [(2, "d[1]", 2.0)]),
    "list from the end": ("d = [None] * 3\nd[-1] = 2.0", [(2, "d[2]", 2.0)]),
    "append": ("d = [None]\nd.append(np.ones(1))", [(2, "d[1]", [1.0])]),
    "insert": ("d = [None]\nd.insert(0, 4.0)", [(2, "d[0]", 4.0)]),
    "dictionary": ("g = {'a': 1.0, 'b': [np.ones(1)]}", [(1, "g['a']", 1.0), (1, "g['b'][0]", [1.0])]),
    "update": ("g = {}\ng.update(a=1.0)", [(2, "g['a']", 1.0)]),
    "tuple": ("a, (b, *c) = 1.0, (2.0, 3.0)", [(1, "a", 1.0), (1, "b", 2.0), (1, "c", [3.0])]),
    "list of numbers": ("a = [1.0, 2.0]", [(1, "a", [1.0, 2.0])]),
    "list of lists": ("a = [[1.0], [2.0]]", [(1, "a", [[1.0], [2.0]])]),
    "ragged": ("a = [[1.0], [2.0, 3.0]]", [(1, "a[0]", [1.0]), (1, "a[1]", [2.0, 3.0])]),
    "out": ("a = np.zeros(1)\nnp.add(a, 2, out=a)", [(1, "a", [0.0]), (2, "a", [2.0])]),
    "add at": ("a = np.zeros(2)\nnp.add.at(a, 1, 2)", [(1, "a", [0.0, 0.0]), (2, "a", [0.0, 2.0])]),
    "walrus": ("(a := 2.0)", [(1, "a", 2.0)]),
    "annotated": ("a: float = 2.0", [(1, "a", 2.0)]),
    "mask of truths": ("a = np.array([True, False])", [(1, "a", [1.0, 0.0])]),
    "several lines": ("a = (1.0 +\n     np.sum(np.ones(\n     2)))", [(1, "a", 3.0)]),
    "several statements": ("a = 1; b = 2", [(1, "a", 1.0), (1, "b", 2.0)]),
    "no number": ("a = 'text'\nb = None", []),
    "complex": ("a = np.array([1j])", []),
    "comprehension": ("a = [float(x * y) for x in range(2) for y in range(2)]", [(1, "a", [0.0, 0.0, 0.0, 1.0])]),
    "alias of a dictionary": ("g = {'a': 1.0}\nh = g", [(1, "g['a']", 1.0)]),
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_a_statement_binds(name: str) -> None:
    """By the name that the code would write, in the line where its statement begins."""
    text, expected = STATEMENTS[name]
    assert [(e.line, e.name, e.value.tolist()) for e in traced(text).events] == expected


LOOP = """
class Net:
    def __init__(self):
        self.deltas = [None, None]
    def backward(self, x):
        for l in range(1, -1, -1):
            self.deltas[l] = x * l
        return self.deltas
net = Net()
for k in range(2):
    net.backward(k + 1.0)
"""


def test_loops_and_calls_are_told_apart() -> None:
    """Iterations by their turn, activations by their call; a loop's end binds nothing."""
    method = [event for event in told(traced(LOOP)) if event[1] == "Net.backward"]
    assert method == [
        (6, "Net.backward", 0, 0, "l", 1.0), (7, "Net.backward", 0, 0, "self.deltas[1]", 1.0),
        (6, "Net.backward", 0, 1, "l", 0.0), (7, "Net.backward", 0, 1, "self.deltas[0]", 0.0),
        (8, "Net.backward", 0, 0, "return", [0.0, 1.0]),
        (6, "Net.backward", 1, 0, "l", 1.0), (7, "Net.backward", 1, 0, "self.deltas[1]", 2.0),
        (6, "Net.backward", 1, 1, "l", 0.0), (7, "Net.backward", 1, 1, "self.deltas[0]", 0.0),
        (8, "Net.backward", 1, 0, "return", [0.0, 2.0]),
    ]  # fmt: skip


def test_order_goes_up_by_line_and_a_caller_comes_after_its_callee() -> None:
    """Events of one line share their place."""
    events = traced("def f():\n    return 1.0, 2.0\na, b = f()").events
    assert [(e.name, e.line) for e in events] == [("return[0]", 2), ("return[1]", 2), ("a", 3), ("b", 3)]
    orders = [e.order for e in events]
    assert orders[0] == orders[1] < orders[2] == orders[3]


def test_a_loop_of_one_line() -> None:
    """Its variable and its body, once a turn."""
    events = traced("a = np.zeros(2)\nfor i in range(2): a[i] += 1").events
    assert [(e.turn, e.name, e.value.tolist()) for e in events[1:]] == [
        (0, "i", 0.0), (0, "a", [1.0, 0.0]), (1, "i", 1.0), (1, "a", [1.0, 1.0]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "loop",
    [
        "for i in range(2): a[i] += sum([1.0 for j in range(1)])",
        "for i in [k for k in range(2)]: a[i] += 1",
    ],
    ids=["comprehension in the body", "comprehension before it"],
)
def test_each_turn_of_a_loop_of_one_line_is_one(loop: str) -> None:
    """Whatever else goes round on that line."""
    events = [e for e in traced(f"a = np.zeros(2)\n{loop}").events if e.line == 2]
    assert [(e.turn, e.value.tolist()) for e in events if e.name == "i"] == [(0, 0.0), (1, 1.0)]


def test_values_are_copies() -> None:
    """What a later line does to an array does not change what an earlier one had."""
    events = traced("a = np.zeros(1)\nb = a\nb += 1").events
    assert [e.value.tolist() for e in events] == [[0.0], [0.0], [1.0]]


def test_functions_inside_and_without_a_name() -> None:
    """A lambda tells what it returns; a nested function is named with its outer one."""
    trace = traced("f = lambda z: z * 2\ndef g():\n    def h():\n        return f(1.0)\n    return h()\ng()")
    assert [(e.function, e.name) for e in trace.events] == [
        ("<lambda>", "return"), ("g.h", "return"), ("g", "return"),
    ]  # fmt: skip


def test_a_step_beside_a_loop_is_the_loop() -> None:
    """What gradcheck puts beside a training loop has that loop's lines and its function's name."""
    text = "def train():\n    def __gradcheck_step_0__():\n        a = 1.0\n    __gradcheck_step_0__()\ntrain()"
    assert [(e.line, e.function, e.name) for e in traced(text).events] == [(3, "train", "a")]


def test_a_line_that_raises_binds_nothing() -> None:
    """What was there before it is not told again."""
    text = "a = 1.0\ntry:\n    a = 1 / 0\nexcept ZeroDivisionError:\n    b = 2.0"
    assert [(e.line, e.name) for e in traced(text).events] == [(1, "a"), (5, "b")]


def test_what_was_seen_is_there_after_an_exception() -> None:
    """The recorder outlives what it recorded."""
    text = "a = 1.0\nraise KeyError"
    with pytest.raises(KeyError), tracing.recording({FILE: text}) as recorder:
        exec(compile(text, FILE, "exec"), {})
    assert [e.name for e in recorder.trace().events] == ["a"]
    assert recorder.trace().lines == (("<module>", 1), ("<module>", 2))


def test_other_files_are_not_followed() -> None:
    """Only the texts that were given."""
    with tracing.recording({FILE: "b = 2.0"}) as recorder:
        exec(compile("a = 1.0", "other.py", "exec"), {})
        exec(compile("b = 2.0", FILE, "exec"), {})
    assert [e.name for e in recorder.trace().events] == ["b"]


@pytest.mark.parametrize("limits", [tracing.Limits(events=5), tracing.Limits(size=1200)], ids=["by number", "by size"])
def test_a_long_run_is_cut_and_said_to_be(limits: tracing.Limits) -> None:
    """The run itself goes on to its end."""
    space: dict[str, Any] = {"seen": []}
    trace = traced("for i in range(1000):\n    a = i\nseen.append(a)", limits, space)
    assert not trace.complete
    assert 4 <= len(trace.events) <= 6
    assert space["seen"] == [999]


def test_an_array_that_is_too_large_is_left_out() -> None:
    """The others are kept."""
    trace = traced("a = np.zeros(11)\nb = np.zeros(10)", tracing.Limits(entries=10))
    assert [e.name for e in trace.events] == ["b"]
    assert trace.complete


def test_long_containers_are_records() -> None:
    """A history of losses is not told again with every step."""
    text = f"h = [np.ones(1)] * {MAX_ELEMENTS + 1}\nk = [np.ones(1)] * {MAX_ELEMENTS}"
    assert {e.name.partition("[")[0] for e in traced(text).events} == {"k"}


def test_the_tracer_that_was_there_is_back() -> None:
    """Also after an exception: a debugger or a coverage tool goes on."""
    seen: list[str] = []

    def mine(frame: Any, event: str, _value: Any) -> Any:  # noqa: ARG001 (the signature of tracers)
        seen.append(event)
        return None

    before = sys.gettrace()
    sys.settrace(mine)
    try:
        with pytest.raises(ZeroDivisionError), tracing.recording({FILE: "1 / 0"}):
            exec(compile("1 / 0", FILE, "exec"), {})
        assert sys.gettrace() is mine
    finally:
        sys.settrace(before)


def test_properties_of_the_code_are_not_asked() -> None:
    """What is traced runs no more often than without."""
    text = (
        "class A:\n    asked = 0\n    @property\n    def w(self):\n        A.asked += 1\n        return 1.0\n"
        "    @w.setter\n    def w(self, value):\n        pass\na = A()\na.w = 2.0\nasked = A.asked"
    )
    events: tuple[Event, ...] = traced(text).events
    assert [e.value.tolist() for e in events if e.name == "asked"][-1] == 0.0


def test_no_python_has_no_lines() -> None:
    """A text that does not parse is followed without any."""
    assert statements("a = = 1") == {}


def test_monitoring_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the Python has it: the same events as by a trace function."""
    if not hasattr(sys, "monitoring"):
        pytest.skip("this Python has no sys.monitoring")
    found = told(traced(LOOP))
    monkeypatch.delattr(sys, "monitoring")
    assert found == told(traced(LOOP))


def test_a_file_is_read_from_its_own_folder(tmp_path: Path) -> None:
    """Files are known by the name that their code carries, whatever that is."""
    file = tmp_path / "net.py"
    text = "a = 1.0"
    with tracing.recording({str(file): text}) as recorder:
        exec(compile(text, str(file), "exec"), {})
    assert len(recorder.trace().events) == 1


def test_what_a_function_is_given() -> None:
    """Arguments of every call; what it reads of the module, and of ``self``, once. None of it is an event of a line."""
    text = (
        "k = 2.0\n"
        "class Net:\n"
        "    def __init__(self):\n"
        "        self.W = np.ones(3)\n"
        "    def f(self, x, cache):\n"
        "        return x * k\n"
        "net = Net()\n"
        "net.f(np.ones(2), {'a': 1.0})\n"
        "net.f(np.zeros(2), {})\n"
    )
    found = traced(text)
    given = [(e.function, e.call, e.name, e.value.tolist()) for e in found.given if e.function == "Net.f"]
    assert given == [
        ("Net.f", 0, "x", [1.0, 1.0]),
        ("Net.f", 0, "cache['a']", 1.0),
        ("Net.f", 0, "self.W", [1.0, 1.0, 1.0]),
        ("Net.f", 0, "k", 2.0),
        ("Net.f", 1, "x", [0.0, 0.0]),
    ]
    assert all(event.line == 5 for event in found.given if event.function == "Net.f")
    assert "x" not in {event.name for event in found.events}


def test_what_each_object_holds() -> None:
    """Layers of one class are told apart: what they hold is taken where a method of each runs first."""
    text = (
        "class A:\n    def __init__(self, w):\n        self.w = w\n    def f(self):\n        return self.w\n"
        "one, two = A(2.0), A(3.0)\n_ = one.f(), two.f(), one.f()\n"
    )
    given = [event for event in traced(text).given if event.function == "A.f" and event.name == "self.w"]
    assert [(event.call, float(event.value)) for event in given] == [(0, 2.0), (1, 3.0)]
