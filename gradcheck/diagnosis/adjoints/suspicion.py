"""Which lines are suspected, and what each should have computed: the adjoint trace of a few points, in words."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gradcheck.diagnosis.adjoints.adjoint_trace import CERTAIN, AdjointTrace, Suspect, TracedPoint, trace_adjoints
from gradcheck.diagnosis.adjoints.element_lines import element_line
from gradcheck.diagnosis.adjoints.forward_names import with_names
from gradcheck.diagnosis.batch_size import in_batches, with_batch
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.observing import Look
from gradcheck.diagnosis.programs.program import SourceText
from gradcheck.language import mark, tr

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
    layers : mapping of line to int
    named : tuple of (line, bug, blocks)
        What the values of a line alone are by the catalogue, the most suspected first; each block once.
    """

    lines: tuple[int, ...] = ()
    first_wrong: int | None = None
    basis: str = ""
    network: Network | None = None
    sentences: Mapping[int, str] = field(default_factory=dict)
    layers: Mapping[int, int] = field(default_factory=dict)
    named: tuple[tuple[int, str, tuple[str, ...]], ...] = ()

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
        None
        if look.network is None
        else in_batches(with_names(look.network, traces, look.forward), with_batch(look.program.sizes, look.forward))
        for look in traced
    ]
    points = [
        TracedPoint(trace=look.trace, true=look.true, claimed=look.claimed, forward=look.forward, network=network)
        for look, network in zip(traced, networks, strict=True)
        if look.trace is not None
    ]
    if not points:
        return Suspicion()
    found = _by_element(trace_adjoints(points, "" if source is None else source.text), source)
    first = found.first_wrong
    return Suspicion(
        lines=tuple(dict.fromkeys(suspect.line for suspect in found.suspects)),
        first_wrong=None if first is None else first.line,
        basis=found.basis,
        network=networks[0],
        sentences=_sentences(found, source),
        named=_named(found),
        layers={suspect.line: suspect.layer for suspect in reversed(found.suspects) if suspect.layer is not None},
    )


def _by_element(found: AdjointTrace, source: SourceText | None) -> AdjointTrace:
    """The same with the lines of elements, where a statement writes out several of them."""
    if source is None or not any("[" in suspect.name for suspect in found.suspects):
        return found
    try:
        tree = ast.parse(source.text)
    except SyntaxError:
        return found
    suspects = [replace(each, line=element_line(tree, each.line, each.name)) for each in found.suspects]
    return replace(found, suspects=tuple(suspects))


def _named(found: AdjointTrace) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    named: list[tuple[int, str, tuple[str, ...]]] = []
    known: set[str] = set()
    for suspect in found.suspects:
        blocks = tuple(block for block in suspect.blocks if block not in known)
        if suspect.bug and suspect.score >= CERTAIN and blocks:
            known.update(blocks)
            named.append((suspect.line, suspect.bug, blocks))
    return tuple(named)


def _sentences(found: AdjointTrace, source: SourceText | None) -> dict[int, str]:
    sentences: dict[int, str] = {}
    for suspect in found.suspects:
        if suspect.line not in sentences and (suspect.should_be is not None or suspect.instead):
            sentences[suspect.line] = _sentence(suspect, source)
    return sentences


def _sentence(suspect: Suspect, source: SourceText | None) -> str:
    code = source.line(suspect.line) if source is not None else ""
    line = tr("Line {line}", line=suspect.line)
    if code and len(code) <= 60:
        line = tr("Line {line} ({code})", line=suspect.line, code=code)
    if suspect.name not in ("", "return"):
        line = tr("{line} computes {name}, which", line=line, name=suspect.name)
    if suspect.should_be is None:
        return tr("{line} is {instead}.", line=line, instead=suspect.instead)
    wanted = str(suspect.should_be)
    if not suspect.instead:
        return tr("{line} should be {wanted}, up to a constant factor.", line=line, wanted=wanted)
    told = mark("{line} should be {wanted}, up to a constant factor; it is {instead}.")
    return tr(told, line=line, wanted=wanted, instead=suspect.instead)
