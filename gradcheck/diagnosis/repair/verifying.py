"""Proves cures: at other sizes, rates and data of the same problem, then by the whole check from the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradcheck.diagnosis.program import Array, Forward, Program, UnavailableError, Variation
from gradcheck.diagnosis.repair.judging import Judge, Point
from gradcheck.records import Verdict

__all__ = ["Verifier"]

VARIATIONS = (
    Variation(rows=3),
    Variation(learning_rate=0.5),
    Variation(batch=5),
    Variation(outputs=4),
    Variation(features=6),
    Variation(regularisation=3.0),
    Variation(seed=17),
)


class Verifier:
    """Proves texts for one program.

    Parameters
    ----------
    program : Program
    deadline : callable
        Seconds left.
    """

    def __init__(self, program: Program, deadline: Callable[[], float]) -> None:
        self._program, self._deadline = program, deadline
        self._others: list[tuple[Variation, Judge]] | None = None
        self._checked: dict[str, str | None] = {}

    def objection(self, text: str) -> str | None:
        """Why a text does not cure the program elsewhere; None where nothing speaks against it."""
        for variation, judge in self._elsewhere():
            outcome = judge.judge([text], thorough=lambda _outcome: True)[0]
            if outcome.error is None and not outcome.cured:
                what = ", ".join(f"{name}={value:g}" for name, value in variation.given().items())
                return f"it fits the point only: with {what} the gradient is wrong again"
        return None

    def refusal(self, text: str) -> str | None:
        """Why the whole check does not accept a text; None where it passes."""
        if text not in self._checked:
            try:
                report = self._program.verify(text)
            except UnavailableError as error:
                self._checked[text] = f"it could not be verified: {error}"
            else:
                passed = report.verdict is Verdict.PASS
                self._checked[text] = None if passed else f"the check says {report.verdict.name}: {report.reason}"
        return self._checked[text]

    def _elsewhere(self) -> list[tuple[Variation, Judge]]:
        if self._others is None:
            self._others = []
            for variation in VARIATIONS:
                if self._deadline() < 1.0:
                    break
                judge = self._varied(variation)
                if judge is not None:
                    self._others.append((variation, judge))
        return self._others

    def _varied(self, variation: Variation) -> Judge | None:
        try:
            other = self._program.vary(variation)
            shapes = [block.shape for block in other.problem.blocks]
            rng = np.random.default_rng(5)
            arrays = tuple(rng.standard_normal(shape) * 0.7 for shape in shapes)
            truth = _truth(other.forward(arrays), [block.name for block in other.problem.blocks], shapes)
        except (UnavailableError, AttributeError, KeyError, ValueError):
            return None
        return Judge(other, [Point(arrays=arrays, truth=truth)], self._deadline, 10**6)


def _truth(forward: Forward, names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> tuple[Array, ...]:
    """The true gradient, from the adjoints of the parameters."""
    adjoints = {value.block: value.adjoint for value in forward.values if value.block is not None}
    found = []
    for name, shape in zip(names, shapes, strict=True):
        adjoint = adjoints[name]
        found.append(np.zeros(shape) if adjoint is None else np.asarray(adjoint, dtype=float).reshape(shape))
    return tuple(found)
