"""Why a wrong program costs nothing: no item looks at what is wrong with it, or one does and lets it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.grading.assignment.records import Assignment, Item
from gradcheck.grading.self_test.proving import EXTREME

__all__ = ["why_unseen"]

# By how a difference begins, the kinds of items that look at it.
KINDS = {
    "the output": ("forward",),
    "the loss": ("loss",),
    "the gradient": ("gradient",),
    "the step": ("update",),
    "inputs": ("purity",),
    "another": ("purity",),
    EXTREME: ("robustness",),
}


def why_unseen(differs: Sequence[str], marks: Sequence[Mapping[str, Any]], assignment: Assignment) -> tuple[str, ...]:
    """A sentence for each thing that is wrong, as long as there are some.

    Parameters
    ----------
    differs : sequence of str
        What is wrong, as ``differences`` says it.
    marks : sequence of mapping
        Of the record, in JSON form.
    assignment : Assignment
    """
    evidence = {mark["item"]: mark["evidence"] for mark in marks}
    return tuple(dict.fromkeys(_why(each, evidence, assignment) for each in differs))


def _why(differs: str, evidence: Mapping[str, Sequence[str]], assignment: Assignment) -> str:
    kinds = next((names for start, names in KINDS.items() if differs.startswith(start)), ())
    items = [leaf for leaf in assignment.leaves if leaf.checks in kinds and _concerns(leaf, differs)]
    if not items:
        return f"{differs}: no item checks {' or '.join(map(repr, kinds)) or 'that'} of it"
    told = [f"{leaf.path} says {evidence[leaf.path][-1]!r}" for leaf in items if evidence.get(leaf.path)]
    names = ", ".join(leaf.path for leaf in items)
    return f"{differs}: {names} looks at it and lets it pass{': ' + '; '.join(told) if told else ''}"


def _concerns(leaf: Item, differs: str) -> bool:
    """Whether an item is about the block that is wrong."""
    block = leaf.options.get("block")
    if differs == EXTREME:
        return "extreme" in (leaf.options.get("cases") or ("extreme",))
    return not block or differs.partition(":")[0].endswith(f" of {block}")
