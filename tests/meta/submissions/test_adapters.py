"""Problems that somebody wrote down, and how their mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport
from gradcheck.submissions import check_file

OWN = """
import numpy as np
from gradcheck import Problem

def gradcheck_problem(*, hidden=4, seed=0):
    w = np.random.default_rng(seed).normal(size=hidden)
    return Problem(lambda p: float(np.sum(p ** 3)), lambda p: {gradient}, w)
"""


@pytest.mark.parametrize(("gradient", "verdict"), [("3 * p ** 2", "PASS"), ("2 * p ** 2", "FAIL")])
def test_problem_in_the_file_itself(tmp_path: Path, gradient: str, verdict: str) -> None:
    """A file can say what is to be checked; keywords reach it as far as it names them."""
    file = tmp_path / "student.py"
    file.write_text(OWN.format(gradient=gradient), encoding="utf-8")
    report = check_file(file, keywords={"hidden": 6, "batch": 2})
    assert isinstance(report, CheckReport)
    assert report.verdict.name == verdict
    assert report.interface == "problem-function"
    assert report.blocks[0].shape == (6,)


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        ("x = 1\n", "defines no build"),
        ("def build(module):\n    return 3\n", r"returned a int; expected a gradcheck\.Problem"),
        ("def build(module):\n    return module.nothing\n", "line 2: return module.nothing"),
        ("import no_such_module\n", "cannot be run.*no_such_module"),
        ("def build(module:\n", "line 1: syntax error"),
        ("", "is empty"),
    ],
)
def test_wrong_adapters(tmp_path: Path, adapter: str, message: str) -> None:
    """The adapter's own mistakes are named as such."""
    (tmp_path / "student.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "adapter.py").write_text(adapter, encoding="utf-8")
    with pytest.raises(SubmissionError, match=message) as caught:
        check_file(tmp_path / "student.py", adapter=tmp_path / "adapter.py")
    assert ".." not in str(caught.value).replace("...", "")
    assert "one to start from" not in str(caught.value)


def test_training_is_not_run_to_its_end_for_an_adapter(tmp_path: Path) -> None:
    """The module is executed once, its training loop cut short."""
    (tmp_path / "student.py").write_text(
        "import numpy as np\nw = np.ones(3)\nsteps = 0\n"
        "for i in range(10**9):\n    steps += 1\n    loss = np.sum(w ** 2)\n    w -= 0.1 * 2 * w\n",
        encoding="utf-8",
    )
    (tmp_path / "adapter.py").write_text(
        "import numpy as np\nfrom gradcheck import Problem\n"
        "def build(module):\n    assert module.steps < 10\n"
        "    return Problem(lambda p: np.sum(p ** 2), lambda p: 2 * p, module.w)\n",
        encoding="utf-8",
    )
    report = check_file(tmp_path / "student.py", adapter=tmp_path / "adapter.py", time_limit=5.0)
    assert isinstance(report, CheckReport)
    assert report.verdict.name == "PASS"
