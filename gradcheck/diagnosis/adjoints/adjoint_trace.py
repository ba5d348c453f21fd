"""Which lines of a backward pass are right, and where the first wrong one is.

The true adjoint of every forward quantity is known; so is every value that the user's code binds, line by line. A line
that binds an adjoint, up to a constant, is right so far. Where a block's gradient is wrong, it is followed back: which
value was taken for the error of its layer, what that was computed from, and at which step right turned into wrong.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gradcheck.diagnosis.adjoints.alignment import aligned
from gradcheck.diagnosis.adjoints.blame import Cause, Search
from gradcheck.diagnosis.adjoints.block_errors import errors_of_block
from gradcheck.diagnosis.adjoints.departures import Departures
from gradcheck.diagnosis.adjoints.intermediates import adjoints_of_intermediates
from gradcheck.diagnosis.adjoints.parts import in_parts, parts_of, split
from gradcheck.diagnosis.adjoints.quantities import Quantity, QuantityKind
from gradcheck.diagnosis.adjoints.tracks import CLAIM_RTOL, Track, proportion, sums_of_calls, tracks_of
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.programs.program import Array, Event, Forward, Trace
from gradcheck.language import mark

__all__ = ["CERTAIN", "AdjointTrace", "RightLine", "Suspect", "TracedPoint", "trace_adjoints"]

BASIS_NETWORK = mark("the true adjoints of the network's quantities")
BASIS_FORWARD = mark("the true adjoints of the forward pass's intermediates; the network's structure could not be read")
BASIS_BLOCKS = mark("the pattern of right and wrong blocks alone; the forward pass could not be differentiated")
# How sure a suspicion is, from 0 to 1: at least this where a step is known to turn right into wrong.
CERTAIN = 0.9
FALLBACK_SCORE = 0.3
# A line that was right in an earlier turn of its loop; one behind which several blocks go wrong; and one that computes
# the adjoint of something else than is needed, or a multiple of one.
IN_A_LOOP, SHARED, MISPLACED, RESCALED = 0.85, 0.6, 0.87, 0.86
# What such a line has read, where that is an adjoint: of something else than it needs, it may be.
BEHIND = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPoint:
    """One point at which the code was run.

    Attributes
    ----------
    trace : Trace
        Of the code that computes the gradient.
    true, claimed : mapping of block name to ndarray
        Both gradients; blocks that claim nothing are absent from ``claimed``.
    forward : Forward or None
    network : Network or None
        As read from ``forward``; with names, if the texts shall use them.
    """

    trace: Trace
    true: Mapping[str, Array]
    claimed: Mapping[str, Array]
    forward: Forward | None = None
    network: Network | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RightLine:
    """A line that has bound an adjoint.

    ``factor`` is the constant that the adjoint is multiplied by there (1/m may follow later).
    """

    event: Event
    quantity: Quantity
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A line that may be the wrong one.

    Attributes
    ----------
    function, line, turn, name
        Of its first event: ``turn`` tells iterations of a loop apart, ``name`` is what the line binds.
    blocks : tuple of str
        Wrong blocks that it would explain.
    layer : int or None
        Counted from 0 at the input.
    should_be : Quantity or None
        What it should have computed, up to a constant factor.
    instead : str
        What it computes instead, in words; empty where that is not known.
    score : float
        From 0 to 1; 0.9 and more where this step is known to turn right into wrong.
    order : int
        When it ran.
    bug : str
        What the values alone are, by the catalogue; empty where they do not say.
    """

    function: str
    line: int
    turn: int
    name: str
    blocks: tuple[str, ...]
    layer: int | None = None
    should_be: Quantity | None = None
    instead: str = ""
    score: float
    order: int
    bug: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjointTrace:
    """What the lines of a backward pass have computed.

    Attributes
    ----------
    right : tuple of RightLine
        In the order of the run.
    suspects : tuple of Suspect
        The most suspected first; empty for a right gradient.
    basis : str
        What this rests on, as a phrase for a report.
    wrong_blocks : tuple of str
        Blocks whose claim differs from the truth, in the order of the problem.
    """

    right: tuple[RightLine, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    basis: str = BASIS_NETWORK
    wrong_blocks: tuple[str, ...] = ()

    @property
    def first_wrong(self) -> Suspect | None:
        """The first wrong line of the run, when only one can be: no other explains one of its blocks as well."""
        certain = [suspect for suspect in self.suspects if suspect.score >= CERTAIN]
        if not certain:
            return None
        first = min(certain, key=lambda suspect: suspect.order)
        rivals = [s for s in certain if s is not first and set(s.blocks) & set(first.blocks)]
        return None if rivals else first


def trace_adjoints(points: Sequence[TracedPoint], text: str = "") -> AdjointTrace:
    """Hold a traced backward pass against the true adjoints.

    Parameters
    ----------
    points : sequence of TracedPoint
        The same code at one or more points. With one point a single number is a multiple of every other one; several
        points tell them apart.
    text : str, optional
        The code, by which values are followed back where its layers could not be read.

    Returns
    -------
    AdjointTrace
    """
    wrong = _wrong_blocks(points)
    networks = [point.network for point in points if point.network is not None]
    if len(networks) == len(points) and networks:
        return _by_network(points, networks, wrong)
    if all(point.forward is not None for point in points):
        return _by_intermediates(points, wrong, text)
    tracks = tracks_of([point.trace for point in points])
    return AdjointTrace(
        right=tuple(_right_blocks(points, tracks)),
        suspects=tuple(_interval(points, tracks, wrong, ())),
        basis=BASIS_BLOCKS,
        wrong_blocks=tuple(wrong),
    )


def _wrong_blocks(points: Sequence[TracedPoint]) -> list[str]:
    """Blocks whose claim is not the truth, at some point; missing ones included."""
    found = []
    for name in points[0].true:
        pairs = [(point.true[name], point.claimed.get(name)) for point in points]
        if not all(claim is not None and _agree(claim, truth) for truth, claim in pairs):
            found.append(name)
    return found


def _agree(claim: Array, truth: Array) -> bool:
    if claim.shape != truth.shape:
        return False
    scale = max(float(abs(truth).max(initial=0.0)), float(abs(claim).max(initial=0.0)))
    return bool(scale == 0.0 or abs(claim - truth).max() <= CLAIM_RTOL * scale)


# ---- with a network


def _by_network(points: Sequence[TracedPoint], networks: Sequence[Network], wrong: Sequence[str]) -> AdjointTrace:
    tracks = tracks_of([point.trace for point in points], networks[0].batch, networks[0].samples)
    forwards = [point.forward for point in points if point.forward is not None]
    known = (
        {id(track) for track, _, _ in adjoints_of_intermediates(tracks, forwards)}
        if wrong and len(forwards) == len(points)
        else set()
    )
    lines = frozenset[int]().union(*(forward.lines for forward in forwards))
    parameters = [{str(v.block): v.value for v in forward.values if v.block is not None} for forward in forwards]
    claimed = [dict(point.claimed) for point in points]
    true = [dict(point.true) for point in points]
    networks = [aligned(network, tracks, point) for point, network in enumerate(networks)]
    parts = parts_of(networks[0])
    claimed, true, parameters = ([split(each, parts) for each in kind] for kind in (claimed, true, parameters))
    search = Search([in_parts(network) for network in networks], tracks, claimed, true, parameters, known, lines)
    causes = [
        dataclasses.replace(cause, block=name)
        for name in wrong
        for part in parts.get(name, {name: None})
        for cause in search.block(part)
    ]
    right = [
        RightLine(event=track.event, quantity=quantity, factor=factor)
        for track in tracks
        for quantity, factor in search.right.get(id(track), ())[:1]
        if quantity.kind is not QuantityKind.SLOPE
    ]
    suspects = _merged(causes)
    explained = {name for suspect in suspects for name in suspect.blocks}
    rest = [name for name in wrong if name not in explained]
    known = {id(track) for track in tracks if search.is_known(track)}
    suspects += _interval(points, tracks, rest, known)
    return AdjointTrace(right=tuple(right), suspects=tuple(suspects), wrong_blocks=tuple(wrong))


def _merged(causes: Sequence[Cause]) -> list[Suspect]:
    """One suspect a line, the most suspected first, then the first to run."""
    by_line: dict[tuple[str, int], list[Cause]] = {}
    for cause in causes:
        by_line.setdefault((cause.track.event.function, cause.track.event.line), []).append(cause)
    suspects = []
    for group in by_line.values():
        best = max(group, key=lambda cause: (cause.score, -cause.track.event.order))
        event = best.track.event
        suspects.append(
            Suspect(
                function=event.function,
                line=event.line,
                turn=event.turn,
                name=event.name,
                blocks=tuple(dict.fromkeys(cause.block for cause in group)),
                layer=best.layer,
                should_be=best.should_be,
                instead=best.instead,
                score=best.score,
                order=event.order,
                bug=best.bug,
            )
        )
    return sorted(suspects, key=lambda suspect: (-suspect.score, suspect.order))


# ---- without one


def _by_intermediates(points: Sequence[TracedPoint], wrong: Sequence[str], text: str) -> AdjointTrace:
    """Every array of the run against every adjoint of the forward pass."""
    tracks = tracks_of([point.trace for point in points])
    tracks = sorted([*tracks, *sums_of_calls(tracks)], key=lambda track: track.end)
    forwards = [point.forward for point in points if point.forward is not None]
    claims = [[point.claimed[name] for point in points if name in point.claimed] for name in wrong]
    found = [
        each for each in adjoints_of_intermediates(tracks, forwards)
        if not any(_is_claim(each[0], claim) for claim in claims)
    ]  # fmt: skip
    known = {id(track) for track, _, _ in found}
    right = {id(track): factor for track, quantity, factor in found if quantity is not None}
    suspects = _interval(points, tracks, wrong, known)
    lines = frozenset[int]().union(*(forward.lines for forward in forwards))
    numbers = (e for e in points[0].trace.events if e.value.ndim == 0 and float(e.value).is_integer())
    departures = Departures(tracks, right, known, lines, text, numbers, points[0].trace.given)
    return AdjointTrace(
        right=tuple(RightLine(event=t.event, quantity=q, factor=c) for t, q, c in found if q is not None),
        suspects=tuple(_departed(departures, tracks, suspects, forwards)),
        basis=BASIS_FORWARD,
        wrong_blocks=tuple(wrong),
    )


def _is_claim(track: Track, claims: Sequence[Array]) -> bool:
    """Whether a track is a gradient that is claimed, up to a constant."""
    same = bool(claims) and len(claims) == len(track.values) and track.size == claims[0].size
    return same and proportion(track.values, claims, CLAIM_RTOL) is not None


def _right_blocks(points: Sequence[TracedPoint], tracks: Sequence[Track]) -> list[RightLine]:
    """Lines that bind a block's true gradient: all that is known without a forward pass."""
    found = []
    for track in tracks:
        for name in points[0].true:
            truth = [point.true[name] for point in points]
            factor = proportion(track.values, truth) if track.size == truth[0].size else None
            if factor is not None:
                quantity = Quantity(kind=QuantityKind.WEIGHT, name=name)
                found.append(RightLine(event=track.event, quantity=quantity, factor=factor))
                break
    return found


def _departed(
    departures: Departures, tracks: Sequence[Track], suspects: Sequence[Suspect], forwards: Sequence[Forward]
) -> list[Suspect]:
    """The tracks at which a run leaves the adjoints, then the lines that are suspected by their order alone."""
    blocks = tuple(dict.fromkeys(name for suspect in suspects for name in suspect.blocks))
    if not blocks:
        return list(suspects)
    misplaced = _misplaced(departures, tracks, suspects, forwards)
    orders = {suspect.order for suspect in suspects if suspect.should_be is not None}
    ends = [track for track in tracks if track.event.order in orders]
    places = (
        (departures.rescaled(), RESCALED), (departures.of_a_loop(), IN_A_LOOP), (departures.shared(ends), SHARED)
    )  # fmt: skip
    left = [(track, score) for track, score in places if track is not None]
    left += [(other, BEHIND) for track, _score in left for other in departures.behind(track)]
    first = misplaced + [_suspected(track, blocks, score) for track, score in left]
    by_line: dict[int, Suspect] = {}
    for suspect in (*first, *suspects):
        by_line.setdefault(suspect.line, suspect)
    return list(by_line.values())


def _misplaced(
    departures: Departures, tracks: Sequence[Track], suspects: Sequence[Suspect], forwards: Sequence[Forward]
) -> list[Suspect]:
    """Lines whose values are true adjoints, and not those of what the blocks enter whose gradients are made of them."""
    by_order = {track.event.order: track for track in tracks}
    votes: dict[int, list[str]] = {}
    for suspect in suspects:
        if suspect.should_be is not None and suspect.order in by_order:
            errors = errors_of_block(forwards, suspect.blocks[0])
            track = departures.misplaced(by_order[suspect.order], errors)
            if track is not None:
                votes.setdefault(track.event.order, []).extend(suspect.blocks)
    ordered = sorted(votes.items(), key=lambda item: -len(item[1]))
    return [
        dataclasses.replace(
            _suspected(by_order[order], blocks, MISPLACED),
            should_be=Quantity(kind=QuantityKind.ENTERED, name=blocks[0]),
        )
        for order, blocks in ordered
    ]


def _suspected(track: Track, blocks: Sequence[str], score: float) -> Suspect:
    event = track.event
    return Suspect(
        function=event.function,
        line=event.line,
        turn=event.turn,
        name=event.name,
        blocks=tuple(blocks),
        score=score,
        order=event.order,
    )


def _interval(
    points: Sequence[TracedPoint], tracks: Sequence[Track], wrong: Sequence[str], known: Collection[int]
) -> list[Suspect]:
    """Lines between the last right quantity and the wrong block's gradient, the last ones first."""
    suspects: dict[tuple[str, int], Suspect] = {}
    for name in wrong:
        claims = [point.claimed[name] for point in points if name in point.claimed]
        ends = [track for track in tracks if _is_claim(track, claims)]
        if not ends:
            continue
        end = ends[0]
        before = [track.end for track in tracks if id(track) in known and track.end < end.end]
        start = max(before, default=-1)
        between = [t for t in tracks if start < t.end <= end.end and id(t) not in known]
        for place, track in enumerate(reversed(between[-8:])):
            event = track.event
            wanted = Quantity(kind=QuantityKind.WEIGHT, name=name) if track is end else None
            suspect = dataclasses.replace(_suspected(track, (name,), FALLBACK_SCORE / (1 + place)), should_be=wanted)
            suspects.setdefault((event.function, event.line), suspect)
    return sorted(suspects.values(), key=lambda suspect: (-suspect.score, suspect.order))
