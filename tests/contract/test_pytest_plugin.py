"""The pytest plugin as users have it: registered by the wheel's metadata, in sessions of their own, beside others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import gradcheck

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import numpy as np
import pytest
import gradcheck

@pytest.mark.gradcheck(factor=[1, 2], points=2)
def test_layer(*, batch=5, seed=0, factor=2):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(batch, 3)), rng.normal(size=batch)

    def loss(w):
        return np.sum((X @ w - y) ** 2) / len(X)

    return gradcheck.Problem(loss, lambda w: factor * X.T @ (X @ w - y) / len(X), rng.normal(size=3))

def test_fixture(gradient_check):
    gradient_check(test_layer())
"""
FILE = """
import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(7, 4)), rng.normal(size=(7, 3))
W, losses = rng.normal(size=(4, 3)), []
for step in range(50):
    error = X @ W - Y
    losses.append(np.sum(error**2) / len(X))
    W -= 0.05 * FACTOR * X.T @ error / len(X)
"""
# What pytest-randomly does that could matter: another order, and global generators seeded before each test.
SHUFFLED = """
import random
import numpy as np

def pytest_collection_modifyitems(items):
    random.Random(SEED).shuffle(items)

def pytest_runtest_setup(item):
    random.seed(SEED)
    np.random.seed(SEED)
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with metadata as the wheel has them: entry points, and the files that pytest may then rewrite."""
    folder = tmp_path_factory.mktemp("site")
    information = folder / f"gradcheck-{gradcheck.__version__}.dist-info"
    information.mkdir()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in found.items())
        for group, found in project["entry-points"].items()
    )
    package = Path(str(gradcheck.__file__)).parent
    shipped = [path.relative_to(package.parent).as_posix() for path in package.rglob("*.py")]
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: gradcheck\nVersion: {gradcheck.__version__}\n")
    (information / "entry_points.txt").write_text(points, encoding="utf-8")
    (information / "RECORD").write_text("".join(f"{name},,\n" for name in shipped), encoding="utf-8")
    return folder


@pytest.fixture
def session(pytester: pytest.Pytester, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with tests and files, right and wrong, in whose sessions the plugin is registered."""
    paths = [str(wheel), str(Path(str(gradcheck.__file__)).parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    pytester.makepyfile(test_layers=TESTS)
    for name, factor in (("right", "2"), ("wrong", "1")):
        _write(pytester, name, factor)
    return pytester


def _write(pytester: pytest.Pytester, name: str, factor: str) -> None:
    path = pytester.path / "files" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(FILE.replace("FACTOR", factor), encoding="utf-8")


def _run(session: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return session.runpytest_subprocess("-W", "error", *arguments)


def _document(session: pytest.Pytester, *arguments: str) -> dict[str, Any]:
    """The JSON of a session over all tests and files, without what is measured by a clock."""
    result = _run(session, "--gradcheck=files/*.py", "--gradcheck-report=r.json", "test_layers.py", *arguments)
    result.assert_outcomes(passed=4, failed=3)
    document: dict[str, Any] = json.loads((session.path / "r.json").read_text(encoding="utf-8"))
    for found in document["results"]:
        found["usage"] = None
    return document


def test_options_mark_and_fixture_are_there(session: pytest.Pytester) -> None:
    """As soon as the package is installed."""
    _run(session, "--help").stdout.fnmatch_lines(
        [
            "gradients that were written by hand (gradcheck):",
            "*--gradcheck=GLOB*",
            "*--gradcheck-report=*",
            "*--gradcheck-seed=N*",
        ]
    )
    _run(session, "--markers").stdout.fnmatch_lines(["@pytest.mark.gradcheck(points=1, *"])
    _run(session, "--fixtures").stdout.fnmatch_lines(["gradient_check*"])
    assert _run(session, "-p", "no:gradcheck", "--gradcheck=files/*.py").ret == pytest.ExitCode.USAGE_ERROR


def test_unused_it_loads_next_to_nothing(session: pytest.Pytester) -> None:
    """Neither NumPy nor what checks: a session that has no use for it does not wait for it, nor hear of it."""
    (session.path / "test_layers.py").unlink()
    session.makeconftest(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    heavy = {'numpy', 'scipy', 'autograd', 'libcst', 'rich', 'hypothesis'} & set(sys.modules)\n"
        "    print('LOADED', sorted(heavy | {name for name in sys.modules if name.startswith('gradcheck')}))\n"
    )
    result = _run(session, "--collect-only", "-s", "-p", "no:hypothesispytest")
    loaded = next(line for line in result.outlines if line.startswith("LOADED"))
    assert loaded == "LOADED " + str(
        [
            "gradcheck",
            "gradcheck._version",
            "gradcheck.errors",
            "gradcheck.integrations",
            "gradcheck.integrations.pytest_plugin",
            "gradcheck.integrations.pytest_plugin.keeping",
            "gradcheck.integrations.pytest_plugin.plugin",
            "gradcheck.language",
            *(f"gradcheck.language.{name}" for name in ("choosing", "joining", "messages")),
            "gradcheck.records",
            *(f"gradcheck.records.{name}" for name in ("diagnosis", "measured", "report", "runs", "verdicts")),
        ]
    )
    result.stdout.no_fnmatch_line("gradcheck:*")


def test_the_package_needs_neither_pytest_nor_hypothesis() -> None:
    """They are extras; importing and checking bring in neither."""
    program = (
        "import sys, numpy as np, gradcheck\n"
        "gradcheck.check(gradcheck.Problem(lambda w: float(w @ w), lambda w: 2 * w, np.ones(2)))\n"
        "print(sorted({'pytest', '_pytest', 'hypothesis'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_workers_and_other_orders_find_the_same(session: pytest.Pytester) -> None:
    """A session alone, one with pytest-xdist, and two in random order write the same report."""
    alone = _document(session)
    assert len(alone["results"]) == 7
    assert _document(session, "-n", "2") == alone
    for seed in (1, 2):
        session.makeconftest(SHUFFLED.replace("SEED", str(seed)))
        assert _document(session) == alone


def test_another_seed_finds_other_numbers(session: pytest.Pytester) -> None:
    """And says so."""
    first, second = _document(session), _document(session, "--gradcheck-seed=3")
    assert {found["seed"] for found in second["results"]} == {3, 4}
    assert first != second


def test_stop_at_the_first_failure_and_go_on_with_it(session: pytest.Pytester) -> None:
    """``-x`` and ``--lf`` know files as they know tests."""
    arguments = ("--gradcheck=files/*.py", "test_layers.py")
    _run(session, "-x", *arguments).assert_outcomes(passed=0, failed=1)
    _run(session, *arguments).assert_outcomes(passed=4, failed=3)
    result = _run(session, "--lf", "-v", *arguments)
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["files/wrong.py::gradients FAILED*"])
    _write(session, "wrong", "2")
    _run(session, "--lf", *arguments).assert_outcomes(passed=1, failed=2)
