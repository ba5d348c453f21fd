"""Whether a step descends a loss function of the file's own that it does not call, in which blocks, and how often."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.losses import step_losses
from gradcheck.submissions.losses.called_loss import CalledLoss, called_losses
from gradcheck.submissions.losses.implied_loss import pair_of, rounded
from gradcheck.submissions.losses.loss_functions import LossFunction, own_functions
from gradcheck.submissions.losses.reported_loss import ReportedLoss
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.losses.slopes import AGREEMENT, NOTHING, block_ratios
from gradcheck.submissions.running.runtime import Log, as_number
from gradcheck.submissions.steps.experiment import Experiment, scalars_of
from gradcheck.submissions.text.sites import Site

__all__ = [
    "OwnFunction",
    "descends_any",
    "elsewhere_used",
    "functions_of",
    "instead_of",
    "is_kept",
    "is_used",
    "most_blocks",
    "short",
    "some_blocks",
    "vanishes",
    "whole_gradient",
]

# One block alone may agree by chance: the last bias is the same of losses that differ in a penalty.
SOME = 2


@dataclass(frozen=True, slots=True)
class OwnFunction:
    """A positive constant times a loss function of the file's own, or what it shows of other data."""

    function: LossFunction | CalledLoss | ReportedLoss
    factor: float = 1.0

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self.function.name

    @property
    def text(self) -> str:
        """It, as an expression."""
        return self.name if isinstance(self.function, ReportedLoss) else f"{self.name}()"

    def loss(self, experiment: Experiment) -> Callable[[Any], Any]:
        """The loss of a step at any parameters."""
        plain: Callable[[Any], Any] = (
            step_losses.of_call(experiment, self.function)
            if isinstance(self.function, (CalledLoss, ReportedLoss))
            else step_losses.of_pair(experiment, self.function)
        )
        return plain if self.factor == 1.0 else functools.partial(_times, self.factor, plain)

    def read(self, log: Log) -> float | None:
        """It, in what one step reported; None where that does not say."""
        if isinstance(self.function, (CalledLoss, ReportedLoss)):
            return None
        told = step_losses.read_pair(self.function, log)
        return None if told is None else self.factor * told


def functions_of(experiment: Experiment, rng: np.random.Generator) -> list[OwnFunction]:
    """The loss functions of the file that can be asked about a step.

    Parameters
    ----------
    experiment : Experiment
    rng : numpy.random.Generator
    """
    found: list[LossFunction | CalledLoss] = [*own_functions(experiment, rng), *called_losses(experiment, rng)]
    return [OwnFunction(function) for function in found]


def is_used(experiment: Experiment, function: OwnFunction) -> bool:
    """Whether the file calls it anywhere, to show or keep what it returns.

    Parameters
    ----------
    experiment : Experiment
    function : OwnFunction
    """
    return bool(_uses(experiment, function))


def is_kept(experiment: Experiment, function: OwnFunction) -> bool:
    """Whether the file puts what it returns into a record.

    Parameters
    ----------
    experiment : Experiment
    function : OwnFunction
    """
    if isinstance(function.function, ReportedLoss):
        return function.function.kept
    return any(site.kind in ("append", "store") and site.recorded for site in _uses(experiment, function))


def _uses(experiment: Experiment, function: OwnFunction) -> list[Site]:
    call = re.compile(rf"(?<!\w){re.escape(function.name)}\(")
    return [s for s in experiment.runtime.sites if s.function != function.name and call.search(s.text)]


