"""Which bugs of the catalogue would give the numbers that were seen.

Everything a hypothesis says holds in every configuration that was observed; what no configuration tells apart is one
class. Pure and deterministic: numbers in, ranked hypotheses out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.diagnosis.backward import Deviation, backward
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.factors import Explanation, Factors, Vector
from gradcheck.diagnosis.matching import Observation, proportion, same_factor
from gradcheck.diagnosis.network import Array, Network
from gradcheck.diagnosis.paths import FactorUse, Path
from gradcheck.diagnosis.peeling import NOTHING, Peeling
from gradcheck.diagnosis.residues import residues
from gradcheck.diagnosis.rules import Rules
from gradcheck.diagnosis.splitting import split
from gradcheck.diagnosis.wording import listed, ratio_words

__all__ = ["Hypothesis", "NamedBug", "Observation", "hypotheses"]

LIMIT = 8
# So many other penalties, and exchanges of blocks, are given a search of their own.
SEARCHED_AGAIN = 4
# A dearer account than the best one by more than this many bugs is not worth a report.
WORSE = 1.05
# Bugs whose constants are for one scope only.
SIGN = "sign-flip"
EVERYWHERE_ONLY = frozenset({SIGN})
BELOW_ONLY = frozenset({"sign-flip-below"})
BIAS_ONLY = frozenset({"bias-mean-instead-of-sum"})
LOCAL = "local-constant"
# Constants that say nothing of where they come from: on one block they are that block's own.
PLAIN_NUMBERS = frozenset({"missing-factor-2", "extra-factor-2"})
# A derivative written with a constant too many multiplies all that comes after it.
FORMULA = "wrong-derivative-formula"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBug:
    """One bug of a hypothesis: where, in which form, and what the numbers cannot tell it from."""

    bug: str
    layers: tuple[int, ...] = ()
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

    @property
    def complete(self) -> bool:
        """Whether every wrong block is explained."""
        return not self.unexplained


def hypotheses(
    observations: Sequence[Observation], bugs: Iterable[Bug] | None = None, *, limit: int = LIMIT
) -> tuple[Hypothesis, ...]:
    """Accounts of a wrong gradient, best first.

    Parameters
    ----------
    observations : sequence of Observation
        The more they differ (batch, rate, scale, point), the fewer coincidences.
    bugs : iterable of Bug, optional
        By default the whole catalogue.
    limit : int
        At most so many.

    Returns
    -------
    tuple of Hypothesis
        Empty for a right gradient, and for one that nothing explains. Where nothing explains all of the wrong blocks,
        those that explain some, from the output back.

    Raises
    ------
    ValueError
        If there is no observation.
    """
    if not observations:
        raise ValueError("hypotheses need at least one observation, got none; observe the gradient at one point")
    seen = [_plain(observation) for observation in observations]
    parts = [split(each) for each in seen]
    seen = [each for each, _ in parts]
    wrong = _wrong_blocks(seen)
    if not wrong:
        return ()
    known = tuple(_catalogue() if bugs is None else bugs)
    with np.errstate(all="ignore"):
        found = _Search(seen, known, wrong).found()
    order = {bug.id: place for place, bug in enumerate(known)}
    owners = parts[0][1]
    return tuple(_joined(each, owners) if owners else each for each in _ranked(found, order, limit))


def _joined(hypothesis: Hypothesis, owners: Mapping[str, str]) -> Hypothesis:
    """A hypothesis about parts of blocks as one about the blocks."""

    def whole(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(owners.get(name, name) for name in names))

    return replace(
        hypothesis,
        blocks=whole(hypothesis.blocks),
        unexplained=whole(hypothesis.unexplained),
        constants=tuple((whole(names), value) for names, value in hypothesis.constants),
    )


def _catalogue() -> Iterable[Bug]:
    from gradcheck.diagnosis.catalogue import CATALOGUE

    return CATALOGUE.values()


def _plain(observation: Observation) -> Observation:
    """The same with float64 arrays, of the blocks that were both claimed and found."""
    shared = [name for name in observation.true if name in observation.claimed]
    network = observation.network
    sizes = dict(observation.sizes)
    if network is not None:  # what the layers have been read as is what the constants are of
        read = {"batch": network.batch, "outputs": network.outputs, "features": network.features}
        sizes |= {name: size for name, size in read.items() if name not in sizes or size > 1}
    return replace(
        observation,
        sizes=sizes,
        claimed={name: np.asarray(observation.claimed[name], dtype=np.float64) for name in shared},
        true={name: np.asarray(observation.true[name], dtype=np.float64) for name in shared},
    )


def _is_wrong(observation: Observation, name: str) -> bool:
    fit = proportion(observation.claimed[name], observation.true[name], observation.floor)
    return fit is None or not same_factor((fit[0],), (1.0,))


def _wrong_blocks(observations: Sequence[Observation]) -> tuple[str, ...]:
    names = observations[0].claimed
    return tuple(name for name in names if any(name in each.claimed and _is_wrong(each, name) for each in observations))


class _Search:
    """All ways to account for one set of observations."""

    def __init__(self, observations: Sequence[Observation], bugs: Sequence[Bug], wrong: tuple[str, ...]) -> None:
        self._all = observations
        self._bugs = bugs
        self._wrong = wrong
        self._seen = [each for each in observations if each.network is not None]
        self._networks = [each.network for each in self._seen if each.network is not None]
        self._scale = frozenset(bug.id for bug in bugs if bug.family is Family.SCALE)

    def found(self) -> list[Hypothesis]:
        found = self._by_ratios()
        if not self._networks:
            return found
        rules = Rules(self._seen, self._bugs)
        found += self._whole(rules)
        if _separable(self._networks):
            found += self._peeled(rules)
        return found

    # --- constant multiples of the true blocks ---------------------------------------------------------------------

    def _by_ratios(self) -> list[Hypothesis]:
        """Blocks that are a constant multiple of the truth in every configuration, networks or none."""
        factors = Factors(self._all, self._bugs)
        ratios: dict[str, Vector] = {}
        worst = 0.0
        for name in self._all[0].claimed:
            fits = [proportion(each.claimed[name], each.true[name], each.floor) for each in self._all]
            if all(fit is not None for fit in fits):
                ratios[name] = tuple(fit[0] for fit in fits if fit is not None)
                worst = max([worst, *(fit[1] for fit in fits if fit is not None)])
        if any(name not in ratios for name in self._wrong):
            return []
        uses = self._as_uses(ratios)
        prices = [factors.cost(use.factor) for use in uses]
        if not uses or any(price is None for price in prices):
            return []
        path = Path(
            deltas=(),
            running=(),
            factors=tuple(uses),
            explained=tuple(ratios),
            cost=_repeated(uses, [price or 0.0 for price in prices]),
            error=worst,
        )
        return self._hypothesis(path, self._all, factors)

    def _as_uses(self, ratios: Mapping[str, Vector]) -> list[FactorUse]:
        """Ratios by block as factors from a layer on, and on single blocks."""
        layers = self._block_layers(tuple(ratios))
        last = max(layers.values(), default=0)
        one = (1.0,) * len(self._all)
        groups: list[tuple[Vector, list[str]]] = []
        for name, ratio in ratios.items():
            if not same_factor(ratio, one):
                group = next((names for vector, names in groups if same_factor(vector, ratio)), None)
                if group is None:
                    groups.append((ratio, [name]))
                else:
                    group.append(name)
        uses = []
        for vector, names in groups:
            top = max(layers[name] for name in names)
            below = [name for name in ratios if layers[name] <= top]
            whole = all(name in names or same_factor(ratios[name], vector) for name in below)
            if whole and (len(names) > 1 or top == last):
                uses.append(FactorUse(factor=vector, layer=top))
            else:
                kind = self._kinds()
                uses += [
                    FactorUse(factor=vector, layer=layers[name], block=name, kind=kind.get(name, "weight"))
                    for name in names
                ]
        return uses

    def _block_layers(self, names: tuple[str, ...]) -> dict[str, int]:
        """The layer of each block; by their order where no network is known."""
        if not self._networks:
            return {name: place for place, name in enumerate(names)}
        layers = self._networks[0].layers
        places = {layer.weight: index for index, layer in enumerate(layers)}
        places |= {layer.bias: index for index, layer in enumerate(layers) if layer.bias is not None}
        return {name: places.get(name, 0) for name in names}

    def _kinds(self) -> dict[str, str]:
        """Blocks that are summed over the batch: biases, and what else has one number a unit and no layer."""
        layers = self._networks[0].layers if self._networks else ()
        kinds = {layer.bias: "bias" for layer in layers if layer.bias is not None}
        weights = {layer.weight for layer in layers}
        for name, value in self._all[0].claimed.items():
            if name not in weights and value.size > 1 and max(value.shape) == value.size:
                kinds[name] = "bias"
        return kinds

    # --- deviations that do not separate into layers ---------------------------------------------------------------

    def _whole(self, rules: Rules) -> list[Hypothesis]:
        """Single deviations of the finished gradient: exchanged blocks, other penalties, whatever ends in a block."""
        found = []
        factors = Factors(self._seen, self._bugs)
        for key, deviation in rules.whole[0].items():
            if _separable(self._networks) and not _ends(deviation) and deviation.bug not in self._scale:
                continue
            others = [each.get(key) for each in rules.whole]
            errors = [
                _error(each, network, other) for each, network, other in zip(
                    self._seen, self._networks, others, strict=True)
            ]  # fmt: skip
            if all(error is not None for error in errors):
                named = _named(deviation)
                path = Path(
                    deltas=(), running=(), explained=self._wrong, cost=1.0, error=max(error or 0.0 for error in errors)
                )
                found += self._hypothesis(path, self._seen, factors, extra=(named,))
        return found

    # --- from the output back --------------------------------------------------------------------------------------

    def _peeled(self, rules: Rules) -> list[Hypothesis]:
        factors = Factors(self._seen, self._bugs)
        found = self._paths(Peeling(self._seen, rules, factors), factors)
        if any(each.complete for each in found):
            return found
        swaps = [
            (deviation.swap, _named(deviation))
            for deviation in rules.whole[0].values()
            if deviation.swap and self._may_be_swapped(deviation.swap)
        ]
        for swap, named in swaps[:SEARCHED_AGAIN]:
            found += self._unswapped(rules, factors, swap, named)
        for peeling, named in self._other_penalties(rules, factors)[:SEARCHED_AGAIN]:
            found += [each for each in self._paths(peeling, factors, (named,)) if each.complete]
        return found

    def _other_penalties(self, rules: Rules, factors: Factors) -> list[tuple[Peeling, NamedBug]]:
        """Searches under other penalties, those first that explain most blocks before any other bug is assumed."""
        ready: list[tuple[int, Peeling, NamedBug]] = []
        for key, deviation in rules.whole[0].items():
            others = [each.get(key) for each in rules.whole]
            parts = [
                dict(other.penalty(network))
                for other, network in zip(others, self._networks, strict=True)
                if other is not None and other.penalty is not None and other.finish is None
            ]
            if len(parts) == len(self._networks):
                peeling = Peeling(self._seen, rules, factors, penalties=parts)
                reached = max((len(path.explained) for path in peeling.paths(deviations=False)), default=0)
                ready.append((reached, peeling, _named(deviation)))
        for bug, what, parts in residues(self._seen, factors):
            peeling = Peeling(self._seen, rules, factors, penalties=parts)
            reached = max((len(path.explained) for path in peeling.paths(deviations=False)), default=0)
            ready.append((reached, peeling, NamedBug(bug=bug, what=what)))
        ready.sort(key=lambda each: -each[0])
        return [(peeling, named) for reached, peeling, named in ready if reached]

    def _paths(
        self, peeling: Peeling, factors: Factors, extra: tuple[NamedBug, ...] = (), *, deviations: bool = True
    ) -> list[Hypothesis]:
        paths = [replace(path, cost=path.cost + len(extra)) for path in peeling.paths(deviations=deviations)]
        return [found for path in paths for found in self._hypothesis(path, self._seen, factors, extra=extra)]

    def _may_be_swapped(self, swap: Mapping[str, str]) -> bool:
        if len(swap) != 1:
            return set(swap) <= set(self._wrong)
        ((name, given),) = swap.items()
        return name in self._wrong and all(
            proportion(each.claimed[name], each.claimed[given], each.floor) is not None for each in self._seen
        )

    def _unswapped(self, rules: Rules, factors: Factors, swap: Mapping[str, str], named: NamedBug) -> list[Hypothesis]:
        """The search with the blocks put back; one that was overwritten is left out."""
        back = {given: name for name, given in swap.items()}
        gone = set(swap) - set(back)
        seen = [replace(each, claimed=_put_back(each.claimed, swap, back, gone)) for each in self._seen]
        paths = Peeling(seen, rules, factors).paths()
        grown = [replace(path, explained=path.explained + tuple(gone), cost=path.cost + 1.0) for path in paths]
        found = [each for path in grown for each in self._hypothesis(path, self._seen, factors, extra=(named,))]
        return [each for each in found if each.complete]

    # --- what an account says --------------------------------------------------------------------------------------

    def _hypothesis(
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
            of=len(self._all),
            same_as=_union(named),
            constants=tuple((self._reach(use), _first(use.factor)) for use in unknown),
            numbers=numbers,
            cost=path.cost,
        )
        whole = replace(path, factors=tuple(replace(u, everywhere=u.layer == self._last()) for u in path.factors))
        titles = {bug.id: bug.title for bug in self._bugs}
        return [replace(hypothesis, evidence=_evidence(hypothesis, whole, factors, titles))]

    def _implied(self, named: NamedBug, path: Path) -> bool:
        """Whether a penalty is missing only where the whole gradient of the weights is: that is no bug of its own."""
        stopped = {c.layer for c in path.choices if NOTHING in (c.bug, *c.equal) and c.kind != "bias"}
        blocks = [self._networks[0].layers[layer].weight for layer in stopped] if self._networks else []
        return named.bug == "regularisation-missing" and any(named.what.endswith(f" of {name}") for name in blocks)

    def _of_factors(self, path: Path, factors: Factors) -> tuple[list[NamedBug], list[FactorUse]]:
        """Bugs that the path's constants stand for, and constants that stand for none."""
        named: list[NamedBug] = []
        unknown: list[FactorUse] = []
        for use in path.factors:
            alike = [each for each in path.factors if each.kind == use.kind and same_factor(each.factor, use.factor)]
            names = _alternatives(use, factors.explain(use.factor), self._last(), several=len(alike) > 1)
            names = [(use.bug,)] if use.bug else names
            if not names:
                unknown.append(use)
                names = [(LOCAL,)] if use.block and len(use.factor) > 1 else []
            if names:
                first, *others = names
                rest = tuple(dict.fromkeys(each[0] for each in others if len(each) == 1 and each[0] not in first))
                what = f"{self._words(use)} times {_constant(use, factors)}"
                named += [
                    NamedBug(bug=bug, layers=(use.layer,), what=what, same_as=rest if len(first) == 1 else ())
                    for bug in first
                ]
        return named, unknown

    def _last(self) -> int:
        return len(self._networks[0].layers) - 1 if self._networks else max(len(self._all[0].claimed) - 1, 0)

    def _words(self, use: FactorUse) -> str:
        if use.block:
            return use.block
        return "everything" if use.layer == self._last() else f"layer {use.layer + 1} and those below it"

    def _reach(self, use: FactorUse) -> tuple[str, ...]:
        if use.block:
            return (use.block,)
        layers = self._block_layers(tuple(self._all[0].claimed))
        return tuple(name for name, layer in layers.items() if layer <= use.layer)


