"""Bugs while they are put together: a name, the edit that cures it, blocks and lines; one case a bug."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from gradcheck.diagnosis.edit import Edit, EditKind
from gradcheck.diagnosis.identifying.merging import changed_lines, together
from gradcheck.diagnosis.identifying.naming import Name
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.programs.program import SourceText
from gradcheck.diagnosis.repair import Repair
from gradcheck.diagnosis.repair.diffs import unified

__all__ = ["Case", "Cure", "cures_of", "diff", "joined_diff", "one_case_each", "with_one_division"]

# One division, in the weights and in the biases.
MEAN_OF_BIASES, MEANS = "bias-mean-instead-of-sum", ("mean-instead-of-sum", "double-mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One bug.

    Attributes
    ----------
    name : Name
    edit : Edit or None
        What cures it.
    patch : str or None
        The verified diff of that.
    alternatives : tuple of str
        Other diffs that do as well.
    blocks : tuple of str
        Whose gradient it makes wrong.
    lines : tuple of int
        Most suspected first.
    """

    name: Name
    edit: Edit | None = None
    patch: str | None = None
    alternatives: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """One edit of a repair.

    Attributes
    ----------
    edit : Edit
    alone : str
        The text with all the others, in which its bug is alone.
    patch : str
        Its diff.
    alternatives : tuple of Edit
        Others that do as well.
    """

    edit: Edit
    alone: str
    patch: str
    alternatives: tuple[Edit, ...] = ()


def diff(source: SourceText, edit: Edit) -> str:
    """The unified diff of one edit."""
    return unified(source.text, edit.text, source.name)


def joined_diff(source: SourceText | None, cases: Sequence[Case]) -> str | None:
    """One diff for several cases; None where one has no patch, or two change the same line."""
    edits = [case.edit for case in cases if case.edit is not None and case.patch is not None]
    if source is None or len(edits) < len(cases):
        return None
    text = together(source.text, [edit.text for edit in edits])
    return None if text is None else diff(source, dataclasses.replace(edits[0], text=text))


def cures_of(source: SourceText, found: Repair) -> list[Cure]:
    """The edits of a repair; two that change the same single line are one."""
    text = source.text
    each = [
        Cure(edit=edit, alone=alone, patch=patch, alternatives=others)
        for edit, alone, patch, others in zip(
            found.edits, found.without, found.patches, found.alternatives, strict=True
        )
    ]
    places = [frozenset(changed_lines(text, cure.edit.text)) for cure in each]
    for first, second in combinations(range(len(each)), 2):
        if places[first] == places[second] and len(places[first]) == 1:
            others = [cure for n, cure in enumerate(each) if n not in (first, second)]
            alone = together(text, [cure.edit.text for cure in others])
            one = None if alone is None else _as_one(source, found, each[first].edit, alone)
            if one is not None:
                return [one, *others]
    return each


def _as_one(source: SourceText, found: Repair, edit: Edit, alone: str) -> Cure | None:
    """Two edits of one line; ``alone`` is the text with all the others."""
    own, cured, rest = (text.splitlines(keepends=True) for text in (source.text, found.text, alone))
    if not len(own) == len(cured) == len(rest):
        return None
    changed = [number for number, (old, new) in enumerate(zip(rest, cured, strict=True)) if old != new]
    if len(changed) != 1:
        return None
    number = changed[0]
    whole = "".join((*own[:number], cured[number], *own[number + 1 :]))
    before, after = own[number].strip(), cured[number].strip()
    signs = _unsigned(before) == _unsigned(after)
    kind = EditKind.NEGATE if signs else (edit.kind if edit.kind is EditKind.LOSS else EditKind.FORMULA)
    one = dataclasses.replace(edit, kind=kind, before=before, after=after, text=whole, detail="")
    return Cure(edit=one, alone=alone, patch=diff(source, one))


def _unsigned(text: str) -> str:
    return "".join(character for character in text if character not in "+-() ")


def with_one_division(cases: Sequence[Case], network: Network | None) -> list[Case]:
    """A division of all weights and one of all biases are one, as they are by the same number."""
    if network is None:
        return list(cases)
    biases = {layer.bias for layer in network.layers if layer.bias is not None}
    weights = {layer.weight for layer in network.layers}
    mean = next((case for case in cases if case.name.bug in MEANS and set(case.blocks) == weights), None)
    if mean is None:
        return list(cases)
    return [
        _named_like(mean, case) if case.name.bug == MEAN_OF_BIASES and set(case.blocks) == biases else case
        for case in cases
    ]


def _named_like(other: Case, case: Case) -> Case:
    theirs = other.name
    name = dataclasses.replace(case.name, bug=theirs.bug, same_as=theirs.same_as, confidence=theirs.confidence)
    return dataclasses.replace(case, name=name)


def one_case_each(cases: Sequence[Case], joined: Callable[[Sequence[Case]], str | None]) -> list[Case]:
    """One case a bug: the same slip in several lines is one mistake.

    Parameters
    ----------
    cases : sequence of Case
    joined : callable
        ``joined(cases)`` is one patch for several cases, None where they do not go together.
    """
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.name.bug, []).append(case)
    return [case for group in groups.values() for case in _as_one_case(group, joined)]


def _as_one_case(group: Sequence[Case], joined: Callable[[Sequence[Case]], str | None]) -> Sequence[Case]:
    first = max(group, key=lambda case: (case.edit is not None, case.name.confidence))
    patched = [case for case in group if case.patch is not None]
    patch = first.patch if len(group) == 1 else joined(patched or group)
    if len(group) > 1 and len(patched) > 1 and patch is None:
        return group  # their patches do not go together
    ordered = [first, *(case for case in group if case is not first)]
    told = dict.fromkeys(sentence for case in ordered for sentence in case.name.evidence[:3])
    one = dataclasses.replace(
        first,
        name=dataclasses.replace(first.name, evidence=tuple(told)),
        patch=patch,
        alternatives=first.alternatives if len(group) == 1 else (),
        blocks=tuple(dict.fromkeys(block for case in group for block in case.blocks)),
        lines=_lines_first(ordered),
    )
    return [one]


def _lines_first(cases: Sequence[Case]) -> tuple[int, ...]:
    """Lines of edits alone, where there are edits."""
    sure = [case for case in cases if case.edit is not None] or list(cases)
    return tuple(dict.fromkeys(line for case in sure for line in case.lines))
