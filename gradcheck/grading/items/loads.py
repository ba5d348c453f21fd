"""Whether the file runs from top to bottom, and has what the assignment asks for."""

from __future__ import annotations

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.records import Message
from gradcheck.submissions.protocol import text_of

__all__ = ["KIND", "measure"]

KIND = Kind(name="loads", summary="The file runs from top to bottom without an error, and has the interface asked for.")


def measure(bench: Bench, _item: Item) -> Measured:
    """What its process has told of loading it; asked for last."""
    told = bench.subject.told()
    problems = [text_of(item) for item in told.get("problems") or []]
    missing = [text_of(item) for item in told.get("missing") or []]
    evidence = [*problems, *(f"{name} is not installed: an inert stand-in took its place" for name in missing)]
    if told.get("crashed") is True and problems:
        trace = [text_of(line) for line in told.get("traceback") or []]
        return failed(f"Running the file raises {problems[0]}.", *evidence, *trace, place=trace[-1] if trace else None,
                      fix="Run the file once by itself, and correct what it says there.")  # fmt: skip
    return Measured(share=1.0, message=Message(symptom="It loads."), evidence=tuple(evidence))
