"""What cannot be run has a state of its own, with the cure; integrity is told to staff and takes no marks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graded_programs import FUNCTIONS, SHORT, spoilt

from gradcheck.grading.records import GradeRecord, Outcome, State

Grade = Callable[..., GradeRecord]
DELTA = "dZ2 = (A2 - Y) / len(X)"


@pytest.mark.parametrize(
    ("text", "reason", "cure"),
    [
        (
            spoilt(FUNCTIONS, "def backward(X, Y, params, cache):", "def backward(X, Y, params, cache)"),
            "syntax",
            "line",
        ),
        (spoilt(FUNCTIONS, "def backward(", "def back_prop("), "function backward", "Rename back_prop to backward"),
        (spoilt(FUNCTIONS, DELTA, f"{DELTA}\n    while True:\n        pass"), "gradient", "loop without an end"),
        (spoilt(FUNCTIONS, DELTA, f"{DELTA}\n    __import__('os')._exit(0)"), "ended its own process", "exit()"),
        (spoilt(FUNCTIONS, DELTA, f"{DELTA}\n    raise SystemExit"), "gradient", "exit()"),
        ("while True:\n    pass\n" + FUNCTIONS, "time limit", "training at the top"),
    ],
    ids=["syntax", "missing", "endless", "exit", "SystemExit", "endless while loading"],
)
def test_the_reason_and_the_cure(grade: Grade, text: str, reason: str, cure: str) -> None:
    """And no mark of zero."""
    record = grade(text, SHORT.replace("time = 3.0", "time = 1.0"))
    assert record.state is State.UNGRADABLE
    assert reason in record.reason
    assert cure in (record.cure or "")
    assert record.points is None
    assert record.marks == ()


def test_an_exception_is_the_result_of_its_item(grade: Grade) -> None:
    """Everything else is marked, and the line is told."""
    record = grade(spoilt(FUNCTIONS, DELTA, "dZ2 = (A2 - Y) / len(X) + undefined"), SHORT)
    marks = {mark.item: mark for mark in record.marks}
    assert record.state is State.GRADED
    assert marks["forward"].points == marks["forward"].of
    assert marks["gradients/W2"].points == 0.0
    assert "NameError" in marks["gradients/W2"].message.symptom
    assert marks["gradients/W2"].line == 1 + FUNCTIONS[: FUNCTIONS.index(DELTA)].count("\n")


RETURN = 'return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (spoilt(FUNCTIONS, RETURN, "return dW1, db1, dW2, db2"), "gradients is a tuple of 4"),
        (spoilt(FUNCTIONS, RETURN, RETURN.replace('"d', '"')), "gradients is a dict with the keys W1, b1, W2, b2"),
        (
            spoilt(FUNCTIONS, "def backward(X, Y, params, cache):", "def backward(X, Y, cache):"),
            "3 positional arguments",
        ),
        (spoilt(FUNCTIONS, "return A2, (A1, A2)", "return A2, A1, A2"), "(output, cache) = forward(X, params)"),
    ],
    ids=["tuple", "keys", "arguments", "results"],
)
def test_what_does_not_fit_the_interface_is_told_exactly(grade: Grade, text: str, told: str) -> None:
    """The call as it was declared, and what came instead: names are put right, not marked."""
    mark = next(mark for mark in grade(text, SHORT).marks if mark.item == "gradients/W2")
    assert mark.outcome is Outcome.UNGRADABLE
    assert told in mark.message.symptom
    assert " s['" not in mark.message.symptom


def test_what_gives_nothing_back_is_not_written_yet(grade: Grade) -> None:
    """That is no matter of names."""
    mark = next(mark for mark in grade(spoilt(FUNCTIONS, RETURN, "pass"), SHORT).marks if mark.item == "gradients/W2")
    assert mark.outcome is Outcome.LOST
    assert "gradients is None" in mark.message.symptom


# A program that asks for what is refused, and goes on as if nothing were.
CAUGHT = """
    try:
        __import__('os').listdir('/etc')
    except OSError:
        pass"""
NUMERICAL = spoilt(FUNCTIONS, "    A1, A2 = cache\n", '''    gradients = {}
    for name in params:
        gradients["d" + name] = np.zeros_like(params[name])
        for index in np.ndindex(*params[name].shape):
            values = []
            for step in (1e-5, -1e-5):
                moved = {key: value.copy() for key, value in params.items()}
                moved[name][index] += step
                values.append(compute_loss(forward(X, moved)[0], Y))
            gradients["d" + name][index] = (values[0] - values[1]) / 2e-5
    return gradients
    A1, A2 = cache
''')  # fmt: skip

# The same where nobody looks: in a thread of its own, with tracing switched off, along directions of all entries.
INNER = (
    NUMERICAL.replace("def backward(X, Y, params, cache):", "def quotients(X, Y, params, cache):")
    + """

