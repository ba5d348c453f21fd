"""Whether calls leave their inputs as they are, and answer the same twice."""

from __future__ import annotations

import numpy as np

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.subject.replies import Reply

__all__ = ["KIND", "measure"]

KIND = Kind(
    name="purity",
    summary="Calls do not change the arrays that they are given, and give the same result twice.",
)
ROLES = {"forward": ("output",), "loss": ("loss",)}


def measure(bench: Bench, _item: Item) -> Measured:
    """Two calls of everything that computes, one after the other, with the random generators going on."""
    point = bench.points[0]
    written: list[str] = []
    changing: list[str] = []
    evidence: list[str] = []
    for name in ("forward", "loss", "gradient"):
        if not bench.subject.can(name):
            continue
        extra = [{"seed_generators": None}] * 2
        roles = ROLES.get(name)
        asked = bench.subject.gradient if roles is None else None
        replies = asked([point] * 2, extra) if asked else bench.subject.ask(name, [point] * 2, roles or (), extra)
        if not all(reply.complete for reply in replies):
            evidence.append(f"{name}: it could not be run, which is charged elsewhere")
            continue
        mutated = replies[0].mutated
        written += [f"{name} changes {role}" for role in mutated]
        changing += [] if _same(*replies) else [f"{name} gives another result each time"]
        evidence.append(f"{name}: {', '.join(mutated) or 'no input'} changed; "
                        f"{'the same' if _same(*replies) else 'another result'} the second time")  # fmt: skip
    wrong = [*written, *changing]
    if not wrong:
        return Measured(share=1.0, evidence=tuple(evidence))
    cure = "Work on a copy: X = X.copy(), or write X = X - ... instead of X -= ..." if written else (
        "Draw random numbers from a generator with a seed, and keep nothing between calls."
    )  # fmt: skip
    share = 1.0 - (bool(written) + bool(changing)) / 2.0
    return failed(f"It has side effects: {wrong[0]}.", *evidence, share=share, fix=cure)


def _same(one: Reply, other: Reply) -> bool:
    return all(np.array_equal(value, other.values[role], equal_nan=True) for role, value in one.values.items())
