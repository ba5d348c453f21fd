"""Whether the file runs from top to bottom, and has what the assignment asks for."""

from __future__ import annotations

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.discretion import said
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.faults import place_of, without_place
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.records import Message
from gradcheck.language import tr
from gradcheck.submissions.exchange.protocol import text_of

__all__ = ["KIND", "measure"]

KIND = Kind(name="loads", summary="The file runs from top to bottom without an error, and has the interface asked for.")


def measure(bench: Bench, _item: Item) -> Measured:
    """What its process has told of loading it; asked for last."""
    told = bench.subject.told()
    problems = [text_of(item) for item in told.get("problems") or []]
    missing = [text_of(item) for item in told.get("missing") or []]
    evidence = [
        *problems,
        *(tr("{name} is not installed: an inert stand-in took its place", name=name) for name in missing),
    ]
    if told.get("crashed") is True and problems:
        trace = [place_of(text_of(line)) for line in told.get("traceback") or []]
        symptom = tr("Running the file raises {error}.", error=said(without_place(problems[0])))
        cure = tr("Run the file once by itself, and correct what it says there.")
        return failed(symptom, *evidence, *trace, place=trace[-1] if trace else None, fix=cure)
    return Measured(share=1.0, message=Message(symptom=tr("It loads.")), evidence=tuple(evidence))
