"""Edits that leave right what was right, and cure nothing, are no part of a cure: nothing is named by what is left."""

from __future__ import annotations

from pathlib import Path

from gradcheck import diagnose_file
from gradcheck.records import Diagnosis

# The slope below zero is 0.01 in the activation and 0.1 in its derivative: no mistake that the catalogue names.
PROGRAM = """
import numpy as np
from dataclasses import dataclass

@dataclass
class Cfg:
    lr: float = 0.2
    hid: int = 7
    steps: int = 400

def make(n=60, seed=4):
    g = np.random.default_rng(seed)
    centers = np.array([[0, 1.5], [1.5, -1], [-1.5, -1]])
    lab = g.integers(0, 3, n)
    return centers[lab] + .5 * g.normal(size=(n, 2)), lab

class Mlp:
    def __init__(self, cfg):
        g = np.random.default_rng(0)
        self.cfg = cfg
        self.th = {"A": g.normal(size=(2, cfg.hid)) * .6, "a": np.zeros(cfg.hid),
                   "B": g.normal(size=(cfg.hid, 3)) * .6, "b": np.zeros(3)}

    def logits(self, x):
        self.h = np.maximum(.01 * (x @ self.th["A"] + self.th["a"]), x @ self.th["A"] + self.th["a"])
        return self.h @ self.th["B"] + self.th["b"]

    def nll(self, x, y):
        s = self.logits(x)
        s = s - s.max(1, keepdims=True)
        self.p = np.exp(s) / np.exp(s).sum(1, keepdims=True)
        return -np.log(self.p[np.arange(len(y)), y]).mean()

    def grads(self, x, y):
        d = self.p.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        g = {"B": self.h.T @ d, "b": d.sum(0)}
        e = d @ self.th["B"].T * np.where(self.h > 0, 1, .1)
        g["A"], g["a"] = x.T @ e, e.sum(0)
        return g

if __name__ == "__main__":
    cfg = Cfg(); X, y = make(); net = Mlp(cfg)
    for t in range(cfg.steps):
        L = net.nll(X, y)
        for k, v in net.grads(X, y).items():
            net.th[k] -= cfg.lr * v
        if t % 100 == 0:
            print(t, round(L, 4))
"""


def test_what_an_idle_edit_leaves_behind_is_not_named(tmp_path: Path) -> None:
    """Without the factor the slope would be missing, exactly; but the program has the factor."""
    path = tmp_path / "flowers.py"
    path.write_text(PROGRAM, encoding="utf-8")
    report = diagnose_file(path)
    assert isinstance(report, Diagnosis)
    assert {block.name for block in report.blocks if block.verdict.name == "FAIL"} == {"A", "a"}
    assert not {bug.bug for bug in report.diagnoses} & {"missing-hidden-derivative", "derivative-twice"}
