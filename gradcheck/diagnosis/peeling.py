"""The search for the bugs behind a wrong gradient, from the output layer back.

At each layer the delta is the right one or that of a bug, and either block is made from it rightly or by a bug of its
own; all up to constant factors. A delta is kept only if a block of its layer bears it out in every configuration, so
that the layers separate: three bugs in three layers cost three searches and not their product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.backward import Deviation, Rule, in_bias_shape, through_activation, through_weights
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.factors import Factors, Vector
from gradcheck.diagnosis.matching import ANY, TOLERANCE, Observation, as_weights, proportion, same_factor
from gradcheck.diagnosis.network import Array, Network

__all__ = ["NOTHING", "Choice", "FactorUse", "Path", "Peeling", "Rules"]

BEAM = 10  # paths kept a layer
PAIRS = 1200  # products of an upstream's bug and a derivative's bug tried at one layer
UNEXPLAINED = 3.0  # what a block that nothing explains costs, in bugs
AGAIN, ANOTHER_FORM = 0.2, 0.6  # the same slip in a further place; the same bug in another form
REPEATED_FACTOR = 0.2
WIDTH = "features-for-batch-size"
NOTHING = "gradient-stopped"  # what makes zeros of a delta is called so first
WORSE = 2.5  # paths dearer than the best by more bugs are left
SEARCHED_IN_PAIRS = 3  # so many of the best paths
# Bugs that each change the error at the output by a factor of its own: two of them can meet in one line.
AT_OUTPUT = frozenset({
    "loss-gradient-mismatch", "missing-output-derivative", "wrong-derivative-formula", "derivative-at-activation",
    "output-form-given-preactivation", "activation-instead-of-derivative", "derivative-twice",
    "extra-output-derivative",
})  # fmt: skip
KEPT = 40  # deltas of bugs that are followed from one path at one layer
FITS = 5  # accounts of one block that are followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A rule of a bug at one stage of one layer; ``equal`` are other bugs that give the same numbers here."""

    bug: str
    what: str
    kind: str  # output, delta, upstream, weight, bias
    layer: int
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorUse:
    """A constant factor from a layer on (``blocks`` empty), or on single blocks."""

    factor: Vector
    layer: int
    block: str = ""
    kind: str = "delta"  # delta, weight, bias
    bug: str = ""  # where only one bug would cause it here
    everywhere: bool = False  # from the output layer on


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """What is assumed from the output down to a layer, and the deltas that follow from it."""

    deltas: tuple[Array, ...]
    running: Vector
    choices: tuple[Choice, ...] = ()
    factors: tuple[FactorUse, ...] = ()
    explained: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    cost: float = 0.0
    error: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    """A block borne out: by which rule (None: the right one), up to which factor."""

    choice: Choice | None
    factor: Vector
    error: float


class Rules:
    """The deviations of all bugs at every observation, taken apart into rules of one stage each."""

    def __init__(self, observations: Sequence[Observation], bugs: Sequence[Bug]) -> None:
        self._stages: list[dict[tuple[str, int], dict[tuple[str, str], Rule]]] = []
        self.whole: list[dict[tuple[str, tuple[int, ...], str], Deviation]] = []
        for observation in observations:
            stages: dict[tuple[str, int], dict[tuple[str, str], Rule]] = {}
            whole: dict[tuple[str, tuple[int, ...], str], Deviation] = {}
            for bug in bugs:
                for deviation in _deviations(bug, observation):
                    whole.setdefault((deviation.bug, deviation.layers, deviation.what), deviation)
                    if bug.family is not Family.SCALE:
                        _take_apart(stages, deviation, observation.network)
            self._stages.append(stages)
            self.whole.append(whole)

    def at(self, kind: str, layer: int) -> dict[tuple[str, str], tuple[Rule, ...]]:
        """Rules of one stage that exist at every observation: by bug and form."""
        first, *others = [stages.get((kind, layer), {}) for stages in self._stages]
        shared = (key for key in first if all(key in other for other in others))
        return {key: (first[key], *(other[key] for other in others)) for key in shared}


def _deviations(bug: Bug, observation: Observation) -> Iterator[Deviation]:
    network = observation.network
    assert network is not None
    if bug.deviations is not None:
        yield from bug.deviations(network)
    if bug.at_rate is not None:
        for name, rate in observation.sizes.items():
            if "rate" in name:
                yield from bug.at_rate(network, float(rate), observation.claimed)


