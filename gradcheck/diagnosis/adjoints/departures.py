"""Where a run leaves the true adjoints in code that is no chain of layers: by its loops, and by what its lines read."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from gradcheck.diagnosis.adjoints.block_errors import is_error
from gradcheck.diagnosis.adjoints.elementwise_factor import follows
from gradcheck.diagnosis.adjoints.tracks import Track
from gradcheck.diagnosis.programs.program import Array, Event

__all__ = ["Departures"]

# Steps that a value is followed back: longer ways are loops that feed themselves.
MOST_STEPS = 40
# How far from 1 a constant may be that is none: round-off, of claims that were recovered from steps too.
ONE = 1e-5
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)


class Departures:
    """The tracks of one run, with what is known of them.

    Parameters
    ----------
    tracks : sequence of Track
        In the order of the run.
    right : mapping of int to float
        Identities of tracks that are adjoints, with the constant that each is multiplied by.
    known : collection of int
        Identities of these, and of forward values.
    forward_lines : collection of int
        Lines that the loss depends on: what they bind is not wrong.
    text : str
        The code; empty where it is not to be had, and nothing is followed back.
    numbers : iterable of Event
        Whole numbers that lines have bound: what loops count with.
    given : iterable of Event
        What functions were called with.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        right: Mapping[int, float],
        known: Collection[int],
        forward_lines: Collection[int],
        text: str,
        numbers: Iterable[Event] = (),
        given: Iterable[Event] = (),
    ) -> None:
        self._tracks = [track for track in tracks if track.samples == 1 and track.size == track.event.value.size]
        self._right = right
        self._known = {*known, *(id(track) for track in tracks if track.event.line in forward_lines)}
        self._forward = [track for track in self._tracks if id(track) in self._known and id(track) not in right]
        self._reads = _reads(text)
        self._slopes: dict[int, bool] = {}
        self._returned: dict[bytes, Track] = {}
        for track in self._tracks:
            if track.event.name.startswith("return") and track.size > 1:
                self._returned.setdefault(track.event.value.tobytes(), track)
        self._given = {(event.function, event.call, event.name): event for event in given if event.value.size > 1}
        self._numbers: dict[tuple[str, int, str], list[tuple[int, int]]] = defaultdict(list)
        for event in numbers:
            self._numbers[event.function, event.call, event.name].append((event.order, int(event.value)))

    def of_a_loop(self) -> Track | None:
        """Where a line leaves that has bound an adjoint in an earlier turn, and binds none any more."""
        first: dict[tuple[str, int, str], int] = {}
        for track in self._tracks:
            place = (track.event.function, track.event.line, track.event.name)
            if id(track) in self._right:
                first.setdefault(place, track.event.order)
            elif place in first and track.size > 1 and id(track) not in self._known:
                return self.origin(track)
        return None

    def rescaled(self) -> Track | None:
        """The first line that makes a multiple of an adjoint out of adjoints as they are: a sign, or a factor."""
        for track in self._tracks:
            factor = self._right.get(id(track))
            if factor is None or track.size == 1 or abs(factor - 1.0) < ONE:
                continue
            read = [self._right[id(other)] for other in self._operands(track) if id(other) in self._right]
            if read and all(abs(other - 1.0) < ONE for other in read):
                return track
        return None

    def shared(self, ends: Sequence[Track]) -> Track | None:
        """What most of some wrong tracks come from, where that is one thing for several of them."""
        origins = Counter(id(origin) for end in ends if (origin := self.origin(end)) is not end)
        by_id = {id(track): track for track in self._tracks}
        votes = [(count, -by_id[identity].event.order, identity) for identity, count in origins.items()]
        best = max(votes, default=None)
        return None if best is None else by_id[best[2]]

    def misplaced(self, end: Track, errors: Sequence[Sequence[Array]]) -> Track | None:
        """A true adjoint that a block's gradient is made of, though not one of what the block enters.

        Parameters
        ----------
        end : Track
            The block's gradient; where a loop adds it up, its first turn is looked at.
        errors : sequence of sequence of ndarray
            The true adjoints of what the block enters, one array a point each.
        """
        place = (end.event.function, end.event.line, end.event.name)
        turns = (t for t in self._tracks if (t.event.function, t.event.line, t.event.name) == place)
        first = min(turns, key=lambda track: track.event.order, default=end)
        for operand in self._operands(first):
            computed = operand.event.line in self._reads  # what a loop hands out is computed elsewhere
            if computed and id(operand) in self._right and is_error(operand, errors) is False:
                return operand
        return None

    def behind(self, track: Track) -> list[Track]:
        """The true adjoints that a track's line has read: one of them may be that of something else than it needs."""
        read = (other for other in self._operands(track) if other.event.line in self._reads)
        return [other for other in read if id(other) in self._right and other.size > 1]

    def origin(self, track: Track) -> Track:
        """The first track on the way to one that is not known, all that it reads being so."""
        seen = {id(track)}
        for _ in range(MOST_STEPS):
            operand = next(self._unknown_operands(track), None)
            if operand is None or id(operand) in seen:
                break
            seen.add(id(operand))
            track = self._in_its_function(operand)
        return track

    def _in_its_function(self, track: Track) -> Track:
        """What a function has returned, for what a line has bound it to."""
        made = self._returned.get(track.event.value.tobytes())
        return made if made is not None and made.event.order < track.event.order else track

    def _unknown_operands(self, track: Track) -> Iterator[Track]:
        """What a track's line reads, as it was then, where that is neither an adjoint nor follows a forward value."""
        for latest in self._operands(track):
            if not self._says_nothing(latest) and not self._is_slope(latest):
                yield latest

    def _operands(self, track: Track) -> Iterator[Track]:
        """What a track's line reads, as it was then; of an array that was put together, its parts."""
        event = track.event
        parts = {
            other.event.name: other
            for other in self._tracks
            if other.event.name.startswith(f"{event.name}[") and other.event.order <= event.order
            if (other.event.function, other.event.call) == (event.function, event.call) and other is not track
        }
        yield from parts.values()
        for name in filter(None, (self._named(node, track) for node in self._reads.get(event.line, ()))):
            before = (
                other
                for other in reversed(self._tracks)
                if other.event.order < event.order
                and (other.event.function, other.event.call) == (event.function, event.call)
                and other.event.name == name
            )
            latest = next(before, None) or self._handed_over(name, track)
            if latest is not None:
                yield latest

    def _handed_over(self, name: str, track: Track) -> Track | None:
        """What a function was called with under a name: the first to hold that value before."""
        given = self._given.get((track.event.function, track.event.call, name))
        if given is None:
            return None
        return next(
            (
                other
                for other in self._tracks
                if other.event.order < given.order and np.array_equal(other.event.value, given.value)
            ),
            None,
        )

    def _named(self, node: ast.expr, track: Track) -> str | None:
        """What a trace calls something that a line reads; an element by the value that its index had then."""
        if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Constant):
            return ast.unparse(node)
        place = _whole(node.slice, lambda name: self._number(name, track))
        return None if place is None else f"{ast.unparse(node.value)}[{place}]"

    def _number(self, name: str, track: Track) -> int | None:
        """The whole number that a variable held before a track."""
        event = track.event
        held = [
            number for order, number in self._numbers.get((event.function, event.call, name), ()) if order < event.order
        ]
        return held[-1] if held else None

    def _says_nothing(self, track: Track) -> bool:
        """Whether a track is known, or can be no error gone wrong: single numbers, and zeros that a sum begins with."""
        return track.size == 1 or id(track) in self._known or not any(values.any() for values in track.values)

    def _is_slope(self, track: Track) -> bool:
        """Whether a track follows one forward value entry by entry: no error takes part in it."""
        if id(track) not in self._slopes:
            alike = (other for other in self._forward if other.size == track.size)
            self._slopes[id(track)] = any(follows(other.values, track.values) for other in alike)
        return self._slopes[id(track)]


def _whole(node: ast.expr, held: Callable[[str], int | None]) -> int | None:
    """The value of an index: a variable, or the sum or difference of such and numbers."""
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.Name(id=name):
            return held(name)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            first, second = _whole(left, held), _whole(right, held)
            if first is None or second is None:
                return None
            return first + second if isinstance(node.op, ast.Add) else first - second
    return None


def _reads(text: str) -> dict[int, tuple[ast.expr, ...]]:
    """What each simple statement reads, by its first line."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    found: dict[int, tuple[ast.expr, ...]] = {}
    for node in ast.walk(tree):
        if isinstance(node, SIMPLE) and node.value is not None:
            read = (part for part in ast.walk(node.value) if isinstance(part, (ast.Name, ast.Attribute, ast.Subscript)))
            found[node.lineno] = tuple({ast.unparse(part): part for part in read}.values())
    return found
