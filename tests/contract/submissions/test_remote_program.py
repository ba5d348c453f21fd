"""A submission that stands still answers a diagnosis: forward pass, lines, edits, variations, training."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnosis.programs.program import Trial, UnavailableError, Variation
from gradcheck.submissions.exchange.remote_program import beside

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from diagnosed_programs import CLASS, KEPT, LOOP, MISSING_TWO, numeric, standing  # isort: skip # noqa: E402

CURED_LOOP = LOOP.replace(*KEPT[0]).replace(*KEPT[1])


def right(found: Trial | UnavailableError, true: list[Any]) -> list[bool]:
    """Which blocks of a trial's gradient are the true ones."""
    assert isinstance(found, Trial), found
    assert found.error is None
    return [np.allclose(a, b, rtol=1e-5, atol=1e-7) for a, b in zip(found.gradient, true, strict=True)]


def test_edits_of_a_loop_are_tried_and_taken_back(tmp_path: Path) -> None:
    """Also those that give the loop a variable of its own; the program then goes on as it was."""
    with standing(tmp_path, LOOP) as program:
        arrays, true = program.problem.values(), numeric(program)
        blocks = [block.name for block in program.problem.blocks]
        assert blocks == ["W1", "W2"]
        found = program.trials([LOOP, CURED_LOOP, LOOP.replace("- A1 ** 2", "- A1"), LOOP], arrays)
        assert [right(trial, true) for trial in found] == [[False, True], [True, True], [False, True], [False, True]]
        later = program.trial(LOOP.replace(KEPT[1][0], "delta @ W2.T * 1.0"), arrays)
        assert right(later, true) == [False, True]
        assert later.loss == pytest.approx(float(program.problem.driver.loss(arrays)))


def test_edits_of_methods_are_tried(tmp_path: Path) -> None:
    """In a class, one method of it; the loss's places keep their numbers though lines before them change."""
    with standing(tmp_path, CLASS) as program:
        true = numeric(program)
        cured = CLASS.replace(*MISSING_TWO)
        longer = cured.replace(
            '        a = np.tanh(X @ self.params["W1"])',
            '        z = X @ self.params["W1"] - 0.0\n        a = np.tanh(z + 0.0)',
        )
        ascent = cured.replace("-= self.lr * grads", "-= -self.lr * grads")
        arrays = program.problem.values()
        found = program.trials([CLASS, cured, longer, ascent], arrays)
        assert [all(right(trial, true)) for trial in found] == [False, True, True, False]
        assert np.allclose(found[3].gradient[0], -true[0], rtol=1e-5)  # type: ignore[union-attr]


