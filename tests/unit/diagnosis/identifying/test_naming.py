"""A name from numbers, from an edit, and from both together; how sure each is, and what it cannot be told from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.identifying.naming import (
    BOTH,
    EDIT_ALONE,
    NEITHER,
    NUMBERS_ALONE,
    Name,
    name_bug,
    names_of_two,
)
from gradcheck.diagnosis.search.hypotheses import Hypothesis, NamedBug


def account(
    *bugs: str, cost: float = 1.0, complete: bool = True, same_as: tuple[str, ...] = (), **fields: Any
) -> Hypothesis:
    """What numbers say: these bugs together, and ids that could as well be meant by the first one."""
    layers = fields.pop("layers", ())
    named = tuple(NamedBug(bug=bug, layers=layers, same_as=same_as if bug == bugs[0] else ()) for bug in bugs)
    rest = {"error": 0.0, "matched": 3, "of": 3, "numbers": 40, "evidence": ("seen",), **fields}
    return Hypothesis(bugs=named, blocks=("W1",), unexplained=() if complete else ("W2",), cost=cost, **rest)


def edit(kind: EditKind, role: Role, before: str = "a", after: str = "b", detail: str = "") -> Edit:
    """A change that cures."""
    return Edit(kind=kind, role=role, line=7, before=before, after=after, text="", cost=1, detail=detail)


def named(hypotheses: Sequence[Hypothesis], change: Edit | None = None, **hints: float) -> Name:
    """The name, which there must be."""
    name = name_bug(hypotheses, change, hints={key.replace("_", "-"): score for key, score in hints.items()})
    assert name is not None
    return name


TWO = edit(EditKind.SCALE, Role.OUTPUT_DELTA, "out - y", "2 * (out - y)", "2")
DERIVATIVE = edit(EditKind.ADD_DERIVATIVE, Role.HIDDEN_DELTA, "d @ W.T", "d @ W.T * (1 - A**2)")
COPY = edit(EditKind.KEEP_COPY, Role.UPDATE)
OPAQUE = edit(EditKind.DELETE, Role.OTHER)


def test_numbers_and_edit_together_are_surest() -> None:
    """Both kinds of evidence beat either, and either beats neither."""
    both = named([account("missing-factor-2")], TWO)
    assert (both.bug, both.confidence, both.same_as) == ("missing-factor-2", BOTH, ())
    numbers, words = named([account("missing-factor-2")]), named([], TWO)
    assert numbers.bug == words.bug == both.bug
    assert (numbers.confidence, words.confidence) == (NUMBERS_ALONE, EDIT_ALONE)
    assert BOTH > NUMBERS_ALONE > EDIT_ALONE > NEITHER


def test_nothing_speaks_for_nothing() -> None:
    """Without evidence there is no name; neither is there one for an edit that no bug explains."""
    assert name_bug([], None) is None
    assert name_bug([], OPAQUE) is None
    assert name_bug([], None, hints={}) is None


@pytest.mark.parametrize(
    "useless",
    [account("sign-flip", complete=False), account("sign-flip", "missing-factor-2"), account()],
    ids=["does not explain all", "two bugs", "no bug"],
)
def test_only_complete_accounts_of_one_bug_name_it(useless: Hypothesis) -> None:
    """An account that leaves blocks unexplained, or needs two bugs, is none of a bug that is alone."""
    assert name_bug([useless], None) is None
    assert named([useless], TWO).bug == "missing-factor-2"


def test_an_edit_against_numbers_is_less_sure() -> None:
    """Numbers win over what an edit looks like, no surer for it; without their help an edit is not sure."""
    against = named([account("sign-flip")], TWO)
    assert against.bug == "sign-flip"
    assert against.confidence <= NUMBERS_ALONE
    unexplained = named([account("sign-flip", complete=False)], TWO)
    assert unexplained.bug == "missing-factor-2"
    assert unexplained.confidence <= EDIT_ALONE


def test_the_edit_decides_between_names_that_numbers_cannot_tell_apart() -> None:
    """A class of names by numbers is one name by its edit, and the class where there is no edit."""
    accounts = [account("missing-hidden-derivative", same_as=("relu-mask-always-on",))]
    alone = named(accounts)
    assert {alone.bug, *alone.same_as} == {"missing-hidden-derivative", "relu-mask-always-on"}
    assert alone.confidence < NUMBERS_ALONE
    compared = edit(EditKind.COMPARISON, Role.DERIVATIVE, "A >= 0", "A > 0")
    for change, bug in ((DERIVATIVE, "missing-hidden-derivative"), (compared, "relu-mask-always-on")):
        decided = named(accounts, change)
        assert (decided.bug, decided.same_as, decided.confidence) == (bug, (), BOTH)


@pytest.mark.parametrize(("wrong", "cure"), [("Z < 0", "Z > 0"), ("batch < 8", "batch <= 8"), ("A > 1", "A > 0")])
def test_only_a_mask_that_lets_zero_through_lets_everything_through(wrong: str, cure: str) -> None:
    """Another comparison that was wrong is no mask of ones."""
    decided = named([], edit(EditKind.COMPARISON, Role.DERIVATIVE, wrong, cure))
    assert "relu-mask-always-on" not in (decided.bug, *decided.same_as)


def test_the_numbers_decide_between_names_that_an_edit_cannot_tell_apart() -> None:
    """The same edit cures two bugs; the numbers say which of them it was."""
    alone = named([], COPY)
    assert {alone.bug, *alone.same_as} == {"updated-weights-used", "input-mutated"}
    assert alone.confidence < EDIT_ALONE
    for bug in ("updated-weights-used", "input-mutated"):
        decided = named([account(bug)], COPY)
        assert (decided.bug, decided.same_as, decided.confidence) == (bug, (), BOTH)


def test_a_new_array_in_the_place_of_one_changed_in_place_is_no_updated_weight() -> None:
    """What the cured line computes from itself tells the two kinds of copies apart."""
    for cure in ("h = h + branch", "h = h.copy()\nh[h < 0] = 0"):
        decided = named([], edit(EditKind.KEEP_COPY, Role.OTHER, "h += branch", cure))
        assert (decided.bug, decided.same_as) == ("input-mutated", ())


def test_rivals_lower_the_confidence() -> None:
    """The more names fit alike, the less sure each is; a dearer account is no rival."""
    ids = ["sum-instead-of-mean", "stale-batch-size", "output-count-factor"]
    sure = [named([account(bug) for bug in ids[:count]]).confidence for count in (1, 2, 3)]
    assert sure[0] > sure[1] > sure[2]
    dearer = named([account(ids[0]), account(ids[1], cost=1.5)])
    assert (dearer.confidence, dearer.same_as) == (sure[0], ())


def test_the_cheapest_account_wins_wherever_it_stands() -> None:
    """The order of accounts does not matter where their costs differ."""
    accounts = [account("sign-flip", cost=1.0), account("local-constant", cost=2.0)]
    assert named(accounts).bug == named(accounts[::-1]).bug == "sign-flip"


def test_few_numbers_fit_many_stories() -> None:
    """A name by numbers alone is not sure where these are few; with an edit that fits it is."""
    few = [account("missing-factor-2", numbers=5)]
    assert named(few).confidence == 0.6
    assert named([account("missing-factor-2", numbers=6)]).confidence == NUMBERS_ALONE
    assert named(few, TWO).confidence == BOTH


def test_findings_of_the_check_speak_for_a_bug() -> None:
    """A finding names a bug by itself, and settles what numbers leave open."""
    assert named([], None, gradient_accumulated=1.0).bug == "gradient-accumulated"
    assert named([], None, gradient_accumulated=0.2).confidence == NEITHER
    settled = named([account("wrong-layer-activation", cost=1.0)], COPY, input_mutated=1.0)
    assert settled.bug == "input-mutated"


def test_unknown_ids_are_no_names() -> None:
    """An id that the catalogue does not have is never reported."""
    assert name_bug([account("no-such-bug")], None) is None
    name = named([account("sign-flip", same_as=("no-such-bug",))])
    assert (name.bug, name.same_as) == ("sign-flip", ())


def test_evidence_and_layer_come_from_the_best_account() -> None:
    """The sentences and the layer are those of the account that names the bug; of another bug there is no layer."""
    accounts = [account("missing-hidden-derivative", layers=(1, 2), evidence=("one", "two"))]
    name = named(accounts, DERIVATIVE)
    assert (name.evidence, name.layer) == (("one", "two"), 1)
    assert named(accounts, TWO, missing_factor_2=1.0).layer is None
    assert named([account("sign-flip")]).layer is None


def test_equals_are_ranked_as_in_the_catalogue() -> None:
    """Names with one score come in the catalogue's order, however the accounts are ordered."""
    ids = ["missing-factor-2", "sum-instead-of-mean", "double-mean"]
    first = next(bug for bug in CATALOGUE if bug in ids)
    for order in (ids, ids[::-1]):
        assert named([account(bug) for bug in order]).bug == first


