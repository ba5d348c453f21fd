"""What is recognised without help, and what helps where it is not: notebooks, packages, settings, adapters."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcheck.cli.root import root
from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport, Diagnosis, ReportSet, Verdict
from gradcheck.submissions import check_file, check_path, diagnose_file, repair_file
from gradcheck.submissions.check_file import checked
from gradcheck.submissions.request import Request

TREE = Path(__file__).resolve().parents[3]
if str(TREE) not in sys.path:
    sys.path.append(str(TREE))

from benchmarks.recognition.measuring import measure  # noqa: E402 (of the tree, no part of the wheel)
from benchmarks.recognition.truth import programs, read  # noqa: E402

# One of each style; `python -m benchmarks.recognition` measures all.
SAMPLE = (
    "adam_script",
    "class_odd_names_uncalled",
    "closure_parameters",
    "columns_functions_uncalled",
    "flat_theta_minimize",
    "functions_chinese_uncalled",
    "functions_nonsense_uncalled",
    "layers_uncalled",
    "momentum_dict_class",
    "public_affine_layers_dict",
    "public_char_rnn",
    "public_column_sgd_network",
    "public_neuron_dictionaries",
    "public_pure_python_vectors",
    "script_no_loss_computed",
    "third_average_of_gradients",
    "third_bias_begins_as_zero",
    "third_compared_by_itself",
    "third_flat_cost_uncalled",
    "third_hidden_state_handed_on",
    "third_layers_mean_of_losses",
    "third_lists_in_comprehensions",
    "third_loss_compared_to_warn",
    "third_momentum_from_zero",
    "third_momentum_made_later",
    "third_neurons_sum_of_squares_shown",
    "third_rmsprop_list_of_zeros",
    "third_two_heads_printed",
    "third_velocities_of_batches",
    "two_networks",
)

SETUP = """\
rng = np.random.default_rng(0)
X = rng.standard_normal((8, 2))
y = X[:, :1] ** 2
W = rng.standard_normal((2, 3))
V = rng.standard_normal((3, 1))
"""
LOOP = """\
%%time
losses = []
for i in range(20):
    h = np.tanh(X @ W)
    o = h @ V
    loss = np.mean((o - y) ** 2)
    losses.append(loss)
    d = 2 * (o - y) / len(X)
    e = d @ V.T * (1 - h)
    V -= 0.1 * h.T @ d
    W -= 0.1 * X.T @ e
"""
CELLS = ("%matplotlib inline\nimport numpy as np\n", SETUP, LOOP)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook whose third cell is wrong in its ninth line."""
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [],
         "source": text.splitlines(keepends=True)}
        for n, text in enumerate(CELLS)
    ]  # fmt: skip
    path = tmp_path / "net.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1))
    return path


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_of_styles(name: str) -> None:
    """Parameters, loss and gradient are the true ones; with a wrong gradient the same program does not pass."""
    (path,) = (path for path in programs() if path.stem == name)
    outcome = measure(read(path))
    assert outcome.status == "recognised", outcome.why


def test_a_wrong_truth_is_noticed() -> None:
    """The measurement itself can fail: other shapes, another loss, a change that breaks nothing."""
    import dataclasses

    (path,) = (path for path in programs() if path.stem == "script_xor_mean")
    truth = read(path)
    assert measure(dataclasses.replace(truth, loss="np.sum")).status == "wrong"
    assert measure(dataclasses.replace(truth, spoilt=truth.text)).status == "wrong"
    assert measure(dataclasses.replace(truth, text=truth.spoilt), spoil=False).status == "wrong"
    assert measure(dataclasses.replace(truth, text="print(1)\n"), spoil=False).status == "refused"


def test_a_notebook_is_diagnosed_by_cell_and_line(notebook: Path) -> None:
    """Lines are those of cells in every sentence; JSON keeps the line of the program and adds the cell's."""
    report = diagnose_file(notebook)
    assert isinstance(report, Diagnosis)
    assert report.verdict is Verdict.FAIL
    (bug,) = report.diagnoses
    assert (bug.line, bug.cell, bug.cell_line) == (16, 3, 9)
    assert "(cell 3, line 6)" in (report.loss or "")
    assert report.to_dict()["diagnoses"][0]["cell_line"] == 9
    assert report.finding("notebook-magic") is not None


def test_a_notebook_is_repaired_in_its_cell(notebook: Path) -> None:
    """The patch is of the cell, the file is the same but for that line, and the notebook passes then."""
    before = notebook.read_text()
    repair = repair_file(notebook, write=True)
    assert repair.patch is not None
    assert repair.patch.startswith("--- a/net.ipynb (cell 3)")
    assert repair.backup is not None
    assert repair.backup.read_text() == before
    changed = [(a, b) for a, b in zip(before.splitlines(), notebook.read_text().splitlines(), strict=True) if a != b]
    assert len(changed) == 1
    assert "d @ V.T * (1 - h)" in changed[0][0]
    report = check_file(notebook)
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.PASS


