"""The fixture ``gradient_check``: what passes, and what a reader is told of what does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]


def test_right_gradients_pass(run: Run) -> None:
    """A problem and a family; the report is returned."""
    result = run(
        source="""
def test_problem(gradient_check):
    assert gradient_check(build()).verdict is gradcheck.Verdict.PASS

def test_family(gradient_check):
    assert gradient_check(build).seed == 0
"""
    )
    result.assert_outcomes(passed=2)


def test_a_failure_is_told(run: Run) -> None:
    """Blocks, the mistake by name, the seed and a command; and no line of gradcheck's own."""
    result = run(source="def test_half(gradient_check):\n    gradient_check(lambda: build(factor=1))\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*gradient_check(lambda: build(factor=1))",
            "E*GradientMismatchError: FAIL: wrong: *w*",
            "E*missing-factor-2*",
            "E*block*shape*verdict*relative error*ratio*",
            "E*w *(3,)*FAIL*0.5*",
            "E*To see it again (seed 0)*",
            "E*pytest test_it.py::test_half --gradcheck-seed 0",
            "test_it.py:*: GradientMismatchError",
        ]
    )
    result.stdout.no_fnmatch_line("*checker.py*")


def test_plain_assertions_lose_the_inner_frames(run: Run) -> None:
    """``gradcheck.assert_gradients`` in a test is shown at the test's own line."""
    result = run(
        source="""
def test_plain():
    gradcheck.assert_gradients(lambda w: float(np.sum(np.sin(w))), lambda w: 2 * np.cos(w), np.ones(2))
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*gradcheck.assert_gradients(*", "test_it.py:*: GradientMismatchError"])
    result.stdout.no_fnmatch_line("*check.py*")


PLAIN = """
import unittest

X, Y = np.random.default_rng(0).normal(size=(2, 5, 3))

def loss(p):
    return np.sum((X * p["w"] - Y) ** 2) / len(X)

def gradient(p):
    return {"w": np.sum((X * p["w"] - Y) * X, axis=0) / len(X)}

def twice(p):
    return {"w": 2 * gradient(p)["w"]}

def point():
    return {"w": np.ones(3)}
"""


@pytest.mark.parametrize(
    ("test", "name", "seed"),
    [
        ("def test_it():\n    gradcheck.assert_gradients(loss, gradient, point())", "test_it", 7),
        ("def test_it():\n    gradcheck.assert_gradients(loss, gradient, point(), rng=3)", "test_it", 3),
        (
            "def test_it():\n    gradcheck.assert_gradients(loss, gradient, point(), rng=np.random.default_rng(3))",
            "test_it",
            None,
        ),
        (
            (
                "class TestIt(unittest.TestCase):\n    def test_it(self):\n"
                "        gradcheck.assert_gradients(loss, gradient, point())"
            ),
            "TestIt::test_it",
            7,
        ),
    ],
    ids=["function", "own-seed", "own-generator", "unittest"],
)
def test_plain_assertions_are_diagnosed(run: Run, test: str, name: str, seed: int | None) -> None:
    """As the fixture's are: the mistake, its line, the blocks, and the command with the seed that was drawn with."""
    result = run("--gradcheck-seed=7", source=f"{PLAIN}\n{test}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*missing-factor-2*",
            "E*test_it.py, line *",
            "E*block*shape*verdict*relative error*ratio*",
            "E*To see it again" if seed is None else f"E*To see it again (seed {seed})",
            f"E*pytest test_it.py::{name}" + ("" if seed is None else f" --gradcheck-seed {seed}"),
        ]
    )
    result.stdout.no_fnmatch_line("*asserting.py*")


def test_plain_assertions_draw_with_the_seed_of_the_run(run: Run) -> None:
    """Where they name none; in fixtures too."""
    result = run(
        "--gradcheck-seed=7",
        source=PLAIN
        + """
@pytest.fixture
def drawn():
    return gradcheck.assert_gradients(loss, twice, point()).seed

def test_it(drawn):
    assert drawn == gradcheck.assert_gradients(loss, twice, point()).seed == 7
    assert gradcheck.assert_gradients(loss, twice, point(), rng=2).seed == 2
""",
    )
    result.assert_outcomes(passed=1)


def test_an_assertion_that_is_expected_to_fail_costs_no_diagnosis(run: Run) -> None:
    """Only what comes through to the top of a test is explained: Hypothesis tries hundreds of wrong ones."""
    result = run(
        source=PLAIN
        + """
import gradcheck.diagnosis

def test_it(monkeypatch):
    monkeypatch.setattr(gradcheck.diagnosis, "diagnose_program", None, raising=False)
    with pytest.raises(gradcheck.GradientMismatchError, match="FAIL: wrong: w") as found:
        gradcheck.assert_gradients(loss, gradient, point())
    assert found.value.report.verdict.name == "FAIL"
""",
    )
    result.assert_outcomes(passed=1)


def test_an_expected_failure_passes(run: Run) -> None:
    """``verdict="FAIL"`` is for gradients that are wrong on purpose; a right one is then a failure."""
    result = run(
        source="""
def test_wrong(gradient_check):
    gradient_check(build(factor=1), verdict="FAIL")

def test_right(gradient_check):
    gradient_check(build(), verdict="FAIL")
"""
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E*the verdict is PASS, but should be FAIL"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("gradient_check(build(), verdict='GOOD')", "*verdict='GOOD'; expected one of PASS, FAIL, *"),
        ("gradient_check(3)", "*problem is a int; expected gradcheck.Problem*"),
        ("gradient_check(lambda: 3)", "*the family returned a int; expected gradcheck.Problem*"),
    ],
    ids=["verdict", "number", "family"],
)
def test_arguments_that_cannot_be_used(run: Run, call: str, message: str) -> None:
    """Are errors that say what was expected."""
    result = run(source=f"def test_it(gradient_check):\n    {call}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E*InvalidArgumentError: {message}"])


def test_the_report_alone(run: Run) -> None:
    """Nothing is raised for a wrong gradient."""
    result = run(
        source="""
def test_it(gradient_check):
    assert gradient_check.report(build(factor=1), seed=3).seed == 3
    assert gradient_check.report(build(factor=1)).verdict.name == "FAIL"
"""
    )
    result.assert_outcomes(passed=1)


def test_the_seed_of_the_run(run: Run) -> None:
    """``--gradcheck-seed`` is what is drawn with, and is said at the top."""
    result = run(
        "--gradcheck-seed", "7", source="def test_it(gradient_check):\n    assert gradient_check(build()).seed == 7\n"
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["gradcheck: seed 7"])


@pytest.mark.parametrize("seed", ["-1", "x"])
def test_seeds_that_are_none(run: Run, seed: str) -> None:
    """Are refused before anything runs."""
    result = run(f"--gradcheck-seed={seed}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*'{seed}' is no seed; expected a whole number, 0 or more.*"])


def test_a_diagnosis_that_breaks_does_not_hide_the_verdict(run: Run) -> None:
    """Its error is a finding, and the blocks are shown."""
    result = run(
        source="""
import gradcheck.diagnosis

def broken(*_, **__):
    raise RuntimeError("lost its way")

def test_it(gradient_check, monkeypatch):
    monkeypatch.setattr(gradcheck.diagnosis, "diagnose_program", broken, raising=False)
    gradient_check(build(factor=1))
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*w *(3,)*FAIL*0.5*", "E*diagnosis-incomplete*"])
    assert "lost its way" in result.stdout.str()
