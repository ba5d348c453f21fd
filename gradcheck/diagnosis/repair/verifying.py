"""Proves cures: at other sizes, rates and data of the same problem, then by the whole check from the start."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradcheck.diagnosis.programs.program import Array, Forward, Program, UnavailableError, Variation
from gradcheck.diagnosis.repair.judging import Judge, Point
from gradcheck.diagnosis.repair.settings import moved, switched_on
from gradcheck.language import mark, tr
from gradcheck.records import Verdict

__all__ = ["Varied", "Verifier", "sharpened"]

# How far a gradient by differences may be from the exact one, over its norm, where a step crossed a kink.
NEAR = 1e-2
# What a step adds to the gradient of a loss without a penalty, and settings by whose names it is the update's choice.
DECAY, OF_UPDATE = "weight-decay", re.compile(r"(?:[\w.]*(?:decay|wd)=[\d.]+(?:, )?)+", re.IGNORECASE)

VARIATIONS = (
    Variation(rows=3),
    Variation(learning_rate=0.5),
    Variation(batch=5, outputs=4, features=6, hidden=7),
    Variation(batch=5),
    Variation(outputs=4),
    Variation(features=6),
    Variation(regularisation=3.0),
    Variation(seed=17),
)
# Asked for in any case, since it costs next to nothing.
OTHER_DATA = Variation(permute_targets=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Varied:
    """The same program otherwise, and the true gradient at one point of it.

    Attributes
    ----------
    what : str
        What differs, in words.
    program : Program
    arrays : tuple of ndarray
        The point, one array a block.
    truth : tuple of ndarray
        The true gradient there.
    """

    what: str
    program: Program = field(repr=False)
    arrays: tuple[Array, ...] = field(repr=False)
    truth: tuple[Array, ...] = field(repr=False)


class Verifier:
    """Proves texts for one program.

    Parameters
    ----------
    program : Program
    deadline : callable
        Seconds left.
    elsewhere : sequence of Varied, optional
        The program otherwise, where somebody has looked at that already; else it is varied when a text is to be proved.
    """

    def __init__(
        self, program: Program, deadline: Callable[[], float], elsewhere: Sequence[Varied] | None = None
    ) -> None:
        self._program, self._deadline = program, deadline
        self._given = None if elsewhere is None else tuple(elsewhere)
        self._others: list[tuple[str, Judge]] | None = None
        self._checked: dict[str, str | None] = {}
        self._blocks: dict[str, frozenset[str]] = {}
        self._unjudged: set[str] = set()

    @property
    def left(self) -> float:
        """Seconds left."""
        return self._deadline()

    @property
    def has_other_sizes(self) -> bool:
        """Whether a constant that fits one set of sizes only would show."""
        own = [block.shape for block in self._program.problem.blocks]
        return any(judge.shapes != own for _what, judge in self._elsewhere())

    def objection(self, text: str) -> str | None:
        """Why a text does not cure the program elsewhere; None where nothing speaks against it."""
        for what, judge in self._elsewhere():
            outcome = judge.judge([text], thorough=lambda _outcome: True)[0]
            # what an edit leaves as it was there is another slip's: a branch, or a loss, that it is not in
            if outcome.error is None and not outcome.cured and any(outcome.touched):
                return tr("it fits the point only: with {variation} the gradient is wrong again", variation=what)
        return None

    def refusal(self, text: str) -> str | None:
        """Why the whole check does not accept a text; None where it passes."""
        if text not in self._checked:
            try:
                report = self._program.verify(text)
            except UnavailableError as error:
                self._checked[text] = tr("it could not be verified: {reason}", reason=error)
                self._unjudged.add(text)
            else:
                self._blocks[text] = frozenset(block.name for block in getattr(report, "blocks", ()))
                said = tr("the check says {verdict}: {reason}", verdict=report.verdict.name, reason=report.reason)
                self._checked[text] = self._hidden(text) if report.verdict is Verdict.PASS else said
        return self._checked[text]

    def only_decays(self, text: str) -> bool:
        """Whether all that a text adds to the gradient of a loss without a penalty is a decay: smaller weights."""
        try:
            report = self._program.verify(text)
        except UnavailableError:
            return False
        return report.verdict is Verdict.INVALID and report.finding(DECAY) is not None

    def is_unjudged(self, text: str) -> bool:
        """Whether the whole check of a text could not be carried out, for want of time, say."""
        return text in self._unjudged

    def blocks(self, text: str) -> frozenset[str]:
        """The parameters that the whole check found in a text; none where it was not carried out."""
        return self._blocks.get(text, frozenset())

    def _hidden(self, text: str) -> str | None:
        """Why a text that passes holds only at the settings that it has, as far as that shows."""
        told = mark("it holds only while a setting is neutral: with {setting} the gradient is wrong again")
        switched = switched_on(text)
        if switched is not None and self._fails(*switched):
            return tr(told, setting=switched[1])
        other = moved(text)
        if other is not None and self._fails(*other):
            told = mark("it fits the point only: with {variation} the gradient is wrong again")
            return tr(told, variation=other[1])
        return None

    def _fails(self, text: str, settings: str) -> bool:
        """Whether the gradient is wrong with other settings, as far as that can be seen."""
        try:
            report = self._program.verify(text)
        except UnavailableError:
            return False
        decays = OF_UPDATE.fullmatch(settings) is not None and report.finding(DECAY) is not None
        return report.verdict is Verdict.FAIL and not decays

    def _elsewhere(self) -> list[tuple[str, Judge]]:
        if self._others is None:
            self._others = []
            variations: tuple[Variation, ...] = (*VARIATIONS, OTHER_DATA)
            if self._given is not None:
                variations = (OTHER_DATA,)
                self._others = [(varied.what, self._judge(varied)) for varied in self._given]
            for variation in variations:
                if self._deadline() < 1.0:
                    break
                varied = self._varied(variation)
                if varied is not None:
                    self._others.append((varied.what, self._judge(varied)))
        return self._others

    def _judge(self, varied: Varied) -> Judge:
        truth = sharpened(varied.program, varied.arrays, varied.truth)
        judge = Judge(varied.program, [Point(arrays=varied.arrays, truth=truth)], self._deadline, 10**6)
        if self._program.source is not None:
            judge.begin(self._program.source.text)
        return judge

    def _varied(self, variation: Variation) -> Varied | None:
        try:
            other = self._program.vary(variation)
            shapes = [block.shape for block in other.problem.blocks]
            rng = np.random.default_rng(5)
            arrays = tuple(rng.standard_normal(shape) * 0.7 for shape in shapes)
            truth = _truth(other.forward(arrays), [block.name for block in other.problem.blocks], shapes)
        except (UnavailableError, AttributeError, KeyError, ValueError):
            return None
        what = ", ".join(f"{name}={value:g}" for name, value in variation.given().items())
        return Varied(
            what=tr("other targets") if variation is OTHER_DATA else what, program=other, arrays=arrays, truth=truth
        )


def sharpened(
    program: Program, arrays: Sequence[Array], truth: Sequence[Array], forward: Forward | None = None
) -> tuple[Array, ...]:
    """The exact gradient in place of one by differences that it agrees with but for some entries next to kinks.

    Parameters
    ----------
    program : Program
    arrays : sequence of ndarray
        The point, one array a block.
    truth : sequence of ndarray
        The gradient there, in the same shapes.
    forward : Forward, optional
        At that point; asked for where it is not given.
    """
    given = tuple(np.asarray(array, dtype=float) for array in truth)
    blocks = program.problem.blocks
    try:
        found = forward or program.forward(arrays)
        exact = _truth(found, [block.name for block in blocks], [block.shape for block in blocks])
    except (UnavailableError, AttributeError, KeyError, ValueError):
        return given
    near = all(np.linalg.norm(a - b) <= NEAR * np.linalg.norm(b) for a, b in zip(exact, given, strict=True))
    return exact if near else given


def _truth(forward: Forward, names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> tuple[Array, ...]:
    """The true gradient, from the adjoints of the parameters."""
    adjoints = {value.block: value.adjoint for value in forward.values if value.block is not None}
    found = []
    for name, shape in zip(names, shapes, strict=True):
        adjoint = adjoints[name]
        found.append(np.zeros(shape) if adjoint is None else np.asarray(adjoint, dtype=float).reshape(shape))
    return tuple(found)
