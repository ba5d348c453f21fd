"""Repairs, outcomes and classes in a notebook: as on a terminal, escaped."""

from __future__ import annotations

import re
from pathlib import Path

from constructed_diagnoses import ALL_WELL, ONE
from constructed_outcomes import HOSTILE, outcome

from gradcheck.gate import Skipped
from gradcheck.reports.html_runs import render_run
from gradcheck.submissions.diagnose_file import Repair

PATCH = "--- a/network.py\n+++ b/network.py\n@@ -1,2 +1,2 @@\n-d = a < b\n+d = a > b\n same\n"


def test_a_repair_shows_its_patch_and_what_was_written() -> None:
    """What it cures, the changed lines, and how to undo it; the diagnosis is folded."""
    path = Path("network.py")
    repair = Repair(
        report=ONE, patch=PATCH, written=True, backup=Path("network.py.orig"), files=(path,),
        backups=(Path("network.py.orig"),),
    )  # fmt: skip
    html = repair._repr_html_()
    assert "Cures: " in html
    shown, folded = re.sub("</?(span|b)[^>]*>", "", html).split("<details", 1)
    assert "a &lt; b" in shown
    assert "Undo: mv network.py.orig network.py" in shown
    assert "derivative-at-activation" in folded


def test_a_repair_without_a_patch_says_why() -> None:
    """Nothing is wrong, or nothing was found."""
    assert "nothing to fix" in Repair(report=ALL_WELL)._repr_html_()
    assert "no fix was found" in Repair(report=ONE)._repr_html_()


def test_a_patch_without_a_backup_is_no_error() -> None:
    """Written with the backup declined."""
    html = render_run(Repair(report=ONE, patch=PATCH, written=True, files=(Path("network.py"),)))
    assert "No backup was left" in html


def test_an_outcome_is_what_a_build_prints() -> None:
    """Failures, then the count."""
    html = outcome(ONE, ALL_WELL, skipped=(Skipped(file="<b>.py", reason="none"),))._repr_html_()
    assert "2 networks checked, 1 right, 1 new failure" in html
    assert "&lt;b&gt;.py" in html


def test_hostile_text_is_escaped() -> None:
    """No tag of a submission reaches the page."""
    html = render_run(HOSTILE)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;" in html
