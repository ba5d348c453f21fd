"""Whether the loss is the one meant, up to what the assignment leaves open."""

from __future__ import annotations

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.discretion import coarse
from gradcheck.grading.items.bench import Agreement, Bench
from gradcheck.grading.items.faults import first_fault, not_asked
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.records import Message, Outcome
from gradcheck.language import tr

__all__ = ["KIND", "measure"]

KIND = Kind(
    name="loss",
    summary="The loss is that of the assignment at the hidden points, up to the conventions that it allows.",
    needs=(("loss",),),
)


def measure(bench: Bench, _item: Item) -> Measured:
    """The loss at every hidden point; of wrong outputs, what it makes of the right ones."""
    if not bench.subject.can("loss"):
        return not_asked("loss")
    fault = first_fault(tr("The loss"), bench.losses)
    if fault is not None:
        return _carried(bench) or fault
    agreement = bench.loss_agreement
    evidence = tuple(
        tr("hidden point {number}: {found:.9g}, expected {expected:.9g}",
           number=number, found=float(reply.values["loss"]), expected=right.loss)
        for number, (reply, right) in enumerate(zip(bench.losses, bench.expected, strict=True), 1)
    )  # fmt: skip
    if agreement.right:
        return _right(agreement, evidence)
    return _carried(bench) or failed(
        tr("The loss is another one than the one meant: {told}.", told=agreement.detail), *evidence
    )


def _right(agreement: Agreement, evidence: tuple[str, ...]) -> Measured:
    constant = agreement.constant
    used = (
        [tr("it is {constant:.6g} x the loss meant", constant=constant)]
        if "loss-constant" in agreement.conventions
        else []
    )
    used += [tr("written as {name}", name=agreement.variant)] if agreement.variant else []
    symptom = tr("The loss is right.")
    if used[:1] and constant != 1.0:
        symptom = tr("The loss is {constant} x the one meant.", constant=coarse(constant))
    return Measured(
        share=1.0, message=Message(symptom=symptom), evidence=(*used, *evidence), conventions=agreement.conventions,
        factor="loss-constant" in agreement.conventions,
    )  # fmt: skip


def _carried(bench: Bench) -> Measured | None:
    """Right of the right outputs, where its own are wrong: what is wrong there was charged before."""
    if bench.forward_agreement.right or not bench.subject.can("loss_given"):
        return None
    extra = [{"output": expected.values["output"]} for expected in bench.expected]
    replies = bench.subject.ask("loss_given", bench.points, ("loss",), extra)
    if not all(reply.complete for reply in replies):
        return None
    if not bench.loss_of([reply.values["loss"] for reply in replies], bench.expected).right:
        return None
    message = Message(symptom=tr("The loss is right for the outputs that it is given; those are wrong before it."))
    return Measured(share=1.0, message=message, outcome=Outcome.CARRIED, evidence=(tr("given the right outputs"),))