def _named(deviation: Deviation) -> NamedBug:
    return NamedBug(bug=deviation.bug, layers=deviation.layers, what=deviation.what)


def _put_back(
    claimed: Mapping[str, Array], swap: Mapping[str, str], back: Mapping[str, str], gone: set[str]
) -> dict[str, Array]:
    return {
        name: claimed[back.get(name, name)] if name in swap else value
        for name, value in claimed.items()
        if name not in gone
    }


def _alternatives(
    use: FactorUse, explanations: Sequence[Explanation], last: int, *, several: bool
) -> list[tuple[str, ...]]:
    """Bugs that a factor may stand for where it is, the likeliest first."""
    excluded: frozenset[str] = BELOW_ONLY | BIAS_ONLY
    if use.block:
        excluded = BELOW_ONLY | (frozenset() if use.kind == "bias" else BIAS_ONLY)
    elif use.layer < last or several:
        excluded = EVERYWHERE_ONLY | BIAS_ONLY
    names = [each.bugs for each in explanations if not excluded & set(each.bugs)]
    of_bias = [bugs for bugs in names if BIAS_ONLY & set(bugs)]
    if use.kind == "bias" and of_bias:
        return list(dict.fromkeys(of_bias))
    if not use.block and names and len(names[0]) == 1:
        names.append((FORMULA,))
    if names and use.block:
        plain = len(names[0]) > 1 or (not several and bool(PLAIN_NUMBERS & set(names[0])))
        names.insert(0 if plain else len(names), (LOCAL,))
    return list(dict.fromkeys(names))


