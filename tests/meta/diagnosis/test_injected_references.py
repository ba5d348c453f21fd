"""Each bug of the catalogue, injected in each reference network where it can be, is named or its class is."""

from __future__ import annotations

import numpy as np
import pytest
from injected_references import Injection, Outcome, injections, outcome, unreadable

import gradcheck
from gradcheck import Verdict
from gradcheck.diagnosis.catalogue import CATALOGUE
from reference_impls import Variant, catalogue

VARIANTS = catalogue().variants
# One loss and one activation of each kind, for every run; all of them at night.
QUICK = ("000-corrected", "001-corrected-tanh", "002-corrected-l2", "003-corrected-softmax-cce")
QUICK_BUGS = 8
# Bugs of the catalogue that could be injected somewhere when this was written.
INJECTED = 43


def _one_each(variant: Variant, rng: np.random.Generator) -> list[Injection]:
    """One form of each bug, drawn."""
    by_bug: dict[str, list[Injection]] = {}
    for injection in injections(variant):
        by_bug.setdefault(injection.bug, []).append(injection)
    return [forms[int(rng.integers(len(forms)))] for forms in by_bug.values()]


def _diagnosed(chosen: list[Injection]) -> dict[str, Outcome]:
    found = {}
    for injection in chosen:
        diagnosis = gradcheck.diagnose(injection.problem())
        assert diagnosis.verdict is Verdict.FAIL, str(injection)
        found[str(injection)] = outcome(injection, diagnosis)
    return found


@pytest.mark.parametrize("identifier", QUICK)
def test_a_sample_of_bugs_is_named(identifier: str) -> None:
    """Eight bugs in each of four networks: the first diagnosis is the bug or its class, and none is surely wrong."""
    rng = np.random.default_rng(7)
    variant = next(row for row in VARIANTS if row.id == identifier)
    chosen = _one_each(variant, rng)
    sample = [chosen[place] for place in rng.permutation(len(chosen))[:QUICK_BUGS]]
    assert len(sample) == QUICK_BUGS
    found = _diagnosed(sample)
    assert [name for name, result in found.items() if not result.top] == []
    assert [name for name, result in found.items() if result.confident_error] == []


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda row: row.id)
def test_every_bug_is_named_in_every_reference(variant: Variant) -> None:
    """One form of each bug in each of the networks."""
    assert not unreadable(variant)
    found = _diagnosed(_one_each(variant, np.random.default_rng(int(variant.document))))
    assert len(found) >= 25
    assert [name for name, result in found.items() if not result.named] == []
    assert [name for name, result in found.items() if not result.top] == []
    assert [name for name, result in found.items() if result.confident_error] == []


@pytest.mark.slow
def test_most_of_the_catalogue_is_injected_somewhere() -> None:
    """The networks together have a place for nearly every bug that shows in numbers."""
    injected = {injection.bug for variant in VARIANTS for injection in injections(variant)}
    possible = {bug.id for bug in CATALOGUE.values() if bug.deviations is not None}
    assert injected <= possible
    assert len(injected) >= INJECTED, sorted(possible - injected)


def test_what_is_injected_is_what_is_claimed() -> None:
    """The problem of an injection claims the bug's gradient at the point where it starts, and elsewhere too."""
    variant = next(row for row in VARIANTS if row.id == "001-corrected-tanh")
    halves = [each for each in injections(variant) if each.bug == "missing-factor-2"]
    assert halves
    made = variant.build()
    for moved in (0.0, 0.25):
        params = {name: value + moved for name, value in made.params.items()}
        claimed = halves[0].problem().driver.gradient(list(params.values()))
        true = made.gradient(params)
        for part, name in zip(claimed, true, strict=True):
            assert np.allclose(part, 0.5 * true[name], rtol=1e-9, atol=1e-12)
