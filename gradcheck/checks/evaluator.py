"""Calls the user's code: counts, validates what comes back, keeps state as it was, and works on one flat vector."""

from __future__ import annotations

import collections
import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.checks.rounding import declared_precision, hidden_precision, numbers_of
from gradcheck.language import tr
from gradcheck.problem import Block, Problem, StructureMismatchError
from gradcheck.records import Evaluations, Finding, Severity

__all__ = ["BudgetSpentError", "Claim", "Evaluator", "Point", "UnusableLossError", "WrongGradientError"]

Vector = npt.NDArray[np.float64]


class UnusableLossError(Exception):
    """A loss that no gradient can be checked against; the message says what came and the cure."""


class BudgetSpentError(Exception):
    """One more loss would be more than a verdict may cost."""


class WrongGradientError(Exception):
    """A gradient that is wrong before any number is compared."""

    def __init__(self, finding: Finding, block: str | None = None) -> None:
        super().__init__(finding.message)
        self.finding = finding
        self.block = block


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claimed gradient: flat values, the precision they came in, and the error of recovering them.

    ``errors[b]`` is the absolute error of each entry of block ``b`` (units of the gradient). A ``hidden`` precision is
    shown by the numbers alone: they came in float64.
    """

    values: Vector
    errors: tuple[float, ...]
    precision: str
    hidden: bool = False

    def error_along(self, vector: Vector, slices: list[slice]) -> float:
        """Error of the derivative along a direction: the entries' errors are independent, so a root sum of squares."""
        parts = [e * float(np.linalg.norm(vector[where])) for e, where in zip(self.errors, slices, strict=True) if e]
        return float(np.linalg.norm(parts)) if parts else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place that was looked at: its name, parameters, loss and claimed gradient.

    Where the loss was not ``measured`` it is that of a point nearby, for its size.
    """

    name: str
    theta: Vector
    loss: float
    claim: Claim
    measured: bool = True


class Evaluator:
    """The loss and the claimed gradient as functions of one flat float64 vector.

    Parameters
    ----------
    problem : Problem
    dtype : numpy dtype or None
        What the code is given; ``None`` gives each block in its own dtype.
    """

    def __init__(self, problem: Problem, dtype: np.dtype[Any] | None = None) -> None:
        self.problem = problem
        self.driver = problem.driver
        self.blocks: tuple[Block, ...] = problem.blocks
        self.dtype = dtype
        bounds = np.cumsum([0] + [block.size for block in self.blocks])
        self.slices = [slice(int(a), int(b)) for a, b in itertools.pairwise(bounds)]
        self.size = int(bounds[-1])
        self.losses = 0
        self.gradients = 0
        self._budget: int | None = None
        self._aside = 0
        self.notes: dict[str, Finding] = {}
        self._errstate = np.geterr()
        # Of the points looked at last: see ``sources.exact_at``.
        self.traced: collections.deque[tuple[Point, str, Vector | str]] = collections.deque(maxlen=8)
        self.numbers_tell = True  # unset when numbers of a claim that looked like float32 turned out to be short ones
        self.pure = False  # set when a call has left everything it could reach as it was
        self._buffer: Vector | None = None
        self._seen: list[float] = []
        self._loss_precision = "float64"
        self._hidden_precision = "float64"

    @property
    def evaluations(self) -> Evaluations:
        """Calls so far."""
        return Evaluations(loss=self.losses, gradient=self.gradients)

    @property
    def loss_precision(self) -> str:
        """The precision of the loss's values: its dtype, or float32 where every value seen is a float32 number."""
        if self._loss_precision != "float64":
            return self._loss_precision
        return self._hidden_precision

    def start(self) -> Vector:
        """The parameters as given, flat."""
        return self.flat(self.driver.values())

    def flat(self, arrays: list[Any]) -> Vector:
        """Arrays, one a block, as one vector."""
        parts = [np.asarray(array, dtype=np.float64).ravel() for array in arrays]
        return np.concatenate(parts) if parts else np.empty(0)

    def split(self, theta: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """One array a block, in the dtype that the code is given."""
        arrays = []
        low = None if self.loss_precision == "float64" else np.dtype(self.loss_precision)
        for block, where in zip(self.blocks, self.slices, strict=True):
            part = theta[where].reshape(block.shape)
            wanted = part.dtype if part.dtype.kind == "c" else (self.dtype or block.dtype)
            if low is not None and part.dtype.kind != "c" and wanted.itemsize > low.itemsize:
                part = part.astype(low)  # what the code will round to inside, so that it is known
            arrays.append(part.astype(wanted, copy=False))
        return arrays

    def realised(self, theta: Vector) -> Vector:
        """The vector as the code sees it after rounding to the blocks' own dtypes."""
        return self.flat(self.split(theta))

    @property
    def rounds(self) -> bool:
        """Whether parameters are rounded to less than float64 on their way to the code."""
        return self.loss_precision != "float64" or any(
            (self.dtype or block.dtype) != np.float64 for block in self.blocks
        )

    def handed(self, theta: Vector) -> Vector:
        """The vector for the code to use: a copy, unless the code is known to write into nothing."""
        return theta if self.pure else theta.copy()

    def shifted(self, theta: Vector, step: float, vector: Vector) -> Vector:
        """``theta + step * vector``, in the buffer if there is one: see ``reuse``."""
        if self._buffer is None:
            return theta + step * vector
        np.multiply(vector, step, out=self._buffer)
        self._buffer += theta
        return self._buffer

    def reuse(self, array: Vector) -> None:
        """Take an array that nobody uses any more as the buffer of ``shifted``: the code keeps and writes nothing."""
        self._buffer = array

    def prepare(self) -> None:
        """Put the code's state where it was before an evaluation."""
        self.driver.restore()
        if self.problem.reset is not None:
            self.problem.reset()

    def loss(self, theta: Vector) -> float:
        """The loss at a fresh vector (which is given away).

        Raises
        ------
        UnusableLossError
            If it raises or is not one finite real number.
        """
        self.prepare()
        return self.raw_loss(theta)

    @contextlib.contextmanager
    def within(self, budget: int | None) -> Iterator[None]:
        """Inside, a loss beyond this many (counted from the start of the check) raises ``BudgetSpentError``."""
        self._budget = budget
        try:
            yield
        finally:
            self._budget = None

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Inside, losses count towards neither the budget nor ``counted``: they have a limit of their own."""
        budget, before = self._budget, self.losses
        self._budget = None
        try:
            yield
        finally:
            spent = self.losses - before
            self._aside += spent
            self._budget = None if budget is None else budget + spent

    @property
    def counted(self) -> int:
        """Losses so far, without those that were taken aside."""
        return self.losses - self._aside

    def spend(self) -> None:
        """Count one evaluation of the loss that is about to be made.

        Raises
        ------
        BudgetSpentError
            If there is none left.
        """
        if self._budget is not None and self.losses >= self._budget:
            raise BudgetSpentError
        self.losses += 1

    def raw_loss(self, theta: Vector) -> float:
        """The loss without putting state back first."""
        self.spend()
        try:
            with np.errstate(**self._errstate):
                value = self.driver.loss(self.split(theta))
        except Exception as error:
            raise UnusableLossError(tr("the loss raised {error}", error=describe(error))) from error
        number = self._as_number(value)
        if np.isfinite(number):
            self._seen = [*self._seen[-7:], number]
            self._hidden_precision = hidden_precision(set(self._seen))
        return number

    def _as_number(self, value: Any) -> float:
        if value is None:
            raise UnusableLossError(tr("the loss returned None; expected one number (is a `return` missing?)"))
        try:
            array = np.asarray(value)
        except Exception:
            message = tr("the loss returned a {type}; expected one number", type=type(value).__name__)
            raise UnusableLossError(message) from None
        if array.size != 1 or array.dtype.kind not in "fiub":
            told = {"type": type(value).__name__, "shape": array.shape, "dtype": array.dtype}
            if array.ndim:
                message = tr(
                    "the loss returned an array of shape {shape} (dtype {dtype}); expected one real number", **told
                )
            else:
                message = tr("the loss returned a {type} (dtype {dtype}); expected one real number", **told)
            raise UnusableLossError(message)
        if array.dtype in (np.float32, np.float16):
            self._loss_precision = str(array.dtype)
        return float(array.reshape(()))

    def claim(self, theta: Vector) -> Claim:
        """The claimed gradient at a fresh vector, right after the loss there.

        Raises
        ------
        WrongGradientError
            If it raises, or its structure, a shape, a dtype or a value cannot be a gradient.
        """
        self.gradients += 1
        if self.problem.reset is not None:
            self.problem.reset()
        try:
            with np.errstate(**self._errstate):
                leaves = self.driver.gradient(self.split(theta))
        except StructureMismatchError as error:
            raise WrongGradientError(
                _error("shape-mismatch", tr("The gradient has the wrong structure: {difference}.", difference=error))
            ) from None
        except Exception as error:
            message = tr("The gradient raised {error}.", error=describe(error))
            raise WrongGradientError(_error("crash", message)) from error
        values = [self._leaf(block, leaf) for block, leaf in zip(self.blocks, leaves, strict=True)]
        flat = self.flat(values)
        if self.problem.sign < 0:
            flat = -flat
        declared = declared_precision(values)
        shown = hidden_precision(numbers_of(flat)) if declared == "float64" and self.numbers_tell else declared
        errors = tuple(self.driver.gradient_error())
        return Claim(values=flat, errors=errors, precision=shown, hidden=shown != declared)

    def _leaf(self, block: Block, leaf: Any) -> npt.NDArray[Any]:
        if leaf is None:
            message = tr(
                "The gradient of {block} is None; expected an array of shape {shape}.",
                block=block.name,
                shape=block.shape,
            )
            raise WrongGradientError(_error("crash", message), block.name)
        try:
            array = np.asarray(leaf)
        except Exception:
            array = np.empty(0, dtype=object)
        if array.dtype.kind not in "fiub":
            message = tr(
                "The gradient of {block} is a {type} of dtype {dtype}; expected real numbers in shape {shape}.",
                block=block.name,
                type=type(leaf).__name__,
                dtype=array.dtype,
                shape=block.shape,
            )
            raise WrongGradientError(_error("shape-mismatch", message), block.name)
        if array.shape != block.shape:
            array = self._reshaped(block, array)
        if not np.all(np.isfinite(array)):
            bad = int(np.size(array) - np.count_nonzero(np.isfinite(array)))
            message = tr(
                "The gradient of {block} has {bad} of {size} values that are not finite (NaN or infinity) where the "
                "loss is finite.",
                block=block.name,
                bad=bad,
                size=array.size,
            )
            raise WrongGradientError(_error("crash", message), block.name)
        return array

    def _reshaped(self, block: Block, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A shape that differs only by leading ones acts the same in every update; anything else is wrong."""
        told = {"block": block.name, "shape": array.shape, "expected": block.shape}
        if array.size == block.size and _broadcasts_to(array.shape, block.shape):
            self.notes["shape-mismatch"] = Finding(
                id="shape-mismatch",
                severity=Severity.WARNING,
                message=tr(
                    "The gradient of {block} has shape {shape}, the parameter {expected}: "
                    "an update broadcasts it to the same numbers, so it was compared as that.",
                    **told,
                ),
            )
            return array.reshape(block.shape)
        if array.size == 1 and _is_bias(block):
            message = tr(
                "The gradient of {block} is one number, expected shape {expected}: np.sum without an axis "
                "adds up all units. Sum over the batch only: np.sum(delta, axis=0, keepdims=True).",
                **told,
            )
            raise WrongGradientError(_error("bias-sum-without-axis", message), block.name)
        message = tr("The gradient of {block} has shape {shape}, expected {expected} as the parameter.", **told)
        raise WrongGradientError(_error("shape-mismatch", message), block.name)

    def point(self, name: str, theta: Vector, like: Point | None = None) -> Point:
        """Claimed gradient at one place, after the loss there.

        Code that keeps nothing between calls needs no loss first: with ``like``, a point whose loss is of about the
        same size, it is left out unless the gradient cannot be used.
        """
        if like is not None and self.pure:
            try:
                return Point(
                    name=name, theta=theta, loss=like.loss, measured=False, claim=self.claim(self.handed(theta))
                )
            except WrongGradientError:
                self._finite_loss(theta)
                raise
        loss = self._finite_loss(theta)
        return Point(name=name, theta=theta, loss=loss, measured=True, claim=self.claim(self.handed(theta)))

    def _finite_loss(self, theta: Vector) -> float:
        loss = self.loss(self.handed(theta))
        if not np.isfinite(loss):
            raise UnusableLossError(tr("the loss is {value}", value=loss))
        return loss


def describe(error: BaseException) -> str:
    """An exception of the user's code in one line, with the place where the driver knows it."""
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _error(identifier: str, message: str) -> Finding:
    return Finding(id=identifier, severity=Severity.ERROR, message=message)


def _broadcasts_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def _is_bias(block: Block) -> bool:
    """One-dimensional, or two-dimensional with one row or one column."""
    return len(block.shape) == 1 or (len(block.shape) == 2 and 1 in block.shape)