def _take_apart(
    stages: dict[tuple[str, int], dict[tuple[str, str], Rule]], deviation: Deviation, network: Network | None
) -> None:
    assert network is not None
    last = len(network.layers) - 1
    output = {} if deviation.output_delta is None else {last: deviation.output_delta}
    kinds = {
        "output": output,
        "delta": deviation.delta,
        "upstream": deviation.upstream,
        "weight": deviation.weight,
        "bias": deviation.bias,
    }
    for kind, rules in kinds.items():
        for layer, rule in rules.items():
            stages.setdefault((kind, layer), {}).setdefault((deviation.bug, deviation.what), rule)


class Peeling:
    """One search, with one account of the part that does not pass through the layers.

    Parameters
    ----------
    observations : sequence of Observation
        All with a network.
    rules : Rules
    factors : Factors
        Of the same observations.
    penalties : sequence of mapping, optional
        Instead of each network's own.
    """

    def __init__(
        self, observations: Sequence[Observation], rules: Rules, factors: Factors,
        penalties: Sequence[dict[str, Array]] | None = None,
    ) -> None:  # fmt: skip
        self._observations = observations
        self._networks = [each.network for each in observations if each.network is not None]
        self._rules = rules
        self._factors = factors
        self._one: Vector = (1.0,) * len(self._networks)
        self._floors = [each.floor for each in observations]
        given = penalties if penalties is not None else [dict(network.penalty) for network in self._networks]
        self._claimed = [
            {name: value - penalty.get(name, 0.0) if _plain(value, penalty.get(name)) else value
             for name, value in each.claimed.items()}
            for each, penalty in zip(observations, given, strict=True)
        ]  # fmt: skip

    def paths(self, *, deviations: bool = True) -> list[Path]:
        """The best accounts of the claimed gradient, best first; without ``deviations`` by factors alone."""
        last = len(self._networks[0].layers) - 1
        start = Path(
            deltas=tuple(network.layers[last].delta for network in self._networks),
            running=self._one,
        )
        paths = [start]
        for layer in range(last, -1, -1):
            following = [grown for path in paths for grown in self._grown(path, layer, deviations=deviations)]
            if deviations and self._dear(following, paths):
                for path in paths[:SEARCHED_IN_PAIRS]:
                    following += self._tier(path, layer, self._pairs(path, layer), self._right(path, layer))
            paths = _best(following)
        return paths

    # --- one layer -----------------------------------------------------------------------------------------------

    def _grown(self, path: Path, layer: int, *, deviations: bool) -> list[Path]:
        right = self._right(path, layer)
        grown: list[Path] = []
        if right is not None:
            grown = self._with_blocks(path, layer, right, (), local=deviations, strict=False)
        if not deviations or min((each.cost for each in grown), default=math.inf) <= path.cost:
            return grown
        grown += self._tier(path, layer, self._singles(path, layer), right)
        if self._dear(grown, (path,)) and not same_factor(path.running, self._one):
            scaled = self._scaled(path)
            grown += self._tier(scaled, layer, self._singles(scaled, layer), self._right(scaled, layer))
        return grown

    def _scaled(self, path: Path) -> Path:
        """The same with the factor so far inside the delta: where a bug is not linear in it, that matters."""
        deltas = tuple(factor * delta for factor, delta in zip(path.running, path.deltas, strict=True))
        return replace(path, deltas=deltas, running=self._one)

    def _dear(self, following: Sequence[Path], paths: Sequence[Path]) -> bool:
        """Whether one more bug does not get any path past this layer."""
        best = min((path.cost for path in paths), default=math.inf)
        return min((path.cost for path in following), default=math.inf) > best + 1.0

    def _tier(self, path: Path, layer: int, candidates: Iterator[_Candidate], right: tuple[Array, ...] | None,
              ) -> list[Path]:  # fmt: skip
        """Paths by deltas of bugs; those with equal deltas are one, which names the others."""
        kept: list[tuple[tuple[Choice, ...], tuple[Array, ...]]] = []
        for choices, compute, first in self._borne_out(layer, candidates):
            rest = [_safely(compute, place) for place in range(1, len(self._networks))]
            deltas = (first, *(each for each in rest if each is not None))
            if len(deltas) < len(self._networks) or (right is not None and _all_equal(deltas, right)):
                continue
            twin = next((n for n, (_, known) in enumerate(kept) if _all_equal(deltas, known)), None)
            if twin is None and len(kept) < KEPT:
                kept.append((choices, deltas))
            elif twin is None:
                continue
            elif len(choices) == len(kept[twin][0]) == 1:
                pair = (kept[twin][0][0], choices[0])
                kept[twin] = ((_joined(*(pair if choices[0].bug != NOTHING else pair[::-1])),), kept[twin][1])
        return [
            grown
            for choices, deltas in kept
            for grown in self._with_blocks(path, layer, deltas, choices, local=True, strict=True)
        ]

    def _right(self, path: Path, layer: int) -> tuple[Array, ...] | None:
        if layer == len(self._networks[0].layers) - 1:
            return path.deltas
        found = [
            _safely(lambda n: through_activation(self._networks[n].layers[layer], self._through(path, layer, n)), place)
            for place in range(len(self._networks))
        ]
        deltas = tuple(each for each in found if each is not None)
        return deltas if len(deltas) == len(found) else None

    def _through(self, path: Path, layer: int, place: int) -> Array:
        layers = self._networks[place].layers
        return through_weights(layers[layer], layers[layer + 1], path.deltas[place])

    def _singles(self, path: Path, layer: int) -> Iterator[_Candidate]:
        if layer == len(self._networks[0].layers) - 1:
            for (bug, what), rules in self._rules.at("output", layer).items():
                choice = Choice(bug=bug, what=what, kind="output", layer=layer)
                yield (choice,), _applied(rules, self._networks, layer, path.deltas.__getitem__)
            return
        through = _remembered(lambda place: self._through(path, layer, place))
        for (bug, what), rules in self._rules.at("delta", layer).items():
            yield (
                (Choice(bug=bug, what=what, kind="delta", layer=layer),),
                _applied(rules, self._networks, layer, through),
            )
        for choice, upstream in self._upstreams(path, layer):
            yield (choice,), _activated(self._networks, layer, upstream)

    def _upstreams(self, path: Path, layer: int) -> Iterator[tuple[Choice, Callable[[int], Array]]]:
        for (bug, what), rules in self._rules.at("upstream", layer).items():
            choice = Choice(bug=bug, what=what, kind="upstream", layer=layer)
            yield choice, _remembered(_applied(rules, self._networks, layer, path.deltas.__getitem__))

    def _pairs(self, path: Path, layer: int) -> Iterator[_Candidate]:
        """A bug on the way through the weights, and one at the activation; at the output one of the loss and one."""
        if layer == len(self._networks[0].layers) - 1:
            yield from self._output_pairs(path, layer)
            return
        tried = 0
        slopes = self._rules.at("delta", layer)
        for upstream, compute in self._upstreams(path, layer):
            for (bug, what), rules in slopes.items():
                if bug != upstream.bug and tried < PAIRS:
                    tried += 1
                    choice = Choice(bug=bug, what=what, kind="delta", layer=layer)
                    yield (upstream, choice), _applied(rules, self._networks, layer, compute)

    def _output_pairs(self, path: Path, layer: int) -> Iterator[_Candidate]:
        """Two bugs that each multiply the error at the output, entry by entry."""
        if any(network.layers[layer].slope is None for network in self._networks):
            return
        singles = [
            (choices[0], _remembered(compute))
            for choices, compute in self._singles(path, layer)
            if choices[0].bug in AT_OUTPUT
        ]
        for (one, first), (other, second) in islice(combinations(singles, 2), PAIRS):
            if one.bug != other.bug:
                yield (one, other), _both(first, second, path.deltas.__getitem__)

    # --- the blocks of one layer ---------------------------------------------------------------------------------

    def _borne_out(
        self, layer: int, candidates: Iterator[_Candidate]
    ) -> Iterator[tuple[tuple[Choice, ...], Callable[[int], Array], Array]]:
        """Candidates whose delta, in the first configuration, gives a block of the layer as right code makes it.

        All at once: most candidates fall here.
        """
        network = self._networks[0]
        own, floor = network.layers[layer], self._floors[0]
        made = [(choices, compute, _safely(compute, 0)) for choices, compute in candidates]
        fitting = [
            (choices, compute, d) for choices, compute, d in made if d is not None and d.shape == own.delta.shape
        ]
        if not fitting:
            return
        deltas = np.stack([delta for *_, delta in fitting])
        passed = np.zeros(len(fitting), dtype=bool)
        claimed = self._claimed[0].get(own.weight)
        held = None if claimed is None else as_weights(own, claimed)
        if held is not None:
            passed |= _multiples(np.matmul(own.inputs.T, deltas).reshape(len(fitting), -1), held.ravel(), floor)
        bias = None if own.bias is None else self._claimed[0].get(own.bias)
        if bias is not None and bias.size == own.delta.shape[1]:
            sums = deltas.sum(axis=1)
            passed |= (
                _multiples(sums, bias.ravel(), floor) if bias.size > 1 else self._known_multiples(sums, bias, floor)
            )
        yield from (each for each, good in zip(fitting, passed, strict=True) if good)

    def _known_multiples(self, made: Array, claimed: Array, floor: float) -> npt.NDArray[np.bool_]:
        """The same for one number, of which every other one is a multiple: by constants of the catalogue alone."""
        ratios = float(claimed.ravel()[0]) / made[:, 0]
        constants = np.array([1.0, *self._factors.first()])
        near = np.abs(np.abs(ratios)[:, None] - np.abs(constants)) <= 1e-5 * np.abs(constants)
        zero = np.abs(made[:, 0]) <= floor if abs(float(claimed.ravel()[0])) <= floor else False
        return np.asarray(np.any(near, axis=1) | zero)

    def _weight_fit(self, layer: int, place: int, delta: Array, rule: Rule | None = None) -> tuple[float, float] | None:
        own = self._networks[place].layers[layer]
        claimed = self._claimed[place].get(own.weight)
        held = None if claimed is None else as_weights(own, claimed)
        if held is None:
            return None
        made = own.inputs.T @ delta if rule is None else _made(rule, self._networks[place], layer, delta)
        return None if made is None else proportion(held, made, self._floors[place])

    def _bias_fit(self, layer: int, place: int, delta: Array, rule: Rule | None = None) -> tuple[float, float] | None:
        network = self._networks[place]
        own = network.layers[layer]
        claimed = None if own.bias is None else self._claimed[place].get(own.bias)
        if claimed is None:
            return None
        made = np.asarray(delta.sum(axis=0)) if rule is None else _made(rule, network, layer, delta)
        if made is None:
            return None
        try:
            return proportion(claimed, in_bias_shape(network, own, made), self._floors[place])
        except ValueError:
            return None

    def _fitted(
        self, kind: str, layer: int, deltas: tuple[Array, ...], running: Vector, *, local: bool
    ) -> list[_Fitted]:
        """Accounts of one block, given the deltas: the right one, else those of bugs of that block; cheapest first."""
        right = self._over_all(kind, layer, deltas, None)
        found = [] if right is None else [_Fitted(choice=None, factor=right[0], error=right[1])]
        if local and not (found and self._price(layer, found[0], running) <= 0.0):
            for (bug, what), rules in self._rules.at(kind, layer).items():
                fit = self._over_all(kind, layer, deltas, rules)
                if fit is not None and not _twin(found, bug, fit[0]):
                    choice = Choice(bug=bug, what=what, kind=kind, layer=layer)
                    found.append(_Fitted(choice=choice, factor=fit[0], error=fit[1]))
        priced = [(self._price(layer, each, running), each) for each in found]
        return [each for price, each in sorted(priced, key=lambda pair: pair[0]) if math.isfinite(price)][:FITS]

    def _price(self, layer: int, fitted: _Fitted, running: Vector) -> float:
        """What an account of a block costs at least, in bugs: with the factor so far, or with its own going on."""
        own = _ratio(fitted.factor, running)
        costs = (self._factors.cost(own), self._factors.cost(fitted.factor))
        known = [cost for cost in costs if cost is not None]
        if same_factor(own, self._batch_over_width(layer)):
            known.append(1.0)
        return min(known, default=math.inf) + (fitted.choice is not None)

    def _over_all(
        self, kind: str, layer: int, deltas: tuple[Array, ...], rules: tuple[Rule, ...] | None
    ) -> tuple[Vector, float] | None:
        fit = self._weight_fit if kind == "weight" else self._bias_fit
        factors, worst = [], 0.0
        for place, delta in enumerate(deltas):
            found = fit(layer, place, delta, None if rules is None else rules[place])
            if found is None:
                return None
            factors.append(found[0])
            worst = max(worst, found[1])
        return tuple(factors), worst

    def _with_blocks(
        self, path: Path, layer: int, deltas: tuple[Array, ...], choices: tuple[Choice, ...], *,
        local: bool, strict: bool,
    ) -> list[Path]:  # fmt: skip
        """The path continued by these deltas, once for each account of the layer's two blocks.

        ``strict`` asks that one of them is made from the delta rightly; a delta of a bug must be borne out.
        """
        own = self._networks[0].layers[layer]
        base = replace(path, deltas=deltas, choices=path.choices + choices, cost=path.cost + _price(path, choices))
        weights = self._fitted("weight", layer, deltas, path.running, local=local)
        held = own.bias is not None and own.bias in self._claimed[0]
        biases = self._fitted("bias", layer, deltas, path.running, local=local) if held else []
        if strict and not any(each.choice is None for each in (*weights, *biases)):
            return []
        present = [(own.weight, "weight", weights)] if own.weight in self._claimed[0] else []
        if held and own.bias is not None:
            present.append((own.bias, "bias", biases))
        combinations: list[tuple[tuple[str, str, _Fitted | None], ...]] = [()]
        for name, kind, fits in present:
            options: list[_Fitted | None] = [*fits] if fits else [None]
            combinations = [(*chosen, (name, kind, option)) for chosen in combinations for option in options]
        anchored = [
            each
            for each in combinations
            if not strict or any(fit is not None and fit.choice is None for *_, fit in each)
        ]
        return [grown for blocks in anchored for grown in self._by_factors(base, layer, blocks)]

    def _by_factors(self, base: Path, layer: int, blocks: tuple[tuple[str, str, _Fitted | None], ...]) -> list[Path]:
        """One path for each factor that may go on to the layers below."""
        fits = [fit for *_, fit in blocks if fit is not None]
        path = replace(
            base,
            explained=base.explained + tuple(name for name, _, fit in blocks if fit is not None),
            unexplained=base.unexplained + tuple(name for name, _, fit in blocks if fit is None),
            cost=base.cost + UNEXPLAINED * (len(blocks) - len(fits)),
            error=max([base.error, *(fit.error for fit in fits)]),
        )
        for fit in fits:
            if fit.choice is not None:
                path = replace(path, choices=(*path.choices, fit.choice), cost=path.cost + _price(path, (fit.choice,)))
        goes_on = [base.running]
        for fit in fits:
            if not any(same_factor(fit.factor, known) and _as_full(fit.factor, known) for known in goes_on):
                goes_on.append(_filled(fit.factor, base.running))
        found = [self._with_running(path, layer, blocks, running) for running in goes_on]
        return [each for each in found if each is not None]

    def _batch_over_width(self, layer: int) -> Vector:
        """The factor of code that takes the number of a layer's inputs for the number of samples."""
        inputs = [network.layers[layer].inputs for network in self._networks]
        return tuple(values.shape[0] / values.shape[1] for values in inputs)

    def _with_running(
        self, path: Path, layer: int, blocks: tuple[tuple[str, str, _Fitted | None], ...], running: Vector
    ) -> Path | None:
        uses = list(path.factors)
        cost = path.cost
        changes = [(FactorUse(factor=_ratio(running, path.running), layer=layer), False)]
        for name, kind, fit in blocks:
            if fit is not None:
                factor = _ratio(fit.factor, running)
                changes.append((FactorUse(factor=factor, layer=layer, block=name, kind=kind), True))
        for use, _ in changes:
            price = self._factors.cost(use.factor)
            if use.block and price != 0 and same_factor(use.factor, self._batch_over_width(layer)):
                own = replace(use, bug=WIDTH)
                cost += REPEATED_FACTOR if any(each.bug == WIDTH for each in uses) else 1.0
                uses.append(own)
            elif price is None:
                return None
            elif price > 0:
                repeated = any(each.kind == use.kind and same_factor(each.factor, use.factor) for each in uses)
                cost += REPEATED_FACTOR if repeated else price
                uses.append(use)
        return replace(path, running=running, factors=tuple(uses), cost=cost)


