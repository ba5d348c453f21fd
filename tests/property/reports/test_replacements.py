"""A fix in pieces makes of a file what its diff makes of it."""

from __future__ import annotations

import dataclasses
import difflib
import json
import sys
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "unit" / "reports"))

from constructed_diagnoses import ONE
from constructed_outcomes import outcome

from gradcheck.reports.sarif import to_sarif

LINES = st.lists(st.sampled_from(["a", "b = 1", "-- a/f.py", "++ b", "  x", "", "ü", "@@ -1 +1 @@"]), max_size=12)


def _diff(old: list[str], new: list[str]) -> str:
    lines = difflib.unified_diff(
        [f"{line}\n" for line in old], [f"{line}\n" for line in new], "a/network.py", "b/network.py"
    )
    return "".join(lines)


def _apply(text: str, replacements: list[dict[str, Any]]) -> str:
    """As an editor does: regions of the text, from the last to the first."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for item in reversed(replacements):
        region = item["deletedRegion"]
        first = starts[region["startLine"] - 1] + region["startColumn"] - 1
        last = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:first] + item["insertedContent"]["text"] + text[last:]
    return text


@given(LINES, LINES)
@example(["a"], [])
@example([], ["a"])
@example(["a", "b = 1"], ["a", "ü", "b = 1"])
def test_a_fix_does_what_its_diff_does(old: list[str], new: list[str]) -> None:
    """The regions that SARIF replaces make the new text of the old one."""
    patch = _diff(old, new)
    bug = dataclasses.replace(ONE.diagnoses[0], patch=patch or None)
    report = dataclasses.replace(ONE, diagnoses=(bug,), patch=patch or None, patch_verified=bool(patch))
    (result,) = json.loads(to_sarif(outcome(report)))["runs"][0]["results"]
    fixes = [change for fix in result.get("fixes", ()) for change in fix["artifactChanges"]]
    text = "".join(f"{line}\n" for line in old)
    for change in fixes:
        text = _apply(text, change["replacements"])
    assert text == "".join(f"{line}\n" for line in new)
    assert bool(fixes) == bool(patch)
