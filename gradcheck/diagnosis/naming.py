"""From numbers and from the edit that cures it to a bug's name, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.edit import Edit
from gradcheck.diagnosis.hypotheses import Hypothesis

__all__ = ["Name", "name_bug"]

# Weight of a name that one of the two kinds of evidence says nothing for: it may still be right, but seldom is.
DOUBT = 0.2
# Less for one that the numbers say nothing for: they see what is computed, a text only shows how it is written.
NUMBERS_DOUBT = 0.05
# Two names closer than this (quotient of their scores) cannot be told apart.
CLOSE = 1.25
# How sure a name is, by what speaks for it (measured by ``python -m benchmarks wrong-programs``, half ``tune``).
BOTH, NUMBERS_ALONE, EDIT_ALONE, NEITHER = 0.97, 0.85, 0.75, 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A bug's id, ids that could as well be meant, how sure, and what says so."""

    bug: str
    same_as: tuple[str, ...] = ()
    confidence: float
    evidence: tuple[str, ...] = ()
    layer: int | None = None


def name_bug(
    hypotheses: Sequence[Hypothesis], edit: Edit | None, *, hints: Mapping[str, float] | None = None
) -> Name | None:
    """The name of one bug that is alone in a program.

    Parameters
    ----------
    hypotheses : sequence of Hypothesis
        What the numbers of the program with this bug alone say, best first; empty where they say nothing.
    edit : Edit or None
        What cures it.
    hints : mapping of id to score, optional
        What else speaks for a bug, 0 to 1: findings of the check.

    Returns
    -------
    Name or None
        None where nothing speaks for any bug.
    """
    numbers, source = _by_numbers(hypotheses)
    words = {} if edit is None else {b.id: b.explains(edit) for b in CATALOGUE.values() if b.explains is not None}
    for identifier, score in (hints or {}).items():
        numbers[identifier] = max(numbers.get(identifier, 0.0), score)
    scores = {
        identifier: (NUMBERS_DOUBT + numbers.get(identifier, 0.0)) * (DOUBT + words.get(identifier, 0.0))
        for identifier in {*numbers, *words}
        if numbers.get(identifier, 0.0) > 0.0 or words.get(identifier, 0.0) > 0.0
    }
    if not scores:
        return None
    ranked = sorted(scores, key=lambda identifier: (-scores[identifier], list(CATALOGUE).index(identifier)))
    best = ranked[0]
    close = [identifier for identifier in ranked[1:] if scores[identifier] * CLOSE > scores[best]]
    outside = [i for i in CATALOGUE[best].same_as if i in close or (edit is None and i in numbers)]
    told = tuple(dict.fromkeys([*outside, *(close if edit is None else close[:2])]))
    return Name(
        bug=best,
        same_as=told,
        confidence=_confidence(numbers.get(best, 0.0), words.get(best, 0.0), edit, len(close), hypotheses),
        evidence=source.evidence if source is not None else (),
        layer=_layer(source, best),
    )


def _by_numbers(hypotheses: Sequence[Hypothesis]) -> tuple[dict[str, float], Hypothesis | None]:
    """Ids that the numbers speak for, each 0 to 1, and the hypothesis that says most."""
    found: dict[str, float] = {}
    complete = [h for h in hypotheses if h.complete and len(h.bugs) == 1]
    if not complete:
        return found, None
    least = min(h.cost for h in complete)
    for hypothesis in complete:
        score = math.exp(-3.0 * (hypothesis.cost - least))
        named = hypothesis.bugs[0]
        for identifier in (named.bug, *named.same_as):
            if identifier in CATALOGUE:
                found[identifier] = max(found.get(identifier, 0.0), score)
    return found, complete[0]


def _layer(hypothesis: Hypothesis | None, bug: str) -> int | None:
    if hypothesis is None or not hypothesis.bugs[0].layers or hypothesis.bugs[0].bug != bug:
        return None
    return hypothesis.bugs[0].layers[0]


def _confidence(
    numbers: float, words: float, edit: Edit | None, rivals: int, hypotheses: Sequence[Hypothesis]
) -> float:
    if numbers >= 0.5 and words >= 0.5:
        sure = BOTH
    elif numbers >= 0.5:
        sure = NUMBERS_ALONE
    elif words >= 0.6:
        sure = EDIT_ALONE if not hypotheses else min(EDIT_ALONE, 0.7)
    else:
        sure = NEITHER
    if edit is None and sure == NUMBERS_ALONE and hypotheses and hypotheses[0].numbers < 6:
        sure = 0.6  # so few numbers fit many stories
    return sure if not rivals else sure * (0.8 if rivals == 1 else 0.65)