LAYERS = """\
import numpy as np


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.standard_normal((n_in, n_out))

    def forward(self, x):
        self.x, self.a = x, np.tanh(x @ self.W)
        return self.a

    def backward(self, grad, lr):
        dz = grad * (1 - self.a)
        dx = dz @ self.W.T
        self.W -= lr * self.x.T @ dz
        return dx
"""
MODEL = """\
from .layers import Dense


class Net:
    def __init__(self, sizes, rng):
        self.layers = [Dense(a, b, rng) for a, b in zip(sizes[:-1], sizes[1:])]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad, lr):
        for layer in reversed(self.layers):
            grad = layer.backward(grad, lr)
"""
TRAIN = """\
import numpy as np
from nets.model import Net

rng = np.random.default_rng(0)
X = rng.standard_normal((9, 2))
y = 0.5 * X[:, :1]
net = Net([2, 3, 1], rng)
history = []
for epoch in range(10):
    out = net.forward(X)
    history.append(np.mean((out - y) ** 2))
    net.backward(2 * (out - y) / len(X), 0.5)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A program of three files, of which the innermost is wrong in line 13."""
    (tmp_path / "nets").mkdir()
    for name, text in {"__init__": '"""Nets."""\n', "layers": LAYERS, "model": MODEL}.items():
        (tmp_path / "nets" / f"{name}.py").write_text(text)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def test_a_package_is_one_program(package: Path) -> None:
    """Its network is one result, not one for each file; a file that nothing imports is a result of its own."""
    report = check_path(package)
    assert isinstance(report, ReportSet)
    assert [(Path(r.file or "").name, r.verdict) for r in report.results] == [("train.py", Verdict.FAIL)]
    (package / "alone.py").write_text("x = (\n")
    again = check_path(package)
    assert isinstance(again, ReportSet)
    assert [Path(r.file or "").name for r in again.results] == ["alone.py", "train.py"]
    ignored = check_path(package, ignore=["al*.py"])
    assert isinstance(ignored, ReportSet)
    assert [Path(r.file or "").name for r in ignored.results] == ["train.py"]


def test_a_package_is_repaired_in_the_right_file(package: Path) -> None:
    """The diagnosis names file and line, and the fix is written there."""
    repair = repair_file(package / "train.py", write=True)
    assert isinstance(repair.report, Diagnosis)
    (bug,) = repair.report.diagnoses
    assert (Path(bug.file or "").name, bug.line) == ("layers.py", 13)
    assert repair.files == (package / "nets" / "layers.py",)
    assert [place.name for place in repair.backups] == ["layers.py.orig"]
    assert (package / "train.py").read_text() == TRAIN
    report = check_file(package / "train.py")
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.PASS


def test_settings_reach_the_command_line(tmp_path: Path) -> None:
    """An adapter that is set beside the file is used; one that is typed wins; a wrong key is told."""
    shutil.copy(TREE / "examples" / "needs_adapter.py", tmp_path / "net.py")
    shutil.copy(TREE / "examples" / "needs_adapter_adapter.py", tmp_path / "how.py")
    (tmp_path / "gradcheck.toml").write_text('adapter = "how.py"\nignore = ["how.py"]\n')
    runner = CliRunner()
    assert runner.invoke(root, ["check", "-q", str(tmp_path / "net.py")], standalone_mode=False).return_value == 0
    (tmp_path / "bad.py").write_text("def build(module):\n    return 3\n")
    typed = ["check", "-q", str(tmp_path / "net.py"), "--adapter", str(tmp_path / "bad.py")]
    assert runner.invoke(root, typed, standalone_mode=False).return_value == 2
    (tmp_path / "gradcheck.toml").write_text("adaptor = 3\n")
    result = runner.invoke(root, ["check", str(tmp_path / "net.py")], standalone_mode=False)
    assert result.return_value == 2
    assert "adaptor is not known. Did you mean adapter?" in " ".join(result.output.split())


def test_settings_reach_python(tmp_path: Path) -> None:
    """All three functions obey what is set beside a file; an argument wins, and a bare request asks for nothing."""
    shutil.copy(TREE / "examples" / "needs_adapter.py", tmp_path / "net.py")
    shutil.copy(TREE / "examples" / "needs_adapter_adapter.py", tmp_path / "how.py")
    settings = tmp_path / "gradcheck.toml"
    settings.write_text('adapter = "how.py"\n')
    for answer in (check_file, diagnose_file, lambda file: repair_file(file).report):
        report = answer(tmp_path / "net.py")
        assert isinstance(report, CheckReport)
        assert (report.interface, report.verdict) == ("adapter", Verdict.PASS)
    (tmp_path / "bad.py").write_text("def build(module):\n    return 3\n")
    with pytest.raises(SubmissionError):
        check_file(tmp_path / "net.py", adapter=tmp_path / "bad.py")
    with pytest.raises(SubmissionError, match="no network was recognised"):
        checked(Request(file=tmp_path / "net.py"))
    settings.write_text("adaptor = 3\n")
    for answer in (check_file, diagnose_file, lambda file: repair_file(file).report):
        with pytest.raises(SubmissionError, match=r"adaptor is not known\. Did you mean adapter\?"):
            answer(tmp_path / "net.py")


