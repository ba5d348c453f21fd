"""What ``gradcheck fix`` says above and below a patch."""

from __future__ import annotations

import dataclasses

import pytest
from constructed_diagnoses import ALL_WELL, ELSEWHERE, NOTHING_FITS, ONE, PATCH, TWO, UNREADABLE, UNREPAIRED

from gradcheck.records import Diagnosis, Finding, ReportSet, Severity, Verdict
from gradcheck.reports.diagnosis_words import headline
from gradcheck.reports.repair import coloured_diff, cures, for_tools, unrepaired, written


def test_each_cure_is_named_once() -> None:
    """Each cure is named once."""
    lines = cures(ReportSet(results=(TWO, TWO)))
    assert [line.partition(":")[0] for line in lines] == ["Cures", "Cures", "Verified"]
    assert "(derivative-at-activation, line 40)" in lines[0]
    other = dataclasses.replace(ONE, diagnoses=(dataclasses.replace(ONE.diagnoses[0], alternatives=(PATCH,)),))
    assert "as right: gradcheck diagnose network.py" in cures(other)[-1]


def test_a_decay_that_is_kept_is_not_called_verified() -> None:
    """What the check of the whole file does not accept is not said to pass."""
    kept = Finding(id="decay-kept", severity=Severity.INFO, message="With line 40 changed, a decay is left.")
    report = dataclasses.replace(ONE, findings=(kept,))
    assert kept.message in cures(report)
    assert not any("passes the check" in line for line in cures(report))
    assert headline(report)[0].endswith(kept.message)


@pytest.mark.parametrize(
    ("report", "first", "told"),
    [
        (UNREPAIRED, "FAIL  network.py", "no fix was found that passes the check"),
        (NOTHING_FITS, "FAIL  network.py", "gradcheck diagnose network.py"),
        (ALL_WELL, "PASS  network.py", "nothing to fix"),
        (ELSEWHERE, "PASS  network.py", "gradcheck diagnose network.py"),
        (UNREADABLE, "INVALID  network.py", "return 1 < 2"),
        (ReportSet(results=(ONE, TWO)), "FAIL  network.py", "for all of its 2 networks together"),
    ],
    ids=["unverified", "nothing fits", "right", "elsewhere", "unreadable", "set"],
)
def test_why_there_is_no_patch(report: Diagnosis | ReportSet, first: str, told: str) -> None:
    """Why there is no patch is told, and none is shown."""
    lines = unrepaired(report)
    assert lines[0] == first
    assert told in " ".join(lines)
    assert "tanh_derivative(z)" not in " ".join(lines)


def test_a_right_file_is_not_sent_to_a_diagnosis() -> None:
    """A right file with nothing to say of is not sent to a diagnosis."""
    assert "diagnose" not in " ".join(unrepaired(ALL_WELL))


def test_how_to_undo() -> None:
    """How to undo it can be typed, whatever the name."""
    assert written("my net.py", "my net.py.orig")[-1] == "Undo: mv 'my net.py.orig' 'my net.py'"
    assert "No backup" in " ".join(written("net.py", None))


def test_a_diff_in_colours_is_the_same_text() -> None:
    """A diff in colours is the same text."""
    text = coloured_diff(PATCH)
    assert text.plain == PATCH
    styles = {text.plain[span.start : span.end].strip()[:1]: str(span.style) for span in text.spans}
    assert (styles["@"], text.plain.count("+")) == ("cyan", PATCH.count("+"))
    goes = next(
        span for span in text.spans if text.plain[span.start] == "-" and "tanh" in text.plain[span.start : span.end]
    )
    assert goes.style == "red"


def test_hostile_names_do_not_reach_the_terminal() -> None:
    """Hostile names do not reach the terminal."""
    bad = dataclasses.replace(UNREPAIRED, file="a\x1b[2J.py")
    lines = [*unrepaired(bad), *cures(dataclasses.replace(ONE, file="a\x1b[2J.py")), *written("\x1b", "\x1b")]
    assert not any("\x1b" in line for line in lines)
    assert coloured_diff("+\x1b[2J").plain == "+\\x1b[2J\n"
    assert bad.verdict is Verdict.FAIL


def test_a_patch_has_the_line_ends_of_its_file() -> None:
    """A patch has the line ends of its file, line by line; a line that comes takes those of the line above it."""
    patch = (
        "--- a/n.py\n+++ b/n.py\n@@ -2,3 +2,4 @@\n b\n-c\n+C\n+D\n d\n"
        "@@ -9 +10 @@\n-i\n+I\n\\ No newline at end of file\n"
    )
    file = b"a\nb\r\nc\r\nd\ne\nf\ng\nh\ni"
    assert for_tools(patch, file) == (
        b"--- a/n.py\n+++ b/n.py\n@@ -2,3 +2,4 @@\n b\r\n-c\r\n+C\r\n+D\r\n d\n"
        b"@@ -9 +10 @@\n-i\n+I\n\\ No newline at end of file\n"
    )


@pytest.mark.parametrize(
    ("head", "letter"),
    [
        (b"# coding: latin-1\n", b"\xe4"),
        (b"", "ä".encode()),
        (b"\xef\xbb\xbf", "ä".encode()),
        (b"# coding: x\n", "ä".encode()),
    ],
    ids=["latin-1", "utf-8", "with a mark", "unknown"],
)
def test_a_patch_has_the_encoding_of_its_file(head: bytes, letter: bytes) -> None:
    """A patch has the encoding of its file."""
    assert b"+" + letter + b"\n" in for_tools("--- a/n.py\n+++ b/n.py\n@@ -2 +2 @@\n-a\n+ä\n", head + b"a\n")