def _constant(use: FactorUse, factors: Factors) -> str:
    explanations = factors.explain(use.factor)
    value = f"{_first(use.factor):.6g}"
    return f"{value} ({explanations[0].formula})" if explanations else value


def _first(factor: Vector) -> float:
    return next((value for value in factor if not math.isnan(value)), math.nan)


def _separable(networks: Sequence[Network]) -> bool:
    """Whether every block belongs to one layer only."""
    names = [layer.weight for layer in networks[0].layers]
    names += [layer.bias for layer in networks[0].layers if layer.bias is not None]
    depth = {len(network.layers) for network in networks}
    return len(set(names)) == len(names) and len(depth) == 1


def _ends(deviation: Deviation) -> bool:
    return bool(deviation.finish is not None or deviation.penalty is not None or deviation.swap or deviation.scale)


def _error(observation: Observation, network: Network, deviation: Deviation | None) -> float | None:
    """The largest relative error that a deviation leaves in a block; None where one does not fit."""
    if deviation is None:
        return None
    try:
        made = backward(network, deviation)
    except ValueError:
        return None
    worst = 0.0
    for name, claimed in observation.claimed.items():
        fit = None if name not in made else proportion(claimed, np.asarray(made[name]), observation.floor)
        if fit is None or not same_factor((fit[0],), (1.0,)):
            return None
        worst = max(worst, fit[1])
    return worst


