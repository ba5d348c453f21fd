"""A class as JUnit XML: a student is a suite, an item of the rubric a case. For staff: it says all that was found."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from gradcheck.grading.records import Audience, Outcome, State
from gradcheck.reports.grading import words
from gradcheck.reports.grading.pupil import Pupil
from gradcheck.reports.grading.seen import Item, Sheet
from gradcheck.reports.junit import suite, xml_text

__all__ = ["CLASS_JUNIT_END", "class_junit_start", "pupil_to_junit"]

CLASS_JUNIT_END = "</testsuites>\n"


def class_junit_start(title: str) -> str:
    """What comes before the first student."""
    root = ET.Element("testsuites", name=xml_text(title))
    opened = ET.tostring(root, encoding="unicode", short_empty_elements=False).removesuffix("</testsuites>")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{opened}\n'


def pupil_to_junit(pupil: Pupil) -> str:
    """One student's suite.

    Points that were lost are a failure, a submission that could not be run is an error; an item that was not looked at,
    and a student who has handed in nothing, are skipped.

    Parameters
    ----------
    pupil : Pupil
    """
    sheet = pupil.sheets[Audience.STAFF]
    cases = [_case(sheet, item) for item in sheet.items] if sheet.state is State.GRADED else [_not_graded(sheet)]
    element = suite(sheet.student, cases)
    ET.indent(element)
    return ET.tostring(element, encoding="unicode") + "\n"


def _case(sheet: Sheet, item: Item) -> ET.Element:
    case = ET.Element("testcase", name=xml_text(item.path), classname=xml_text(sheet.student))
    if item.points >= item.of:
        return case
    message = f"{words.points_of(item.points, item.of)}: {words.outcome(item)}"
    kind = "skipped" if item.outcome is Outcome.BLOCKED and item.override is None else "failure"
    told = ET.SubElement(case, kind, message=xml_text(message))
    if kind == "failure":
        told.set("type", xml_text(item.bug or item.outcome.name.lower()))
        told.text = xml_text("\n".join([*item.told, *item.evidence]))
    return case


def _not_graded(sheet: Sheet) -> ET.Element:
    case = ET.Element("testcase", name="submission", classname=xml_text(sheet.student))
    told = ET.SubElement(case, "skipped" if sheet.state is None else "error", message=xml_text(words.state(sheet)))
    told.text = xml_text("\n".join(words.explanations(sheet)))
    return case
