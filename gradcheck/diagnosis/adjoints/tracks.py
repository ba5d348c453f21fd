"""What a traced run computes, told apart by line and turn, and seen for the whole batch also where code runs by sample.

A *track* is one quantity of a run: an event, or, where a line runs once (or a few times) for each sample, the events of
all samples together. Its value is held for every point at which the code was traced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.diagnosis.programs.program import Array, Event, Trace

__all__ = ["Track", "proportion", "same", "sums_of_calls", "tracks_of"]

RTOL = 1e-7
# More than this is too much to compare: single numbers are then left out.
MAX_TRACKS = 600
# How often a line may run for each sample.
MAX_TURNS = 16
INDEX = re.compile(r"\[[^\]]*\]")
# Claims that were recovered from steps carry an error of their own.
CLAIM_RTOL = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One quantity of a run.

    Attributes
    ----------
    event : Event
        The first one, at the first point.
    values : tuple of ndarray
        One a point. Of several samples: stacked, the first axis is the sample.
    samples : int
        How many events it is made of; 1 for code that takes the batch at once.
    summed : bool
        Whether the values are the sum over the samples, not all of them.
    end : int
        The order of its last event, at the first point.
    """

    event: Event
    values: tuple[Array, ...]
    samples: int = 1
    summed: bool = False
    end: int

    @property
    def size(self) -> int:
        """Entries at one point."""
        return int(self.values[0].size)

    def rows(self, count: int, units: int) -> list[tuple[Array, ...]]:
        """The values as (count, units), as stored and transposed; none if they do not fit."""
        if self.size != count * units or self.summed:
            return []
        straight = tuple(value.reshape(count, units) for value in self.values)
        shape = self.values[0].shape
        if count == 1 or units == 1 or self.samples > 1:
            return [straight]
        turned = tuple(value.reshape(units, count).T for value in self.values)
        if shape == (count, units) and count != units:
            return [straight]
        return [turned] if shape == (units, count) and count != units else [straight, turned]