_Candidate = tuple[tuple[Choice, ...], Callable[[int], Array]]


def _multiples(made: Array, claimed: Array, floor: float) -> npt.NDArray[np.bool_]:
    """Which rows are a constant multiple of what was claimed, generously."""
    squares = np.einsum("ij,ij->i", made, made)
    size = float(np.linalg.norm(claimed))
    norms = np.sqrt(squares)
    if size <= floor:
        return np.asarray(norms <= floor)
    rest = size**2 - (made @ claimed) ** 2 / squares
    return np.asarray((norms > floor) & (rest <= (2 * TOLERANCE * size + floor) ** 2 + 1e-14 * size**2))


def _plain(value: Array, part: Array | None) -> bool:
    return part is not None and value.shape == np.shape(part)


def _ratio(one: Vector, other: Vector) -> Vector:
    return tuple(ANY if math.isnan(a) or math.isnan(b) or b == 0 else a / b for a, b in zip(one, other, strict=True))


def _filled(factor: Vector, running: Vector) -> Vector:
    return tuple(b if math.isnan(a) else a for a, b in zip(factor, running, strict=True))


def _as_full(factor: Vector, known: Vector) -> bool:
    return all(math.isnan(a) or not math.isnan(b) for a, b in zip(factor, known, strict=True))