def test_settings_that_a_verdict_can_depend_on_are_told(tmp_path: Path) -> None:
    """Whoever is sent a file is sent its settings too: a tolerance of its own passes nothing wrong unseen."""
    file = shutil.copy(TREE / "examples" / "xor_missing_factor.py", tmp_path / "net.py")
    settings = tmp_path / "gradcheck.toml"
    settings.write_text('ignore = ["tests/*"]\n')
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert (report.verdict, report.finding("settings-obeyed")) == (Verdict.FAIL, None)
    settings.write_text("rtol = 5.0\ntime-limit = 30\n")
    for answer in (check_file, diagnose_file, lambda file: repair_file(file).report):
        report = answer(file)
        assert isinstance(report, CheckReport)
        assert report.verdict is Verdict.INCONCLUSIVE
        finding = report.finding("settings-obeyed")
        assert finding is not None
        assert "gradcheck.toml" in finding.message
        assert "rtol = 5.0, time-limit = 30.0" in finding.message
    typed = check_file(file, rtol=1e-6)
    assert isinstance(typed, CheckReport)
    assert typed.verdict is Verdict.FAIL
    finding = typed.finding("settings-obeyed")
    assert finding is not None
    assert "obeyed: time-limit = 30.0" in finding.message


def test_settings_of_a_folder_hold_for_every_file_in_it(tmp_path: Path) -> None:
    """Not those beside each: what is asked for is the folder."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "gradcheck.toml").write_text("adaptor = 3\n")
    (tmp_path / "gradcheck.toml").write_text('ignore = ["inner/left.py"]\n')
    for name in ("net.py", "left.py"):
        (inner / name).write_text("x = 1\n")
    found = check_path(tmp_path)
    assert isinstance(found, ReportSet)
    assert [Path(report.file or "").name for report in found.results] == ["net.py"]
    assert "no network was recognised" in found.results[0].reason


COMPLETE = (
    "class_self_params_loss_grads", "columns_functions_uncalled", "dict_odd_names_uncalled",
    "functions_loss_and_grads_tuple", "functions_nonsense_uncalled",
)  # fmt: skip


@pytest.mark.parametrize("name", COMPLETE)
def test_a_new_adapter_runs_as_written(tmp_path: Path, name: str) -> None:
    """And judges: a right program passes with it, a wrong one fails, at other sizes too."""
    (path,) = (path for path in programs() if path.stem == name)
    truth = read(path)
    file, adapter = tmp_path / "net.py", tmp_path / "net_adapter.py"
    file.write_text(truth.text, encoding="utf-8")
    result = CliRunner().invoke(root, ["new", "adapter", str(file)], standalone_mode=False)
    assert result.return_value == 0, result.output
    for keywords in ({}, {"batch": 3, "hidden": 2}):
        report = check_file(file, adapter=adapter, keywords=keywords)
        assert isinstance(report, CheckReport)
        assert report.verdict is Verdict.PASS, report.reason
    file.write_text(truth.spoilt, encoding="utf-8")
    report = check_file(file, adapter=adapter)
    assert isinstance(report, CheckReport)
    assert report.verdict is Verdict.FAIL


def test_a_new_adapter_says_what_is_missing(tmp_path: Path) -> None:
    """Names are filled in, a file that is there stays, and --force writes over it."""
    file = tmp_path / "net.py"
    shutil.copy(TREE / "examples" / "needs_adapter.py", file)
    runner = CliRunner()
    result = runner.invoke(root, ["new", "adapter", str(file)], standalone_mode=False)
    assert "To fill in: the parameters" in result.output
    assert "pull(cell, sequence, states, adjoint)" in (tmp_path / "net_adapter.py").read_text()
    (tmp_path / "net_adapter.py").write_text("mine\n")
    assert "exists already" in str(runner.invoke(root, ["new", "adapter", str(file)], standalone_mode=False).exception)
    assert (tmp_path / "net_adapter.py").read_text() == "mine\n"
    assert runner.invoke(root, ["new", "adapter", str(file), "--force"], standalone_mode=False).return_value == 0
    assert "def build" in (tmp_path / "net_adapter.py").read_text()