def tracks_of(traces: Sequence[Trace], batch: int = 1, samples: int | None = None) -> list[Track]:
    """All quantities of a run that was traced at several points, in order.

    Parameters
    ----------
    traces : sequence of Trace
        Of the same code at different points. Events that are not in all of them, or not in the same shape, are left
        out.
    batch : int
        Number of samples: lines that run a multiple of this are also taken together.
    samples : int, optional
        Of one batch, where the run takes several, one after the other: a line's values of all batches are one quantity.
    """
    tables = [{_key(event, count): event for event, count in _counted(trace.events)} for trace in traces]
    found = []
    for key, event in tables[0].items():
        events = [table.get(key) for table in tables]
        if all(other is not None and other.value.shape == event.value.shape for other in events):
            values = tuple(other.value for other in events if other is not None)
            found.append(Track(event=event, values=values, end=event.order))
    if samples is not None and samples < batch:
        found = _batched(found, batch // samples, samples)
    found += _stacked(found, batch)
    if len(found) > MAX_TRACKS:  # numbers alone say least
        found = [track for track in found if track.size > 1]
    return sorted(found, key=lambda track: track.end)


def sums_of_calls(tracks: Sequence[Track]) -> list[Track]:
    """What a function has come to in each of its calls, added up: code that is called once a sample is seen whole.

    Parameters
    ----------
    tracks : sequence of Track
        In the order of the run.
    """
    ends: dict[tuple[str, int, str], dict[int, Track]] = {}
    for track in tracks:
        if track.samples == 1 and track.size > 1:
            ends.setdefault((track.event.function, track.event.line, track.event.name), {})[track.event.call] = track
    found = []
    for calls in ends.values():
        members = list(calls.values())
        if len(members) > 1 and len({member.values[0].shape for member in members}) == 1:
            total = tuple(np.sum(parts, axis=0) for parts in zip(*(member.values for member in members), strict=True))
            found.append(replace(members[0], values=total, samples=len(members), summed=True, end=members[-1].end))
    return found


def _counted(events: Iterable[Event]) -> Iterable[tuple[Event, int]]:
    """Each event, and how often its name had been bound by that line in that turn."""
    seen: dict[tuple[object, ...], int] = {}
    for event in events:
        place = (event.function, event.line, event.call, event.turn, event.name)
        seen[place] = seen.get(place, -1) + 1
        yield event, seen[place]


def _key(event: Event, count: int) -> tuple[object, ...]:
    return event.function, event.line, event.call, event.turn, event.name, count


def _batched(tracks: Sequence[Track], batches: int, samples: int) -> list[Track]:
    """Tables of all batches behind each other, in the order of the first; what has no axis of samples is added up."""
    groups: dict[tuple[str, int, str], list[Track]] = {}
    for track in tracks:
        groups.setdefault((track.event.function, track.event.line, track.event.name), []).append(track)
    found: list[Track] = []
    for group in groups.values():
        each, rest = divmod(len(group), batches)
        if rest:
            found += group
            continue
        for turn in range(each):
            members = group[turn::each]
            alike = len({member.values[0].shape for member in members}) == 1
            found += [_joined(members, samples)] if alike else members
    return found


def _joined(members: Sequence[Track], samples: int) -> Track:
    shape = members[0].values[0].shape
    axis = next((axis for axis, length in enumerate(shape) if length == samples), None)
    parts = zip(*(member.values for member in members), strict=True)
    if axis is None:
        values = tuple(np.asarray(np.sum(np.stack(each), axis=0)) for each in parts)
    else:
        values = tuple(np.concatenate(each, axis=axis) for each in parts)
    return replace(members[0], values=values)


def _stacked(tracks: Sequence[Track], batch: int) -> list[Track]:
    """Events of one line and name, all samples together: the first of each sample, the second of each, ..."""
    groups: dict[tuple[str, int, str], list[Track]] = {}
    for track in tracks:
        name = INDEX.sub("[]", track.event.name) if track.size == 1 else track.event.name
        groups.setdefault((track.event.function, track.event.line, name), []).append(track)
    found = []
    for group in groups.values():
        each, rest = divmod(len(group), batch)
        if rest or not each:
            continue
        if each > 1 and all(member.size == 1 for member in group):  # one number after the other
            found += _whole([replace(m, values=tuple(v.ravel() for v in m.values)) for m in group], batch)
        elif batch > 1 and each <= MAX_TURNS:
            for turn in range(each):
                found += _whole(group[turn::each], batch)
    return found


def _whole(members: Sequence[Track], batch: int) -> list[Track]:
    """Tracks of all samples, one or more a sample, as one; and their sum over the samples."""
    if len({member.values[0].shape for member in members}) > 1:
        return []
    values = tuple(np.stack(parts) for parts in zip(*(member.values for member in members), strict=True))
    if len(members) > batch:
        values = tuple(value.reshape(batch, -1) for value in values)
    last = members[-1].event.order
    whole = Track(event=members[0].event, values=values, samples=batch, end=last)
    total = tuple(value.sum(axis=0) for value in values)
    return [whole, replace(whole, values=total, summed=True)] if batch > 1 else [whole]


def same(left: Sequence[Array], right: Sequence[Array], rtol: float = RTOL) -> bool:
    """Whether two quantities are equal at every point, whatever their shapes."""
    factor = proportion(left, right, rtol)
    return factor is not None and abs(factor - 1.0) <= rtol


def proportion(left: Sequence[Array], right: Sequence[Array], rtol: float = RTOL) -> float | None:
    """The constant c, the same at every point, with ``left = c * right``; None if there is none that says anything.

    One-element arrays are multiples of everything, as are arrays of one repeated number: those need two points that
    differ, or equality.
    """
    a = np.concatenate([np.ravel(item) for item in left])
    b = np.concatenate([np.ravel(item) for item in right])
    if a.shape != b.shape or not a.size:
        return None
    top, scale = float(np.abs(b).max()), float(np.abs(a).max())
    if not (np.isfinite(top) and np.isfinite(scale)) or top == 0.0 or scale == 0.0:
        return None
    factor = float(a @ b) / float(b @ b)
    if factor == 0.0 or np.abs(a - factor * b).max() > rtol * scale:
        return None
    telling = np.abs(b) > 1e-6 * top
    telling_values = np.unique(np.round(b[telling] / top, 9))
    if telling_values.size < 2 and abs(factor - 1.0) > rtol:
        return None
    return factor
