"""Whether calls leave their inputs as they are, and answer the same twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.comparing import VALUES
from gradcheck.grading.items.measured import Measured, failed
from gradcheck.grading.subject.replies import Reply
from gradcheck.grading.subject.subject import Question
from gradcheck.language import listed, mark, tr
from gradcheck.submissions.declared.interface import Style

__all__ = ["KIND", "measure", "questions"]

KIND = Kind(
    name="purity",
    summary="Calls do not change the arrays that they are given, and give the same result twice.",
)
# What is known of inputs, and of the second result.
UNCHANGED = mark("{name}: {inputs} came back as they were sent")
UNSEEN = mark("{name}: its process tells of no other input that was written into")
CHANGED = mark("{name}: {inputs} changed")
SAME = mark("{name}: the same the second time")
OTHER = mark("{name}: another result the second time")
COPY = mark("Work on a copy: X = X.copy(), or write X = X - ... instead of X -= ...")
KEEP_NOTHING = mark("Draw random numbers from a generator with a seed, and keep nothing between calls.")
ROLES: dict[str, tuple[str, ...]] = {"forward": ("output",), "loss": ("loss",), "gradient": (), "update": ()}
DATA = ("X", "Y")


def measure(bench: Bench, _item: Item) -> Measured:
    """Two calls of everything that computes, one after the other, with the random generators going on.

    What was sent is compared here with what its process holds afterwards; and a result with the one of the same values
    that came before, between which others were computed.
    """
    written: list[str] = []
    changing: list[str] = []
    evidence: list[str] = []
    asked = _asked(bench)
    for name, replies in zip(asked, bench.answers(list(asked.values())), strict=True):
        if not all(reply.complete for reply in replies):
            evidence.append(tr("{name}: it could not be run, which is charged elsewhere", name=name))
            continue
        data = DATA if name == "update" else None  # that it changes parameters is what it is for
        mutated = [role for role in replies[0].mutated if data is None or role in data]
        repeats = _same(*replies) and _as_before(bench, name, replies[0])
        written += [tr("{name} changes {role}", name=name, role=role) for role in mutated]
        changing += [] if repeats else [tr("{name} gives another result each time", name=name)]
        evidence += _told(name, mutated, replies[0].unchanged, repeats=repeats)
    wrong = [*written, *changing]
    if not wrong:
        return Measured(share=1.0, evidence=tuple(evidence))
    cure = tr(COPY if written else KEEP_NOTHING)
    share = 1.0 - (bool(written) + bool(changing)) / 2.0
    return failed(tr("It has side effects: {told}.", told=wrong[0]), *evidence, share=share, fix=cure)


def questions(bench: Bench, _item: Item) -> list[Question]:
    """What is asked."""
    return list(_asked(bench).values())


def _asked(bench: Bench) -> dict[str, Question]:
    point, interface = bench.points[0], bench.assignment.interface
    params = bench.assignment.network.parameters
    # A loss that a training reports is that of parameters which it then changes: it gets copies.
    back = {"forward": (*DATA, *params), "gradient": (*DATA, *params), "update": DATA}
    back["loss"] = (*DATA, *params) if "loss" in interface.calls else DATA
    own = interface.style in (Style.FUNCTIONS, Style.CLASS)  # an instructor's adapter may bind names of inputs anew
    return {
        name: Question(
            name=name, points=[point] * 2, roles=params if name == "update" else roles,
            extra=[{"seed_generators": None}] * 2, back=back[name] if own else (),
            with_loss=not bench.subject.can("loss"),
        )
        for name, roles in ROLES.items()
        if bench.subject.can(name) and (own or name != "update")
    }  # fmt: skip


def _told(name: str, mutated: Sequence[str], unchanged: Sequence[str], *, repeats: bool) -> list[str]:
    """What was seen, and by whom."""
    told = [tr(UNCHANGED, name=name, inputs=listed(unchanged))] if unchanged else []
    told += [tr(CHANGED, name=name, inputs=listed(mutated))] if mutated else [tr(UNSEEN, name=name)]
    return [*told, tr(SAME if repeats else OTHER, name=name)]


def _as_before(bench: Bench, name: str, reply: Reply) -> bool:
    """The same as where it was asked first, but for the order of sums, which other memory may change."""
    before = {"forward": "forward", "loss": "losses"}.get(name)
    first = getattr(bench, before)[0] if before is not None else None
    if first is None or not first.complete:
        return True
    return all(
        np.allclose(reply.values[role], value, rtol=VALUES, atol=VALUES, equal_nan=True)
        for role, value in first.values.items()
    )


def _same(one: Reply, other: Reply) -> bool:
    return all(np.array_equal(value, other.values[role], equal_nan=True) for role, value in one.values.items())