BOTH_FACTORS = edit(EditKind.SCALE, Role.OUTPUT_DELTA, "out - y", "2 * (out - y) / m", "2 / batch")


def test_one_edit_that_puts_two_factors_on_cures_two_bugs() -> None:
    """Of a division that is missing nobody took the wrong number, though the numbers would allow it."""
    alike = [account("features-for-batch-size", same_as=("wrong-derivative-formula",))]
    assert [name.bug for name in names_of_two(alike, BOTH_FACTORS)] == ["sum-instead-of-mean", "missing-factor-2"]
    assert "features-for-batch-size" not in {named(alike, BOTH_FACTORS).bug, *named(alike, BOTH_FACTORS).same_as}


def test_one_factor_is_one_bug() -> None:
    """Where the numbers have one name for it, where the edit puts one on, and where it exchanges them."""
    assert not names_of_two([account("double-mean")], BOTH_FACTORS)
    assert not names_of_two([account("features-for-batch-size")], TWO)
    assert not names_of_two([], BOTH_FACTORS)
    other = edit(EditKind.RESCALE, Role.OUTPUT_DELTA, "d / X.shape[1]", "d / X.shape[0]", "batch")
    assert named([account("features-for-batch-size")], other).bug == "features-for-batch-size"


def test_a_constant_that_is_no_bug_is_the_cheaper_account() -> None:
    """A bug that needs it as well is named with no more than doubt."""
    constant = account(cost=1.6)
    alone = named([account("bias-sum-without-axis", cost=2.6)])
    beside = named([constant, account("bias-sum-without-axis", cost=2.6)])
    assert beside.confidence < 0.5 < alone.confidence


