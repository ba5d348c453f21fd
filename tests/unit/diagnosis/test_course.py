"""Whole diagnoses: what each kind of evidence gives, what a stage that fails leaves, and what stays as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from course_programs import RIGHT, Change, applied, bugs_of, line_of, module, only, spoilt, without_text

import gradcheck
from gradcheck import InvalidArgumentError, Problem, Severity, Verdict, check
from gradcheck.diagnosis import course, identification
from gradcheck.diagnosis.local import LocalProgram
from gradcheck.diagnosis.naming import BOTH, EDIT_ALONE, NUMBERS_ALONE
from gradcheck.diagnosis.observing import MAX_ENTRIES, Observer
from gradcheck.records import Diagnosis

DERIVATIVE: Change = ("    dZ1 = dA1 * (1 - A1 ** 2)\n", "    dZ1 = dA1\n")
TWO: Change = ("dZ2 = 2 * (output - Y) / m", "dZ2 = (output - Y) / m")
BIAS: Change = ("    db2 = dZ2.sum(axis=0)\n", "    db2 = dZ2.sum()\n")
MEAN: Change = ("dZ2 = 2 * (output - Y) / m", "dZ2 = 2 * (output - Y)")
# The same loss by a way that no automatic differentiation follows.
OPAQUE: Change = (
    "    output = forward(p, X)[1]\n",
    (
        "    copies = {name: np.frombuffer(value.tobytes()).reshape(value.shape) for name, value in p.items()}\n"
        "    output = forward(copies, X)[1]\n"
    ),
)


def diagnosed(folder: Path, *changes: Change, family: bool = False, **options: Any) -> Diagnosis:
    """The diagnosis of a spoilt file: of its problem, or of its family."""
    build = module(folder, spoilt(*changes)).build
    return gradcheck.diagnose(build if family else build(), **options)


def by_numbers(*changes: Change) -> Problem:
    """The problem of a spoilt program whose text nobody can read."""
    problem: Problem = without_text(spoilt(*changes))["build"]()
    return problem


# --- what there is to go by -------------------------------------------------------------------------------------------


def test_numbers_and_text_together(tmp_path: Path) -> None:
    """The bug, its line, its code and a patch that cures it, with the confidence of both."""
    text = spoilt(DERIVATIVE)
    found = diagnosed(tmp_path, DERIVATIVE)
    bug = only(found)
    assert (bug.bug, bug.same_as, bug.confidence) == ("missing-hidden-derivative", (), BOTH)
    assert bug.blocks == ("W1", "b1")
    assert bug.line == line_of(text, "dZ1 = dA1")
    assert bug.lines == (bug.line,)
    assert bug.code == "dZ1 = dA1"
    assert found.patch_verified
    cured = applied(tmp_path, text, found.patch)
    assert check(module(tmp_path, cured).build()).verdict is Verdict.PASS
    assert bug.patch == found.patch
    assert bug.message
    assert len(bug.evidence) >= 2


def test_numbers_alone() -> None:
    """Without a text the name rests on the numbers: no line, no patch, less sure."""
    found = gradcheck.diagnose(by_numbers(DERIVATIVE))
    bug = only(found)
    assert {bug.bug, *bug.same_as} == {"missing-hidden-derivative", "relu-mask-always-on"} or bug.same_as == ()
    assert bug.bug == "missing-hidden-derivative"
    assert 0.5 <= bug.confidence <= NUMBERS_ALONE
    assert (bug.line, bug.lines, bug.code, bug.patch) == (None, (), None, None)
    assert (found.patch, found.patch_verified) == (None, False)


def test_an_edit_alone(tmp_path: Path) -> None:
    """Where the forward pass cannot be followed, differences bear an edit out, and the edit gives the name."""
    found = diagnosed(tmp_path, DERIVATIVE, OPAQUE)
    assert any("forward pass could not be followed" in reason for reason in found.tried)
    bug = only(found)
    assert bug.bug == "missing-hidden-derivative"
    assert bug.confidence <= EDIT_ALONE
    assert found.patch_verified
    assert bug.code in ("dZ1 = dA1", 'dA1 = dZ2 @ p["W2"].T')


def test_a_constant_is_found_by_differences() -> None:
    """A constant ratio needs neither text nor layers."""
    bug = only(gradcheck.diagnose(by_numbers(TWO, OPAQUE)))
    assert bug.bug == "missing-factor-2"
    assert bug.blocks == ("W1", "b1", "W2", "b2")


def test_too_many_parameters_to_look_at() -> None:
    """A loss that cannot be followed, with more parameters than differences reach: a verdict, and no name."""
    start = np.linspace(0.5, 1.0, MAX_ENTRIES + 1)
    text = "def loss(w): return float(np.sum(np.frombuffer(w.tobytes()) ** 2))\ndef gradient(w): return w.copy()\n"
    space = without_text(text)
    problem = Problem(space["loss"], space["gradient"], start)
    found = gradcheck.diagnose(problem)
    assert found.verdict is Verdict.FAIL
    assert found.diagnoses == ()
    assert any("too many for differences" in reason for reason in found.tried)


NUMPY_CALL: Change = ("    db1 = dZ1.sum(axis=0)\n", "    db1 = np.sum(dZ1, axis=0)\n")


def test_functions_that_call_numpy_can_be_edited(tmp_path: Path) -> None:
    """Which functions the code calls makes no difference for a patch."""
    found = diagnosed(tmp_path, DERIVATIVE, NUMPY_CALL)
    assert bugs_of(found) == ["missing-hidden-derivative"]
    assert found.patch_verified


def test_a_bug_that_shows_at_few_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the points that are drawn show nothing, the code's own point is looked at, and found to show it."""
    problem = by_numbers(("np.tanh(Z1)", "np.maximum(Z1, 0)"), DERIVATIVE)
    start = problem.values()
    always_on = [tuple(array + (50.0 if index == 1 else 0.0) for index, array in enumerate(start))] * 10
    monkeypatch.setattr(Observer, "points", lambda _, count: always_on[:count])
    bug = only(gradcheck.diagnose(problem))
    assert {bug.bug, *bug.same_as} >= {"missing-hidden-derivative", "relu-mask-always-on"}
    assert bug.blocks == ("W1", "b1")


