"""Losses that are shown in parts, or as shares of an average; and numbers in a game that are no parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport, Verdict
from gradcheck.submissions import check_file

PARTS = """
import numpy as np

draw = np.random.default_rng(5)
seen = draw.normal(size=(60, 7)) @ draw.normal(size=(7, 5))
kept = {"E": draw.normal(size=(5, 4)) / 3, "e": np.zeros(4), "M": draw.normal(size=(4, 2)), "m": np.zeros(2)}
kept |= {"S": draw.normal(size=(4, 2)), "s": np.zeros(2), "D": draw.normal(size=(2, 5)), "d": np.zeros(5)}
WEIGHT = 0.3


def run(x, noise):
    h = np.tanh(x @ kept["E"] + kept["e"])
    mean, spread = h @ kept["M"] + kept["m"], h @ kept["S"] + kept["s"]
    code = mean + np.exp(spread / 2) * noise
    return {"h": h, "mean": mean, "spread": spread, "code": code, "noise": noise, "out": code @ kept["D"] + kept["d"]}


def terms(x, state):
    far = 0.5 * np.sum((state["out"] - x) ** 2) / len(x)
    apart = 0.5 * np.sum(np.exp(state["spread"]) + state["mean"] ** 2 - 1 - state["spread"]) / len(x)
    return far, WEIGHT * apart


def back(x, state):
    out = (state["out"] - x) / len(x)
    code = out @ kept["D"].T
    mean = code + WEIGHT * state["mean"] / len(x)
    spread = SLOPE * code * state["noise"] * np.exp(state["spread"] / 2)
    spread = spread + 0.5 * WEIGHT * (np.exp(state["spread"]) - 1) / len(x)
    h = (mean @ kept["M"].T + spread @ kept["S"].T) * (1 - state["h"] ** 2)
    found = {"D": state["code"].T @ out, "d": out.sum(0), "M": state["h"].T @ mean, "m": mean.sum(0)}
    return found | {"S": state["h"].T @ spread, "s": spread.sum(0), "E": x.T @ h, "e": h.sum(0)}


for turn in range(20):
    for begin in range(0, 60, 15):
        rows = seen[begin:begin + 15]
        state = run(rows, draw.normal(size=(len(rows), 2)))
        for name, slope in back(rows, state).items():
            kept[name] -= 0.05 * slope
    if turn % 5 == 0:
        far, apart = terms(seen, run(seen, np.zeros((60, 2))))
        print(f"{turn}: far {far:.3f}, apart {apart:.3f}")
"""
SHARES = """
import numpy as np

draw = np.random.default_rng(8)
A, B = draw.normal(size=(3, 6)), draw.normal(size=(6, 2))
shown = 0.0
for turn in range(1, 301):
    x = draw.normal(size=(9, 3))
    y = np.sin(x[:, :2])
    h = np.tanh(x @ A)
    gap = h @ B - y
    shown += 0.5 * np.sum(gap ** 2) / SHARE
    gh = gap @ B.T * (1 - h ** POWER)
    A, B = A - 0.01 * x.T @ gh, B - 0.01 * h.T @ gap
    if turn % 50 == 0:
        print("after", turn, "turns", shown)
        shown = 0.0
"""
GAME = """
import numpy as np


def walk(dice, length=8):
    place, rewards = 0.0, []
    for _ in range(length):
        place += 1 if dice.random() < 0.6 else -1
        rewards.append(place / 4)
    return np.array(rewards)


dice = np.random.default_rng(2)
print(np.mean([walk(dice).sum() for _ in range(30)]))
"""


def _checked(text: str, folder: Path) -> CheckReport:
    file = folder / "program.py"
    file.write_text(text, encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    return report


def test_parts_that_are_shown_together_are_one_loss(tmp_path: Path) -> None:
    """Its other part enters in the middle of the network, where no output delta tells of it."""
    report = _checked(PARTS.replace("SLOPE", "0.5"), tmp_path)
    assert report.verdict is Verdict.PASS, report.reason
    assert report.against is not None
    assert "terms(rows, state)[1]" in report.against


def test_a_part_that_is_shown_is_no_mistake_beside_one_that_is(tmp_path: Path) -> None:
    """What is wrong is wrong of the sum: the other part's derivative is not called an error."""
    report = _checked(PARTS.replace("SLOPE", "1.0"), tmp_path)
    wrong = {block.name for block in report.blocks if block.verdict is Verdict.FAIL}
    assert wrong == {"S", "s", "E", "e"}


def test_a_share_of_an_average_over_turns_is_no_loss_of_one(tmp_path: Path) -> None:
    """``shown += loss / 50`` says what is printed; the gradient is of the loss."""
    report = _checked(SHARES.replace("SHARE", "50").replace("POWER", "2"), tmp_path)
    assert report.verdict is Verdict.PASS, report.reason
    assert "printed-loss-differs" in {finding.id for finding in report.findings}


@pytest.mark.parametrize(("share", "power"), [("50", "3"), ("9", "2")], ids=["wrong-slope", "samples"])
def test_a_share_excuses_no_mistake(share: str, power: str, tmp_path: Path) -> None:
    """A wrong derivative stays one, and a number of samples is no number of turns."""
    report = _checked(SHARES.replace("SHARE", share).replace("POWER", power), tmp_path)
    assert report.verdict is Verdict.FAIL, report.reason


def test_a_place_in_a_game_is_no_parameter(tmp_path: Path) -> None:
    """It moves by whole numbers wherever it is; what is recorded of it is no loss."""
    with pytest.raises(SubmissionError, match="no network was recognised"):
        _checked(GAME, tmp_path)
