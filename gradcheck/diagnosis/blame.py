"""From a wrong block back to the step that turned right into wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.diagnosis.backward import in_bias_shape, in_block_shape, through_weights
from gradcheck.diagnosis.network import Layer, Network
from gradcheck.diagnosis.program import Array
from gradcheck.diagnosis.quantities import (
    Quantity,
    QuantityKind,
    Table,
    adjoints,
    derivative_at,
    factors,
    forward_values,
    output_errors,
)
from gradcheck.diagnosis.tracks import CLAIM_RTOL, RTOL, Track, proportion, same

__all__ = ["Cause", "Search"]

SURE, LIKELY, POSSIBLE = 1.0, 0.6, 0.4
# A change of a parameter by a small step is known to fewer digits.
UPDATE_RTOL = 1e-4
# What is left of a sum that cancels, of the block's true gradient.
NEGLIGIBLE = 1e-10
Values = tuple[Array, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A track whose line may be wrong, for one block; ``call``: in what it calls a function with, not in that."""

    track: Track
    block: str
    layer: int | None
    should_be: Quantity | None = None
    instead: str = ""
    score: float = SURE
    call: bool = False


class Search:
    """Follows wrong gradients back through what a run has computed.

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
            text = f"made with {other.event.name} as the layer's input"
            causes = [Cause(track=result, block=name, layer=index, should_be=should_be, instead=text)]
            if id(other) in self._known or other.event.name.startswith("return"):
                return causes
            inputs = Quantity(kind=QuantityKind.VALUE, layer=index, name="the layer's input")
            first = Cause(track=other, block=name, layer=index, should_be=inputs, instead="something else", score=0.95)
            return [first, dataclasses.replace(causes[0], score=LIKELY)]
        known = [t for t in self.tracks if self._is(t, QuantityKind.DELTA, index) and t.event.order <= result.end]
        instead = self._instead_of_block(index, claims, is_weight=is_weight)
        if known or instead:
            return [Cause(track=result, block=name, layer=index, should_be=should_be, instead=instead)]
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
        return [Cause(track=track, block=name, layer=index, should_be=should_be, instead="zero", score=0.95)]

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

    # ---- errors of layers

    def _of_delta(self, name: str, index: int, used: Track, result: Track | None, depth: int) -> list[Cause]:
        """Why what was taken for the error of a layer is not that."""
        layers = self.first.layers
        should_be = self._delta(index)
        if index + 1 == len(layers):
            return self._of_output(name, index, used, should_be)
        if self._is(used, QuantityKind.UPSTREAM, index) or self._is(used, QuantityKind.MASKED, index):
            missing = "the error sent down, without the activation's derivative"
            if self._is(used, QuantityKind.MASKED, index) and self.first.layers[index].slope is not None:
                missing = "the error sent down, without dropout's mask"
            causes = [Cause(track=used, block=name, layer=index, should_be=should_be, instead=missing)]
            if result is not None:
                causes.append(Cause(track=result, block=name, layer=index, score=POSSIBLE, instead=missing))
            return causes
        for above, delta in self._deltas_above(index, used):
            if self._follows(index, used, delta) is None:
                continue
            if not self._is(above, QuantityKind.DELTA, index + 1):
                raw = self._is_error(above)
                if raw and self._has(QuantityKind.DELTA, index + 1, used):
                    text = "the output minus the targets, sent down without the output's derivative"
                    return [self._at_step(name, index, used, text)]
                if depth > len(layers):
                    return []
                return self._of_delta(name, index + 1, above, result, depth + 1)
        return self._of_step(name, index, used)

    def _of_output(self, name: str, index: int, used: Track, should_be: Quantity) -> list[Cause]:
        """A wrong error at the output."""
        for values in used.rows(*self.first.layers[index].delta.shape):
            if self._matches_error(values):
                text = "the output minus the targets"
                return [Cause(track=used, block=name, layer=index, should_be=should_be, instead=text)]
            adjoint = tuple(network.layers[index].output_adjoint for network in self.networks)
            found = self._of_factor(name, index, used, values, adjoint)
            if found:
                return found
        return [Cause(track=used, block=name, layer=index, should_be=should_be)]

    def _of_step(self, name: str, index: int, used: Track) -> list[Cause]:
        """A step from the true error of the layer above that is wrong."""
        for values in used.rows(self.first.batch, self.first.layers[index].delta.shape[1]):
            upstream = tuple(network.layers[index].output_adjoint for network in self.networks)
            found = self._of_factor(name, index, used, values, upstream)
            if found:
                return found
        weights = self._of_weights(name, index, used)
        if weights:
            return weights
        cause = self._at_step(name, index, used, "")
        start = max((t.end for t in self.tracks if id(t) in self.right and t.end < cause.track.event.order), default=-1)
        between = [
            track
            for track in self.tracks
            if start < track.end < cause.track.event.order and id(track) not in self._known and track.size > 1
        ]
        if not between:
            return [dataclasses.replace(cause, score=0.95)]
        first, *rest = between[-5:]
        others = [Cause(track=track, block=name, layer=index, score=POSSIBLE) for track in rest]
        if self.first.layers[index].slope is None:  # the way in between has steps that no table has
            first_cause = Cause(track=first, block=name, layer=index, score=0.85)
            return [first_cause, dataclasses.replace(cause, score=LIKELY), *others]
        return [
            dataclasses.replace(cause, score=0.8),
            Cause(track=first, block=name, layer=index, score=POSSIBLE),
            *others,
        ]

    def _at_step(self, name: str, index: int, used: Track, instead: str) -> Cause:
        """The line of a wrong error, or the line before it that was to send the error down, if there is one."""
        for track in reversed(self.tracks):
            if track.event.order >= used.event.order or id(track) in self._known:
                continue
            for values in track.rows(self.first.batch, self.first.layers[index].delta.shape[1]):
                slopes = tuple(network.layers[index].slope for network in self.networks)
                made = tuple(v * s for v, s in zip(values, slopes, strict=True) if s is not None)
                if len(made) == len(values) and any(
                    self._proportional(view, made) for view in self._views(used, index)
                ):
                    a = self.first.layers[index].names.get("output", f"A{index + 1}")
                    quantity = Quantity(kind=QuantityKind.UPSTREAM, layer=index, name=a)
                    return Cause(track=track, block=name, layer=index, should_be=quantity, instead=instead)
        return Cause(track=used, block=name, layer=index, should_be=self._delta(index), instead=instead)

    def _of_factor(self, name: str, index: int, used: Track, values: Values, upstream: Values) -> list[Cause]:
        """The error is the true one sent down times something that is not ``f'(z)``: what, and from where."""
        if any((np.abs(part) <= 1e-12 * np.abs(part).max()).any() for part in upstream):
            return self._of_known_factor(name, index, used, values, upstream)
        ratio = tuple(value / part for value, part in zip(values, upstream, strict=True))
        slope = Quantity(kind=QuantityKind.SLOPE, layer=index, name=self._delta(index).name)
        text = next((t for t, f in factors(self.networks, index) if self._proportional(ratio, f)), "")
        for track in reversed(self.tracks):
            if track.event.order > used.event.order or track is used:
                continue
            if any(self._proportional(ratio, each) for each in track.rows(*ratio[0].shape)):
                if id(track) in self._known:  # a forward value taken for a derivative
                    helper = track.event.name.startswith("return") and track.event.line not in self._forward_lines
                    if not helper:
                        break
                    delta = self._delta(index)
                    return [
                        Cause(track=track, block=name, layer=index, should_be=slope, instead=text, score=0.95),
                        Cause(track=used, block=name, layer=index, should_be=delta, instead=text, score=LIKELY),
                    ]
                first = self._first_of(track)
                argument = self._argument(index, ratio, first)
                call_is_wrong = argument or self._is_right_elsewhere(first)
                own, call = (LIKELY, 0.95) if call_is_wrong else (0.95, LIKELY)
                text, delta = argument or text, self._delta(index)
                causes = [Cause(track=first, block=name, layer=index, should_be=slope, instead=text, score=own)]
                # The value may be bound first, and used in a later line.
                bound = first is not track and not track.event.name.startswith("return")
                line, what = (track, slope) if bound else (used, delta)
                wrong = Cause(track=line, block=name, layer=index, should_be=what, instead=text, score=call, call=True)
                return [*causes, wrong]
        if not text:
            return []
        return [Cause(track=used, block=name, layer=index, should_be=self._delta(index), instead=f"times {text}")]

    def _is_right_elsewhere(self, track: Track) -> bool:
        """Whether the line of a track gives a right derivative when it is called for another layer."""
        place = (track.event.function, track.event.line)
        return any(
            (other.event.function, other.event.line) == place
            and any(q.kind is QuantityKind.SLOPE for q, _ in self.right.get(id(other), ()))
            for other in self.tracks
        )

    def _argument(self, index: int, factor: Values, before: Track) -> str:
        """Of what else than ``z`` a factor is the activation's derivative: the call is wrong then, not the formula."""
        activation = self.first.layers[index].activation
        arguments = [(quantity.name, values) for quantity, values in self._forward]
        arguments += [
            (track.event.name, values)
            for track in self.tracks
            if track.event.order < before.event.order
            for values in track.rows(*factor[0].shape)
        ]
        for track in self.tracks:
            if index + 1 < len(self.first.layers) and self._is(track, QuantityKind.DELTA, index + 1):
                for above in track.rows(*self.first.layers[index + 1].delta.shape):
                    pairs = zip(self.networks, above, strict=True)
                    sent = [through_weights(n.layers[index], n.layers[index + 1], value) for n, value in pairs]
                    arguments.append(("the error sent down", tuple(sent)))
        for name, values in arguments:
            if values[0].shape == factor[0].shape:
                slopes = tuple(s for value in values if (s := derivative_at(activation, value)) is not None)
                if len(slopes) == len(values) and self._proportional(factor, slopes):
                    return f"the activation's derivative at {name}, not at {self._delta(index).name}"
        return ""

    def _of_known_factor(self, name: str, index: int, used: Track, values: Values, upstream: Values) -> list[Cause]:
        """As above, where some errors sent down are zero: only known factors can be tried."""
        for text, factor in factors(self.networks, index):
            if self._proportional(values, tuple(u * f for u, f in zip(upstream, factor, strict=True))):
                return [
                    Cause(track=used, block=name, layer=index, should_be=self._delta(index), instead=f"times {text}")
                ]
        return []

    def _first_of(self, track: Track) -> Track:
        """The first track with the same value: where a helper function computes it."""
        for other in self.tracks:
            if other.event.order > track.event.order:
                continue
            alike = other.size == track.size and id(other) not in self._known
            if alike and proportion(other.values, track.values) is not None:
                return other
        return track

    def _of_weights(self, name: str, index: int, used: Track) -> list[Cause]:
        """The error was sent down through other weights than those of the forward pass."""
        shape = self.first.layers[index + 1].weights.shape
        for track in reversed(self.tracks):
            if track.event.order >= used.event.order or track.size != shape[0] * shape[1]:
                continue
            for values in track.rows(*shape):
                if self._weights_are_true(index + 1, values):
                    continue
                made = self._sent_down(index, tuple(n.layers[index + 1].delta for n in self.networks), values)
                if made is not None and any(self._proportional(view, made) for view in self._views(used, index)):
                    if id(track) in self._known:
                        text = f"sent down through {track.event.name}, which this layer's output does not pass through"
                        return [self._at_step(name, index, used, text)]
                    text = f"sent down through {track.event.name} as it is after line {track.event.line}"
                    early = "changed before it was used"
                    return [
                        dataclasses.replace(self._at_step(name, index, used, text), score=0.85),
                        Cause(track=track, block=name, layer=index, instead=early, score=0.95),
                    ]
        return []

    def _weights_are_true(self, index: int, values: Values) -> bool:
        true = tuple(network.layers[index].weights for network in self.networks)
        return self._proportional(values, true) or self._proportional(tuple(v.T for v in values), true)

    # ---- constant factors

    def _scaled(self, name: str, index: int, claims: Values, true: Values, result: Track | None) -> list[Cause]:
        """A block that is a constant multiple of the truth: where along its way the constant came in."""
        factor = proportion(claims, true, CLAIM_RTOL) or 1.0
        text = f"{factor:.6g} times what it should be"
        last = len(self.first.layers) - 1
        delta = self._right_track(index, result)
        kind = QuantityKind.WEIGHT if name == self.first.layers[index].weight else QuantityKind.BIAS
        should_be = Quantity(kind=kind, layer=index, name=name)
        made = self._made_right(name, kind, factor)
        if made is not None:
            update = self._update(name, claims)
            if update is not None and update is not made:
                instead = f"changed by {text}"
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
        text = f"{factor:.6g} times what it should be"
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

    # ---- blocks of their own

    def _instead_of_block(self, index: int, claims: Values, *, is_weight: bool) -> str:
        """What a claim is instead of its block's gradient, the layer's error being right."""
        if not is_weight:
            if np.ptp(claims[0]) == 0.0 and claims[0].size > 1:
                return "one number for all units: a sum over everything"
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
                return f"made with {text} as the layer's input"
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