def test_what_was_not_asked_for_does_not_speak_against_a_cure() -> None:
    """An account of slips that a bug is none of leaves it to the edit; one of all bugs does not."""
    wrong = edit(EditKind.REPLACE_OPERAND, Role.HIDDEN_DELTA, "error", "delta", "delta")
    words = named([], wrong).bug
    assert words not in ("sign-flip-below", "upstream-lost")
    asked = account("sign-flip-below", asked=frozenset({"sign-flip-below", "upstream-lost"}))
    assert named([asked], wrong).bug == words
    assert named([account("sign-flip-below")], wrong).bug == "sign-flip-below"


def test_no_surer_than_the_account() -> None:
    """A name of several that would do stays doubtful, whatever else speaks for it."""
    account_of_slips = account("missing-hidden-derivative", asked=frozenset({"missing-hidden-derivative"}), sure=0.75)
    assert named([account_of_slips], DERIVATIVE).confidence == 0.75
    assert named([account("missing-hidden-derivative")], DERIVATIVE).confidence == BOTH


def test_a_lost_way_has_two_names() -> None:
    """Both are told where the numbers are those of a way, and neither is sure."""
    ways = frozenset({"gradient-stopped", "upstream-lost"})
    name = named(
        [account("gradient-stopped", same_as=("upstream-lost",), asked=ways)], edit(EditKind.INSERT, Role.OTHER)
    )
    assert name.bug == "gradient-stopped"
    assert "upstream-lost" in name.same_as
    assert name.confidence < NUMBERS_ALONE


def test_a_finding_and_the_cure_that_it_asks_for() -> None:
    """They outweigh what the numbers make of the same constant."""
    cure = edit(EditKind.RESCALE, Role.OUTPUT_DELTA, "(p - y) / BATCH", "(p - y) / len(xb)", "outputs")
    assert named([account("mean-instead-of-sum")], cure, stale_batch_size=0.4).bug == "stale-batch-size"
    assert named([account("mean-instead-of-sum")], None, stale_batch_size=0.4).bug == "mean-instead-of-sum"


def test_rows_that_are_counted_once() -> None:
    """``np.add.at`` is no batch normalisation, whatever the arrays are called."""
    after = "np.add.at(demb, docs, dmean / n)"
    cure = edit(EditKind.FORMULA, Role.WEIGHT_GRADIENT, "demb[docs] += dmean / n", after, "np.add.at")
    assert named([], cure).bug == "upstream-lost"