# --- several bugs -----------------------------------------------------------------------------------------------------


def test_two_bugs(tmp_path: Path) -> None:
    """Both are named, each with its line and a patch of its own; either patch leaves just the other bug."""
    text = spoilt(DERIVATIVE, BIAS)
    found = diagnosed(tmp_path, DERIVATIVE, BIAS)
    assert set(bugs_of(found)) == {"missing-hidden-derivative", "bias-sum-without-axis"}
    pieces = {"missing-hidden-derivative": ("dA1 = ", "dZ1 = dA1"), "bias-sum-without-axis": ("db2 = ",)}
    for bug in found.diagnoses:
        assert bug.line in [line_of(text, piece) for piece in pieces[bug.bug]]
        rest = gradcheck.diagnose(module(tmp_path, applied(tmp_path, text, bug.patch)).build())
        assert set(bugs_of(rest)) == set(pieces) - {bug.bug}
    assert found.patch_verified
    assert check(module(tmp_path, applied(tmp_path, text, found.patch)).build()).verdict is Verdict.PASS


def test_two_bugs_by_numbers_alone() -> None:
    """Without a text both are named from the output back, each with its own blocks, and neither surely."""
    found = gradcheck.diagnose(by_numbers(DERIVATIVE, TWO))
    assert set(bugs_of(found)) == {"missing-hidden-derivative", "missing-factor-2"}
    assert all(0.0 < bug.confidence <= 0.8 for bug in found.diagnoses)
    blocks = {bug.bug: bug.blocks for bug in found.diagnoses}
    assert set(blocks["missing-hidden-derivative"]) == {"W1", "b1"}


