"""Why a value that was taken for the error of a layer is not that."""

from __future__ import annotations

import dataclasses

import numpy as np

from gradcheck.diagnosis.adjoints.elementwise_factor import departure, follows
from gradcheck.diagnosis.adjoints.quantities import (
    FORMULA,
    Quantity,
    QuantityKind,
    derivative_at,
    factors,
)
from gradcheck.diagnosis.adjoints.relations import LIKELY, POSSIBLE, Cause, Relations, Values
from gradcheck.diagnosis.adjoints.tracks import Track, proportion
from gradcheck.diagnosis.backward import through_weights
from gradcheck.diagnosis.wording import closed_up
from gradcheck.language import tr

__all__ = ["DeltaSearch"]

ARGUMENT = "derivative-of-wrong-argument"


class DeltaSearch(Relations):
    """Follows a wrong error back to the step that made it."""

    def _of_delta(  # noqa: PLR0911 (one return for each way in which an error can be wrong)
        self, name: str, index: int, used: Track, result: Track | None, depth: int
    ) -> list[Cause]:
        """Why what was taken for the error of a layer is not that."""
        layers = self.first.layers
        should_be = self._delta(index)
        if index + 1 == len(layers):
            return self._of_output(name, index, used, should_be)
        if self._is(used, QuantityKind.UPSTREAM, index) or self._is(used, QuantityKind.MASKED, index):
            missing, bug = tr("the error sent down, without the activation's derivative"), "missing-hidden-derivative"
            if self._is(used, QuantityKind.MASKED, index) and self.first.layers[index].slope is not None:
                missing, bug = tr("the error sent down, without dropout's mask"), "dropout-mask-missing"
            cause = Cause(track=used, block=name, layer=index, should_be=should_be, instead=missing, bug=bug)
            if result is None:
                return [cause]
            return [cause, dataclasses.replace(cause, track=result, should_be=None, score=POSSIBLE)]
        for above, delta in self._deltas_above(index, used):
            if self._follows(index, used, delta) is None:
                continue
            if not self._is(above, QuantityKind.DELTA, index + 1):
                raw = self._is_error(above)
                if raw and self._has(QuantityKind.DELTA, index + 1, used):
                    text = tr("the output minus the targets, sent down without the output's derivative")
                    return [dataclasses.replace(self._at_step(name, index, used, text), bug="raw-error-backpropagated")]
                if depth > len(layers):
                    return []
                return self._of_delta(name, index + 1, above, result, depth + 1)
        return self._of_step(name, index, used)

    def _of_output(self, name: str, index: int, used: Track, should_be: Quantity) -> list[Cause]:
        """A wrong error at the output."""
        for values in used.rows(*self.first.layers[index].delta.shape):
            if self._matches_error(values):
                text = tr("the output minus the targets")
                bug = "missing-output-derivative"
                return [Cause(track=used, block=name, layer=index, should_be=should_be, instead=text, bug=bug)]
            adjoint = tuple(network.layers[index].output_adjoint for network in self.networks)
            found = self._of_factor(name, index, used, values, adjoint)
            if found:
                return found
        return [Cause(track=used, block=name, layer=index, should_be=should_be, bug="loss-gradient-mismatch")]

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
        known = ((bug, text) for bug, text, f in factors(self.networks, index) if self._proportional(ratio, f))
        bug, text = next(known, self._of_any_slope(index, ratio))
        for track in reversed(self.tracks):
            if track.event.order > used.event.order or track is used:
                continue
            if any(self._proportional(ratio, each) for each in track.rows(*ratio[0].shape)):
                if id(track) in self._known:  # a forward value taken for a derivative
                    helper = track.event.name.startswith("return") and track.event.line not in self._forward_lines
                    if not helper:
                        break
                    delta = self._delta(index)
                    cause = Cause(track=track, block=name, layer=index, should_be=slope, instead=text, bug=bug)
                    return [
                        dataclasses.replace(cause, score=0.95),
                        dataclasses.replace(cause, track=used, should_be=delta, score=LIKELY),
                    ]
                first = self._first_of(track)
                argument = self._argument(index, ratio, first)
                call_is_wrong = argument or self._is_right_elsewhere(first)
                own, call = (LIKELY, 0.95) if call_is_wrong else (0.95, LIKELY)
                text, delta = argument or text, self._delta(index)
                bug = ARGUMENT if argument and bug in ("", FORMULA) else bug
                cause = Cause(track=first, block=name, layer=index, should_be=slope, instead=text, score=own, bug=bug)
                # The value may be bound first, and used in a later line.
                bound = first is not track and not track.event.name.startswith("return")
                line, what = (track, slope) if bound else (used, delta)
                return [cause, dataclasses.replace(cause, track=line, should_be=what, score=call, call=True)]
        if not bug:
            return []
        return [self._multiplied(used, name, index, text, bug)]

    def _of_any_slope(self, index: int, ratio: Values) -> tuple[str, str]:
        """What a factor is that no table has: where it departs from the slope by a function of ``z``, a formula."""
        layers = [network.layers[index] for network in self.networks]
        slopes = [layer.slope for layer in layers if layer.slope is not None]
        if len(slopes) < len(layers) or not follows(
            [layer.pre_activation for layer in layers], departure(ratio, slopes)
        ):
            return "", ""
        return FORMULA, tr("something that follows {name} alone and is not its slope", name=self._delta(index).name)

    def _multiplied(self, used: Track, name: str, index: int, text: str, bug: str) -> Cause:
        """A delta that is multiplied by something else than its slope."""
        wanted = self._delta(index)
        return Cause(track=used, block=name, layer=index, should_be=wanted, instead=_times(text), bug=bug)

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
        own = self.first.layers[index]
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
                    arguments.append((tr("the error sent down"), tuple(sent)))
        for name, values in arguments:
            if values[0].shape == factor[0].shape:
                slopes = tuple(s for value in values if (s := derivative_at(own, value)) is not None)
                if len(slopes) == len(values) and self._proportional(factor, slopes):
                    wanted = self._delta(index).name
                    return tr("the activation's derivative at {name}, not at {wanted}", name=name, wanted=wanted)
        return ""

    def _of_known_factor(self, name: str, index: int, used: Track, values: Values, upstream: Values) -> list[Cause]:
        """As above, where some errors sent down are zero: what they are multiplied by is not seen there."""
        for bug, text, factor in factors(self.networks, index):
            if self._proportional(values, tuple(u * f for u, f in zip(upstream, factor, strict=True))):
                return [self._multiplied(used, name, index, text, bug)]
        seen = tuple(np.abs(part) > 1e-12 * np.abs(part).max() for part in upstream)
        if any(value[~own].any() for value, own in zip(values, seen, strict=True)):
            return []
        ratio = tuple(
            np.where(s, v / np.where(s, u, 1.0), np.nan) for v, u, s in zip(values, upstream, seen, strict=True)
        )
        bug, text = self._of_any_slope(index, ratio)
        return [self._multiplied(used, name, index, text, bug)] if bug else []

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
                        text = tr(
                            "sent down through {name}, which this layer's output does not pass through",
                            name=track.event.name,
                        )
                        return [dataclasses.replace(self._at_step(name, index, used, text), bug="wrong-layer-weights")]
                    text = tr(
                        "sent down through {name} as it is after line {line}",
                        name=track.event.name,
                        line=track.event.line,
                    )
                    early = tr("changed before it was used")
                    bug = "updated-weights-used"
                    return [
                        dataclasses.replace(self._at_step(name, index, used, text), score=0.85, bug=bug),
                        Cause(track=track, block=name, layer=index, instead=early, score=0.95, bug=bug),
                    ]
        return []

    def _weights_are_true(self, index: int, values: Values) -> bool:
        true = tuple(network.layers[index].weights for network in self.networks)
        return self._proportional(values, true) or self._proportional(tuple(v.T for v in values), true)


def _times(factor: str) -> str:
    return closed_up(tr("times {factor}", factor=factor))
