"""``%load_ext gradcheck`` in a real shell, and in a notebook that is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("IPython", reason="needs IPython: pip install 'gradcheck[notebook]'")
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from gradcheck import CheckReport
from gradcheck.records import Diagnosis

CELL = """
import numpy as np
X, y = np.arange(12.0).reshape(4, 3) / 6 - 1, np.array([1.0, -2.0, 0.5, 3.0])
params = {"w": np.array([0.2, -0.1, 0.4])}
def loss(p):
    return float(np.mean((X @ p["w"] - y) ** 2))
def gradient(p):
    return {"w": X.T @ (X @ p["w"] - y) * FACTOR / 4}
"""
RIGHT, WRONG = CELL.replace("FACTOR", "2"), CELL.replace("FACTOR", "1")


@pytest.fixture
def shell(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A shell with the extension loaded, and no history."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    made = InteractiveShell.instance(user_ns={})
    made.history_manager.enabled = False
    assert made.run_cell("%load_ext gradcheck").success
    yield made
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


def _run(shell: Any, cell: str) -> tuple[Any, str]:
    """The cell's value, and what it has printed."""
    shell.user_ns.pop("_", None)
    with capture_output() as told:
        ran = shell.run_cell(cell, store_history=True)
    return shell.user_ns.get("_") if ran.success else None, told.stdout + told.stderr


@pytest.mark.parametrize(("cell", "verdict"), [(RIGHT, "PASS"), (WRONG, "FAIL")], ids=["right", "wrong"])
def test_a_cell_is_run_and_checked(shell: Any, cell: str, verdict: str) -> None:
    """The report is the cell's value, and what it defines stays defined."""
    report, told = _run(shell, f"%%gradcheck loss=loss grad=gradient params=params\n{cell}")
    assert isinstance(report, CheckReport)
    assert report.verdict.name == verdict
    assert verdict in told
    assert "loss" in shell.user_ns


def test_a_line_checks_what_is_there(shell: Any) -> None:
    """And can be given a name."""
    _run(shell, WRONG)
    _run(shell, "report = %gradcheck seed=4 rtol=1e-5")
    assert (shell.user_ns["report"].verdict.name, shell.user_ns["report"].seed) == ("FAIL", 4)


def test_a_tolerance_counts(shell: Any) -> None:
    """What is off by half passes where that is allowed."""
    _run(shell, WRONG)
    assert _run(shell, "%gradcheck")[0].verdict.name == "FAIL"
    assert _run(shell, "%gradcheck rtol=2.0")[0].verdict.name == "INCONCLUSIVE"


def test_diagnose_names_the_bug(shell: Any) -> None:
    """As ``gradcheck.diagnose`` does."""
    report, _ = _run(shell, f"%%gradcheck diagnose\n{WRONG}")
    assert isinstance(report, Diagnosis)
    assert report.diagnoses[0].bug == "missing-factor-2"


def test_a_cell_may_end_with_a_problem(shell: Any) -> None:
    """Then that is checked."""
    last = "gradcheck.Problem(loss, lambda p: {'w': 2 * gradient(p)['w']}, params)"
    assert _run(shell, f"%%gradcheck\n{WRONG}\nimport gradcheck\n{last}")[0].verdict.name == "PASS"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%gradcheck", "loss: nothing was given"),
        ("%gradcheck speed=3", "speed=3: there is no such option"),
        ("%gradcheck grad=nothing params=[1.0] loss=abs", "NameError: name 'nothing' is not defined"),
        ("%gradcheck problem=1/0", "ZeroDivisionError"),
        (f"%%gradcheck seed='a'\n{RIGHT}", "seed='a'; expected a whole number"),
        (f"%%gradcheck seed=True\n{RIGHT}", "seed=True; expected a whole number"),
        (f"%%gradcheck rtol=-1\n{RIGHT}", "rtol=-1; expected a number, 0 or more"),
        (f"%%gradcheck rtol='\\x1b[31m'\n{RIGHT}", "rtol="),
    ],
)
def test_errors_are_messages(shell: Any, line: str, message: str) -> None:
    """Not tracebacks; and the cell has failed, so that a notebook that is run stops there."""
    report, told = _run(shell, line)
    assert report is None
    assert "UsageError" in told
    assert message in told
    assert "Traceback" not in told
    assert "\x1b[31m" not in told.replace("\x1b[31mUsageError", "")


def test_a_cell_that_fails_shows_its_own_error(shell: Any) -> None:
    """Then nothing was checked."""
    report, told = _run(shell, "%%gradcheck\nraise ValueError('mine')")
    assert report is None
    assert "mine" in told
    assert "nothing was checked" in told


def test_what_the_functions_raise_is_a_result(shell: Any) -> None:
    """As in any check."""
    report, _ = _run(shell, f"%%gradcheck\n{RIGHT}\ndef loss(p):\n    raise ValueError('mine')")
    assert report.verdict.name == "INVALID"
    assert "mine" in report.reason


def test_figures_are_shown(shell: Any) -> None:
    """Four of them."""
    pytest.importorskip("matplotlib")
    with capture_output() as told:
        assert shell.run_cell(f"%%gradcheck plot\n{WRONG}").success
    assert len(told.outputs) == 4
    assert all("image/png" in shown.data for shown in told.outputs)


def test_help_and_unload(shell: Any) -> None:
    """The magic explains itself, and goes."""
    assert "loss=, grad=" in shell.magics_manager.magics["cell"]["gradcheck"].__doc__
    assert shell.run_cell("%unload_ext gradcheck").success
    assert "not found" in _run(shell, "%gradcheck")[1]


def test_a_notebook_is_run() -> None:
    """By nbclient, in a kernel of its own: HTML and text, and a figure as PNG."""
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    from nbformat.v4 import new_code_cell, new_notebook

    cells = ["%load_ext gradcheck", f"%%gradcheck loss=loss grad=gradient params=params\n{WRONG}"]
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (output,) = notebook.cells[1].outputs
    assert output.output_type == "execute_result"
    assert output.data["text/html"].startswith('<div class="gradcheck">')
    assert "FAIL" in output.data["text/html"]
    assert output.data["text/plain"].startswith("FAIL")
