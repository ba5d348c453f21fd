"""Slips on the way back through a recorded forward pass that give exactly the claimed gradient, by name."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.catalogue.bug import Extent, Family
from gradcheck.diagnosis.graphs.candidates import Candidate, Key
from gradcheck.diagnosis.matching import Observation, is_wrong, proportion, same_factor
from gradcheck.diagnosis.network import Array
from gradcheck.diagnosis.search.accounts import Hypothesis, NamedBug
from gradcheck.diagnosis.search.block_patterns import block_patterns
from gradcheck.diagnosis.search.factor_names import LOCAL
from gradcheck.diagnosis.search.factors import Factors, Vector
from gradcheck.diagnosis.wording import listed
from gradcheck.language import mark, tr

__all__ = ["slip_accounts"]

# Values that may be passed on all ways back of one search together: a few seconds.
MOST_VALUES = 300_000
# First slips that a second one is looked for beside.
MOST_FIRST = 6
# Slips that are tried in pairs, and how many of them.
LIKELY = frozenset(
    {
        "missing-hidden-derivative", "missing-output-derivative", "extra-output-derivative", "derivative-twice",
        "derivative-at-activation", "activation-instead-of-derivative", "softmax-elementwise", "sign-flip-below",
        "leaky-slope-sign", "transposed-weights", "gradient-stopped", "batchnorm-statistics", "dropout-mask-missing",
    }
)  # fmt: skip
MOST_LIKELY = 40
# What a constant on one way alone costs, in bugs, beside other slips.
CONSTANT = 0.3
# Relative difference of constants that are one.
ALL = 3e-6
# Numbers that must be wrong for one of so many slips to be none of chance.
FEWEST = 6
# Bugs that slips are made of, and those that ratios and patterns of blocks would have told before.
ASKED = frozenset(bug.id for bug in CATALOGUE.values() if bug.family is Family.SCALE) | frozenset(
    {
        "batchnorm-statistics", "bias-mean-instead-of-sum", "dropout-mask-missing", "dropout-scale",
        "extra-output-derivative",
        "gradient-stopped", "missing-output-derivative", "regularisation-factor", "regularisation-missing",
        "regularisation-sign", "sign-flip-below", "softmax-axis", "softmax-elementwise", "transposed-weights",
        "upstream-lost", "wrong-layer-activation", "wrong-layer-weights",
        "missing-hidden-derivative", "relu-mask-always-on", "derivative-at-activation",
        "output-form-given-preactivation", "derivative-of-wrong-argument", "derivative-of-gradient",
        "activation-instead-of-derivative", "wrong-derivative-formula", "leaky-slope-sign", "derivative-twice",
        "relu-mask-wrong-layer", "relu-on-gradient", "transposed-block", "swapped-blocks", "bias-gradient-missing",
        "bias-sum-without-axis", "bias-not-summed",
    }
)  # fmt: skip
# Of which a constant on a single way may be an instance.
PARTIAL = frozenset(
    bug.id for bug in CATALOGUE.values() if bug.family is Family.SCALE and bug.extent is not Extent.BIAS
)


def slip_accounts(observations: Sequence[Observation], wrong: Sequence[str], factors: Factors) -> list[Hypothesis]:
    """Accounts by single slips, by a slip and a constant on everything, and by two slips.

    Parameters
    ----------
    observations : sequence of Observation
        Those with ``slips`` are looked at; none where there are none.
    wrong : sequence of str
        Blocks to explain.
    factors : Factors
        Of the same observations.
    """
    seen = [each for each in observations if each.slips is not None]
    if not seen or len(seen) < len(observations) or sum(_numbers(each, wrong) for each in seen) < FEWEST:
        return []
    if any(set(each.claimed) != set(each.slips.blocks) for each in seen if each.slips is not None):
        return []
    try:
        return _Search(seen, tuple(wrong), factors).found()
    except _OverBudgetError as error:
        return error.found


class _OverBudgetError(Exception):
    """Too many ways back; with what was found until then."""

    def __init__(self, found: list[Hypothesis]) -> None:
        super().__init__()
        self.found = found


class _Search:
    def __init__(self, observations: Sequence[Observation], wrong: tuple[str, ...], factors: Factors) -> None:
        self._seen, self._wrong, self._factors = observations, wrong, factors
        self._slips = [each.slips for each in observations if each.slips is not None]
        self._left = MOST_VALUES
        self._found: list[Hypothesis] = []

    def found(self) -> list[Hypothesis]:
        """By one usual slip, a constant on a way, an unusual slip, a constant on everything; by two; in part by one."""
        if all(slips.is_faithful for slips in self._slips):
            for search in (self._one, self._constants, self._unusual, self._below, self._two, self._pairs, self._part):
                if not self._found:
                    search()
        return self._found

    # --- one --------------------------------------------------------------------------------------------------------

    def _one(self) -> None:
        for key, candidate in self._slips[0].candidates.items():
            if candidate.reach.issuperset(self._wrong):
                self._try(key, candidate)

    def _unusual(self) -> None:
        for key, candidate in self._slips[0].unusual.items():
            if candidate.reach.issuperset(self._wrong):
                self._try(key, candidate)

    def _below(self) -> None:
        """Slips that make some blocks wrong, where a constant on everything makes the others so."""
        for key, candidate in self._slips[0].candidates.items():
            if not candidate.reach.issuperset(self._wrong):
                self._try(key, candidate)

    def _try(self, key: Key, candidate: Candidate) -> None:
        factor: list[float] = []
        for place in range(len(self._seen)):
            made = self._made(place, (key,))
            common = None if made is None else _common(self._seen[place], made)
            if common is None:
                return
            factor.append(common)
        of_form = key in self._slips[0].unusual and same_factor(factor, (factor[0],) * len(factor))
        if of_form or all(abs(each - 1.0) < ALL for each in factor):  # a form of the pen's own has constants of its own
            self._add([(key, candidate)])
        else:
            explained = self._factors.explain(tuple(factor))
            names = [name for each in explained[:1] for name in each.bugs]
            if len(names) == 1:
                more = NamedBug(bug=names[0], what=tr("everything times {factor}", factor=explained[0].formula))
                self._add([(key, candidate)], (more,))

    def _constants(self) -> None:
        """A constant on one way: its size follows from what the gradient would be without that way."""
        for key, candidate in self._slips[0].ways.items():
            if not candidate.reach.issuperset(self._wrong):
                continue
            factor = [self._constant(place, key) for place in range(len(self._seen))]
            told = tuple(each for each in factor if each is not None)
            if len(told) == len(factor) and all(self._holds(place, key, each) for place, each in enumerate(told)):
                self._add_constant(key, candidate, told)

    def _constant(self, place: int, key: Key) -> float | None:
        without = self._made(place, (key,))
        if without is None:
            return None
        each = self._seen[place]
        own = np.concatenate([(each.claimed[name] - without[name]).ravel() for name in self._wrong])
        whole = np.concatenate([(each.true[name] - without[name]).ravel() for name in self._wrong])
        size = float(whole @ whole)
        factor = float(own @ whole) / size if size > 0.0 else 0.0
        close = float(np.linalg.norm(own - factor * whole)) <= ALL * float(np.linalg.norm(own)) + each.floor
        return factor if close and abs(factor - 1.0) > ALL and abs(factor) > ALL else None

    def _holds(self, place: int, key: Key, factor: float) -> bool:
        made = self._made(place, (key,), factor)
        common = None if made is None else _common(self._seen[place], made)
        return common is not None and abs(common - 1.0) < ALL

    def _add_constant(self, key: Key, candidate: Candidate, factor: Vector) -> None:
        explained = [each.bugs[0] for each in self._factors.explain(factor) if len(each.bugs) == 1]
        names = [name for name in explained if name in PARTIAL]
        constant = same_factor(factor, (factor[0],) * len(factor))
        if not names and not constant:
            return
        bug, *others = [LOCAL, *names] if constant else [*names, LOCAL]  # a number, unless it follows a size
        what = tr("times {factor}", factor=f"{factor[0]:.6g}")
        named = dataclasses.replace(candidate, bug=bug, same_as=tuple(others), what=what)
        self._add([(key, named)], cost=CONSTANT)

    # --- two --------------------------------------------------------------------------------------------------------

    def _two(self) -> None:
        """One slip that makes some of the wrong blocks what they are, and what makes the rest of them so."""
        for key, candidate, rest in self._first:
            self._second(key, candidate, rest)
            if self._found:
                return

    @functools.cached_property
    def _first(self) -> list[tuple[Key, Candidate, tuple[str, ...]]]:
        """Slips that account for some wrong blocks, those of most first, and the blocks that each leaves."""
        seen, found = self._seen[0], []
        for key, candidate in self._slips[0].candidates.items():
            made = self._made(0, (key,)) if candidate.reach.intersection(self._wrong) else None
            if made is not None:
                rest = tuple(name for name in seen.claimed if not _equal(seen, made, name))
                if set(rest) < set(self._wrong):
                    found.append((key, candidate, rest))
        return sorted(found, key=lambda each: (len(each[2]), each[1].cost))[:MOST_FIRST]

    def _pairs(self) -> None:
        """Two slips that many learners make, of which neither leaves a block as it makes it."""
        likely = [
            (key, each)
            for key, each in self._slips[0].candidates.items()
            if each.bug in LIKELY and each.cost <= 0.0 and each.reach.intersection(self._wrong)
        ]
        for one, other in itertools.combinations(likely[:MOST_LIKELY], 2):
            if (one[1].reach | other[1].reach).issuperset(self._wrong) and self._fits_all((one[0], other[0])):
                self._add([one, other])
                return

    def _part(self) -> None:
        """A slip that accounts for some of the blocks, at every place, and nothing for the others."""
        for key, candidate, rest in self._first:
            own = [name for name in self._wrong if name not in rest]
            made = [self._made(place, (key,)) for place in range(len(self._seen))]
            alike = all(
                of is not None and all(_equal(each, of, name) for name in each.claimed if name not in rest)
                for each, of in zip(self._seen, made, strict=True)
            )
            if alike and sum(_numbers(each, own) for each in self._seen) >= FEWEST:
                self._add([(key, candidate)], unexplained=rest)
                return

    def _second(self, key: Key, candidate: Candidate, rest: tuple[str, ...]) -> None:
        made = [self._made(place, (key,)) for place in range(len(self._seen))]
        if all(each is not None for each in made):
            moved = [dataclasses.replace(each, true=of or {}) for each, of in zip(self._seen, made, strict=True)]
            for pattern in block_patterns(moved, rest):
                if pattern.complete:
                    self._add([(key, candidate)], pattern.bugs, evidence=pattern.evidence)
        for other, second in self._slips[0].candidates.items():
            if second.reach.issuperset(rest) and other != key and self._fits_all((key, other)):
                self._add([(key, candidate), (other, second)])

    def _fits_all(self, keys: Sequence[Key]) -> bool:
        for place, each in enumerate(self._seen):
            made = self._made(place, keys)
            if made is None or not all(_equal(each, made, name) for name in each.claimed):
                return False
        return True

    # --- both -------------------------------------------------------------------------------------------------------

    def _made(self, place: int, keys: Sequence[Key], factor: float = 0.0) -> Mapping[str, Array] | None:
        slips = self._slips[place]
        self._left -= slips.cost(keys, factor)
        if self._left < 0:
            raise _OverBudgetError(self._found)
        return slips.gradients(keys, factor)

    def _add(
        self,
        slips: Sequence[tuple[Key, Candidate]],
        more: Sequence[NamedBug] = (),
        *,
        cost: float = 0.0,
        evidence: Sequence[str] = (),
        unexplained: tuple[str, ...] = (),
    ) -> None:
        named = [NamedBug(bug=each.bug, what=each.what, same_as=each.same_as) for _, each in slips]
        bugs = tuple({each.bug: each for each in [*named, *more]}.values())
        unusual = sum(each.cost for _, each in slips)
        blocks = tuple(name for name in self._wrong if name not in unexplained)
        hypothesis = Hypothesis(
            bugs=bugs,
            blocks=blocks,
            unexplained=unexplained,
            error=0.0,
            matched=len(self._seen),
            of=len(self._seen),
            numbers=sum(_numbers(each, blocks) for each in self._seen),
            cost=float(len(bugs)) + cost + unusual,
            same_as=tuple(dict.fromkeys(name for each in bugs for name in each.same_as)),
            evidence=(*(self._told(each, blocks) for _, each in slips), *evidence),
            asked=ASKED,
            sure=min(each.sure for _, each in slips),
        )
        if not any(_names(each) == _names(hypothesis) for each in self._found):
            self._found.append(hypothesis)

    def _told(self, candidate: Candidate, blocks: Sequence[str]) -> str:
        told = mark(
            "Back-propagation with {title} ({form}) on the way back through line {line} gives exactly the claimed "
            "{blocks}, at {matched} of {of} points and sizes."
        )
        return tr(
            told,
            title=tr(CATALOGUE[candidate.bug].title),
            form=candidate.what,
            line=candidate.line,
            blocks=listed(blocks),
            matched=len(self._seen),
            of=len(self._seen),
        )


def _names(hypothesis: Hypothesis) -> frozenset[str]:
    return frozenset(each.bug for each in hypothesis.bugs)


def _numbers(observation: Observation, wrong: Collection[str]) -> int:
    return sum(int(observation.true[name].size) for name in wrong if is_wrong(observation, name))


def _equal(observation: Observation, made: Mapping[str, Array], name: str) -> bool:
    fit = proportion(observation.claimed[name], made[name], observation.floor)
    return fit is not None and same_factor((fit[0],), (1.0,))


def _common(observation: Observation, made: Mapping[str, Array]) -> float | None:
    """The one constant by which all claimed blocks are multiples of what was made; None where there is none."""
    common = 1.0
    known = False
    for name in sorted(observation.claimed, key=lambda name: not is_wrong(observation, name)):  # those refute most
        fit = proportion(observation.claimed[name], made[name], observation.floor)
        if fit is None:
            return None
        if not np.isnan(fit[0]):
            if known and not same_factor((fit[0],), (common,)):
                return None
            common, known = fit[0], True
    return common if known else None
