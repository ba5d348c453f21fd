"""Where a run leaves the true adjoints in code that is no chain of layers: by its loops, and by what its lines read."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from gradcheck.diagnosis.adjoints.elementwise_factor import follows
from gradcheck.diagnosis.adjoints.tracks import Track

__all__ = ["Departures"]

# Steps that a value is followed back: longer ways are loops that feed themselves.
MOST_STEPS = 40
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)


class Departures:
    """The tracks of one run, with what is known of them.

    Parameters
    ----------
    tracks : sequence of Track
        In the order of the run.
    right, known : collection of int
        Identities of tracks that are adjoints; and of these and forward values.
    forward_lines : collection of int
        Lines that the loss depends on: what they bind is not wrong.
    text : str
        The code; empty where it is not to be had, and nothing is followed back.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        right: Collection[int],
        known: Collection[int],
        forward_lines: Collection[int],
        text: str,
    ) -> None:
        self._tracks = [track for track in tracks if track.samples == 1 and track.size == track.event.value.size]
        self._right = right
        self._known = {*known, *(id(track) for track in tracks if track.event.line in forward_lines)}
        self._forward = [track for track in self._tracks if id(track) in self._known and id(track) not in right]
        self._reads = _reads(text)

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

    def shared(self, ends: Sequence[Track]) -> Track | None:
        """What most of some wrong tracks come from, where that is one thing for several of them."""
        origins = Counter(id(origin) for end in ends if (origin := self.origin(end)) is not end)
        by_id = {id(track): track for track in self._tracks}
        votes = [(count, -by_id[identity].event.order, identity) for identity, count in origins.items()]
        best = max(votes, default=None)
        return None if best is None else by_id[best[2]]

    def origin(self, track: Track) -> Track:
        """The first track on the way to one that is not known, all that it reads being so."""
        seen = {id(track)}
        for _ in range(MOST_STEPS):
            operand = next(self._unknown_operands(track), None)
            if operand is None or id(operand) in seen:
                break
            seen.add(id(operand))
            track = operand
        return track

    def _unknown_operands(self, track: Track) -> Iterator[Track]:
        """What a track's line reads, as it was then, where that is neither an adjoint nor follows a forward value."""
        event = track.event
        for name in self._reads.get(event.line, ()):
            before = (
                other
                for other in reversed(self._tracks)
                if other.event.order < event.order
                and (other.event.function, other.event.call) == (event.function, event.call)
                and other.event.name == name
            )
            latest = next(before, None)
            if latest is not None and latest.size > 1 and id(latest) not in self._known and not self._is_slope(latest):
                yield latest

    def _is_slope(self, track: Track) -> bool:
        """Whether a track follows one forward value entry by entry: no error takes part in it."""
        return any(follows(other.values, track.values) for other in self._forward if other.size == track.size)


def _reads(text: str) -> dict[int, tuple[str, ...]]:
    """What each simple statement reads, as a trace calls it, by its first line."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    for node in ast.walk(tree):
        if isinstance(node, SIMPLE) and node.value is not None:
            names = (ast.unparse(part) for part in ast.walk(node.value) if _is_named(part))
            found[node.lineno] = tuple(dict.fromkeys(names))
    return found


def _is_named(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant)
    return isinstance(node, ast.Name | ast.Attribute)