def _made(rule: Rule, network: Network, layer: int, delta: Array) -> Array | None:
    try:
        made = np.asarray(rule(network, layer, delta), dtype=np.float64)
    except ValueError:
        return None
    return made if np.all(np.isfinite(made)) else None


def _applied(
    rules: tuple[Rule, ...], networks: Sequence[Network], layer: int, given: Callable[[int], Array]
) -> Callable[[int], Array]:
    return lambda place: rules[place](networks[place], layer, given(place))


def _both(
    first: Callable[[int], Array], second: Callable[[int], Array], right: Callable[[int], Array]
) -> Callable[[int], Array]:
    """What two changes of one array by factors give together; zero where it was zero."""

    def product(place: int) -> Array:
        delta = right(place)
        known = np.abs(delta) > 0
        return np.where(known, first(place) * second(place) / np.where(known, delta, 1.0), 0.0)

    return product


def _activated(networks: Sequence[Network], layer: int, upstream: Callable[[int], Array]) -> Callable[[int], Array]:
    return lambda place: through_activation(networks[place].layers[layer], upstream(place))


def _remembered(compute: Callable[[int], Array]) -> Callable[[int], Array]:
    known: dict[int, Array] = {}

    def once(place: int) -> Array:
        if place not in known:
            known[place] = compute(place)
        return known[place]

    return once


