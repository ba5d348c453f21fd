"""What a child answers to declared calls is numbers, or it is nothing."""

from typing import Any

import numpy as np
import pytest

from gradcheck.problem import StructureMismatchError
from gradcheck.submissions.declared.remote import CallError, DeclaredCalls, Run
from gradcheck.submissions.exchange.protocol import Frame
from gradcheck.submissions.exchange.remote import RemoteDriver, RemoteError
from gradcheck.submissions.exchange.session import Status

RUN = Run(name="forward", given={"X": np.ones((2, 2)), "learning_rate": 0.1}, ask=("output", "loss"))


class _Child:
    """Answers everything with one frame."""

    time_limit = 1.0

    def __init__(self, op: str, data: dict[str, Any], arrays: tuple[Any, ...] = ()) -> None:
        self.reply = Frame(id=1, op=op, data=data, arrays=arrays)
        self.asked: list[tuple[str, Any, Any]] = []

    def request(self, op: str, data: Any, arrays: Any, _limit: float | None = None) -> Frame:
        self.asked.append((op, data, arrays))
        return self.reply


def _calls(*answer: Any) -> tuple[DeclaredCalls, _Child]:
    child = _Child(*answer)
    return DeclaredCalls(child), child  # type: ignore[arg-type]


def test_arrays_go_by_index_and_come_by_role() -> None:
    """Numbers travel as they are."""
    calls, child = _calls("ok", {"runs": [{"found": {"output": 0}, "kinds": {"loss": "str"}}]}, (np.ones(3),))
    (answered,) = calls.call([RUN])
    data = child.asked[0][1]
    assert data["given"][data["runs"][0]["given"]] == {"X": {"array": 0}, "learning_rate": 0.1}
    assert list(answered.found) == ["output"]
    assert answered.kinds == {"loss": "str"}
    assert answered.fault is None


def test_what_several_runs_get_is_sent_once() -> None:
    """By content, however many arrays hold it; another sign of zero is another array."""
    calls, child = _calls("ok", {"runs": [{}] * 4})
    same = {"X": np.zeros(3), "Y": np.zeros((3, 1))}
    others = [dict(same, Y=np.zeros((3, 1))), {"X": -np.zeros(3)}]
    runs = [Run(name="loss", given=given) for given in (same, same, *others)]
    calls.call(runs)
    _, data, arrays = child.asked[0]
    assert [run["given"] for run in data["runs"]] == [0, 0, 1, 2]
    first = {"X": {"array": 0}, "Y": {"array": 1}}
    assert data["given"] == [first, first, {"X": {"array": 2}}]
    assert len(arrays) == 3


@pytest.mark.parametrize(
    "data",
    [{}, {"runs": []}, {"runs": [1]}, {"runs": [{}, {}]}, {"runs": "forward"}],
)
def test_answers_that_make_no_sense(data: dict[str, Any]) -> None:
    """Are an error of the call."""
    with pytest.raises(CallError):
        _calls("ok", data)[0].call([RUN])


@pytest.mark.parametrize("place", [7, -1, "0", None, True])
def test_places_that_are_none(place: Any) -> None:
    """An index beyond the arrays finds nothing."""
    calls, _ = _calls("ok", {"runs": [{"found": {"output": place, "secret": 0}}]}, ())
    (answered,) = calls.call([RUN])
    assert answered.found == {}


def test_a_fault_is_cleaned() -> None:
    """Its name is a name, its line a line."""
    error = {"type": "Value<b>Error", "message": "m" * 9000, "frames": ["line 7, in backward: x = y", 3] * 40}
    (answered,) = _calls("ok", {"runs": [{"error": error}]})[0].call([RUN])
    fault = answered.fault
    assert fault is not None
    assert fault.kind == "Exception"
    assert len(fault.message) <= 4000
    assert len(fault.frames) <= 20