def backward(X, Y, params, cache):
    {lines}
"""
)
THREAD = INNER.replace("{lines}", """import _thread, time
    found = []
    _thread.start_new_thread(lambda: found.append(quotients(X, Y, params, cache)), ())
    while not found:
        time.sleep(0.001)
    return found[0]""")  # fmt: skip
UNTRACED = INNER.replace("{lines}", """import sys
    kept = getattr(sys, "get" + "trace")()
    getattr(sys, "set" + "trace")(None)
    found = quotients(X, Y, params, cache)
    getattr(sys, "set" + "trace")(kept)
    return found""")  # fmt: skip
DIRECTIONS = INNER.replace("{lines}", """names, sizes = list(params), [value.size for value in params.values()]
    turns = np.random.RandomState(3).randn(sum(sizes), sum(sizes))
    slopes = []
    for turn in turns:
        parts = dict(zip(names, np.split(1e-5 * turn, np.cumsum(sizes)[:-1])))
        sides = [
            compute_loss(forward(X, {n: v + sign * parts[n].reshape(v.shape) for n, v in params.items()})[0], Y)
            for sign in (1, -1)
        ]
        slopes.append((sides[0] - sides[1]) / 2e-5)
    found = np.split(np.linalg.solve(turns, slopes), np.cumsum(sizes)[:-1])
    return {"d" + n: part.reshape(params[n].shape) for n, part in zip(names, found)}""")  # fmt: skip


@pytest.mark.parametrize("text", [THREAD, UNTRACED, DIRECTIONS], ids=["thread", "untraced", "directions"])
def test_differences_that_nobody_sees_are_told_by_their_rounding(grade: Grade, text: str) -> None:
    """Whatever a program does about being watched: neighbouring gradients jump."""
    record = grade(text, SHORT)
    assert [item.message[:22] for item in record.findings if item.id == "numerical-gradient"] == [
        "The gradient is rough:"
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (NUMERICAL, "numerical-gradient"),
        ("import torch\n" + FUNCTIONS, "forbidden-library"),
        (spoilt(FUNCTIONS, "    return A2, (A1, A2)", "    return 0.3 + 0 * A2, (A1, A2)"), "memorised-output"),
        ("import socket\nsocket.socket()\n" + FUNCTIONS, "sandbox-attempt"),
        (spoilt(FUNCTIONS, DELTA, f"{DELTA}\n    open('/etc/passwd')"), "sandbox-attempt"),
        (spoilt(FUNCTIONS, DELTA, f"{DELTA}{CAUGHT}"), "sandbox-attempt"),
        (f"import os\nwith __import__('contextlib').suppress(OSError):\n    os.fork()\n{FUNCTIONS}", "sandbox-attempt"),
        (spoilt(FUNCTIONS, DELTA, f"{DELTA}\n    __import__('os').write(4, b'x' * 100)"), "channel-attempt"),
    ],
    ids=["difference quotients", "forbidden", "memorised", "socket", "file", "caught", "process", "channel"],
)
def test_integrity_is_told_to_staff(grade: Grade, text: str, finding: str) -> None:
    """As findings of the record."""
    record = grade(text, SHORT + '\n[integrity]\nforbid = ["torch"]\n')
    assert finding in {item.id for item in record.findings}


def test_hidden_values_are_not_in_the_childs_reach(grade: Grade) -> None:
    """What a program can see of its process while it loads holds no expected value: there is no point yet."""
    text = "import gc, numpy as np\narrays = [a for a in gc.get_objects() if isinstance(a, np.ndarray)]\n"
    text += "assert not [a for a in arrays if a.shape == (5, 2)]\n"
    record = grade(text + FUNCTIONS, SHORT)
    marks = {mark.item: mark for mark in record.marks}
    assert marks["loads"].points == marks["loads"].of


def test_the_same_bug_has_the_same_fingerprint(grade: Grade) -> None:
    """Whatever the spelling; another bug has another one."""
    one = grade(spoilt(FUNCTIONS, DELTA, "dZ2 = (A2 - Y) / len(X) * A2"), SHORT, name="one.py")
    same = grade(spoilt(FUNCTIONS, DELTA, "m = X.shape[0]\n    dZ2 = A2 * (A2 - Y) / m"), SHORT, name="same.py", seed=7)
    other = grade(spoilt(FUNCTIONS, DELTA, "dZ2 = (A2 - Y) / len(X) * A2**2"), SHORT, name="other.py")
    assert one.fingerprint == same.fingerprint is not None
    assert other.fingerprint not in (None, one.fingerprint)
