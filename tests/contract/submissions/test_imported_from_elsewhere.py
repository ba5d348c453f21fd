"""A script that says where its modules lie is driven as Python would run it, and reaches nothing beyond its project."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import CheckReport, Diagnosis, ReportSet
from gradcheck.submissions import check_file, diagnose_file
from gradcheck.submissions.folder import each_file

NET = """import numpy as np

def forward(p, X):
    h = np.tanh(X @ p["W1"])
    return h, h @ p["W2"]

def loss(p, X, Y):
    return np.mean((forward(p, X)[1] - Y) ** 2)

def gradient(p, X, Y):
    h, out = forward(p, X)
    d2 = FACTOR * (out - Y) / out.size
    return {"W1": X.T @ ((d2 @ p["W2"].T) * (1 - h ** 2)), "W2": h.T @ d2}
"""
TRAIN = """
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
params = {"W1": rng.normal(size=(3, 4)), "W2": rng.normal(size=(4, 2))}
for step in range(100):
    value = loss(params, X, Y)
    grads = gradient(params, X, Y)
    for name in params:
        params[name] -= 0.1 * grads[name]
"""
NAMES = "from lib.net import gradient, loss\n"
WAYS = {
    "dots": 'import sys\nsys.path.append("..")\n' + NAMES,
    "join": 'import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))\n' + NAMES,
    "parents": "import sys, pathlib\nsys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))\n" + NAMES,
    "lib": 'import sys\nsys.path.append("../lib")\nfrom net import gradient, loss\n',
    "from-the-root": 'import sys\nsys.path.append("lib")\nfrom net import gradient, loss\n',
}  # fmt: skip


def _project(folder: Path, way: str, factor: int) -> Path:
    for name, text in (("scripts/train.py", WAYS[way] + TRAIN), ("lib/net.py", NET.replace("FACTOR", str(factor)))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "scripts" / "train.py"


@pytest.mark.parametrize("way", WAYS)
def test_a_script_beside_its_library_is_checked(way: str, tmp_path: Path) -> None:
    """Right code passes and wrong code fails, however the script says where its library lies."""
    for factor, verdict in ((2, "PASS"), (1, "FAIL")):
        report = check_file(_project(tmp_path, way, factor))
        assert isinstance(report, CheckReport)
        assert report.verdict.name == verdict


def test_a_folder_of_both_is_one_result(tmp_path: Path) -> None:
    """The library is a part of the script's program."""
    _project(tmp_path, "join", 1)
    report = each_file(tmp_path, check_file)
    assert isinstance(report, ReportSet)
    assert [result.verdict.name for result in report.results] == ["FAIL"]


def test_a_wrong_line_of_the_library_is_named(tmp_path: Path) -> None:
    """And its cure is verified with the library changed."""
    report = diagnose_file(_project(tmp_path, "join", 1))
    assert isinstance(report, Diagnosis)
    assert report.diagnoses[0].to_dict()["file"].endswith("lib/net.py")
    assert report.patch_verified


def test_a_neighbour_s_code_is_no_library(tmp_path: Path) -> None:
    """In a folder of homeworks the way up leads to somebody else's: it is not found, and nothing of it is told."""
    file = _project(tmp_path / "class", "dots", 2)
    own = tmp_path / "class" / "ann"
    file.parent.rename(own)
    with pytest.raises(Exception, match="No module named 'lib'") as caught:
        check_file(own / "train.py")
    assert "FACTOR" not in str(caught.value)
    assert "d2" not in str(caught.value)
