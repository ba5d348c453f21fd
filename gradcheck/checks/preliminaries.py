"""What is settled before any derivative is compared: reproducibility, mutation, precision."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradcheck.checks.evaluator import Claim, Evaluator, Point, UnusableLossError, WrongGradientError
from gradcheck.checks.rounding import EPS, fits_float32, numbers_of
from gradcheck.language import listed, tr
from gradcheck.problem import OracleUnavailableError, Problem
from gradcheck.problem.leaves import same_bits
from gradcheck.records import Finding, Severity

__all__ = [
    "NotReproducibleError",
    "choose_evaluator",
    "first_point",
    "precision_note",
    "require_repeatable",
    "unusable_parameters",
]

Vector = npt.NDArray[np.float64]

# Two calls at the same parameters may differ by the order of a threaded sum, not more (relative, dimensionless).
REPEATABLE = {"float64": 1e-11, "float32": 1e-4, "float16": 1e-2}

# How far beside the parameters a precision is looked for (relative): near enough for losses that exist close by alone.
MOVE = 1e-3


class NotReproducibleError(Exception):
    """Two calls at the same parameters gave different values."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class _Pair:
    loss: float
    claim: Claim
    given: Vector


def unusable_parameters(problem: Problem) -> Finding | str | None:
    """Why the parameters cannot be perturbed: a finding (integers), a sentence (nothing there), or None."""
    blocks = [block for block in problem.blocks if block.size]
    if not blocks:
        if problem.blocks:
            return tr("there is nothing to compare: every parameter is empty")
        return tr("there is nothing to compare: no parameters")
    whole = [block for block in blocks if block.dtype.kind in "iub"]
    if whole:
        names = listed(f"{block.name} ({block.dtype})" for block in whole)
        return Finding(
            id="integer-dtype",
            severity=Severity.ERROR,
            message=tr(
                "{names} cannot be perturbed: integers have no neighbours, and an update in place would be "
                "cut off to whole numbers. Write the initial values as floats, for example "
                "{first} = np.array(..., dtype=float).",
                names=names,
                first=whole[0].name,
            ),
        )
    return None


def choose_evaluator(problem: Problem) -> tuple[Evaluator, list[Finding]]:
    """An evaluator in float64 where the code accepts a float64 copy of low-precision parameters.

    Returns
    -------
    evaluator : Evaluator
    findings : list of Finding
        ``low-precision`` when the parameters, and what it means for this check.
    """
    low = sorted({str(block.dtype) for block in problem.blocks if block.size and block.dtype.itemsize < 8})
    if not low:
        return Evaluator(problem), []
    own = Evaluator(problem)
    wide = Evaluator(problem, np.dtype(np.float64))
    accepted = _accepts(own, wide)
    chosen = wide if accepted else own
    chosen.losses, chosen.gradients = own.losses + wide.losses, own.gradients + wide.gradients
    if accepted:
        message = tr(
            "The parameters are {types}: the code accepts a float64 copy, which is what was checked.",
            types=listed(low),
        )
    else:
        message = tr(
            "The parameters are {types}: the code computes in low precision whatever it is given, so only errors well "
            "above its round-off can show.",
            types=listed(low),
        )
    return chosen, [Finding(id="low-precision", severity=Severity.INFO, message=message)]


def precision_note(evaluator: Evaluator, claim: Claim, rtol: float) -> Finding | None:
    """A finding where gradient or loss come in low precision although the parameters do not."""
    if claim.precision != "float64":
        message = tr(
            "The gradient comes in {precision}: it is held to a tolerance of {rtol:.1g}, and smaller errors do not "
            "show. Compute it in float64 to have them told.",
            precision=claim.precision,
            rtol=rtol,
        )
    elif evaluator.loss_precision != "float64":
        message = tr(
            "The loss comes in {precision}: the gradient is held to a tolerance of {rtol:.1g}, and smaller errors do "
            "not show. Compute the loss in float64 to have them told.",
            precision=evaluator.loss_precision,
            rtol=rtol,
        )
    else:
        return None
    return Finding(id="low-precision", severity=Severity.INFO, message=message)


def _accepts(own: Evaluator, wide: Evaluator) -> bool:
    """Whether the code computes in float64, close to its own value, when it is given float64."""
    theta = own.start()
    reference = own.loss(theta.copy())
    values = []
    for stretch in (0.0, MOVE, 2.0 * MOVE):  # three values show the precision that the loss is really computed in
        try:
            values.append(wide.loss(theta * (1.0 + stretch)))
            if stretch == 0.0:
                wide.claim(theta.copy())
        except (UnusableLossError, WrongGradientError, OracleUnavailableError):
            return False
    eps = EPS["float16" if any(block.dtype == np.float16 for block in own.blocks) else "float32"]
    near = abs(values[0] - reference) <= 1e3 * eps * max(abs(reference), 1.0)
    return near and wide.loss_precision == "float64"


def first_point(evaluator: Evaluator) -> Point:
    """Loss and gradient at the parameters as given; called again when the first call has left traces.

    Code that changed nothing it can reach computes the same again (what it draws from the system's entropy shows as a
    disagreement, which ``require_repeatable`` then explains), so a second call would show nothing.

    Raises
    ------
    UnusableLossError
        If the loss raises or is not a finite number.
    WrongGradientError
        If the gradient cannot be one, or accumulates across calls.
    NotReproducibleError
        If two calls differ otherwise.
    """
    theta = evaluator.start()
    _require_finite(evaluator, theta)
    if evaluator.losses:  # otherwise nothing has run that could have changed anything
        evaluator.prepare()
    first = _pair(evaluator, theta)
    given = Point(name="as given", theta=theta, loss=first.loss, claim=first.claim)
    evaluator.pure = not evaluator.driver.changed()
    if evaluator.pure:
        evaluator.reuse(first.given)
    else:
        require_repeatable(evaluator, given)
    _look_for_hidden_precision(evaluator, given)  # puts state back: not before the second call
    return _confirmed(evaluator, given)


