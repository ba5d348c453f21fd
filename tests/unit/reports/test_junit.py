"""JUnit XML: counts, kinds, and text that XML cannot hold."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from constructed_diagnoses import ALL_WELL, ONE, TWO, UNREADABLE
from constructed_outcomes import EVERYTHING, HOSTILE, SKIPPED, UNDECIDED, known, outcome

from gradcheck.gate import Outcome
from gradcheck.reports.junit import to_junit


def _root(found: Outcome) -> ET.Element:
    return ET.fromstring(to_junit(found).encode())


def _kinds(found: Outcome) -> list[str]:
    return [case[0].tag if len(case) else "passed" for case in _root(found).iter("testcase")]


def test_a_network_is_a_case_and_its_verdict_a_kind() -> None:
    """A network is a case and its verdict a kind."""
    found = outcome(ALL_WELL, ONE, TWO, UNREADABLE, UNDECIDED, skipped=SKIPPED)
    assert _kinds(found) == ["passed", "failure", "failure", "error", "error", "skipped"]
    names = [case.get("name") for case in _root(found).iter("testcase")]
    assert names == ["gradient", "gradient 2", "gradient 3", "gradient 4", "half", "gradient"]


def test_the_counts_are_those_of_the_cases() -> None:
    """The counts are those of the cases, in each suite and over all."""
    root = _root(EVERYTHING)
    for element in [root, *root.iter("testsuite")]:
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(attribute) == str(sum(case.find(tag) is not None for case in cases))
    assert root.get("failures") == "4"


def test_a_failure_tells_the_whole_report() -> None:
    """A failure tells the whole report, its rule and its line."""
    (case,) = _root(outcome(ONE)).iter("testcase")
    assert (case.get("file"), case.get("line")) == ("network.py", "40")
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("type") == "derivative-at-activation"
    assert "The fix" in (failure.text or "")


def test_a_known_failure_does_not_fail() -> None:
    """A server is as content with a known failure as the exit code."""
    assert _kinds(known(outcome(ONE))) == ["skipped"]


def test_text_that_xml_cannot_hold_is_told_all_the_same() -> None:
    """Control characters, lone surrogates and the end of a CDATA section make no broken document."""
    text = to_junit(HOSTILE)
    root = ET.fromstring(text.encode())
    assert len(list(root.iter("testcase"))) == 3
    assert list(root.iter("script")) == []
    assert "\x1b" not in text
    assert "\\x00" in text
