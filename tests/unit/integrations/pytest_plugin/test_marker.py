"""The mark ``gradcheck``: cases, what they are called, and marks that cannot be used."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]


def test_cases_are_the_product(run: Run) -> None:
    """Of the lists, and of the points; other values are the same in all."""
    result = run(
        "-v",
        source="""
@pytest.mark.gradcheck(batch=[1, 7], dtype=["float64", "float32"], points=2, factor=2)
def test_it(*, batch, dtype="float64", seed=0, factor=1):
    return build(batch=batch, dtype=dtype, seed=seed, factor=factor)
""",
    )
    result.assert_outcomes(passed=8)
    ids = re.findall(r"test_it\[(.+)\] PASSED", result.stdout.str())
    expected = [
        f"batch{batch}-{dtype}-factor2{point}"
        for batch in (1, 7)
        for dtype in ("float64", "float32")
        for point in ("", "-point1")
    ]
    assert sorted(ids) == sorted(expected)


def test_points_are_seeds(run: Run) -> None:
    """The seed of the run, and those after it; a seed that is given stays."""
    result = run(
        "--gradcheck-seed=5",
        source="""
seen = []

@pytest.mark.gradcheck(points=2)
def test_it(*, seed=0):
    seen.append(seed)
    return build(seed=seed)

@pytest.mark.gradcheck(seed=[40, 41])
def test_own(*, seed=0):
    seen.append(seed)
    return build(seed=seed)

def test_after():
    assert seen == [5, 6, 40, 41]
""",
    )
    result.assert_outcomes(passed=5)


def test_a_seed_without_a_default_is_no_missing_fixture(run: Run) -> None:
    """Nor is the fixture of that name overridden where there is one."""
    result = run(
        "--gradcheck-seed=5",
        source="""
seen = []

@pytest.mark.gradcheck(batch=[1, 7], points=2)
def test_it(batch, seed):
    seen.append((batch, seed))
    return build(batch=batch, seed=seed)

class TestFixture:
    @pytest.fixture
    def seed(self):
        return 40

    @pytest.mark.gradcheck
    def test_own(self, seed):
        seen.append(seed)
        return build(seed=seed)

@pytest.mark.gradcheck(seed=[50, 51])
def test_given(seed):
    seen.append(seed)
    return build(seed=seed)

def test_after():
    assert seen == [(1, 5), (1, 6), (7, 5), (7, 6), 40, 50, 51]
""",
    )
    result.assert_outcomes(passed=8)


def test_fixtures_and_parametrize_work_beside_it(run: Run) -> None:
    """And values for arguments without a default."""
    result = run(
        source="""
@pytest.fixture
def factor():
    return 2

class TestLayer:
    @pytest.mark.parametrize("offset", [0, 1])
    @pytest.mark.gradcheck(batch=[1, 4])
    def test_it(self, factor, offset, batch, *, seed=0):
        return build(batch=batch, seed=seed + offset, factor=factor)
"""
    )
    result.assert_outcomes(passed=4)


def test_a_failure_can_be_run_again(run: Run, pytester: pytest.Pytester) -> None:
    """The program that a failure prints is Python, and comes to the same mistake; no traceback is shown."""
    result = run(
        source="""
@pytest.mark.gradcheck(batch=3, factor=1)
def test_it(*, batch=5, factor=2, seed=0):
    return build(batch=batch, factor=factor, seed=seed)
"""
    )
    result.assert_outcomes(failed=1)
    output = result.stdout.str()
    assert "missing-factor-2" in output
    assert "marked.py" not in output
    result.stdout.fnmatch_lines(
        [
            "  pytest 'test_it.py::test_it?batch3-factor1?' --gradcheck-seed 0",
            "FAILED test_it.py::test_it?batch3-factor1? - FAIL: wrong: *",
        ]
    )
    program = re.search(r"in Python\n((?:  .*\n)+)", output)
    assert program is not None
    again = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program[1])],
        cwd=pytester.path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "missing-factor-2" in again.stdout


def test_what_cannot_be_written_down_is_not(run: Run) -> None:
    """With fixtures, or values that are no literals, there is the command alone."""
    result = run(
        source="""
@pytest.fixture
def factor():
    return 1

@pytest.mark.gradcheck
def test_fixture(factor):
    return build(factor=factor)

@pytest.mark.gradcheck(dtype=np.float64, factor=1)
def test_type(*, dtype=np.float32, factor=2):
    return build(dtype=dtype, factor=factor)
"""
    )
    result.assert_outcomes(failed=2)
    failures = result.stdout.str().partition("short test summary")[0]  # which repeats them where CI is set
    assert failures.count("To see it again") == 2
    result.stdout.no_fnmatch_line("*in Python*")


def test_a_wrong_gradient_on_purpose(run: Run) -> None:
    """``verdict`` and tolerances are those of the check."""
    result = run(
        source="""
@pytest.mark.gradcheck(verdict="FAIL")
def test_wrong():
    return build(factor=1)

@pytest.mark.gradcheck(rtol=1.0)
def test_loose():
    return build(factor=1.9)
"""
    )
    result.assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("gradcheck(3)", "*takes keywords alone, such as batch=?1, 7?; it was given (3,)*"),
        ("gradcheck(width=3)", "*gives width=3, which the function does not take (it takes: batch)*"),
        ("gradcheck(batch=[])", "*batch=?? leaves nothing to check*"),
        ("gradcheck(points=0)", "*points=0; expected a whole number, 1 or more*"),
        ("gradcheck(points=2)", "*points=2 needs a keyword `seed`*"),
    ],
    ids=["positional", "unknown", "empty", "no-points", "no-seed"],
)
def test_marks_that_cannot_be_used(run: Run, mark: str, message: str) -> None:
    """Are errors of the collection."""
    result = run(source=f"@pytest.mark.{mark}\ndef test_it(*, batch=3):\n    return build(batch=batch)\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_what_is_no_problem(run: Run) -> None:
    """A marked function that forgets to return one has checked nothing."""
    result = run(source="@pytest.mark.gradcheck\ndef test_it():\n    build()\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_it* returned a NoneType; a function that is marked gradcheck returns*"])
