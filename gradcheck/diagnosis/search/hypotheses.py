"""Which bugs of the catalogue would give the numbers that were seen.

Everything a hypothesis says holds in every configuration that was observed; what no configuration tells apart is one
class. Pure and deterministic: numbers in, ranked hypotheses out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.diagnosis.backward import Deviation, backward
from gradcheck.diagnosis.batch_size import in_batches
from gradcheck.diagnosis.catalogue import CATALOGUE, Bug, Family
from gradcheck.diagnosis.matching import Observation, is_wrong, proportion, same_factor
from gradcheck.diagnosis.network import Array, Network
from gradcheck.diagnosis.search.accounts import Accounts, Hypothesis, NamedBug, equals_of, named_by
from gradcheck.diagnosis.search.block_patterns import block_patterns
from gradcheck.diagnosis.search.factor_names import LOCAL
from gradcheck.diagnosis.search.factors import Factors
from gradcheck.diagnosis.search.paths import Path
from gradcheck.diagnosis.search.peeling import Peeling
from gradcheck.diagnosis.search.ratios import ratio_path
from gradcheck.diagnosis.search.residues import residues
from gradcheck.diagnosis.search.rules import Rules
from gradcheck.diagnosis.search.slip_accounts import slip_accounts
from gradcheck.diagnosis.search.splitting import split

__all__ = ["Hypothesis", "NamedBug", "hypotheses"]

LIMIT = 8
# So many other penalties, and exchanges of blocks, are given a search of their own.
SEARCHED_AGAIN = 4
# A dearer account than the best one by more than this many bugs is not worth a report.
WORSE = 1.05


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
    known = tuple(CATALOGUE.values() if bugs is None else bugs)
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


def _plain(observation: Observation) -> Observation:
    """The same with float64 arrays, of the blocks that were both claimed and found."""
    shared = [name for name in observation.true if name in observation.claimed]
    network = observation.network
    sizes = dict(observation.sizes)
    if network is not None:  # what the layers have been read as is what the constants are of
        network = in_batches(network, sizes)
        read = {"batch": network.averaged, "outputs": network.outputs, "features": network.features}
        sizes |= {name: size for name, size in read.items() if name not in sizes or size > 1}
    return replace(
        observation,
        network=network,
        sizes=sizes,
        claimed={name: np.asarray(observation.claimed[name], dtype=np.float64) for name in shared},
        true={name: np.asarray(observation.true[name], dtype=np.float64) for name in shared},
    )


def _wrong_blocks(observations: Sequence[Observation]) -> tuple[str, ...]:
    names = observations[0].claimed
    return tuple(name for name in names if any(name in each.claimed and is_wrong(each, name) for each in observations))


class _Search:
    """All ways to account for one set of observations."""

    def __init__(self, observations: Sequence[Observation], bugs: Sequence[Bug], wrong: tuple[str, ...]) -> None:
        self._all = observations
        self._bugs = bugs
        self._wrong = wrong
        self._seen = [each for each in observations if each.network is not None]
        self._networks = [each.network for each in self._seen if each.network is not None]
        self._accounts = Accounts(observations, bugs, wrong)
        self._scale = frozenset(bug.id for bug in bugs if bug.family is Family.SCALE)

    def found(self) -> list[Hypothesis]:
        factors = Factors(self._all, self._bugs)
        path = ratio_path(self._all, next(iter(self._networks), None), self._wrong, factors)
        found = [] if path is None else self._accounts.of(path, self._all, factors)
        if self._networks:
            rules = Rules(self._seen, self._bugs)
            found += self._whole(rules)
            if _separable(self._networks):
                found += self._peeled(rules)
        if not any(each.complete and _is_told(each) for each in found):
            known = {bug.id for bug in self._bugs}
            slips = slip_accounts(self._all, self._wrong, factors)
            found += [each for each in slips if {bug.bug for bug in each.bugs} <= known]
        if not any(each.complete for each in found):
            found += self._block_patterns()
        return found

    def _block_patterns(self) -> list[Hypothesis]:
        """Patterns of single blocks, of bugs that are asked for."""
        known = {bug.id for bug in self._bugs}
        return [each for each in block_patterns(self._all, self._wrong) if {bug.bug for bug in each.bugs} <= known]

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
                named = named_by(deviation)
                path = Path(
                    deltas=(), running=(), explained=self._wrong, cost=1.0, error=max(error or 0.0 for error in errors)
                )
                found += self._accounts.of(path, self._seen, factors, extra=(named,))
        return found

    # --- from the output back --------------------------------------------------------------------------------------

    def _peeled(self, rules: Rules) -> list[Hypothesis]:
        factors = Factors(self._seen, self._bugs)
        found = self._paths(Peeling(self._seen, rules, factors), factors)
        if any(each.complete for each in found):
            return found
        swaps = [
            (deviation.swap, named_by(deviation))
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
                ready.append((reached, peeling, named_by(deviation)))
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
        return [found for path in paths for found in self._accounts.of(path, self._seen, factors, extra=extra)]

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
        found = [each for path in grown for each in self._accounts.of(path, self._seen, factors, extra=(named,))]
        return [each for each in found if each.complete]

    # --- what an account says --------------------------------------------------------------------------------------


def _put_back(
    claimed: Mapping[str, Array], swap: Mapping[str, str], back: Mapping[str, str], gone: set[str]
) -> dict[str, Array]:
    return {
        name: claimed[back.get(name, name)] if name in swap else value
        for name, value in claimed.items()
        if name not in gone
    }


def _separable(networks: Sequence[Network]) -> bool:
    """Whether every block belongs to one layer only."""
    names = [layer.weight for layer in networks[0].layers]
    names += [layer.bias for layer in networks[0].layers if layer.bias is not None]
    depth = {len(network.layers) for network in networks}
    return len(set(names)) == len(names) and len(depth) == 1


def _is_told(hypothesis: Hypothesis) -> bool:
    """Whether an account says more than that there is a constant."""
    return bool(hypothesis.bugs) and all(named.bug != LOCAL for named in hypothesis.bugs)


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
    return replace(hypothesis, bugs=tuple(bugs), same_as=equals_of(bugs))