REFUSED = {
    "data": ("rng = np.random.default_rng(0)", "rng = np.random.default_rng(1)", "has already run"),
    "before the loop": ("history = []", "history = [0]", "has already run"),
    "the loop's own range": ("range(steps)", "range(steps + 1)", "has already run"),
    "a default": ("lr=0.1", "lr=0.2", "has already run"),
    "another loop that trains": (
        "        W1 -= lr * X.T @ d1\n", "        for k in (0,):\n            W1 -= lr * X.T @ d1\n",
        "which loops train",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_already_run_is_not_tried(tmp_path: Path, name: str) -> None:
    """It would look like the text as it is."""
    old, new, message = REFUSED[name]
    with standing(tmp_path, LOOP) as program, pytest.raises(UnavailableError, match=message):
        program.trial(LOOP.replace(old, new), program.problem.values())


def test_a_hang_and_a_crash_lose_no_other_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hang is interrupted; a process that ends over a trial leaves what came before, and says so from then on."""
    hang = LOOP.replace("        delta = out", "        while loss: pass\n        delta = out")
    deaf = LOOP.replace("        delta = out", "        sum(range(10**12))\n        delta = out")  # no signal gets in
    leave = LOOP.replace("        delta = out", "        import os; os._exit(3)\n        delta = out")
    monkeypatch.setattr("gradcheck.patience.busyness", lambda: 1.0)
    with standing(tmp_path, LOOP, time_limit=6.0) as program:
        arrays, true = program.problem.values(), numeric(program)
        began = time.monotonic()
        found = program.trials([hang, CURED_LOOP], arrays, limit=0.3)
        assert str(getattr(found[0], "error", "")).startswith("TimeIsUpError")
        assert all(right(found[1], true))
        assert program.trials([], arrays) == []
        first, second = program.trials([CURED_LOOP] * 32 + [leave], arrays)[-2:]
        assert all(right(first, true))
        assert isinstance(second, UnavailableError)
        assert "exit code 3" in str(second)
        with pytest.raises(UnavailableError, match="stopped answering"):
            program.trace(arrays)
        assert time.monotonic() - began < 6.0
    with standing(tmp_path, LOOP, time_limit=2.0) as program:
        stuck = program.trials([deaf], program.problem.values(), limit=0.2)[0]
        assert isinstance(stuck, UnavailableError)
        assert "2 seconds" in str(stuck)


def test_lines_and_forward_pass_are_those_of_the_file(tmp_path: Path) -> None:
    """Not of what it was instrumented to."""
    with standing(tmp_path, LOOP) as program:
        arrays = program.problem.values()
        lines = LOOP.split("\n")
        trace = program.trace(arrays)
        assert [event.name for event in trace.events] == [
            "i", "A1", "out", "loss", "history[0]", "delta", "dW2", "W2", "d1", "W1",
        ]  # fmt: skip
        assert all(e.name.partition("[")[0] in lines[e.line - 1] for e in trace.events)
        assert {e.function for e in trace.events} == {"train"}
        w1 = next(e.value for e in trace.events if e.name == "W1")
        d1 = next(e.value for e in trace.events if e.name == "d1")
        inputs = np.random.default_rng(0).normal(size=(6, 3))
        np.testing.assert_allclose(w1, arrays[0] - 0.1 * inputs.T @ d1)
        forward = program.forward(arrays)
        adjoints = {value.block: value.adjoint for value in forward.values if value.block}
        for name, true in zip(("W1", "W2"), numeric(program), strict=True):
            np.testing.assert_allclose(adjoints[name], true, rtol=1e-5, atol=1e-7)
        tanh = next(value for value in forward.values if value.operation == "tanh")
        assert "np.tanh" in lines[(tanh.line or 0) - 1]


def test_variations_change_what_they_say(tmp_path: Path) -> None:
    """Each leaves the program itself as it was."""
    with standing(tmp_path, LOOP) as program:
        arrays = program.problem.values()
        rng = np.random.default_rng(0)
        X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))

        def loss(X: Any, Y: Any, lam: float = 0.3) -> float:
            out = np.tanh(X @ arrays[0]) @ arrays[1]
            return float(0.5 * np.sum((out - Y) ** 2) + 0.5 * lam * np.sum(arrays[1] ** 2))

        assert dict(program.sizes) == {
            "learning_rate": 0.1, "regularisation": 0.3, "batch": 6, "outputs": 2, "features": 3,
        }  # fmt: skip
        varied = {
            name: program.vary(Variation(**{name: value}))
            for name, value in (
                ("rows", 4), ("input_scale", 2.0), ("regularisation", 5.0), ("permute_targets", True),
                ("learning_rate", 3.0),
            )
        }  # fmt: skip

        def at(name: str) -> float:
            return float(varied[name].problem.driver.loss(arrays))

        assert at("rows") == pytest.approx(loss(X[:4], Y[:4]))
        assert at("input_scale") == pytest.approx(loss(2 * X, Y))
        assert at("regularisation") == pytest.approx(loss(X, Y, 1.5))
        assert at("permute_targets") != pytest.approx(loss(X, Y))
        assert at("learning_rate") == pytest.approx(loss(X, Y))
        assert float(program.problem.driver.loss(arrays)) == pytest.approx(loss(X, Y))
        assert varied["rows"].sizes["batch"] == 4
        gradient = varied["rows"].problem.driver.gradient(arrays)
        np.testing.assert_allclose(gradient[1], numeric(varied["rows"])[1], rtol=1e-5)
        assert right(varied["rows"].trial(CURED_LOOP, arrays), numeric(varied["rows"])) == [True, True]
        assert right(program.trial(CURED_LOOP, arrays), numeric(program)) == [True, True]


def test_a_baked_in_rate_shows_at_another_rate(tmp_path: Path) -> None:
    """The code's own rate is changed, and divided out once."""
    baked = LOOP.replace("d1 = delta", "d1 = lr * delta").replace("delta @ W2.T", "delta @ (W2 + lr * dW2).T")
    with standing(tmp_path, baked) as program:
        arrays, true = program.problem.values(), numeric(program)
        for factor in (1.0, 3.0):
            found = program.vary(Variation(learning_rate=factor)).problem.driver.gradient(arrays)
            np.testing.assert_allclose(found[0], 0.1 * factor * true[0], rtol=1e-4)
            np.testing.assert_allclose(found[1], true[1], rtol=1e-5)


IMPOSSIBLE = {
    "sizes": (LOOP, Variation(outputs=3), "whose sizes are fixed"),
    "as many samples": (LOOP, Variation(rows=6), "there are 6 samples"),
    "a literal rate": (LOOP.replace("lr * ", "0.1 * "), Variation(learning_rate=2.0), "a number in the text"),
    "no penalty": (CLASS, Variation(regularisation=2.0), "no variable holds the strength"),
    "a batch in the text": (
        LOOP.replace("A1 = np.tanh(X @ W1)", "A1 = np.tanh(X @ W1).reshape(6, 4)"), Variation(rows=3),
        "with that the step raises ValueError",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_varied_is_said(tmp_path: Path, name: str) -> None:
    """With the reason; the program goes on."""
    text, variation, message = IMPOSSIBLE[name]
    with standing(tmp_path, text) as program:
        before = float(program.problem.driver.loss(program.problem.values()))
        with pytest.raises(UnavailableError, match=message):
            program.vary(variation)
        assert float(program.problem.driver.loss(program.problem.values())) == before


def test_a_short_training_is_the_codes_own(tmp_path: Path) -> None:
    """Its losses, one a step, and what it makes of the parameters; then everything is back."""
    with standing(tmp_path, LOOP) as program:
        arrays = program.problem.values()
        run = program.train(5)
        rng = np.random.default_rng(0)
        X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
        W1, W2 = (array.copy() for array in arrays)
        losses = []
        for _ in range(5):
            A1 = np.tanh(X @ W1)
            out = A1 @ W2
            losses.append(0.5 * np.sum((out - Y) ** 2) + 0.15 * np.sum(W2**2))
            W2 = W2 - 0.1 * (A1.T @ (out - Y) + 0.3 * W2)
            W1 = W1 - 0.1 * X.T @ ((out - Y) @ W2.T * (1 - A1**2))
        np.testing.assert_allclose(run.losses, losses)
        np.testing.assert_allclose(run.parameters[1][0], W1)
        np.testing.assert_array_equal(run.parameters[0][1], arrays[1])
        assert (run.learning_rate, run.error) == (0.1, None)
        np.testing.assert_array_equal(program.problem.values()[0], arrays[0])


def test_what_training_raises_is_told(tmp_path: Path) -> None:
    """With the line, and the losses before it."""
    text = LOOP.replace(
        "        history.append(loss)\n", "        history.append(loss)\n        if len(history) > 3: 1 / 0\n"
    )
    with standing(tmp_path, text) as program:
        run = program.train(10)
    assert len(run.losses) == 3
    assert run.error is not None
    assert run.error.startswith("ZeroDivisionError")


def test_a_copy_sees_its_neighbours_and_is_gone_afterwards(tmp_path: Path) -> None:
    """Data files beside it, under their names; nothing of the original changes."""
    file = tmp_path / "student.py"
    file.write_text("old")
    (tmp_path / "data.csv").write_text("1,2")
    with beside(file, "open('data.csv')") as copy:
        assert (copy.name, copy.read_text()) == ("student.py", "open('data.csv')")
        assert (copy.parent / "data.csv").read_text() == "1,2"
    assert not copy.parent.exists()
    assert file.read_text() == "old"
    assert (tmp_path / "data.csv").exists()
