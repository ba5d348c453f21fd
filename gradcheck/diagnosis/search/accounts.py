"""From what a search assumes to a hypothesis: its bugs by name, and what speaks for them."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gradcheck.diagnosis.backward import Deviation
from gradcheck.diagnosis.catalogue.bug import Bug
from gradcheck.diagnosis.matching import Observation, is_wrong, same_factor
from gradcheck.diagnosis.network import block_layers
from gradcheck.diagnosis.search.factor_names import LOCAL, alternatives, first_known, in_words
from gradcheck.diagnosis.search.factors import Factors
from gradcheck.diagnosis.search.paths import FactorUse, Path
from gradcheck.diagnosis.search.peeling import NOTHING
from gradcheck.diagnosis.wording import closed_up, listed, ratio_words
from gradcheck.language import tr

__all__ = ["Accounts", "Hypothesis", "NamedBug", "equals_of", "named_by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBug:
    """One bug of a hypothesis: where, in which form, and what the numbers cannot tell it from."""

    bug: str
    layers: tuple[int, ...] = ()
    block: str = ""
    what: str = ""
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A set of bugs that gives the claimed numbers.

    Attributes
    ----------
    bugs : tuple of NamedBug
        From the output layer back; empty where only an unknown constant was found.
    blocks : tuple of str
        Wrong blocks that it explains.
    unexplained : tuple of str
        Wrong blocks that it does not.
    error : float
        The largest relative error that it leaves in a block that it explains (dimensionless).
    matched, of : int
        In how many configurations it holds, of how many were seen. It was refuted in none.
    same_as : tuple of str
        Ids that could stand for one of its bugs, by these numbers.
    constants : tuple of (blocks, float)
        Constant factors that no known size explains, in the first configuration.
    numbers : int
        How many independent numbers of wrong blocks it explains, less the constants fitted.
    cost : float
        How much it assumes, in bugs.
    evidence : tuple of str
        Sentences for a report.
    asked : frozenset of str or None
        The bugs that were tried; None where that is every one that the numbers could tell. Another one it does not
        refute.
    sure : float
        No surer is a name for it, where none of the catalogue's fits exactly.
    """

    bugs: tuple[NamedBug, ...]
    blocks: tuple[str, ...]
    unexplained: tuple[str, ...] = ()
    error: float
    matched: int
    of: int
    same_as: tuple[str, ...] = ()
    constants: tuple[tuple[tuple[str, ...], float], ...] = ()
    numbers: int
    cost: float
    evidence: tuple[str, ...] = ()
    asked: frozenset[str] | None = None
    sure: float = 1.0

    @property
    def complete(self) -> bool:
        """Whether every wrong block is explained."""
        return not self.unexplained


