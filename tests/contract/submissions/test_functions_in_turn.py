"""Two networks in one step, each with a loss function that is only shown; and a function that is given other things."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import Verdict
from gradcheck.submissions import check_file

RIVALS = """
import numpy as np

r = np.random.default_rng(21)
judge = {"K": r.normal(0, 0.7, (1, 6)), "k": np.zeros(6), "o": r.normal(0, 0.7, (6, 1))}
forger = {"A": r.normal(0, 0.7, (2, 4)), "a": np.zeros(4), "B": r.normal(0, 0.7, (4, 1))}


def trust(x):
    h = np.tanh(x @ judge["K"] + judge["k"])
    return 1 / (1 + np.exp(-h @ judge["o"])), h


def forged(z):
    h = np.tanh(z @ forger["A"] + forger["a"])
    return h @ forger["B"], h


def judge_loss(x, z):
    return -np.mean(np.log(trust(x)[0])) - np.mean(np.log(1 - trust(forged(z)[0])[0]))


def forger_loss(z):
    return -np.mean(np.log(trust(forged(z)[0])[0]))


def back(x, h, d):
    dh = d @ judge["o"].T * (1 - h * h)
    return {"K": x.T @ dh, "k": dh.sum(0), "o": h.T @ d}, dh @ judge["K"].T


def judge_slopes(x, z):
    fake = forged(z)[0]
    (p, hp), (q, hq) = trust(x), trust(fake)
    one, two = back(x, hp, (p - 1) / len(x))[0], back(fake, hq, q / len(z))[0]
    return {k: JUDGEone[k] + two[k] for k in one}


def forger_slopes(z):
    fake, h = forged(z)
    p, hp = trust(fake)
    d = back(fake, hp, (p - 1) / len(z))[1]
    dh = d @ forger["B"].T * FORGER(1 - h * h)
    return {"A": z.T @ dh, "a": dh.sum(0), "B": h.T @ d}


for turn in range(100):
    x, z = r.normal(2, 0.5, (20, 1)), r.normal(size=(20, 2))
    slopes = judge_slopes(x, z)
    for k in judge:
        judge[k] -= 0.05 * slopes[k]
    z = r.normal(size=(20, 2))
    slopes = forger_slopes(z)
    for k in forger:
        forger[k] -= 0.05 * slopes[k]
    if turn % 25 == 0:
        print(turn, judge_loss(x, z), forger_loss(z))
"""
SAMPLES = """
import math
import random

random.seed(8)
inner = [[random.uniform(-1, 1) for _ in range(3)] for _ in range(4)]
outer = [random.uniform(-1, 1) for _ in range(5)]


def run(x):
    h = [math.tanh(sum(w * v for w, v in zip(row, x + [1.0]))) for row in inner]
    return h, math.tanh(sum(w * v for w, v in zip(outer, h + [1.0])))


def error(x, t):
    return 0.5 * (run(x)[1] - t) ** 2


def learn(x, t, eta):
    h, out = run(x)
    d = (out - t) * (1 - out ** 2)
    dh = [d * outer[j] * SLOPE for j in range(4)]
    for j, v in enumerate(h + [1.0]):
        outer[j] -= eta * d * v
    for j in range(4):
        for i, v in enumerate(x + [1.0]):
            inner[j][i] -= eta * dh[j] * v


cases = [([random.random(), random.random()], random.random()) for _ in range(9)]
for turn in range(20):
    for x, t in cases:
        learn(x, t, 0.3)
    print(turn, sum(error(x, t) for x, t in cases))
"""


def checked(folder: Path, text: str) -> tuple[Verdict, list[str]]:
    """The verdict on a program, and what it was told of."""
    file = folder / "work.py"
    file.write_text(text, encoding="utf-8")
    report = check_file(file)
    return report.verdict, [finding.id for finding in report.findings]


def test_the_second_network_is_not_held_against_the_loss_of_the_first(tmp_path: Path) -> None:
    """Its own function explains it; nothing is said about it."""
    verdict, findings = checked(tmp_path, RIVALS.replace("JUDGE", "").replace("FORGER", ""))
    assert verdict is Verdict.PASS
    assert "not-compared" in findings


@pytest.mark.parametrize("wrong", ["JUDGE", "FORGER"])
def test_a_wrong_network_of_two_is_not_called_right(tmp_path: Path, wrong: str) -> None:
    """Whichever it is."""
    text = RIVALS.replace(wrong, "0.6 * ").replace("JUDGE", "").replace("FORGER", "")
    assert checked(tmp_path, text)[0] is Verdict.FAIL


@pytest.mark.parametrize(("slope", "verdict"), [("(1 - h[j] ** 2)", Verdict.PASS), ("(1 - h[j])", Verdict.FAIL)])
def test_an_error_of_inputs_and_target_is_not_given_outputs(tmp_path: Path, slope: str, verdict: Verdict) -> None:
    """Which it could not take."""
    assert checked(tmp_path, SAMPLES.replace("SLOPE", slope))[0] is verdict