def test_the_surest_comes_first(tmp_path: Path) -> None:
    """Confidences are in order, from 0 to 1."""
    for found in (diagnosed(tmp_path, DERIVATIVE, BIAS), gradcheck.diagnose(by_numbers(DERIVATIVE, TWO))):
        sure = [bug.confidence for bug in found.diagnoses]
        assert sure == sorted(sure, reverse=True)
        assert all(0.0 <= value <= 1.0 for value in sure)


# --- what fails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "stage", "what", "named"),
    [
        (course, "repair", "trying patches", True),
        (course, "suspicion", "comparing its lines", True),
        (identification, "hypotheses", "naming the bugs", False),
    ],
)
def test_a_stage_that_breaks_off(
    room: ModuleType, stage: str, what: str, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other stages find is not lost, and the report says which one broke off, and why."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr(room, stage, broken)
    found = diagnosed(tmp_path, DERIVATIVE)
    assert found.verdict is Verdict.FAIL
    finding = found.finding("diagnosis-incomplete")
    assert finding is not None
    assert finding.severity is Severity.WARNING
    assert finding.message == f"In the diagnosis, {what} broke off: RuntimeError: a defect of ours"
    assert bugs_of(found) == (["missing-hidden-derivative"] if named else [])


def test_looking_that_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing at all can be seen, the check's report is still there."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("blind")

    monkeypatch.setattr(Observer, "look", broken)
    found = diagnosed(tmp_path, DERIVATIVE)
    assert (found.verdict, found.diagnoses) == (Verdict.FAIL, ())
    assert found.finding("diagnosis-incomplete") is not None


def test_an_interruption_is_none_of_the_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops a diagnosis has stopped it."""

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "repair", interrupted)
    with pytest.raises(KeyboardInterrupt):
        diagnosed(tmp_path, DERIVATIVE)


def test_no_time_for_experiments(tmp_path: Path) -> None:
    """Without time left nothing is built otherwise, and the report says so."""
    build = module(tmp_path, spoilt(TWO)).build
    problem = build()
    report = check(problem)
    left = iter([0.5] * 1000)
    found = course.diagnose_program(
        LocalProgram(problem, build), report, rng=np.random.default_rng(0), deadline=lambda: next(left)
    )
    assert "There was no time left to build the problem otherwise." in found.tried
    assert "missing-factor-2" in {name for bug in found.diagnoses for name in (bug.bug, *bug.same_as)}


# --- findings of the check --------------------------------------------------------------------------------------------

W = np.array([[1.0, -2.0], [0.5, 3.0]])


WRONG = {
    "crash": ("raise IndexError('no such layer')", Verdict.FAIL),
    "shape-mismatch": ("return w[0]", Verdict.FAIL),
    # Seven bytes: two equal draws, which would look deterministic, come once in 2**56 runs.
    "nondeterministic": ("return 2 * w + int.from_bytes(os.urandom(7), 'little')", Verdict.INVALID),
}


@pytest.mark.parametrize("bug", WRONG)
def test_findings_name_bugs(bug: str) -> None:
    """What the check has found before any number is a bug by name."""
    body, verdict = WRONG[bug]
    gradient = without_text(f"import os\ndef gradient(w):\n    {body}\n")["gradient"]
    found = gradcheck.diagnose(Problem(lambda w: float(np.sum(w**2)), gradient, W))
    assert found.verdict is verdict
    assert bug in bugs_of(found)


def test_invalid_for_no_bug_of_the_gradient() -> None:
    """Where nothing could be compared nothing is named."""
    found = gradcheck.diagnose(Problem(lambda w: 3.0, np.zeros_like, W))  # noqa: ARG005
    assert (found.verdict, found.diagnoses) == (Verdict.INVALID, ())


# --- a right gradient -------------------------------------------------------------------------------------------------


def test_a_right_program_has_no_bug(tmp_path: Path) -> None:
    """Right code passes, and no bug is named; why it was not trained is said."""
    for family in (False, True):
        found = diagnosed(tmp_path, family=family)
        assert (found.verdict, found.diagnoses, found.patch) == (Verdict.PASS, (), None)
        assert any("It was not trained" in reason for reason in found.tried)


def _training(rate: float) -> Problem:
    rng = np.random.default_rng(0)
    x, held = rng.standard_normal((20, 3)), {"w": np.array([0.5, -0.2, 0.1])}
    y = x @ np.array([1.0, -1.0, 0.5])

    def step(rate: float) -> None:
        held["w"] = held["w"] - rate * 2 * x.T @ (x @ held["w"] - y) / 20

    return Problem.from_update(
        lambda: float(np.mean((x @ held["w"] - y) ** 2)), step, {"w": gradcheck.ref(held, "w")}, learning_rate=rate
    )


def test_trouble_elsewhere() -> None:
    """A right gradient with a rate that is too large passes, and the rate is named; with a good rate nothing is."""
    found = gradcheck.diagnose(_training(3.0))
    assert found.verdict is Verdict.PASS
    assert bugs_of(found)[0] == "learning-rate-too-large"
    assert gradcheck.diagnose(_training(0.1)).diagnoses == ()


def test_training_is_left_out_on_request() -> None:
    """Without training nothing is said of the rate."""
    problem = _training(3.0)
    report = check(problem)
    found = course.diagnose_program(LocalProgram(problem), report, rng=np.random.default_rng(0), train=False)
    assert (found.verdict, found.diagnoses) == (Verdict.PASS, ())


# --- families ---------------------------------------------------------------------------------------------------------

# At two samples a factor of two may be the batch's, and a half one over it.
SMALL: Change = ("batch=5, outputs=3", "batch=2, outputs=1")
AMBIGUOUS = {
    "sum-instead-of-mean": (MEAN, "extra-factor-2"),
    "missing-factor-2": (TWO, "mean-instead-of-sum"),
    "mean-instead-of-sum": (("dZ2 = 2 * (output - Y) / m", "dZ2 = 2 * (output - Y) / m / m"), "missing-factor-2"),
}


def classes(bug: str) -> set[str]:
    """A bug, and what is accepted for it."""
    return {bug} | ({"double-mean"} if bug == "mean-instead-of-sum" else set())


@pytest.mark.parametrize("bug", AMBIGUOUS)
def test_a_family_settles_a_constant(bug: str, tmp_path: Path) -> None:
    """Built at other sizes, a constant has one explanation."""
    change, other = AMBIGUOUS[bug]
    found = only(diagnosed(tmp_path, SMALL, change, family=True))
    assert {found.bug, *found.same_as} & classes(bug)
    assert other not in (found.bug, *found.same_as)


@pytest.mark.parametrize("bug", AMBIGUOUS)
def test_one_size_settles_no_constant(bug: str) -> None:
    """At one size, without a text, both explanations are given, neither surely, and what would decide."""
    change, other = AMBIGUOUS[bug]
    found = only(gradcheck.diagnose(by_numbers(SMALL, change)))
    named = {found.bug, *found.same_as}
    assert named & classes(bug)
    assert other in named
    assert found.confidence <= 0.8
    assert any("other sizes would decide" in sentence for sentence in found.evidence)


@pytest.mark.parametrize("bug", AMBIGUOUS)
def test_an_edit_settles_no_constant_of_one_size(bug: str, tmp_path: Path) -> None:
    """An edit that takes a factor of two away cures just as one that divides by two samples: no name is sure."""
    change, other = AMBIGUOUS[bug]
    found = only(diagnosed(tmp_path, SMALL, change))
    named = {found.bug, *found.same_as}
    assert named & classes(bug)
    assert other in named
    assert found.confidence <= 0.8


def test_a_family_that_cannot_be_built_otherwise(tmp_path: Path) -> None:
    """Sizes that the family refuses are left out; what one size shows is named."""
    real = module(tmp_path, spoilt(DERIVATIVE)).build
    asked: list[dict[str, Any]] = []

    def build(*, batch: int = 5, outputs: int = 3) -> Problem:
        asked.append({"batch": batch, "outputs": outputs})
        if (batch, outputs) != (5, 3):
            raise ValueError("only this size")
        problem: Problem = real()
        return problem

    assert bugs_of(gradcheck.diagnose(build)) == ["missing-hidden-derivative"]
    assert {"batch": 3, "outputs": 3} in asked


@pytest.mark.parametrize("given", [None, 3, "problem", {"loss": 1}])
def test_something_else_than_a_problem(given: Any) -> None:
    """The message says what was given and what is expected."""
    with pytest.raises(
        InvalidArgumentError, match=rf"problem is a {type(given).__name__}; expected gradcheck\.Problem"
    ):
        gradcheck.diagnose(given)


def test_a_family_that_builds_something_else() -> None:
    """The message says what came instead of a problem."""
    with pytest.raises(InvalidArgumentError, match=r"the family returned a dict; expected gradcheck\.Problem"):
        gradcheck.diagnose(lambda: {"loss": 1})  # type: ignore[arg-type,return-value]


# --- what stays as it was ---------------------------------------------------------------------------------------------


def _state(module: Any) -> dict[str, Any]:
    return {
        name: (value.__code__, value.__defaults__, dict(value.__kwdefaults__ or {}))
        if hasattr(value, "__code__")
        else value
        for name, value in vars(module).items()
        if not name.startswith("__")
    }


@pytest.mark.parametrize("changes", [(), (DERIVATIVE,), (DERIVATIVE, BIAS)], ids=["right", "one bug", "two bugs"])
def test_nothing_of_the_user_changes(changes: tuple[Change, ...], tmp_path: Path) -> None:
    """Arrays, functions, globals, the file and NumPy's random state are as before."""
    own = module(tmp_path, spoilt(*changes))
    problem = own.build()
    arrays = problem.values()
    before, text = [array.copy() for array in arrays], Path(own.__file__).read_bytes()
    state = _state(own)
    np.random.seed(11)  # noqa: NPY002
    random = np.random.get_state()[1].tobytes()  # type: ignore[index,union-attr]  # noqa: NPY002
    gradcheck.diagnose(problem)
    assert np.random.get_state()[1].tobytes() == random  # type: ignore[index,union-attr]  # noqa: NPY002
    assert _state(own) == state
    assert Path(own.__file__).read_bytes() == text
    assert all(np.array_equal(a, b) for a, b in zip(problem.values(), before, strict=True))


def test_live_arrays_stay(tmp_path: Path) -> None:
    """Arrays that the code itself holds are the same objects with the same bits."""
    own = module(tmp_path, spoilt(DERIVATIVE))
    made = own.build().values()
    held: dict[str, Any] = dict(zip(("W1", "b1", "W2", "b2"), (array.copy() for array in made), strict=True))
    kept, before = dict(held), {name: array.copy() for name, array in held.items()}
    x, y = np.ones((5, 4)) * np.arange(5)[:, None] / 5 - 0.3, np.eye(5, 3)
    problem = Problem.live(lambda: own.compute_loss(held, x, y), lambda: own.backward(held, x, y), held)
    assert gradcheck.diagnose(problem).verdict is Verdict.FAIL
    for name, array in kept.items():
        assert held[name] is array
        assert np.array_equal(array, before[name])


def test_the_same_seed_says_the_same(tmp_path: Path) -> None:
    """Two diagnoses with one seed are one JSON, whatever NumPy's own generator does; the report is the check's."""
    told = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        told.append(json.dumps(diagnosed(tmp_path, DERIVATIVE, BIAS, rng=5).to_dict(), sort_keys=True))
    assert told[0] == told[1]
    report: Mapping[str, Any] = check(module(tmp_path, spoilt(DERIVATIVE, BIAS)).build(), rng=5).to_dict()
    diagnosis = json.loads(told[0])
    for key in ("verdict", "reason", "blocks", "power", "seed", "findings"):
        assert diagnosis[key] == json.loads(json.dumps(report[key])), key


def test_the_right_text_is_right() -> None:
    """What the tests spoil was right."""
    assert check(by_numbers()).verdict is Verdict.PASS
    assert check(by_numbers(OPAQUE)).verdict is Verdict.PASS
    assert spoilt() == RIGHT