def _repeated(uses: Sequence[FactorUse], prices: Sequence[float]) -> float:
    total = 0.0
    for place, (use, price) in enumerate(zip(uses, prices, strict=True)):
        again = any(each.kind == use.kind and same_factor(each.factor, use.factor) for each in uses[:place])
        total += 0.2 if again else price
    return total


def _chosen(path: Path) -> list[NamedBug]:
    return [NamedBug(bug=c.bug, layers=(c.layer,), what=c.what, same_as=c.equal) for c in path.choices]


def _merged(bugs: Sequence[NamedBug]) -> list[NamedBug]:
    """One entry a bug, with all its layers; what is equal in one place only is not equal."""
    merged: dict[str, NamedBug] = {}
    for bug in bugs:
        known = merged.get(bug.bug)
        if known is None:
            merged[bug.bug] = bug
            continue
        both = tuple(name for name in known.same_as if name in bug.same_as)
        what = known.what if bug.what in known.what.split("; ") else f"{known.what}; {bug.what}"
        layers = tuple(sorted({*known.layers, *bug.layers}))
        merged[bug.bug] = replace(known, layers=layers, what=what, same_as=both)
    for bug in list(merged.values()):
        twin = next((merged[name] for name in bug.same_as if name in merged), None)
        if twin is not None:  # one bug is the simpler account
            del merged[bug.bug]
            layers = tuple(sorted({*bug.layers, *twin.layers}))
            merged[twin.bug] = replace(merged[twin.bug], layers=layers)
    return list(merged.values())