def elsewhere_used(function: OwnFunction, recorded: str = "") -> tuple[str, str, Finding]:
    """What the loss is called, what the reason adds on it, and the finding that says so at length.

    Parameters
    ----------
    function : OwnFunction
    recorded : str, optional
        What the step records, if that is the loss of something else.
    """
    name = function.text
    if recorded:
        return _of_other_data(function, name, recorded)
    if function.factor != 1.0:
        ratio = short(function.factor)
        return (
            tr("{ratio} x {name}, of the data of the step", ratio=ratio, name=name),
            tr(
                "held against {ratio} x the file's own {name}, which the step does not call: see printed-loss-differs",
                ratio=ratio,
                name=name,
            ),
            Finding(
                id="printed-loss-differs",
                severity=Severity.WARNING,
                message=tr(
                    "The step computes no loss. The file has {name}: what the step descends is {ratio} x it, of the "
                    "data of the step.",
                    name=name,
                    ratio=ratio,
                ),
            ),
        )
    if isinstance(function.function, ReportedLoss):
        return _shown_elsewhere(function.function)
    compares = not isinstance(function.function, CalledLoss)
    text = (
        tr("{name}, of what the step compares", name=name)
        if compares
        else tr("{name}, of the data of the step", name=name)
    )
    against = tr("held against the file's own {name}, which the step does not call: see loss-not-in-step", name=name)
    message = (
        tr(
            "The step computes no loss, and its output delta is the derivative of no usual one. The file has {name}: "
            "it was taken for the loss, of the outputs and targets that the step compares.",
            name=name,
        )
        if compares
        else tr(
            "The step computes no loss, and its output delta is the derivative of no usual one in all blocks. The file "
            "has {name}: it was taken for the loss, of the data that the step's own functions are given.",
            name=name,
        )
    )
    return text, against, Finding(id="loss-not-in-step", severity=Severity.INFO, message=message)


def _shown_elsewhere(loss: ReportedLoss) -> tuple[str, str, Finding]:
    against = tr(
        "held against {name}, as the file shows it of other data in line {line}: see loss-not-in-step",
        name=loss.name,
        line=loss.line,
    )
    message = tr(
        "The step computes no loss. The file shows {shown} in line {line}: of the data of the step that is {name}, "
        "which was taken for the loss.",
        shown=loss.shown,
        name=loss.name,
        line=loss.line,
    )
    return loss.name, against, Finding(id="loss-not-in-step", severity=Severity.INFO, message=message)


def _of_other_data(function: OwnFunction, name: str, recorded: str) -> tuple[str, str, Finding]:
    times = name if function.factor == 1.0 else f"{short(function.factor)} x {name}"
    text = tr("{name}, of the data of the step", name=times)
    against = tr(
        "held against the file's own {name}, of the data of the step, and not against what it records: see "
        "recorded-loss-differs",
        name=times,
    )
    message = tr(
        "What a step records, {recorded}, is of other data than the step's: it descends that in no block. Its gradient "
        "was held against the file's own {name}, of the data that the step's own functions are given.",
        recorded=recorded,
        name=times,
    )
    return text, against, Finding(id="recorded-loss-differs", severity=Severity.INFO, message=message)


def short(ratio: float) -> str:
    """A ratio for a reader: six digits, or a whole number.

    Parameters
    ----------
    ratio : float

    Examples
    --------
    >>> short(0.0799999999), short(32.0000001)
    ('0.08', '32')
    """
    return f"{ratio:.6g}" if abs(ratio - round(ratio)) > 1e-4 * abs(ratio) else str(round(ratio))


def vanishes(experiment: Experiment, function: OwnFunction, rng: np.random.Generator) -> bool:
    """Whether it is zero where outputs are targets: one that is meant for other things (for scores, say) is not.

    Parameters
    ----------
    experiment : Experiment
    function : OwnFunction
    rng : numpy.random.Generator

    Notes
    -----
    What the step's own functions are given is known by its name: of that no such proof is needed.
    """
    loss = function.function
    if isinstance(loss, (CalledLoss, ReportedLoss)):
        return True
    pair = pair_of(experiment.observe(experiment.random_values(rng)), loss.key)
    experiment.restore()
    if pair is None:
        return False
    target = np.array(pair[1] if loss.output_is_left else pair[0], dtype=np.float64)
    try:
        with np.errstate(all="ignore"):
            best, now = (float(as_number(loss.evaluate(*operands))) for operands in ((target, target.copy()), pair))
    except Exception:  # of other arguments than these
        return False
    return abs(best) <= NOTHING * abs(now)


