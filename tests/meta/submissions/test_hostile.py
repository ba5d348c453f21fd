"""Programs that end, hang, flood, crash, lie or break things: a result or one clear refusal, never a crash of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt_programs import WRONG
from submission_programs import PARAMS_DICT, SCRIPT

from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport
from gradcheck.submissions import check_file

SPOILT = WRONG["script-factor"][0]
STEP = "    delta_h ="

REFUSED = {
    "hang": ("while True: pass\n" + SPOILT, "longer than the time limit"),
    "exit-first": ("import sys\nsys.exit(3)\n" + SPOILT, "ends itself in line 2"),
    "os-exit": ("import os\nos._exit(0)\n", "ended its own process with exit code 0"),
    "crash": ("import ctypes\nctypes.string_at(0)\n", "crashed"),
    "flood": ("import os\nwhile True: os.write(1, b'x' * 65536)\n", "more output than the limit"),
    "channel": (
        "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'x' * 99)\n    except OSError: pass\n",
        "channel",
    ),
    "no-network": ("print('hello')\n", "no network was recognised"),
    "missing-module": ("from no_such_module import net\nnet.train()\n", "line 1: from no_such_module"),
}


@pytest.mark.parametrize(("program", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_in_one_message(tmp_path: Path, program: str, message: str) -> None:
    """The message says how it ended."""
    file = tmp_path / "student.py"
    file.write_text(program, encoding="utf-8")
    with pytest.raises(SubmissionError, match=message):
        check_file(file, time_limit=2.0)


@pytest.mark.parametrize(
    ("program", "cure"),
    [
        ("from no_such_module import net\nnet.train()\n", "install it: pip install no_such_module."),
        ("x = undefined_name\n", "While it ran: NameError"),
        ("print('hello')\n", "write an adapter"),
    ],
)
def test_an_adapter_is_proposed_only_for_what_runs(tmp_path: Path, program: str, cure: str) -> None:
    """What crashes on loading, or lacks a library, needs something else first."""
    file = tmp_path / "student.py"
    file.write_text(program, encoding="utf-8")
    with pytest.raises(SubmissionError) as caught:
        check_file(file, time_limit=3.0)
    assert cure in str(caught.value)
    assert ("def build(" in str(caught.value)) is (cure == "write an adapter")


JUDGED = {
    "exit-last": (SCRIPT + "\nimport sys; sys.exit()\n", "PASS", "program-error"),
    "hang-after": (SCRIPT + "\nwhile True: pass\n", "PASS", "stopped-time"),
    "base-exception": ("class E(BaseException): pass\nraise E('x')\n" + SCRIPT, "PASS", "program-error"),
    "prints": ("for i in range(10**5): print('x' * 100)\n" + SCRIPT, "PASS", None),
    "asks": ("n = int(input('how many? '))\n" + SCRIPT, "PASS", None),
    "arguments": ("import argparse\nargparse.ArgumentParser().parse_args()\n" + SCRIPT, "PASS", None),
    "memory": ("x = bytearray(10**15)\n" + SCRIPT, "PASS", "program-error"),
    "missing-data": ("import numpy as np\nd = np.loadtxt('missing.csv')\n" + SCRIPT, "PASS", "missing-data"),
    "plots": ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nplt.show()\n" + SCRIPT, "PASS", None),
    "forks": ("import os\nif os.fork() == 0:\n    while True: pass\n" + SPOILT, "FAIL", None),
    "interrupt": (SPOILT.replace(STEP, "    raise KeyboardInterrupt\n" + STEP), "FAIL", "crash"),
    "raises": (SCRIPT.replace("delta_o @ w_out.T", "delta_o @ w_out"), "FAIL", "crash"),
    "returns-none": (PARAMS_DICT.replace("    return g\n", "    pass\n"), "FAIL", "crash"),
    "grows": (
        SCRIPT.replace("bias_out -= step * delta_o.sum(axis=0, keepdims=True)", "bias_out = bias_out - step * delta_o"),
        "FAIL",
        "shape-mismatch",
    ),
    "grows-by-another-name": (
        SCRIPT.replace("bias_", "beta_").replace(
            "beta_out -= step * delta_o.sum(axis=0, keepdims=True)", "beta_out = beta_out - step * delta_o"
        ),
        "FAIL",
        "shape-mismatch",
    ),
    "one-number": (WRONG["script-bias-axis"][0], "FAIL", "bias-sum-without-axis"),
    "not-finite": (SCRIPT.replace("np.mean((y - o) ** 2)", "np.mean(np.log(-o))"), "INVALID", None),
    "momentum": (
        SCRIPT.replace("history = []", "history = []\nv = np.zeros((3, 1))").replace(
            "w_out -= step * h.T @ delta_o", "v = 0.9 * v + step * h.T @ delta_o\n    w_out -= v"
        ),
        "PASS",
        "momentum",
    ),
    "os-exit-in-step": (SPOILT.replace(STEP, "    import os; os._exit(0)\n" + STEP), "INVALID", "stopped-exit"),
    "sys-exit-in-step": (SPOILT.replace(STEP, "    import sys; sys.exit(0)\n" + STEP), "FAIL", "crash"),
    "lies-about-closeness": (
        "import numpy as np\nnp.allclose = np.testing.assert_allclose = lambda *a, **k: True\n" + SPOILT,
        "FAIL",
        None,
    ),
}


@pytest.mark.parametrize(("program", "verdict", "finding"), JUDGED.values(), ids=JUDGED)
def test_judged_all_the_same(tmp_path: Path, program: str, verdict: str, finding: str | None) -> None:
    """What is needed exists: the verdict stands, with a finding."""
    file = tmp_path / "student.py"
    file.write_text(program, encoding="utf-8")
    report = check_file(file, time_limit=3.0)
    assert isinstance(report, CheckReport)
    assert report.verdict.name == verdict, report.reason
    assert finding is None or report.finding(finding) is not None


def test_the_line_is_named(tmp_path: Path) -> None:
    """A crash in the backward pass is at the file's line, in the file's words."""
    file = tmp_path / "student.py"
    file.write_text(JUDGED["raises"][0], encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert "student.py, line 22: delta_h = (delta_o @ w_out)" in report.reason


def test_nothing_is_written_beside_the_file(tmp_path: Path) -> None:
    """The program works in a folder of its own, and reads what lies beside it."""
    (tmp_path / "data.txt").write_text("1 2\n", encoding="utf-8")
    file = tmp_path / "student.py"
    file.write_text(
        "import numpy as np\nassert np.loadtxt('data.txt').tolist() == [1, 2]\nopen('out.txt', 'w').write('x')\n"
        + SCRIPT,
        encoding="utf-8",
    )
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.finding("program-error") is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.txt", "student.py"]
