"""Whether calls leave their inputs as they are, and answer the same twice."""

from __future__ import annotations

import numpy as np

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.subject import Question
from gradcheck.language import listed, mark, tr

__all__ = ["KIND", "measure"]

KIND = Kind(
    name="purity",
    summary="Calls do not change the arrays that they are given, and give the same result twice.",
)
# Without, and with inputs that were written into.
SAME = (
    mark("{name}: no input changed; the same the second time"),
    mark("{name}: {inputs} changed; the same the second time"),
)
OTHER = (
    mark("{name}: no input changed; another result the second time"),
    mark("{name}: {inputs} changed; another result the second time"),
)
COPY = mark("Work on a copy: X = X.copy(), or write X = X - ... instead of X -= ...")
KEEP_NOTHING = mark("Draw random numbers from a generator with a seed, and keep nothing between calls.")
ROLES: dict[str, tuple[str, ...]] = {"forward": ("output",), "loss": ("loss",), "gradient": ()}


def measure(bench: Bench, _item: Item) -> Measured:
    """Two calls of everything that computes, one after the other, with the random generators going on."""
    point = bench.points[0]
    written: list[str] = []
    changing: list[str] = []
    evidence: list[str] = []
    asked = {
        name: Question(name=name, points=[point] * 2, roles=roles, extra=[{"seed_generators": None}] * 2)
        for name, roles in ROLES.items()
        if bench.subject.can(name)
    }
    for name, replies in zip(asked, bench.subject.together(list(asked.values())), strict=True):
        if not all(reply.complete for reply in replies):
            evidence.append(tr("{name}: it could not be run, which is charged elsewhere", name=name))
            continue
        mutated = replies[0].mutated
        written += [tr("{name} changes {role}", name=name, role=role) for role in mutated]
        changing += [] if _same(*replies) else [tr("{name} gives another result each time", name=name)]
        template = (SAME if _same(*replies) else OTHER)[bool(mutated)]
        evidence.append(tr(template, name=name, inputs=listed(mutated)))
    wrong = [*written, *changing]
    if not wrong:
        return Measured(share=1.0, evidence=tuple(evidence))
    cure = tr(COPY if written else KEEP_NOTHING)
    share = 1.0 - (bool(written) + bool(changing)) / 2.0
    return failed(tr("It has side effects: {told}.", told=wrong[0]), *evidence, share=share, fix=cure)


def _same(one: Reply, other: Reply) -> bool:
    return all(np.array_equal(value, other.values[role], equal_nan=True) for role, value in one.values.items())
