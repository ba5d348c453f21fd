"""What bugs would do, taken apart: one rule for one stage of one layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.diagnosis.backward import Deviation, Rule
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.matching import Observation
from gradcheck.diagnosis.network import Network

__all__ = ["ALONE", "Rules"]

ALONE = " alone"


class Rules:
    """The deviations of all bugs at every observation, taken apart into rules of one stage each.

    Attributes
    ----------
    whole : list of mapping
        The deviations as they are, one mapping for each observation, by bug, layers and form.
    at_output : frozenset of str
        Bugs that each change the error at the output by a factor of its own.
    """

    def __init__(self, observations: Sequence[Observation], bugs: Sequence[Bug]) -> None:
        self.at_output = frozenset(bug.id for bug in bugs if bug.factor_at_output)
        self._stages: list[dict[tuple[str, int], dict[tuple[str, str], Rule]]] = []
        self.whole: list[dict[tuple[str, tuple[int, ...], str], Deviation]] = []
        for observation in observations:
            stages: dict[tuple[str, int], dict[tuple[str, str], Rule]] = {}
            whole: dict[tuple[str, tuple[int, ...], str], Deviation] = {}
            for bug in bugs:
                for deviation in _deviations(bug, observation):
                    if not deviation.alone:
                        whole.setdefault((deviation.bug, deviation.layers, deviation.what), deviation)
                    if bug.family is not Family.SCALE:
                        _take_apart(stages, deviation, observation.network)
            self._stages.append(stages)
            self.whole.append(whole)

    def at(self, kind: str, layer: int) -> dict[tuple[str, str], tuple[Rule, ...]]:
        """Rules of one stage that exist at every observation: by bug and form.

        ``kind`` is ``output``, ``delta``, ``upstream``, ``weight`` or ``bias``; with ``ALONE`` after it, those that are
        tried by themselves only.
        """
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
            stages.setdefault((kind + ALONE * deviation.alone, layer), {}).setdefault(
                (deviation.bug, deviation.what), rule
            )
