"""The loss that an output delta implies, beside one that is only printed: whether they are the same."""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.losses import implied_loss, own_loss
from gradcheck.submissions.losses.losses import KEPT_DIFFERS
from gradcheck.submissions.losses.own_function_fit import OwnFunction, functions_of, is_kept, is_used, short, vanishes
from gradcheck.submissions.losses.reported_loss import reported_losses
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.losses.slopes import slope
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.place_names import last_word
from gradcheck.submissions.text.sites import RATE_NAME

__all__ = ["compare_with_printed", "contradicting", "is_shown_multiple", "relation_of", "shares"]

# Other measures of errors than the one that is descended.
MEASURE = re.compile(r"abs|sqrt|square|norm|power|\*\* ?2|\*\* ?0?\.5|max|rmse|mse|mae")
# What the ratio of two losses' slopes differs by, of the larger one, where they are two: what is added to a probability
# for its logarithm moves it by a hundredth at most.
POINTS, FAR = 4, 0.2
# A loss whose factor is there already.
HALVED = re.compile(r"(?<![\w.])0?\.5(?!\d)|/ ?\(?2(?![\d.])")


def compare_with_printed(
    experiment: Experiment, implied: implied_loss.Implied, found: list[Scalar], rng: np.random.Generator
) -> tuple[str, Finding]:
    """What the reason adds on the loss that was taken, and the finding that says so at length.

    Parameters
    ----------
    experiment : Experiment
    implied : Implied
        The loss that was taken.
    found : list of Scalar
        What the step computes.
    rng : numpy.random.Generator
    """
    about: dict[str, Any] = {"loss": implied.name, "line": implied.line}
    shown = next((scalar for scalar in found if (scalar.printed or scalar.only_shown) and not scalar.is_metric), None)
    if shown is None:
        reported = _reported_elsewhere(experiment, implied, rng)
        if reported is not None:
            function, times = reported
            against, finding = _differing({**about, "shown": function.text}, times)
            half = abs(times - 0.5) <= own_loss.AGREEMENT
            if times > 0.0 and not half and is_kept(experiment, function):
                rate = _rate_in_sight(experiment, times)
                if rate is not None:
                    return _rated({**about, "shown": function.text, "rate": rate}, times)
                finding = _unlike_what_is_kept({**about, "shown": function.text}, times)
            return against, finding
        unused = next((scalar for scalar in found if scalar.named and not scalar.is_metric), None)
        message = (
            tr("The training computes no loss; its output delta (line {line}) is the derivative of: {loss}.", **about)
            if unused is None
            else tr(
                "The training computes a loss, {unused}, and does not use it; its output delta (line {line}) is the "
                "derivative of: {loss}.",
                unused=unused.text,
                **about,
            )
        )
        against = tr(
            "held against the loss that the output delta implies ({loss}), since the training uses none of its own: "
            "see loss-implied",
            **about,
        )
        return against, Finding(id="loss-implied", severity=Severity.INFO, message=message)
    relation = relation_of(experiment, implied, shown, rng)
    if relation is None:
        message = tr(
            "A loss is computed and only printed, {shown}; the step descends it: its output delta (line {line}) is the "
            "derivative of: {loss}.",
            shown=shown.text,
            **about,
        )
        against = tr(
            "held against the loss that the output delta implies ({loss}), which is the printed one: see loss-implied",
            **about,
        )
        return against, Finding(id="loss-implied", severity=Severity.INFO, message=message)
    return _differing({**about, "shown": shown.text}, relation)


def contradicting(
    experiment: Experiment, implied: implied_loss.Implied, found: list[Scalar], rng: np.random.Generator
) -> Scalar | None:
    """A loss that every step computes under that name, and that the output delta is far from descending.

    Who prints another measure of the errors (their mean size, a root) has two measures; who computes a likelihood and
    has the delta of squared errors has a wrong delta.

    Parameters
    ----------
    experiment : Experiment
    implied : Implied
        The loss that the output delta implies.
    found : list of Scalar
        What the step computes.
    rng : numpy.random.Generator
    """
    for scalar in found:
        declared = any(map(own_loss.DECLARED.search, scalar.names)) and not scalar.is_metric and scalar.computed
        measure = any(MEASURE.search(site.text) for site in scalar.sites)
        if declared and not measure and _is_far_from(experiment, implied, scalar, rng):
            return scalar
    return None


