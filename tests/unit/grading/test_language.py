"""What students read is in one language, the class's: none of it is unwrapped, and workers speak it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from translation import english_left, unwrapped

import gradcheck.grading
import gradcheck.reports.grading
from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.finding import find_submissions
from gradcheck.grading.course import Terms
from gradcheck.grading.discretion import plain
from gradcheck.grading.fingerprint import fingerprint
from gradcheck.grading.items import KINDS
from gradcheck.grading.sending import run_errands
from gradcheck.grading.subject.replies import Reply, decoded
from gradcheck.language import current, using
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.remote import Answered

from .test_sending import BROKEN, ORDERS

GRADING = Path(gradcheck.grading.__file__).parent
REPORTS = Path(gradcheck.reports.grading.__file__).parent
# What is said to instructors alone, in English: by the words that it begins with, as nobody else begins so.
FOR_INSTRUCTORS = {
    "batch/finding.py": ("¦: nothing was handed in", "¦ is not there: pass a folder"),
    "subject/driving.py": ("the interface of ¦", "the adapter ¦ cannot be read"),
    # Raised and caught inside of one module.
    "subject/recognised.py": ("nothing is verified here", "no call of it is declared", "no value of its forward pass"),
    # An expression that finds Python's own words.
    "worker.py": ("No module named '([^']+)'",),
    "items/table.py": ("What an assignment file may say", "What each measures.", "What each asks."),
    "reports/platforms.py": ("sis user id", "sis login id"),
}
# The documentation of assignment files.
EXPLAINED = {text for kind in KINDS.values() for text in (kind.summary, *(option.meaning for option in kind.options))}


def _modules() -> Iterator[tuple[str, Path]]:
    for name in ("marking", "follow_through", "corrected", "integrity", "records", "sending", "course", "worker",
                 "people/standing", "people/owners", "batch/archives", "batch/finding"):  # fmt: skip
        yield f"{name}.py", GRADING / f"{name}.py"
    for folder in ("items", "subject"):
        for path in sorted((GRADING / folder).glob("*.py")):
            yield f"{folder}/{path.name}", path
    for name in ("seen", "words", "html_sheet", "markdown_sheet", "json_sheet", "gradescope", "prairielearn",
                 "classroom50", "platforms", "overview"):  # fmt: skip
        yield f"reports/{name}.py", REPORTS / f"{name}.py"


@pytest.mark.parametrize(("name", "path"), list(_modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_sentence_for_students_is_a_message(name: str, path: Path) -> None:
    """Sentences are translated, but for what only instructors read."""
    found = [text for text in unwrapped(path) if text not in EXPLAINED]
    assert [text for text in found if not text.startswith(FOR_INSTRUCTORS.get(name, ()) or ("\0",))] == []


def test_a_worker_speaks_the_language_of_the_class(tmp_path: Path) -> None:
    """Whatever its own is; that stays as it was."""
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.py").write_text(BROKEN)
    (work,) = find_submissions([tmp_path / "class"], tmp_path)
    orders = dataclasses.replace(ORDERS, language="zh_CN")
    (record,) = run_errands(orders, (Errand(work=work),))
    grade = record["grade"]
    assert grade["language"] == "zh_CN"
    assert grade["cure"] == "请改正那一行，自己运行一次这个文件，然后重新提交。"
    assert current() == "en"
    (record,) = run_errands(ORDERS, (Errand(work=work),))
    assert record["grade"]["language"] == "en"
    assert english_left(record["grade"]["cure"]) != []


def test_faults_of_files_are_told_in_the_language_that_is_spoken(tmp_path: Path) -> None:
    """Those that nobody runs: an empty folder, a broken archive, a link."""
    folder = tmp_path / "class"
    (folder / "empty").mkdir(parents=True)
    (folder / "broken.zip").write_bytes(b"PK nothing")
    (folder / "link.py").symlink_to(folder / "other.py")
    with using("zh_CN"):
        works = find_submissions([folder], tmp_path / "scratch")
    assert len(works) == 3
    for work in works:
        assert work.fault is not None
        assert work.cure is not None
        assert english_left(f"{work.fault} {work.cure}", "File is not a zip file") == []


def test_records_are_kept_by_language() -> None:
    """English ones under the key that they always had."""
    (english, chinese), work = (
        [Terms(assignment="a" * 64, of=1.0, seed=3, diagnose=True, language=name) for name in ("en", "zh_CN")],
        find_submissions([Path(__file__)], Path())[0],
    )
    assert english.key(work, diagnosed=True).mode == "diagnosed seed=3"
    assert chinese.key(work, diagnosed=True).mode != english.key(work, diagnosed=True).mode


def test_what_is_wrong_alike_is_alike_in_every_language() -> None:
    """A fingerprint is made of what is wrong, not of its words."""

    def reply() -> Reply:
        return decoded(Answered(found={"dW1": np.zeros(3)}), Form(), {"dW1": (2, 2), "db1": (2,)})

    prints, words = [], []
    for name in ("en", "zh_CN"):
        with using(name):
            prints.append(fingerprint([reply()]))
            words.append(plain(reply().wrong["dW1"].words))
    assert prints[0] == prints[1]
    assert words == ["has the shape (3,), expected (2, 2)", "的形状是 (3,)，应为 (2, 2)"]
