"""Programs of this process: their text exchanged while they run, and all put back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, ref
from gradcheck.diagnosis.programs.local import LocalProgram
from gradcheck.diagnosis.programs.program import Trial, UnavailableError, Variation
from gradcheck.problem import OracleUnavailableError
from gradcheck.records import Verdict

from running_programs import CURED, LIVE, TEXT, module_of, program_of  # isort: skip

Arrays = list[np.ndarray[Any, Any]]


def global_state() -> list[int]:
    """Of NumPy's global generator."""
    return [int(word) for word in np.random.get_state()[1]]  # noqa: NPY002 - what learners draw from


def true_gradient(program: LocalProgram, arrays: Arrays) -> Arrays:
    """By central differences of the problem's own loss."""
    driver = program.problem.driver
    found = []
    for k, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            values = []
            for step in (1e-6, -1e-6):
                moved = [a.copy() for a in arrays]
                moved[k][index] += step
                values.append(float(driver.loss(moved)))
            gradient[index] = (values[0] - values[1]) / 2e-6
        found.append(gradient)
    return found


def is_right(program: LocalProgram, trial: Trial, arrays: Arrays) -> bool:
    """Whether a trial's gradient is the true one."""
    assert trial.error is None
    pairs = zip(trial.gradient, true_gradient(program, arrays), strict=True)
    return all(np.allclose(a, b, rtol=1e-6, atol=1e-8) for a, b in pairs)


def test_a_cure_is_seen_and_the_code_is_back(tmp_path: Path) -> None:
    """The edited lambda is used by a function that was not edited; afterwards it is the old one again."""
    program, module = program_of(tmp_path)
    arrays = program.problem.values()
    codes = [function.__code__ for function in (module.backward, module.slope)]
    assert not is_right(program, program.trial(TEXT, arrays), arrays)
    assert is_right(program, program.trial(TEXT.replace(*CURED), arrays), arrays)
    assert not is_right(program, program.trial(TEXT, arrays), arrays)
    assert [function.__code__ for function in (module.backward, module.slope)] == codes


def test_state_of_the_code_is_back(tmp_path: Path) -> None:
    """Globals, random numbers and the parameters end as they were."""
    program, module = program_of(tmp_path)
    arrays, state = program.problem.values(), global_state()
    program.trace(arrays)
    program.forward(arrays)
    program.trials([TEXT, TEXT.replace("calls.append(1)", "calls.append(2); np.random.rand()")], arrays)
    assert module.calls == []
    assert global_state() == state
    assert all(np.array_equal(a, b) for a, b in zip(arrays, program.problem.values(), strict=True))


def test_one_bad_text_does_not_cost_the_others(tmp_path: Path) -> None:
    """Exceptions, hangs, other shapes, no Python, what does not run again: each its own result, in order."""
    program, _ = program_of(tmp_path)
    arrays = program.problem.values()
    cured = TEXT.replace(*CURED)
    texts = [
        cured.replace("d1 = d2", "1 / 0; d1 = d2"),
        cured.replace("d1 = d2", "while True: pass\n    d1 = d2"),
        cured.replace("d1.sum(axis=0)", "d1.sum()"),
        cured.replace('"b1": d1.sum(axis=0)', '"b1": None'),
        cured.replace("d1 = d2", "d1 = = d2"),
        cured.replace("SCALE = 0.5", "SCALE = 0.7"),
        cured,
    ]
    began = time.monotonic()
    found = program.trials(texts, arrays, limit=0.3)
    assert time.monotonic() - began < 5
    errors = [trial.error if isinstance(trial, Trial) else f"unavailable: {trial}" for trial in found]
    starts = [
        "ZeroDivisionError: ", "TimeIsUpError: took longer than 0.3 seconds", "the gradient of b1 has the shape ()",
        "no gradient of b1", "SyntaxError: ", "unavailable: the edit changes what has already run", None,
    ]  # fmt: skip
    for error, start in zip(errors, starts, strict=True):
        assert error is start if start is None else str(error).startswith(start)
    assert isinstance(found[-1], Trial)
    assert is_right(program, found[-1], arrays)


def test_the_time_for_all_holds(tmp_path: Path) -> None:
    """What is left over is said not to have been tried."""
    program, _ = program_of(tmp_path)
    hanging = TEXT.replace("d1 = d2", "while True: pass\n    d1 = d2")
    found = program.trials([hanging] * 4, program.problem.values(), limit=0.2, total=0.3)
    assert isinstance(found[0], Trial)
    assert str(found[-1]) == "the time for trials was used up"