class Accounts:
    """What the paths of a search say, in names.

    Parameters
    ----------
    observations : sequence of Observation
        All of them, with a network or without.
    bugs : sequence of Bug
    wrong : tuple of str
        Blocks that are wrong in any of them.
    """

    def __init__(self, observations: Sequence[Observation], bugs: Sequence[Bug], wrong: tuple[str, ...]) -> None:
        self._blocks, self._of, self._wrong = tuple(observations[0].claimed), len(observations), wrong
        self._network = next((each.network for each in observations if each.network is not None), None)
        self._titles = {bug.id: bug.title for bug in bugs}

    def of(
        self, path: Path, seen: Sequence[Observation], factors: Factors, *, extra: tuple[NamedBug, ...] = ()
    ) -> list[Hypothesis]:
        """The hypothesis of a path; none where it explains nothing that is wrong, or no more than it fits."""
        blocks = tuple(name for name in self._wrong if name in path.explained)
        kept = tuple(each for each in extra if not self._implied(each, path))
        path = replace(path, cost=path.cost - (len(extra) - len(kept)))
        extra = kept
        named = _merged([*extra, *_chosen(path)])
        by_factors, unknown = self._of_factors(path, factors)
        named = _merged([*named, *by_factors])
        numbers = _numbers(blocks, seen) - _fitted(unknown, seen)
        if not blocks or not (named or unknown) or numbers < 2 - bool(named and not unknown):
            return []
        hypothesis = Hypothesis(
            bugs=tuple(named),
            blocks=blocks,
            unexplained=tuple(name for name in self._wrong if name not in blocks),
            error=path.error,
            matched=len(seen),
            of=self._of,
            same_as=equals_of(named),
            constants=tuple((self._reach(use), first_known(use.factor)) for use in unknown),
            numbers=numbers,
            cost=path.cost,
        )
        whole = replace(path, factors=tuple(replace(u, everywhere=u.layer == self._last()) for u in path.factors))
        return [replace(hypothesis, evidence=_evidence(hypothesis, whole, factors, self._titles))]

    def _implied(self, named: NamedBug, path: Path) -> bool:
        """Whether a penalty is missing only where the whole gradient of the weights is: that is no bug of its own."""
        stopped = {c.layer for c in path.choices if NOTHING in (c.bug, *c.equal) and c.kind != "bias"}
        blocks = [self._network.layers[layer].weight for layer in stopped] if self._network is not None else []
        return named.bug == "regularisation-missing" and named.block in blocks

    def _of_factors(self, path: Path, factors: Factors) -> tuple[list[NamedBug], list[FactorUse]]:
        """Bugs that the path's constants stand for, and constants that stand for none."""
        named: list[NamedBug] = []
        unknown: list[FactorUse] = []
        for use in path.factors:
            alike = [each for each in path.factors if each.kind == use.kind and same_factor(each.factor, use.factor)]
            names = alternatives(use, factors.explain(use.factor), self._last(), several=len(alike) > 1)
            names = [(use.bug,)] if use.bug else names
            if not names:
                unknown.append(use)
                names = [(LOCAL,)] if use.block and len(use.factor) > 1 else []
            if names:
                first, *others = names
                rest = tuple(dict.fromkeys(each[0] for each in others if len(each) == 1 and each[0] not in first))
                what = tr("{gradients} times {factor}", gradients=self._words(use), factor=in_words(use, factors))
                named += [
                    NamedBug(bug=bug, layers=(use.layer,), what=what, same_as=rest if len(first) == 1 else ())
                    for bug in first
                ]
        return named, unknown

    def _last(self) -> int:
        return len(self._network.layers) - 1 if self._network is not None else max(len(self._blocks) - 1, 0)

    def _words(self, use: FactorUse) -> str:
        if use.block:
            return use.block
        if use.layer == self._last():
            return tr("everything")
        return tr("layer {number} and those below it", number=use.layer + 1)

    def _reach(self, use: FactorUse) -> tuple[str, ...]:
        if use.block:
            return (use.block,)
        layers = block_layers(self._network, self._blocks)
        return tuple(name for name, layer in layers.items() if layer <= use.layer)


def named_by(deviation: Deviation) -> NamedBug:
    """The bug of a deviation of the whole gradient."""
    return NamedBug(bug=deviation.bug, layers=deviation.layers, block=deviation.block, what=deviation.what)


def equals_of(named: Sequence[NamedBug]) -> tuple[str, ...]:
    """All ids that could stand for one of them."""
    return tuple(dict.fromkeys(name for each in named for name in each.same_as))


def _merged(bugs: Sequence[NamedBug]) -> list[NamedBug]:
    """One entry a bug, with all its layers; what is equal in one place only is not equal."""
    merged: dict[str, NamedBug] = {}
    for bug in bugs:
        known = merged.get(bug.bug)
        if known is None:
            merged[bug.bug] = bug
            continue
        both = tuple(name for name in known.same_as if name in bug.same_as)
        between = tr("; ")
        what = known.what if bug.what in known.what.split(between) else f"{known.what}{between}{bug.what}"
        layers = tuple(sorted({*known.layers, *bug.layers}))
        merged[bug.bug] = replace(known, layers=layers, what=what, same_as=both)
    for bug in list(merged.values()):
        twin = next((merged[name] for name in bug.same_as if name in merged), None)
        if twin is not None:  # one bug is the simpler account
            del merged[bug.bug]
            layers = tuple(sorted({*bug.layers, *twin.layers}))
            merged[twin.bug] = replace(merged[twin.bug], layers=layers)
    return list(merged.values())