def _is_far_from(
    experiment: Experiment, implied: implied_loss.Implied, scalar: Scalar, rng: np.random.Generator
) -> bool:
    """Whether the implied loss is no multiple of a number, not even about."""
    ratios = []
    for _ in range(POINTS):
        point = experiment.random_values(rng)
        direction = {name: rng.standard_normal(value.shape) for name, value in point.items()}
        own = own_loss.slopes(experiment, [scalar.key], point, direction)[0]
        ratios.append(_implied_slope(experiment, implied, point, direction) / own if own else float("nan"))
    experiment.restore()
    return bool(np.all(np.isfinite(ratios))) and float(np.ptp(ratios)) > FAR * float(np.max(np.abs(ratios)))


def _differing(about: Mapping[str, Any], relation: float) -> tuple[str, Finding]:
    """The same for a printed loss that is another one: a multiple, or none (NaN)."""
    if np.isfinite(relation):
        against = tr(
            "held against the loss that the output delta implies ({loss}), which is {ratio} x the printed {shown}: see "
            "printed-loss-differs",
            ratio=short(relation),
            **about,
        )
        message = tr(
            "What is printed is not what the step descends. The step descends a loss that is not computed: its output "
            "delta (line {line}) is the derivative of: {loss}. This implied loss is {ratio} x the printed {shown}.",
            ratio=short(relation),
            **about,
        )
    else:
        against = tr(
            "held against the loss that the output delta implies ({loss}), which is not a multiple of the printed "
            "{shown}: see printed-loss-differs",
            **about,
        )
        message = tr(
            "What is printed is not what the step descends. The step descends a loss that is not computed: its output "
            "delta (line {line}) is the derivative of: {loss}. This implied loss is not a multiple of the printed "
            "{shown}: the gradient is that of another loss than the one that the file reports.",
            **about,
        )
    return against, Finding(id="printed-loss-differs", severity=Severity.WARNING, message=message)


def _unlike_what_is_kept(about: Mapping[str, Any], relation: float) -> Finding:
    """The file goes by the loss that it keeps, whose gradient the step's is not: nobody knows which one is meant."""
    message = tr(
        "The step descends {ratio} x {shown}, which the file keeps: the gradient is that of {loss}. If that factor is "
        "a part of the learning rate, it is right; if the loss that is kept is meant, every block is off by it. Keep "
        "the loss that is descended, or divide the gradient by {ratio}.",
        ratio=short(relation),
        **about,
    )
    return Finding(id=KEPT_DIFFERS, severity=Severity.WARNING, message=message)


def _rate_in_sight(experiment: Experiment, times: float) -> str | None:
    """The rate that the step's own was made of, and the factor with it: ``step = lr * 2 / len(rows)``."""
    own = experiment.rates.own
    if not own:
        return None
    experiment.restore()
    for place in experiment.in_reach():
        value, word = place.value, last_word(place)
        rated = isinstance(value, (float, np.floating)) and RATE_NAME.search(word)
        if rated and abs(float(value) / own - times) <= own_loss.AGREEMENT * times:
            return word
    return None


def _rated(about: Mapping[str, Any], relation: float) -> tuple[str, Finding]:
    against = tr(
        "held against the loss that the output delta implies ({loss}), which by the rate {rate} is {shown}: see "
        "step-share",
        **about,
    )
    message = tr(
        "A step's length is {share} x {rate}: that factor was taken for a part of the step's length. By {rate} itself "
        "the step descends {shown}, which the file keeps.",
        share=short(1.0 / relation),
        **about,
    )
    return against, Finding(id="step-share", severity=Severity.INFO, message=message)


def _reported_elsewhere(
    experiment: Experiment, implied: implied_loss.Implied, rng: np.random.Generator
) -> tuple[OwnFunction, float] | None:
    """A loss function that the file calls outside the step, as once an epoch, and that is not what the step descends.

    With it how many times it the implied loss is, NaN if no number of times; None where one of them is the implied one.
    """
    pool = [function for function in functions_of(experiment, rng) if is_used(experiment, function)]
    pool = pool or [OwnFunction(loss) for loss in reported_losses(experiment, rng) if loss.kept]
    relations = [(function, _relation_to(experiment, implied, function, rng)) for function in pool]
    if any(relation is None for _, relation in relations):
        return None
    multiples = [(function, relation) for function, relation in relations if relation is not None]
    multiples = [(f, relation) for f, relation in multiples if np.isfinite(relation) or vanishes(experiment, f, rng)]
    return max(multiples, key=lambda found: bool(np.isfinite(found[1])), default=None)


