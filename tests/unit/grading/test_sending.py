"""What a worker does: files that came by parcel, and files that are not what they were."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.finding import files_of, find_submissions
from gradcheck.grading.batch.parcels import packed
from gradcheck.grading.sending import Orders, run_errands

ORDERS = Orders(assignment=Path(str(files("gradcheck.grading.assignment.ready") / "xor-class.toml")), seed=3)
BROKEN = "class NeuralNetwork\n"


def _errand(tmp_path: Path) -> Errand:
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.py").write_text(BROKEN)
    (work,) = find_submissions([folder], tmp_path)
    return Errand(work=work)


def _grade(errand: Errand) -> dict[str, Any]:
    (record,) = run_errands(ORDERS, (errand,))
    found: dict[str, Any] = record["grade"]
    return found


def test_what_cannot_be_loaded_is_ungradable(tmp_path: Path) -> None:
    """It is as it was: its record is the last word."""
    assert _grade(_errand(tmp_path))["state"] == "ungradable"


@pytest.mark.parametrize("change", [lambda file: file.write_text("a = 1\n"), Path.unlink], ids=["changed", "removed"])
def test_what_is_not_as_it_was_has_no_record(change: Callable[[Path], object], tmp_path: Path) -> None:
    """Its content is not that which the class was read with: it is looked at again, and nobody has its mark."""
    errand = _errand(tmp_path)
    change(errand.work.path)
    grade = _grade(errand)
    assert (grade["state"], grade["points"]) == ("internal", None)
    assert "changed or removed" in grade["reason"]
    assert "again" in grade["cure"]


def test_files_that_came_by_parcel(tmp_path: Path) -> None:
    """They are those that were read here, wherever they lie there."""
    errand = _errand(tmp_path)
    path = errand.work.path
    sent = Errand(work=errand.work, parcel=packed(path, files_of(path), path.parent))
    path.unlink()
    assert _grade(sent)["state"] == "ungradable"
    path.write_text("a = 1\n")
    late = Errand(work=errand.work, parcel=packed(path, files_of(path), path.parent))
    assert _grade(late)["state"] == "internal"