def _chosen(path: Path) -> list[NamedBug]:
    return [NamedBug(bug=c.bug, layers=(c.layer,), what=c.what, same_as=c.equal) for c in path.choices]


def _numbers(blocks: Sequence[str], seen: Sequence[Observation]) -> int:
    """Independent numbers in wrong blocks: weights of few samples have few, and fix their bias."""
    total = 0
    for each in seen:
        wrong = {name for name in blocks if is_wrong(each, name)}
        held: set[str] = set()
        for layer in each.network.layers if each.network is not None else ():
            (m, n), h = layer.inputs.shape, layer.output.shape[1]
            own = {layer.weight, layer.bias} & wrong
            held |= {name for name in own if name is not None}
            if layer.weight in own:
                total += min(m, n + (layer.bias in own)) * h
            elif own:
                total += h
        total += sum(int(each.claimed[name].size) for name in wrong - held)
    return total


def _fitted(unknown: Sequence[FactorUse], seen: Sequence[Observation]) -> int:
    return len(unknown) * (1 if len(seen) > 1 else 2)


def _evidence(hypothesis: Hypothesis, path: Path, factors: Factors, titles: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences for a report: what was put in, what came out of it, where."""
    where = tr(
        "at {matched} of {of} points and sizes, to {error:.1e}",
        matched=hypothesis.matched,
        of=hypothesis.of,
        error=hypothesis.error,
    )
    blocks = listed(hypothesis.blocks)
    sentences = []
    chosen = {choice.bug for choice in path.choices}
    factored = {bug for use in path.factors for each in factors.explain(use.factor) for bug in each.bugs} | {LOCAL}
    for bug in hypothesis.bugs:
        if bug.bug in chosen or bug.bug not in factored or not path.factors:
            title = tr(titles.get(bug.bug, bug.bug))
            if bug.what and bug.what != "1":
                said = tr(
                    "Back-propagation with {title} ({form}) gives exactly the claimed {blocks}, {where}.",
                    title=title,
                    form=bug.what,
                    blocks=blocks,
                    where=where,
                )
            else:
                said = tr(
                    "Back-propagation with {title} gives exactly the claimed {blocks}, {where}.",
                    title=title,
                    blocks=blocks,
                    where=where,
                )
            sentences.append(said)
    for use in path.factors:
        sentences.append(_factor_sentence(use, factors, where))
        formulas = list(dict.fromkeys(each.formula for each in factors.explain(use.factor)))
        if len(formulas) > 1:
            equal = functools.reduce(
                lambda one, other: tr("{one} and also {other}", one=one, other=other), formulas[:3]
            )
            sentences.append(tr("That constant is {formulas} here: other sizes would decide.", formulas=equal))
    if hypothesis.unexplained:
        sentences.append(tr("{blocks} it leaves unexplained.", blocks=listed(hypothesis.unexplained)))
    return tuple(dict.fromkeys(map(closed_up, sentences)))


def _factor_sentence(use: FactorUse, factors: Factors, where: str) -> str:
    known = [value for value in use.factor if not math.isnan(value)]
    if use.block:
        subject, truth = tr("the gradient of {block}", block=use.block), tr("the true one")
    elif use.everywhere:
        subject, truth = tr("every gradient"), tr("the true one")
    else:
        subject = tr("the gradients of layer {number} and those below it", number=use.layer + 1)
        truth = tr("the true ones")
    names = {"gradients": subject, "truth": truth, "where": where}
    explained = factors.explain(use.factor)
    if explained and not same_factor(known, (known[0],) * len(known)):
        return tr("Dividing {gradients} by {formula} gives {truth}, {where}.", formula=explained[0].formula, **names)
    if not known or known[0] == 0:
        return tr("A constant factor on {gradients} gives {truth}, {where}.", **names)
    factor = ratio_words(1.0 / known[0])
    if explained:
        return tr("Multiplying {gradients} by {factor} gives {truth}, {where}.", factor=factor, **names)
    return tr(
        "Multiplying {gradients} by {factor} gives {truth}, {where}. No size of the problem accounts for that "
        "constant.",
        factor=factor,
        **names,
    )