def _safely(compute: Callable[[int], Array], place: int) -> Array | None:
    """What code of this kind would compute; None where it would crash."""
    try:
        result = np.asarray(compute(place), dtype=np.float64)
    except ValueError:
        return None
    return result if math.isfinite(float(result.sum())) else None


def _all_equal(one: tuple[Array, ...], other: tuple[Array, ...]) -> bool:
    return all(_equal(a, b) for a, b in zip(one, other, strict=True))


def _equal(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        return False
    difference = (one - other).ravel()
    return float(difference @ difference) <= 1e-18 * max(float(one.ravel() @ one.ravel()), 1e-300)


def _joined(kept: Choice, twin: Choice) -> Choice:
    names = dict.fromkeys((*kept.equal, twin.bug, *twin.equal))
    return replace(kept, equal=tuple(name for name in names if name != kept.bug))


def _twin(found: list[_Fitted], bug: str, factor: Vector) -> bool:
    """Join a bug that fits a block as well as one found before, by the same factor."""
    for place, each in enumerate(found):
        if each.choice is not None and same_factor(each.factor, factor):
            choice = each.choice
            if bug != choice.bug and bug not in choice.equal:
                found[place] = replace(each, choice=replace(choice, equal=(*choice.equal, bug)))
            return True
    return False


def _price(path: Path, choices: tuple[Choice, ...]) -> float:
    """What further choices cost, in bugs: the same slip again is hardly another bug."""
    total = 0.0
    known = list(path.choices)
    for choice in choices:
        names = {choice.bug, *choice.equal}
        if any(each.bug == choice.bug and each.what == choice.what for each in known):
            total += AGAIN
        elif any(names & {each.bug, *each.equal} for each in known):
            total += ANOTHER_FORM
        else:
            total += 1.0
        known.append(choice)
    return total


def _best(paths: list[Path]) -> list[Path]:
    """The cheapest paths, each account once."""
    seen: set[tuple[tuple[tuple[str, str, int], ...], Vector]] = set()
    kept: list[Path] = []
    for path in sorted(paths, key=lambda path: (round(path.cost, 6), path.error)):
        key = (tuple((c.bug, c.what, c.layer) for c in path.choices), tuple(round(r, 9) for r in path.running))
        if key not in seen:
            seen.add(key)
            kept.append(path)
        if len(kept) == BEAM or path.cost > kept[0].cost + WORSE:
            break
    return kept