def whole_gradient(experiment: Experiment, pool: list[OwnFunction], rng: np.random.Generator) -> OwnFunction | None:
    """The function that the step descends, or climbs, in all blocks, up to one constant.

    Parameters
    ----------
    experiment : Experiment
    pool : list of OwnFunction
    rng : numpy.random.Generator
    """
    return _best(experiment, pool, rng, lambda agreeing, blocks: agreeing == blocks, either_sign=True)


def descends_any(experiment: Experiment, scalar: Scalar, rng: np.random.Generator) -> bool:
    """Whether the step descends a number that it computes in some block, up to a constant.

    Parameters
    ----------
    experiment : Experiment
    scalar : Scalar
    rng : numpy.random.Generator
    """
    return any(
        np.isfinite(r) for r in block_ratios(experiment, step_losses.of_scalar(experiment, scalar), rng).values()
    )


def instead_of(experiment: Experiment, scalar: Scalar, rng: np.random.Generator) -> OwnFunction | None:
    """The function that is the step's loss where what it records is descended in no block: what it descends in most.

    So it is where a step of one batch shows the loss of all data; then the function that shows it, of the batch, is the
    step's loss also where the gradient is wrong. A function whose value the step computes beside what it records is a
    part of that loss, and no substitute for it: then a term of the gradient may be missing.

    Parameters
    ----------
    experiment : Experiment
    scalar : Scalar
        What was taken for the loss.
    rng : numpy.random.Generator
    """
    if descends_any(experiment, scalar, rng):
        return None
    pool = [function for function in functions_of(experiment, rng) if not _is_computed(experiment, function)]
    recording = {site.function for site in scalar.sites}
    same = (other for other in pool if isinstance(other.function, CalledLoss) and other.name in recording)
    return whole_gradient(experiment, pool, rng) or most_blocks(experiment, pool, rng) or next(same, None)


def _is_computed(experiment: Experiment, function: OwnFunction) -> bool:
    experiment.restore()
    value = float(np.real(as_number(function.loss(experiment)(experiment.step))))
    experiment.restore()
    kinds = {number: site.kind for number, site in enumerate(experiment.runtime.sites)}
    told = scalars_of(experiment.observe(experiment.values()), kinds)
    experiment.restore()
    return any(abs(number - value) <= NOTHING * abs(value) for number in told.values())


def most_blocks(experiment: Experiment, pool: list[OwnFunction], rng: np.random.Generator) -> OwnFunction | None:
    """The function that the step descends in more than half of the blocks, up to one positive constant.

    Parameters
    ----------
    experiment : Experiment
    pool : list of OwnFunction
    rng : numpy.random.Generator
    """
    return _best(experiment, pool, rng, lambda agreeing, blocks: 2 * agreeing > blocks)


def some_blocks(experiment: Experiment, pool: list[OwnFunction], rng: np.random.Generator) -> OwnFunction | None:
    """The function that the step descends in two blocks at least, up to one positive constant.

    Parameters
    ----------
    experiment : Experiment
    pool : list of OwnFunction
    rng : numpy.random.Generator
    """
    return _best(experiment, pool, rng, lambda agreeing, blocks: agreeing >= min(SOME, blocks))


def _best(
    experiment: Experiment,
    pool: list[OwnFunction],
    rng: np.random.Generator,
    enough: Callable[[int, int], bool],
    *,
    either_sign: bool = False,
) -> OwnFunction | None:
    for function in pool:
        experiment.restore()
        try:
            ratios = [*block_ratios(experiment, function.loss(experiment), rng).values()]
        except Exception:  # of other arguments than these
            experiment.restore()
            continue
        known = [ratio for ratio in ratios if np.isfinite(ratio) and ratio and (ratio > 0 or either_sign)]
        if not known:
            continue
        alike = [[other for other in known if abs(other - ratio) <= AGREEMENT * abs(ratio)] for ratio in known]
        most = max(alike, key=len)
        if enough(len(most), len(ratios)):
            factor = abs(float(np.median(most)))
            return OwnFunction(function.function, 1.0 if abs(factor - 1.0) <= AGREEMENT else rounded(factor))
    return None


def _times(factor: float, loss: Callable[[Any], Any], step: Any) -> Any:
    return factor * loss(step)