@pytest.mark.parametrize(
    ("kind", "status"),
    [("TimeIsUpError", Status.TIME), ("SystemExit", Status.EXIT), ("Signal", Status.SIGNAL), ("ValueError", None)],
)
def test_how_a_run_ended(kind: str, status: Status | None) -> None:
    """Ordinary exceptions end no process."""
    error = {"type": kind, "message": "", "frames": ["line 3, in f: x"]}
    (answered,) = _calls("ok", {"runs": [{"error": error}]})[0].call([RUN])
    assert answered.fault is not None
    assert answered.fault.status is status
    assert answered.fault.line == 3


def test_a_network_without_a_number() -> None:
    """Is none."""
    with pytest.raises(CallError, match="without a number"):
        _calls("ok", {"program": True})[0].build({}, 0)
    with pytest.raises(CallError, match="takes no point"):
        _calls("unavailable", {"message": "its adapter takes no point"})[0].build({}, 0)


NUMBER = {"kind": "array"}
POINT = {"X": np.ones((2, 2))}


def test_a_gradient_at_a_point_in_one_question() -> None:
    """One leaf a block, or the loss alone."""
    calls, child = _calls("ok", {"leaves": [NUMBER, NUMBER]}, (np.ones(3), np.zeros(2)))
    leaves = calls.at(POINT, 1, blocks=2)
    assert [leaf.shape for leaf in leaves] == [(3,), (2,)]
    op, asked, _ = child.asked[0]
    assert (op, asked["form"], asked["gradient"], len(child.asked)) == ("at", 1, True, 1)
    calls, child = _calls("ok", {"leaves": [NUMBER]}, (np.array(2.5),))
    assert calls.at(POINT, 0) == [2.5]
    assert child.asked[0][1]["gradient"] is False


@pytest.mark.parametrize(("told", "rate"), [(0.5, 0.5), (0, None), (-1.0, None), (float("inf"), None), ("1", None)])
def test_the_rate_of_plain_steps(told: Any, rate: float | None) -> None:
    """It is a positive number, or nothing."""
    calls, _ = _calls("ok", {"leaves": [NUMBER], "plain_rate": told}, (np.ones(2),))
    calls.at(POINT, 0, blocks=1)
    assert calls.plain_rate == rate


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (("ok", {"unbuilt": "no such place"}), CallError, "no such place"),
        (("ok", {"leaves": [NUMBER]}, (np.ones(1),)), StructureMismatchError, "the gradient has 1 parts, expected 2"),
        (("raised", {"type": "KeyError", "message": "'W3'"}), RemoteError, "W3"),
        (("ok", {"leaves": [NUMBER, NUMBER]}, (np.ones(1),)), RemoteError, "more arrays"),
        (("ok", {}), RemoteError, "no values"),
    ],
    ids=["unbuilt", "another number", "raised", "too few arrays", "nothing"],
)
def test_what_is_no_gradient_at_a_point(answer: tuple[Any, ...], error: type[Exception], said: str) -> None:
    """Each is an error that says what it was."""
    with pytest.raises(error, match=said):
        _calls(*answer)[0].at(POINT, 0, blocks=2)


class _Restoring(_Child):
    """Remembers what is to be put back first."""

    def __init__(self, *answer: Any) -> None:
        super().__init__(*answer)
        self.first: list[int] = []

    def request(self, op: str, data: Any, arrays: Any = (), _limit: float | None = None) -> Frame:
        return super().request(op, data, arrays, _limit)

    def restore_first(self, program: int) -> None:
        self.first.append(program)


@pytest.mark.parametrize("resets", [True, False, None], ids=["their code", "none", "unknown"])
def test_state_is_put_back_with_the_next_question(resets: bool | None) -> None:
    """It takes a question of its own only where code of theirs runs for it."""
    told = {} if resets is None else {"resets": resets}
    blocks = [{"name": "W", "shape": [1], "dtype": "float64"}]
    child = _Restoring("ok", {"blocks": blocks, **told}, (np.ones(1),))
    RemoteDriver(child, child.reply, 3).restore()  # type: ignore[arg-type]
    assert child.first == ([3] if resets is False else [])
    assert [op for op, _, _ in child.asked] == ([] if resets is False else ["restore"])
