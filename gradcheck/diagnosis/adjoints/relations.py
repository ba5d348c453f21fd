"""What the values of a run are to each other: right quantities, and which step of back-propagation leads where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.diagnosis.adjoints.quantities import (
    Quantity,
    QuantityKind,
    Table,
    adjoints,
    forward_values,
    output_errors,
)
from gradcheck.diagnosis.adjoints.tracks import CLAIM_RTOL, RTOL, Track, proportion
from gradcheck.diagnosis.backward import through_weights
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.programs.program import Array

__all__ = ["LIKELY", "POSSIBLE", "SURE", "Cause", "Relations", "Values"]

# How sure a suspicion is.
SURE, LIKELY, POSSIBLE = 1.0, 0.6, 0.4
Values = tuple[Array, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A track whose line may be wrong, for one block; ``call``: in what it calls a function with, not in that.

    ``bug`` is what the values alone are, by the catalogue, where they say so.
    """

    track: Track
    block: str
    layer: int | None
    should_be: Quantity | None = None
    instead: str = ""
    score: float = SURE
    call: bool = False
    bug: str = ""


class Relations:
    """What the tracks of a run are to each other and to the true quantities.

    Parameters
    ----------
    networks : sequence of Network
        One a point.
    tracks : sequence of Track
    claimed, true : sequence of mapping
        The blocks' gradients, one mapping a point.
    parameters : sequence of mapping
        The blocks' values, one mapping a point.
    known : set of int
        Identities of tracks that are known to be right for other reasons.
    forward_lines : collection of int
        Lines that the loss depends on.

    Attributes
    ----------
    right : mapping
        By the identity of a track: the adjoints that it is, each with its constant factor.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        tracks: Sequence[Track],
        claimed: Sequence[Mapping[str, Array]],
        true: Sequence[Mapping[str, Array]],
        parameters: Sequence[Mapping[str, Array]] = (),
        known: Iterable[int] = (),
        forward_lines: Collection[int] = (),
    ) -> None:
        self._forward_lines = forward_lines
        self.networks, self.tracks, self.claimed, self.true = networks, tracks, claimed, true
        self._parameters = parameters
        self.first = networks[0]
        self._adjoints = adjoints(networks)
        self._forward = forward_values(networks)
        self._errors = output_errors(networks)
        self.right: dict[int, list[tuple[Quantity, float]]] = {}
        self._known: set[int] = set(known)
        for track in tracks:
            found = list(self._matches(track, self._adjoints))
            if found:
                self.right[id(track)] = found
            if found or any(True for _ in self._matches(track, self._forward)):
                self._known.add(id(track))

    def is_known(self, track: Track) -> bool:
        """Whether a track is an adjoint or a forward value."""
        return id(track) in self._known

    def _others_are_right(self, index: int) -> bool:
        """Whether one of a layer's blocks is right: its error is then, as far as constants go."""
        layer = self.first.layers[index]
        return any(self._block_is_right(name) for name in (layer.weight, layer.bias) if name is not None)

    def _block_is_right(self, name: str) -> bool:
        pairs = zip(self.claimed, self.true, strict=True)
        return all(self._close(point.get(name), truth[name]) for point, truth in pairs)

    @staticmethod
    def _close(claim: Array | None, truth: Array) -> bool:
        if claim is None or claim.shape != truth.shape:
            return False
        return bool(np.abs(claim - truth).max(initial=0.0) <= CLAIM_RTOL * max(np.abs(truth).max(initial=0.0), 1e-300))

    def _right_track(self, index: int, result: Track | None, factor: float | None = None) -> Track | None:
        """The first track that is the error of a layer, up to a constant; rather with that factor, if one has it."""
        if factor is not None:
            for track in self.tracks:
                for quantity, found in self.right.get(id(track), ()):
                    exact = abs(found - factor) <= CLAIM_RTOL * abs(factor)
                    if quantity.kind is QuantityKind.DELTA and quantity.layer == index and exact:
                        return track
        output = index + 1 == len(self.first.layers)
        for track in self.tracks:
            if result is not None and track.event.order > result.end:
                continue
            if self._is(track, QuantityKind.DELTA, index):
                return track
            if output and self._is(track, QuantityKind.UPSTREAM, index) and not self._is_bare_error(track):
                return track
        return None

    def _is_bare_error(self, track: Track) -> bool:
        """Whether a track is ``output - targets``, or the reverse, as it is."""
        return any(abs(abs(factor) - 1.0) < RTOL for _, factor in self._matches(track, self._errors))

    # ---- relations

    def _deltas_above(self, index: int, used: Track) -> Iterator[tuple[Track, Values]]:
        """Tracks before this one that could be the error of the layer above, the latest first."""
        units = self.first.layers[index + 1].delta.shape[1]
        for track in reversed(self.tracks):
            if track.event.order <= used.event.order and track is not used:
                for values in track.rows(self.first.batch, units):
                    yield track, values

    def _follows(self, index: int, used: Track, above: Values) -> float | None:
        """Whether a track is what right code computes from an error of the layer above."""
        made = self._sent_down(index, above, None)
        if made is None:
            return None
        return next((c for view in self._views(used, index) if (c := proportion(view, made)) is not None), None)

    def _sent_down(self, index: int, above: Values, weights: Values | None) -> Values | None:
        """``d_l`` from an error of the layer above, by the true weights or by others."""
        found = []
        for place, (network, delta) in enumerate(zip(self.networks, above, strict=True)):
            layer, following = network.layers[index], network.layers[index + 1]
            if layer.slope is None:
                return None
            other = None if weights is None else weights[place]
            found.append(through_weights(layer, following, delta, other) * layer.slope)
        return tuple(found)

    def _views(self, track: Track, index: int) -> list[Values]:
        return track.rows(self.first.batch, self.first.layers[index].delta.shape[1])

    def _matches(self, track: Track, table: Table) -> Iterator[tuple[Quantity, float]]:
        """Quantities of a table that a track is, up to a constant."""
        for quantity, values in table:
            if track.size != values[0].size:
                continue
            forms = [values] + (
                [tuple(v.T for v in values)] if values[0].ndim == 2 and 1 not in values[0].shape else []
            )
            factor = next((c for form in forms if (c := proportion(track.values, form)) is not None), None)
            if factor is not None:
                yield quantity, factor

    def _is(self, track: Track, kind: QuantityKind, layer: int) -> bool:
        return any(q.kind is kind and q.layer == layer for q, _ in self.right.get(id(track), ()))

    def _has(self, kind: QuantityKind, layer: int, before: Track) -> bool:
        """Whether a right quantity had been computed before a track."""
        return any(self._is(track, kind, layer) and track.event.order < before.event.order for track in self.tracks)

    def _is_error(self, track: Track) -> bool:
        return any(True for _ in self._matches(track, self._errors))

    def _matches_error(self, values: Values) -> bool:
        return any(proportion(values, errors) is not None for _, errors in self._errors)

    def _delta(self, index: int) -> Quantity:
        name = self.first.layers[index].names.get("pre_activation", f"Z{index + 1}")
        return Quantity(kind=QuantityKind.DELTA, layer=index, name=name)

    @staticmethod
    def _proportional(left: Values, right: Values) -> bool:
        if left[0].shape != right[0].shape:
            return False
        if proportion(left, right, 1e-6) is not None:
            return True
        # A constant ratio is a factor of its own: ones.
        a, b = np.concatenate([x.ravel() for x in left]), np.concatenate([x.ravel() for x in right])
        if np.ptp(b) != 0.0 or b[0] == 0.0 or not np.isfinite(a).all():
            return False
        return bool(np.ptp(a) <= RTOL * np.abs(a).max() and a[0] != 0.0)
