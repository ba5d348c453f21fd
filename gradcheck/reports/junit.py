"""An outcome as JUnit XML: what CI servers show as tests; a file is a suite, each network in it a case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from gradcheck.gate import Failure, Outcome, Skipped
from gradcheck.records import CheckReport, Verdict
from gradcheck.reports.terminal import render_text
from gradcheck.reports.unicode import printable
from gradcheck.reports.words import set_summary

__all__ = ["to_junit"]

# What XML 1.0 cannot hold, escaped or not; `printable` has made text of most of it.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
KNOWN = "known: the failure is in the baseline"


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
    for report in outcome.results:
        file = report.file or "gradcheck"
        suites.setdefault(file, []).append(_case(report, by_report.get(id(report), []), len(suites.get(file, []))))
    for skipped in outcome.skipped:
        suites.setdefault(skipped.file, []).append(_skipped(skipped))
    root = ET.Element("testsuites", name="gradcheck")
    for file, cases in suites.items():
        root.append(_suite(file, cases, _seconds(outcome.results, file)))
    _count(root, [case for cases in suites.values() for case in cases])
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(file: str, cases: Sequence[ET.Element], seconds: float | None) -> ET.Element:
    suite = ET.Element("testsuite", name=_text(file))
    if seconds is not None:
        suite.set("time", f"{seconds:.3f}")
    _count(suite, cases)
    suite.extend(cases)
    return suite


def _count(element: ET.Element, cases: Sequence[ET.Element]) -> None:
    element.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))


def _case(report: CheckReport, failures: Sequence[Failure], number: int) -> ET.Element:
    """A network; several without a name are told apart by their numbers."""
    name = report.network or ("gradient" if not number else f"gradient {number + 1}")
    case = ET.Element("testcase", name=_text(name), classname=_text(report.file or "gradcheck"))
    if report.verdict is Verdict.PASS:
        return case
    new = [failure for failure in failures if failure.standing.name == "NEW"]
    if not new:
        ET.SubElement(case, "skipped", message=KNOWN)
        return case
    case.set("file", _text(new[0].file))
    if new[0].line is not None:
        case.set("line", str(new[0].line))
    kind = "failure" if report.verdict is Verdict.FAIL else "error"
    told = ET.SubElement(
        case, kind, message=_text(set_summary(report)), type=",".join(dict.fromkeys(item.rule for item in new))
    )
    told.text = _text(render_text(report))
    return case


def _skipped(skipped: Skipped) -> ET.Element:
    case = ET.Element("testcase", name="gradient", classname=_text(skipped.file))
    ET.SubElement(case, "skipped", message=_text(skipped.reason))
    return case


def _seconds(results: Sequence[CheckReport], file: str) -> float | None:
    """Wall time of the file's processes, which every result of it has as a whole."""
    used = [(result.usage or {}).get("wall_seconds") for result in results if result.file == file]
    return next((float(seconds) for seconds in used if isinstance(seconds, (int, float))), None)


def _text(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", printable(text))