def _relation_to(
    experiment: Experiment, implied: implied_loss.Implied, function: OwnFunction, rng: np.random.Generator
) -> float | None:
    """As ``relation_of``; None also of a root or another function of the implied loss, whose gradient points alike."""
    loss = function.loss(experiment)
    rows = []
    for _ in range(2):
        experiment.restore()
        point = experiment.random_values(rng)
        row = []
        for _ in range(2):
            direction = {name: rng.standard_normal(value.shape) for name, value in point.items()}
            own = slope(experiment, loss, point, direction)
            row.append(_implied_slope(experiment, implied, point, direction) / own if own else float("nan"))
        rows.append(row)
    experiment.restore()
    ratios = np.array(rows)
    if np.allclose(ratios, ratios[0, 0], rtol=1e-5):
        return None if abs(ratios[0, 0] - 1.0) <= 1e-5 else float(ratios[0, 0])
    return None if np.allclose(ratios[:, 0], ratios[:, 1], rtol=1e-5) else float("nan")


def relation_of(
    experiment: Experiment, implied: implied_loss.Implied, shown: Scalar, rng: np.random.Generator
) -> float | None:
    """How many times the printed loss the implied one is, NaN if no number of times; None when they are the same.

    Parameters
    ----------
    experiment : Experiment
    implied : Implied
    shown : Scalar
    rng : numpy.random.Generator
    """
    ratios = []
    for _ in range(2):
        point = experiment.random_values(rng)
        direction = {name: rng.standard_normal(value.shape) for name, value in point.items()}
        printed = own_loss.slopes(experiment, [shown.key], point, direction)[0]
        ratios.append(_implied_slope(experiment, implied, point, direction) / printed if printed else float("nan"))
    experiment.restore()
    if np.allclose(ratios, 1.0, rtol=1e-5):
        return None
    if np.allclose(ratios[0], ratios[1], rtol=1e-5) and np.isfinite(ratios[0]):
        return float(ratios[0])
    return float("nan")


def is_shown_multiple(experiment: Experiment, chosen: Scalar, rng: np.random.Generator) -> bool:
    """A multiple that is added up to be shown, while another is descended: the step has its own loss.

    A sum of squares of which half is descended, or a share of an average over as many turns as its divisor says. What
    is half a sum of squares itself is not halved once more.

    Parameters
    ----------
    experiment : Experiment
    chosen : Scalar
        What was taken for the loss.
    rng : numpy.random.Generator
    """
    if experiment.tolerant or not chosen.only_shown:
        return False
    ratio = own_loss.multiples(experiment, [chosen], rng)[0]
    half = abs(ratio - 0.5) <= own_loss.AGREEMENT and not HALVED.search(chosen.text)
    if not half and not any(abs(ratio - turns) <= own_loss.AGREEMENT * turns for turns in shares(experiment, chosen)):
        return False
    implied = implied_loss.infer(experiment, rng)
    if implied is None or half:
        return implied is not None and implied.loss.id == "squared-error"
    return implied_loss.explains(experiment, implied, rng)


def shares(experiment: Experiment, shown: Scalar) -> list[float]:
    """What a sum that is shown divides each of its terms by, as for an average over turns: ``total += loss / 100``.

    A number of that many samples, or of anything that the step holds, is no number of turns.

    Parameters
    ----------
    experiment : Experiment
    shown : Scalar
    """
    found = []
    for site in shown.sites:
        if site.kind != "accumulate":
            continue
        term = ast.parse(site.text, mode="eval").body
        number = term.right if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Div) else None
        if isinstance(number, ast.Constant) and isinstance(number.value, (int, float)):
            found.append(float(number.value))
    step = cast("types.FunctionType", experiment.step)
    held = [*step.__globals__.values(), *(cell.cell_contents for cell in step.__closure__ or () if _is_bound(cell))]
    sizes = {float(size) for value in held for size in _sizes(value)}
    return [number for number in found if number not in sizes]


def _is_bound(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _sizes(value: Any) -> tuple[int, ...]:
    if isinstance(value, np.ndarray):
        return (*value.shape, value.size)
    return (len(value),) if isinstance(value, (list, tuple)) else ()


def _implied_slope(
    experiment: Experiment, implied: implied_loss.Implied, point: dict[str, Any], direction: dict[str, Any]
) -> float:
    values = []
    for step in (implied_loss.STEP, -implied_loss.STEP):
        log = experiment.observe({name: value + step * direction[name] for name, value in point.items()})
        pair = implied_loss.pair_of(log, implied.key)
        values.append(float(implied.evaluate(*pair)) if pair is not None else float("nan"))
    return (values[0] - values[1]) / (2 * implied_loss.STEP)
