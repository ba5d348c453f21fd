"""The search for the bugs behind a wrong gradient, from the output layer back.

At each layer the delta is the right one or that of a bug, and either block is made from it rightly or by a bug of its
own; all up to constant factors. A delta is kept only if a block of its layer bears it out in every configuration, so
that the layers separate: three bugs in three layers cost three searches and not their product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcheck.diagnosis.matching import Observation, same_factor
from gradcheck.diagnosis.network import Array
from gradcheck.diagnosis.search.block_fits import BlockFits, Fitted
from gradcheck.diagnosis.search.deltas import Candidate, Deltas, all_equal, safely
from gradcheck.diagnosis.search.factors import Factors, Vector, quotient
from gradcheck.diagnosis.search.paths import REPEATED_FACTOR, Choice, FactorUse, Path, cheapest, further_cost, with_twin
from gradcheck.diagnosis.search.rules import Rules

__all__ = ["NOTHING", "Peeling"]

UNEXPLAINED = 3.0  # what a block that nothing explains costs, in bugs
WIDTH = "features-for-batch-size"  # the bug of a factor of its own at each layer
NOTHING = "gradient-stopped"  # what makes zeros of a delta is called so first
SEARCHED_IN_PAIRS = 3  # so many of the best paths
KEPT = 40  # deltas of bugs that are followed from one path at one layer


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
        self._networks = [each.network for each in observations if each.network is not None]
        self._factors = factors
        self._one: Vector = (1.0,) * len(self._networks)
        given = penalties if penalties is not None else [dict(network.penalty) for network in self._networks]
        self._claimed = [
            {name: value - penalty.get(name, 0.0) if _plain(value, penalty.get(name)) else value
             for name, value in each.claimed.items()}
            for each, penalty in zip(observations, given, strict=True)
        ]  # fmt: skip
        self._deltas = Deltas(self._networks, rules)
        floors = [each.floor for each in observations]
        self._fits = BlockFits(self._networks, self._claimed, floors, rules, factors)

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
                    following += self._tier(
                        path, layer, self._deltas.pairs(path, layer), self._deltas.right(path, layer)
                    )
            paths = cheapest(following)
        return paths

    # --- one layer -----------------------------------------------------------------------------------------------

    def _grown(self, path: Path, layer: int, *, deviations: bool) -> list[Path]:
        right = self._deltas.right(path, layer)
        grown: list[Path] = []
        if right is not None:
            grown = self._with_blocks(path, layer, right, (), local=deviations, strict=False)
        if not deviations or min((each.cost for each in grown), default=math.inf) <= path.cost:
            return grown
        grown += self._tier(path, layer, self._deltas.singles(path, layer), right)
        if self._dear(grown, (path,)) and not same_factor(path.running, self._one):
            scaled = self._scaled(path)
            grown += self._tier(scaled, layer, self._deltas.singles(scaled, layer), self._deltas.right(scaled, layer))
        return grown

    def _scaled(self, path: Path) -> Path:
        """The same with the factor so far inside the delta: where a bug is not linear in it, that matters."""
        deltas = tuple(factor * delta for factor, delta in zip(path.running, path.deltas, strict=True))
        return replace(path, deltas=deltas, running=self._one)

    def _dear(self, following: Sequence[Path], paths: Sequence[Path]) -> bool:
        """Whether one more bug does not get any path past this layer."""
        best = min((path.cost for path in paths), default=math.inf)
        return min((path.cost for path in following), default=math.inf) > best + 1.0

    def _tier(self, path: Path, layer: int, candidates: Iterator[Candidate], right: tuple[Array, ...] | None,
              ) -> list[Path]:  # fmt: skip
        """Paths by deltas of bugs; those with equal deltas are one, which names the others."""
        kept: list[tuple[tuple[Choice, ...], tuple[Array, ...]]] = []
        for choices, compute, first in self._fits.borne_out(layer, candidates):
            rest = [safely(compute, place) for place in range(1, len(self._networks))]
            deltas = (first, *(each for each in rest if each is not None))
            if len(deltas) < len(self._networks) or (right is not None and all_equal(deltas, right)):
                continue
            twin = next((n for n, (_, known) in enumerate(kept) if all_equal(deltas, known)), None)
            if twin is None and len(kept) < KEPT:
                kept.append((choices, deltas))
            elif twin is None or choices[0].alone:
                continue
            elif len(choices) == len(kept[twin][0]) == 1:
                pair = (kept[twin][0][0], choices[0])
                kept[twin] = ((with_twin(*(pair if choices[0].bug != NOTHING else pair[::-1])),), kept[twin][1])
        return [
            grown
            for choices, deltas in kept
            for grown in self._with_blocks(path, layer, deltas, choices, local=True, strict=True)
            if not (_turned(deltas, right) and len(grown.factors) > len(path.factors))
        ]

    # --- the blocks of one layer ---------------------------------------------------------------------------------

    def _with_blocks(
        self, path: Path, layer: int, deltas: tuple[Array, ...], choices: tuple[Choice, ...], *,
        local: bool, strict: bool,
    ) -> list[Path]:  # fmt: skip
        """The path continued by these deltas, once for each account of the layer's two blocks.

        ``strict`` asks that one of them is made from the delta rightly; a delta of a bug must be borne out.
        """
        own = self._networks[0].layers[layer]
        base = replace(
            path, deltas=deltas, choices=path.choices + choices, cost=path.cost + further_cost(path, choices)
        )
        weights = self._fits.accounts("weight", layer, deltas, path.running, local=local)
        held = own.bias is not None and own.bias in self._claimed[0]
        biases = self._fits.accounts("bias", layer, deltas, path.running, local=local) if held else []
        if strict and not any(each.choice is None for each in (*weights, *biases)):
            return []
        present = [(own.weight, "weight", weights)] if own.weight in self._claimed[0] else []
        if held and own.bias is not None:
            present.append((own.bias, "bias", biases))
        combinations: list[tuple[tuple[str, str, Fitted | None], ...]] = [()]
        for name, kind, fits in present:
            options: list[Fitted | None] = [*fits] if fits else [None]
            combinations = [(*chosen, (name, kind, option)) for chosen in combinations for option in options]
        anchored = [
            each
            for each in combinations
            if not strict or any(fit is not None and fit.choice is None for *_, fit in each)
        ]
        return [grown for blocks in anchored for grown in self._by_factors(base, layer, blocks)]

    def _by_factors(self, base: Path, layer: int, blocks: tuple[tuple[str, str, Fitted | None], ...]) -> list[Path]:
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
                path = replace(
                    path, choices=(*path.choices, fit.choice), cost=path.cost + further_cost(path, (fit.choice,))
                )
        goes_on = [base.running]
        for fit in fits:
            if not any(same_factor(fit.factor, known) and _as_full(fit.factor, known) for known in goes_on):
                goes_on.append(_filled(fit.factor, base.running))
        found = [self._with_running(path, layer, blocks, running) for running in goes_on]
        return [each for each in found if each is not None]

    def _with_running(
        self, path: Path, layer: int, blocks: tuple[tuple[str, str, Fitted | None], ...], running: Vector
    ) -> Path | None:
        uses = list(path.factors)
        cost = path.cost
        changes = [FactorUse(factor=quotient(running, path.running), layer=layer)]
        for name, kind, fit in blocks:
            if fit is not None:
                factor = quotient(fit.factor, running)
                changes.append(FactorUse(factor=factor, layer=layer, block=name, kind=kind))
        for use in changes:
            price = self._factors.cost(use.factor)
            if use.block and price != 0 and same_factor(use.factor, self._fits.batch_over_width(layer)):
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


def _turned(deltas: tuple[Array, ...], right: tuple[Array, ...] | None) -> bool:
    """Whether deltas are the right ones with the other sign: with a constant on top they would be any multiple."""
    return right is not None and all_equal(deltas, tuple(-each for each in right))


def _plain(value: Array, part: Array | None) -> bool:
    return part is not None and value.shape == part.shape


def _filled(factor: Vector, running: Vector) -> Vector:
    return tuple(b if math.isnan(a) else a for a, b in zip(factor, running, strict=True))


def _as_full(factor: Vector, known: Vector) -> bool:
    return all(math.isnan(a) or not math.isnan(b) for a, b in zip(factor, known, strict=True))
