"""What a program claims and what is true, at one point: the observations that a diagnosis reasons from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradcheck.checks.evaluator import Evaluator, Point, UnusableLossError, Vector, WrongGradientError
from gradcheck.checks.points import better_point
from gradcheck.checks.preliminaries import choose_evaluator
from gradcheck.checks.sources import exact_at
from gradcheck.diagnosis.forward.reading import read_network
from gradcheck.diagnosis.forward.standing_step import without_the_step
from gradcheck.diagnosis.programs.program import Array, Forward, Program, Trace, UnavailableError
from gradcheck.language import tr
from gradcheck.oracles.finite_difference import central_difference, extrapolate
from gradcheck.problem import OracleUnavailableError, Problem

if TYPE_CHECKING:
    from gradcheck.diagnosis.network import Network

__all__ = ["Look", "Observer"]

# Entry by entry takes four losses an entry; beyond this many the numbers of a block are not worth the wait.
MAX_ENTRIES = 400
# Steps of the differences, relative to the size of the parameters; extrapolated, what is left is of order h**4.
STEPS = (3e-4, 6e-4)
# A derivative of the traced code is believed where it agrees with a difference to this part of its size: the
# difference's own error at these steps is about 1e-8, and a lost path through the code changes it by far more.
TRUST = 1e-5
# Where a step crosses a kink the difference is what is wrong: these parts of the step are tried too, each along a
# direction of its own. A lost path shows along all of them, a kink that lies close seldom in more than one. At the
# smallest the round-off of the loss is still about 1e-9 of it.
FINER = (1.0 / 16.0, 1.0 / 16.0, 1.0 / 256.0)
EXACT_PRECISION = 1e-9
DIFFERENCE_PRECISION = 1e-6
PRECISIONS = {"float64": 0.0, "float32": 1e-4, "float16": 0.05}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One point of one program.

    Attributes
    ----------
    what : str
        Where this is, in words: "the code's own point moved a little", "half the batch".
    program : Program
    arrays : tuple of ndarray
        The parameters, one array a block.
    claimed : mapping of block name to ndarray
        Empty where the code raised or returned no gradient; ``error`` then says so.
    true : mapping of block name to ndarray
    precision : float
        Relative error of a block's numbers (dimensionless), claimed and true together.
    forward, network, trace
        As far as the code lets itself be looked into.
    missing : tuple of str
        What could not be had, and why, in words for the report.
    """

    what: str
    program: Program
    arrays: tuple[Array, ...]
    claimed: Mapping[str, Array]
    true: Mapping[str, Array]
    precision: float
    forward: Forward | None = None
    network: Network | None = None
    trace: Trace | None = None
    error: str | None = None
    missing: tuple[str, ...] = ()

    def wrong(self, claimed: Mapping[str, Array] | None = None, tolerance: float = 1e-6) -> tuple[str, ...]:
        """Blocks whose claimed gradient (by default the code's own) is not the true one, in their order."""
        held = self.claimed if claimed is None else claimed
        scale = max((float(np.linalg.norm(part)) for part in self.true.values()), default=0.0)
        limit = max(tolerance, 10.0 * self.precision)
        out = []
        for name, true in self.true.items():
            own = held.get(name)
            size = max(float(np.linalg.norm(true)), 1e-6 * scale)
            if own is None or own.shape != true.shape or float(np.linalg.norm(own - true)) > limit * size:
                out.append(name)
        return tuple(out)


def _evaluator(problem: Problem) -> Evaluator:
    """One in float64 where the code accepts that, as the check has: differences in float32 confirm few derivatives."""
    if all(block.dtype.itemsize >= np.dtype(np.float64).itemsize for block in problem.blocks):
        return Evaluator(problem)
    problem.driver.begin()
    try:
        return choose_evaluator(problem)[0]
    except UnusableLossError:
        return Evaluator(problem)
    finally:
        problem.driver.end()


