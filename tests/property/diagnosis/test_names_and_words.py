"""Names and words, whatever the evidence and whatever the names."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import Problem
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.identifying.naming import name_bug
from gradcheck.diagnosis.observing import Look
from gradcheck.diagnosis.programs.local import LocalProgram
from gradcheck.diagnosis.search.hypotheses import Hypothesis, NamedBug
from gradcheck.diagnosis.wording import GENERIC, fill, ratio_words

IDS = st.sampled_from(list(CATALOGUE))


@st.composite
def accounts(draw: st.DrawFn) -> Hypothesis:
    """One complete account of one bug, with others that could as well be meant."""
    bug = NamedBug(
        bug=draw(IDS), layers=draw(st.sampled_from([(), (0,), (1, 0)])), same_as=tuple(draw(st.sets(IDS, max_size=2)))
    )
    return Hypothesis(
        bugs=(bug,), blocks=("W1",), error=0.0, matched=2, of=2, numbers=draw(st.integers(1, 50)),
        cost=draw(st.sampled_from([1.0, 1.2, 2.0])),
    )  # fmt: skip


EDITS = st.none() | st.builds(
    Edit,
    kind=st.sampled_from(EditKind),
    role=st.sampled_from(Role),
    line=st.just(1),
    before=st.sampled_from(["d", "out - y", "A >= 0", "np.sum(d)", "d @ W2"]),
    after=st.sampled_from(["-d", "2 * (out - y)", "A > 0", "np.sum(d, axis=0)", "d @ W2.T"]),
    text=st.just(""),
    cost=st.just(1),
    detail=st.sampled_from(["", "2", "m", "1/m", "axis=0", "learning_rate"]),
)
HINTS = st.dictionaries(IDS, st.floats(0.01, 1.0), max_size=2)


@given(st.lists(accounts(), max_size=4), EDITS, HINTS)
def test_a_name_has_evidence(hypotheses: list[Hypothesis], edit: Edit | None, hints: dict[str, float]) -> None:
    """A name is the catalogue's, is sure to some degree, and is not its own alternative; no evidence, no name."""
    name = name_bug(hypotheses, edit, hints=hints)
    if name is None:
        assert not hypotheses
        assert not hints
        return
    assert {name.bug, *name.same_as} <= set(CATALOGUE)
    assert name.bug not in name.same_as
    assert len(set(name.same_as)) == len(name.same_as)
    assert 0.0 < name.confidence < 1.0
    if edit is None:
        spoken_for = {each.bugs[0].bug for each in hypotheses} | {
            i for each in hypotheses for i in each.bugs[0].same_as
        }
        assert name.bug in spoken_for | set(hints)


@given(accounts(), EDITS, IDS)
def test_a_rival_makes_no_name_surer(account: Hypothesis, edit: Edit | None, rival: str) -> None:
    """Another bug that fits as well makes the first one less sure, or as sure as it was."""
    alone = name_bug([account], edit)
    second = replace(account, bugs=(NamedBug(bug=rival),))
    both = name_bug([account, second], edit)
    assert alone is not None
    assert both is not None
    if both.bug == alone.bug:
        assert both.confidence <= alone.confidence


@given(st.text(), st.dictionaries(st.sampled_from(list(GENERIC)), st.text(min_size=1)))
def test_filling_never_raises(template: str, names: dict[str, str]) -> None:
    """Any text is told, with the reader's names or as it is."""
    assert isinstance(fill(template, names), str)


@given(st.dictionaries(st.sampled_from(list(GENERIC)), st.text(min_size=1)))
def test_names_are_told_as_they_are(names: dict[str, str]) -> None:
    """A name is put in as it is written, braces of its own included."""
    template = " | ".join(f"{{{key}}}" for key in GENERIC)
    assert fill(template, names) == " | ".join(names.get(key, word) for key, word in GENERIC.items())


@given(st.floats(-1e6, 1e6) | st.fractions(-64, 64, max_denominator=64).map(float))
def test_a_constant_in_words_is_that_constant(value: float) -> None:
    """What is read back differs by no more than what is rounded off."""
    words = ratio_words(value)
    assert abs(float(Fraction(words)) - value) <= 1e-5 * abs(value)


BLOCK = st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=3, max_size=3).map(np.array)


@given(BLOCK, BLOCK, st.floats(0.0, 1e-2), st.floats(1.0, 100.0))
def test_more_tolerance_finds_no_more_wrong(
    claimed: np.ndarray, true: np.ndarray, tolerance: float, wider: float
) -> None:
    """A wider tolerance, or less precision, never makes a right block wrong."""
    program = LocalProgram(Problem(lambda w: float(w @ w), lambda w: 2 * w, np.ones(3)))

    def wrong(tolerance: float, precision: float) -> set[str]:
        held, truth = {"a": claimed, "b": true}, {"a": true, "b": true}
        look = Look(what="", program=program, arrays=(), claimed=held, true=truth, precision=precision)
        return set(look.wrong(tolerance=tolerance))

    assert "b" not in wrong(tolerance, 0.0)
    assert wrong(wider * tolerance, 0.0) <= wrong(tolerance, 0.0)
    assert wrong(tolerance, tolerance) <= wrong(tolerance, 0.0)