def _require_finite(evaluator: Evaluator, theta: Vector) -> None:
    for block, where in zip(evaluator.blocks, evaluator.slices, strict=True):
        if not np.all(np.isfinite(theta[where])):
            raise UnusableLossError(
                tr(
                    "{block} holds values that are not finite (NaN or infinity): start from finite parameters",
                    block=block.name,
                )
            )


def _look_for_hidden_precision(evaluator: Evaluator, given: Point) -> None:
    """Two more losses where the first one is a float32 number: together they tell code that computes in float32."""
    if float(np.float32(given.loss)) == given.loss and evaluator.loss_precision == "float64":
        for stretch in (MOVE, 2.0 * MOVE):
            with contextlib.suppress(UnusableLossError):
                evaluator.loss(given.theta * (1.0 + stretch))


def _confirmed(evaluator: Evaluator, given: Point) -> Point:
    """The point, its claim held to be float32 by its numbers alone only where numbers elsewhere show the same.

    Parameters of quarters and halves have a gradient of short numbers in any precision. Of those that change with the
    parameters, each fits in 24 bits by chance with probability ``2**-29``; those that do not change show nothing.
    """
    if not given.claim.hidden:
        return given
    theta = given.theta
    typical = float(np.sqrt(np.mean(theta**2))) or 1.0
    moved = theta + MOVE * np.where(theta == 0.0, typical, theta)
    try:
        claim = evaluator.point("beside", moved).claim
    except (UnusableLossError, WrongGradientError):
        return given  # nothing is known of other places
    changed = numbers_of(claim.values[claim.values != given.claim.values])
    if changed and fits_float32(changed):
        return given
    evaluator.numbers_tell = False
    return dataclasses.replace(given, claim=dataclasses.replace(given.claim, precision="float64", hidden=False))


def require_repeatable(evaluator: Evaluator, given: Point) -> None:
    """Call loss and gradient again where they were called first, without putting state back in between.

    Raises
    ------
    WrongGradientError
        If the gradient accumulates across calls.
    NotReproducibleError
        If two calls differ otherwise.
    """
    second = _pair(evaluator, given.theta)
    slack = REPEATABLE[evaluator.loss_precision]
    if abs(given.loss - second.loss) > slack * max(abs(given.loss), 1e-300):
        raise NotReproducibleError(_explain_loss(evaluator, given.theta, given.loss, second.loss))
    if not _differ(given.claim, second.claim):
        return
    third = _pair(evaluator, given.theta)
    if _accumulates(given.claim, second.claim, third.claim):
        raise WrongGradientError(
            Finding(
                id="gradient-accumulated",
                severity=Severity.ERROR,
                message=tr(
                    "A second call at the same parameters returns the first gradient added again: it is "
                    "accumulated across calls. Set it to zero at the start of the backward pass, or pass reset=."
                ),
            )
        )
    raise NotReproducibleError(
        Finding(
            id="nondeterministic",
            severity=Severity.ERROR,
            message=tr(
                "Two calls of the gradient at the same parameters differ. Draw random masks and noise once, or "
                "pass reset= to put their generator back before each evaluation."
            ),
        )
    )


def _pair(evaluator: Evaluator, theta: Vector) -> _Pair:
    """Loss, then gradient, without putting state back in between (only a declared reset is called)."""
    if evaluator.problem.reset is not None:
        evaluator.problem.reset()
    given = theta.copy()
    loss = evaluator.raw_loss(given)
    if not np.isfinite(loss):
        raise UnusableLossError(
            tr(
                "the loss is {value} at the parameters as given: there is no derivative. "
                "Start from parameters where it is finite (usual causes: overflow in exp, log of 0, division by 0)",
                value=loss,
            )
        )
    if not same_bits(given, theta):
        given = theta.copy()
    return _Pair(loss, evaluator.claim(given), given)


def _differ(first: Claim, second: Claim) -> bool:
    if np.array_equal(first.values, second.values):
        return False
    recovered = 8.0 * max(first.errors, default=0.0) * np.sqrt(first.values.size)
    slack = REPEATABLE[first.precision] * float(np.linalg.norm(first.values)) + recovered
    return bool(np.linalg.norm(first.values - second.values) > slack)


def _accumulates(first: Claim, second: Claim, third: Claim) -> bool:
    """Each call adds the same again."""
    gain, next_gain = second.values - first.values, third.values - second.values
    return float(np.linalg.norm(gain - next_gain)) <= 1e-6 * float(np.linalg.norm(gain))


def _explain_loss(evaluator: Evaluator, theta: Vector, first: float, second: float) -> Finding:
    evaluator.prepare()
    again = evaluator.raw_loss(theta.copy())
    if again == first:
        cause = tr(
            "it comes back when random generators and other state are put back: the loss draws random numbers, "
            "counts its calls or changes its own inputs"
        )
    else:
        cause = tr("putting random generators and other state back does not make it repeat")
    return Finding(
        id="nondeterministic",
        severity=Severity.ERROR,
        message=tr(
            "Two calls of the loss at the same parameters gave {first:.16g} and {second:.16g}; {cause}. "
            "Draw random masks and noise once, or pass reset= to put their generator back before each evaluation.",
            first=first,
            second=second,
            cause=cause,
        ),
    )
