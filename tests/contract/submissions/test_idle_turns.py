"""Loops whose first turns do nothing: the words before the first one, which there are none of."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import CheckReport
from gradcheck.submissions import check_file

PROGRAM = """
import numpy as np

words = [0, 3, 1, 4, 2, 0, 4, 3]
rng = np.random.default_rng(2)
near, far = 0.3 * rng.normal(size=(5, 4)), 0.3 * rng.normal(size=(5, 4))
for epoch in range(5):
    total = 0.0
    for place, word in enumerate(words):
        for shift in (-3, -2, -1, 0, 1, 2, 3):
            if shift == 0 or not 0 <= place + shift < len(words):
                continue
            other = words[place + shift]
            s = 1 / (1 + np.exp(-near[word] @ far[other]))
            total += -np.log(s)
            {lines}
    print(epoch, total)
"""
BEFORE = ("g = (s - 1) * far[other]", "far[other] -= 0.1 * (s - 1) * near[word]", "near[word] -= 0.1 * g")
AFTER = (BEFORE[1], BEFORE[0], BEFORE[2])


@pytest.mark.parametrize(("lines", "verdict"), [(BEFORE, "PASS"), (AFTER, "FAIL")])
def test_one_pair_is_the_step(tmp_path: Path, lines: tuple[str, ...], verdict: str) -> None:
    """Of all pairs of a word together the order of the updates does not show in the limit of a small rate."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(lines="\n            ".join(lines)), encoding="utf-8")
    report = check_file(file)
    assert isinstance(report, CheckReport)
    assert report.verdict.name == verdict, report.reason
    assert ("updated-weights-used" in [finding.id for finding in report.findings]) is (verdict == "FAIL")
