"""The inside of a Gradescope autograder: one submission, graded where Gradescope has put it.

References
----------
Gradescope, "Autograder Specifications" and "Submission Metadata":
https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from gradcheck.errors import GradingError
from gradcheck.grading.grade import People, grade
from gradcheck.grading.people.times import COLUMNS
from gradcheck.reports.grading.files import whole_file
from gradcheck.reports.grading.gradescope import to_gradescope
from gradcheck.reports.grading.json_sheet import as_json
from gradcheck.reports.grading.pupil import pupil_of

__all__ = ["ASSIGNMENT", "grade_inside"]

# Below the autograder's folder.
SUBMISSION, METADATA = "submission", "submission_metadata.json"
ASSIGNMENT = "assignment.toml"
RESULTS = "results/results.json"


def grade_inside(root: Path) -> Path:
    """Grade the submission of an autograder's folder, and write its ``results/results.json``.

    The hour is the one that Gradescope tells; an extension that it has granted counts as handed in that much earlier.

    Parameters
    ----------
    root : Path
        ``/autograder``: it holds ``submission/``, ``submission_metadata.json`` and ``source/assignment.toml``.

    Returns
    -------
    Path
        Of the results.

    Raises
    ------
    AssignmentError
        If the assignment is wrong.
    GradingError
        If something is not there, gradcheck failed over the submission, or the results cannot be written. Then there
        are none, and Gradescope says that the autograder failed: no student has a mark for our faults.
    """
    assignment = root / "source" / ASSIGNMENT
    for path in (root / SUBMISSION, assignment):
        if not path.exists():
            raise GradingError(
                f"{path} is not there: this runs in an autograder that `gradcheck new gradescope` wrote."
            )
    with tempfile.TemporaryDirectory(prefix="gradcheck-") as scratch:
        times = Path(scratch) / "times.csv"
        _write_times(times, _handed_in(root / METADATA))
        graded = grade(root / SUBMISSION, assignment, Path(scratch) / "out", people=People(times=times), single=True)
        (standing,) = graded.standings
        if standing.state == "internal":
            raise GradingError(f"gradcheck failed over it: {', '.join(graded.run.faults.values())}. Grade it again.")
        assert standing.submission is not None
        pupil = pupil_of(standing, graded.record(standing.submission), graded.assignment)
        results = root / RESULTS
        results.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(results) as write:
            write(as_json(to_gradescope(pupil)))
    return results


def _write_times(place: Path, submitted: datetime | None) -> None:
    with place.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        if submitted is not None:
            rows.writerow([SUBMISSION, submitted.isoformat()])


def _handed_in(metadata: Path) -> datetime | None:
    """When, for what it matters; None where Gradescope has not told."""
    try:
        told = json.loads(metadata.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise GradingError(f"{metadata} cannot be read ({error}).") from None
    submitted = _time(told, "created_at")
    due = _time(told.get("assignment"), "due_date")
    own = [time for user in told.get("users") or () if (time := _time(user.get("assignment"), "due_date")) is not None]
    if submitted is not None and due is not None and own:
        submitted -= max(own) - due
    return submitted


def _time(table: Mapping[str, Any] | None, key: str) -> datetime | None:
    text = (table or {}).get(key)
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise GradingError(f"{METADATA}: {key} is {text!r}, which is no time.") from None
    return time if time.tzinfo is not None else None
