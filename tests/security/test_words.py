"""Whatever a file is called and whatever it says: terminals, pages and JSON stay clean."""

# ruff: noqa: E501 - a row is a row
from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport, Evaluations, ReportSet, Verdict
from gradcheck.submissions import check_path
from gradcheck.submissions.verdict import invalid

sys.path.insert(0, str(Path(__file__).parent))
from verdict_attacks import PROGRAM  # isort: skip

PARTS = dict.fromkeys(("before", "forward", "loss", "gradient", "middle", "after"), "")
NAMES = {
    "newline": "a\nPASS  b.py",
    "return": "a\rPASS.py",
    "escape": "a\x1b[2J\x1b]0;owned\x07.py",
    "markup": "[bold red]PASS[/bold red].py",
    "html": "<script>alert(1)<!--.py",
    "option": "--seed.py",
    "quote": "a'\"`$(touch x);.py",
    "bidi": "a\u202ePASS.py",
    "surrogate": os.fsdecode(b"a\xff\xfe.py"),
    "long": "x" * 250 + ".py",
}
MESSAGE = "[bold]x[/] <img src=x onerror=alert(1)> \x1b[31m\x1b]8;;http://x\x07 \x08\x7f\x9b2J \u202e"


def _is_clean(text: str) -> bool:
    """No control characters but line ends, and no marks that turn the direction of writing."""
    return not any(
        (unicodedata.category(letter) == "Cc" and letter != "\n")
        or letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        for letter in text
    )


def _file(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    try:
        file.write_text(text, encoding="utf-8")
    except OSError:
        pytest.skip("this file system has no such name")
    return file


def _shell(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "gradcheck", *arguments], check=False, capture_output=True, timeout=120
    )


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_shown_and_not_obeyed(name: str, tmp_path: Path) -> None:
    """On the terminal, as JSON and as a page."""
    file = _file(tmp_path, name, PROGRAM.format(**PARTS))
    report = check_path(file)
    assert report.verdict is Verdict.FAIL
    assert _is_clean(str(report)), repr(str(report))
    page = report._repr_html_()
    assert "<script" not in page
    assert _is_clean(page.replace("\t", " "))
    assert json.loads(json.dumps(report.to_dict()))["file"] == str(file)


def test_a_folder_of_odd_names_is_one_report(tmp_path: Path) -> None:
    """One line each: no name can make up a result of its own."""
    for name in ("newline", "escape", "html", "markup"):
        _file(tmp_path, NAMES[name], PROGRAM.format(**PARTS))
    done = _shell("check", "-q", str(tmp_path))
    lines = done.stdout.decode("utf-8").splitlines()
    assert done.returncode == 1
    assert len([line for line in lines if line.startswith("FAIL")]) == 4
    assert not [line for line in lines if line.startswith("PASS")]
    assert _is_clean(done.stdout.decode("utf-8"))


@pytest.mark.parametrize("place", ["reason", "loss", "network"])
def test_words_of_a_file_are_shown_and_not_obeyed(place: str) -> None:
    """Messages of its errors, its losses, its names."""
    about = {place: MESSAGE} if place != "reason" else {}
    report = CheckReport(
        verdict=Verdict.INVALID, reason=MESSAGE if place == "reason" else "why", blocks=(),
        evaluations=Evaluations(loss=0, gradient=0), power={}, file="student.py", **about,
    )  # fmt: skip
    for shown in (report, ReportSet(results=(report, invalid(Path("b.py"), MESSAGE)))):
        assert _is_clean(str(shown)), repr(str(shown))
        assert "<img" not in shown._repr_html_()


@pytest.mark.parametrize("kind", ["outside", "loop", "dangling", "folder", "device"])
def test_links_lead_nowhere(kind: str, tmp_path: Path) -> None:
    """A folder's links to other files are refused by name; the secret is not in the report."""
    secret = tmp_path / "secret.py"
    secret.write_text("SECRET_POINTS = [1, 2, 3]\nprint('unclosed", encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    (work / "right.py").write_text(PROGRAM.format(**PARTS), encoding="utf-8")
    target = {
        "outside": secret,
        "loop": work / "link.py",
        "dangling": tmp_path / "never",
        "folder": tmp_path,
        "device": Path("/dev/zero"),
    }
    (work / "link.py").symlink_to(target[kind])
    report = check_path(work)
    assert "SECRET_POINTS" not in json.dumps(report.to_dict())
    results = report.results if isinstance(report, ReportSet) else (report,)
    assert [result.verdict for result in results if result.file and result.file.endswith("right.py")] == [Verdict.FAIL]


@pytest.mark.parametrize(
    "text",
    ["x = 1\n" * 3_000_000, "(" * 5000, "x = " + "-" * 100_000 + "1", "x = 1" + " + 1" * 50_000, "if 1:\n" + "".join(" " * i + "if 1:\n" for i in range(1, 150))],
    ids=["huge", "brackets", "signs", "sum", "nested"],
)  # fmt: skip
def test_texts_that_are_too_much_are_refused(text: str, tmp_path: Path) -> None:
    """Too large, or nested too deep for Python's own parser: one sentence, and no crash of ours."""
    file = tmp_path / "student.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SubmissionError):
        check_path(file)


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_an_import_is_no_way_out(linked: str, tmp_path: Path) -> None:
    """A module beside it that is a link to somebody else's is not read into the program."""
    secret = tmp_path / "hidden" / "reference.py"
    secret.parent.mkdir()
    secret.write_text("SECRET_POINTS = [1, 2, 3]", encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    name = "reference" if linked == "file" else "inner.reference"
    place, target = (work / "reference.py", secret) if linked == "file" else (work / "inner", secret.parent)
    place.symlink_to(target)
    file = _file(work, "student.py", PROGRAM.format(**{**PARTS, "before": f"import {name}"}))
    with pytest.raises(SubmissionError, match="link to outside"):
        check_path(file)


def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    """Nothing is waited for."""
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    done = _shell("check", str(pipe))
    assert done.returncode == 2