REFUSED = {
    "a constant of the module": ("SCALE = 0.5", "SCALE = 0.6", "has already run"),
    "a default argument": ("def sigmoid(z):", "def sigmoid(z=0):", "has already run"),
    "a statement of the module": ("SCALE = 0.5", "SCALE = 0.5\nOTHER = 1", "adds or removes a statement"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_run_again_is_refused(tmp_path: Path, name: str) -> None:
    """The trial would look like the text as it is."""
    program, _ = program_of(tmp_path)
    old, new, message = REFUSED[name]
    with pytest.raises(UnavailableError, match=message):
        program.trial(TEXT.replace(old, new), program.problem.values())


def test_an_edit_that_only_moves_lines_changes_nothing(tmp_path: Path) -> None:
    """Comments above; the trace then has the new lines, of functions that were not edited too."""
    program, _ = program_of(tmp_path)
    arrays = program.problem.values()
    text = TEXT.replace("SCALE", "# one\n# two\nSCALE", 1).replace(*CURED)
    trial = program.trial(text, arrays, traced=True)
    assert is_right(program, trial, arrays)
    assert trial.trace is not None
    before = {e.line for e in program.trace(arrays).events if e.name == "d2"}
    assert {e.line for e in trial.trace.events if e.name == "d2"} == {line + 2 for line in before}


def test_closures_with_other_variables_are_refused(tmp_path: Path) -> None:
    """The living function has no cell for what it does not use."""
    program, _ = program_of(tmp_path)
    text = TEXT.replace("lambda p: backward(p, X, y)", "lambda p: backward(p, X, y * rng.random())")
    with pytest.raises(UnavailableError, match=r"other variables of what is around it \(rng\)"):
        program.trial(text, program.problem.values())


def test_two_lambdas_of_one_line_are_told_apart(tmp_path: Path) -> None:
    """By their columns, though their code is equal."""
    text = TEXT.replace("slope = lambda a: 1 - a", "slope, other = (lambda a: 1 - a), (lambda a: 1 - a)")
    program, _ = program_of(tmp_path, text)
    arrays = program.problem.values()
    first = text.replace("(lambda a: 1 - a), (", "(lambda a: 1 - a ** 2), (")
    second = text.replace(", (lambda a: 1 - a)", ", (lambda a: 1 - a ** 2)")
    assert is_right(program, program.trial(first, arrays), arrays)
    assert not is_right(program, program.trial(second, arrays), arrays)


def test_comprehensions_run_again_with_what_is_around_them(tmp_path: Path) -> None:
    """An edit inside one is an edit of its function, though some Pythons compile it apart."""
    own = '    d1 = d2 @ p["W2"].T * slope(A1)\n'
    rows = '    d1 = np.array([row @ p["W2"].T * (1 - a) for row, a in zip(d2, A1)])\n'
    inner = '    d1 = np.array([[e * (1 - b) for e, b in zip(row, a)] for row, a in zip(d2 @ p["W2"].T, A1)])\n'
    for number, line in enumerate((rows, inner)):
        assert own in TEXT
        text = TEXT.replace(own, line)
        (tmp_path / str(number)).mkdir()
        program, _ = program_of(tmp_path / str(number), text)
        arrays = program.problem.values()
        assert not is_right(program, program.trial(text, arrays), arrays)
        cured = text.replace("(1 - a) for", "(1 - a ** 2) for").replace("(1 - b) for", "(1 - b ** 2) for")
        assert is_right(program, program.trial(cured, arrays), arrays)


def test_verification_is_at_fresh_points_and_seeds(tmp_path: Path) -> None:
    """A patch that fits one point alone looks right in a trial, and does not pass."""
    program, module = program_of(tmp_path)
    arrays = program.problem.values()
    assert program.verify(TEXT).verdict is Verdict.FAIL
    assert program.verify(TEXT.replace(*CURED)).verdict is Verdict.PASS
    inputs = np.random.default_rng(0).standard_normal((6, 3))
    first = np.tanh(inputs @ arrays[0] + arrays[1])[0, 0]
    fitted = TEXT.replace("1 - a\n", f"1 - (a ** 2 if abs(a[0, 0] - {first!r}) < 1e-12 else a)\n")
    assert is_right(program, program.trial(fitted, arrays), arrays)
    assert program.verify(fitted).verdict is Verdict.FAIL
    assert module.calls == []


def test_verification_builds_the_family_from_the_edited_text(tmp_path: Path) -> None:
    """A cure for one size of problem is none for the family's other seeds."""
    text = TEXT.replace("rng = np.random.default_rng(seed)", "batch += seed % 2\n    rng = np.random.default_rng(seed)")
    program, _ = program_of(tmp_path, text)
    arrays = program.problem.values()
    special = text.replace("1 - a\n", "1 - (a ** 2 if len(a) == 6 else a)\n")
    assert is_right(program, program.trial(special, arrays), arrays)
    assert program.verify(special).verdict is Verdict.FAIL


def test_a_family_varies_by_its_keywords(tmp_path: Path) -> None:
    """Sizes are replaced, scales multiplied; rows are the batch."""
    program, _ = program_of(tmp_path)
    assert dict(program.sizes) == {"batch": 6, "outputs": 2, "features": 3, "hidden": 4}
    varied = program.vary(Variation(rows=3, outputs=5, input_scale=2.0))
    assert varied.problem.values()[2].shape == (4, 5)
    assert varied.sizes["batch"] == 3
    with pytest.raises(UnavailableError, match="no keyword learning_rate"):
        program.vary(Variation(learning_rate=2.0))
    with pytest.raises(UnavailableError, match="without a way to build it"):
        LocalProgram(program.problem).vary(Variation(rows=3))


def test_forward_and_trace_see_the_same_file(tmp_path: Path) -> None:
    """Adjoints of what the file computes; lines of the gradient's functions."""
    program, _ = program_of(tmp_path)
    arrays = program.problem.values()
    forward = program.forward(arrays)
    gradients = {v.block: v.adjoint for v in forward.values if v.block is not None}
    for block, true in zip(program.problem.blocks, true_gradient(program, arrays), strict=True):
        np.testing.assert_allclose(gradients[block.name], true, rtol=1e-6, atol=1e-8)
    names = {(e.function, e.name) for e in program.trace(arrays).events}
    assert {("backward", "d2"), ("forward", "A1"), ("sigmoid", "return"), ("backward", "return['W1']")} <= names


def test_what_autodiff_cannot_run_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its reason."""

    def refuse(*_: Any) -> Any:
        raise OracleUnavailableError("it cannot")

    monkeypatch.setattr("gradcheck.oracles.autodiff.recording.record_forward", refuse)
    program, _ = program_of(tmp_path)
    with pytest.raises(UnavailableError, match=r"^it cannot$"):
        program.forward(program.problem.values())


def live_program(folder: Path) -> tuple[LocalProgram, Any]:
    """An object with a step."""
    net = module_of(folder, LIVE).Net()
    return LocalProgram(Problem.from_update(net.loss, net.step, {"W": ref(net, "W")}, 0.1)), net


def test_steps_are_tried_traced_and_run_on(tmp_path: Path) -> None:
    """A problem of updates: the recovered gradient of an edited step, its lines, and a short training."""
    program, net = live_program(tmp_path)
    arrays = program.problem.values()
    true = true_gradient(program, arrays)[0]
    np.testing.assert_allclose(program.trial(LIVE, arrays).gradient[0], 3 * true, rtol=1e-6)
    np.testing.assert_allclose(program.trial(LIVE.replace(" * 3", ""), arrays).gradient[0], true, rtol=1e-6)
    assert {e.name for e in program.trace(arrays).events} == {"return", "self.count", "delta", "self.W"}
    run = program.train(4)
    assert len(run.losses) == 4
    assert run.losses[-1] < run.losses[0]
    assert run.learning_rate == 0.1
    np.testing.assert_array_equal(run.parameters[0][0], [[1.0, 2.0]])
    assert not np.array_equal(run.parameters[1][0], run.parameters[0][0])
    assert program.sizes == {"learning_rate": 0.1}
    assert net.count == 0
    np.testing.assert_array_equal(net.W, [[1.0, 2.0]])


def test_functions_without_a_step_do_not_train(tmp_path: Path) -> None:
    """A gradient alone is no training."""
    program, _ = program_of(tmp_path)
    with pytest.raises(UnavailableError, match="no update step"):
        program.train(3)


def test_code_without_a_text_is_not_edited() -> None:
    """Typed at a prompt."""
    space: dict[str, Any] = {"np": np}
    exec("def loss(w): return float(w @ w)\ndef gradient(w): return 2 * w", space)
    program = LocalProgram(Problem(space["loss"], space["gradient"], np.ones(2)))
    assert program.source is None
    with pytest.raises(UnavailableError, match="the text of the code is not to be had"):
        program.trial("", program.problem.values())


def test_a_file_that_has_changed_since_is_not_edited(tmp_path: Path) -> None:
    """Its text is not that of the code that runs."""
    module = module_of(tmp_path, TEXT, Problem=Problem)
    problem = module.build()
    module_of(tmp_path, TEXT.replace("d2 = (A2 - y)", "d2 = 2 * (A2 - y)").replace("lambda p: back", "lambda p : back"))
    assert LocalProgram(problem).source is None
