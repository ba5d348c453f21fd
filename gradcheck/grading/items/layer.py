"""Whether one step of the backward pass is right, given what is right before it."""

from __future__ import annotations

from gradcheck.grading.assignment.kind import Kind, Option
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import agree, described
from gradcheck.grading.items.faults import first_fault
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.records import Message, Outcome
from gradcheck.language import listed, tr

__all__ = ["KIND", "measure"]

KIND = Kind(
    name="layer",
    summary="One step of the backward pass alone, given the right values and adjoints before it.",
    options=(
        Option(name="number", schema={"type": "integer", "minimum": 1}, meaning="which of the declared layers, from 1",
               default=1, refers="layer"),
    ),
    needs=(("layers",),),
    undeclared=False,
)  # fmt: skip


def measure(bench: Bench, item: Item) -> Measured:
    """Everything that the calls of the layer give."""
    number = int(item.options.get("number") or 1) - 1
    layers = bench.assignment.interface.layers
    run = f"layer_{number}"
    if number >= len(layers) or not bench.subject.can(run):
        return failed(tr("The assignment declares no layer {number} that can be run alone.", number=number + 1))
    if not bench.expected[0].adjoints:
        message = Message(symptom=tr("The reference tells no adjoints, so that no step can be judged alone."))
        return Measured(share=0.0, message=message, outcome=Outcome.UNVERIFIED)
    roles = tuple(role for call in layers[number] for role in call.gives if role[:1] == "d")
    extra = [{**expected.values, **expected.adjoints} for expected in bench.expected]
    extra = [{role: value for role, value in values.items() if role not in roles} for values in extra]
    replies = bench.subject.ask(run, bench.points, roles, extra)
    fault = first_fault(tr("The step {name}", name=layers[number][-1].name), replies)
    if fault is not None:
        return fault
    wrong: dict[str, str] = {}
    for reply, expected in zip(replies, bench.expected, strict=True):
        for role in roles:
            right = expected.adjoints.get(role)
            right = expected.gradient[role[1:]] if right is None else right
            if not agree(reply.values[role], right):
                wrong.setdefault(role, described(reply.values[role], right))
    if not wrong:
        return Measured(share=1.0, evidence=(tr("{roles} are right", roles=listed(roles)),))
    evidence = [tr("{role}: {told}", role=role, told=words) for role, words in wrong.items()]
    first = next(iter(wrong))
    return failed(
        tr("Given what is right before it, {role} is wrong: {told}.", role=first, told=wrong[first]), *evidence,
        share=1.0 - len(wrong) / len(roles),
    )  # fmt: skip
