"""Whether the loss is the one meant, up to what the assignment leaves open."""

from __future__ import annotations

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Agreement, Bench
from gradcheck.grading.items.faults import first_fault, not_asked
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.records import Message, Outcome

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
    fault = first_fault("The loss", bench.losses)
    if fault is not None:
        return _carried(bench) or fault
    agreement = bench.loss_agreement
    evidence = tuple(
        f"hidden point {number}: {float(reply.values['loss']):.9g}, expected {right.loss:.9g}"
        for number, (reply, right) in enumerate(zip(bench.losses, bench.expected, strict=True), 1)
    )
    if agreement.right:
        return _right(agreement, evidence)
    return _carried(bench) or failed(f"The loss is another one than the one meant: {agreement.detail}.", *evidence)


def _right(agreement: Agreement, evidence: tuple[str, ...]) -> Measured:
    constant = agreement.constant
    used = [f"it is {constant:.6g} x the loss meant"] if "loss-constant" in agreement.conventions else []
    used += [f"written as {agreement.variant}"] if agreement.variant else []
    symptom = f"The loss is {constant:.6g} x the one meant." if used[:1] and constant != 1.0 else "The loss is right."
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
    message = Message(symptom="The loss is right for the outputs that it is given; those are wrong before it.")
    return Measured(share=1.0, message=message, outcome=Outcome.CARRIED, evidence=("given the right outputs",))
