"""The same slip in several lines is one diagnosis, with all its lines and one patch."""

from __future__ import annotations

from pathlib import Path

from course_programs import applied, line_of, module, only, spoilt

import gradcheck
from gradcheck import Verdict, check

MEANS = (
    ("    db2 = dZ2.sum(axis=0)\n", "    db2 = dZ2.mean(axis=0)\n"),
    ("    db1 = dZ1.sum(axis=0)\n", "    db1 = dZ1.mean(axis=0)\n"),
)


def test_one_slip_in_two_lines(tmp_path: Path) -> None:
    """Both bias gradients are means of deltas that have their 1/m: one bug, two lines, one patch that cures both."""
    text = spoilt(*MEANS)
    found = gradcheck.diagnose(module(tmp_path, text).build())
    bug = only(found)
    assert bug.bug == "bias-mean-instead-of-sum"
    assert set(bug.lines) == {line_of(text, piece.strip()) for _, piece in MEANS}
    assert set(bug.blocks) == {"b1", "b2"}
    assert check(module(tmp_path, applied(tmp_path, text, bug.patch)).build()).verdict is Verdict.PASS
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in bug.evidence)
    assert any("was compared with the true one at 2 points" in sentence for sentence in found.tried)
