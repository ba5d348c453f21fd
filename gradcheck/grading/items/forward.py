"""Whether the network computes the outputs meant."""

from __future__ import annotations

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import VALUES, agree, described
from gradcheck.grading.items.faults import first_fault, not_asked
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.language import tr

__all__ = ["KIND", "measure"]

KIND = Kind(
    name="forward",
    summary="The outputs are those of the network at the hidden points.",
    needs=(("forward",),),
)


def measure(bench: Bench, _item: Item) -> Measured:
    """Outputs at every hidden point, entry by entry."""
    if not bench.subject.can("forward"):
        return not_asked("outputs")
    fault = first_fault(tr("The forward pass"), bench.forward)
    if fault is not None:
        return fault
    agreement = bench.forward_agreement
    pairs = [(r.values["output"], e.values["output"]) for r, e in zip(bench.forward, bench.expected, strict=True)]
    evidence = [
        tr("hidden point {number}: {told}", number=number, told=described(*pair))
        for number, pair in enumerate(pairs, 1)
    ]
    if agreement.right:
        return Measured(share=1.0, evidence=tuple(evidence), conventions=agreement.conventions | bench.layout)
    wrong = next(pair for pair in pairs if not agree(*pair, VALUES))
    return failed(
        tr("The forward pass gives other outputs than the network meant: {told}.", told=described(*wrong)), *evidence,
        place=tr("In the forward pass: compare it layer by layer with the formulas of the assignment."),
    )  # fmt: skip
