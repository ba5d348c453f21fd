"""A test cell of one line for nbgrader, Otter and notebooks without either: grades the notebook's file in a child."""

from __future__ import annotations

import atexit
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from gradcheck.errors import GradingError
from gradcheck.reports.unicode import printable

__all__ = ["grade_here"]

# What every process that runs submissions has loaded.
CHILD = "gradcheck.submissions.serving.child"
_kept: dict[str, Path] = {}


def grade_here(
    assignment: str | Path, item: str | None = None, *, notebook: str | Path | None = None, partial: bool = False
) -> float | None:
    """Grade the notebook that this cell stands in, by its file.

    Nothing of the running kernel is looked at or believed: a new process runs the notebook as it was last *saved*, in
    the sandbox, and marks it as ``gradcheck grade`` would. What the cell then says is still said inside a kernel that
    the submission has had the run of: a mark that must stand is one of ``gradcheck grade`` over the collected files.

    Parameters
    ----------
    assignment : path
        The assignment's file.
    item : str, optional
        Path of an item of the rubric, or of a group, such as ``gradients``; by default all of them.
    notebook : path, optional
        By default the only notebook in the working folder.
    partial : bool
        Give the points that were earned instead of an error: as the cell's last line, that is nbgrader's partial
        credit, and the cell must have as many points as the item.

    Returns
    -------
    float or None
        With ``partial`` the points; those of the whole assignment before lateness. Else None: a value would be printed,
        which Otter takes for a wrong answer, and nbgrader for the cell's points. Where the notebook is itself run to
        be graded, the cell does nothing, and gives nan or None.

    Raises
    ------
    AssertionError
        If points were lost, with what the student may see; or if the notebook cannot be run.
    GradingError
        If there is no one notebook, or no such item, or the assignment is wrong.
    """
    if CHILD in sys.modules and sys.modules[CHILD].is_running():
        return math.nan if partial else None
    sheet = _sheet(Path(assignment).resolve(), _notebook(notebook))
    if sheet["state"] == "internal":
        raise GradingError(f"gradcheck failed over it: {sheet['reason']}. Run the cell again.")
    if sheet["state"] != "graded":
        raise AssertionError(printable(" ".join(filter(None, [sheet["reason"], sheet["cure"]]))))
    rows = [row for row in sheet["items"] if item is None or row["item"] == item or row["item"].startswith(f"{item}/")]
    if not rows:
        known = ", ".join(row["item"] for row in sheet["items"])
        raise GradingError(f"item={item!r}: the assignment has no such item; it has {known}.")
    if partial:
        return float(sum(row["points"] for row in rows))
    lost = [row for row in rows if row["points"] < row["of"]]
    if lost:
        told = [f"{row['title']}: {row['points']:g} of {row['of']:g}. {' '.join(row['told'])}" for row in lost]
        raise AssertionError(printable("\n".join(told)))
    return None


def _notebook(given: str | Path | None) -> Path:
    if given is not None:
        return Path(given).resolve()
    found = sorted(Path.cwd().glob("*.ipynb"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise GradingError(f"which notebook? In {Path.cwd()} there is {names}: say notebook='FILE.ipynb'.")
    return found[0].resolve()


def _sheet(assignment: Path, notebook: Path) -> dict[str, Any]:
    """What the student may see now; the second cell of a notebook finds what the first had graded."""
    folder = _kept.get("folder")
    if folder is None:
        folder = _kept["folder"] = Path(tempfile.mkdtemp(prefix="gradcheck-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    options = ["grade", str(notebook), "--assignment", str(assignment), "--out", str(folder), "--jobs", "1", "--quiet"]
    # -I: neither the working folder nor the environment of the kernel decides what the child imports.
    command = [sys.executable, "-I", "-m", "gradcheck", *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    if ended.returncode:
        raise GradingError(ended.stderr.strip() or f"gradcheck ended with {ended.returncode}")
    (place,) = (folder / "sheets").glob("*.json")
    sheet: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return sheet
