"""What ``check_file`` and ``gradcheck check`` promise about a file: the record's fields, JSON, and exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport, ReportSet, Verdict
from gradcheck.submissions import check_file

LEARNERS = Path(__file__).resolve().parents[2] / "meta" / "submissions" / "learners"
RIGHT = (LEARNERS / "class-w1-bce.txt").read_text(encoding="utf-8")
WRONG = RIGHT.replace("d2 = (self.a2 - y) / m", "d2 = (self.a2 - y)")


def saved(folder: Path, text: str) -> Path:
    """A learner's file."""
    file = folder / "student.py"
    file.write_text(text, encoding="utf-8")
    return file


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``gradcheck check`` as a process."""
    return subprocess.run(
        [sys.executable, "-m", "gradcheck", "check", *arguments], capture_output=True, text=True, check=False
    )


INTERFACES = {
    "tuple-functions-script": "training-loop",
    "dict-relu-sigmoid-bce": "params-dict",
    "layers-dicts-ascent": "layer-dicts",
    "class-w1-bce": "updating-class",
    "lists-returned": "weights-lists",
}


@pytest.mark.parametrize("name", INTERFACES)
def test_the_interface_is_named(tmp_path: Path, name: str) -> None:
    """By one of the ids of the contract; file, loss and dtype are said too."""
    file = saved(tmp_path, (LEARNERS / f"{name}.txt").read_text(encoding="utf-8"))
    found = check_file(file)
    for report in [found] if isinstance(found, CheckReport) else found.results:
        assert report.interface == INTERFACES[name]
        assert report.file == str(file)
        assert report.loss
        assert report.dtype == "float64"


def test_several_networks_are_a_set(tmp_path: Path) -> None:
    """Each with its name, in the order in which the file trains them."""
    found = check_file(saved(tmp_path, (LEARNERS / "lists-returned.txt").read_text(encoding="utf-8")))
    assert isinstance(found, ReportSet)
    assert [report.network for report in found.results] == ["xor", "gauss"]
    assert found.to_dict()["schema"] == "gradcheck/report@1"


def test_the_loss_is_in_the_file_s_words(tmp_path: Path) -> None:
    """The expression, and its line."""
    report = check_file(saved(tmp_path, RIGHT))
    assert isinstance(report, CheckReport)
    assert report.loss == "self.loss(y, out) (line 29)"


def test_the_same_file_gets_the_same_record(tmp_path: Path) -> None:
    """Twice the same numbers: nothing but what was used depends on the clock, and nothing on a hash."""
    file = saved(tmp_path, WRONG)
    first, second = (check_file(file).to_dict() for _ in range(2))
    assert first.pop("usage").keys() == second.pop("usage").keys()
    assert first == second


EXITS = {
    "pass": (RIGHT, 0),
    "fail": (WRONG, 1),
    "empty": ("", 2),
    "syntax": ("def f(:\n", 2),
    "no-network": ("print(1)\n", 2),
    "ends-itself": (WRONG.replace("        m = X.shape[0]\n", "        import os; os._exit(1)\n"), 2),
}


@pytest.mark.parametrize(("text", "status"), EXITS.values(), ids=EXITS)
def test_exit_status(tmp_path: Path, text: str, status: int) -> None:
    """0 pass, 1 fail, 2 unloadable or invalid; never a traceback."""
    done = command(str(saved(tmp_path, text)))
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_json(tmp_path: Path) -> None:
    """The record of the command is that of the function."""
    file = saved(tmp_path, WRONG)
    done = command(str(file), "--format", "json")
    record = json.loads(done.stdout)
    assert record["schema"] == "gradcheck/check@1"
    assert (record["file"], record["verdict"], record["interface"]) == (str(file), "fail", "updating-class")


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02" * 50, "x = 1".encode("utf-16")], ids=["empty", "binary", "16"]
)
def test_unreadable_files_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    """One exception of our own, with the file's name and a cure."""
    file = tmp_path / "work.py"
    file.write_bytes(content)
    with pytest.raises(SubmissionError, match=r"work\.py is .*(save|pass) "):
        check_file(file)


def test_an_error_of_ours_is_no_wrong_gradient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's harness breaks: the verdict is INVALID and says whose fault it is."""
    from gradcheck.submissions.isolation import nursery

    broken = (
        "import sys; sys.path.insert(0, sys.argv[1]); import gradcheck.submissions.serving.serving as s\n"
        "exec(compile('def gradient(network, arrays): raise OSError(1)', s.__file__, 'exec'), vars(s))\n"
        "s.HANDLERS['gradient'] = s.gradient\n"
    )
    nursery.close_shared()
    monkeypatch.setattr(nursery, "BOOT", broken.replace("{", "{{").replace("}", "}}") + nursery.BOOT)
    try:
        report = check_file(saved(tmp_path, RIGHT))
    finally:
        nursery.close_shared()
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.INVALID
    assert report.finding("stopped-internal") is not None
    assert "gradcheck could not drive it" in report.reason


LIKELIHOOD = """
import numpy as np
rng = np.random.default_rng(2)
X = rng.standard_normal((30, 4))
y = (rng.random(30) < 0.5).astype(float)
w = np.zeros(4)
def log_likelihood(w):
    z = X @ w
    return np.sum(y * z - np.log(1 + np.exp(z)))
told = []
for i in range(100):
    told.append(log_likelihood(w))
    w = w + 0.02 * X.T @ (y - 1 / (1 + np.exp(-X @ w)))
"""


