"""What a submission is asked costs time: items share requests, and nobody asks for the same twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from graded_programs import ALL, CLASS, FUNCTIONS, OF_CLASS

from gradcheck.grading.records import GradeRecord
from gradcheck.submissions.exchange.session import Session

Grade = Callable[..., GradeRecord]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any], tuple[Any, ...]]]:
    """Every request that is made."""
    requests: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = []
    real = Session.request

    def request(self: Session, op: str, data: Any = None, arrays: Any = (), time_limit: float | None = None) -> Any:
        requests.append((op, dict(data or {}), tuple(arrays)))
        return real(self, op, data, arrays, time_limit)

    monkeypatch.setattr(Session, "request", request)
    return requests


def _calls(asked: list[tuple[str, dict[str, Any], tuple[Any, ...]]]) -> list[Counter[str]]:
    return [Counter(run["name"] for run in data["runs"]) for op, data, _ in asked if op == "call"]


@pytest.mark.parametrize(("text", "assignment"), [(FUNCTIONS, ALL), (CLASS, OF_CLASS)], ids=["functions", "class"])
def test_items_after_the_gradient_share_a_request(
    grade: Grade, asked: list[tuple[str, dict[str, Any], tuple[Any, ...]]], text: str, assignment: str
) -> None:
    """Step, unusual inputs, purity and properties."""
    record = grade(text, assignment + '\n[conventions]\nallowed = ["loss-epsilon"]\n')
    assert record.points == record.of
    pure = [data["runs"] for op, data, _ in asked if op == "call" and any(run["seed"] is None for run in data["runs"])]
    assert len(pure) == 1
    others = Counter(run["name"] for run in pure[0] if run["seed"] is not None)
    assert others["forward"] >= 4
    assert others["loss"] >= 4


def test_outputs_and_losses_are_asked_for_with_the_form(
    grade: Grade, asked: list[tuple[str, dict[str, Any], tuple[Any, ...]]]
) -> None:
    """Whoever keeps to the form that was asked for is asked once."""
    grade(CLASS, OF_CLASS)
    first = _calls(asked)[0]
    assert first == Counter(forward=3, loss=3)


def test_no_loss_is_asked_for_twice(grade: Grade, asked: list[tuple[str, dict[str, Any], tuple[Any, ...]]]) -> None:
    """At one point, by two items; that a call repeats itself is looked at with generators that go on."""
    grade(CLASS, OF_CLASS)
    seen: Counter[bytes] = Counter()
    for _, data, arrays in (request for request in asked if request[0] == "call"):
        for run in data["runs"]:
            if run["name"] == "loss" and run["seed"] is not None:
                given = data["given"][run["given"]]
                sent = [arrays[item["array"]] for item in given.values() if isinstance(item, dict)]
                seen[b"".join(array.tobytes() for array in sent)] += 1
    assert sum(seen.values()) >= 8
    assert max(seen.values()) == 1