def _union(named: Sequence[NamedBug]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in named for name in each.same_as))


def _numbers(blocks: Sequence[str], seen: Sequence[Observation]) -> int:
    """Independent numbers in wrong blocks: weights of few samples have few, and fix their bias."""
    total = 0
    for each in seen:
        wrong = {name for name in blocks if _is_wrong(each, name)}
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
    return sum(1 for _ in unknown) * (1 if len(seen) > 1 else 2)


def _evidence(hypothesis: Hypothesis, path: Path, factors: Factors, titles: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences for a report: what was put in, what came out of it, where."""
    where = f"at {hypothesis.matched} of {hypothesis.of} points and sizes, to {hypothesis.error:.1e}"
    sentences = []
    chosen = {choice.bug for choice in path.choices}
    factored = {bug for use in path.factors for each in factors.explain(use.factor) for bug in each.bugs} | {LOCAL}
    for bug in hypothesis.bugs:
        if bug.bug in chosen or bug.bug not in factored or not path.factors:
            title = titles.get(bug.bug, bug.bug)
            used = f" ({bug.what})" if bug.what and bug.what != "1" else ""
            sentences.append(
                f"Back-propagation with {title}{used} gives exactly the claimed {listed(hypothesis.blocks)}, {where}."
            )
    for use in path.factors:
        sentences.append(_factor_sentence(use, factors, where))
        alternatives = factors.explain(use.factor)
        formulas = list(dict.fromkeys(each.formula for each in alternatives))
        if len(formulas) > 1:
            sentences.append(f"That constant is {' and also '.join(formulas[:3])} here: other sizes would decide.")
    if hypothesis.unexplained:
        sentences.append(f"{listed(hypothesis.unexplained)} it leaves unexplained.")
    return tuple(dict.fromkeys(sentences))


def _factor_sentence(use: FactorUse, factors: Factors, where: str) -> str:
    known = [value for value in use.factor if not math.isnan(value)]
    below = f"the gradients of layer {use.layer + 1} and those below it"
    subject = f"the gradient of {use.block}" if use.block else ("every gradient" if use.everywhere else below)
    truth = "the true ones" if subject.startswith("the gradients") else "the true one"
    explained = factors.explain(use.factor)
    if explained and not same_factor(known, (known[0],) * len(known)):
        return f"Dividing {subject} by {explained[0].formula} gives {truth}, {where}."
    if not known or known[0] == 0:
        return f"A constant factor on {subject} gives {truth}, {where}."
    unexplained = "" if explained else " No size of the problem accounts for that constant."
    return f"Multiplying {subject} by {ratio_words(1.0 / known[0])} gives {truth}, {where}.{unexplained}"


def _ranked(found: Sequence[Hypothesis], order: Mapping[str, int], limit: int) -> tuple[Hypothesis, ...]:
    """Best first; each set of bugs once; partial accounts only where no complete one was found."""
    best: dict[tuple[tuple[str, ...], tuple[float, ...]], Hypothesis] = {}

    def rank(hypothesis: Hypothesis) -> tuple[object, ...]:
        places = sorted(order.get(bug.bug, 0) for bug in hypothesis.bugs)
        error = max(hypothesis.error, 1e-9)  # below that it is round-off, and says nothing
        return len(hypothesis.unexplained), round(hypothesis.cost, 6), error, places

    for each in sorted(found, key=rank):
        best.setdefault((tuple(sorted(b.bug for b in each.bugs)), tuple(c for _, c in each.constants)), each)
    kept = list(best.values())
    if kept and kept[0].complete:
        kept = [each for each in kept if each.complete and each.cost <= kept[0].cost + WORSE]
    return tuple(_with_rivals(each, kept) for each in kept[:limit])


def _with_rivals(hypothesis: Hypothesis, others: Sequence[Hypothesis]) -> Hypothesis:
    """Name what would do as well for one of its bugs: a hypothesis of the same cost that differs in that one only."""
    bugs = list(hypothesis.bugs)
    own = {bug.bug for bug in bugs}
    for other in others:
        theirs = {bug.bug for bug in other.bugs}
        mine, rival = own - theirs, theirs - own
        if len(mine) == len(rival) == 1 and abs(other.cost - hypothesis.cost) < 0.3 and other.complete:
            place = next(n for n, bug in enumerate(bugs) if bug.bug in mine)
            more = tuple(name for name in rival if name not in bugs[place].same_as)
            bugs[place] = replace(bugs[place], same_as=bugs[place].same_as + more)
    return replace(hypothesis, bugs=tuple(bugs), same_as=_union(bugs))