def test_a_likelihood_is_climbed(tmp_path: Path) -> None:
    """What is called so is meant to grow."""
    file = tmp_path / "logistic.py"
    file.write_text(LIKELIHOOD, encoding="utf-8")
    report = check_file(file)
    assert report.verdict is Verdict.PASS
    assert report.finding("gradient-ascent") is not None


def test_a_negative_likelihood_is_not(tmp_path: Path) -> None:
    """It is meant to fall: there a wrong sign is one."""
    file = tmp_path / "logistic.py"
    file.write_text(LIKELIHOOD.replace("log_likelihood", "neg_log_likelihood"), encoding="utf-8")
    assert check_file(file).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("value", Verdict.PASS), ("reward", Verdict.PASS), ("LL", Verdict.PASS), ("cost", Verdict.FAIL)],
)
def test_what_falls_without_end_is_climbed_but_by_a_name_that_says_otherwise(
    tmp_path: Path, name: str, verdict: Verdict
) -> None:
    """A likelihood's logarithm is below zero everywhere, and as far below as one likes: no loss is made small so."""
    file = tmp_path / "logistic.py"
    file.write_text(LIKELIHOOD.replace("log_likelihood", name).replace("told", "history"), encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict is verdict
    assert report.finding("ambiguous-sign") is None


def test_a_loss_without_a_name_that_is_climbed_is_wrong(tmp_path: Path) -> None:
    """A sum of squares is no likelihood: a step that climbs it has the wrong sign."""
    file = tmp_path / "line.py"
    file.write_text(CLIMBED, encoding="utf-8")
    assert check_file(file).verdict is Verdict.FAIL


CLIMBED = """
import numpy as np
rng = np.random.default_rng(0)
X, y, w = rng.normal(size=(20, 3)), rng.normal(size=20), rng.normal(size=3)
history = []
for i in range(100):
    history.append(np.sum((X @ w - y) ** 2))
    w = w + 0.001 * 2 * X.T @ (X @ w - y)
"""


NAMED = """
from typing import NamedTuple
import numpy as np
class Weights(NamedTuple):
    A: np.ndarray
    b: np.ndarray
def train():
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((30, 4)), rng.standard_normal((30, 2))
    p = Weights(rng.standard_normal((4, 2)), np.zeros(2))
    told = []
    for i in range(100):
        d = X @ p.A + p.b - y
        told.append(0.5 * np.sum(d ** 2))
        p = Weights(p.A - 0.01 * X.T @ d, p.b - 0.01 * d.sum(axis=0))
    return told
train()
"""


def test_parameters_in_a_named_tuple(tmp_path: Path) -> None:
    """It has no ``__dict__`` that could be looked into."""
    file = tmp_path / "named.py"
    file.write_text(NAMED, encoding="utf-8")
    assert check_file(file).verdict is Verdict.PASS


MEAN_OF_COSTS = """
import numpy as np
class Line:
    def __init__(self):
        self.w = np.array([0.3, -0.2, 0.1])
    def cost(self, x, y):
        return 0.5 * (x @ self.w - y) ** 2
    def update(self, batch, eta):
        before = sum(self.cost(x, y) for x, y in batch) / len(batch)
        total = np.zeros(3)
        for x, y in batch:
            total = total + x * (x @ self.w - y)
        self.w = self.w - eta / len(batch) * total
        return before
rng = np.random.default_rng(0)
data = [(x, x @ np.array([1.0, -2.0, 0.5]) + 0.1) for x in rng.standard_normal((12, 3))]
net, told = Line(), []
for epoch in range(20):
    for start in range(0, 12, 4):
        told.append(net.update(data[start:start + 4], 0.1))
"""


@pytest.mark.parametrize(
    ("wrong", "verdict"), [("x @ self.w - y)\n        self", "PASS"), ("x @ self.w + y)\n        self", "FAIL")]
)
def test_the_mean_of_named_costs(tmp_path: Path, wrong: str, verdict: str) -> None:
    """A sample's cost has a name like a loss, the batch's mean only is kept: that is what the step descends."""
    file = tmp_path / "line.py"
    file.write_text(MEAN_OF_COSTS.replace("x @ self.w - y)\n        self", wrong), encoding="utf-8")
    assert check_file(file).verdict.name == verdict


ENTRY_BY_ENTRY = """
import numpy as np
X = np.array([[1.0, 2.0], [2.0, 0.5], [3.0, 1.0], [0.5, 4.0]])
y = np.array([5.5, 3.0, 5.0, 8.5])
w = np.array([0.0, 1.0])
def step(w, rate):
    residual = X @ w - y
    g = np.zeros(len(w))
    for j in range(len(w)):
        g[j] = np.sum(residual * X[:, j]) / len(y)
    for j in range(len(w)):
        w[j] = w[j] - rate * g[j]
for i in range(200):
    if i % 40 == 0:
        print(i, 0.5 * np.mean((X @ w - y) ** 2))
    step(w, 0.1)
"""


def test_an_entry_of_the_gradient_is_no_loss(tmp_path: Path) -> None:
    """It is a number that is stored, but each time another one."""
    file = tmp_path / "entries.py"
    file.write_text(ENTRY_BY_ENTRY, encoding="utf-8")
    assert check_file(file).verdict is Verdict.PASS
