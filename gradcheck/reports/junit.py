"""An outcome as JUnit XML: what CI servers show as tests; a file is a suite, each network in it a case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from gradcheck.gate import Failure, Outcome, Skipped, Standing
from gradcheck.language import mark, tr
from gradcheck.records import CheckReport, Verdict
from gradcheck.reports.terminal import render_text
from gradcheck.reports.unicode import printable
from gradcheck.reports.words import set_summary

__all__ = ["suite", "to_junit", "xml_text"]

# What XML 1.0 cannot hold, escaped or not; `printable` has made text of most of it.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
KNOWN = mark("known: the failure is in the baseline")


def to_junit(outcome: Outcome) -> str:
    """An outcome as JUnit XML.

    A wrong gradient is a failure, what could not be checked or decided an error; a failure of the baseline, and a file
    without back-propagation, are skipped, so that a server is as content as the exit code.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    str
        A document with its declaration, UTF-8.
    """
    suites: dict[str, list[ET.Element]] = {}
    by_report: dict[int, list[Failure]] = {}
    for failure in outcome.failures:
        by_report.setdefault(id(failure.report), []).append(failure)
    seconds: dict[str, float | None] = {}
    for file, report in zip(outcome.names, outcome.results, strict=True):
        cases = suites.setdefault(file, [])
        cases.append(_case(file, report, by_report.get(id(report), []), len(cases)))
        seconds.setdefault(file, _seconds(report))
    for skipped in outcome.skipped:
        suites.setdefault(skipped.file, []).append(_skipped(skipped))
    root = ET.Element("testsuites", name="gradcheck")
    for file, cases in suites.items():
        root.append(suite(file, cases, seconds.get(file)))
    _count(root, [case for cases in suites.values() for case in cases])
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def suite(name: str, cases: Sequence[ET.Element], seconds: float | None = None) -> ET.Element:
    """A suite with its cases and their numbers.

    Parameters
    ----------
    name : str
        Text that anybody may have chosen.
    cases : sequence of Element
    seconds : float, optional
        Wall time.
    """
    element = ET.Element("testsuite", name=xml_text(name))
    if seconds is not None:
        element.set("time", f"{seconds:.3f}")
    _count(element, cases)
    element.extend(cases)
    return element


def _count(element: ET.Element, cases: Sequence[ET.Element]) -> None:
    element.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))


def _case(file: str, report: CheckReport, failures: Sequence[Failure], number: int) -> ET.Element:
    """A network; several without a name are told apart by their numbers."""
    name = report.network or ("gradient" if not number else f"gradient {number + 1}")
    case = ET.Element("testcase", name=xml_text(name), classname=xml_text(file))
    if report.verdict is Verdict.PASS:
        return case
    new = [failure for failure in failures if failure.standing is Standing.NEW]
    if not new:
        ET.SubElement(case, "skipped", message=tr(KNOWN))
        return case
    case.set("file", xml_text(new[0].file))
    if new[0].line is not None:
        case.set("line", str(new[0].line))
    kind = "failure" if report.verdict is Verdict.FAIL else "error"
    told = ET.SubElement(
        case, kind, message=xml_text(set_summary(report)), type=",".join(dict.fromkeys(item.rule for item in new))
    )
    told.text = xml_text(render_text(report))
    return case


def _skipped(skipped: Skipped) -> ET.Element:
    case = ET.Element("testcase", name="gradient", classname=xml_text(skipped.file))
    ET.SubElement(case, "skipped", message=xml_text(skipped.reason))
    return case


def _seconds(report: CheckReport) -> float | None:
    """Wall time of the file's processes, which every result of it has as a whole."""
    seconds = (report.usage or {}).get("wall_seconds")
    return float(seconds) if isinstance(seconds, (int, float)) else None


def xml_text(text: str) -> str:
    """Text that XML 1.0 can hold; the tree escapes it."""
    return FORBIDDEN.sub("\ufffd", printable(text))
