"""From numbers and from the edit that cures it to a bug's name, and how sure that is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.catalogue.bug import Family
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.identifying.narrowing import narrowed
from gradcheck.diagnosis.identifying.reach import Reach
from gradcheck.diagnosis.search.accounts import Hypothesis
from gradcheck.language import tr

__all__ = ["Name", "name_bug", "names_of_two"]

# Weight of a name that one of the two kinds of evidence says nothing for: it may still be right, but seldom is.
DOUBT = 0.35
# Less for one that the numbers say nothing for: they see what is computed, a text only shows how it is written.
NUMBERS_DOUBT = 0.05
# A name that gives the same numbers as another one, which is the more specific of the two.
AS_WELL = 0.8
# What the whole statement says beside what its changed part says.
WHOLE_STATEMENT = 0.7
# Two names closer than this (quotient of their scores) cannot be told apart.
CLOSE = 1.25
MASK_ON = "relu-mask-always-on"
# A constant that nothing accounts for: of few numbers, or cured by no constant, it is no surer than this.
LOCAL, FEW, UNSURE = "local-constant", 6, 0.6
# How well an edit fits a bug that a finding speaks for as well, and what the two weigh together: a finding has seen the
# cause, where numbers see what follows from it.
FITTING, AGREED = 0.6, 1.3
# How well an edit fits a bug whose constant has no other account.
EXPLAINED = 0.9
# A constant of one block is told beside the name that the constant itself has, a 2 of a square: as likely.
OF_ONE_BLOCK = 0.7
# How well an edit fits that can be nothing else: the terms of a batch's mean and variance are no activation's slope.
DECISIVE = 2.0
# What a way that is left out is called, of two that meet: nothing but the taste of whoever says it tells them apart.
LOST_WAYS = ("upstream-lost", "gradient-stopped")
# What a check itself sees: no edit speaks for it where the check has not found it.
SEEN = frozenset({"crash", "shape-mismatch"})
FACTORS = (EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE)
# One number in another's place: where a cure only puts a factor on, there was none in that place.
EXCHANGED = frozenset({"features-for-batch-size", "stale-batch-size"})
# Cures that put on two factors at once, by their detail: two bugs, each of which could be there without the other.
TWO_FACTORS = {
    "2 / batch": ("2/m", ("sum-instead-of-mean", "missing-factor-2")),
    "1 / (2 batch)": ("1/(2m)", ("sum-instead-of-mean", "extra-factor-2")),
}
COUNTING = (EditKind.REDUCTION, EditKind.RESCALE)
CONSTANTS = (*FACTORS, EditKind.REDUCTION, EditKind.LOSS)
# How sure a name is, by what speaks for it (measured by ``python -m benchmarks wrong-programs``, half ``tune``).
BOTH, NUMBERS_ALONE, EDIT_ALONE, NEITHER, FOUND = 0.97, 0.85, 0.7, 0.35, 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A bug's id, ids that could as well be meant, how sure, and what says so."""

    bug: str
    same_as: tuple[str, ...] = ()
    confidence: float
    evidence: tuple[str, ...] = ()
    layer: int | None = None


