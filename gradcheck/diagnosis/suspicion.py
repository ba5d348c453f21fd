"""Which lines are suspected, and what each should have computed: the adjoint trace of a few points, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gradcheck.diagnosis.adjoint_trace import AdjointTrace, Suspect, TracedPoint, trace_adjoints
from gradcheck.diagnosis.forward_names import with_names
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.observing import Look
from gradcheck.diagnosis.program import SourceText

__all__ = ["Suspicion", "suspicion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Lines of the code that the gradient comes from.

    Attributes
    ----------
    lines : tuple of int
        Most suspected first.
    first_wrong : int or None
        The first wrong line, where only one can be.
    basis : str
        What this rests on; empty where nothing was traced.
    network : Network or None
        At the first point, with the names that the code has for its quantities.
    sentences : mapping of line to str
        What a line should have computed, and what it computes instead.
    """

    lines: tuple[int, ...] = ()
    first_wrong: int | None = None
    basis: str = ""
    network: Network | None = None
    sentences: Mapping[int, str] = field(default_factory=dict)
    layers: Mapping[int, int] = field(default_factory=dict)

    def of_layers(self, layers: Sequence[int]) -> tuple[int, ...]:
        """Lines that are suspected of something in these layers; all where none is known to be."""
        own = tuple(line for line in self.lines if self.layers.get(line) in layers)
        return own or self.lines


def suspicion(looks: Sequence[Look], source: SourceText | None) -> Suspicion:
    """Lines that could be wrong.

    Parameters
    ----------
    looks : sequence of Look
        With traces, at different points of the same program; none is fine.
    source : SourceText or None
        Its lines are quoted.
    """
    traced = [look for look in looks if look.trace is not None]
    traces = [look.trace for look in traced if look.trace is not None]
    networks = [
        with_names(look.network, traces, look.forward) if look.network is not None and traces else look.network
        for look in traced
    ]
    points = [
        TracedPoint(trace=look.trace, true=look.true, claimed=look.claimed, forward=look.forward, network=network)
        for look, network in zip(traced, networks, strict=True)
        if look.trace is not None
    ]
    if not points:
        return Suspicion()
    found = trace_adjoints(points)
    first = found.first_wrong
    return Suspicion(
        lines=tuple(dict.fromkeys(suspect.line for suspect in found.suspects)),
        first_wrong=None if first is None else first.line,
        basis=found.basis,
        network=networks[0],
        sentences=_sentences(found, source),
        layers={suspect.line: suspect.layer for suspect in reversed(found.suspects) if suspect.layer is not None},
    )


def _sentences(found: AdjointTrace, source: SourceText | None) -> dict[int, str]:
    sentences: dict[int, str] = {}
    for suspect in found.suspects:
        if suspect.line not in sentences and (suspect.should_be is not None or suspect.instead):
            sentences[suspect.line] = _sentence(suspect, source)
    return sentences


def _sentence(suspect: Suspect, source: SourceText | None) -> str:
    code = source.line(suspect.line) if source is not None else ""
    quoted = f"Line {suspect.line} ({code})" if code and len(code) <= 60 else f"Line {suspect.line}"
    subject = quoted if suspect.name in ("", "return") else f"{quoted} computes {suspect.name}, which"
    if suspect.should_be is None:
        return f"{subject} is {suspect.instead}."
    wanted = f"should be {suspect.should_be}, up to a constant factor"
    return f"{subject} {wanted}; it is {suspect.instead}." if suspect.instead else f"{subject} {wanted}."
