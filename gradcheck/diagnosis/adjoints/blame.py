"""From a wrong block back to the step that turned right into wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gradcheck.diagnosis.adjoints.delta_blame import DeltaSearch
from gradcheck.diagnosis.adjoints.quantities import (
    Quantity,
    QuantityKind,
)
from gradcheck.diagnosis.adjoints.relations import LIKELY, POSSIBLE, Cause, Values
from gradcheck.diagnosis.adjoints.tracks import CLAIM_RTOL, Track, proportion, same
from gradcheck.diagnosis.backward import in_bias_shape, in_block_shape
from gradcheck.diagnosis.network import Layer, Network
from gradcheck.diagnosis.programs.program import Array
from gradcheck.language import tr

__all__ = ["Cause", "Search"]

# A change of a parameter by a small step is known to fewer digits.
UPDATE_RTOL = 1e-4
# What is left of a sum that cancels, of the block's true gradient.
NEGLIGIBLE = 1e-10


class Search(DeltaSearch):
    """Follows wrong gradients back through what a run has computed; see ``Relations`` for what it is given."""

    def block(self, name: str) -> list[Cause]:
        """Lines that may have made a block's claim wrong, the most suspected first."""
        claims = tuple(point[name] for point in self.claimed if name in point)
        if len(claims) < len(self.networks) or self._block_is_right(name):
            return []
        for index, layer in enumerate(self.first.layers):
            if name in (layer.weight, layer.bias) and layer.weight_entries is None:
                found = self._layer_block(name, index, layer, claims)
                return [inner for cause in found for inner in self._inwards(cause)]
        return []

    def _inwards(self, cause: Cause) -> list[Cause]:
        """A value that a function has just returned was computed there; its caller comes second."""
        returned = [
            track
            for track in self.tracks
            if track.event.name.startswith("return")
            and track.event.line not in self._forward_lines
            and track.event.order == cause.track.event.order - 1
            and track.samples == cause.track.samples
            and same(track.values, cause.track.values)
        ]
        if not returned or cause.call:
            return [cause]
        inner = dataclasses.replace(cause, track=returned[0])
        return [*self._inwards(inner), dataclasses.replace(cause, score=min(cause.score, LIKELY))]

    # ---- blocks

    def _layer_block(  # noqa: PLR0911 (one return for each way in which a block can be wrong)
        self, name: str, index: int, layer: Layer, claims: Values
    ) -> list[Cause]:
        is_weight = name == layer.weight
        scale = max(float(np.abs(point[name]).max(initial=0.0)) for point in self.true)
        if all(np.abs(claim).max(initial=0.0) <= NEGLIGIBLE * scale for claim in claims):
            return self._of_zero(name, index, claims, scale)
        result = self._result(claims, name)
        true = tuple(point[name] for point in self.true)
        parts = tuple(network.penalty.get(name, np.zeros(1)) for network in self.networks)
        bare = (
            tuple(c - p for c, p in zip(claims, parts, strict=True)),
            tuple(c - p for c, p in zip(true, parts, strict=True)),
        )
        for claim, truth in ((claims, true), bare):
            if proportion(claim, truth, CLAIM_RTOL) is not None:
                return self._scaled(name, index, claim, truth, result)
        used = self._used_delta(index, claims, result, name, is_weight=is_weight)
        right = [track for track in used if self._is(track, QuantityKind.DELTA, index)]
        if used and not right:
            return self._of_delta(name, index, self._where_it_was_made(index, used), result, depth=0)
        kind = QuantityKind.WEIGHT if is_weight else QuantityKind.BIAS
        should_be = Quantity(kind=kind, layer=index, name=name)
        if result is None:
            return []
        other = self._other_inputs(index, claims) if is_weight else None
        if other is not None:
            text = tr("made with {name} as the layer's input", name=other.event.name)
            bug = "wrong-layer-activation"
            causes = [Cause(track=result, block=name, layer=index, should_be=should_be, instead=text, bug=bug)]
            if id(other) in self._known or other.event.name.startswith("return"):
                return causes
            inputs = Quantity(kind=QuantityKind.VALUE, layer=index, name=tr("the layer's input"))
            first = dataclasses.replace(
                causes[0], track=other, should_be=inputs, instead=tr("something else"), score=0.95
            )
            return [first, dataclasses.replace(causes[0], score=LIKELY)]
        known = [t for t in self.tracks if self._is(t, QuantityKind.DELTA, index) and t.event.order <= result.end]
        instead = self._instead_of_block(index, claims, is_weight=is_weight)
        if known or instead:
            bug = "bias-sum-without-axis" if instead and not is_weight else ""
            return [Cause(track=result, block=name, layer=index, should_be=should_be, instead=instead, bug=bug)]
        return self._unknown_between(name, index, result, should_be)

    def _where_it_was_made(self, index: int, used: Sequence[Track]) -> Track:
        """The last of some tracks; of several with its value the first, unless that is right for something else."""
        last = used[-1]
        if self._is(last, QuantityKind.UPSTREAM, index) or self._is(last, QuantityKind.MASKED, index):
            return last
        return next(
            track
            for track in used
            if track is last or (proportion(track.values, last.values) is not None and not self._is_error(track))
        )

    def _result(self, claims: Values, name: str) -> Track | None:
        """The first track that is the claim, up to a constant; else the update that it was made in."""
        number = all(np.ptp(claim) == 0.0 for claim in claims) and claims[0].size > 1
        single = tuple(claim.reshape(-1)[:1] for claim in claims)
        for track in self.tracks:
            if track.samples > 1 and not track.summed:
                continue
            forms = [claims] + ([tuple(c.T for c in claims)] if claims[0].ndim == 2 else [])
            if track.size == claims[0].size and any(
                proportion(track.values, form, CLAIM_RTOL) is not None for form in forms
            ):
                return track
            if number and track.size == 1 and proportion(track.values, single, CLAIM_RTOL) is not None:
                return track
        return self._update(name, claims)

    def _of_zero(self, name: str, index: int, claims: Values, scale: float) -> list[Cause]:
        """A claim of nothing: the last line that has bound zeros of its form, or a sum that has cancelled."""
        layer = self.first.layers[index]
        kind = QuantityKind.WEIGHT if name == layer.weight else QuantityKind.BIAS
        made = [t.end for t in self.tracks if any(q.name == name for q, _ in self.right.get(id(t), ()))]
        zeros = [
            track
            for track in self.tracks
            if track.values[0].shape == claims[0].shape and not any(value.any() for value in track.values)
        ]
        cancelled = [
            track
            for track in self.tracks
            if track.size in (1, claims[0].size)
            and all(0.0 < np.abs(value).max() <= NEGLIGIBLE * scale for value in track.values)
        ]
        zeros = cancelled[:1] or zeros
        lost = [track for track in zeros if made and track.event.order > max(made)]
        if not zeros:
            return []
        track = lost[0] if lost else zeros[-1]
        should_be = Quantity(kind=kind, layer=index, name=name)
        cause = Cause(track=track, block=name, layer=index, should_be=should_be, instead=tr("zero"), score=0.95)
        return [dataclasses.replace(cause, bug="gradient-stopped")]

    def _update(self, name: str, claims: Values) -> Track | None:
        """The first track that is the block changed by a multiple of its claim."""
        before = [point[name] for point in self._parameters if name in point]
        if len(before) < len(claims):
            return None
        for track in self.tracks:
            if track.size == before[0].size and (track.samples == 1 or track.summed):
                change = [
                    after.ravel() - track.samples * value.ravel()
                    for after, value in zip(track.values, before, strict=True)
                ]
                if proportion(change, claims, UPDATE_RTOL) is not None:
                    return track
        return None

    def _used_delta(
        self, index: int, claims: Values, result: Track | None, name: str, *, is_weight: bool
    ) -> list[Track]:
        """Tracks that give the claim when they are taken for the error of the layer."""
        targets = [claims]
        parts = tuple(network.penalty.get(name, np.zeros(1)) for network in self.networks)
        if any(part.any() for part in parts):
            targets.append(tuple(claim - part for claim, part in zip(claims, parts, strict=True)))
        found = []
        for track, values in self._batches(index, result):
            made = tuple(
                self._block_gradient(network, index, value, is_weight=is_weight)
                for network, value in zip(self.networks, values, strict=True)
            )
            if any(proportion(made, target, CLAIM_RTOL) is not None for target in targets):
                found.append(track)
        return found

    def _block_gradient(self, network: Network, index: int, delta: Array, *, is_weight: bool) -> Array:
        layer = network.layers[index]
        if is_weight:
            return in_block_shape(network, layer, layer.inputs.T @ delta)
        return in_bias_shape(network, layer, delta.sum(axis=0))

    def _batches(self, index: int, result: Track | None) -> Iterator[tuple[Track, Values]]:
        """Tracks that have the form of a layer's error, as (m, h)."""
        units = self.first.layers[index].delta.shape[1]
        for track in self.tracks:
            if result is None or track.event.order <= result.event.order:
                for values in track.rows(self.first.batch, units):
                    yield track, values

    # ---- constant factors

    def _scaled(self, name: str, index: int, claims: Values, true: Values, result: Track | None) -> list[Cause]:
        """A block that is a constant multiple of the truth: where along its way the constant came in."""
        factor = proportion(claims, true, CLAIM_RTOL) or 1.0
        text = tr("{factor:.6g} times what it should be", factor=factor)
        last = len(self.first.layers) - 1
        delta = self._right_track(index, result)
        kind = QuantityKind.WEIGHT if name == self.first.layers[index].weight else QuantityKind.BIAS
        should_be = Quantity(kind=kind, layer=index, name=name)
        made = self._made_right(name, kind, factor)
        if made is not None:
            update = self._update(name, claims)
            if update is not None and update is not made:
                instead = tr("changed by {factor:.6g} times what it should be", factor=factor)
                return [Cause(track=update, block=name, layer=index, should_be=should_be, instead=instead)]
        causes = []
        if result is not None and self._others_are_right(index):
            causes.append(Cause(track=result, block=name, layer=index, should_be=should_be, instead=text))
        elif delta is not None and index < last and self._others_are_right(last):
            for place in range(last - 1, index - 1, -1):  # the first layer where it goes wrong
                if not self._others_are_right(place):
                    found = self._right_track(place, result)
                    if found is not None:
                        expected = self._delta(place)
                        causes.append(Cause(track=found, block=name, layer=place, should_be=expected, instead=text))
                    break
        else:
            causes += self._scaled_anywhere(name, index, claims, result, factor)
        return causes

    def _scaled_anywhere(
        self, name: str, index: int, claims: Values, result: Track | None, factor: float
    ) -> list[Cause]:
        """Where a constant in all blocks can have come in: the output's error, the blocks' own lines, the updates."""
        text = tr("{factor:.6g} times what it should be", factor=factor)
        last = len(self.first.layers) - 1
        kind = QuantityKind.WEIGHT if name == self.first.layers[index].weight else QuantityKind.BIAS
        own = Quantity(kind=kind, layer=index, name=name)
        places = [
            (self._right_track(last, result, factor), last, self._delta(last), LIKELY),
            (result, index, own, 0.5),
            (self._update(name, claims), index, None, POSSIBLE),
        ]
        return [
            Cause(track=track, block=name, layer=layer, should_be=should_be, instead=text, score=score)
            for track, layer, should_be, score in places
            if track is not None
        ]

    def _made_right(self, name: str, kind: QuantityKind, factor: float) -> Track | None:
        """A track that is the block's true gradient as right blocks have it, so that only its use can be wrong."""
        usual = {1.0}
        for other in self.first.layers:
            for block, each in ((other.weight, QuantityKind.WEIGHT), (other.bias, QuantityKind.BIAS)):
                if block is not None and self._block_is_right(block):
                    usual |= {round(c, 6) for q, c in self._factors(each, block)}
        if round(factor, 6) in usual and len(usual) == 1:
            return None
        for track in self.tracks:
            for quantity, c in self.right.get(id(track), ()):
                if quantity.kind is kind and quantity.name == name and round(c, 6) in usual:
                    return track
        return None

    def _factors(self, kind: QuantityKind, block: str) -> Iterator[tuple[Quantity, float]]:
        for found in self.right.values():
            yield from ((q, c) for q, c in found if q.kind is kind and q.name == block)

    # ---- blocks of their own

    def _instead_of_block(self, index: int, claims: Values, *, is_weight: bool) -> str:
        """What a claim is instead of its block's gradient, the layer's error being right."""
        if not is_weight:
            if np.ptp(claims[0]) == 0.0 and claims[0].size > 1:
                return tr("one number for all units: a sum over everything")
            return ""
        true = self.first.layers[index]
        for text, pick in self._inputs_instead(index):
            made = []
            for network in self.networks:
                inputs = pick(network)
                if inputs is None or inputs.shape != true.inputs.shape:
                    break
                made.append(in_block_shape(network, true, inputs.T @ network.layers[index].delta))
            if len(made) == len(claims) and proportion(claims, made, CLAIM_RTOL) is not None:
                return tr("made with {name} as the layer's input", name=text)
        return ""

    def _other_inputs(self, index: int, claims: Values) -> Track | None:
        """The last track that gives the claim when it is taken for the layer's input, its error being right."""
        shape = self.first.layers[index].inputs.shape
        for track in reversed(self.tracks):
            for values in track.rows(*shape):
                made = tuple(
                    in_block_shape(network, network.layers[index], value.T @ network.layers[index].delta)
                    for network, value in zip(self.networks, values, strict=True)
                )
                if proportion(claims, made, CLAIM_RTOL) is not None:
                    return track
        return None

    def _inputs_instead(self, index: int) -> list[tuple[str, Callable[[Network], Array | None]]]:
        found: list[tuple[str, Callable[[Network], Array | None]]] = []
        for place, layer in enumerate(self.first.layers):
            z, a = layer.names.get("pre_activation", f"Z{place + 1}"), layer.names.get("output", f"A{place + 1}")
            found.append((z, lambda network, i=place: network.layers[i].pre_activation))  # type: ignore[misc]
            if place + 1 != index:
                found.append((a, lambda network, i=place: network.layers[i].output))  # type: ignore[misc]
        return found

    def _unknown_between(self, name: str, index: int, result: Track, should_be: Quantity) -> list[Cause]:
        """Lines after the last right quantity above this block, of which nothing is known."""
        above = [
            track.end
            for track in self.tracks
            if track.end < result.end
            and any(q.kind is QuantityKind.DELTA and (q.layer or 0) > index for q, _ in self.right.get(id(track), ()))
        ]
        start = max(above, default=-1)
        between = [t for t in self.tracks if start < t.end < result.end and id(t) not in self._known and t.size > 1]
        causes = [Cause(track=track, block=name, layer=index, score=POSSIBLE) for track in between[:6]]
        return [*causes, Cause(track=result, block=name, layer=index, should_be=should_be, score=LIKELY)]