def name_bug(
    hypotheses: Sequence[Hypothesis],
    edit: Edit | None,
    *,
    hints: Mapping[str, float] | None = None,
    reach: Reach | None = None,
    excluded: Collection[str] = (),
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
    reach : Reach, optional
        Which blocks it makes wrong.
    excluded : collection of str, optional
        Ids that what was seen speaks against, whatever the edit looks like.

    Returns
    -------
    Name or None
        None where nothing speaks for any bug.
    """
    numbers, source = _by_numbers(hypotheses)
    if edit is not None and edit.kind is EditKind.SCALE:
        numbers = {identifier: score for identifier, score in numbers.items() if identifier not in EXCHANGED}
    words = {} if edit is None else _by_words(edit, reach)
    unlikely = {*excluded, *(() if hints else SEEN)}
    words = {identifier: score for identifier, score in words.items() if identifier not in unlikely}
    hints = _possible(hints or {}, reach)
    words = _possible(words, reach)
    if edit is not None and edit.kind in FACTORS and numbers.get(LOCAL, 0.0) >= EXPLAINED:  # of one block alone
        words[LOCAL] = max(words.get(LOCAL, 0.0), OF_ONE_BLOCK * max(words.values(), default=0.0))
    _heed(numbers, words, hints, edit, source)
    scores = _together(numbers, words)
    if not scores:
        return None
    ranked = list(scores)
    best = ranked[0]
    close = [identifier for identifier in ranked[1:] if scores[identifier] * CLOSE > scores[best]]
    outside = [i for i in CATALOGUE[best].same_as if i in close or (edit is None and i in numbers)]
    if edit is not None and edit.kind in CONSTANTS and CATALOGUE[best].family is Family.SCALE:
        # The edit puts in one of the constants that have this value here: 2, or the number of two outputs.
        least = AS_WELL * numbers.get(best, math.inf)
        outside += [i for i in ranked if i != best and numbers.get(i, 0.0) >= least and _scales(i)]
    equal = _equal_constants(best, numbers, edit)
    if edit is not None and CATALOGUE[best].overlaps_told:
        outside += [i for i in CATALOGUE[best].overlaps if words.get(i, 0.0) > 0.0]
    if source is not None and source.asked is not None and best in LOST_WAYS:  # of a way, not of a whole layer
        equal = [*equal, *(i for i in LOST_WAYS if i != best and i in numbers)]
    told = tuple(dict.fromkeys([*outside, *(close if edit is None else close[:2]), *equal]))
    rivals = len({*close, *equal})
    sure = _confidence(numbers.get(best, 0.0), words.get(best, 0.0), edit, rivals, hypotheses)
    own = [each.sure for each in hypotheses if _about(each, best)]
    return Name(
        bug=best,
        same_as=told,
        confidence=min(sure, max(own, default=1.0)),
        evidence=source.evidence if source is not None and _about(source, best) else (),
        layer=_layer(source, best),
    )


def _heed(
    numbers: dict[str, float],
    words: Mapping[str, float],
    hints: Mapping[str, float],
    edit: Edit | None,
    source: Hypothesis | None,
) -> None:
    """Add to what the numbers say what they could not tell by themselves."""
    if edit is not None and edit.kind in COUNTING:  # its constant is the number of what it averages, or counts
        constants = [score for each, score in numbers.items() if each == LOCAL or (_scales(each) and _exchanges(edit))]
        told = [each for each, score in words.items() if score >= EXPLAINED and constants]
        for identifier in (each for each in told if edit.kind is EditKind.REDUCTION or each in EXCHANGED):
            numbers[identifier] = max(numbers.get(identifier, 0.0), *constants)
    if source is not None and source.asked is not None:  # what could not be told does not speak against a cure
        for identifier in (each for each, score in words.items() if score >= EXPLAINED and each not in source.asked):
            numbers[identifier] = max(numbers.get(identifier, 0.0), AS_WELL)
    if edit is not None and edit.kind is EditKind.COMPARISON and edit.before.count(">=") > edit.after.count(">="):
        numbers[MASK_ON] = max(numbers.values(), default=0.0)  # at rectified values it can be nothing else
    for identifier in (each for each, score in words.items() if score >= DECISIVE):
        numbers[identifier] = max(numbers.values(), default=0.0)
    for identifier, score in hints.items():
        agreed = words.get(identifier, 0.0) >= FITTING  # a finding, and the cure that it asks for
        numbers[identifier] = max(numbers.get(identifier, 0.0), AGREED if agreed else score)


def _exchanges(edit: Edit) -> bool:
    """Whether an edit puts the length of another array in the place of a number."""
    return edit.kind is EditKind.RESCALE and edit.after.count("len(") > edit.before.count("len(")


def names_of_two(hypotheses: Sequence[Hypothesis], edit: Edit) -> tuple[Name, ...]:
    """The names of two bugs that one edit cures: a division that is missing, and a 2.

    Parameters
    ----------
    hypotheses : sequence of Hypothesis
        What the numbers say; none of one bug may speak for the edit.
    edit : Edit

    Returns
    -------
    tuple of Name
        Empty where it is one bug.
    """
    formula, bugs = TWO_FACTORS.get(edit.detail, ("", ())) if edit.kind is EditKind.SCALE else ("", ())
    numbers, source = _by_numbers(hypotheses)
    if not bugs or source is None or any(_scales(each) for each in numbers if each not in EXCHANGED):
        return ()
    told = tr(
        "Every gradient times {factor} is the true one, at {matched} of {of} points and sizes.",
        factor=formula,
        matched=source.matched,
        of=source.of,
    )
    sure = FOUND if source.of > 1 else UNSURE
    return tuple(Name(bug=bug, confidence=sure, evidence=(told,)) for bug in bugs)


def _together(numbers: Mapping[str, float], words: Mapping[str, float]) -> dict[str, float]:
    """Scores of ids that either kind of evidence speaks for, best first; of equal ones as in the catalogue."""
    scores = {
        identifier: (NUMBERS_DOUBT + numbers.get(identifier, 0.0)) * (DOUBT + words.get(identifier, 0.0))
        for identifier in {*numbers, *words}
        if numbers.get(identifier, 0.0) > 0.0 or words.get(identifier, 0.0) > 0.0
    }
    order = list(CATALOGUE)
    return dict(sorted(scores.items(), key=lambda pair: (-pair[1], order.index(pair[0]))))


def _possible(scores: Mapping[str, float], reach: Reach | None) -> dict[str, float]:
    """Without the bugs that leave the last layer right, where that is wrong."""
    if reach is None or not reach.output:
        return dict(scores)
    return {identifier: score for identifier, score in scores.items() if not CATALOGUE[identifier].below_output}


def _scales(identifier: str) -> bool:
    return CATALOGUE[identifier].family is Family.SCALE and identifier != LOCAL


def _by_words(edit: Edit, reach: Reach | None) -> dict[str, float]:
    """Ids that an edit speaks for, each 0 to 1: by the part that changes, and a little by the whole statement."""
    whole = dataclasses.replace(edit, role=_role(edit, reach))
    part = narrowed(whole)
    found: dict[str, float] = {}
    for bug in CATALOGUE.values():
        if bug.explains is not None:
            found[bug.id] = max(bug.explains(part), WHOLE_STATEMENT * bug.explains(whole))
    if max((score for each, score in found.items() if each not in SEEN), default=0.0) <= 0.0 and reach is not None:
        likely = _likely(edit.kind, reach)
        if likely:
            found[likely] = FALLBACK
    return {identifier: score for identifier, score in found.items() if score > 0.0}


def _role(edit: Edit, reach: Reach | None) -> Role:
    """What the edited code computes: of an edit that cures one block alone, that block's gradient."""
    if reach is None or edit.role in (Role.UPDATE, Role.LOSS):
        return edit.role
    if reach.biases:
        return Role.BIAS_GRADIENT
    if reach.weights:
        return Role.WEIGHT_GRADIENT
    if reach.output and edit.role is Role.OTHER:
        return Role.OUTPUT_DELTA
    if not reach.output and (edit.role in (Role.OUTPUT_DELTA, Role.OTHER) or edit.kind is EditKind.NEGATE):
        return Role.HIDDEN_DELTA  # whatever it is called: of one layer's gradients, none but the deltas below are made
    return edit.role


# How well an edit fits the likeliest bug of its kind, where no more is known than the blocks that it cures.
FALLBACK = 0.3
OF_BIASES = {
    EditKind.REDUCTION: "bias-mean-instead-of-sum",
    EditKind.AXIS: "bias-sum-without-axis",
    EditKind.ADD_SUM: "bias-not-summed",
    EditKind.INSERT: "bias-gradient-missing",
    EditKind.REPLACE_OPERAND: "bias-from-weight-gradient",
    EditKind.REGULARISATION: "regularisation-on-bias",
    EditKind.NEGATE: "sign-flip",
    **dict.fromkeys(FACTORS, "local-constant"),
}
OF_WEIGHTS = {
    EditKind.REPLACE_OPERAND: "wrong-layer-activation",
    EditKind.REPLACE_ARGUMENT: "wrong-layer-activation",
    EditKind.REPLACE_FUNCTION: "squashed-input",
    EditKind.TRANSPOSE: "transposed-block",
    EditKind.SWAP: "transposed-block",
    EditKind.PRODUCT: "inner-instead-of-outer",
    EditKind.AXIS: "inner-instead-of-outer",
    EditKind.INSERT: "gradient-stopped",
    EditKind.REGULARISATION: "regularisation-missing",
    EditKind.NEGATE: "sign-flip",
    **dict.fromkeys(FACTORS, "local-constant"),
}
OF_HIDDEN_LAYERS = {
    EditKind.ADD_DERIVATIVE: "missing-hidden-derivative",
    EditKind.DROP_DERIVATIVE: "derivative-twice",
    EditKind.REPLACE_DERIVATIVE: "wrong-derivative-formula",
    EditKind.REPLACE_FUNCTION: "wrong-derivative-formula",
    EditKind.REPLACE_ARGUMENT: "derivative-of-wrong-argument",
    EditKind.FORMULA: "wrong-derivative-formula",
    EditKind.COMPARISON: "wrong-derivative-formula",
    EditKind.TRANSPOSE: "transposed-weights",
    EditKind.PRODUCT: "upstream-lost",
    EditKind.REPLACE_OPERAND: "upstream-lost",
    EditKind.AXIS: "summed-weights",
    EditKind.NEGATE: "sign-flip-below",
    EditKind.INSERT: "gradient-stopped",
    EditKind.MOVE: "updated-weights-used",
    EditKind.KEEP_COPY: "updated-weights-used",
    EditKind.MASK: "dropout-mask-missing",
    **dict.fromkeys(FACTORS, "wrong-derivative-formula"),
}
OF_OUTPUT = {
    EditKind.ADD_DERIVATIVE: "missing-output-derivative",
    EditKind.DROP_DERIVATIVE: "extra-output-derivative",
    EditKind.REPLACE_DERIVATIVE: "loss-gradient-mismatch",
    EditKind.FORMULA: "loss-gradient-mismatch",
    EditKind.LOSS: "loss-gradient-mismatch",
    EditKind.NEGATE: "sign-flip",
    EditKind.AXIS: "softmax-axis",
    EditKind.REGULARISATION: "regularisation-missing",
    EditKind.REPLACE_OPERAND: "loss-gradient-mismatch",
    **dict.fromkeys(FACTORS, "loss-gradient-mismatch"),
}


def _likely(kind: EditKind, reach: Reach) -> str | None:
    """The likeliest bug that an edit of a kind cures, by the blocks that were wrong."""
    if reach.biases:
        return OF_BIASES.get(kind)
    if reach.weights:
        return OF_WEIGHTS.get(kind)
    return OF_OUTPUT.get(kind) if reach.output else OF_HIDDEN_LAYERS.get(kind)


def _by_numbers(hypotheses: Sequence[Hypothesis]) -> tuple[dict[str, float], Hypothesis | None]:
    """Ids that the numbers speak for, each 0 to 1, and the hypothesis that says most."""
    found: dict[str, float] = {}
    complete = [h for h in hypotheses if h.complete and len(h.bugs) == 1]
    if not complete:
        return found, None
    least = min(h.cost for h in hypotheses if h.complete and len(h.bugs) <= 1)  # a constant that is no bug counts
    for hypothesis in complete:
        score = math.exp(-3.0 * (hypothesis.cost - least))
        named = hypothesis.bugs[0]
        if named.bug == LOCAL and hypothesis.numbers < FEW:
            score *= DOUBT  # so few numbers are a multiple of anything
        known = CATALOGUE[named.bug].same_as if named.bug in CATALOGUE else ()
        for identifier in (named.bug, *named.same_as):
            if identifier in CATALOGUE:
                own = score if identifier == named.bug or identifier in known else AS_WELL * score
                found.setdefault(identifier, own)
    return found, complete[0]


def _equal_constants(best: str, numbers: Mapping[str, float], edit: Edit | None) -> list[str]:
    """Bugs whose constants only happen to be equal here: taking a 2 away cures just as dividing by two samples does."""
    if edit is None or edit.kind not in (EditKind.SCALE, EditKind.UNSCALE) or numbers.get(best, 0.0) < AS_WELL:
        return []
    formulas = {bug.id: {constant.formula for constant in bug.constants} for bug in CATALOGUE.values()}
    return [
        other
        for other, score in numbers.items()
        if score >= AS_WELL * numbers[best]
        and formulas[best]
        and formulas[other]
        and not formulas[best] & formulas[other]
    ]


def _about(hypothesis: Hypothesis, bug: str) -> bool:
    return any(bug == named.bug or bug in named.same_as for named in hypothesis.bugs)


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
        sure = EDIT_ALONE
    else:
        sure = NEITHER
    if sure == NUMBERS_ALONE and not hypotheses:
        return FOUND  # by a finding: what it says is so, what it comes from may be something else
    if edit is None and sure == NUMBERS_ALONE and hypotheses and hypotheses[0].numbers < FEW:
        sure = UNSURE  # so few numbers fit many stories
    return sure if not rivals else sure * (0.8 if rivals == 1 else 0.65)
