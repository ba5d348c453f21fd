"""What a child sends to a diagnosis is numbers of announced shapes, or nothing that is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnosis.programs.program import SourceText, UnavailableError, Variation
from gradcheck.submissions.exchange import coding
from gradcheck.submissions.exchange.protocol import Frame
from gradcheck.submissions.exchange.remote_program import BATCH, BATCH_CHARACTERS, RemoteProgram
from gradcheck.submissions.exchange.session import SessionError, Status

BLOCKS = [{"name": "W", "shape": [2], "dtype": "float64"}]
INTRODUCTION = Frame(id=1, op="network", data={"blocks": BLOCKS}, arrays=(np.zeros(2),))


class Liar:
    """A session whose child answers whatever a test wants."""

    time_limit = 5.0

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.abandoned: list[str] = []

    def request(self, op: str, data: Mapping[str, Any], arrays: Any = (), _limit: float | None = None) -> Frame:
        """The answer to an operation."""
        assert all(isinstance(array, np.ndarray) for array in arrays)
        self.asked.append((op, data))
        answer = self._answers[op]
        if isinstance(answer, Exception):
            raise answer
        return answer(data) if callable(answer) else answer  # type: ignore[no-any-return]

    def abandon(self, detail: str) -> SessionError:
        """Remember why."""
        self.abandoned.append(detail)
        return SessionError(Status.INTERNAL, detail)


def program(answers: Mapping[str, Any]) -> tuple[RemoteProgram, Liar]:
    """A program over a liar."""
    liar = Liar(answers)
    source = SourceText(name="student.py", text="a = 1\n")
    found = RemoteProgram(liar, INTRODUCTION, source, pytest.fail)  # type: ignore[arg-type]
    return found, liar


def ok(data: Mapping[str, Any], *arrays: Any) -> Frame:
    """A reply."""
    return Frame(id=1, op="ok", data=data, arrays=tuple(arrays))


ONE = [np.zeros(2)]
Ask = Callable[[RemoteProgram], Any]
QUESTIONS: dict[str, Ask] = {
    "forward": lambda p: p.forward(ONE),
    "trace": lambda p: p.trace(ONE),
    "trials": lambda p: p.trial("a = 2", ONE),
    "train": lambda p: p.train(3),
    "vary": lambda p: p.vary(Variation(rows=1)),
}


@pytest.mark.parametrize("op", QUESTIONS)
@pytest.mark.parametrize(
    "lie",
    [
        ok({}),
        ok({"trials": "x", "count": "2", "program": "1"}, np.zeros(3)),
        ok({"program": 0, "count": -1}),
        ok({"program": True}),
    ],
    ids=["nothing", "other kinds", "wrong numbers", "a truth"],
)
def test_an_answer_that_makes_no_sense_ends_the_conversation(op: str, lie: Frame) -> None:
    """It is not asked again, and the question counts as one that cannot be answered."""
    asked, liar = program({op: lie})
    with pytest.raises(UnavailableError):
        QUESTIONS[op](asked)
    assert len(liar.abandoned) == 1


@pytest.mark.parametrize("op", QUESTIONS)
def test_refusals_and_ends_are_told(op: str) -> None:
    """With the reason, clipped; the child of a refusal goes on."""
    refusal = Frame(id=1, op="unavailable", data={"message": "x" * 10_000})
    asked, liar = program({op: refusal})
    with pytest.raises(UnavailableError, match=r"^x{2000}$"):
        QUESTIONS[op](asked)
    assert not liar.abandoned
    asked, _ = program({op: SessionError(Status.TIME, "too long")})
    with pytest.raises(UnavailableError, match="stopped answering: too long"):
        QUESTIONS[op](asked)
    asked, _ = program({op: Frame(id=1, op="raised", data={"type": "Va lue\n", "message": "no"})})
    with pytest.raises(UnavailableError, match=r"^no$"):
        QUESTIONS[op](asked)


def test_sizes_are_numbers_that_are_known() -> None:
    """Anything else is left out."""
    told = {"batch": 4, "outputs": "3", "features": True, "learning_rate": 0.5, "verdict": 1.0, "hidden": None}
    asked, _ = program({"sizes": ok({"sizes": told})})
    assert dict(asked.sizes) == {"batch": 4.0, "learning_rate": 0.5}
    asked, _ = program({"sizes": ok({"sizes": [1, 2]})})
    assert dict(asked.sizes) == {}
    asked, _ = program({"sizes": SessionError(Status.EXIT, "gone")})
    assert dict(asked.sizes) == {}


def test_trials_are_asked_in_batches_and_counted() -> None:
    """Fewer or more answers than texts are none."""

    def answer(data: Mapping[str, Any]) -> Frame:
        told, arrays = coding.pack_trials([UnavailableError(text) for text in data["texts"]])
        return ok(told, *arrays)

    asked, liar = program({"trials": answer})
    texts = [str(number) for number in range(2 * BATCH + 1)]
    assert [str(found) for found in asked.trials(texts, ONE)] == texts
    assert [len(data["texts"]) for _, data in liar.asked] == [BATCH, BATCH, 1]
    asked, liar = program({"trials": answer})
    long = ["x" * (BATCH_CHARACTERS // 2)] * 4
    assert len(asked.trials(long, ONE)) == 4
    assert [len(data["texts"]) for _, data in liar.asked] == [2, 2]
    short = coding.pack_trials([UnavailableError("one")])
    asked, liar = program({"trials": ok(short[0], *short[1])})
    found = asked.trials(["a", "b"], ONE)
    assert all(isinstance(item, UnavailableError) for item in found)
    assert liar.abandoned


def test_nothing_is_asked_after_the_deadline() -> None:
    """Neither of the child nor of a new process."""
    liar = Liar({})
    late = RemoteProgram(
        liar,
        INTRODUCTION,
        SourceText(name="a", text=""),
        pytest.fail,
        left=lambda: 0.0,  # type: ignore[arg-type]
    )
    for ask in (*QUESTIONS.values(), lambda p: p.verify("a")):
        with pytest.raises(UnavailableError, match="used up"):
            ask(late)
    assert liar.asked == []


def test_variations_are_asked_by_their_number() -> None:
    """The program itself is number 0, which is not said."""
    varied = Frame(id=1, op="ok", data={"blocks": BLOCKS, "program": 7}, arrays=(np.ones(2),))
    asked, liar = program({"vary": varied, "trace": ok({}), "findings": ok({})})
    other = asked.vary(Variation(rows=3, input_scale=2.0))
    assert liar.asked[-1] == ("vary", {"variation": {"rows": 3, "input_scale": 2.0}})
    other.problem.driver.findings()
    assert liar.asked[-1] == ("findings", {"program": 7})
    asked.problem.driver.findings()
    assert liar.asked[-1] == ("findings", {})


@pytest.mark.parametrize("times", [1.0, 8.0])
def test_trials_leave_the_child_time_to_answer(monkeypatch: pytest.MonkeyPatch, times: float) -> None:
    """What is left over of its own limit is less than what the controller waits for, however busy the machine is."""
    monkeypatch.setattr("gradcheck.patience.busyness", lambda: times)
    told, arrays = coding.pack_trials([UnavailableError("one")])
    asked, liar = program({"trials": ok(told, *arrays)})
    asked.trials(["a"], ONE, limit=60.0)
    data = liar.asked[-1][1]
    assert 0.0 < data["limit"] <= data["total"] < times * liar.time_limit