class Observer:
    """Looks at a program at chosen points.

    Parameters
    ----------
    program : Program
    rng : numpy.random.Generator
    """

    def __init__(self, program: Program, rng: np.random.Generator) -> None:
        self.program, self._rng = program, rng
        self._evaluator = _evaluator(program.problem)
        self._names = [block.name for block in program.problem.blocks]

    def points(self, count: int) -> list[tuple[Array, ...]]:
        """Points where bugs can show: the code's own parameters moved, tiny weights and zero biases given a size."""
        start = self._evaluator.start()
        blocks, slices = self._evaluator.blocks, self._evaluator.slices
        return [self.split(better_point(start, blocks, slices, self._rng)) for _ in range(count)]

    def start(self) -> tuple[Array, ...]:
        """The code's own parameters."""
        return self.split(self._evaluator.start())

    def split(self, theta: Vector) -> tuple[Array, ...]:
        """A flat vector as one array a block, rounded as the code rounds."""
        return tuple(np.asarray(part, dtype=np.float64) for part in self._evaluator.split(theta))

    def look(self, arrays: Sequence[Array], what: str, *, traced: bool = True) -> Look:
        """Everything that can be known at one point.

        Raises
        ------
        UnavailableError
            If not even the true gradient can be had there.
        """
        theta = self._evaluator.flat(list(arrays))
        missing: list[str] = []
        forward = self._forward(arrays, missing)
        driver = self.program.problem.driver
        driver.begin()
        try:
            claimed, error, relative = self._claimed(theta)
            true, precision = self._true(theta, forward)
        finally:
            driver.end()
        return Look(
            what=what,
            program=self.program,
            arrays=tuple(arrays),
            claimed=claimed,
            true=true,
            precision=max(precision, relative),
            forward=forward,
            network=self._network(forward, missing),
            trace=self._trace(arrays, missing) if traced else None,
            error=error,
            missing=tuple(missing),
        )

    def _claimed(self, theta: Vector) -> tuple[dict[str, Array], str | None, float]:
        """The claimed gradient by block, what it raised, and its relative error."""
        evaluator = self._evaluator
        evaluator.prepare()
        try:
            evaluator.raw_loss(theta.copy())
            claim = evaluator.claim(theta.copy())
        except (WrongGradientError, UnusableLossError) as error:
            return {}, str(error), 0.0
        finally:
            evaluator.prepare()
        size = float(np.linalg.norm(claim.values)) / max(claim.values.size, 1) ** 0.5 or 1.0
        relative = max((*(error / size for error in claim.errors), PRECISIONS.get(claim.precision, 0.0)))
        return self._named(claim.values), None, relative

    def _named(self, vector: Vector) -> dict[str, Array]:
        blocks, slices = self._evaluator.blocks, self._evaluator.slices
        return {b.name: vector[s].reshape(b.shape).copy() for b, s in zip(blocks, slices, strict=True)}

    def _true(self, theta: Vector, forward: Forward | None) -> tuple[dict[str, Array], float]:
        direction = self._direction(theta)
        slope = self._derivative(theta, direction)
        low = PRECISIONS.get(self._evaluator.loss_precision, 0.0)
        exact = self._exact(theta, forward)
        if exact is not None and np.isfinite(exact).all():
            near = _agree(exact, direction, slope, low)
            if near or self._agrees_finer(theta, exact, low):
                return self._named(exact), max(EXACT_PRECISION, low)
        if theta.size > MAX_ENTRIES:
            raise UnavailableError(
                tr(
                    "its loss cannot be differentiated automatically, and {number} parameters are too many for "
                    "differences entry by entry",
                    number=theta.size,
                )
            )
        if not np.isfinite(slope):
            raise UnavailableError(tr("its loss is not finite there"))
        parts = np.array([self._entry(theta, number) for number in range(theta.size)])
        if not np.isfinite(parts).all():
            raise UnavailableError(tr("its loss is not finite next to it"))
        return self._named(parts), max(DIFFERENCE_PRECISION, low)

    def _exact(self, theta: Vector, forward: Forward | None) -> Vector | None:
        if forward is not None:
            adjoints = {v.block: v.adjoint for v in forward.values if v.operation == "parameter"}
            shapes = {block.name: block.shape for block in self._evaluator.blocks}
            found = [adjoints.get(name) for name in self._names]
            return self._evaluator.flat(
                [
                    np.zeros(shapes[name]) if part is None else part
                    for name, part in zip(self._names, found, strict=True)
                ]
            )
        evaluator = self._evaluator
        placeholder = Point(name="", theta=theta, loss=0.0, claim=None, measured=False)  # type: ignore[arg-type]
        try:
            return exact_at(evaluator, placeholder).gradient
        except OracleUnavailableError:
            return None

    def _agrees_finer(self, theta: Vector, exact: Vector, low: float) -> bool:
        """Whether the code's own derivative agrees with a difference that does not reach as far."""
        if low:  # smaller steps drown in round-off
            return False
        for part in FINER:
            direction = self._direction(theta)
            if _agree(exact, direction, self._derivative(theta, part * direction) / part, low):
                return True
        return False

    def _direction(self, theta: Vector) -> Vector:
        """A random direction that moves every block by the same part of its size."""
        direction = self._rng.choice((-1.0, 1.0), theta.size) * self._rng.uniform(0.5, 1.5, theta.size)
        for where in self._evaluator.slices:
            size = float(np.linalg.norm(theta[where])) / max(where.stop - where.start, 1) ** 0.5
            direction[where] *= max(size, 1e-2)
        return direction

    def _entry(self, theta: Vector, number: int) -> float:
        direction = np.zeros_like(theta)
        direction[number] = max(abs(theta[number]), 0.1)
        return self._derivative(theta, direction) / float(direction[number])

    def _derivative(self, theta: Vector, direction: Vector) -> float:
        eps = 2.0**-23 if self._evaluator.loss_precision != "float64" else 2.0**-52
        scale = 1.0 if eps < 1e-10 else 30.0  # in low precision round-off asks for larger steps
        try:
            fine, coarse = (
                central_difference(lambda t: self._evaluator.loss(theta + t * direction), scale * step, eps)
                for step in STEPS
            )
        except UnusableLossError as error:
            raise UnavailableError(str(error)) from None
        return extrapolate(fine, coarse).value

    def _forward(self, arrays: Sequence[Array], missing: list[str]) -> Forward | None:
        try:
            return without_the_step(self.program.forward(arrays))
        except UnavailableError as error:
            missing.append(tr("The forward pass could not be followed: {reason}.", reason=error))
            return None

    def _network(self, forward: Forward | None, missing: list[str]) -> Network | None:
        if forward is None:
            return None
        try:
            return read_network(forward, self.program.problem.blocks)
        except UnavailableError as error:
            missing.append(tr("Its layers could not be read off: {reason}.", reason=error))
            return None

    def _trace(self, arrays: Sequence[Array], missing: list[str]) -> Trace | None:
        try:
            return self.program.trace(arrays)
        except UnavailableError as error:
            missing.append(tr("The backward pass could not be followed line by line: {reason}.", reason=error))
            return None


def _agree(exact: Vector, direction: Vector, slope: float, low: float) -> bool:
    size = max(abs(slope), float(np.linalg.norm(exact * direction)))
    return abs(float(exact @ direction) - slope) <= max(TRUST, 10.0 * low) * size
